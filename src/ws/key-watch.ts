import type { Access } from '../access/access.ts'
import type { RoomRegistry } from './room-registry.ts'

export type KeyWatchDeps = { access: Pick<Access, 'revokedOf'>; registry: RoomRegistry; onError(error: unknown): void }

/** `key revoke` runs in another process and promises 5 s; a socket that says nothing is not asked for its key otherwise. */
const lookEveryMs = 2_000

/** Ends the connections of keys that were revoked. One question covers every key of this process. */
export class KeyWatch {
  readonly #deps: KeyWatchDeps
  readonly #timer: NodeJS.Timeout
  #looking = false

  constructor(deps: KeyWatchDeps) {
    this.#deps = deps
    this.#timer = setInterval(() => void this.#look(), lookEveryMs)
  }

  close(): void {
    clearInterval(this.#timer)
  }

  async #look(): Promise<void> {
    if (this.#looking) return
    this.#looking = true
    try {
      const { access, registry } = this.#deps
      const keyIds = new Set([...registry.clients].flatMap(({ grant }) => (grant ? [grant.keyId] : [])))
      const revoked = new Set(await access.revokedOf([...keyIds]))
      if (revoked.size === 0) return
      for (const client of registry.clients) {
        if (client.grant && revoked.has(client.grant.keyId)) client.refuseKey('This room key was revoked')
      }
    } catch (error) {
      this.#deps.onError(error)
    } finally {
      this.#looking = false
    }
  }
}

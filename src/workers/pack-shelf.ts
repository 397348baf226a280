import type { CompiledRulePack } from '../detectors/pack/compiled-rule-pack.ts'
import { compileUnchecked } from '../detectors/pack/compile-pack.ts'
import type { Db } from '../store/database.ts'
import { activePackHash, packSources } from '../store/rule-packs.ts'

/** Compiled packs by hash, and the one in force. A session is judged by the pack it began a stretch with. */
export type PackShelf = {
  /** The pack in force, as of the last `refresh`. Throws before the first one. */
  current(): CompiledRulePack
  /** A pack by its hash, compiled on first use. Throws when it is not stored. */
  byHash(hash: string): Promise<CompiledRulePack>
  /** Looks which pack is in force; returns whether it changed. A pack that does not compile leaves the old one in force. */
  refresh(): Promise<boolean>
}

const kept = 4

export function createPackShelf(db: Db, logger: { error(details: object, message: string): void }): PackShelf {
  const packs = new Map<string, CompiledRulePack>()
  let active: CompiledRulePack | null = null

  async function byHash(hash: string): Promise<CompiledRulePack> {
    const known = packs.get(hash)
    if (known) return known
    const sources = await packSources(db, hash)
    if (!sources) throw new Error(`Rule pack ${hash.slice(0, 12)} is not stored; publish it again`)
    // Its examples ran when it was published; here only its meaning is needed.
    const compiled = compileUnchecked(sources)
    if (!compiled.ok) {
      const first = compiled.problems[0]
      throw new Error(`Rule pack ${hash.slice(0, 12)} does not compile: ${first?.file ?? ''} ${first?.problem ?? ''}`)
    }
    packs.set(hash, compiled.pack)
    const oldest = [...packs.keys()].find((key) => key !== active?.hash && key !== hash)
    if (packs.size > kept && oldest !== undefined) packs.delete(oldest)
    return compiled.pack
  }

  return {
    byHash,
    current() {
      if (!active) throw new Error('No rule pack is in force yet')
      return active
    },
    async refresh() {
      const hash = await activePackHash(db)
      if (hash === undefined || hash === active?.hash) return false
      try {
        active = await byHash(hash)
        return true
      } catch (error) {
        if (!active) throw error
        logger.error({ err: error }, 'the new rule pack cannot be used; the old one stays in force')
        return false
      }
    },
  }
}

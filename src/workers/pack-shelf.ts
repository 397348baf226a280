import type { CompiledRulePack } from '../detectors/pack/compiled-rule-pack.ts'
import { compileUnchecked, type CompileResult } from '../detectors/pack/compile-pack.ts'
import type { Db } from '../store/database.ts'
import { activePackHash, packSources, packsEverInForce } from '../store/rule-packs.ts'

/** Compiled packs by hash, and the one in force. A session is judged by the pack it began a stretch with. */
export type PackShelf = {
  /** The pack in force, as of the last `refresh`. Throws before the first one. */
  current(): CompiledRulePack
  /** A pack by its hash, compiled on first use. Throws when it is not stored. */
  byHash(hash: string): Promise<CompiledRulePack>
  /**
   * Looks which pack is in force; returns whether it changed. A pack that does not compile is named once in the log and
   * leaves the old one in force. Throws when the database is away.
   */
  refresh(): Promise<boolean>
}

const kept = 4

/** A stored pack that this release cannot run. Trying again would not help. */
class UnusablePackError extends Error {
  constructor(hash: string, why: string, cause?: unknown) {
    super(`Rule pack ${hash.slice(0, 12)} ${why}`, { cause })
    this.name = 'UnusablePackError'
  }
}

export function createPackShelf(db: Db, logger: { error(details: object, message: string): void }): PackShelf {
  const packs = new Map<string, Promise<CompiledRulePack>>()
  let active: CompiledRulePack | null = null
  /** What is in force by the record but cannot be run here; it is not compiled again at every look. */
  let refused: string | null = null
  let looking: Promise<unknown> = Promise.resolve()

  function byHash(hash: string): Promise<CompiledRulePack> {
    const known = packs.get(hash)
    if (known) return known
    const compiling = load(db, hash)
    packs.set(hash, compiling)
    compiling.catch(() => packs.delete(hash))
    const oldest = [...packs.keys()].find((key) => key !== active?.hash && key !== hash)
    if (packs.size > kept && oldest !== undefined) packs.delete(oldest)
    return compiling
  }

  async function look(): Promise<boolean> {
    const hash = await activePackHash(db)
    if (hash === undefined || hash === active?.hash || hash === refused) return false
    try {
      active = await byHash(hash)
      refused = null
      return true
    } catch (error) {
      if (!(error instanceof UnusablePackError)) throw error
      const before = active ?? (await lastUsable(hash))
      if (!before) throw error
      refused = hash
      const changed = before !== active
      active = before
      const details = { err: error, pack: hash, inForce: before.hash, version: before.version }
      logger.error(details, 'the new rule pack cannot be used; the old one stays in force')
      return changed
    }
  }

  /** For a worker that starts while the pack in force cannot be run: the pack that was in force before it. */
  async function lastUsable(except: string): Promise<CompiledRulePack | null> {
    for (const hash of await packsEverInForce(db)) {
      if (hash === except) continue
      try {
        return await byHash(hash)
      } catch (error) {
        if (!(error instanceof UnusablePackError)) throw error
      }
    }
    return null
  }

  return {
    byHash,
    current() {
      if (!active) throw new Error('No rule pack is in force yet')
      return active
    },
    refresh() {
      // A look at a time: a notice and the poll at once would announce the same change twice.
      const turn = looking.then(look)
      looking = turn.catch(() => undefined)
      return turn
    },
  }
}

/** Its examples ran when it was published; here only its meaning is needed. */
async function load(db: Db, hash: string): Promise<CompiledRulePack> {
  const sources = await packSources(db, hash)
  if (!sources) throw new UnusablePackError(hash, 'is not stored; publish it again')
  let compiled: CompileResult
  try {
    compiled = compileUnchecked(sources)
  } catch (error) {
    throw new UnusablePackError(hash, `does not compile: ${error instanceof Error ? error.message : ''}`, error)
  }
  if (compiled.ok) return compiled.pack
  const [first, ...more] = compiled.problems
  const where = `${first?.file ?? ''}:${first?.line ?? 1} ${first?.rule ?? ''}`.trimEnd()
  const others = more.length > 0 ? ` (and ${more.length} more)` : ''
  throw new UnusablePackError(hash, `does not compile: ${where}: ${first?.problem ?? ''}${others}; ${remedy}`)
}

const remedy = 'run `rules check` of this release on its folder, mend it and publish it as another version'

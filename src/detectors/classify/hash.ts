/** Start values that keep equal words apart when they stand in different places. */
export const seeds = {
  text: 0x9e3779b1,
  opening: 0x85ebca6b,
  ending: 0xc2b2ae35,
  concept: 0,
  sellerBefore: 0x27d4eb2f,
  viewerBefore: 0x165667b1,
  sellerConceptBefore: 0x2545f491,
  viewerConceptBefore: 0x7feb352d,
} as const

/** Hash of `units[from, to)` under a seed, as an unsigned 32-bit integer (multiply and mix, after MurmurHash3). */
export function hashUnits(seed: number, units: ArrayLike<number>, from: number, to: number): number {
  let hash = seed
  for (let i = from; i < to; i++) hash = mixIn(hash, units[i] ?? 0)
  return finish(hash)
}

const names = new Map<string, number>()
const namesKept = 20_000

/** Hash of a feature's name. Names recur, so they are remembered. */
export function hashName(name: string): number {
  const known = names.get(name)
  if (known !== undefined) return known
  let hash = 0x811c9dc5 ^ name.length
  for (let i = 0; i < name.length; i++) hash = mixIn(hash, name.charCodeAt(i))
  hash = finish(hash)
  // Licence texts come from outside: what is remembered has a bound.
  if (names.size < namesKept) names.set(name, hash)
  return hash
}

/** One more unit of a hash that is not finished: longer runs go on where shorter ones stand. */
export function mixIn(hash: number, value: number): number {
  let mixed = Math.imul(value, 0xcc9e2d51)
  mixed = (mixed << 15) | (mixed >>> 17)
  mixed = hash ^ Math.imul(mixed, 0x1b873593)
  mixed = (mixed << 13) | (mixed >>> 19)
  return (Math.imul(mixed, 5) + 0xe6546b64) | 0
}

/** Ends a hash. */
export function finish(hash: number): number {
  let mixed = hash ^ (hash >>> 16)
  mixed = Math.imul(mixed, 0x85ebca6b)
  mixed ^= mixed >>> 13
  mixed = Math.imul(mixed, 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

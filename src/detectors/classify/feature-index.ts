/** Numbers of known features by hash: pairs of hash and number + 1 side by side, 0 where a place is empty. */
export type FeatureIndex = { size: number; mask: number; pairs: Int32Array }

/** Builds the table; feature i is the i-th hash. Open addressing, at most half full. */
export function featureIndex(hashes: Uint32Array): FeatureIndex {
  let capacity = 16
  while (capacity < hashes.length * 2) capacity *= 2
  const pairs = new Int32Array(capacity * 2)
  const mask = capacity - 1
  hashes.forEach((hash, number) => {
    let at = hash & mask
    while (pairs[at * 2 + 1] !== 0) at = (at + 1) & mask
    pairs[at * 2] = hash | 0
    pairs[at * 2 + 1] = number + 1
  })
  return { size: hashes.length, mask, pairs }
}

/** The number of a feature, or -1 when it is not known. */
export function numberOf({ mask, pairs }: FeatureIndex, hash: number): number {
  const wanted = hash | 0
  for (let at = hash & mask; ; at = (at + 1) & mask) {
    const number = pairs[at * 2 + 1] ?? 0
    if (number === 0 || pairs[at * 2] === wanted) return number - 1
  }
}

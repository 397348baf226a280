/** Numbers of known features by hash, in one flat table. */
export type FeatureIndex = { size: number; mask: number; hashes: Uint32Array; numbers: Int32Array }

/** Builds the table; feature i is the i-th hash. Open addressing, at most half full. */
export function featureIndex(hashes: Uint32Array): FeatureIndex {
  let capacity = 16
  while (capacity < hashes.length * 2) capacity *= 2
  const index = {
    size: hashes.length,
    mask: capacity - 1,
    hashes: new Uint32Array(capacity),
    numbers: new Int32Array(capacity).fill(-1),
  }
  hashes.forEach((hash, number) => {
    let at = hash & index.mask
    while ((index.numbers[at] ?? -1) >= 0 && index.hashes[at] !== hash) at = (at + 1) & index.mask
    index.hashes[at] = hash
    index.numbers[at] = number
  })
  return index
}

/** The number of a feature, or -1 when it is not known. */
export function numberOf(index: FeatureIndex, hash: number): number {
  const { mask, hashes, numbers } = index
  for (let at = hash & mask; ; at = (at + 1) & mask) {
    const number = numbers[at] ?? -1
    if (number < 0 || hashes[at] === hash) return number
  }
}

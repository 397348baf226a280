/**
 * Log-likelihood ratio of two things occurring together (Dunning 1993), signed: positive when they meet more often than
 * chance has it, negative when less. `both` of `all` places show the two, `one` and `other` places show each.
 */
export function logLikelihood(both: number, one: number, other: number, all: number): number {
  const onlyOne = one - both
  const onlyOther = other - both
  const neither = all - one - other + both
  const ratio =
    2 *
    (entropy(both, onlyOne, onlyOther, neither) -
      entropy(both + onlyOne, onlyOther + neither) -
      entropy(both + onlyOther, onlyOne + neither))
  return both * all >= one * other ? ratio : -ratio
}

function entropy(...counts: number[]): number {
  const sum = counts.reduce((total, count) => total + count, 0)
  return counts.reduce((total, count) => (count > 0 ? total + count * Math.log(count / sum) : total), 0)
}

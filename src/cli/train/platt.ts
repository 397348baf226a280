/**
 * Scale and shift that turn margins into log-odds, by Newton's method on smoothed targets (Platt 1999 as corrected by
 * Lin, Lin and Weng, A Note on Platt's Probabilistic Outputs for Support Vector Machines, 2007).
 */
export function plattScale(margins: readonly number[], positive: readonly boolean[]): { scale: number; shift: number } {
  const ups = positive.filter(Boolean).length
  const high = (ups + 1) / (ups + 2)
  const low = 1 / (positive.length - ups + 2)
  let scale = 1
  let shift = Math.log((ups + 1) / (positive.length - ups + 1))
  for (let round = 0; round < 100; round++) {
    let g0 = 0
    let g1 = 0
    let h00 = 1e-9
    let h01 = 0
    let h11 = 1e-9
    margins.forEach((margin, i) => {
      const chance = 1 / (1 + Math.exp(-(scale * margin + shift)))
      const error = chance - (positive[i] === true ? high : low)
      const curve = chance * (1 - chance)
      g0 += error * margin
      g1 += error
      h00 += curve * margin * margin
      h01 += curve * margin
      h11 += curve
    })
    const determinant = h00 * h11 - h01 * h01
    const move0 = (h11 * g0 - h01 * g1) / determinant
    const move1 = (h00 * g1 - h01 * g0) / determinant
    scale -= move0
    shift -= move1
    if (Math.abs(move0) + Math.abs(move1) < 1e-9) break
  }
  return { scale, shift }
}

// ln Z = ln ∫ exp(−U(z)) dz on the plane, by the midpoint rule: the integrand is smooth and vanishes at the edges, where
// this simplest of rules converges faster than any power of the cell size.

/** The square [−half, half]² in cells × cells cells; the energies and their envelopes are below e⁻⁵⁰ outside. */
export const GRID = { half: 8, cells: 1024 };

/**
 * The midpoints of a row of cells are evaluated at once.
 * @param target a two-dimensional target: `logProb(x [rows × 2]) → [rows]`
 */
export function logNormalizer(target, { half, cells } = GRID) {
  const size = (2 * half) / cells;
  const midpoint = (i) => -half + (i + 0.5) * size;
  const x = new Float64Array(2 * cells);
  for (let column = 0; column < cells; column++) x[2 * column] = midpoint(column);

  let sum = 0;
  for (let row = 0; row < cells; row++) {
    for (let column = 0; column < cells; column++) x[2 * column + 1] = midpoint(row);
    for (const logProb of target.logProb(x)) sum += Math.exp(logProb);
  }
  return Math.log(sum * size * size);
}

import type { Rows } from './arguments.js';
import type { Flow } from './flow.js';
import { naturalLog } from './runtime/math.js';

/** What `Flow.check` found. */
export interface Audit {
  /** max |f(f⁻¹(x)) − x| over all rows and features. */
  readonly worstRoundTrip: number;
  /** max |logDet − ln |det J||, J put together from vector-Jacobian products of `inverse`; nats. */
  readonly worstLogDet: number;
  readonly rows: number;
}

/** Two checks of a flow against itself at the given rows [n × dim]. */
export function audit(flow: Flow, x: Float64Array, options: { context?: Rows }): Audit {
  const { dim } = flow;
  const baseDim = flow.base.dim;
  const rows = x.length / dim;
  const { z, logDet } = flow.inverse(x, options);
  const { x: again } = flow.forward(z, options);
  let worstRoundTrip = 0;
  for (let i = 0; i < x.length; i++) worstRoundTrip = Math.max(worstRoundTrip, Math.abs(again[i] - x[i]));

  // Row i of the Jacobian, for all rows of the batch at once, is the product with the unit vector eᵢ. Where x has more coordinates than z,
  // the first ones determine the rest.
  const jacobians = Array.from(
    { length: baseDim },
    (_, i) => flow.inverseVjp(x, { ...options, dz: unitRows(rows, baseDim, i) }).dx,
  );
  let worstLogDet = 0;
  for (let r = 0; r < rows; r++) {
    const matrix = jacobians.map((row) => row.slice(r * dim, r * dim + baseDim));
    worstLogDet = Math.max(worstLogDet, Math.abs(logAbsDet(matrix) - logDet[r]));
  }
  return { worstRoundTrip, worstLogDet, rows };
}

function unitRows(rows: number, dim: number, i: number): Float64Array {
  const units = new Float64Array(rows * dim);
  for (let r = 0; r < rows; r++) units[r * dim + i] = 1;
  return units;
}

/** ln |det| by Gaussian elimination with row pivoting; overwrites the matrix. */
function logAbsDet(matrix: Float64Array[]): number {
  const dim = matrix.length;
  let total = 0;
  for (let k = 0; k < dim; k++) {
    let pivot = k;
    for (let i = k + 1; i < dim; i++) if (Math.abs(matrix[i][k]) > Math.abs(matrix[pivot][k])) pivot = i;
    [matrix[k], matrix[pivot]] = [matrix[pivot], matrix[k]];
    total += naturalLog(Math.abs(matrix[k][k]));
    for (let i = k + 1; i < dim; i++) {
      const factor = matrix[i][k] / matrix[k][k];
      for (let j = k + 1; j < dim; j++) matrix[i][j] -= factor * matrix[k][j];
    }
  }
  return total;
}

// A log density computed in JavaScript between two phases: its values come in as rows, and so does its gradient.

import { addTo, rowBytes } from './parameter';

/** dx[j, r] += dLogProb[r] · gradient[r, j], gradient row-major in the batch; the pad lane takes the last row's. */
export function externalBackward(
  dx: usize, // [dim] block
  dLogProb: usize, // [1] block
  gradient: usize, // [rows × dim] row-major
  dim: i32,
  firstRow: i32,
  rows: i32,
  stride: usize,
  add: bool,
): void {
  const rowSize = <usize>dim << 3;
  const bytes = rowBytes(rows);
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    const row = <i32>(lane >> 3);
    const from = gradient + <usize>(firstRow + row) * rowSize;
    const next = row + 1 < rows ? from + rowSize : from;
    const g = v128.load(dLogProb + lane);
    for (let j = 0; j < dim; j++) {
      const offset = <usize>j << 3;
      const slope = v128.load64_lane(next + offset, v128.load64_splat(from + offset), 1);
      addTo(dx + <usize>j * stride + lane, f64x2.mul(g, slope), add);
    }
  }
}

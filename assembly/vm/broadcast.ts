// Shared parameters as blocks: how a kernel that wants per-sample parameters is given shared ones.

import { rowBytes, rowMask, sumLanes } from './parameter';

/** block[j, r] = parameters[j]. */
export function broadcast(block: usize, parameters: usize, dim: i32, rows: i32, stride: usize): void {
  const bytes = rowBytes(rows);
  for (let j = 0; j < dim; j++) {
    const value = v128.load64_splat(parameters + (<usize>j << 3));
    for (let lane: usize = 0; lane < bytes; lane += 16) v128.store(block + lane, value);
    block += stride;
  }
}

/** Backward of broadcast, the ordered sum over rows: dParameters[j] += Σ_r dBlock[j, r]. */
export function broadcastBackward(dParameters: usize, dBlock: usize, dim: i32, rows: i32, stride: usize): void {
  if (!dParameters) return;
  const bytes = rowBytes(rows);
  for (let j = 0; j < dim; j++) {
    let sum = f64x2.splat(0);
    for (let lane: usize = 0; lane < bytes; lane += 16) {
      sum = f64x2.add(sum, v128.and(v128.load(dBlock + lane), rowMask(lane, rows)));
    }
    const at = dParameters + (<usize>j << 3);
    f64.store(at, f64.load(at) + sumLanes(sum));
    dBlock += stride;
  }
}

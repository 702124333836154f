// Permutation of the features
//
//   forward   x_j = z_order(j)
//   inverse   z_order(j) = x_j: the same kernel with the inverse permutation
//   logDet    0
//
// No arithmetic: bits are moved, −0 and all.

import { addTo, rowBytes } from '../vm/parameter';

export function permuteRows(
  out: usize, // [dim], not x
  x: usize, // [dim]
  dim: i32,
  order: usize, // [dim] words
  rows: i32,
  stride: usize,
): void {
  const bytes = rowBytes(rows);
  for (let j = 0; j < dim; j++) {
    const from = x + <usize>load<i32>(order + (<usize>j << 2)) * stride;
    for (let lane: usize = 0; lane < bytes; lane += 16) v128.store(out + lane, v128.load(from + lane));
    out += stride;
  }
}

// Backward of permuteRows: dx_order(j) = dOut_j

export function permuteRowsBackward(
  dx: usize, // not dOut
  dOut: usize,
  dim: i32,
  order: usize,
  rows: i32,
  stride: usize,
  add: bool,
): void {
  const bytes = rowBytes(rows);
  for (let j = 0; j < dim; j++) {
    const to = dx + <usize>load<i32>(order + (<usize>j << 2)) * stride;
    for (let lane: usize = 0; lane < bytes; lane += 16) addTo(to + lane, v128.load(dOut + lane), add);
    dOut += stride;
  }
}

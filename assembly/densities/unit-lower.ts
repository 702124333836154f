// Unit lower triangular map: what gives a normal its correlations
//
//   forward   x_i = z_i + Σ_{j<i} M_ij z_j
//   inverse   z_i = x_i − Σ_{j<i} M_ij z_j,   i ascending
//
// M_ij, j < i, is `lower` [d (d − 1) / 2], row by row. The log-determinant is 0. Sums run in ascending j, whatever the number of rows.
// Four vectors at a time share a load of M_ij: up to six rows past the last one are written, inside the block.
//
// Limits: the inverse is a substitution; its error grows with ‖M⁻¹‖ ‖M‖, as that of the solution itself does.

import { addTo, parameter, parameterOr, rowBytes, rowMask, sumLanes } from '../vm/parameter';

/** M_ij is at i (i − 1) / 2 + j. */
// @ts-ignore: decorator
@inline
function entry(i: i32, j: i32): i32 {
  return ((i * (i - 1)) >> 1) + j;
}

export function unitLowerForward<P>(x: usize /* [dim], may be z */, z: usize, lower: usize, dim: i32, rows: i32, stride: usize): void {
  const bytes = rowBytes(rows);
  const one = f64x2.splat(1);
  for (let i = dim - 1; i >= 0; i--) {
    for (let lane: usize = 0; lane < bytes; lane += 64) combine<P>(x, z, z, lower, i, one, stride, lane);
  }
}

export function unitLowerInverse<P>(z: usize /* [dim], may be x */, x: usize, lower: usize, dim: i32, rows: i32, stride: usize): void {
  const bytes = rowBytes(rows);
  const minusOne = f64x2.splat(-1);
  for (let i = 0; i < dim; i++) {
    for (let lane: usize = 0; lane < bytes; lane += 64) combine<P>(z, x, z, lower, i, minusOne, stride, lane);
  }
}

/** out_i = own_i + sign Σ_{j<i} M_ij others_j for eight rows. */
// @ts-ignore: decorator
@inline
function combine<P>(out: usize, own: usize, others: usize, lower: usize, i: i32, sign: v128, stride: usize, lane: usize): void {
  let s0 = f64x2.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  for (let j = 0; j < i; j++) {
    const at = others + <usize>j * stride + lane;
    const k = entry(i, j);
    const shared = parameter<P>(lower, k, stride, lane);
    const next = lower + <usize>k * stride + lane;
    s0 = f64x2.add(s0, f64x2.mul(shared, v128.load(at)));
    s1 = f64x2.add(s1, f64x2.mul(parameterOr<P>(shared, next + 16), v128.load(at, 16)));
    s2 = f64x2.add(s2, f64x2.mul(parameterOr<P>(shared, next + 32), v128.load(at, 32)));
    s3 = f64x2.add(s3, f64x2.mul(parameterOr<P>(shared, next + 48), v128.load(at, 48)));
  }
  const from = own + <usize>i * stride + lane;
  const to = out + <usize>i * stride + lane;
  v128.store(to, f64x2.add(v128.load(from), f64x2.mul(sign, s0)));
  v128.store(to, f64x2.add(v128.load(from, 16), f64x2.mul(sign, s1)), 16);
  v128.store(to, f64x2.add(v128.load(from, 32), f64x2.mul(sign, s2)), 32);
  v128.store(to, f64x2.add(v128.load(from, 48), f64x2.mul(sign, s3)), 48);
}

// Backward of unitLowerForward: dz_j = dx_j + Σ_{i>j} M_ij dx_i,   dM_ij += dx_i z_j

export function unitLowerForwardBackward<P>(
  dz: usize, // may be dx
  dLower: usize,
  dx: usize,
  z: usize,
  lower: usize,
  dim: i32,
  rows: i32,
  stride: usize,
  add: i32, // bits: dz, dLower
): void {
  if (dLower) addProducts<P>(dLower, dx, z, 1, dim, rows, stride, (add & 2) != 0);
  if (!dz) return;
  const bytes = rowBytes(rows);
  for (let j = 0; j < dim; j++) {
    for (let lane: usize = 0; lane < bytes; lane += 16) {
      const sum = f64x2.add(v128.load(dx + <usize>j * stride + lane), columnSum<P>(dx, lower, j, dim, stride, lane));
      addTo(dz + <usize>j * stride + lane, sum, (add & 1) != 0);
    }
  }
}

// Backward of unitLowerInverse. With Mᵀp = dz: p_j = dz_j − Σ_{i>j} M_ij p_i, j descending:   dx = p,   dM_ij −= p_i z_j

export function unitLowerInverseBackward<P>(
  dx: usize,
  dLower: usize,
  p: usize, // [dim] scratch
  dz: usize,
  z: usize,
  lower: usize,
  dim: i32,
  rows: i32,
  stride: usize,
  add: i32, // bits: dx, dLower
): void {
  const bytes = rowBytes(rows);
  for (let j = dim - 1; j >= 0; j--) {
    const at = <usize>j * stride;
    for (let lane: usize = 0; lane < bytes; lane += 16) {
      const solved = f64x2.sub(v128.load(dz + at + lane), columnSum<P>(p, lower, j, dim, stride, lane));
      v128.store(p + at + lane, solved);
      if (dx) addTo(dx + at + lane, solved, (add & 1) != 0);
    }
  }
  if (dLower) addProducts<P>(dLower, p, z, -1, dim, rows, stride, (add & 2) != 0);
}

/** Σ_{i>j} M_ij d_i */
// @ts-ignore: decorator
@inline
function columnSum<P>(d: usize, lower: usize, j: i32, dim: i32, stride: usize, lane: usize): v128 {
  let sum = f64x2.splat(0);
  for (let i = j + 1; i < dim; i++) {
    sum = f64x2.add(sum, f64x2.mul(parameter<P>(lower, entry(i, j), stride, lane), v128.load(d + <usize>i * stride + lane)));
  }
  return sum;
}

/** dM_ij += sign d_i z_j, summed over rows where M is shared. */
function addProducts<P>(dLower: usize, d: usize, z: usize, sign: f64, dim: i32, rows: i32, stride: usize, add: bool): void {
  const bytes = rowBytes(rows);
  const scale = f64x2.splat(sign);
  for (let i = 1; i < dim; i++) {
    const from = d + <usize>i * stride;
    for (let j = 0; j < i; j++) {
      const other = z + <usize>j * stride;
      const k = entry(i, j);
      let sum = f64x2.splat(0);
      for (let lane: usize = 0; lane < bytes; lane += 16) {
        const product = f64x2.mul(v128.load(from + lane), v128.load(other + lane));
        if (isVector<P>()) addTo(dLower + <usize>k * stride + lane, f64x2.mul(scale, product), add);
        else sum = f64x2.add(sum, v128.and(product, rowMask(lane, rows)));
      }
      if (isVector<P>()) continue;
      const at = dLower + (<usize>k << 3);
      f64.store(at, f64.load(at) + sign * sumLanes(sum));
    }
  }
}

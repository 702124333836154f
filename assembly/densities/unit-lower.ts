// Unit lower triangular map: what gives a normal its correlations
//
//   forward   x_i = z_i + Σ_{j<i} M_ij z_j
//   inverse   z_i = x_i − Σ_{j<i} M_ij z_j,   i ascending
//
// M_ij, j < i, is `lower` [d (d − 1) / 2], row by row. The log-determinant is 0. Sums run in ascending j, whatever the number of rows.
// Four vectors at a time share a load of M_ij: rows past the last one are written, inside the block, up to a multiple of eight.
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
  for (let i = dim - 1; i >= 0; i--) {
    for (let lane: usize = 0; lane < bytes; lane += 64) combine<P>(x, z, z, lower, 1, i, 0, i, true, stride, lane, false);
  }
}

export function unitLowerInverse<P>(z: usize /* [dim], may be x */, x: usize, lower: usize, dim: i32, rows: i32, stride: usize): void {
  const bytes = rowBytes(rows);
  for (let i = 0; i < dim; i++) {
    for (let lane: usize = 0; lane < bytes; lane += 64) combine<P>(z, x, z, lower, -1, i, 0, i, true, stride, lane, false);
  }
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
    for (let lane: usize = 0; lane < bytes; lane += 64) {
      combine<P>(dz, dx, dx, lower, 1, j, j + 1, dim, false, stride, lane, (add & 1) != 0);
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
    for (let lane: usize = 0; lane < bytes; lane += 64) {
      combine<P>(p, dz, p, lower, -1, j, j + 1, dim, false, stride, lane, false);
    }
    if (!dx) continue;
    for (let lane: usize = 0; lane < bytes; lane += 16) addTo(dx + at + lane, v128.load(p + at + lane), (add & 1) != 0);
  }
  if (dLower) addProducts<P>(dLower, p, z, -1, dim, rows, stride, (add & 2) != 0);
}

/** out_i (+)= own_i + sign Σ_m M_im others_m, first ≤ m < end, for eight rows; with M_mi, down a column, where not `isRow`. */
// @ts-ignore: decorator
@inline
function combine<P>(
  out: usize,
  own: usize,
  others: usize,
  lower: usize,
  sign: f64,
  i: i32,
  first: i32,
  end: i32,
  isRow: bool,
  stride: usize,
  lane: usize,
  add: bool,
): void {
  let s0 = f64x2.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  for (let m = first; m < end; m++) {
    const at = others + <usize>m * stride + lane;
    const k = isRow ? entry(i, m) : entry(m, i);
    const shared = parameter<P>(lower, k, stride, lane);
    const next = lower + <usize>k * stride + lane;
    s0 = f64x2.add(s0, f64x2.mul(shared, v128.load(at)));
    s1 = f64x2.add(s1, f64x2.mul(parameterOr<P>(shared, next + 16), v128.load(at, 16)));
    s2 = f64x2.add(s2, f64x2.mul(parameterOr<P>(shared, next + 32), v128.load(at, 32)));
    s3 = f64x2.add(s3, f64x2.mul(parameterOr<P>(shared, next + 48), v128.load(at, 48)));
  }
  const scale = f64x2.splat(sign);
  const from = own + <usize>i * stride + lane;
  const to = out + <usize>i * stride + lane;
  addTo(to, f64x2.add(v128.load(from), f64x2.mul(scale, s0)), add);
  addTo(to + 16, f64x2.add(v128.load(from, 16), f64x2.mul(scale, s1)), add);
  addTo(to + 32, f64x2.add(v128.load(from, 32), f64x2.mul(scale, s2)), add);
  addTo(to + 48, f64x2.add(v128.load(from, 48), f64x2.mul(scale, s3)), add);
}

/** dM_ij += sign d_i z_j, summed over rows where M is shared: then four j at a time, the last of which may be one and the same. */
function addProducts<P>(dLower: usize, d: usize, z: usize, sign: f64, dim: i32, rows: i32, stride: usize, add: bool): void {
  const bytes = rowBytes(rows);
  for (let i = 1; i < dim; i++) {
    const from = d + <usize>i * stride;
    const last = i - 1;
    for (let j = 0; j < i; j += isVector<P>() ? 1 : 4) {
      const z0 = z + <usize>j * stride;
      const at = dLower + (isVector<P>() ? <usize>entry(i, j) * stride : <usize>entry(i, j) << 3);
      if (isVector<P>()) {
        for (let lane: usize = 0; lane < bytes; lane += 16) {
          const product = f64x2.mul(v128.load(from + lane), v128.load(z0 + lane));
          addTo(at + lane, f64x2.mul(f64x2.splat(sign), product), add);
        }
        continue;
      }
      const z1 = z + <usize>min(j + 1, last) * stride;
      const z2 = z + <usize>min(j + 2, last) * stride;
      const z3 = z + <usize>min(j + 3, last) * stride;
      let s0 = f64x2.splat(0);
      let s1 = s0;
      let s2 = s0;
      let s3 = s0;
      for (let lane: usize = 0; lane < bytes; lane += 16) {
        const own = v128.load(from + lane);
        const mask = rowMask(lane, rows);
        s0 = f64x2.add(s0, v128.and(f64x2.mul(own, v128.load(z0 + lane)), mask));
        s1 = f64x2.add(s1, v128.and(f64x2.mul(own, v128.load(z1 + lane)), mask));
        s2 = f64x2.add(s2, v128.and(f64x2.mul(own, v128.load(z2 + lane)), mask));
        s3 = f64x2.add(s3, v128.and(f64x2.mul(own, v128.load(z3 + lane)), mask));
      }
      addSum(at, sign, s0);
      if (j + 1 < i) addSum(at + 8, sign, s1);
      if (j + 2 < i) addSum(at + 16, sign, s2);
      if (j + 3 < i) addSum(at + 24, sign, s3);
    }
  }
}

// @ts-ignore: decorator
@inline
function addSum(at: usize, sign: f64, sum: v128): void {
  f64.store(at, f64.load(at) + sign * sumLanes(sum));
}

// Householder reflections
//
//   forward   x = H_K … H_1 z,   H_k = I − 2 u_k u_kᵀ,   u_k = v_k / |v_k|
//   inverse   z = H_1 … H_K x: a reflection is its own inverse
//   logDet    0: each determinant is −1
//   u, |v|    householderConstrain, once per layer
//
// Backward, one reflection y = H z, with g = ∂L/∂y:
//
//   dz  = H g
//   du += −2 (uᵀz g + uᵀg z),   where u is taken as free;   then   dv += (du − u uᵀdu) / |v|
//
// Nothing between the reflections is kept: the backward pass reflects the output back, which loses no digits as H is orthogonal.
//
// Source: Tomczak & Welling 2016, arXiv:1611.09630, eq. 11.
// Limits: |v|² must be a normal number. |u|² = 1 to a few ε, so that K reflections are orthogonal to a few K ε, whatever v is.

import { addParameter, addTo, parameter, parameterBytes, rowBytes, rowMask, storeParameter, sumLanes } from '../vm/parameter';

/** In memory, not a literal: it is used in loops. */
const TWO: usize = memory.data<f64>([2.0, 2.0], 16);
/** Four vectors of two rows each: independent sums hide the latency of additions. */
const GROUP: usize = 64;

export function householderConstrain<P>(
  unit: usize, // [reflections × dim]
  norm: usize, // [reflections]
  v: usize, // [reflections × dim]
  dim: i32,
  reflections: i32,
  rows: i32,
  stride: usize,
): void {
  const bytes = parameterBytes<P>(rows);
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    for (let k = 0; k < reflections; k++) {
      const first = k * dim;
      let square = f64x2.splat(0);
      for (let j = 0; j < dim; j++) {
        const value = parameter<P>(v, first + j, stride, lane);
        square = f64x2.add(square, f64x2.mul(value, value));
      }
      const length = f64x2.sqrt(square);
      storeParameter<P>(norm, k, stride, lane, length);
      for (let j = 0; j < dim; j++) {
        storeParameter<P>(unit, first + j, stride, lane, f64x2.div(parameter<P>(v, first + j, stride, lane), length));
      }
    }
  }
}

// Backward of householderConstrain: dv += (du − u uᵀdu) / |v|

export function householderConstrainBackward<P>(
  dv: usize,
  dUnit: usize,
  unit: usize,
  norm: usize,
  dim: i32,
  reflections: i32,
  rows: i32,
  stride: usize,
  add: bool,
): void {
  const bytes = parameterBytes<P>(rows);
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    for (let k = 0; k < reflections; k++) {
      const first = k * dim;
      let along = f64x2.splat(0);
      for (let j = 0; j < dim; j++) {
        const product = f64x2.mul(parameter<P>(unit, first + j, stride, lane), parameter<P>(dUnit, first + j, stride, lane));
        along = f64x2.add(along, product);
      }
      const length = parameter<P>(norm, k, stride, lane);
      for (let j = 0; j < dim; j++) {
        const radial = f64x2.mul(parameter<P>(unit, first + j, stride, lane), along);
        const across = f64x2.sub(parameter<P>(dUnit, first + j, stride, lane), radial);
        addParameter<P>(dv, first + j, stride, lane, f64x2.div(across, length), add);
      }
    }
  }
}

/**
 * out = H_K … H_1 x, or reversed H_1 … H_K x. Runs over whole groups of eight rows: a block's padding has room for what lies behind the last
 * row, and nobody reads it.
 */
export function householderReflect<P>(
  out: usize, // [dim], may be x
  x: usize, // [dim]
  unit: usize,
  dim: i32,
  reflections: i32,
  reversed: i32,
  rows: i32,
  stride: usize,
): void {
  const bytes = rowBytes(rows);
  if (out != x) copy(out, x, dim, bytes, stride);
  for (let lane: usize = 0; lane < bytes; lane += GROUP) {
    for (let n = 0; n < reflections; n++) {
      reflect<P>(out + lane, unit, dim, reversed ? reflections - 1 - n : n, stride, lane);
    }
  }
}

/** point −= 2 u uᵀpoint, for eight rows. */
// @ts-ignore: decorator
@inline
function reflect<P>(point: usize, unit: usize, dim: i32, k: i32, stride: usize, lane: usize): void {
  const first = k * dim;
  let s0 = f64x2.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  let at = point;
  for (let j = 0; j < dim; j++) {
    const u0 = parameter<P>(unit, first + j, stride, lane);
    s0 = f64x2.add(s0, f64x2.mul(u0, v128.load(at)));
    s1 = f64x2.add(s1, f64x2.mul(isVector<P>() ? parameter<P>(unit, first + j, stride, lane + 16) : u0, v128.load(at, 16)));
    s2 = f64x2.add(s2, f64x2.mul(isVector<P>() ? parameter<P>(unit, first + j, stride, lane + 32) : u0, v128.load(at, 32)));
    s3 = f64x2.add(s3, f64x2.mul(isVector<P>() ? parameter<P>(unit, first + j, stride, lane + 48) : u0, v128.load(at, 48)));
    at += stride;
  }
  const two = v128.load(TWO);
  s0 = f64x2.mul(two, s0);
  s1 = f64x2.mul(two, s1);
  s2 = f64x2.mul(two, s2);
  s3 = f64x2.mul(two, s3);
  at = point;
  for (let j = 0; j < dim; j++) {
    const u0 = parameter<P>(unit, first + j, stride, lane);
    v128.store(at, f64x2.sub(v128.load(at), f64x2.mul(u0, s0)));
    const u1 = isVector<P>() ? parameter<P>(unit, first + j, stride, lane + 16) : u0;
    v128.store(at, f64x2.sub(v128.load(at, 16), f64x2.mul(u1, s1)), 16);
    const u2 = isVector<P>() ? parameter<P>(unit, first + j, stride, lane + 32) : u0;
    v128.store(at, f64x2.sub(v128.load(at, 32), f64x2.mul(u2, s2)), 32);
    const u3 = isVector<P>() ? parameter<P>(unit, first + j, stride, lane + 48) : u0;
    v128.store(at, f64x2.sub(v128.load(at, 48), f64x2.mul(u3, s3)), 48);
    at += stride;
  }
}

// Backward of householderReflect: last reflection first. With s = uᵀy = −uᵀz and t = uᵀg, both doubled:
//
//   z = y − s u,   du += s g − t z,   g ← g − t u

export function householderReflectBackward<P>(
  dx: usize, // may be dOut
  dUnit: usize,
  point: usize, // [dim] scratch: the point between two reflections
  gradient: usize, // [dim] scratch: its gradient
  twice: usize, // [2] scratch: s and t
  dOut: usize,
  out: usize,
  unit: usize,
  dim: i32,
  reflections: i32,
  reversed: i32,
  rows: i32,
  stride: usize,
  add: i32, // bits: dx, dUnit
): void {
  const bytes = rowBytes(rows);
  copy(point, out, dim, bytes, stride);
  copy(gradient, dOut, dim, bytes, stride);
  for (let n = 0; n < reflections; n++) {
    const first = (reversed ? n : reflections - 1 - n) * dim;
    projectTwice<P>(twice, point, unit, first, dim, bytes, stride);
    projectTwice<P>(twice + stride, gradient, unit, first, dim, bytes, stride);
    for (let j = 0; j < dim; j++) stepBack<P>(dUnit, point, gradient, twice, unit, first + j, j, rows, stride, (add & 2) != 0);
  }
  if (!dx) return;
  for (let j = 0; j < dim; j++) {
    const at = <usize>j * stride;
    for (let lane: usize = 0; lane < bytes; lane += 16) addTo(dx + at + lane, v128.load(gradient + at + lane), (add & 1) != 0);
  }
}

/** twice = 2 uᵀx, whole groups of eight rows. */
function projectTwice<P>(twice: usize, x: usize, unit: usize, first: i32, dim: i32, bytes: usize, stride: usize): void {
  const two = v128.load(TWO);
  for (let lane: usize = 0; lane < bytes; lane += GROUP) {
    let s0 = f64x2.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    let at = x + lane;
    for (let j = 0; j < dim; j++) {
      const u0 = parameter<P>(unit, first + j, stride, lane);
      s0 = f64x2.add(s0, f64x2.mul(u0, v128.load(at)));
      s1 = f64x2.add(s1, f64x2.mul(isVector<P>() ? parameter<P>(unit, first + j, stride, lane + 16) : u0, v128.load(at, 16)));
      s2 = f64x2.add(s2, f64x2.mul(isVector<P>() ? parameter<P>(unit, first + j, stride, lane + 32) : u0, v128.load(at, 32)));
      s3 = f64x2.add(s3, f64x2.mul(isVector<P>() ? parameter<P>(unit, first + j, stride, lane + 48) : u0, v128.load(at, 48)));
      at += stride;
    }
    v128.store(twice + lane, f64x2.mul(two, s0));
    v128.store(twice + lane, f64x2.mul(two, s1), 16);
    v128.store(twice + lane, f64x2.mul(two, s2), 32);
    v128.store(twice + lane, f64x2.mul(two, s3), 48);
  }
}

/** Feature j of point and gradient through the reflection, and what it gives to its component of u. */
// @ts-ignore: decorator
@inline
function stepBack<P>(
  dUnit: usize,
  point: usize,
  gradient: usize,
  twice: usize,
  unit: usize,
  entry: i32,
  j: i32,
  rows: i32,
  stride: usize,
  add: bool,
): void {
  const bytes = rowBytes(rows);
  const z = point + <usize>j * stride;
  const g = gradient + <usize>j * stride;
  let total = f64x2.splat(0);
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    const u = parameter<P>(unit, entry, stride, lane);
    const s = v128.load(twice + lane);
    const t = v128.load(twice + stride + lane);
    const before = f64x2.sub(v128.load(z + lane), f64x2.mul(s, u));
    const slope = v128.load(g + lane);
    v128.store(z + lane, before);
    v128.store(g + lane, f64x2.sub(slope, f64x2.mul(t, u)));
    if (!dUnit) continue;
    const du = f64x2.sub(f64x2.mul(s, slope), f64x2.mul(t, before));
    if (isVector<P>()) addTo(dUnit + <usize>entry * stride + lane, du, add);
    else total = f64x2.add(total, v128.and(du, rowMask(lane, rows)));
  }
  if (isVector<P>() || !dUnit) return;
  const to = dUnit + (<usize>entry << 3);
  f64.store(to, f64.load(to) + sumLanes(total));
}

function copy(to: usize, from: usize, dim: i32, bytes: usize, stride: usize): void {
  for (let j = 0; j < dim; j++) {
    const at = <usize>j * stride;
    for (let lane: usize = 0; lane < bytes; lane += 16) v128.store(to + at + lane, v128.load(from + at + lane));
  }
}

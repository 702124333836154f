// The simplex: K positive numbers that sum to 1, by breaking a stick
//
//   forward   s_k = σ(z_k − ln n_k),   n_k = K − k:   the share of what is left that x_k takes; z = 0 gives 1/K each
//             x_k = r_k s_k,   r_1 = 1,   r_{k+1} = r_k (1 − s_k),   x_K = r_K
//             logDet = Σ_{k<K} ln s_k + n_k ln(1 − s_k)  (= Σ_{k≤K} ln x_k)
//   inverse   z_k = ln(n_k x_k / T_k),   T_k = Σ_{j>k} x_j
//             logDet = −Σ_{k≤K} ln x_k
//
// Log-determinants are those of the first K − 1 coordinates, on which x_K = 1 − Σ depends.
//
// With e = e^−|z|, and t = n e where z ≥ 0, t = e / n where z < 0, shares are 1 / (1 + t) and t / (1 + t): nothing overflows, nothing
// cancels, and logDet takes the logarithms from z, so that it stays right where x underflows.
//
// Source: Stan reference manual, "Unit simplex" (before version 2.36: stick-breaking).
// Limits: 1 − Σ_{j≤k} x_j cancels where the last coordinates are small (z = 30 loses all digits); T_k, which is the same on the simplex, is
// summed from the last one and does not. A coordinate that underflows is 0, the edge of the support: there is no way back.

import { exp, expm1, ONE } from '../math/exp';
import { log, log1p } from '../math/log';
import { logDetAdd } from '../vm/log-det';
import { addTo, rowBytes } from '../vm/parameter';
import { logDetInside, notPositive, positive, reciprocal } from '../vm/support';

/** How far from 1 the sum of a row may be. */
const TOLERANCE: usize = memory.data<f64>([1e-9, 1e-9], 16);

export function simplexForward(
  x: usize, // [dim]
  logDet: usize, // accumulator of multiplicity 1
  z: usize, // [dim − 1]
  dim: i32,
  rows: i32,
  stride: usize,
): void {
  const bytes = rowBytes(rows);
  const rest = x + <usize>(dim - 1) * stride; // r_k, which ends as x_K
  for (let lane: usize = 0; lane < bytes; lane += 16) v128.store(rest + lane, v128.load(ONE));
  for (let k = 0; k < dim - 1; k++) {
    const at = <usize>k * stride;
    const n = f64x2.splat(<f64>(dim - 1 - k));
    const logN = log(n);
    const times = f64x2.add(n, f64x2.splat(1));
    for (let lane: usize = 0; lane < bytes; lane += 16) {
      const value = v128.load(z + at + lane);
      const e = exp(f64x2.neg(f64x2.abs(value)));
      const isNegative = f64x2.lt(value, f64x2.splat(0));
      const t = v128.bitselect(f64x2.div(e, n), f64x2.mul(e, n), isNegative);
      const large = f64x2.div(v128.load(ONE), f64x2.add(v128.load(ONE), t));
      const small = f64x2.mul(t, large);
      const left = v128.load(rest + lane);
      v128.store(x + at + lane, f64x2.mul(left, v128.bitselect(small, large, isNegative)));
      v128.store(rest + lane, f64x2.mul(left, v128.bitselect(large, small, isNegative)));
      const above = f64x2.sub(value, logN);
      const leading = v128.bitselect(above, f64x2.neg(f64x2.mul(n, above)), isNegative);
      logDetAdd(logDet, stride, lane, f64x2.sub(leading, f64x2.mul(times, log1p(t))));
    }
  }
}

// Backward of simplexForward. With S_k = Σ_{j>k} x_j dx_j:
//
//   dz_k = (1 − s_k) x_k dx_k − s_k S_k + dLogDet ((1 − s_k) − n_k s_k)
//
// The last bracket, 0 at z = 0, is −(1 − s) expm1(z) = n s expm1(−z).

export function simplexForwardBackward(
  dz: usize, // [dim − 1]
  dx: usize, // [dim]
  dLogDet: usize,
  x: usize,
  z: usize,
  dim: i32,
  rows: i32,
  stride: usize,
  add: bool,
): void {
  const bytes = rowBytes(rows);
  const end = <usize>(dim - 1) * stride;
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    const pull = v128.load(dLogDet + lane);
    let sum = f64x2.mul(v128.load(x + end + lane), v128.load(dx + end + lane));
    for (let k = dim - 2; k >= 0; k--) {
      const here = <usize>k * stride + lane;
      const n = f64x2.splat(<f64>(dim - 1 - k));
      const value = v128.load(z + here);
      const minus = f64x2.neg(f64x2.abs(value));
      const e = exp(minus);
      const isNegative = f64x2.lt(value, f64x2.splat(0));
      const t = v128.bitselect(f64x2.div(e, n), f64x2.mul(e, n), isNegative);
      const large = f64x2.div(v128.load(ONE), f64x2.add(v128.load(ONE), t));
      const small = f64x2.mul(t, large);
      const share = v128.bitselect(small, large, isNegative);
      const kept = v128.bitselect(large, small, isNegative);
      const bracket = f64x2.mul(expm1(minus), v128.bitselect(f64x2.neg(kept), f64x2.mul(n, share), isNegative));
      const own = f64x2.mul(v128.load(x + here), v128.load(dx + here));
      const through = f64x2.sub(f64x2.mul(kept, own), f64x2.mul(share, sum));
      addTo(dz + here, f64x2.add(through, f64x2.mul(pull, bracket)), add);
      sum = f64x2.add(sum, own);
    }
  }
}

export function simplexInverse(
  z: usize, // [dim]
  inside: usize, // row: a mask, all bits where x is on the simplex
  logDet: usize, // accumulator of multiplicity 1
  x: usize, // [dim + 1]
  dim: i32,
  rows: i32,
  stride: usize,
): void {
  const bytes = rowBytes(rows);
  const end = <usize>dim * stride;
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    let value = v128.load(x + end + lane);
    let total = value;
    let outside = notPositive(value);
    let rest = f64x2.pmin(positive(value), v128.load(ONE)); // T_k
    let sum = log(rest);
    for (let k = dim - 1; k >= 0; k--) {
      const here = <usize>k * stride + lane;
      value = v128.load(x + here);
      total = f64x2.add(total, value);
      outside = v128.or(outside, notPositive(value));
      const own = f64x2.pmin(positive(value), v128.load(ONE));
      const scaled = f64x2.mul(own, f64x2.splat(<f64>(dim - k)));
      // the quotient that is at most 1 cannot overflow
      const isSmaller = f64x2.lt(scaled, rest);
      const quotient = f64x2.div(v128.bitselect(scaled, rest, isSmaller), v128.bitselect(rest, scaled, isSmaller));
      const size = log(positive(quotient));
      v128.store(z + here, v128.bitselect(size, f64x2.neg(size), isSmaller));
      sum = f64x2.add(sum, log(own));
      rest = f64x2.add(rest, own);
    }
    outside = v128.or(outside, f64x2.gt(f64x2.abs(f64x2.sub(total, v128.load(ONE))), v128.load(TOLERANCE)));
    v128.store(inside + lane, v128.not(outside));
    logDetAdd(logDet, stride, lane, logDetInside(f64x2.neg(sum), outside));
  }
}

// Backward of simplexInverse, with x_K and every T_k as the functions 1 − Σ of the first K − 1 coordinates that they are:
//
//   dx_k = (dz_k − dLogDet) / x_k + A_k,   A_k = dLogDet / x_K + Σ_{j≥k} dz_j / T_j,   dx_K = 0

export function simplexInverseBackward(
  dx: usize, // [dim + 1]
  dz: usize, // [dim]
  dLogDet: usize,
  x: usize,
  inside: usize,
  dim: i32,
  rows: i32,
  stride: usize,
  add: bool,
): void {
  const bytes = rowBytes(rows);
  const end = <usize>dim * stride;
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    const mask = v128.load(inside + lane);
    const pull = v128.and(v128.load(dLogDet + lane), mask);
    let rest = positive(v128.load(x + end + lane));
    let sum = f64x2.mul(pull, reciprocal(rest));
    addTo(dx + end + lane, f64x2.splat(0), add);
    for (let k = dim - 1; k >= 0; k--) {
      const here = <usize>k * stride + lane;
      const own = positive(v128.load(x + here));
      const d = v128.and(v128.load(dz + here), mask);
      sum = f64x2.add(sum, f64x2.mul(d, reciprocal(rest)));
      addTo(dx + here, f64x2.add(f64x2.mul(f64x2.sub(d, pull), reciprocal(own)), sum), add);
      rest = f64x2.add(rest, own);
    }
  }
}

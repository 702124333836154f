// Standard Student t, of independent coordinates
//
//   density   Σ_j [c_j − ½ (ν_j + 1) ln(1 + y_j²)],   y = t / √ν,   c = ln Γ((ν + 1)/2) − ln Γ(ν/2) − ½ ln(ν π) = R(ν/2) − ½ ln 2π
//   sample    t = √(ν expm1(2E/ν)) C,   E exponential, C the cosine of an angle that is uniform on the circle
//   ν         e^logNu; its root, c and ∂c/∂logNu: studentConstrain, once per layer
//
// Source of the sample: Bailey 1994, "Polar generation of random variates with the t-distribution", Math. Comp. 62, whose form without
// rejection is exact for one variate. As ν → ∞ it becomes Box & Muller's normal. It is smooth in ν, which gives its gradient.
//
// Limits: ln(1 + y²) is ln(1 + m²) + 2 ln max(|y|, 1), m = min(|y|, 1/|y|), so that y² may overflow. √expm1(a) is e^{a/2} √(1 − e^{−a}):
// finite for 2E/ν < 1418, which the largest E, 36.7, reaches at ν = 0.052; below that a sample may be ∞, as it may in truth be beyond
// the doubles. ∂ ln f/∂logNu tends to 0 as 1/ν while its terms tend to t²/2: its error is absolute, ε t².

import { exp, expm1, tail } from '../math/exp';
import { gammaRatio, gammaRatioSlope } from '../math/gamma-ratio';
import { log, log1p } from '../math/log';
import { addTo, parameter, parameterBytes, rowBytes, rowMask, storeParameter, sumLanes } from '../vm/parameter';

const HALF_LN_2PI: f64 = 0.9189385332046728;
const ONE: usize = memory.data<f64>([1, 1], 16);
const HALF: usize = memory.data<f64>([0.5, 0.5], 16);
/** Where tail(−a) begins to beat a − (1 − e^{−a}). */
const SMALL: usize = memory.data<f64>([0.34, 0.34], 16);
const TINY: usize = memory.data<f64>([1e-300, 1e-300], 16);

export function studentConstrain<P>(
  nu: usize,
  root: usize, // √ν
  constant: usize, // c
  slope: usize, // ∂c/∂logNu
  logNu: usize,
  dim: i32,
  rows: i32,
  stride: usize,
): void {
  const half = f64x2.splat(0.5);
  const bytes = parameterBytes<P>(rows);
  for (let j = 0; j < dim; j++) {
    for (let lane: usize = 0; lane < bytes; lane += 16) {
      const n = exp(parameter<P>(logNu, j, stride, lane));
      const x = f64x2.mul(half, n);
      storeParameter<P>(nu, j, stride, lane, n);
      storeParameter<P>(root, j, stride, lane, f64x2.sqrt(n));
      storeParameter<P>(constant, j, stride, lane, f64x2.sub(gammaRatio(x), f64x2.splat(HALF_LN_2PI)));
      storeParameter<P>(slope, j, stride, lane, gammaRatioSlope(x));
    }
  }
}

export function studentNoise<P>(
  t: usize, // [dim]
  exponential: usize,
  cosine: usize,
  nu: usize,
  dim: i32,
  rows: i32,
  stride: usize,
): void {
  const bytes = rowBytes(rows);
  for (let j = 0; j < dim; j++) {
    const at = <usize>j * stride;
    for (let lane: usize = 0; lane < bytes; lane += 16) {
      const n = parameter<P>(nu, j, stride, lane);
      const halfA = f64x2.div(v128.load(exponential + at + lane), n);
      const rest = f64x2.neg(expm1(f64x2.neg(f64x2.add(halfA, halfA))));
      const radius = f64x2.mul(exp(halfA), f64x2.sqrt(f64x2.mul(n, rest)));
      v128.store(t + at + lane, f64x2.mul(radius, v128.load(cosine + at + lane)));
    }
  }
}

// Backward of studentNoise. With a = 2E/ν:  ∂t/∂logNu = −½ t (e^{−a} − 1 + a) / (1 − e^{−a}),   dLogNu += dt ∂t/∂logNu

export function studentNoiseBackward<P>(
  dLogNu: usize,
  dt: usize,
  t: usize,
  exponential: usize,
  nu: usize,
  dim: i32,
  rows: i32,
  stride: usize,
  add: bool,
): void {
  if (!dLogNu) return;
  const bytes = rowBytes(rows);
  for (let j = 0; j < dim; j++) {
    const at = <usize>j * stride;
    let sum = f64x2.splat(0);
    for (let lane: usize = 0; lane < bytes; lane += 16) {
      const halfA = f64x2.div(v128.load(exponential + at + lane), parameter<P>(nu, j, stride, lane));
      const a = f64x2.add(halfA, halfA);
      const rest = f64x2.neg(expm1(f64x2.neg(a)));
      const isSmall = f64x2.lt(a, v128.load(SMALL));
      const above = v128.bitselect(tail(f64x2.neg(f64x2.pmin(a, v128.load(SMALL)))), f64x2.sub(a, rest), isSmall);
      const relative = f64x2.mul(v128.load(HALF), f64x2.div(above, f64x2.pmax(rest, v128.load(TINY))));
      const g = f64x2.neg(f64x2.mul(f64x2.mul(v128.load(dt + at + lane), v128.load(t + at + lane)), relative));
      if (isVector<P>()) addTo(dLogNu + at + lane, g, add);
      else sum = f64x2.add(sum, v128.and(g, rowMask(lane, rows)));
    }
    if (!isVector<P>()) addSum(dLogNu, j, sum);
  }
}

export function studentDensity<P>(
  logProb: usize, // [1]
  t: usize,
  nu: usize,
  root: usize,
  constant: usize,
  dim: i32,
  rows: i32,
  stride: usize,
): void {
  const bytes = rowBytes(rows);
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    let sum = f64x2.splat(0);
    for (let j = 0; j < dim; j++) {
      const y = f64x2.abs(f64x2.div(v128.load(t + <usize>j * stride + lane), parameter<P>(root, j, stride, lane)));
      const power = f64x2.mul(v128.load(HALF), f64x2.add(parameter<P>(nu, j, stride, lane), v128.load(ONE)));
      const term = f64x2.mul(power, logOnePlusSquare(y, smallerOf(y)));
      sum = f64x2.add(sum, f64x2.sub(parameter<P>(constant, j, stride, lane), term));
    }
    v128.store(logProb + lane, sum);
  }
}

// Backward of studentDensity, with g = dLogProb and s = y² / (1 + y²):
//
//   dt      = −g (ν + 1) / √ν · y / (1 + y²)
//   dLogNu += g (∂c/∂logNu − ½ ν ln(1 + y²) + ½ (ν + 1) s)

export function studentDensityBackward<P>(
  dt: usize,
  dLogNu: usize,
  dLogProb: usize,
  t: usize,
  nu: usize,
  root: usize,
  slope: usize,
  dim: i32,
  rows: i32,
  stride: usize,
  add: i32, // bits: dt, dLogNu
): void {
  const bytes = rowBytes(rows);
  for (let j = 0; j < dim; j++) {
    const at = <usize>j * stride;
    let sum = f64x2.splat(0);
    for (let lane: usize = 0; lane < bytes; lane += 16) {
      const g = v128.load(dLogProb + lane);
      const n = parameter<P>(nu, j, stride, lane);
      const value = v128.load(t + at + lane);
      const rootNu = parameter<P>(root, j, stride, lane);
      const y = f64x2.abs(f64x2.div(value, rootNu));
      const m = smallerOf(y);
      const square = f64x2.mul(m, m);
      const denominator = f64x2.add(v128.load(ONE), square);
      const nuPlusOne = f64x2.add(n, v128.load(ONE));
      if (dt) {
        const size = f64x2.mul(f64x2.div(nuPlusOne, rootNu), f64x2.div(m, denominator));
        addTo(dt + at + lane, f64x2.neg(f64x2.mul(g, withSignOf(size, value))), (add & 1) != 0);
      }
      if (!dLogNu) continue;
      const share = f64x2.div(v128.bitselect(square, v128.load(ONE), f64x2.le(y, v128.load(ONE))), denominator);
      const difference = f64x2.sub(f64x2.mul(nuPlusOne, share), f64x2.mul(n, logOnePlusSquare(y, m)));
      const total = f64x2.mul(g, f64x2.add(parameter<P>(slope, j, stride, lane), f64x2.mul(v128.load(HALF), difference)));
      if (isVector<P>()) addTo(dLogNu + at + lane, total, (add & 2) != 0);
      else sum = f64x2.add(sum, v128.and(total, rowMask(lane, rows)));
    }
    if (!isVector<P>() && dLogNu) addSum(dLogNu, j, sum);
  }
}

/** min(y, 1/y) for y ≥ 0. */
// @ts-ignore: decorator
@inline
function smallerOf(y: v128): v128 {
  return f64x2.pmin(y, f64x2.div(v128.load(ONE), y));
}

/** ln(1 + y²), y ≥ 0 and m = min(y, 1/y). The logarithm of 1 is +0: leaving it out changes no bit. */
// @ts-ignore: decorator
@inline
function logOnePlusSquare(y: v128, m: v128): v128 {
  const near = log1p(f64x2.mul(m, m));
  if (!v128.any_true(f64x2.gt(y, v128.load(ONE)))) return near;
  const far = log(f64x2.pmax(y, v128.load(ONE)));
  return f64x2.add(near, f64x2.add(far, far));
}

// @ts-ignore: decorator
@inline
function withSignOf(size: v128, value: v128): v128 {
  return v128.or(size, v128.and(value, f64x2.splat(-0.0)));
}

// @ts-ignore: decorator
@inline
function addSum(dLogNu: usize, j: i32, sum: v128): void {
  const at = dLogNu + (<usize>j << 3);
  f64.store(at, f64.load(at) + sumLanes(sum));
}

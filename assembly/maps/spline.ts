// Rational-quadratic spline of each feature
//
// On [low, high], both axes cut into B bins by knots (x_k, y_k) with slopes d_k. In bin k, of width w = x_{k+1} − x_k and height
// h = y_{k+1} − y_k, with s = h / w and d₀, d₁ the slopes at its ends:
//
//   ξ = (x − x_k) / w,   η = 1 − ξ,   t = ξ η
//   N = s ξ² + d₀ t,   D = s (ξ² + η²) + (d₀ + d₁) t,   M = d₁ ξ² + 2 s t + d₀ η²
//   forward   y = y_k + h φ,   φ = N / D
//   logDet    ln(s² M / D²)
//   inverse   φ = (y − y_k) / h,   ψ = 1 − φ:   ψ s τ² + (ψ d₀ − φ d₁) τ − φ s = 0 has one root τ = ξ / η ≥ 0
//   knots     x_k = low + (high − low) (min k + (1 − min B) C_k / S),   C_k = Σ_{i<k} e^{u_i},   S = C_B;   y_k alike
//   slopes    d_k = minDerivative + softplus(v_k)
//
// Parameters of a feature: B logits u of widths, B of heights, then the v. Linear: the identity outside, slopes of 1 at both ends, B − 1 v.
// Bounded: nothing outside, where the input is clamped and the determinant is 0; B + 1 v. Circular: the ends are one point, of one slope;
// input is taken modulo high − low; B v.
//
// Source: Durkan, Bekasov, Murray & Papamakarios 2019, arXiv:1906.04032, eq. 4–8; constants and order as in nflows. Circular: Rezende et al. 2020,
// arXiv:2002.02428, §2.1.2. The equation of τ is ours.
// Limits: D and M as sums of positive terms do not cancel; s + (d₀ + d₁ − 2 s) t, as printed, does. The paper's quadratic in ξ cancels in its
// discriminant, the one in τ is a sum of squares: the only difference left is ψ d₀ − φ d₁, whose rounding is that of the slopes. So no
// bin is too steep and no root needs polishing. A slope above 1e150 would overflow.
// Derivation of the gradients: docs/maps/spline.md

import { expNormal, ONE } from '../math/exp';
import { sigmoid } from '../math/sigmoid';
import { softplus } from '../math/softplus';
import { Boundary, SplineNumber as Of } from '../opcodes';
import { logDetAdd, logDetMultiply } from '../vm/log-det';
import { addTo, rowBytes, rowMask, sumLanes } from '../vm/parameter';

const TWO: usize = memory.data<f64>([2.0, 2.0], 16);
const ZERO: usize = memory.data<f64>([0.0, 0.0], 16);
/** e^ of it is the least normal number expNormal gives: nothing beside S ≥ 1. */
const LOWEST: usize = memory.data<f64>([-708.0, -708.0], 16);

/** What is at hand for a pair of rows, as vectors at these byte offsets of `work`: knots beside the point, v of their slopes, and the bin. */
const X0: usize = 0;
const X1: usize = 16;
const Y0: usize = 32;
const Y1: usize = 48;
const V0: usize = 64;
const V1: usize = 80;
/** k; and whether the bin is the first, and the last. */
const BIN: usize = 96;
const IS_FIRST: usize = 112;
const IS_LAST: usize = 128;
/** Sums S of both axes. */
const SUM_W: usize = 144;
const SUM_H: usize = 160;
/** Of both axes, for the backward pass: ∂L/∂u_i = e^{u_i} times the weight of bins left of the point's, of that one, and right of it. */
const WEIGHTS_W: usize = 176;
const WEIGHTS_H: usize = 224;
/** e^{u_i} of widths, then of heights, then where gradients of shared parameters are summed: 5 B + 1 vectors. */
const TERMS: usize = 272;

/** Numbers of one feature. */
// @ts-ignore: decorator
@inline
function parameterCount(bins: i32, boundary: i32): i32 {
  return 3 * bins + (boundary == Boundary.Linear ? -1 : boundary == Boundary.Bounded ? 1 : 0);
}

/** Bytes from a parameter to the next, and from a feature's first row to `lane`. */
// @ts-ignore: decorator
@inline
function parameterStep<P>(stride: usize): usize {
  return isVector<P>() ? stride : 8;
}

// @ts-ignore: decorator
@inline
function read<P>(at: usize): v128 {
  return isVector<P>() ? v128.load(at) : v128.load64_splat(at);
}

// @ts-ignore: decorator
@inline
function number(numbers: usize, which: usize): v128 {
  return v128.load64_splat(numbers + (which << 3));
}

// @ts-ignore: decorator
@inline
function clamp(value: v128, low: v128, high: v128): v128 {
  return f64x2.pmin(f64x2.pmax(value, low), high);
}

/** e^{scale (u_i − max u)} at `terms`; returns their sum. */
// @ts-ignore: decorator
@inline
function exponentials<P>(terms: usize, logits: usize, step: usize, bins: i32, scale: v128): v128 {
  let largest = read<P>(logits);
  for (let i = 1; i < bins; i++) largest = f64x2.pmax(largest, read<P>(logits + <usize>i * step));
  let sum = v128.load(ZERO);
  for (let i = 0; i < bins; i++) {
    const logit = f64x2.mul(scale, f64x2.sub(read<P>(logits + <usize>i * step), largest));
    const term = expNormal(f64x2.pmax(logit, v128.load(LOWEST)));
    v128.store(terms + (<usize>i << 4), term);
    sum = f64x2.add(sum, term);
  }
  return sum;
}

/** The terms of both softmaxes and their sums, in `work`. */
// @ts-ignore: decorator
@inline
function softmaxes<P>(work: usize, parameters: usize, step: usize, bins: i32, numbers: usize): void {
  const scale = number(numbers, Of.LogitScale);
  const heights = <usize>bins << 4;
  v128.store(work, exponentials<P>(work + TERMS, parameters, step, bins, scale), SUM_W);
  v128.store(work, exponentials<P>(work + TERMS + heights, parameters + <usize>bins * step, step, bins, scale), SUM_H);
}

/** The bin that holds `value`, looked for among x_k or, for the inverse, y_k. An inner knot belongs to the bin on its right. */
// @ts-ignore: decorator
@inline
function findBin<P>(work: usize, value: v128, inverse: bool, parameters: usize, step: usize, numbers: usize, bins: i32, boundary: i32): void {
  const low = number(numbers, Of.Low);
  const high = number(numbers, Of.High);
  const leastW = number(numbers, Of.LeastWidth);
  const leastH = number(numbers, Of.LeastHeight);
  const rateW = f64x2.div(number(numbers, Of.SpareWidth), v128.load(work, SUM_W));
  const rateH = f64x2.div(number(numbers, Of.SpareHeight), v128.load(work, SUM_H));
  const widths = work + TERMS;
  const heights = widths + (<usize>bins << 4);
  // v_k stands at slopes + k step; where there is none at the ends, what is read there is not used.
  const slopes = parameters + <usize>(2 * bins - (boundary == Boundary.Linear ? 1 : 0)) * step;
  const lastSlope = boundary == Boundary.Bounded ? slopes + <usize>bins * step : slopes;

  let sumW = v128.load(ZERO);
  let sumH = v128.load(ZERO);
  let baseX = low;
  let baseY = low;
  let x0 = low;
  let y0 = low;
  let v0 = read<P>(slopes);
  let x1 = high;
  let y1 = high;
  let v1 = v0;
  let bin = i64x2.splat(0);
  /** Whether the point lies right of the knot before. */
  let right = i64x2.splat(-1);
  for (let k = 1; k < bins; k++) {
    const term = <usize>(k - 1) << 4;
    sumW = f64x2.add(sumW, v128.load(widths + term));
    sumH = f64x2.add(sumH, v128.load(heights + term));
    baseX = f64x2.add(baseX, leastW);
    baseY = f64x2.add(baseY, leastH);
    const x = f64x2.add(baseX, f64x2.mul(rateW, sumW));
    const y = f64x2.add(baseY, f64x2.mul(rateH, sumH));
    const v = read<P>(slopes + <usize>k * step);
    x1 = v128.bitselect(x, x1, right);
    y1 = v128.bitselect(y, y1, right);
    v1 = v128.bitselect(v, v1, right);
    right = f64x2.ge(value, inverse ? y : x);
    x0 = v128.bitselect(x, x0, right);
    y0 = v128.bitselect(y, y0, right);
    v0 = v128.bitselect(v, v0, right);
    bin = i64x2.sub(bin, right);
  }
  v128.store(work, x0, X0);
  v128.store(work, v128.bitselect(high, x1, right), X1);
  v128.store(work, y0, Y0);
  v128.store(work, v128.bitselect(high, y1, right), Y1);
  v128.store(work, v0, V0);
  v128.store(work, v128.bitselect(read<P>(lastSlope), v1, right), V1);
  v128.store(work, bin, BIN);
  v128.store(work, i64x2.eq(bin, i64x2.splat(0)), IS_FIRST);
  v128.store(work, right, IS_LAST);
}

/** The slope of v, which is 1 at the ends of a spline that goes on as the identity. */
// @ts-ignore: decorator
@inline
function slope(v: v128, isEnd: v128, numbers: usize, boundary: i32): v128 {
  const d = f64x2.add(number(numbers, Of.MinDerivative), softplus(v));
  return boundary == Boundary.Linear ? v128.bitselect(v128.load(ONE), d, isEnd) : d;
}

/** s (ξ² + η²) + (d₀ + d₁) t */
// @ts-ignore: decorator
@inline
function denominator(xi: v128, eta: v128, t: v128, s: v128, d0: v128, d1: v128): v128 {
  const squares = f64x2.add(f64x2.mul(xi, xi), f64x2.mul(eta, eta));
  return f64x2.add(f64x2.mul(s, squares), f64x2.mul(f64x2.add(d0, d1), t));
}

/** M = d₁ ξ² + 2 s t + d₀ η² */
// @ts-ignore: decorator
@inline
function slopeNumerator(xi: v128, eta: v128, t: v128, s: v128, d0: v128, d1: v128): v128 {
  const ends = f64x2.add(f64x2.mul(d1, f64x2.mul(xi, xi)), f64x2.mul(d0, f64x2.mul(eta, eta)));
  return f64x2.add(ends, f64x2.mul(f64x2.mul(v128.load(TWO), s), t));
}

/** ξ of the root: with b = ψ d₀ − φ d₁ and q = |b| + √(b² + 4 φ ψ s²), the smaller of ξ and η is p / (p + q), p = 2 φ s or 2 ψ s. */
// @ts-ignore: decorator
@inline
function root(phi: v128, psi: v128, s: v128, d0: v128, d1: v128): v128 {
  const two = v128.load(TWO);
  const b = f64x2.sub(f64x2.mul(psi, d0), f64x2.mul(phi, d1));
  const isRight = f64x2.lt(b, v128.load(ZERO));
  const twoS = f64x2.mul(two, s);
  const under = f64x2.mul(f64x2.mul(phi, psi), f64x2.mul(twoS, twoS));
  const q = f64x2.add(f64x2.abs(b), f64x2.sqrt(f64x2.add(f64x2.mul(b, b), under)));
  const p = f64x2.mul(twoS, v128.bitselect(psi, phi, isRight));
  return f64x2.div(v128.bitselect(q, p, isRight), f64x2.add(p, q));
}

/** Where the spline acts: the input itself, on the circle, or at the end it is beyond. */
// @ts-ignore: decorator
@inline
function place(value: v128, inside: v128, low: v128, high: v128, boundary: i32): v128 {
  if (boundary != Boundary.Circular) return clamp(value, low, high);
  const span = f64x2.sub(high, low);
  const turns = f64x2.floor(f64x2.div(f64x2.sub(value, low), span));
  const wrapped = clamp(f64x2.sub(value, f64x2.mul(turns, span)), low, high);
  return v128.bitselect(value, wrapped, inside);
}

// @ts-ignore: decorator
@inline
function isInside(value: v128, low: v128, high: v128): v128 {
  return v128.and(f64x2.ge(value, low), f64x2.le(value, high));
}

/** The result and its factor of the determinant, `result` being that of the point at its place. */
// @ts-ignore: decorator
@inline
function finish(out: usize, logDet: usize, stride: usize, lane: usize, value: v128, result: v128, factor: v128, inside: v128, boundary: i32, nothing: f64): void {
  if (boundary == Boundary.Linear) result = v128.bitselect(result, value, inside);
  if (boundary != Boundary.Circular) factor = v128.bitselect(factor, v128.load(ONE), inside);
  if (boundary == Boundary.Bounded) logDetAdd(logDet, stride, lane, v128.andnot(f64x2.splat(nothing), inside));
  v128.store(out, result);
  logDetMultiply(logDet, stride, lane, factor);
}

export function splineForward<P>(
  x: usize, // [dim], may be z
  work: usize, // room for TERMS and 5 bins + 1 vectors
  logDet: usize, // accumulator of multiplicity 1
  z: usize,
  parameters: usize,
  numbers: usize, // SplineNumber
  dim: i32,
  bins: i32,
  boundary: i32,
  rows: i32,
  stride: usize,
): void {
  const bytes = rowBytes(rows);
  const low = number(numbers, Of.Low);
  const high = number(numbers, Of.High);
  const step = parameterStep<P>(stride);
  for (let j = 0; j < dim; j++) {
    const at = <usize>j * stride;
    const own = parameters + <usize>(j * parameterCount(bins, boundary)) * step;
    if (!isVector<P>()) softmaxes<P>(work, own, step, bins, numbers);
    for (let lane: usize = 0; lane < bytes; lane += 16) {
      const here = isVector<P>() ? own + lane : own;
      if (isVector<P>()) softmaxes<P>(work, here, step, bins, numbers);
      const value = v128.load(z + at + lane);
      const inside = isInside(value, low, high);
      const point = place(value, inside, low, high, boundary);
      findBin<P>(work, point, false, here, step, numbers, bins, boundary);

      const d0 = slope(v128.load(work, V0), v128.load(work, IS_FIRST), numbers, boundary);
      const d1 = slope(v128.load(work, V1), v128.load(work, IS_LAST), numbers, boundary);
      const y0 = v128.load(work, Y0);
      const height = f64x2.sub(v128.load(work, Y1), y0);
      const perWidth = f64x2.div(v128.load(ONE), f64x2.sub(v128.load(work, X1), v128.load(work, X0)));
      const s = f64x2.mul(height, perWidth);
      const xi = clamp(f64x2.mul(f64x2.sub(point, v128.load(work, X0)), perWidth), v128.load(ZERO), v128.load(ONE));
      const eta = f64x2.sub(v128.load(ONE), xi);
      const t = f64x2.mul(xi, eta);
      const D = denominator(xi, eta, t, s, d0, d1);
      const N = f64x2.add(f64x2.mul(s, f64x2.mul(xi, xi)), f64x2.mul(d0, t));
      const y = clamp(f64x2.add(y0, f64x2.mul(height, f64x2.div(N, D))), y0, v128.load(work, Y1));
      const r = f64x2.div(s, D);
      const factor = f64x2.mul(f64x2.mul(r, slopeNumerator(xi, eta, t, s, d0, d1)), r);
      finish(x + at + lane, logDet, stride, lane, value, y, factor, inside, boundary, -Infinity);
    }
  }
}

export function splineInverse<P>(
  z: usize, // [dim], may be x
  work: usize, // as above
  logDet: usize, // accumulator of multiplicity −1
  x: usize,
  parameters: usize,
  numbers: usize,
  dim: i32,
  bins: i32,
  boundary: i32,
  rows: i32,
  stride: usize,
): void {
  const bytes = rowBytes(rows);
  const low = number(numbers, Of.Low);
  const high = number(numbers, Of.High);
  const step = parameterStep<P>(stride);
  for (let j = 0; j < dim; j++) {
    const at = <usize>j * stride;
    const own = parameters + <usize>(j * parameterCount(bins, boundary)) * step;
    if (!isVector<P>()) softmaxes<P>(work, own, step, bins, numbers);
    for (let lane: usize = 0; lane < bytes; lane += 16) {
      const here = isVector<P>() ? own + lane : own;
      if (isVector<P>()) softmaxes<P>(work, here, step, bins, numbers);
      const value = v128.load(x + at + lane);
      const inside = isInside(value, low, high);
      const point = place(value, inside, low, high, boundary);
      findBin<P>(work, point, true, here, step, numbers, bins, boundary);

      const d0 = slope(v128.load(work, V0), v128.load(work, IS_FIRST), numbers, boundary);
      const d1 = slope(v128.load(work, V1), v128.load(work, IS_LAST), numbers, boundary);
      const x0 = v128.load(work, X0);
      const width = f64x2.sub(v128.load(work, X1), x0);
      const height = f64x2.sub(v128.load(work, Y1), v128.load(work, Y0));
      const s = f64x2.div(height, width);
      const phi = clamp(f64x2.div(f64x2.sub(point, v128.load(work, Y0)), height), v128.load(ZERO), v128.load(ONE));
      const xi = root(phi, f64x2.sub(v128.load(ONE), phi), s, d0, d1);
      const eta = f64x2.sub(v128.load(ONE), xi);
      const t = f64x2.mul(xi, eta);
      const result = clamp(f64x2.add(x0, f64x2.mul(width, xi)), x0, v128.load(work, X1));
      const r = f64x2.div(s, denominator(xi, eta, t, s, d0, d1));
      const factor = f64x2.mul(f64x2.mul(r, slopeNumerator(xi, eta, t, s, d0, d1)), r);
      finish(z + at + lane, logDet, stride, lane, value, result, factor, inside, boundary, Infinity);
    }
  }
}

// Backward passes. L = Σ dX x + dLogDet logDet for the forward map; with g = dx/dz = s² M / D², ℓ = ln g and its derivatives
//
//   φ_ξ = s M / D²,   s φ_s = s t (d₁ ξ² − d₀ η²) / D²,   φ_d₀ = t ψ / D,   φ_d₁ = −t φ / D
//   ℓ_ξ = 2 (d₁ ξ − d₀ η + s (η − ξ)) / M − 2 (d₀ + d₁ − 2 s)(η − ξ) / D,   s ℓ_s = 2 t ((d₀ + d₁) / D + s / M)
//   ℓ_d₀ = η² / M − 2 t / D,   ℓ_d₁ = ξ² / M − 2 t / D
//
// let c, m be the gradients of x and of ℓ, q = c g + m ℓ_ξ / w that of z, and G = c h s φ_s + m s ℓ_s. Then
//
//   dx_k = G / w − q η,   dx_{k+1} = −G / w − q ξ,   dy_k = c ψ − G / h,   dy_{k+1} = c φ + G / h,   dd = c h φ_d + m ℓ_d
//
//   forward   c = dX,                       m = dLogDet,    dz = q
//   inverse   c = −(dZ + m ℓ_ξ / w) / g,    m = −dLogDet,   dx = −c;   q = −dZ, by the implicit function theorem
//
// and of the logits, P_k = C_k / S and ρ = (high − low)(1 − min B): du_i = ρ e^{u_i} / S Σ_k dx_k ([i < k] − P_k). Where u_i is large, 1 − P_k is
// taken as Σ_{i≥k} e^{u_i} / S: the difference would lose it.

/** ℓ_ξ */
// @ts-ignore: decorator
@inline
function logSlopePull(xi: v128, eta: v128, s: v128, d0: v128, d1: v128, perM: v128, perD: v128): v128 {
  const across = f64x2.sub(eta, xi);
  const ends = f64x2.sub(f64x2.mul(d1, xi), f64x2.mul(d0, eta));
  const ofM = f64x2.mul(f64x2.add(ends, f64x2.mul(s, across)), perM);
  const twoS = f64x2.mul(v128.load(TWO), s);
  const ofD = f64x2.mul(f64x2.mul(f64x2.sub(f64x2.add(d0, d1), twoS), across), perD);
  return f64x2.mul(v128.load(TWO), f64x2.sub(ofM, ofD));
}

/** The weights of one axis, given ∂L/∂knot at both sides of the bin; `rate` is ρ / S. */
// @ts-ignore: decorator
@inline
function weigh(weights: usize, terms: usize, bin: v128, sum: v128, rate: v128, dLeft: v128, dRight: v128, bins: i32): void {
  let below = v128.load(ZERO);
  let own = below;
  let above = below;
  let isBeyond = i64x2.splat(-1); // i ≤ k
  let ahead = bin;
  for (let i = 0; i < bins; i++) {
    const term = v128.load(terms + (<usize>i << 4));
    const isBelow = i64x2.gt_s(ahead, i64x2.splat(0)); // i < k
    below = f64x2.add(below, v128.and(term, isBelow));
    own = f64x2.add(own, v128.and(term, v128.andnot(isBeyond, isBelow)));
    above = f64x2.add(above, v128.andnot(term, isBeyond));
    isBeyond = isBelow;
    ahead = i64x2.add(ahead, i64x2.splat(-1));
  }
  const scale = f64x2.div(rate, sum);
  const left = f64x2.mul(scale, dLeft);
  const right = f64x2.mul(scale, dRight);
  const fromLeft = f64x2.mul(left, below);
  const fromRight = f64x2.mul(right, above);
  v128.store(weights, f64x2.add(f64x2.mul(left, f64x2.add(own, above)), fromRight), 0);
  v128.store(weights, f64x2.sub(fromRight, fromLeft), 16);
  v128.store(weights, f64x2.neg(f64x2.add(fromLeft, f64x2.mul(right, f64x2.add(below, own)))), 32);
}

/** Add to the gradient of a row's own parameter, or to the sum of a shared one. */
// @ts-ignore: decorator
@inline
function put<P>(at: usize, value: v128, mask: v128, add: bool): void {
  if (isVector<P>()) addTo(at, value, add);
  else v128.store(at, f64x2.add(v128.load(at), v128.and(value, mask)));
}

/** Gradients of all parameters of the feature: `target` is where they go, `step` apart. */
// @ts-ignore: decorator
@inline
function scatter<P>(target: usize, step: usize, work: usize, dV0: v128, dV1: v128, mask: v128, add: bool, bins: i32, boundary: i32): void {
  const terms = work + TERMS;
  const side = <usize>bins << 4;
  const heights = <usize>bins * step;
  const slopes = target + <usize>(2 * bins - (boundary == Boundary.Linear ? 1 : 0)) * step;
  let ahead = v128.load(work, BIN);
  let isHere = i64x2.splat(-1); // i ≤ k
  let wasOwn = i64x2.splat(0); // i = k + 1
  for (let i = 0; i < bins; i++) {
    const at = target + <usize>i * step;
    const term = terms + (<usize>i << 4);
    const isBelow = i64x2.gt_s(ahead, i64x2.splat(0));
    const w = v128.bitselect(v128.load(work, WEIGHTS_W), v128.bitselect(v128.load(work, WEIGHTS_W + 16), v128.load(work, WEIGHTS_W + 32), isHere), isBelow);
    const h = v128.bitselect(v128.load(work, WEIGHTS_H), v128.bitselect(v128.load(work, WEIGHTS_H + 16), v128.load(work, WEIGHTS_H + 32), isHere), isBelow);
    put<P>(at, f64x2.mul(v128.load(term), w), mask, add);
    put<P>(at + heights, f64x2.mul(v128.load(term + side), h), mask, add);
    const isOwn = v128.andnot(isHere, isBelow);
    const v = v128.or(v128.and(dV0, isOwn), v128.and(dV1, wasOwn));
    if (i > 0 || boundary != Boundary.Linear) put<P>(slopes + <usize>i * step, v, mask, add);
    wasOwn = isOwn;
    isHere = isBelow;
    ahead = i64x2.add(ahead, i64x2.splat(-1));
  }
  const last = v128.and(dV1, wasOwn);
  if (boundary == Boundary.Bounded) put<P>(slopes + <usize>bins * step, last, mask, add);
  if (boundary == Boundary.Circular) put<P>(slopes, last, mask, true);
}

/** From the gradients c of the result, m of ℓ and q of the point to those of all parameters of the feature. */
// @ts-ignore: decorator
@inline
function pullParameters<P>(target: usize, step: usize, work: usize, c: v128, m: v128, q: v128, xi: v128, eta: v128, s: v128, d0: v128, d1: v128, perM: v128, perD: v128, mask: v128, add: bool, numbers: usize, bins: i32, boundary: i32): void {
  const one = v128.load(ONE);
  const two = v128.load(TWO);
  const t = f64x2.mul(xi, eta);
  const width = f64x2.sub(v128.load(work, X1), v128.load(work, X0));
  const height = f64x2.sub(v128.load(work, Y1), v128.load(work, Y0));
  const perT = f64x2.mul(t, perD);
  const xi2 = f64x2.mul(xi, xi);
  const eta2 = f64x2.mul(eta, eta);
  const phi = f64x2.mul(f64x2.add(f64x2.mul(s, xi2), f64x2.mul(d0, t)), perD);
  const psi = f64x2.mul(f64x2.add(f64x2.mul(s, eta2), f64x2.mul(d1, t)), perD);
  const scaled = f64x2.mul(c, height);

  const ofPhi = f64x2.mul(f64x2.mul(f64x2.mul(s, perT), f64x2.sub(f64x2.mul(d1, xi2), f64x2.mul(d0, eta2))), perD);
  const ofLog = f64x2.add(f64x2.mul(f64x2.add(d0, d1), perD), f64x2.mul(s, perM));
  const G = f64x2.add(f64x2.mul(scaled, ofPhi), f64x2.mul(f64x2.mul(m, f64x2.mul(two, t)), ofLog));
  const overWidth = f64x2.div(G, width);
  const overHeight = f64x2.div(G, height);
  const scale = number(numbers, Of.LogitScale);
  const bin = v128.load(work, BIN);
  const terms = work + TERMS;
  const rateW = f64x2.mul(scale, f64x2.div(number(numbers, Of.SpareWidth), v128.load(work, SUM_W)));
  const rateH = f64x2.mul(scale, f64x2.div(number(numbers, Of.SpareHeight), v128.load(work, SUM_H)));
  weigh(work + WEIGHTS_W, terms, bin, v128.load(work, SUM_W), rateW, f64x2.sub(overWidth, f64x2.mul(q, eta)), f64x2.neg(f64x2.add(overWidth, f64x2.mul(q, xi))), bins);
  weigh(work + WEIGHTS_H, terms + (<usize>bins << 4), bin, v128.load(work, SUM_H), rateH, f64x2.sub(f64x2.mul(c, psi), overHeight), f64x2.add(f64x2.mul(c, phi), overHeight), bins);

  const twice = f64x2.mul(two, perT);
  const dD0 = f64x2.add(f64x2.mul(scaled, f64x2.mul(perT, psi)), f64x2.mul(m, f64x2.sub(f64x2.mul(eta2, perM), twice)));
  const dD1 = f64x2.sub(f64x2.mul(m, f64x2.sub(f64x2.mul(xi2, perM), twice)), f64x2.mul(scaled, f64x2.mul(perT, phi)));
  const dV0 = f64x2.mul(dD0, sigmoid(v128.load(work, V0)));
  const dV1 = f64x2.mul(dD1, sigmoid(v128.load(work, V1)));
  scatter<P>(target, step, work, dV0, dV1, mask, add, bins, boundary);
}

/** Before the rows of a feature with shared parameters: sums of their gradients at zero. */
// @ts-ignore: decorator
@inline
function clearSums(sums: usize, count: i32): void {
  for (let i = 0; i < count; i++) v128.store(sums + (<usize>i << 4), v128.load(ZERO));
}

// @ts-ignore: decorator
@inline
function addSums(dParameters: usize, sums: usize, count: i32): void {
  for (let i = 0; i < count; i++) {
    const at = dParameters + (<usize>i << 3);
    f64.store(at, f64.load(at) + sumLanes(v128.load(sums + (<usize>i << 4))));
  }
}

/** The gradient of the input: what passes through outside, where the map is the identity or a constant. */
// @ts-ignore: decorator
@inline
function passThrough(gradient: v128, dResult: v128, inside: v128, boundary: i32): v128 {
  if (boundary == Boundary.Circular) return gradient;
  if (boundary == Boundary.Bounded) return v128.and(gradient, inside);
  return v128.bitselect(gradient, dResult, inside);
}

export function splineForwardBackward<P>(
  dz: usize, // may be dx
  dParameters: usize,
  work: usize,
  dx: usize,
  dLogDet: usize,
  z: usize,
  parameters: usize,
  numbers: usize,
  dim: i32,
  bins: i32,
  boundary: i32,
  rows: i32,
  stride: usize,
  add: i32, // bits: dz, dParameters
): void {
  const bytes = rowBytes(rows);
  const low = number(numbers, Of.Low);
  const high = number(numbers, Of.High);
  const one = v128.load(ONE);
  const step = parameterStep<P>(stride);
  const count = parameterCount(bins, boundary);
  const sums = work + TERMS + (<usize>bins << 5);
  for (let j = 0; j < dim; j++) {
    const at = <usize>j * stride;
    const feature = <usize>(j * count) * step;
    const own = parameters + feature;
    if (!isVector<P>()) {
      softmaxes<P>(work, own, step, bins, numbers);
      clearSums(sums, count);
    }
    for (let lane: usize = 0; lane < bytes; lane += 16) {
      const here = isVector<P>() ? own + lane : own;
      if (isVector<P>()) softmaxes<P>(work, here, step, bins, numbers);
      const value = v128.load(z + at + lane);
      const inside = isInside(value, low, high);
      const point = place(value, inside, low, high, boundary);
      findBin<P>(work, point, false, here, step, numbers, bins, boundary);

      const d0 = slope(v128.load(work, V0), v128.load(work, IS_FIRST), numbers, boundary);
      const d1 = slope(v128.load(work, V1), v128.load(work, IS_LAST), numbers, boundary);
      const perWidth = f64x2.div(one, f64x2.sub(v128.load(work, X1), v128.load(work, X0)));
      const s = f64x2.mul(f64x2.sub(v128.load(work, Y1), v128.load(work, Y0)), perWidth);
      const xi = clamp(f64x2.mul(f64x2.sub(point, v128.load(work, X0)), perWidth), v128.load(ZERO), one);
      const eta = f64x2.sub(one, xi);
      const t = f64x2.mul(xi, eta);
      const perD = f64x2.div(one, denominator(xi, eta, t, s, d0, d1));
      const M = slopeNumerator(xi, eta, t, s, d0, d1);
      const perM = f64x2.div(one, M);
      const r = f64x2.mul(s, perD);
      const g = f64x2.mul(f64x2.mul(r, M), r);

      const dResult = v128.load(dx + at + lane);
      const acts = boundary == Boundary.Circular ? i64x2.splat(-1) : inside;
      const c = v128.and(dResult, acts);
      const m = v128.and(v128.load(dLogDet + lane), acts);
      const pull = f64x2.mul(logSlopePull(xi, eta, s, d0, d1, perM, perD), perWidth);
      const q = f64x2.add(f64x2.mul(c, g), f64x2.mul(m, pull));
      if (dz) addTo(dz + at + lane, passThrough(q, dResult, inside, boundary), (add & 1) != 0);
      if (!dParameters) continue;
      const target = isVector<P>() ? dParameters + feature + lane : sums;
      pullParameters<P>(target, isVector<P>() ? stride : 16, work, c, m, q, xi, eta, s, d0, d1, perM, perD, rowMask(lane, rows), (add & 2) != 0, numbers, bins, boundary);
    }
    if (!isVector<P>() && dParameters) addSums(dParameters + feature, sums, count);
  }
}

export function splineInverseBackward<P>(
  dx: usize, // may be dz
  dParameters: usize,
  work: usize,
  dz: usize,
  dLogDet: usize,
  x: usize,
  parameters: usize,
  numbers: usize,
  dim: i32,
  bins: i32,
  boundary: i32,
  rows: i32,
  stride: usize,
  add: i32, // bits: dx, dParameters
): void {
  const bytes = rowBytes(rows);
  const low = number(numbers, Of.Low);
  const high = number(numbers, Of.High);
  const one = v128.load(ONE);
  const step = parameterStep<P>(stride);
  const count = parameterCount(bins, boundary);
  const sums = work + TERMS + (<usize>bins << 5);
  for (let j = 0; j < dim; j++) {
    const at = <usize>j * stride;
    const feature = <usize>(j * count) * step;
    const own = parameters + feature;
    if (!isVector<P>()) {
      softmaxes<P>(work, own, step, bins, numbers);
      clearSums(sums, count);
    }
    for (let lane: usize = 0; lane < bytes; lane += 16) {
      const here = isVector<P>() ? own + lane : own;
      if (isVector<P>()) softmaxes<P>(work, here, step, bins, numbers);
      const value = v128.load(x + at + lane);
      const inside = isInside(value, low, high);
      const point = place(value, inside, low, high, boundary);
      findBin<P>(work, point, true, here, step, numbers, bins, boundary);

      const d0 = slope(v128.load(work, V0), v128.load(work, IS_FIRST), numbers, boundary);
      const d1 = slope(v128.load(work, V1), v128.load(work, IS_LAST), numbers, boundary);
      const perWidth = f64x2.div(one, f64x2.sub(v128.load(work, X1), v128.load(work, X0)));
      const height = f64x2.sub(v128.load(work, Y1), v128.load(work, Y0));
      const s = f64x2.mul(height, perWidth);
      const phi = clamp(f64x2.div(f64x2.sub(point, v128.load(work, Y0)), height), v128.load(ZERO), one);
      const xi = root(phi, f64x2.sub(one, phi), s, d0, d1);
      const eta = f64x2.sub(one, xi);
      const t = f64x2.mul(xi, eta);
      const perD = f64x2.div(one, denominator(xi, eta, t, s, d0, d1));
      const M = slopeNumerator(xi, eta, t, s, d0, d1);
      const perM = f64x2.div(one, M);
      const r = f64x2.mul(s, perD);
      const g = f64x2.mul(f64x2.mul(r, M), r);

      const dResult = v128.load(dz + at + lane);
      const acts = boundary == Boundary.Circular ? i64x2.splat(-1) : inside;
      const p = v128.and(dResult, acts);
      const m = f64x2.neg(v128.and(v128.load(dLogDet + lane), acts));
      const pull = f64x2.mul(logSlopePull(xi, eta, s, d0, d1, perM, perD), perWidth);
      const minusC = f64x2.div(f64x2.add(p, f64x2.mul(m, pull)), g);
      if (dx) addTo(dx + at + lane, passThrough(minusC, dResult, inside, boundary), (add & 1) != 0);
      if (!dParameters) continue;
      const target = isVector<P>() ? dParameters + feature + lane : sums;
      pullParameters<P>(target, isVector<P>() ? stride : 16, work, f64x2.neg(minusC), m, f64x2.neg(p), xi, eta, s, d0, d1, perM, perD, rowMask(lane, rows), (add & 2) != 0, numbers, bins, boundary);
    }
    if (!isVector<P>() && dParameters) addSums(dParameters + feature, sums, count);
  }
}

// Planar flow
//
//   forward   x = z + û h,           h = tanh(a),  a = wᵀz + b
//   logDet    ln(h² + δ s),          s = 1 − h²,   δ = 1 + wᵀû = softplus(wᵀu) > 0
//   inverse   z = x − û tanh(a),     where (a − tanh a) + δ tanh a = wᵀx + b has one root
//   û, δ      planarConstrain, once per layer. Pass δ on, never wᵀû: see Limits.
//
// Source: Rezende & Mohamed 2015, arXiv:1505.05770, §4.1; appendix A.1 gives the constraint and reduces the inverse to the scalar
// equation. The root's bracket and its solution are ours.
// Limits: 1 + s wᵀû cancels as wᵀu → −∞ (wrong by 2e-4 at −30, −∞ instead of −40 at −40); h² + δ s does not. Below wᵀu = −700, where δ
// underflows, ln δ = wᵀu is carried instead and the sum is taken of logarithms. |w|² must be a normal number. Above wᵀu = 2^1000, where
// the factor might overflow, û is NaN, and with it x.
// Derivation: docs/transforms/planar.md
//
// The blocks `tanh` and `sech2` hold h and s for the backward pass; `sech2` serves as the row of a meanwhile.

import { exp } from '../math/exp';
import { log, log1p } from '../math/log';
import { sigmoid } from '../math/sigmoid';
import { softplus } from '../math/softplus';
import { tanhSech2, tanhSech2Row } from '../math/tanh-sech2';
import { logDetAdd, logDetMultiply } from '../vm/log-det';
import { addParameter, addTo, parameter, parameterBytes, parameterOr, rowBytes, rowMask, storeParameter, sumLanes } from '../vm/parameter';

/** Below this ln δ the product δ s is taken in logarithms: e^−700 is still a normal number with room to spare. */
export const LOG_DELTA_MIN: f64 = -700;
/** Above this δ the factor h² + δ s, times what is there already, might overflow. */
const DELTA_MAX: f64 = 2.0 ** 1000;

// --- constraint --------------------------------------------------------------------------------------------------------------

// û = u + c w / |w|²,   c = softplus(t) − 1 − t,   t = wᵀu,   δ = softplus(t),   ln δ = t below −700
//
// For t > 0, softplus(t) − t = softplus(−t): nothing cancels.

export function planarConstrain<P>(
  uHat: usize, // [dim]
  delta: usize, // [1]
  logDelta: usize, // [1]
  u: usize, // [dim]
  w: usize, // [dim]
  dim: i32,
  rows: i32,
  stride: usize,
): void {
  const zero = f64x2.splat(0);
  const one = f64x2.splat(1);
  const bytes = parameterBytes<P>(rows);
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    const t = dot<P>(w, u, dim, stride, lane);
    const norm2 = dot<P>(w, w, dim, stride, lane);
    const d = softplus(t);
    const positive = f64x2.gt(t, zero);
    const c = f64x2.sub(v128.bitselect(softplus(f64x2.neg(t)), f64x2.sub(d, t), positive), one);
    const bounded = f64x2.le(d, f64x2.splat(DELTA_MAX));
    const k = v128.bitselect(f64x2.div(c, norm2), f64x2.splat(NaN), bounded);
    for (let j = 0; j < dim; j++) {
      const shift = f64x2.mul(k, parameter<P>(w, j, stride, lane));
      storeParameter<P>(uHat, j, stride, lane, f64x2.add(parameter<P>(u, j, stride, lane), shift));
    }
    storeParameter<P>(delta, 0, stride, lane, d);
    const small = f64x2.lt(t, f64x2.splat(LOG_DELTA_MIN));
    storeParameter<P>(logDelta, 0, stride, lane, v128.bitselect(t, log(d), small));
  }
}

// Backward of planarConstrain. With dc = dûᵀw / |w|², c′ = −σ(−t) and d ln δ / dt = σ(t) / softplus(t), which tends to 1 on the left:
//
//   dt  = dc c′ + dLogDelta σ(t) / δ
//   du += dû + dt w
//   dw += dt u + c (dû − 2 dc w) / |w|²

export function planarConstrainBackward<P>(
  du: usize,
  dw: usize,
  dUHat: usize,
  dLogDelta: usize,
  u: usize,
  w: usize,
  dim: i32,
  rows: i32,
  stride: usize,
  addU: bool,
  addW: bool,
): void {
  const zero = f64x2.splat(0);
  const one = f64x2.splat(1);
  const bytes = parameterBytes<P>(rows);
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    const t = dot<P>(w, u, dim, stride, lane);
    const norm2 = dot<P>(w, w, dim, stride, lane);
    const d = softplus(t);
    const positive = f64x2.gt(t, zero);
    const c = f64x2.sub(v128.bitselect(softplus(f64x2.neg(t)), f64x2.sub(d, t), positive), one);
    const dc = f64x2.div(dot<P>(dUHat, w, dim, stride, lane), norm2);
    const small = f64x2.lt(t, f64x2.splat(LOG_DELTA_MIN));
    const ratio = v128.bitselect(one, f64x2.div(sigmoid(t), d), small);
    const viaDelta = f64x2.mul(parameter<P>(dLogDelta, 0, stride, lane), ratio);
    const dt = f64x2.sub(viaDelta, f64x2.mul(dc, sigmoid(f64x2.neg(t))));
    const k = f64x2.div(c, norm2);
    const twice = f64x2.add(dc, dc);
    for (let j = 0; j < dim; j++) {
      const uj = parameter<P>(u, j, stride, lane);
      const wj = parameter<P>(w, j, stride, lane);
      const g = parameter<P>(dUHat, j, stride, lane);
      if (du) addParameter<P>(du, j, stride, lane, f64x2.add(g, f64x2.mul(dt, wj)), addU);
      if (!dw) continue;
      const through = f64x2.mul(k, f64x2.sub(g, f64x2.mul(twice, wj)));
      addParameter<P>(dw, j, stride, lane, f64x2.add(f64x2.mul(dt, uj), through), addW);
    }
  }
}

// --- forward -----------------------------------------------------------------------------------------------------------------

export function planarForward<P>(
  x: usize, // [dim], may be z
  tanh: usize, // [1]
  sech2: usize, // [1]; holds wᵀz + b already where the layer before has begun this one
  logDet: usize, // accumulator
  next: usize, // [1] nextWᵀx + nextB: begins the layer behind; or 0
  z: usize, // [dim]
  uHat: usize, // [dim]
  delta: usize, // [1]
  logDelta: usize, // [1]
  w: usize, // [dim]
  b: usize, // [1]
  nextW: usize, // [dim]
  nextB: usize, // [1]
  dim: i32,
  rows: i32,
  stride: usize,
  begun: bool,
): void {
  const bytes = rowBytes(rows);
  if (!begun) project<P>(sech2, z, w, b, dim, bytes, stride);
  tanhSech2Row(tanh, sech2, sech2, bytes);
  accumulate<P>(logDet, tanh, sech2, delta, logDelta, bytes, stride);
  shift<P>(x, next, z, tanh, uHat, nextW, nextB, dim, bytes, stride);
}

// Backward of planarForward. With c = δ − 1, ρ = δ s / (h² + δ s) and κ = h s / (h² + δ s), as ds/da = −2 h s:
//
//   da      = s ûᵀdx − 2 c κ dLogDet
//   dz      = dx + da w
//   dû     += h dx,   d ln δ += ρ dLogDet,   dw += da z,   db += da

export function planarForwardBackward<P>(
  dz: usize, // may be dx
  dUHat: usize,
  dLogDelta: usize,
  dw: usize,
  db: usize,
  da: usize, // [1] scratch
  dx: usize,
  dLogDet: usize, // [1]
  z: usize,
  tanh: usize,
  sech2: usize,
  uHat: usize,
  delta: usize,
  logDelta: usize,
  w: usize,
  dim: i32,
  rows: i32,
  stride: usize,
  add: i32, // bits: dz, dUHat, dLogDelta, dw, db
): void {
  const bytes = rowBytes(rows);
  const last = bytes - 16;
  const mask = rowMask(last, rows);
  const one = f64x2.splat(1);
  const two = f64x2.splat(2);
  const sharedDelta = parameter<P>(delta, 0, stride, 0);
  const sharedLog = parameter<P>(logDelta, 0, stride, 0);
  const mayBeSmall = isVector<P>() || f64x2.extract_lane(sharedLog, 0) < LOG_DELTA_MIN;
  let sumB = f64x2.splat(0);
  let sumDelta = f64x2.splat(0);
  project<P>(da, dx, uHat, 0, dim, bytes, stride);
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    const h = v128.load(tanh + lane);
    const s = v128.load(sech2 + lane);
    const g = v128.load(dLogDet + lane);
    const d = parameterOr<P>(sharedDelta, delta + lane);
    const ds = f64x2.mul(d, s);
    const perDet = f64x2.div(g, f64x2.add(f64x2.mul(h, h), ds));
    let rhoG = f64x2.mul(ds, perDet);
    let kappaG = f64x2.mul(f64x2.mul(h, s), perDet);
    if (mayBeSmall) {
      const lnD = parameterOr<P>(sharedLog, logDelta + lane);
      const small = f64x2.lt(lnD, f64x2.splat(LOG_DELTA_MIN));
      if (v128.any_true(small)) {
        const share = shareOfDelta(lnD, h, s);
        rhoG = v128.bitselect(f64x2.mul(share, g), rhoG, small);
        kappaG = v128.bitselect(f64x2.mul(slope(share, h, s), g), kappaG, small);
      }
    }
    const twice = f64x2.mul(f64x2.mul(two, f64x2.sub(d, one)), kappaG);
    const dA = f64x2.sub(f64x2.mul(s, v128.load(da + lane)), twice);
    v128.store(da + lane, dA);
    if (isVector<P>()) {
      if (dLogDelta) addTo(dLogDelta + lane, rhoG, (add & 4) != 0);
      if (db) addTo(db + lane, dA, (add & 16) != 0);
    } else if (lane < last) {
      sumDelta = f64x2.add(sumDelta, rhoG);
      sumB = f64x2.add(sumB, dA);
    } else {
      sumDelta = f64x2.add(sumDelta, v128.and(rhoG, mask));
      sumB = f64x2.add(sumB, v128.and(dA, mask));
    }
  }
  if (!isVector<P>()) {
    if (dLogDelta) f64.store(dLogDelta, f64.load(dLogDelta) + sumLanes(sumDelta));
    if (db) f64.store(db, f64.load(db) + sumLanes(sumB));
  }
  spread<P>(dz, dUHat, dw, dx, z, tanh, da, w, dim, rows, stride, 1, add);
}

// --- inverse -----------------------------------------------------------------------------------------------------------------

export function planarInverse<P>(
  z: usize, // [dim], may be x
  tanh: usize, // [1]
  sech2: usize, // [1]
  logDet: usize, // accumulator of multiplicity −1
  x: usize, // [dim]
  uHat: usize, // [dim]
  delta: usize, // [1]
  logDelta: usize, // [1]
  w: usize, // [dim]
  b: usize, // [1]
  dim: i32,
  rows: i32,
  stride: usize,
): void {
  const bytes = rowBytes(rows);
  project<P>(sech2, x, w, b, dim, bytes, stride);
  const sharedDelta = parameter<P>(delta, 0, stride, 0);
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    solve(tanh + lane, sech2 + lane, v128.load(sech2 + lane), parameterOr<P>(sharedDelta, delta + lane));
  }
  accumulate<P>(logDet, tanh, sech2, delta, logDelta, bytes, stride);
  for (let j = 0; j < dim; j++) {
    const at = <usize>j * stride;
    const shared = parameter<P>(uHat, j, stride, 0);
    for (let lane: usize = 0; lane < bytes; lane += 16) {
      const moved = f64x2.mul(parameterOr<P>(shared, uHat + at + lane), v128.load(tanh + lane));
      v128.store(z + at + lane, f64x2.sub(v128.load(x + at + lane), moved));
    }
  }
}

// Backward of planarInverse, by the implicit function theorem on φ(a) = (a − tanh a) + δ tanh a = y, y = wᵀx + b, φ′ = h² + δ s:
//
//   A       = −s ûᵀdz + 2 c κ dLogDet          (the adjoint of a; logDet here is −ln φ′)
//   dy      = A / φ′
//   dx      = dz + dy w
//   dû     −= h dz,   d ln δ −= A h δ / φ′ + ρ dLogDet,   dw += dy x,   db += dy

export function planarInverseBackward<P>(
  dx: usize, // may be dz
  dUHat: usize,
  dLogDelta: usize,
  dw: usize,
  db: usize,
  dy: usize, // [1] scratch
  dz: usize,
  dLogDet: usize, // [1]
  x: usize,
  tanh: usize,
  sech2: usize,
  uHat: usize,
  delta: usize,
  logDelta: usize,
  w: usize,
  dim: i32,
  rows: i32,
  stride: usize,
  add: i32, // bits: dx, dUHat, dLogDelta, dw, db
): void {
  const bytes = rowBytes(rows);
  const last = bytes - 16;
  const mask = rowMask(last, rows);
  const one = f64x2.splat(1);
  const two = f64x2.splat(2);
  const sharedDelta = parameter<P>(delta, 0, stride, 0);
  const sharedLog = parameter<P>(logDelta, 0, stride, 0);
  const mayBeSmall = isVector<P>() || f64x2.extract_lane(sharedLog, 0) < LOG_DELTA_MIN;
  let sumB = f64x2.splat(0);
  let sumDelta = f64x2.splat(0);
  project<P>(dy, dz, uHat, 0, dim, bytes, stride);
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    const h = v128.load(tanh + lane);
    const s = v128.load(sech2 + lane);
    const g = v128.load(dLogDet + lane);
    const d = parameterOr<P>(sharedDelta, delta + lane);
    const ds = f64x2.mul(d, s);
    let inverse = f64x2.div(one, f64x2.add(f64x2.mul(h, h), ds));
    let rho = f64x2.mul(ds, inverse);
    let kappa = f64x2.mul(f64x2.mul(h, s), inverse);
    let perS = f64x2.mul(d, inverse);
    if (mayBeSmall) {
      const lnD = parameterOr<P>(sharedLog, logDelta + lane);
      const small = f64x2.lt(lnD, f64x2.splat(LOG_DELTA_MIN));
      if (v128.any_true(small)) {
        const share = shareOfDelta(lnD, h, s);
        rho = v128.bitselect(share, rho, small);
        kappa = v128.bitselect(slope(share, h, s), kappa, small);
        perS = v128.bitselect(f64x2.div(share, s), perS, small);
        inverse = v128.bitselect(exp(f64x2.neg(logDeterminant(lnD, h, s))), inverse, small);
      }
    }
    const twice = f64x2.mul(f64x2.mul(two, f64x2.sub(d, one)), f64x2.mul(kappa, g));
    const a = f64x2.sub(twice, f64x2.mul(s, v128.load(dy + lane)));
    const dY = f64x2.mul(a, inverse);
    v128.store(dy + lane, dY);
    const dLn = f64x2.neg(f64x2.add(f64x2.mul(f64x2.mul(a, h), perS), f64x2.mul(rho, g)));
    if (isVector<P>()) {
      if (dLogDelta) addTo(dLogDelta + lane, dLn, (add & 4) != 0);
      if (db) addTo(db + lane, dY, (add & 16) != 0);
    } else if (lane < last) {
      sumDelta = f64x2.add(sumDelta, dLn);
      sumB = f64x2.add(sumB, dY);
    } else {
      sumDelta = f64x2.add(sumDelta, v128.and(dLn, mask));
      sumB = f64x2.add(sumB, v128.and(dY, mask));
    }
  }
  if (!isVector<P>()) {
    if (dLogDelta) f64.store(dLogDelta, f64.load(dLogDelta) + sumLanes(sumDelta));
    if (db) f64.store(db, f64.load(db) + sumLanes(sumB));
  }
  spread<P>(dx, dUHat, dw, dz, x, tanh, dy, w, dim, rows, stride, -1, add);
}

// --- the root ----------------------------------------------------------------------------------------------------------------

// Store h = tanh(a) and s = 1 − h² at the root of φ(a) = (a − tanh a) + δ tanh a = y.
//
// φ is odd and increasing, so solve for |y| and restore the sign. On a ≥ 0 it is concave where δ ≥ 1 and convex where δ ≤ 1, so that
// Newton's iterates from the far side approach the root monotonically and never leave the bracket [y, y ± |δ − 1|]:
//
//   δ ≥ 1   from below, from max(y − (δ − 1), y / δ)
//   δ < 1   from above, from min(y + (1 − δ), y / δ, ∛(y (3 + 1.2 A²)) with A = y + (1 − δ)),
//           the last because a − tanh a ≥ 5a³ / (15 + 6a²); near δ = 0 it saves twenty iterations
//
// A lane whose last step was below 1e-9 of a is done (the convergence is quadratic) and keeps its value, whatever its neighbour does.

const STEP_TOLERANCE: f64 = 1e-9;
const MAX_ITERATIONS: i32 = 200;

export function solve(tanh: usize, sech2: usize, signed: v128, delta: v128): void {
  const zero = f64x2.splat(0);
  const one = f64x2.splat(1);
  const sign = v128.and(signed, f64x2.splat(-0.0));
  const y = f64x2.abs(signed);
  const c = f64x2.sub(delta, one);
  const convex = f64x2.lt(c, zero);
  const far = f64x2.sub(y, c);
  const straight = f64x2.div(y, delta);
  let a = v128.bitselect(f64x2.pmin(far, straight), f64x2.pmax(far, straight), convex);
  if (v128.any_true(f64x2.lt(delta, f64x2.splat(0.5)))) {
    const bound = f64x2.mul(y, f64x2.add(f64x2.splat(3.00001), f64x2.mul(f64x2.splat(1.20001), f64x2.mul(far, far))));
    const cube = exp(f64x2.div(log(bound), f64x2.splat(3)));
    a = v128.bitselect(f64x2.pmin(a, cube), a, f64x2.lt(delta, f64x2.splat(0.5)));
  }
  let active = v128.and(f64x2.gt(y, zero), f64x2.lt(y, f64x2.splat(Infinity)));
  a = v128.bitselect(a, y, active);
  for (let i = 0; i < MAX_ITERATIONS && v128.any_true(active); i++) {
    tanhSech2(tanh, sech2, a);
    const h = v128.load(tanh);
    const s = v128.load(sech2);
    const value = f64x2.add(minusTanh(a, h), f64x2.mul(delta, h));
    const derivative = f64x2.add(f64x2.mul(h, h), f64x2.mul(delta, s));
    const step = f64x2.div(f64x2.sub(y, value), derivative);
    a = v128.bitselect(f64x2.pmax(f64x2.add(a, step), zero), a, active);
    active = v128.and(active, f64x2.gt(f64x2.abs(step), f64x2.mul(f64x2.splat(STEP_TOLERANCE), a)));
  }
  tanhSech2(tanh, sech2, v128.or(a, sign));
}

/**
 * a − tanh(a) for a ≥ 0. Below 0.7 by Lambert's continued fraction, tanh a = a / (1 + q), so that a − tanh a = a q / (1 + q) without
 * cancellation: q = a² / (3 + a² / (5 + a² / (7 + …))), cut where it is exact to a double.
 */
// @ts-ignore: decorator
@inline
function minusTanh(a: v128, h: v128): v128 {
  const small = f64x2.lt(a, f64x2.splat(0.7));
  const direct = f64x2.sub(a, h);
  if (!v128.any_true(small)) return direct;
  const a2 = f64x2.mul(a, a);
  let q = f64x2.splat(19);
  for (let odd: f64 = 17; odd > 2; odd -= 2) q = f64x2.add(f64x2.splat(odd), f64x2.div(a2, q));
  q = f64x2.div(a2, q);
  const series = f64x2.div(f64x2.mul(a, q), f64x2.add(f64x2.splat(1), q));
  return v128.bitselect(series, direct, small);
}

// --- pieces ------------------------------------------------------------------------------------------------------------------

/** Σ_j p_j q_j of two parameters. */
// @ts-ignore: decorator
@inline
export function dot<P>(p: usize, q: usize, dim: i32, stride: usize, lane: usize): v128 {
  let sum = f64x2.splat(0);
  for (let j = 0; j < dim; j++) {
    sum = f64x2.add(sum, f64x2.mul(parameter<P>(p, j, stride, lane), parameter<P>(q, j, stride, lane)));
  }
  return sum;
}

/** out = b + wᵀ block, feature by feature, b = 0 where its address is: the same order of additions for every row. */
// @ts-ignore: decorator
@inline
function project<P>(out: usize, block: usize, w: usize, b: usize, dim: i32, bytes: usize, stride: usize): void {
  const zero = f64x2.splat(0);
  let lane: usize = 0;
  // Four vectors at a time: four independent chains of additions.
  for (; lane + 64 <= bytes; lane += 64) {
    let s0 = b ? parameter<P>(b, 0, stride, lane) : zero;
    let s1 = b ? parameter<P>(b, 0, stride, lane + 16) : zero;
    let s2 = b ? parameter<P>(b, 0, stride, lane + 32) : zero;
    let s3 = b ? parameter<P>(b, 0, stride, lane + 48) : zero;
    let at = block + lane;
    for (let j = 0; j < dim; j++) {
      const shared = parameter<P>(w, j, stride, lane);
      const own = w + <usize>j * stride + lane;
      s0 = f64x2.add(s0, f64x2.mul(shared, v128.load(at)));
      s1 = f64x2.add(s1, f64x2.mul(parameterOr<P>(shared, own + 16), v128.load(at, 16)));
      s2 = f64x2.add(s2, f64x2.mul(parameterOr<P>(shared, own + 32), v128.load(at, 32)));
      s3 = f64x2.add(s3, f64x2.mul(parameterOr<P>(shared, own + 48), v128.load(at, 48)));
      at += stride;
    }
    v128.store(out + lane, s0);
    v128.store(out + lane, s1, 16);
    v128.store(out + lane, s2, 32);
    v128.store(out + lane, s3, 48);
  }
  for (; lane < bytes; lane += 16) {
    let sum = b ? parameter<P>(b, 0, stride, lane) : zero;
    for (let j = 0; j < dim; j++) {
      sum = f64x2.add(sum, f64x2.mul(parameter<P>(w, j, stride, lane), v128.load(block + <usize>j * stride + lane)));
    }
    v128.store(out + lane, sum);
  }
}

/**
 * x = z + û h. Where a layer follows, its projection next = nextWᵀx + nextB is taken in the same pass, in the order of `project`: x is
 * in registers then, and the pass is bound by loads and stores.
 */
// @ts-ignore: decorator
@inline
function shift<P>(
  x: usize,
  next: usize,
  z: usize,
  tanh: usize,
  uHat: usize,
  nextW: usize,
  nextB: usize,
  dim: i32,
  bytes: usize,
  stride: usize,
): void {
  if (isVector<P>() || !next) {
    for (let j = 0; j < dim; j++) {
      const at = <usize>j * stride;
      const shared = parameter<P>(uHat, j, stride, 0);
      for (let lane: usize = 0; lane < bytes; lane += 16) {
        const moved = f64x2.mul(parameterOr<P>(shared, uHat + at + lane), v128.load(tanh + lane));
        v128.store(x + at + lane, f64x2.add(v128.load(z + at + lane), moved));
      }
    }
    return;
  }
  const uEnd = uHat + (<usize>dim << 3);
  const toW = nextW - uHat;
  const start = v128.load64_splat(nextB);
  let lane: usize = 0;
  for (; lane + 64 <= bytes; lane += 64) {
    const h0 = v128.load(tanh + lane);
    const h1 = v128.load(tanh + lane, 16);
    const h2 = v128.load(tanh + lane, 32);
    const h3 = v128.load(tanh + lane, 48);
    let s0 = start;
    let s1 = start;
    let s2 = start;
    let s3 = start;
    let from = z + lane;
    let to = x + lane;
    for (let u = uHat; u < uEnd; u += 8) {
      const uj = v128.load64_splat(u);
      const wj = v128.load64_splat(u + toW);
      const x0 = f64x2.add(v128.load(from), f64x2.mul(uj, h0));
      const x1 = f64x2.add(v128.load(from, 16), f64x2.mul(uj, h1));
      const x2 = f64x2.add(v128.load(from, 32), f64x2.mul(uj, h2));
      const x3 = f64x2.add(v128.load(from, 48), f64x2.mul(uj, h3));
      v128.store(to, x0);
      v128.store(to, x1, 16);
      v128.store(to, x2, 32);
      v128.store(to, x3, 48);
      s0 = f64x2.add(s0, f64x2.mul(wj, x0));
      s1 = f64x2.add(s1, f64x2.mul(wj, x1));
      s2 = f64x2.add(s2, f64x2.mul(wj, x2));
      s3 = f64x2.add(s3, f64x2.mul(wj, x3));
      from += stride;
      to += stride;
    }
    v128.store(next + lane, s0);
    v128.store(next + lane, s1, 16);
    v128.store(next + lane, s2, 32);
    v128.store(next + lane, s3, 48);
  }
  for (; lane < bytes; lane += 16) {
    const h = v128.load(tanh + lane);
    let sum = start;
    let offset = lane;
    for (let u = uHat; u < uEnd; u += 8) {
      const xj = f64x2.add(v128.load(z + offset), f64x2.mul(v128.load64_splat(u), h));
      v128.store(x + offset, xj);
      sum = f64x2.add(sum, f64x2.mul(v128.load64_splat(u + toW), xj));
      offset += stride;
    }
    v128.store(next + lane, sum);
  }
}

/** Multiply h² + δ s of each row into the accumulator, or, where δ underflows, add its logarithm. */
// @ts-ignore: decorator
@inline
export function accumulate<P>(logDet: usize, tanh: usize, sech2: usize, delta: usize, logDelta: usize, bytes: usize, stride: usize): void {
  if (isVector<P>() || f64.load(logDelta) < LOG_DELTA_MIN) {
    for (let lane: usize = 0; lane < bytes; lane += 16) {
      const h = v128.load(tanh + lane);
      const s = v128.load(sech2 + lane);
      const lnD = parameter<P>(logDelta, 0, stride, lane);
      const small = f64x2.lt(lnD, f64x2.splat(LOG_DELTA_MIN));
      if (v128.any_true(small)) logDetAdd(logDet, stride, lane, v128.and(logDeterminant(lnD, h, s), small));
      const factor = determinant(h, s, parameter<P>(delta, 0, stride, lane));
      logDetMultiply(logDet, stride, lane, v128.bitselect(f64x2.splat(1), factor, small));
    }
  } else {
    const sharedDelta = v128.load64_splat(delta);
    for (let lane: usize = 0; lane < bytes; lane += 16) {
      logDetMultiply(logDet, stride, lane, determinant(v128.load(tanh + lane), v128.load(sech2 + lane), sharedDelta));
    }
  }
}

/** h² + δ s */
// @ts-ignore: decorator
@inline
export function determinant(h: v128, s: v128, delta: v128): v128 {
  return f64x2.add(f64x2.mul(h, h), f64x2.mul(delta, s));
}

/** ln(h² + δ s) from ln δ, as the logarithm of a sum of exponentials. */
export function logDeterminant(logDelta: v128, h: v128, s: v128): v128 {
  const p = f64x2.mul(f64x2.splat(2), log(f64x2.abs(h)));
  const q = f64x2.add(logDelta, log(s));
  const larger = f64x2.max(p, q);
  return f64x2.add(larger, log1p(exp(f64x2.sub(f64x2.min(p, q), larger))));
}

/** ρ = δ s / (h² + δ s) from ln δ. */
export function shareOfDelta(logDelta: v128, h: v128, s: v128): v128 {
  const p = f64x2.mul(f64x2.splat(2), log(f64x2.abs(h)));
  return sigmoid(f64x2.sub(f64x2.add(logDelta, log(s)), p));
}

/** κ = h s / (h² + δ s) = (1 − ρ) s / h, and 0 at h = 0. */
export function slope(share: v128, h: v128, s: v128): v128 {
  const value = f64x2.div(f64x2.mul(f64x2.sub(f64x2.splat(1), share), s), h);
  return v128.and(value, f64x2.ne(h, f64x2.splat(0)));
}

/** The loops over features that both backward passes end with: dIn = dOut + da w, dû += sign h dOut, dw += da in. */
// @ts-ignore: decorator
@inline
function spread<P>(
  dIn: usize,
  dUHat: usize,
  dw: usize,
  dOut: usize,
  input: usize,
  tanh: usize,
  da: usize,
  w: usize,
  dim: i32,
  rows: i32,
  stride: usize,
  sign: f64,
  add: i32,
): void {
  const last = rowBytes(rows) - 16;
  const mask = rowMask(last, rows);
  const signs = f64x2.splat(sign);
  for (let j = 0; j < dim; j++) {
    const at = <usize>j * stride;
    // The sums before the gradient of the input, which may overwrite dOut.
    if (!isVector<P>()) {
      let sumU = f64x2.splat(0);
      let sumW = f64x2.splat(0);
      for (let lane: usize = 0; lane < last; lane += 16) {
        sumU = f64x2.add(sumU, f64x2.mul(v128.load(dOut + at + lane), v128.load(tanh + lane)));
        sumW = f64x2.add(sumW, f64x2.mul(v128.load(da + lane), v128.load(input + at + lane)));
      }
      sumU = f64x2.add(sumU, v128.and(f64x2.mul(v128.load(dOut + at + last), v128.load(tanh + last)), mask));
      sumW = f64x2.add(sumW, v128.and(f64x2.mul(v128.load(da + last), v128.load(input + at + last)), mask));
      const offset = <usize>j << 3;
      if (dUHat) f64.store(dUHat + offset, f64.load(dUHat + offset) + sign * sumLanes(sumU));
      if (dw) f64.store(dw + offset, f64.load(dw + offset) + sumLanes(sumW));
    } else {
      for (let lane: usize = 0; lane <= last; lane += 16) {
        const gh = f64x2.mul(v128.load(dOut + at + lane), v128.load(tanh + lane));
        if (dUHat) addTo(dUHat + at + lane, f64x2.mul(signs, gh), (add & 2) != 0);
        if (dw) addTo(dw + at + lane, f64x2.mul(v128.load(da + lane), v128.load(input + at + lane)), (add & 8) != 0);
      }
    }
    if (!dIn) continue;
    const shared = parameter<P>(w, j, stride, 0);
    if (add & 1) {
      for (let lane: usize = 0; lane <= last; lane += 16) {
        const moved = f64x2.mul(v128.load(da + lane), parameterOr<P>(shared, w + at + lane));
        addTo(dIn + at + lane, f64x2.add(v128.load(dOut + at + lane), moved), true);
      }
    } else {
      for (let lane: usize = 0; lane <= last; lane += 16) {
        const moved = f64x2.mul(v128.load(da + lane), parameterOr<P>(shared, w + at + lane));
        v128.store(dIn + at + lane, f64x2.add(v128.load(dOut + at + lane), moved));
      }
    }
  }
}

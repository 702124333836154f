// Two bounds: the logistic sigmoid, stretched between them
//
//   forward   x = low + w σ(z) = high − w σ(−z),     w = high − low
//             ln |∂x/∂z| = ln w − softplus(z) − softplus(−z) = ln w − |z| − 2 log1p(e^−|z|)
//   inverse   z = ln u − ln v,   u = (x − low) / w,  v = (high − x) / w
//             ln |∂z/∂x| = −ln u − ln v − ln w
//
// x is measured from the bound that is nearer, in both directions: σ(z) rounds to 1 from z = 37 on, while high − w σ(−z) is exact as long
// as high has room for it (high = 0: to z = 745).
//
// Source: Stan reference manual, "Lower and upper bounded scalar".
// Limits: where x rounds to a bound (z > 37 for σ) there is no way back; near u = 1/2, z is exact to ε, not relative to itself.

import { exp, expm1, ONE } from '../math/exp';
import { log, log1p } from '../math/log';
import { logDetAdd } from '../vm/log-det';
import { logDetInside, notPositive, positive, reciprocal } from '../vm/support';

const SIGN: usize = memory.data<f64>([-0.0, -0.0], 16);

// With s = σ(−|z|), the smaller part: ∂x/∂z = w s (1 − s),   ∂ logDet/∂z = −tanh(z / 2) = ±expm1(−|z|) / (1 + e^−|z|)

export function intervalForward(
  x: usize, // row, may be z
  slope: usize, // row
  bend: usize, // row
  logDet: usize,
  z: usize,
  low: f64,
  high: f64,
  bytes: usize,
  stride: usize,
): void {
  const width = f64x2.splat(high - low);
  const logWidth = log(width);
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    const value = v128.load(z + lane);
    const minus = f64x2.neg(f64x2.abs(value));
    const e = exp(minus);
    const sum = f64x2.add(v128.load(ONE), e);
    const s = f64x2.sub(e, f64x2.mul(e, f64x2.div(e, sum)));
    const step = f64x2.mul(width, s);
    const fromLow = f64x2.add(f64x2.splat(low), step);
    const fromHigh = f64x2.sub(f64x2.splat(high), step);
    const softplus = log1p(e);
    v128.store(x + lane, v128.bitselect(fromLow, fromHigh, f64x2.lt(value, f64x2.splat(0))));
    v128.store(slope + lane, f64x2.mul(step, f64x2.sub(v128.load(ONE), s)));
    v128.store(bend + lane, v128.xor(f64x2.div(expm1(minus), sum), v128.and(value, v128.load(SIGN))));
    logDetAdd(logDet, stride, lane, f64x2.sub(f64x2.add(logWidth, minus), f64x2.add(softplus, softplus)));
  }
}

// ∂z/∂x = 1 / (w u v),   ∂ logDet/∂x = (u − v) / (w u v)

export function intervalInverse(
  z: usize, // row, may be x
  slope: usize, // row
  bend: usize, // row
  logDet: usize,
  x: usize,
  low: f64,
  high: f64,
  bytes: usize,
  stride: usize,
): void {
  const width = f64x2.splat(high - low);
  const logWidth = log(width);
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    const value = v128.load(x + lane);
    const fromLow = f64x2.div(f64x2.sub(value, f64x2.splat(low)), width);
    const fromHigh = f64x2.div(f64x2.sub(f64x2.splat(high), value), width);
    const outside = v128.or(notPositive(fromLow), notPositive(fromHigh));
    const u = f64x2.pmin(positive(fromLow), v128.load(ONE));
    const v = f64x2.pmin(positive(fromHigh), v128.load(ONE));
    const logU = log(u);
    const logV = log(v);
    const d = v128.andnot(reciprocal(f64x2.mul(width, f64x2.mul(u, v))), outside);
    v128.store(z + lane, f64x2.sub(logU, logV));
    v128.store(slope + lane, d);
    v128.store(bend + lane, f64x2.mul(d, f64x2.sub(u, v)));
    logDetAdd(logDet, stride, lane, logDetInside(f64x2.neg(f64x2.add(f64x2.add(logU, logV), logWidth)), outside));
  }
}

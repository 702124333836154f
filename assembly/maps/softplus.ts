// Softplus: positive, and like z itself where z is large
//
//   forward   x = ln(1 + e^z) = max(z, 0) + L,     ln |∂x/∂z| = −softplus(−z) = min(z, 0) − L,     L = log1p(e^−|z|)
//   inverse   z = ln(e^x − 1) = x + ln t,          ln |∂z/∂x| = −ln t,                             t = 1 − e^−x = −expm1(−x)
//
// Limits: x underflows for z < −745. Towards x = 0, t is x to the last bit; towards ∞ it rounds to 1, where x says it all.

import { exp, expm1, ONE } from '../math/exp';
import { log, log1p } from '../math/log';
import { logDetAdd } from '../vm/log-det';
import { logDetInside, notPositive, positive, reciprocal } from '../vm/support';

// ∂x/∂z = σ(z),   ∂ logDet/∂z = σ(−z): one of them is s = σ(−|z|), the other 1 − s

export function softplusForward(
  x: usize, // row, may be z
  slope: usize, // row
  bend: usize, // row
  logDet: usize,
  z: usize,
  bytes: usize,
  stride: usize,
): void {
  const zero = f64x2.splat(0);
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    const value = v128.load(z + lane);
    const e = exp(f64x2.neg(f64x2.abs(value)));
    const l = log1p(e);
    const s = f64x2.sub(e, f64x2.mul(e, f64x2.div(e, f64x2.add(v128.load(ONE), e))));
    const rest = f64x2.sub(v128.load(ONE), s);
    const isNegative = f64x2.lt(value, zero);
    v128.store(x + lane, f64x2.add(f64x2.pmax(value, zero), l));
    v128.store(slope + lane, v128.bitselect(s, rest, isNegative));
    v128.store(bend + lane, v128.bitselect(rest, s, isNegative));
    logDetAdd(logDet, stride, lane, f64x2.sub(f64x2.pmin(value, zero), l));
  }
}

// ∂z/∂x = 1 / t,   ∂ logDet/∂x = −e^−x / t

export function softplusInverse(
  z: usize, // row, may be x
  slope: usize, // row
  bend: usize, // row
  logDet: usize,
  x: usize,
  bytes: usize,
  stride: usize,
): void {
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    const value = v128.load(x + lane);
    const outside = notPositive(value);
    const y = positive(value);
    const minus = f64x2.neg(y);
    const t = f64x2.neg(expm1(minus));
    const logT = log(t);
    const d = v128.andnot(reciprocal(t), outside);
    v128.store(z + lane, f64x2.add(y, logT));
    v128.store(slope + lane, d);
    v128.store(bend + lane, f64x2.neg(f64x2.mul(exp(minus), d)));
    logDetAdd(logDet, stride, lane, logDetInside(f64x2.neg(logT), outside));
  }
}

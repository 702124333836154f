// Hyperbolic tangent and its derivative
//
//   −2|x| = k ln 2 + r,   p = expm1(r),   P = 2^k
//   t = expm1(−2|x|) = (P − 1) + P p,     e = exp(−2|x|) = P + P p
//   tanh|x|  = −t / (2 + t)
//   sech² x  = 1 − tanh² x = 4 e / (2 + t)² = e (1 + tanh|x|)²
//
// so that one division serves both, and sech² never cancels. Rounding p, t and 2 + t costs up to 2.5 ulp; the quotient is
// corrected to first order by what they lost, as d(−t / D) = −(dt + tanh|x| dD) / D with 1 / D = (1 + tanh|x|) / 2.
//
// Source: the forms in expm1 are fdlibm's (s_tanh.c, Sun Microsystems 1993); sharing and correction are ours.

import { LN2_HI, LN2_LO, LOG2_E, ONE, SHIFTER, tail } from './exp';

const MINUS_TWO: usize = memory.data<f64>([-2.0, -2.0], 16);
const TWO: usize = memory.data<f64>([2.0, 2.0], 16);
const HALF: usize = memory.data<f64>([0.5, 0.5], 16);
const SIGN: usize = memory.data<f64>([-0.0, -0.0], 16);
/** The smallest −2|x|: 2^k stays normal. */
const SMALLEST: usize = memory.data<f64>([-708.0, -708.0], 16);

/** tanh|x| given P = 2^k and p = hi + low; sum = P p. */
// @ts-ignore: decorator
@inline
function tanhReduced(power: v128, hi: v128, low: v128, p: v128, sum: v128): v128 {
  const whole = f64x2.sub(power, v128.load(ONE));
  const t = f64x2.add(whole, sum);
  const d = f64x2.add(v128.load(TWO), t);
  const quotient = f64x2.div(t, d); // −tanh|x|
  const lostP = f64x2.sub(low, f64x2.sub(p, hi));
  const lostT = f64x2.add(f64x2.sub(sum, f64x2.sub(t, whole)), f64x2.mul(power, lostP));
  const lostD = f64x2.add(f64x2.sub(t, f64x2.sub(d, v128.load(TWO))), lostT);
  const lost = f64x2.sub(lostT, f64x2.mul(quotient, lostD));
  const reciprocal = f64x2.mul(v128.load(HALF), f64x2.sub(v128.load(ONE), quotient));
  return f64x2.add(quotient, f64x2.mul(lost, reciprocal));
}

/** tanh x: max error 1.5 ulp; NaN → NaN, ±0 → ±0, ±∞ → ±1. Odd to the bit, never beyond ±1. */
// @ts-ignore: decorator
@inline
export function tanh(x: v128): v128 {
  const a = f64x2.pmax(f64x2.mul(v128.load(MINUS_TWO), f64x2.abs(x)), v128.load(SMALLEST));
  const shifted = f64x2.add(f64x2.mul(a, v128.load(LOG2_E)), v128.load(SHIFTER));
  const k = f64x2.sub(shifted, v128.load(SHIFTER));
  const hi = f64x2.sub(a, f64x2.mul(k, v128.load(LN2_HI)));
  const lo = f64x2.mul(k, v128.load(LN2_LO));
  const low = f64x2.sub(tail(f64x2.sub(hi, lo)), lo);
  const p = f64x2.add(hi, low);
  const power = i64x2.add(v128.load(ONE), i64x2.shl(shifted, 52));
  const sum = f64x2.mul(power, p);
  const minusTanh = tanhReduced(power, hi, low, p, sum);
  return v128.or(v128.andnot(minusTanh, v128.load(SIGN)), v128.and(x, v128.load(SIGN)));
}

/**
 * Stores tanh x at h, with the bits of tanh, and sech² x = 1 − tanh² x at s, max error 4 ulp for |x| ≤ 354. Beyond, s stays at
 * 4 e^−708 = 1.3e-307, positive. NaN → NaN for both.
 */
// @ts-ignore: decorator
@inline
export function tanhSech2(h: usize, s: usize, x: v128): void {
  const a = f64x2.pmax(f64x2.mul(v128.load(MINUS_TWO), f64x2.abs(x)), v128.load(SMALLEST));
  const shifted = f64x2.add(f64x2.mul(a, v128.load(LOG2_E)), v128.load(SHIFTER));
  const k = f64x2.sub(shifted, v128.load(SHIFTER));
  const hi = f64x2.sub(a, f64x2.mul(k, v128.load(LN2_HI)));
  const lo = f64x2.mul(k, v128.load(LN2_LO));
  const low = f64x2.sub(tail(f64x2.sub(hi, lo)), lo);
  const p = f64x2.add(hi, low);
  const power = i64x2.add(v128.load(ONE), i64x2.shl(shifted, 52));
  const sum = f64x2.mul(power, p);
  const minusTanh = tanhReduced(power, hi, low, p, sum);
  v128.store(h, v128.or(v128.andnot(minusTanh, v128.load(SIGN)), v128.and(x, v128.load(SIGN))));
  const g = f64x2.sub(v128.load(ONE), minusTanh);
  v128.store(s, f64x2.mul(f64x2.add(power, sum), f64x2.mul(g, g)));
}

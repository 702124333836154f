import type { Decimal } from 'decimal.js';
import { normalCdf } from './normal-cdf.js';
import { Real, real } from './ulp.js';

/** The element-wise functions to some forty digits: series where the closed form cancels. */
export const exact = {
  exp: (x: number): Decimal => real(x).exp(),
  expm1: (x: number): Decimal => (Math.abs(x) < 1e-8 ? series(real(x), [1, 2, 6, 24, 120]) : real(x).exp().minus(1)),
  log: (x: number): Decimal => real(x).ln(),
  log1p: (x: number): Decimal => (Math.abs(x) < 1e-8 ? series(real(x), [1, -2, 3, -4, 5]) : real(x).plus(1).ln()),
  tanh(x: number): Decimal {
    if (Math.abs(x) < 1e-5) {
      const square = real(x).pow(2);
      return square
        .mul(-17)
        .div(315)
        .plus(new Real(2).div(15))
        .mul(square)
        .minus(new Real(1).div(3))
        .mul(square)
        .plus(1)
        .mul(real(x));
    }
    const e = real(x).mul(2).exp();
    return e.minus(1).div(e.plus(1));
  },
  sech2(x: number): Decimal {
    const e = real(x).mul(2).exp();
    return e.mul(4).div(e.plus(1).pow(2));
  },
  sigmoid: (x: number): Decimal => new Real(1).div(real(-x).exp().plus(1)),
  softplus(x: number): Decimal {
    const e = real(-Math.abs(x)).exp();
    const logarithm = x < -20 ? series(e, [1, -2, 3, -4]) : e.plus(1).ln();
    return logarithm.plus(real(Math.max(x, 0)));
  },
  normalCdf: (x: number): Decimal => normalCdf(real(x)),
  sqrt: (x: number): Decimal => real(x).sqrt(),
  sin: (x: number): Decimal => real(x).sin(),
  cos: (x: number): Decimal => real(x).cos(),
  atan: (x: number): Decimal => real(x).atan(),
};

/** x / d[0] + x² / d[1] + … */
function series(x: Decimal, divisors: number[]): Decimal {
  return divisors.reduceRight((sum, divisor) => sum.plus(new Real(1).div(divisor)).mul(x), new Real(0));
}

// Φ(x) of the standard normal, to sixty digits in both tails.
//
//   |x| ≤ 10   Φ(x) = ½ + φ(x) Σ_n x^{2n+1} / (2n + 1)!!
//   beyond     Φ(−a) = φ(a) / (a + 1/(a + 2/(a + 3/(a + …))))
//
// Source: Abramowitz & Stegun 1964, 26.2.11 and 26.2.14.

import { Decimal } from 'decimal.js';

/** The series cancels to e^−50 of its terms where x is negative. */
const Wide = Decimal.clone({ precision: 130, minE: -9e15, maxE: 9e15, defaults: true });
const TERMS = 120;

export function normalDensity(x: Decimal): Decimal {
  const wide = new Wide(x);
  return wide.mul(wide).div(-2).exp().div(Wide.acos(-1).mul(2).sqrt());
}

export function normalCdf(x: Decimal): Decimal {
  const wide = new Wide(x);
  if (wide.abs().gt(10)) {
    const tail = normalDensity(wide).div(fraction(wide.abs()));
    return wide.lt(0) ? tail : new Wide(1).sub(tail);
  }
  return new Wide(0.5).add(normalDensity(wide).mul(series(wide)));
}

function series(x: Decimal): Decimal {
  const square = x.mul(x);
  let [sum, term] = [x, x];
  for (let n = 3; term.abs().gt(sum.abs().mul(1e-125)); n += 2) {
    term = term.mul(square).div(n);
    sum = sum.add(term);
  }
  return sum;
}

function fraction(a: Decimal): Decimal {
  let value = a;
  for (let n = TERMS; n > 0; n--) value = a.add(new Wide(n).div(value));
  return value;
}

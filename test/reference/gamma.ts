// Logarithm of the gamma function
//
//   ln Γ(x) = (x − ½) ln x − x + ½ ln 2π + Σ_n B_2n / (2n (2n − 1) x^(2n−1)),   x ≥ 40 (Stirling; 30 terms leave 1e-63)
//   ln Γ(x) = ln Γ(x + 1) − ln x,                                               x < 40
//
// Limits: in float64 the steps up lose some 1e-14; it is meant for `decimal`.

import { type Algebra, sum } from './algebra.js';

const TERMS = 30;
const FIRST = 40;

export function logGamma<T>(A: Algebra<T>, x: T): T {
  const [one, half] = [A.from(1), A.from(0.5)];
  let y = x;
  let product = one;
  while (A.lessThan(y, A.from(FIRST))) {
    product = A.mul(product, y);
    y = A.add(y, one);
  }
  const inverse = A.div(one, y);
  const square = A.mul(inverse, inverse);
  let power = inverse;
  const terms = BERNOULLI.map(([numerator, denominator], k) => {
    const n = BigInt(k + 1);
    const term = A.mul(power, A.div(integer(A, numerator), integer(A, denominator * 2n * n * (2n * n - 1n))));
    power = A.mul(power, square);
    return term;
  });
  const logTwoPi = A.log(A.mul(A.from(2), A.pi));
  const leading = A.add(A.sub(A.mul(A.sub(y, half), A.log(y)), y), A.mul(half, logTwoPi));
  return A.sub(A.add(leading, sum(A, terms)), A.log(product));
}

/** A whole number of any size, from parts that a double holds. */
function integer<T>(A: Algebra<T>, value: bigint): T {
  const unit = 1n << 40n;
  if (value < 0n) return A.neg(integer(A, -value));
  const low = A.from(Number(value % unit));
  return value < unit ? low : A.add(A.mul(integer(A, value / unit), A.from(Number(unit))), low);
}

/** B_2, B_4, …, as fractions: B_m = −Σ_{k<m} C(m + 1, k) B_k / (m + 1). */
const BERNOULLI = bernoulli();

function bernoulli(): [numerator: bigint, denominator: bigint][] {
  const all: [bigint, bigint][] = [[1n, 1n]];
  for (let m = 1n; m <= 2 * TERMS; m++) {
    let [numerator, denominator, choices] = [0n, 1n, 1n];
    all.forEach(([p, q], k) => {
      [numerator, denominator] = reduced(numerator * q + choices * p * denominator, denominator * q);
      choices = (choices * (m + 1n - BigInt(k))) / BigInt(k + 1);
    });
    all.push(reduced(-numerator, denominator * (m + 1n)));
  }
  return all.filter((_, m) => m > 0 && m % 2 === 0);
}

function reduced(p: bigint, q: bigint): [bigint, bigint] {
  let [a, b] = [p < 0n ? -p : p, q];
  while (b > 0n) [a, b] = [b, a % b];
  return [p / a, q / a];
}

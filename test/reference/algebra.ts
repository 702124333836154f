// The numbers that the reference computes with.
//
// Every formula in this folder is written once, over an `Algebra<T>`, and runs in each of
//
//   number    float64 and Math.*: fast enough for 1000 rows of 64, and it rounds like the kernels do
//   decimal   60 digits, exponents to ±9e15: the one to be trusted wherever float64 loses digits
//   dualAlgebra(number | decimal)    values with derivatives (dual.ts)
//
// Limits: 60 digits still cancel. 1 + e⁻⁸⁰⁰ is 1, and 1 − tanh² 1000 is 0. Hence the functions below that look redundant
// (log1p, softplus, sechSquared): each is exact relative to its own size, however small that is. A formula may not use a
// difference where one of them says the same thing.

import { Decimal } from 'decimal.js';
import { normalCdf } from './normal-cdf.js';

/** A field with the elementary functions that flows need. Functions are accurate relative to their own value. */
export interface Algebra<T> {
  /** Half the distance from 1 to the next number: where an iteration cannot gain any more. */
  readonly epsilon: T;
  readonly pi: T;
  /** The double `x`, all of its 53 bits (so `from(0.1)` is 0.1000000000000000055…). */
  from(x: number): T;
  toNumber(x: T): number;
  /** `x` without its derivatives; `x` itself where numbers carry none. */
  constant(x: T): T;
  add(x: T, y: T): T;
  sub(x: T, y: T): T;
  mul(x: T, y: T): T;
  div(x: T, y: T): T;
  neg(x: T): T;
  /** |x|; its derivative is 0 at 0. */
  abs(x: T): T;
  sqrt(x: T): T;
  exp(x: T): T;
  log(x: T): T;
  /** log(1 + x) */
  log1p(x: T): T;
  tanh(x: T): T;
  /** 1 / cosh² x = 1 − tanh² x */
  sechSquared(x: T): T;
  /** 1 / (1 + e⁻ˣ) */
  sigmoid(x: T): T;
  /** log(1 + eˣ) */
  softplus(x: T): T;
  /** Φ(x) of the standard normal */
  normalCdf(x: T): T;
  sin(x: T): T;
  cos(x: T): T;
  lessThan(x: T, y: T): boolean;
}

/** float64, with the engine's own `Math`. */
export const number: Algebra<number> = {
  epsilon: Number.EPSILON / 2,
  pi: Math.PI,
  from: (x) => x,
  toNumber: (x) => x,
  constant: (x) => x,
  add: (x, y) => x + y,
  sub: (x, y) => x - y,
  mul: (x, y) => x * y,
  div: (x, y) => x / y,
  neg: (x) => -x,
  abs: Math.abs,
  sqrt: Math.sqrt,
  exp: Math.exp,
  log: Math.log,
  log1p: Math.log1p,
  tanh: Math.tanh,
  sechSquared: (x) => {
    const e = Math.exp(-2 * Math.abs(x));
    return (4 * e) / ((1 + e) * (1 + e));
  },
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  softplus: (x) => (x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x))),
  normalCdf: (x) => normalCdf(new Decimal(x)).toNumber(),
  sin: Math.sin,
  cos: Math.cos,
  lessThan: (x, y) => x < y,
};

/** Arithmetic with `digits` decimal digits (at most 900) and an exponent that does not overflow. */
export function decimalAlgebra(digits: number): Algebra<Decimal> {
  const exponents = { minE: -9e15, maxE: 9e15, defaults: true };
  const Digits = Decimal.clone({ ...exponents, precision: digits });
  const Wide = Decimal.clone({ ...exponents, precision: 2 * digits });
  const ONE = new Digits(1);
  const TWO = new Digits(2);
  const FOUR = new Digits(4);
  /** Below this x² is lost beside 1, in `Wide` too. */
  const TINY = new Digits(10).pow(-digits);

  // log(1 + x) = x − x²/2 + … ; twice the digits make up for the sum's rounding where x is not tiny
  const log1p = (x: Decimal) => (x.abs().lt(TINY) ? x.sub(x.mul(x).div(TWO)) : new Digits(new Wide(x).add(1).ln()).add(0));
  const sechSquared = (x: Decimal) => {
    const e = x.abs().mul(-2).exp();
    return FOUR.mul(e).div(ONE.add(e).pow(2));
  };
  return {
    epsilon: new Digits(10).pow(1 - digits).div(TWO),
    pi: Digits.acos(-1),
    from: (x) => fromDouble(x, Digits),
    toNumber: (x) => x.toNumber(),
    constant: (x) => x,
    add: (x, y) => x.add(y),
    sub: (x, y) => x.sub(y),
    mul: (x, y) => x.mul(y),
    div: (x, y) => x.div(y),
    neg: (x) => x.neg(),
    abs: (x) => x.abs(),
    sqrt: (x) => x.sqrt(),
    exp: (x) => x.exp(),
    log: (x) => x.ln(),
    log1p,
    tanh: (x) => x.tanh(),
    sechSquared,
    sigmoid: (x) => ONE.div(ONE.add(x.neg().exp())),
    softplus: (x) => (x.gt(0) ? x.add(log1p(x.neg().exp())) : log1p(x.exp())),
    normalCdf: (x) => new Digits(normalCdf(x)).add(0),
    sin: (x) => x.sin(),
    cos: (x) => x.cos(),
    lessThan: (x, y) => x.lt(y),
  };
}

/** `new Decimal(0.1)` would read the shortest decimal, 0.1; a reference must start from the same bits as the kernel. */
function fromDouble(x: number, Digits: typeof Decimal): Decimal {
  if (!Number.isFinite(x) || Number.isSafeInteger(x)) return new Digits(x);
  if (Number.isInteger(x)) return new Digits(BigInt(x).toString());
  let significand = x;
  let exponent = 0;
  // both scalings are exact: 2³⁰⁰ lifts a subnormal, and doubling a finite double that is not an integer keeps its bits
  while (Math.abs(significand) < 2 ** -300) {
    significand *= 2 ** 300;
    exponent -= 300;
  }
  while (!Number.isInteger(significand)) {
    significand *= 2;
    exponent -= 1;
  }
  return new Digits(significand).mul(new Digits(2).pow(exponent));
}

/** 60 digits: 44 more than a double holds. */
export const decimal: Algebra<Decimal> = decimalAlgebra(60);

// Vectors

export function vector<T>(A: Algebra<T>, x: ArrayLike<number>): T[] {
  return Array.from(x, A.from);
}

export function toNumbers<T>(A: Algebra<T>, x: readonly T[]): number[] {
  return x.map(A.toNumber);
}

export function sum<T>(A: Algebra<T>, x: readonly T[]): T {
  return x.reduce(A.add, A.from(0));
}

export function dot<T>(A: Algebra<T>, x: readonly T[], y: readonly T[]): T {
  return sum(
    A,
    x.map((xi, i) => A.mul(xi, y[i])),
  );
}

/** ‖x‖, with ∇‖x‖ = 0 at 0. Divided by the largest component first: its square may overflow, or vanish. */
export function norm<T>(A: Algebra<T>, x: readonly T[]): T {
  const zero = A.from(0);
  const largest = x.map((xi) => A.abs(A.constant(xi))).reduce((m, xi) => (A.lessThan(m, xi) ? xi : m), zero);
  if (!A.lessThan(zero, largest)) return zero;
  const scaled = x.map((xi) => A.div(xi, largest));
  return A.mul(largest, A.sqrt(dot(A, scaled, scaled)));
}

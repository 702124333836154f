// ln Γ(x), ψ(x) = d ln Γ / dx and ψ′(x), for x > 0
//
//   y ≥ 10:  ln Γ(y) = (y − ½) ln y − y + ½ ln 2π + Σ_k B_2k / (2k (2k − 1) y^(2k−1))
//            ψ(y)    = ln y − 1/(2y) − Σ_k B_2k / (2k y^2k)
//            ψ′(y)   = 1/y + 1/(2y²) + Σ_k B_2k / y^(2k+1)
//   x < 10:  y = x + 10:   ln Γ(x) = ln Γ(y) − ln Π (x + k),   ψ(x) = ψ(y) − Σ 1/(x + k),   ψ′(x) = ψ′(y) + Σ 1/(x + k)²,   k = 0 … 9
//
// What Stirling's formula leaves of ln Γ(x + 1), and ln x of ψ(x + 1), is the series alone where x ≥ 10, so that differences of large ln Γ need
// not be taken:   Δ(x) = ln Γ(x + 1) − (x + ½) ln x + x − ½ ln 2π,   δ(x) = ψ(x + 1) − ln x.
//
// Seven terms of the series leave 4e-17 at y = 10. Near the zeros of ln Γ, at 1 and 2, and of ψ, at 1.46…, the error is absolute.
//
// Source: Abramowitz & Stegun 1964, 6.1.41, 6.3.18, 6.4.12; the recurrences 6.1.15, 6.3.5, 6.4.6.

import { log } from './log';

const STEPS: i32 = 10;
const HALF_LOG_2PI: f64 = 0.9189385332046727;

/** x where it is at least 10, else x + 10. */
// @ts-ignore: decorator
@inline
function raised(x: v128, isSmall: v128): v128 {
  return v128.bitselect(f64x2.add(x, f64x2.splat(<f64>STEPS)), x, isSmall);
}

// @ts-ignore: decorator
@inline
function isBelowSteps(x: v128): v128 {
  return f64x2.lt(x, f64x2.splat(<f64>STEPS));
}

/** NaN where x < 0. */
// @ts-ignore: decorator
@inline
function nowhereNegative(value: v128, x: v128): v128 {
  return v128.bitselect(f64x2.splat(NaN), value, f64x2.lt(x, f64x2.splat(0)));
}

/** c₀ + s (c₁ + s (c₂ + … s c₆)) */
// @ts-ignore: decorator
@inline
function series(s: v128, c0: f64, c1: f64, c2: f64, c3: f64, c4: f64, c5: f64, c6: f64): v128 {
  let sum = f64x2.add(f64x2.splat(c5), f64x2.mul(s, f64x2.splat(c6)));
  sum = f64x2.add(f64x2.splat(c4), f64x2.mul(s, sum));
  sum = f64x2.add(f64x2.splat(c3), f64x2.mul(s, sum));
  sum = f64x2.add(f64x2.splat(c2), f64x2.mul(s, sum));
  sum = f64x2.add(f64x2.splat(c1), f64x2.mul(s, sum));
  return f64x2.add(f64x2.splat(c0), f64x2.mul(s, sum));
}

// @ts-ignore: decorator
@inline
function stirlingSeries(s: v128): v128 {
  return series(s, 1.0 / 12.0, -1.0 / 360.0, 1.0 / 1260.0, -1.0 / 1680.0, 1.0 / 1188.0, -691.0 / 360360.0, 1.0 / 156.0);
}

// @ts-ignore: decorator
@inline
function digammaSeries(s: v128): v128 {
  return series(s, 1.0 / 12.0, -1.0 / 120.0, 1.0 / 252.0, -1.0 / 240.0, 1.0 / 132.0, -691.0 / 32760.0, 1.0 / 12.0);
}

/** ln Γ(x): error 4e-15 (1 + |ln Γ(x)|); 0 → ∞, x < 0 → NaN, ∞ → ∞. */
export function lgamma(x: v128): v128 {
  const isSmall = isBelowSteps(x);
  const y = raised(x, isSmall);
  let product = x;
  for (let k = 1; k < STEPS; k++) product = f64x2.mul(product, f64x2.add(x, f64x2.splat(<f64>k)));
  const inverse = f64x2.div(f64x2.splat(1), y);
  const terms = stirlingSeries(f64x2.mul(inverse, inverse));
  // (y − ½) (ln y − 1) − ½ instead of (y − ½) ln y − y: ∞ − ∞ nowhere
  const main = f64x2.mul(f64x2.sub(y, f64x2.splat(0.5)), f64x2.sub(log(y), f64x2.splat(1)));
  const large = f64x2.add(main, f64x2.add(f64x2.splat(HALF_LOG_2PI - 0.5), f64x2.mul(inverse, terms)));
  const shift = v128.and(log(v128.bitselect(product, f64x2.splat(1), isSmall)), isSmall);
  return nowhereNegative(f64x2.sub(large, shift), x);
}

/** ψ(x): error 4e-15 (1 + |ψ(x)|); 0 → −∞, x < 0 → NaN. */
export function digamma(x: v128): v128 {
  const isSmall = isBelowSteps(x);
  const y = raised(x, isSmall);
  const one = f64x2.splat(1);
  let sum = f64x2.splat(0);
  for (let k = STEPS - 1; k >= 0; k--) sum = f64x2.add(sum, f64x2.div(one, f64x2.add(x, f64x2.splat(<f64>k))));
  const inverse = f64x2.div(one, y);
  const square = f64x2.mul(inverse, inverse);
  const terms = digammaSeries(square);
  const rest = f64x2.add(f64x2.mul(f64x2.splat(0.5), inverse), f64x2.mul(square, terms));
  return nowhereNegative(f64x2.sub(f64x2.sub(log(y), rest), v128.and(sum, isSmall)), x);
}

/** ψ′(x): error 4e-15 relative; 0 → ∞, x < 0 → NaN. */
export function trigamma(x: v128): v128 {
  const isSmall = isBelowSteps(x);
  const y = raised(x, isSmall);
  const one = f64x2.splat(1);
  let sum = f64x2.splat(0);
  for (let k = STEPS - 1; k >= 0; k--) {
    const term = f64x2.div(one, f64x2.add(x, f64x2.splat(<f64>k)));
    sum = f64x2.add(sum, f64x2.mul(term, term));
  }
  const inverse = f64x2.div(one, y);
  const square = f64x2.mul(inverse, inverse);
  const terms = series(square, 1.0 / 6.0, -1.0 / 30.0, 1.0 / 42.0, -1.0 / 30.0, 5.0 / 66.0, -691.0 / 2730.0, 7.0 / 6.0);
  const large = f64x2.mul(inverse, f64x2.add(f64x2.add(one, f64x2.mul(f64x2.splat(0.5), inverse)), f64x2.mul(square, terms)));
  return nowhereNegative(f64x2.add(large, v128.and(sum, isSmall)), x);
}

/** Δ(x) = ln Γ(x + 1) − (x + ½) ln x + x − ½ ln 2π for x > 0: error 1e-14, or 1e-15 relative for x ≥ 10. */
export function stirlingRest(x: v128): v128 {
  const inverse = f64x2.div(f64x2.splat(1), x);
  const large = f64x2.mul(inverse, stirlingSeries(f64x2.mul(inverse, inverse)));
  const main = f64x2.sub(f64x2.mul(f64x2.add(x, f64x2.splat(0.5)), log(x)), f64x2.sub(x, f64x2.splat(HALF_LOG_2PI)));
  const small = f64x2.sub(lgamma(f64x2.add(x, f64x2.splat(1))), main);
  return v128.bitselect(small, large, isBelowSteps(x));
}

/** δ(x) = ψ(x + 1) − ln x for x > 0: error 1e-14, or 1e-15 relative for x ≥ 10. */
export function digammaRest(x: v128): v128 {
  const inverse = f64x2.div(f64x2.splat(1), x);
  const large = f64x2.sub(f64x2.mul(f64x2.splat(0.5), inverse), f64x2.mul(f64x2.mul(inverse, inverse), digammaSeries(f64x2.mul(inverse, inverse))));
  return v128.bitselect(f64x2.sub(digamma(f64x2.add(x, f64x2.splat(1))), log(x)), large, isBelowSteps(x));
}

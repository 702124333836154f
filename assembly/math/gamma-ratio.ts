// R(x) = ln Γ(x + ½) − ln Γ(x) − ½ ln x, and its derivative by ln x
//
//   y ≥ 16:   R(y) = −1/(8y) + 1/(192y³) − 1/(640y⁵) + 17/(14336y⁷) − 31/(18432y⁹) + 691/(180224y¹¹),   error below 3e-18
//   x < 16:   Γ(x + ½) / Γ(x) = Γ(y + ½) / Γ(y) · Π (x + k) / (x + k + ½),   y = x + n the first of them that is not below 16
//
// The difference of two ln Γ would lose what it is wanted for: at x = 1e10 they are 2e11, R is −1e-11.
//
// Source: the asymptotic series of Tricomi & Erdélyi 1951, "The asymptotic expansion of a ratio of gamma functions", with
// coefficients (B_{k+1}(½) − B_{k+1}) / (k (k + 1)).

import { log } from './log';

const FIRST: usize = memory.data<f64>([16, 16], 16);
const STEPS: i32 = 16;

/** R(x), to an absolute error of 2e-15, or 2e-15 relative for x ≥ 16; 0 < x. */
// @ts-ignore: decorator
@inline
export function gammaRatio(x: v128): v128 {
  const half = f64x2.splat(0.5);
  const one = f64x2.splat(1);
  let y = x;
  let product = one;
  for (let step = 0; step < STEPS; step++) {
    const below = f64x2.lt(y, v128.load(FIRST));
    product = v128.bitselect(f64x2.mul(product, f64x2.div(y, f64x2.add(y, half))), product, below);
    y = v128.bitselect(f64x2.add(y, one), y, below);
  }
  const inverse = f64x2.div(one, y);
  const square = f64x2.mul(inverse, inverse);
  let series = f64x2.splat(691.0 / 180224.0);
  series = f64x2.add(f64x2.splat(-31.0 / 18432.0), f64x2.mul(square, series));
  series = f64x2.add(f64x2.splat(17.0 / 14336.0), f64x2.mul(square, series));
  series = f64x2.add(f64x2.splat(-1.0 / 640.0), f64x2.mul(square, series));
  series = f64x2.add(f64x2.splat(1.0 / 192.0), f64x2.mul(square, series));
  series = f64x2.add(f64x2.splat(-0.125), f64x2.mul(square, series));
  // ln of (Π …) √(y / x), which is 1 where x was not moved
  const moved = f64x2.mul(f64x2.mul(product, product), f64x2.div(y, x));
  return f64x2.add(f64x2.mul(inverse, series), f64x2.mul(half, log(moved)));
}

/** x R′(x), to an absolute error of 2e-15, or 2e-15 relative for x ≥ 16; 0 < x. */
// @ts-ignore: decorator
@inline
export function gammaRatioSlope(x: v128): v128 {
  const half = f64x2.splat(0.5);
  const one = f64x2.splat(1);
  let y = x;
  let sum = f64x2.splat(0); // Σ ½ / ((x + k) (x + k + ½))
  for (let step = 0; step < STEPS; step++) {
    const below = f64x2.lt(y, v128.load(FIRST));
    sum = v128.bitselect(f64x2.add(sum, f64x2.div(half, f64x2.mul(y, f64x2.add(y, half)))), sum, below);
    y = v128.bitselect(f64x2.add(y, one), y, below);
  }
  const inverse = f64x2.div(one, y);
  const square = f64x2.mul(inverse, inverse);
  let series = f64x2.splat(-7601.0 / 180224.0);
  series = f64x2.add(f64x2.splat(279.0 / 18432.0), f64x2.mul(square, series));
  series = f64x2.add(f64x2.splat(-119.0 / 14336.0), f64x2.mul(square, series));
  series = f64x2.add(f64x2.splat(5.0 / 640.0), f64x2.mul(square, series));
  series = f64x2.add(f64x2.splat(-3.0 / 192.0), f64x2.mul(square, series));
  series = f64x2.add(f64x2.splat(0.125), f64x2.mul(square, series));
  const moved = f64x2.mul(half, f64x2.sub(f64x2.div(x, y), one));
  return f64x2.add(f64x2.mul(x, f64x2.add(f64x2.mul(square, series), sum)), moved);
}

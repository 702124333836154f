// Logarithms of the regularised incomplete gamma functions P(a, x) and Q = 1 − P, with their slopes in both arguments
//
//   D = x^a e^−x / Γ(a + 1),   ln D = a (ln(1 + w) − w) − ½ ln 2πa − Δ(a),   w = (x − a) / a
//   Q = a D M,        M = ∫₀^∞ e^{−(x − a) v − x (e^v − 1 − v)} dv,         t = x e^v in ∫_x^∞ t^{a−1} e^−t dt
//   P = a D M(a),     M(c) = ∫₀^∞ e^{−(c − x) v − x (e^−v − 1 + v)} dv,     c M(c) = 1 + x M(c + 1)
//
//   d ln Q/da = ln x − ψ(a) + E[v],   d ln P/da = ln x − ψ(a) − E[v] of v with the integrand as its density;   d ln P/dx = 1 / (x M)
//
// P is found where x ≤ a, and Q above: its integrand falls from v = 0 on; the other one is what that lacks of 1, or is found directly where
// that would cancel. P begins at M(c), c ≥ 10, beyond which nothing is wide: the steps down add positive terms only, the first ones of the power
// series of P. The first of them is always taken: it has the 1/a that ψ(a) would cancel with for small a.
//
// Source: Abramowitz & Stegun 1964, 6.5; the integrals and their slopes are ours. Δ and δ: gamma.ts.

import { digammaRestOf, isNearZero, log1pLessOf, log1pOf, logOf, stirlingRestOf } from './scalar';
import { complement, tailIntegral } from './tail-integral';

const TWO_PI: f64 = 6.283185307179586;
/** Where M is not raised any more. */
const HIGH: f64 = 10;

/** ln P(a, x), or `isAbove` ln Q(a, x), and the slopes in a and x. P(0, x) = 1, P(a, 0) = 0; NaN where a or x is negative. */
export function gammaTail(
  y: usize, // [1]
  slopes: usize, // [2], step bytes apart
  step: usize,
  a: f64,
  x: f64,
  isAbove: bool,
): void {
  if (!(a > 0 && a < Infinity && x > 0 && x < Infinity)) return atEdge(y, slopes, step, a, x, isAbove);
  const isBeyond = x > a;
  side(y, slopes, step, a, x, isBeyond);
  if (isBeyond != isAbove && !complement(y, slopes, step, 2)) side(y, slopes, step, a, x, isAbove);
}

function atEdge(y: usize, slopes: usize, step: usize, a: f64, x: f64, isAbove: bool): void {
  const isNowhere = !(a >= 0 && x >= 0) || a == Infinity || (a == 0 && x == 0);
  const isAll = (a == 0 || x == Infinity) != isAbove;
  f64.store(y, isNowhere ? NaN : isAll ? 0 : -Infinity);
  f64.store(slopes, 0);
  f64.store(slopes + step, 0);
}

function side(y: usize, slopes: usize, step: usize, a: f64, x: f64, isAbove: bool): void {
  const w = (x - a) / a;
  const isNear = isNearZero(w);
  const ratio = isNear ? log1pOf(w) : logOf(x) - logOf(a);
  const main = isNear ? a * log1pLessOf(w) : a * ratio - (x - a);
  const logD = main - 0.5 * logOf(TWO_PI * a) - stirlingRestOf(a);
  const slope = ratio - digammaRestOf(a);
  if (isAbove) {
    tailIntegral(y, slopes, 0, 1, x - a, x, 0);
    const m = f64.load(y);
    f64.store(y, logD + logOf(a * m));
    f64.store(slopes, slope + 1 / a + f64.load(slopes) / m);
    f64.store(slopes + step, -1 / (x * m));
    return;
  }
  const steps = f64.max(1, f64.ceil(HIGH - a));
  tailIntegral(y, slopes, 0, -1, a - x + steps, x, 0);
  let m = f64.load(y);
  let z = f64.load(slopes);
  for (let j = steps - 1; j > 0; j--) {
    const c = a + j;
    const next = (1 + x * m) / c;
    z = (x * z - next) / c;
    m = next;
  }
  f64.store(y, logD + log1pOf(x * m));
  f64.store(slopes, slope + (x * z) / (1 + x * m));
  f64.store(slopes + step, a / (x * (1 + x * m)));
}

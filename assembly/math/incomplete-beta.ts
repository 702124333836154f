// Logarithm of the regularised incomplete beta function I_x(a, b), with its slopes in all arguments
//
//   n = a + b,   y = 1 − x,   g = a y − b x
//   D = Γ(n) / (Γ(a + 1) Γ(b)) x^a y^b,   ln D = a φ(−g/a) + b φ(g/b) + ½ ln(b / 2πna) + Δ(n) − Δ(a) − Δ(b),   φ(w) = ln(1 + w) − w
//   I = a D M(a),   M(c) = ∫₀^∞ (t/x)^c ((1 − t)/y)^b dv,   ln(t / (1 − t)) = ln(x / y) − v,   c M(c) = 1 + x (c + b) M(c + 1)
//
//   d ln I/da = ln x − ψ(a) + ψ(n) + E[ln(t/x)]          the mean over v, with the integrand as its density
//   d ln I/db = ln y − ψ(b) + ψ(n) + E[ln((1 − t)/y)]
//   d ln I/dη = 1 / M,   η = ln(x / y)
//
//   t/x = e^−v / (1 + x (e^−v − 1)),   (1 − t)/y = 1 / (1 + x (e^−v − 1)),   or with the smaller of x and y in the place of x:
//   t/x = 1 / (1 + y (e^v − 1)),       (1 − t)/y = e^v / (1 + y (e^v − 1))
//
// I is found where x ≤ a/n, its mean; else it is what I_y(b, a) lacks of 1, or is found directly where that would cancel. M begins at c ≥ 10,
// as that of the gamma function, which it goes into as n grows.
//
// Source: Abramowitz & Stegun 1964, 26.5; the integral and its slopes are ours. Δ and δ: gamma.ts.

import { digammaRest, stirlingRest } from './gamma';
import { digammaRestOf, isNearZero, log1pLessOf, log1pOf, logOf, stirlingRestOf, sumOfLanes } from './scalar';
import { complement, tailIntegral } from './tail-integral';

const TWO_PI: f64 = 6.283185307179586;
const HIGH: f64 = 10;
/** In the place of a share that is 0, which would mean a gamma function. */
const TINY: f64 = 1e-300;

/** ln I_x(a, b) at x : 1 − x = p : q, and the slopes in a, b, p and q. Where a or q is 0 it is ln 1, where b or p is 0, ln 0. */
export function betaTail(
  value: usize, // [1]
  slopes: usize, // [4], step bytes apart
  step: usize,
  a: f64,
  b: f64,
  p: f64,
  q: f64,
): void {
  const total = p + q;
  if (!(a > 0 && b > 0 && p > 0 && q > 0 && a + b < Infinity && total < Infinity)) return atEdge(value, slopes, step, a, b, p, q);
  const x = p / total;
  const y = q / total;
  const logX = p < q ? logOf(p) - logOf(total) : log1pOf(-y);
  const logY = p < q ? log1pOf(-x) : logOf(q) - logOf(total);
  if (a * y >= b * x) betaSide(value, slopes, step, a, b, x, y, logX, logY);
  else {
    betaSide(value, slopes, step, b, a, y, x, logY, logX);
    if (complement(value, slopes, step, 3)) exchange(slopes, step);
    else betaSide(value, slopes, step, a, b, x, y, logX, logY);
  }
  const slope = f64.load(slopes + 2 * step);
  f64.store(slopes + 2 * step, slope / p);
  f64.store(slopes + 3 * step, -slope / q);
}

function atEdge(value: usize, slopes: usize, step: usize, a: f64, b: f64, p: f64, q: f64): void {
  const isAll = a == 0 || q == 0;
  const isNone = b == 0 || p == 0;
  const isNowhere = !(a >= 0 && b >= 0 && p >= 0 && q >= 0 && a + b < Infinity && p + q < Infinity) || isAll == isNone;
  f64.store(value, isNowhere ? NaN : isAll ? 0 : -Infinity);
  for (let k: usize = 0; k < 4; k++) f64.store(slopes + k * step, 0);
}

/** Slopes of I_y(b, a) as those of the arguments of I_x(a, b). */
function exchange(slopes: usize, step: usize): void {
  const inA = f64.load(slopes + step);
  f64.store(slopes + step, f64.load(slopes));
  f64.store(slopes, inA);
  f64.store(slopes + 2 * step, -f64.load(slopes + 2 * step));
}

/** ln I and its slopes in a, b and η, directly; best where a y ≥ b x. */
export function betaSide(
  value: usize, // [1]
  slopes: usize, // [3], step bytes apart
  step: usize,
  a: f64,
  b: f64,
  x: f64,
  y: f64,
  logX: f64,
  logY: f64,
): void {
  const n = a + b;
  const g = a * y - b * x;
  const isNearA = isNearZero(-g / a);
  const isNearB = isNearZero(g / b);
  // ln(x n / a), ln(y n / b), the logarithms of x and y over those of the mean
  const ratioX = isNearA ? log1pOf(-g / a) : logX + logOf(n / a);
  const ratioY = isNearB ? log1pOf(g / b) : logY + logOf(n / b);
  const mainA = isNearA ? a * log1pLessOf(-g / a) : a * ratioX;
  const mainB = isNearB ? b * log1pLessOf(g / b) : b * ratioY;
  // the linear terms of both cancel
  const linear = isNearA == isNearB ? 0 : isNearA ? -g : g;
  const ofBoth = f64x2.replace_lane(f64x2.splat(a), 1, b);
  const psi = digammaRest(ofBoth);
  const psiOfN = digammaRestOf(n);
  const logD = mainA + mainB + linear + 0.5 * logOf(b / n / (TWO_PI * a)) + (stirlingRestOf(n) - sumOfLanes(stirlingRest(ofBoth)));

  const steps = f64.max(1, f64.ceil(HIGH - a));
  const isOfX = x <= y;
  tailIntegral(value, slopes, slopes + step, isOfX ? -1 : 1, g + steps * y, n + steps, f64.max(isOfX ? x : y, TINY));
  let m = f64.load(value);
  const zMoment = f64.load(slopes);
  const logMoment = f64.load(slopes + step);
  let inA = isOfX ? zMoment - logMoment : -logMoment;
  let inB = isOfX ? -logMoment : zMoment - logMoment;
  for (let j = steps - 1; j > 0; j--) {
    const c = a + j;
    const next = (1 + x * (c + b) * m) / c;
    inA = (x * (m + (c + b) * inA) - next) / c;
    inB = (x * (m + (c + b) * inB)) / c;
    m = next;
  }
  const am = 1 + x * n * m;
  f64.store(value, logD + log1pOf(x * n * m));
  f64.store(slopes, ratioX - f64x2.extract_lane(psi, 0) + psiOfN - 1 / n + (x * (m + n * inA)) / am);
  f64.store(slopes + step, ratioY - f64x2.extract_lane(psi, 1) + psiOfN + a / n / b + (x * (m + n * inB)) / am);
  f64.store(slopes + 2 * step, a / am);
}

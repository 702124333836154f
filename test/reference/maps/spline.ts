// Rational-quadratic spline of one feature
//
//   forward   y = y_k + h (s ξ² + d₀ ξ(1 − ξ)) / (s + (d₀ + d₁ − 2 s) ξ(1 − ξ)),   ξ = (x − x_k) / w,   s = h / w
//   logDet    ln[s² (d₁ ξ² + 2 s ξ(1 − ξ) + d₀ (1 − ξ)²) / (s + (d₀ + d₁ − 2 s) ξ(1 − ξ))²]
//   inverse   ξ = 2 c / (−b − √(b² − 4 a c)),   a = (y − y_k) e + h (s − d₀),   b = h d₀ − (y − y_k) e,   c = −s (y − y_k),   e = d₀ + d₁ − 2 s
//
// Source: Durkan et al. 2019, arXiv:1906.04032, eq. 4–8 and appendix A.1, as printed: in float64 both cancel, in sixty digits they do not matter.
// Only inside [low, high] where it is bounded or circular; beyond, linear splines are the identity.

import { type Algebra, sum } from '../algebra.js';
import type { ElementwiseMap } from '../elementwise.js';

export interface Settings {
  bins: number;
  low: number;
  high: number;
  boundary: 'linear' | 'bounded' | 'circular';
  minWidth: number;
  minHeight: number;
  minDerivative: number;
  logitScale: number;
}

/** The knots of one axis: low … high, B + 1 of them. */
function knots<T>(A: Algebra<T>, logits: readonly T[], least: number, { bins, low, high, logitScale }: Settings): T[] {
  const scaled = logits.map((logit) => A.mul(A.from(logitScale), logit));
  const largest = scaled.map(A.constant).reduce((m, value) => (A.lessThan(m, value) ? value : m));
  const terms = scaled.map((value) => A.exp(A.sub(value, largest)));
  const total = sum(A, terms);
  const [from, span] = [A.from(low), A.sub(A.from(high), A.from(low))];
  const spare = A.sub(A.from(1), A.mul(A.from(least), A.from(bins)));
  let at = A.from(0);
  const inner = terms.map((term) => {
    at = A.add(at, A.add(A.from(least), A.mul(spare, A.div(term, total))));
    return A.add(from, A.mul(span, at));
  });
  return [from, ...inner.slice(0, -1), A.from(high)];
}

function slopes<T>(A: Algebra<T>, raw: readonly T[], { boundary, minDerivative }: Settings): T[] {
  const own = raw.map((value) => A.add(A.from(minDerivative), A.softplus(value)));
  if (boundary === 'linear') return [A.from(1), ...own, A.from(1)];
  return boundary === 'circular' ? [...own, own[0]] : own;
}

interface Bin<T> {
  x0: T;
  width: T;
  y0: T;
  height: T;
  s: T;
  d0: T;
  d1: T;
}

/** The bin that holds `value` on one axis: right of a knot that it is on, but the last one at `high`. */
function binAt<T>(A: Algebra<T>, value: T, axis: 'x' | 'y', parameters: readonly T[], settings: Settings): Bin<T> {
  const { bins, minWidth, minHeight } = settings;
  const x = knots(A, parameters.slice(0, bins), minWidth, settings);
  const y = knots(A, parameters.slice(bins, 2 * bins), minHeight, settings);
  const d = slopes(A, parameters.slice(2 * bins), settings);
  const searched = axis === 'x' ? x : y;
  let k = 0;
  while (k < bins - 1 && !A.lessThan(value, searched[k + 1])) k++;
  const width = A.sub(x[k + 1], x[k]);
  const height = A.sub(y[k + 1], y[k]);
  return { x0: x[k], width, y0: y[k], height, s: A.div(height, width), d0: d[k], d1: d[k + 1] };
}

function isOutside<T>(A: Algebra<T>, value: T, { low, high }: Settings): boolean {
  return A.lessThan(value, A.from(low)) || A.lessThan(A.from(high), value);
}

/** d₀ + d₁ − 2 s */
function excess<T>(A: Algebra<T>, { s, d0, d1 }: Bin<T>): T {
  return A.sub(A.add(d0, d1), A.mul(A.from(2), s));
}

function logSlope<T>(A: Algebra<T>, xi: T, bin: Bin<T>): T {
  const { s, d0, d1 } = bin;
  const rest = A.sub(A.from(1), xi);
  const t = A.mul(xi, rest);
  const denominator = A.add(s, A.mul(excess(A, bin), t));
  const ends = A.add(A.mul(d1, A.mul(xi, xi)), A.mul(d0, A.mul(rest, rest)));
  const numerator = A.add(ends, A.mul(A.from(2), A.mul(s, t)));
  const twice = (value: T): T => A.mul(A.from(2), A.log(value));
  return A.sub(A.add(twice(s), A.log(numerator)), twice(denominator));
}

export function spline(settings: Settings): ElementwiseMap {
  return {
    forward(A, z, parameters) {
      if (isOutside(A, z, settings)) return { x: z, logDet: A.from(0) };
      const bin = binAt(A, z, 'x', parameters, settings);
      const { x0, width, y0, height, s, d0 } = bin;
      const xi = A.div(A.sub(z, x0), width);
      const t = A.mul(xi, A.sub(A.from(1), xi));
      const numerator = A.add(A.mul(s, A.mul(xi, xi)), A.mul(d0, t));
      const x = A.add(y0, A.div(A.mul(height, numerator), A.add(s, A.mul(excess(A, bin), t))));
      return { x, logDet: logSlope(A, xi, bin) };
    },
    inverse(A, x, parameters) {
      if (isOutside(A, x, settings)) return { z: x, logDet: A.from(0) };
      const bin = binAt(A, x, 'y', parameters, settings);
      const { x0, width, y0, height, s, d0 } = bin;
      const above = A.sub(x, y0);
      const bent = A.mul(above, excess(A, bin));
      const a = A.add(bent, A.mul(height, A.sub(s, d0)));
      const b = A.sub(A.mul(height, d0), bent);
      const c = A.neg(A.mul(s, above));
      const root = A.sqrt(A.sub(A.mul(b, b), A.mul(A.from(4), A.mul(a, c))));
      const xi = A.div(A.mul(A.from(2), c), A.neg(A.add(b, root)));
      return { z: A.add(x0, A.mul(width, xi)), logDet: A.neg(logSlope(A, xi, bin)) };
    },
  };
}

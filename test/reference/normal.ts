// Diagonal normal density
//
//   ln N(x; μ, diag σ²) = −½ Σᵢ ((xᵢ − μᵢ) / σᵢ)² − Σᵢ ln σᵢ − ½ d ln 2π,   σ = exp(logScale)
//
// Limits: in float64 the square overflows to −∞ for |x − μ| / σ > 1e154.

import { type Algebra, sum } from './algebra.js';

/** location [d] and logScale [d] = ln σ. */
export interface Normal<T> {
  location: T[];
  logScale: T[];
}

/** Reads the parameters from one vector of 2 d numbers: location, logScale. */
export function fromVector<T>(vector: readonly T[]): Normal<T> {
  const dim = vector.length / 2;
  return { location: vector.slice(0, dim), logScale: vector.slice(dim) };
}

export function toVector<T>({ location, logScale }: Normal<T>): T[] {
  return [...location, ...logScale];
}

/** N(0, I). */
export function standard<T>(A: Algebra<T>, dim: number): Normal<T> {
  const zeros = Array.from({ length: dim }, () => A.from(0));
  return { location: zeros, logScale: zeros };
}

export function logProb<T>(A: Algebra<T>, x: readonly T[], { location, logScale }: Normal<T>): T {
  const half = A.div(A.from(1), A.from(2));
  const terms = x.map((xi, i) => {
    const standardized = A.mul(A.sub(xi, location[i]), A.exp(A.neg(logScale[i])));
    return A.sub(A.neg(A.mul(half, A.mul(standardized, standardized))), logScale[i]);
  });
  const logTwoPi = A.log(A.mul(A.from(2), A.pi));
  return A.sub(sum(A, terms), A.mul(A.from(x.length / 2), logTwoPi));
}

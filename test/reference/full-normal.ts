// Normal with a full covariance
//
//   x = μ + σ ⊙ (M ε),   M unit lower triangular:   ln q(x) = −½ |ε|² − Σ logScale − ½ d ln 2π,   ε_i = (x_i − μ_i)/σ_i − Σ_{j<i} M_ij ε_j

import { type Algebra, dot, sum } from './algebra.js';

export interface FullNormal<T> {
  location: T[];
  logScale: T[];
  /** M_ij for j < i, row by row. */
  lower: T[];
}

/** Reads the parameters from one vector: location [d], logScale [d], lower [d (d − 1)/2]. */
export function fromVector<T>(vector: readonly T[], dim: number): FullNormal<T> {
  return { location: vector.slice(0, dim), logScale: vector.slice(dim, 2 * dim), lower: vector.slice(2 * dim) };
}

export function logProb<T>(A: Algebra<T>, x: readonly T[], { location, logScale, lower }: FullNormal<T>): T {
  const noise: T[] = [];
  x.forEach((xi, i) => {
    const row = lower.slice((i * (i - 1)) / 2, (i * (i + 1)) / 2);
    const standardized = A.mul(A.sub(xi, location[i]), A.exp(A.neg(logScale[i])));
    noise.push(A.sub(standardized, dot(A, noise, row)));
  });
  const logTwoPi = A.log(A.mul(A.from(2), A.pi));
  const constant = A.add(sum(A, logScale), A.mul(A.from(x.length / 2), logTwoPi));
  return A.neg(A.add(A.mul(A.from(0.5), dot(A, noise, noise)), constant));
}

// Mixture of diagonal normals
//
//   ln q(x) = ln Σ_k e^(logit_k + ln N(x; μ_k, σ_k²)) − ln Σ_k e^logit_k, the largest exponent taken out of either sum

import { type Algebra, sum } from './algebra.js';
import * as normal from './normal.js';

export interface Mixture<T> {
  logits: T[];
  locations: T[][];
  logScales: T[][];
}

/** Reads the parameters from one vector: logits [K], locations [K d], logScales [K d]. */
export function fromVector<T>(vector: readonly T[], dim: number): Mixture<T> {
  const components = vector.length / (2 * dim + 1);
  const rows = (from: number): T[][] =>
    Array.from({ length: components }, (_, k) => vector.slice(from + k * dim, from + (k + 1) * dim));
  return {
    logits: vector.slice(0, components),
    locations: rows(components),
    logScales: rows(components + components * dim),
  };
}

export function logProb<T>(A: Algebra<T>, x: readonly T[], { logits, locations, logScales }: Mixture<T>): T {
  const terms = logits.map((logit, k) => A.add(logit, normal.logProb(A, x, { location: locations[k], logScale: logScales[k] })));
  return A.sub(logSumExp(A, terms), logSumExp(A, logits));
}

function logSumExp<T>(A: Algebra<T>, x: readonly T[]): T {
  const largest = A.constant(x.reduce((a, b) => (A.lessThan(a, b) ? b : a)));
  return A.add(
    largest,
    A.log(
      sum(
        A,
        x.map((xi) => A.exp(A.sub(xi, largest))),
      ),
    ),
  );
}

// Independent Student t distributions
//
//   ln q(x) = Σ_j [ln Γ((ν + 1)/2) − ln Γ(ν/2) − ½ ln(ν π) − ½ (ν + 1) ln(1 + t²/ν) − logScale],   t = (x − μ)/σ,   ν = e^logNu

import { type Algebra, sum } from './algebra.js';
import { logGamma } from './gamma.js';

export interface StudentT<T> {
  location: T[];
  logScale: T[];
  logNu: T[];
}

/** Reads the parameters from one vector of 3 d numbers: location, logScale, logNu. */
export function fromVector<T>(vector: readonly T[]): StudentT<T> {
  const dim = vector.length / 3;
  return { location: vector.slice(0, dim), logScale: vector.slice(dim, 2 * dim), logNu: vector.slice(2 * dim) };
}

export function logProb<T>(A: Algebra<T>, x: readonly T[], { location, logScale, logNu }: StudentT<T>): T {
  const [one, half] = [A.from(1), A.from(0.5)];
  const terms = x.map((xj, j) => {
    const nu = A.exp(logNu[j]);
    const t = A.mul(A.sub(xj, location[j]), A.exp(A.neg(logScale[j])));
    const power = A.mul(half, A.add(nu, one));
    const normaliser = A.sub(A.sub(logGamma(A, power), logGamma(A, A.mul(half, nu))), A.mul(half, A.add(logNu[j], A.log(A.pi))));
    const tail = A.mul(power, A.log1p(A.div(A.mul(t, t), nu)));
    return A.sub(A.sub(normaliser, tail), logScale[j]);
  });
  return sum(A, terms);
}

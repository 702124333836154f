// Radial flow
//
//   forward   x = z + β̂ h (z − z₀),   r = ‖z − z₀‖,  h = 1 / (α + r)
//   logDet    (d − 1) ln(1 + β̂ h) + ln(1 + β̂ h − β̂ r h²)
//   α, β̂      α = |alpha|,  β̂ = −α + m,  m = softplus(beta) > 0: then 1 + β̂ h > 0 and the map is invertible
//   inverse   with r′ = ‖x − z₀‖ and q = r′ − m, r = (q + √(q² + 4 α r′)) / 2;  z = z₀ + (x − z₀) (r + α) / (r + m)
//
// The inverse: x − z₀ = (1 + β̂ h)(z − z₀), and 1 + β̂ h = (α + r + m − α) / (α + r) = (r + m) / (r + α). So
// r′ = r (r + m) / (r + α), that is r² − q r − α r′ = 0, whose roots have the product −α r′ ≤ 0: one of them is not negative.
//
// Source: Rezende & Mohamed 2015, arXiv:1505.05770, eq. 14 and appendix A.2. Ours: α = |alpha| (the paper asks for α > 0), and
// the inverse, for which the paper refers to a root.
//
// Limits: both logarithms of logDet cancel as m → 0 (β̂ → −α), so they are taken of quotients of positive terms:
//
//   1 + β̂ h = (r + m) / (r + α)
//   1 + β̂ h − β̂ r h² = 1 + β̂ α h² = (r² + 2 α r + α m) / (r + α)² = (r h) (1 + α h) + (α h) (m h)
//
// The root is taken without cancellation: for q < 0 as 2 α r′ / (√(q² + 4 α r′) − q). What stays:
//   - in float64 m underflows for beta < −745, and the inverse's q² overflows for r′ > 1e154.
//   - x itself is z + β̂ h (z − z₀) as in the paper. Near z₀ and for m ≪ α the two terms cancel to m / α of their size: relative
//     to |x − z₀| float64 is worth nothing for m < 1e-16 α, and the decimal instance (and its Jacobian) for m < 1e-60 α.
//   - α = 0 opens a hole of radius m: z = z₀ has no image (NaN), and what lies in the hole no origin (z₀, with logDet NaN).
//   - logDet has a kink at z = z₀: its derivative there is 0 by convention, as is ∇‖z‖.

import { type Algebra, norm } from './algebra.js';
import type { Forward, Inverse } from './chain.js';

/** The unconstrained parameters: z0 [d], alpha, beta. */
export interface Radial<T> {
  z0: T[];
  alpha: T;
  beta: T;
}

/** Reads the parameters from one vector of d + 2 numbers: z0, alpha, beta. */
export function fromVector<T>(vector: readonly T[]): Radial<T> {
  const dim = vector.length - 2;
  return { z0: vector.slice(0, dim), alpha: vector[dim], beta: vector[dim + 1] };
}

export function toVector<T>({ z0, alpha, beta }: Radial<T>): T[] {
  return [...z0, alpha, beta];
}

export function forward<T>(A: Algebra<T>, z: readonly T[], { z0, alpha, beta }: Radial<T>): Forward<T> {
  const a = A.abs(alpha);
  const m = A.softplus(beta);
  const offset = z.map((zi, i) => A.sub(zi, z0[i]));
  const r = norm(A, offset);
  const stretch = A.div(A.sub(m, a), A.add(a, r)); // β̂ h
  return { x: z.map((zi, i) => A.add(zi, A.mul(stretch, offset[i]))), logDet: logDeterminant(A, r, a, m, z.length) };
}

export function inverse<T>(A: Algebra<T>, x: readonly T[], { z0, alpha, beta }: Radial<T>): Inverse<T> {
  const a = A.abs(alpha);
  const m = A.softplus(beta);
  const offset = x.map((xi, i) => A.sub(xi, z0[i]));
  const r = radius(A, norm(A, offset), a, m);
  const ratio = A.div(A.add(r, a), A.add(r, m));
  return { z: z0.map((zi, i) => A.add(zi, A.mul(offset[i], ratio))), logDet: A.neg(logDeterminant(A, r, a, m, x.length)) };
}

/** The root r ≥ 0 of r² − q r − α r′ = 0. */
function radius<T>(A: Algebra<T>, rPrime: T, a: T, m: T): T {
  const q = A.sub(rPrime, m);
  const product = A.mul(a, rPrime);
  const root = A.sqrt(A.add(A.mul(q, q), A.mul(A.from(4), product)));
  if (A.lessThan(q, A.from(0))) return A.div(A.mul(A.from(2), product), A.sub(root, q));
  return A.div(A.add(q, root), A.from(2));
}

function logDeterminant<T>(A: Algebra<T>, r: T, a: T, m: T, dim: number): T {
  const over = (x: T) => A.div(x, A.add(r, a)); // x h
  const across = over(A.add(r, m));
  const along = A.add(A.mul(over(r), A.add(A.from(1), over(a))), A.mul(over(a), over(m)));
  return A.add(A.mul(A.from(dim - 1), A.log(across)), A.log(along));
}

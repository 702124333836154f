// The four energies in two dimensions that the paper fits; the unnormalised log density is −U.
//
//   w₁ = sin(π z₁ / 2)    w₂ = 3 exp(−½ ((z₁ − 1) / 0.6)²)    w₃ = 3 σ((z₁ − 1) / 0.3)    e = z₂ − w₁
//
//   U₁ = ½ ((‖z‖ − 2) / 0.4)² − ln(exp(−½ ((z₁ − 2) / 0.6)²) + exp(−½ ((z₁ + 2) / 0.6)²))
//   U₂ = ½ (e / 0.4)²
//   U₃ = −ln(exp(−½ (e / 0.35)²) + exp(−½ ((e + w₂) / 0.35)²))
//   U₄ = −ln(exp(−½ (e / 0.4)²)  + exp(−½ ((e + w₃) / 0.35)²))
//
// Source: Rezende & Mohamed 2015, arXiv:1505.05770, table 1. Ours: the envelope ½ (max(0, |z₁| − 4) / 0.4)², added to U₂, U₃
// and U₄ unless asked otherwise: as printed they go on for ever along z₁ and have no normalisation. ∇‖z‖ = 0 at 0.
//
// Limits: the sums of exponentials underflow in float64 some 14 standard deviations out (U = ∞), so −ln(e⁻ᵖ + e⁻ᵠ) is taken as
// min(p, q) − softplus(−|p − q|). In float64 sin(π z₁ / 2) loses a digit per decade of z₁: far out trust the decimal instance.
// The constants 0.6, 0.4, 0.35, 0.3 are the doubles of that name, in every algebra.

import { type Algebra, norm } from './algebra.js';

export interface EnergyOptions {
  /** Whether U₂, U₃ and U₄ are held within |z₁| ≲ 4. Default true. */
  envelope?: boolean;
}

export function u1<T>(A: Algebra<T>, z: readonly T[]): T {
  const ring = halfSquare(A, A.sub(norm(A, z), A.from(2)), 0.4);
  const right = halfSquare(A, A.sub(z[0], A.from(2)), 0.6);
  const left = halfSquare(A, A.add(z[0], A.from(2)), 0.6);
  return A.add(ring, either(A, right, left));
}

export function u2<T>(A: Algebra<T>, z: readonly T[], options?: EnergyOptions): T {
  return enveloped(A, halfSquare(A, fromWave(A, z), 0.4), z, options);
}

export function u3<T>(A: Algebra<T>, z: readonly T[], options?: EnergyOptions): T {
  const e = fromWave(A, z);
  const w2 = A.mul(A.from(3), A.exp(A.neg(halfSquare(A, A.sub(z[0], A.from(1)), 0.6))));
  return enveloped(A, either(A, halfSquare(A, e, 0.35), halfSquare(A, A.add(e, w2), 0.35)), z, options);
}

export function u4<T>(A: Algebra<T>, z: readonly T[], options?: EnergyOptions): T {
  const e = fromWave(A, z);
  const w3 = A.mul(A.from(3), A.sigmoid(A.div(A.sub(z[0], A.from(1)), A.from(0.3))));
  return enveloped(A, either(A, halfSquare(A, e, 0.4), halfSquare(A, A.add(e, w3), 0.35)), z, options);
}

/** e = z₂ − w₁ */
function fromWave<T>(A: Algebra<T>, z: readonly T[]): T {
  return A.sub(z[1], A.sin(A.div(A.mul(A.pi, z[0]), A.from(2))));
}

/** ½ (x / scale)² */
function halfSquare<T>(A: Algebra<T>, x: T, scale: number): T {
  const ratio = A.div(x, A.from(scale));
  return A.div(A.mul(ratio, ratio), A.from(2));
}

/** −ln(e⁻ᵖ + e⁻ᵠ). Both branches are the same smooth function, so derivatives are right at p = q too. */
function either<T>(A: Algebra<T>, p: T, q: T): T {
  const [less, more] = A.lessThan(q, p) ? [q, p] : [p, q];
  return A.sub(less, A.softplus(A.sub(less, more)));
}

function enveloped<T>(A: Algebra<T>, energy: T, z: readonly T[], { envelope = true }: EnergyOptions = {}): T {
  const excess = A.sub(A.abs(z[0]), A.from(4));
  return envelope && A.lessThan(A.from(0), excess) ? A.add(energy, halfSquare(A, excess, 0.4)) : energy;
}

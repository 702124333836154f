// Planar flow
//
//   forward   x = z + û tanh(a),         a = wᵀz + b
//   logDet    ln |1 + (1 − tanh² a) m|,  m = wᵀû
//   û         u + (m − wᵀu) w / |w|²,    m = −1 + softplus(wᵀu) > −1: what makes the map invertible
//   inverse   a + m tanh(a) = wᵀx + b has one root a;  z = x − û tanh(a)
//
// Source: Rezende & Mohamed 2015, arXiv:1505.05770, eq. 10 to 12 and appendix A.1.
//
// Limits: m is never formed where it stands beside 1. With δ = 1 + m = softplus(wᵀu), the same equations are
//
//   1 + (1 − h²) m = h² + s δ,           h = tanh a,  s = 1 − h² = sech² a: two terms that are not negative
//   a + m tanh a = (a − tanh a) + δ tanh a
//
// and in them nothing cancels: at a = 0, wᵀu = −40 the literal form gives ln(1 + (−1)) = −∞ in float64 (60 digits only
// put that off to wᵀu = −140), this one −40. What stays:
//   - for wᵀu < −745 δ underflows in float64; at a = 0 its logDet is then −∞ instead of wᵀu, and its inverse NaN. Trust the decimal instance.
//   - the inverse is ill-conditioned where the map is flat: an error e in x becomes e / (h² + s δ) in a. Round trips in
//     float64 lose those digits, whoever computes them. Trust the decimal instance.
//   - |w|² overflows or vanishes in float64 for |w| outside 1e±154; for w = 0 the map is not defined (NaN).

import { type Algebra, dot } from './algebra.js';
import type { Forward, Inverse } from './chain.js';

/** The unconstrained parameters: u [d], w [d], b. */
export interface Planar<T> {
  u: T[];
  w: T[];
  b: T;
}

/** Reads the parameters from one vector of 2 d + 1 numbers: u, w, b. */
export function fromVector<T>(vector: readonly T[]): Planar<T> {
  const dim = (vector.length - 1) / 2;
  return { u: vector.slice(0, dim), w: vector.slice(dim, 2 * dim), b: vector[2 * dim] };
}

export function toVector<T>({ u, w, b }: Planar<T>): T[] {
  return [...u, ...w, b];
}

/** û [d] and δ = 1 + wᵀû. */
export function constrain<T>(A: Algebra<T>, { u, w }: Planar<T>): { uHat: T[]; delta: T } {
  const wu = dot(A, w, u);
  const delta = A.softplus(wu);
  const m = A.sub(delta, A.from(1));
  const scale = A.div(A.sub(m, wu), dot(A, w, w));
  return { uHat: u.map((ui, i) => A.add(ui, A.mul(scale, w[i]))), delta };
}

export function forward<T>(A: Algebra<T>, z: readonly T[], parameters: Planar<T>): Forward<T> {
  const { uHat, delta } = constrain(A, parameters);
  const a = A.add(dot(A, parameters.w, z), parameters.b);
  const h = A.tanh(a);
  return { x: z.map((zi, i) => A.add(zi, A.mul(uHat[i], h))), logDet: A.log(slope(A, a, h, delta)) };
}

export function inverse<T>(A: Algebra<T>, x: readonly T[], parameters: Planar<T>): Inverse<T> {
  const { uHat, delta } = constrain(A, parameters);
  const a = preActivation(A, A.add(dot(A, parameters.w, x), parameters.b), delta);
  const h = A.tanh(a);
  return { z: x.map((xi, i) => A.sub(xi, A.mul(uHat[i], h))), logDet: A.neg(A.log(slope(A, a, h, delta))) };
}

/** h² + s δ with h = tanh a: det ∂x/∂z, and the derivative of a + m tanh a: one formula for both. */
export function slope<T>(A: Algebra<T>, a: T, h: T, delta: T): T {
  return A.add(A.mul(h, h), A.mul(A.sechSquared(a), delta));
}

/** F(a) − c, with F(a) = a + m tanh a. */
function residual<T>(A: Algebra<T>, a: T, h: T, c: T, delta: T): T {
  return A.sub(A.add(minusTanh(A, a, h), A.mul(delta, h)), c);
}

/**
 * The root a of F(a) = c.
 *
 * It is found on values alone: a₀ is a constant with F(a₀) = c to the algebra's precision. A last Newton step,
 * a = a₀ − (F(a₀) − c) / F′(a₀), is then taken in the algebra itself. Over duals, where c and δ carry derivatives and a₀
 * carries none, that step is the implicit function theorem, da = (dc − ∂F/∂δ dδ) / F′: exact first derivatives, though the
 * iteration was never differentiated. (A dual of duals would need two such steps.)
 */
export function preActivation<T>(A: Algebra<T>, c: T, delta: T): T {
  const root = solve(A, A.constant(c), A.constant(delta));
  const h = A.tanh(root);
  const step = A.div(residual(A, root, h, c, delta), A.constant(slope(A, root, h, delta)));
  return A.sub(root, step);
}

/**
 * F is odd, so let c > 0: then a > 0. There F′ = δ + (1 − δ) tanh² a rises with a if δ < 1 and falls otherwise: F is convex
 * or concave, and Newton from the side where F curves away approaches the root without ever passing it. Starting points:
 *
 *   δ < 1   F(a) ≥ δ a,  F(a) ≥ a − 1 and, up to a = 1, F(a) ≥ a − tanh a ≥ a³/5:  a ≤ min(c/δ, c + 1, ∛(5c) if that is ≤ 1)
 *   δ ≥ 1   F(a) ≤ δ a,  F(a) ≤ a + m:                                           a ≥ max(c/δ, c − m)
 */
function solve<T>(A: Algebra<T>, c: T, delta: T): T {
  const zero = A.from(0);
  const one = A.from(1);
  if (A.lessThan(c, zero)) return A.neg(solve(A, A.neg(c), delta));
  if (!A.lessThan(zero, c)) return zero;

  const convex = A.lessThan(delta, one);
  let a = A.div(c, delta);
  if (convex) {
    a = least(A, a, A.add(c, one));
    const cubeRoot = A.exp(A.div(A.log(A.mul(A.from(5), c)), A.from(3)));
    if (A.lessThan(cubeRoot, one)) a = least(A, a, cubeRoot);
  } else {
    const other = A.sub(c, A.sub(delta, one));
    if (A.lessThan(a, other)) a = other;
  }
  for (let iteration = 0; iteration < MAXIMUM_ITERATIONS; iteration++) {
    const h = A.tanh(a);
    const step = A.div(residual(A, a, h, c, delta), slope(A, a, h, delta));
    a = A.sub(a, step);
    // it has arrived when the step is lost in a's last digits, or when rounding alone makes it turn back
    const turned = convex ? !A.lessThan(zero, step) : !A.lessThan(step, zero);
    if (turned || A.lessThan(A.abs(step), A.mul(A.epsilon, a))) return a;
  }
  throw new Error(`planar.inverse: wᵀx + b must lead to a root; got ${A.toNumber(c)} with δ = ${A.toNumber(delta)}.`);
}

/** Far more than are needed: some 60 digits double at every step. */
const MAXIMUM_ITERATIONS = 200;

function least<T>(A: Algebra<T>, x: T, y: T): T {
  return A.lessThan(x, y) ? x : y;
}

/**
 * a − tanh a. For small a it is a³/3 and the difference cancels, so up to |a| = 1 it is taken from Lambert's continued fraction,
 * tanh a = a / (1 + t) with t = a²/(3 + a²/(5 + a²/(7 + …))): a − tanh a = a t / (1 + t), all terms positive. 40 levels are
 * good for 120 digits.
 */
function minusTanh<T>(A: Algebra<T>, a: T, h: T): T {
  const one = A.from(1);
  if (A.lessThan(one, A.abs(a))) return A.sub(a, h);
  const square = A.mul(a, a);
  let t = A.from(0);
  for (let level = 40; level >= 1; level--) t = A.div(square, A.add(A.from(2 * level + 1), t));
  return A.div(A.mul(a, t), A.add(one, t));
}

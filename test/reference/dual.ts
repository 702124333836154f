// Forward-mode automatic differentiation: numbers v + Σᵢ tᵢ εᵢ with εᵢ εⱼ = 0.
//
// A function written over `Algebra<T>` and given duals returns its value and its exact derivatives along every εᵢ: no step
// size, no truncation. That makes the Jacobians, log-determinants and gradients that the kernels' hand-written ones are held
// against. Over `decimal` they are right to some 50 digits.
//
// Limits: a derivative is that of the branch that was taken: of |x| at 0 (here 0), of ‖x‖ at 0 (here 0).

import type { Algebra } from './algebra.js';

export interface Dual<T> {
  readonly value: T;
  /** One per variable; none at all for a constant, which then costs nothing. */
  readonly tangents: readonly T[];
}

/** The duals over `A`, an algebra themselves. */
export function dualAlgebra<T>(A: Algebra<T>): Algebra<Dual<T>> {
  const constant = (value: T): Dual<T> => ({ value, tangents: [] });
  const zero = A.from(0);
  const one = A.from(1);
  const two = A.from(2);

  // f(x): the derivative f′(x) is computed only if someone asks for it
  const unary =
    (f: (x: T) => T, derivative: (x: T, fx: T) => T) =>
    (x: Dual<T>): Dual<T> => {
      const value = f(x.value);
      if (x.tangents.length === 0) return constant(value);
      const slope = derivative(x.value, value);
      return { value, tangents: x.tangents.map((t) => A.mul(slope, t)) };
    };
  const scaled = (factor: T, tangents: readonly T[]) => tangents.map((t) => A.mul(factor, t));
  const added = (x: readonly T[], y: readonly T[]) => {
    if (x.length === 0) return y;
    if (y.length === 0) return x;
    return x.map((t, i) => A.add(t, y[i]));
  };

  const neg = unary(A.neg, () => A.neg(one));
  const add = (x: Dual<T>, y: Dual<T>): Dual<T> => ({ value: A.add(x.value, y.value), tangents: added(x.tangents, y.tangents) });
  return {
    epsilon: constant(A.epsilon),
    pi: constant(A.pi),
    from: (x) => constant(A.from(x)),
    toNumber: (x) => A.toNumber(x.value),
    constant: (x) => constant(x.value),
    add,
    sub: (x, y) => ({ value: A.sub(x.value, y.value), tangents: added(x.tangents, neg(y).tangents) }),
    mul: (x, y) => ({
      value: A.mul(x.value, y.value),
      tangents: added(scaled(y.value, x.tangents), scaled(x.value, y.tangents)),
    }),
    div: (x, y) => {
      // (x / y)′ = x′ / y − (x / y) y′ / y
      const value = A.div(x.value, y.value);
      const fromX = x.tangents.map((t) => A.div(t, y.value));
      const fromY = y.tangents.map((t) => A.neg(A.mul(value, A.div(t, y.value))));
      return { value, tangents: added(fromX, fromY) };
    },
    neg,
    abs: unary(A.abs, (x) => (A.lessThan(x, zero) ? A.neg(one) : A.lessThan(zero, x) ? one : zero)),
    sqrt: unary(A.sqrt, (_, root) => A.div(one, A.mul(two, root))),
    exp: unary(A.exp, (_, e) => e),
    log: unary(A.log, (x) => A.div(one, x)),
    log1p: unary(A.log1p, (x) => A.div(one, A.add(one, x))),
    tanh: unary(A.tanh, (x) => A.sechSquared(x)),
    sechSquared: unary(A.sechSquared, (x, s) => A.neg(A.mul(two, A.mul(A.tanh(x), s)))),
    sigmoid: unary(A.sigmoid, (x, sigmoid) => A.mul(sigmoid, A.sigmoid(A.neg(x)))),
    softplus: unary(A.softplus, (x) => A.sigmoid(x)),
    normalCdf: unary(A.normalCdf, (x) => A.div(A.exp(A.neg(A.div(A.mul(x, x), two))), A.sqrt(A.mul(two, A.pi)))),
    sin: unary(A.sin, (x) => A.cos(x)),
    cos: unary(A.cos, (x) => A.neg(A.sin(x))),
    lessThan: (x, y) => A.lessThan(x.value, y.value),
  };
}

/** `x` as the independent variables: the i-th has tangent eᵢ. */
export function variables<T>(A: Algebra<T>, x: readonly T[]): Dual<T>[] {
  const [zero, one] = [A.from(0), A.from(1)];
  return x.map((value, i) => ({ value, tangents: x.map((_, j) => (i === j ? one : zero)) }));
}

/** The matrix ∂fᵢ/∂xⱼ, row by row. */
export function jacobian<T>(
  A: Algebra<T>,
  fn: (D: Algebra<Dual<T>>, x: Dual<T>[]) => readonly Dual<T>[],
  x: readonly T[],
): T[][] {
  const zero = A.from(0);
  return fn(dualAlgebra(A), variables(A, x)).map(({ tangents }) => x.map((_, j) => tangents[j] ?? zero));
}

/** A scalar function and its gradient at `x`. */
export function gradient<T>(
  A: Algebra<T>,
  fn: (D: Algebra<Dual<T>>, x: Dual<T>[]) => Dual<T>,
  x: readonly T[],
): { value: T; gradient: T[] } {
  const zero = A.from(0);
  const { value, tangents } = fn(dualAlgebra(A), variables(A, x));
  return { value, gradient: x.map((_, j) => tangents[j] ?? zero) };
}

/** ln |det M| of a square matrix, by elimination with partial pivoting; the log of 0 when M is singular. */
export function logAbsDet<T>(A: Algebra<T>, matrix: readonly (readonly T[])[]): T {
  const rows = matrix.map((row) => [...row]);
  let logDet = A.from(0);
  for (let k = 0; k < rows.length; k++) {
    let pivot = k;
    for (let i = k + 1; i < rows.length; i++) {
      if (A.lessThan(A.abs(rows[pivot][k]), A.abs(rows[i][k]))) pivot = i;
    }
    [rows[k], rows[pivot]] = [rows[pivot], rows[k]];
    const size = A.abs(rows[k][k]);
    logDet = A.add(logDet, A.log(size));
    if (!A.lessThan(A.from(0), size)) return logDet;
    for (let i = k + 1; i < rows.length; i++) {
      const factor = A.div(rows[i][k], rows[k][k]);
      for (let j = k; j < rows.length; j++) rows[i][j] = A.sub(rows[i][j], A.mul(factor, rows[k][j]));
    }
  }
  return logDet;
}

// Maps without parameters, of one number
//
//   bound       x = bound + sign e^z,          ln |f′| = z
//   interval    x = low + (high − low) σ(z),   ln |f′| = ln(high − low) + ln σ(z) + ln σ(−z)
//   softplus    x = ln(1 + e^z),               ln |f′| = ln σ(z)
//   tanh        x = tanh z,                    ln |f′| = ln sech² z
//   leakyRelu   x = z or slope z,              ln |f′| = 0 or ln slope
//
// Source: Stan reference manual, chapter "Constraint transforms", for the first two.
// Limits: they are undefined on the edge of the support and outside: NaN or an infinity. 1 − e^−x is written with tanh(x / 2) where x
// is small, since the difference would leave nothing of it.

import { type Algebra, sum } from './algebra.js';
import type { Layer } from './chain.js';

/** A function of one number and the logarithm of its derivative. */
type Scalar = <T>(A: Algebra<T>, x: T) => { value: T; logSlope: T };

export interface FixedMap {
  readonly forward: Scalar;
  readonly inverse: Scalar;
}

export function bound(at: number, sign: 1 | -1): FixedMap {
  return {
    forward: (A, z) => ({ value: A.add(A.from(at), A.mul(A.from(sign), A.exp(z))), logSlope: z }),
    inverse: (A, x) => {
      const value = A.log(A.mul(A.from(sign), A.sub(x, A.from(at))));
      return { value, logSlope: A.neg(value) };
    },
  };
}

export function interval(low: number, high: number): FixedMap {
  return {
    forward: (A, z) => {
      const width = A.sub(A.from(high), A.from(low));
      const value = A.add(A.from(low), A.mul(width, A.sigmoid(z)));
      return { value, logSlope: A.sub(A.log(width), A.add(A.softplus(z), A.softplus(A.neg(z)))) };
    },
    inverse: (A, x) => {
      const width = A.sub(A.from(high), A.from(low));
      const [u, v] = [A.log(A.div(A.sub(x, A.from(low)), width)), A.log(A.div(A.sub(A.from(high), x), width))];
      return { value: A.sub(u, v), logSlope: A.neg(A.add(A.add(u, v), A.log(width))) };
    },
  };
}

export const softplus: FixedMap = {
  forward: (A, z) => ({ value: A.softplus(z), logSlope: A.neg(A.softplus(A.neg(z))) }),
  inverse: (A, x) => {
    const logT = A.log(oneMinusExp(A, x));
    return { value: A.add(x, logT), logSlope: A.neg(logT) };
  },
};

/** 1 − e^−x for x > 0. */
function oneMinusExp<T>(A: Algebra<T>, x: T): T {
  if (A.lessThan(A.from(1), x)) return A.sub(A.from(1), A.exp(A.neg(x)));
  const half = A.tanh(A.div(x, A.from(2)));
  return A.div(A.add(half, half), A.add(A.from(1), half));
}

export const tanh: FixedMap = {
  forward: (A, z) => ({ value: A.tanh(z), logSlope: A.log(A.sechSquared(z)) }),
  inverse: (A, x) => {
    const value = A.div(A.sub(A.log1p(x), A.log1p(A.neg(x))), A.from(2));
    return { value, logSlope: A.neg(A.log1p(A.neg(A.mul(x, x)))) };
  },
};

export function leakyRelu(slope: number): FixedMap {
  const either = (power: 1 | -1): Scalar => {
    return (A, z) => {
      if (!A.lessThan(z, A.from(0))) return { value: z, logSlope: A.from(0) };
      const factor = A.from(slope);
      const logSlope = A.log(factor);
      return power === 1 ? { value: A.mul(factor, z), logSlope } : { value: A.div(z, factor), logSlope: A.neg(logSlope) };
    };
  };
  return { forward: either(1), inverse: either(-1) };
}

/** The same map turned round. */
export function inverted({ forward, inverse }: FixedMap): FixedMap {
  return { forward: inverse, inverse: forward };
}

/** The map applied to every feature. */
export function fixedLayer<T>({ forward, inverse }: FixedMap): Layer<T> {
  const apply = (A: Algebra<T>, row: readonly T[], fn: Scalar): { values: T[]; logDet: T } => {
    const each = row.map((entry) => fn(A, entry));
    return {
      values: each.map(({ value }) => value),
      logDet: sum(
        A,
        each.map(({ logSlope }) => logSlope),
      ),
    };
  };
  return {
    forward: (A, z) => {
      const { values, logDet } = apply(A, z, forward);
      return { x: values, logDet };
    },
    inverse: (A, x) => {
      const { values, logDet } = apply(A, x, inverse);
      return { z: values, logDet };
    },
  };
}

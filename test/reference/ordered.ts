// Ordered numbers
//
//   forward   x_1 = z_1,   x_k = x_{k−1} + e^{z_k},   logDet Σ_{k≥2} z_k;     positive: x_0 = 0 instead, and sums from k = 1
//   inverse   z_k = ln(x_k − x_{k−1}),                logDet −Σ
//
// Source: Stan reference manual, "Ordered vector", "Positive ordered vector".

import { type Algebra, sum } from './algebra.js';
import type { Layer } from './chain.js';

export function orderedLayer<T>(isPositive: boolean): Layer<T> {
  const steps = (values: readonly T[]): T[] => (isPositive ? [...values] : values.slice(1));
  return {
    forward: (A, z) => {
      let last = A.from(0);
      const x = z.map((zk, k) => (last = k === 0 && !isPositive ? zk : A.add(last, A.exp(zk))));
      return { x, logDet: sum(A, steps(z)) };
    },
    inverse: (A: Algebra<T>, x) => {
      const z = x.map((xk, k) => {
        if (k === 0) return isPositive ? A.log(xk) : xk;
        return A.log(A.sub(xk, x[k - 1]));
      });
      return { z, logDet: A.neg(sum(A, steps(z))) };
    },
  };
}

// x = shift + scale z with ln |∂x/∂z| = ln scale; scale is one of seven functions of the raw parameter.

import type { Scale } from '../../../src/maps/affine.js';
import type { Algebra } from '../algebra.js';
import type { ElementwiseMap } from '../elementwise.js';

/** ln scale, exact relative to itself, where there is a closed form. */
function logScale<T>(A: Algebra<T>, raw: T, scale: Scale): T {
  const shifted = A.add(raw, A.from(2));
  switch (scale) {
    case 'exp':
      return raw;
    case 'softclip':
      return A.div(raw, A.add(A.from(1), A.div(A.abs(raw), A.log(A.from(1000)))));
    case 'sigmoid':
      return A.neg(A.softplus(A.neg(shifted)));
    case 'sigmoid-reciprocal':
      return A.softplus(A.neg(shifted));
    case 'sigmoid-floor':
      return A.log(A.add(A.sigmoid(shifted), A.from(1e-3)));
    case 'softplus':
      return A.log(A.add(A.softplus(raw), A.from(1e-3)));
    case 'softplus-capped': {
      const value = A.add(A.softplus(raw), A.from(1e-3));
      return A.log(A.lessThan(A.from(3), value) ? A.from(3) : value);
    }
  }
}

export function affine(scale: Scale): ElementwiseMap {
  return {
    forward(A, z, [shift, raw]) {
      const logDet = logScale(A, raw, scale);
      return { x: A.add(shift, A.mul(A.exp(logDet), z)), logDet };
    },
    inverse(A, x, [shift, raw]) {
      const minus = A.neg(logScale(A, raw, scale));
      return { z: A.mul(A.sub(x, shift), A.exp(minus)), logDet: minus };
    },
  };
}

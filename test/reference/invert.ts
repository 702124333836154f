// A layer turned round: x = g⁻¹(z), with ln |det| of g⁻¹.

import type { Layer } from './chain.js';

export function invert<T>(layer: Layer<T>): Layer<T> {
  return {
    forward(A, z) {
      const { z: x, logDet } = layer.inverse(A, z);
      return { x, logDet };
    },
    inverse(A, x) {
      const { x: z, logDet } = layer.forward(A, x);
      return { z, logDet };
    },
  };
}

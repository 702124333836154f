// x = z + shift, of log-determinant 0

import type { ElementwiseMap } from '../elementwise.js';

export const additive: ElementwiseMap = {
  forward: (A, z, [shift]) => ({ x: A.add(z, shift), logDet: A.from(0) }),
  inverse: (A, x, [shift]) => ({ z: A.sub(x, shift), logDet: A.from(0) }),
};

import { additiveMap } from './additive.js';
import { affineMap } from './affine.js';
import { splineMap } from './spline.js';

/**
 * Monotone functions of one number, for `elementwise`, `coupling` and `autoregressive`.
 *
 * @example
 * ```ts
 * const flow = new Flow({ base: normal(2), transforms: [elementwise(2, maps.affine())] });
 * ```
 */
export const maps = {
  affine: affineMap,
  additive: additiveMap,
  spline: splineMap,
} as const;

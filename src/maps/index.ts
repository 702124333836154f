import { additiveMap } from './additive.js';
import { affineMap } from './affine.js';
import { expMap, lowerBoundMap, upperBoundMap } from './bound.js';
import { intervalMap, logitMap, sigmoidMap } from './interval.js';
import { leakyReluMap } from './leaky-relu.js';
import { softplusMap } from './softplus.js';
import { tanhMap } from './tanh.js';
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
  exp: expMap,
  softplus: softplusMap,
  sigmoid: sigmoidMap,
  logit: logitMap,
  tanh: tanhMap,
  leakyRelu: leakyReluMap,
  interval: intervalMap,
  lowerBound: lowerBoundMap,
  upperBound: upperBoundMap,
  spline: splineMap,
} as const;

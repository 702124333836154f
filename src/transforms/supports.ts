import { expMap, lowerBoundMap, upperBoundMap } from '../maps/bound.js';
import { intervalMap } from '../maps/interval.js';
import { elementwise } from './elementwise.js';
import { ordered, positiveOrdered } from './ordered.js';
import { simplex } from './simplex.js';
import type { Transform } from './transform.js';

/**
 * Last layers that bring x to where it must lie. None has parameters, and outside of the support `logProb` is −∞.
 *
 * @example
 * ```ts
 * const flow = new Flow({ base: normal(2), transforms: [planar(2), supports.interval(2, -1, 1)], seed: 1 });
 * const x = flow.sample(10); // each within (−1, 1)
 * ```
 */
export const supports = {
  /** x > 0: `elementwise` with `maps.exp`. */
  positive: (dim: number): Transform => elementwise(dim, expMap()),
  /** low < x < high: `elementwise` with `maps.interval`. */
  interval: (dim: number, low: number, high: number): Transform => elementwise(dim, intervalMap({ low, high })),
  /** x > low: `elementwise` with `maps.lowerBound`. */
  lowerBound: (dim: number, low: number): Transform => elementwise(dim, lowerBoundMap({ low })),
  /** x < high: `elementwise` with `maps.upperBound`. */
  upperBound: (dim: number, high: number): Transform => elementwise(dim, upperBoundMap({ high })),
  ordered,
  positiveOrdered,
  simplex,
} as const;

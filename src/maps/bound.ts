import { FixedFunction } from '../../assembly/opcodes.js';
import { requireOptions } from '../arguments.js';
import { FixedMap, type NoOptions, requireFiniteNumber, requireNoOptions } from './fixed.js';
import type { ElementwiseMap } from './map.js';

/**
 * Positive numbers, x_j = e^{z_j}, with ln |∂x_j/∂z_j| = z_j. Below 0 the density is 0.
 *
 * @throws {TypeError} for any option
 * @example
 * ```ts
 * const logNormal = new Flow({ base: normal(1), transforms: [elementwise(1, maps.exp())] });
 * const [density] = logNormal.logProb([[1]]); // −½ ln 2π
 * ```
 */
export function expMap(options: NoOptions = {}): ElementwiseMap {
  requireNoOptions('maps.exp', options);
  return bound({ type: 'exp' }, 0, 1);
}

export interface LowerBoundOptions {
  readonly low: number;
}

/**
 * Numbers above a bound, x_j = low + e^{z_j}, with ln |∂x_j/∂z_j| = z_j.
 *
 * Source: Stan reference manual, "Lower bounded scalar".
 *
 * @throws {TypeError} for an unknown option, or a bound that is no number
 * @throws {RangeError} unless the bound is finite
 * @example
 * ```ts
 * const above3 = elementwise(2, maps.lowerBound({ low: 3 }));
 * ```
 */
export function lowerBoundMap(options: LowerBoundOptions): ElementwiseMap {
  requireOptions('maps.lowerBound', options, ['low']);
  const low = requireFiniteNumber('maps.lowerBound', 'low', options.low);
  return bound({ type: 'lowerBound', low }, low, 1);
}

export interface UpperBoundOptions {
  readonly high: number;
}

/**
 * Numbers below a bound, x_j = high − e^{z_j}, with ln |∂x_j/∂z_j| = z_j; decreasing.
 *
 * Source: Stan reference manual, "Upper bounded scalar".
 *
 * @throws {TypeError} for an unknown option, or a bound that is no number
 * @throws {RangeError} unless the bound is finite
 * @example
 * ```ts
 * const negative = elementwise(2, maps.upperBound({ high: 0 }));
 * ```
 */
export function upperBoundMap(options: UpperBoundOptions): ElementwiseMap {
  requireOptions('maps.upperBound', options, ['high']);
  const high = requireFiniteNumber('maps.upperBound', 'high', options.high);
  return bound({ type: 'upperBound', high }, high, -1);
}

function bound(description: { type: string; low?: number; high?: number }, at: number, sign: 1 | -1): ElementwiseMap {
  return new FixedMap(description, FixedFunction.Bound, FixedFunction.BoundInverse, [at, sign]);
}

import { FixedFunction } from '../../assembly/opcodes.js';
import { requireOptions } from '../arguments.js';
import { FixedMap, type NoOptions, requireFiniteNumber, requireNoOptions } from './fixed.js';
import type { ElementwiseMap } from './map.js';

/**
 * Numbers in (0, 1), x_j = σ(z_j) = 1 / (1 + e^{−z_j}), with ln |∂x_j/∂z_j| = −softplus(z_j) − softplus(−z_j). From z = 37 on x rounds
 * to 1, from where there is no way back.
 *
 * @throws {TypeError} for any option
 * @example
 * ```ts
 * const unit = elementwise(2, maps.sigmoid());
 * ```
 */
export function sigmoidMap(options: NoOptions = {}): ElementwiseMap {
  requireNoOptions('maps.sigmoid', options);
  return new FixedMap({ type: 'sigmoid' }, FixedFunction.Interval, FixedFunction.IntervalInverse, [0, 1]);
}

/**
 * From (0, 1) to all numbers, x_j = ln(z_j / (1 − z_j)), with ln |∂x_j/∂z_j| = −ln z_j − ln(1 − z_j): the sigmoid turned round. What comes
 * before it must keep to (0, 1), as a sigmoid does and a normal base does not.
 *
 * @throws {TypeError} for any option
 * @example
 * ```ts
 * const there = [elementwise(1, maps.sigmoid()), elementwise(1, maps.logit())];
 * new Flow({ base: normal(1), transforms: there }).forward([[0.3]]); // x = 0.3, to rounding
 * ```
 */
export function logitMap(options: NoOptions = {}): ElementwiseMap {
  requireNoOptions('maps.logit', options);
  return new FixedMap({ type: 'logit' }, FixedFunction.IntervalInverse, FixedFunction.Interval, [0, 1]);
}

export interface IntervalOptions {
  readonly low: number;
  readonly high: number;
}

/**
 * Numbers between two bounds, x_j = low + (high − low) σ(z_j), with ln |∂x_j/∂z_j| = ln(high − low) + ln σ(z_j) + ln σ(−z_j).
 *
 * Source: Stan reference manual, "Lower and upper bounded scalar".
 *
 * @throws {TypeError} for an unknown option, or a bound that is no number
 * @throws {RangeError} unless the bounds are finite, `low` below `high`, and their difference finite
 * @example
 * ```ts
 * const angle = elementwise(2, maps.interval({ low: -Math.PI, high: Math.PI }));
 * ```
 */
export function intervalMap(options: IntervalOptions): ElementwiseMap {
  const where = 'maps.interval';
  requireOptions(where, options, ['low', 'high']);
  const low = requireFiniteNumber(where, 'low', options.low);
  const high = requireFiniteNumber(where, 'high', options.high);
  if (!(low < high && Number.isFinite(high - low))) {
    throw new RangeError(`${where}: low must be below high by a finite number; got ${low} and ${high}.`);
  }
  return new FixedMap({ type: 'interval', low, high }, FixedFunction.Interval, FixedFunction.IntervalInverse, [low, high]);
}

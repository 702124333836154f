import { FixedFunction } from '../../assembly/opcodes.js';
import { requireOptions } from '../arguments.js';
import { FixedMap, requireFiniteNumber } from './fixed.js';
import type { ElementwiseMap } from './map.js';

export interface LeakyReluOptions {
  /** The slope below 0; above it is 1. Default 0.01. */
  readonly slope?: number;
}

/**
 * Leaky rectifier: x_j = z_j where z_j ≥ 0, slope z_j below, with ln |∂x_j/∂z_j| = 0 or ln slope. It bends at 0, and the density jumps there
 * by the factor slope; the gradient of ln |det| is 0 on either side and says nothing of it.
 *
 * @throws {TypeError} for an unknown option, or a slope that is no number
 * @throws {RangeError} unless slope and 1 / slope are positive and finite
 * @example
 * ```ts
 * const bend = elementwise(2, maps.leakyRelu({ slope: 0.1 }));
 * ```
 */
export function leakyReluMap(options: LeakyReluOptions = {}): ElementwiseMap {
  const where = 'maps.leakyRelu';
  requireOptions(where, options, ['slope']);
  const slope = requireFiniteNumber(where, 'slope', options.slope ?? 0.01);
  if (!(slope > 0 && Number.isFinite(1 / slope))) {
    throw new RangeError(`${where}: slope must be positive, with a finite reciprocal; got ${slope}.`);
  }
  return new FixedMap({ type: 'leakyRelu', slope }, FixedFunction.LeakyRelu, FixedFunction.LeakyReluInverse, [slope, 0]);
}

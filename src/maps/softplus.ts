import { FixedFunction } from '../../assembly/opcodes.js';
import { FixedMap, type NoOptions, requireNoOptions } from './fixed.js';
import type { ElementwiseMap } from './map.js';

/**
 * Positive numbers, x_j = ln(1 + e^{z_j}), with ln |∂x_j/∂z_j| = −softplus(−z_j). Like `exp` below 0, like z itself above: large values
 * do not run away.
 *
 * @throws {TypeError} for any option
 * @example
 * ```ts
 * const positive = elementwise(2, maps.softplus());
 * ```
 */
export function softplusMap(options: NoOptions = {}): ElementwiseMap {
  requireNoOptions('maps.softplus', options);
  return new FixedMap({ type: 'softplus' }, FixedFunction.Softplus, FixedFunction.SoftplusInverse);
}

import { FixedFunction } from '../../assembly/opcodes.js';
import { FixedMap, type NoOptions, requireNoOptions } from './fixed.js';
import type { ElementwiseMap } from './map.js';

/**
 * Numbers in (−1, 1), x_j = tanh z_j, with ln |∂x_j/∂z_j| = ln sech² z_j. Beyond |z| = 19 x rounds to ±1, from where there is no way back.
 *
 * @throws {TypeError} for any option
 * @example
 * ```ts
 * const box = elementwise(2, maps.tanh());
 * ```
 */
export function tanhMap(options: NoOptions = {}): ElementwiseMap {
  requireNoOptions('maps.tanh', options);
  return new FixedMap({ type: 'tanh' }, FixedFunction.Tanh, FixedFunction.TanhInverse);
}

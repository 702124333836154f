import type { LogDet, Operand, Recorder } from '../program/recorder.js';
import type { ElementwiseMap, MapDescription } from './map.js';

/**
 * Additive map x_j = z_j + shift_j, of log-determinant 0; one parameter a feature. What NICE applies: volume is preserved.
 *
 * Source: Dinh, Krueger & Bengio 2015, arXiv:1410.8516, §3.2.
 *
 * @example
 * ```ts
 * const flow = new Flow({ base: normal(2), transforms: [coupling(2, { map: maps.additive() })] });
 * ```
 */
export function additiveMap(): ElementwiseMap {
  return new AdditiveMap();
}

class AdditiveMap implements ElementwiseMap {
  readonly parameterCount = 1;
  readonly identity: readonly number[] = [0];

  describe(): MapDescription {
    return { type: 'additive' };
  }

  recordForward(recorder: Recorder, input: Operand, parameters: Operand, _logDet: LogDet): Operand {
    return recorder.emit('additiveMap', { input, parameters }, { dim: input.rows, sign: 1 }).out;
  }

  recordInverse(recorder: Recorder, input: Operand, parameters: Operand, _logDet: LogDet): Operand {
    return recorder.emit('additiveMap', { input, parameters }, { dim: input.rows, sign: -1 }).out;
  }
}

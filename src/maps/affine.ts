import { ScaleFunction } from '../../assembly/opcodes.js';
import { requireChoice, requireOptions } from '../arguments.js';
import type { LogDet, Operand, Recorder } from '../program/recorder.js';
import { LOG_SCALE_LIMIT } from '../transforms/affine.js';
import type { ElementwiseMap, MapDescription } from './map.js';

/** How an affine map's scale depends on its raw parameter. */
export type Scale = keyof typeof SCALES;

export interface AffineMapOptions {
  /**
   * `'softclip'`: e^s with s = raw / (1 + |raw| / ln 1000), between 1/1000 and 1000 (zuko's); `'exp'`: e^raw, unbounded (RealNVP, MAF, normflows);
   * `'sigmoid'`: σ(raw + 2) (Glow), `'sigmoid-reciprocal'`: 1 / σ(raw + 2) (Glow in normflows, where σ scales from data to base);
   * `'sigmoid-floor'`: σ(raw + 2) + 1e-3, `'softplus'`: softplus(raw) + 1e-3 and `'softplus-capped'`:
   * min(softplus(raw) + 1e-3, 3) (nflows). Default `'softclip'`.
   */
  readonly scale?: Scale;
}

const SCALES = {
  softclip: { fn: ScaleFunction.SoftClip, identity: 0, limit: undefined },
  exp: { fn: ScaleFunction.Exp, identity: 0, limit: LOG_SCALE_LIMIT },
  sigmoid: { fn: ScaleFunction.Sigmoid, identity: 5, limit: LOG_SCALE_LIMIT },
  'sigmoid-reciprocal': { fn: ScaleFunction.SigmoidReciprocal, identity: 5, limit: LOG_SCALE_LIMIT },
  'sigmoid-floor': { fn: ScaleFunction.SigmoidFloor, identity: 4.906754778648554, limit: undefined },
  softplus: { fn: ScaleFunction.Softplus, identity: 0.5397424172369522, limit: undefined },
  'softplus-capped': { fn: ScaleFunction.SoftplusCapped, identity: 0.5397424172369522, limit: undefined },
} as const;

/**
 * Affine map x_j = shift_j + scale_j z_j with ln |∂x_j/∂z_j| = ln scale_j; parameters of a feature: shift, raw scale. What RealNVP and
 * MAF apply. Cheap, with a closed inverse; it stretches but never bends.
 *
 * Source: Dinh, Sohl-Dickstein & Bengio 2017, arXiv:1605.08803, eq. 7–8.
 *
 * @throws {TypeError} for an unknown option
 * @throws {RangeError} for an unknown scale
 * @example
 * ```ts
 * const flow = new Flow({ base: normal(2), transforms: [coupling(2, { map: maps.affine({ scale: 'exp' }) })] });
 * ```
 */
export function affineMap(options: AffineMapOptions = {}): ElementwiseMap {
  requireOptions('maps.affine', options, ['scale']);
  return new AffineMap(requireChoice('maps.affine', 'scale', options.scale ?? 'softclip', Object.keys(SCALES) as Scale[]));
}

class AffineMap implements ElementwiseMap {
  readonly parameterCount = 2;
  readonly identity: readonly number[];
  readonly limit: number | undefined;

  constructor(readonly scale: Scale) {
    this.identity = [0, SCALES[scale].identity];
    this.limit = SCALES[scale].limit;
  }

  describe(): MapDescription {
    return { type: 'affine', scale: this.scale };
  }

  recordForward(recorder: Recorder, z: Operand, parameters: Operand, logDet: LogDet): Operand {
    return recorder.emit('affineMapForward', { z, parameters, logDet: logDet.plus(1) }, this.#sizes(z)).x;
  }

  recordInverse(recorder: Recorder, x: Operand, parameters: Operand, logDet: LogDet): Operand {
    return recorder.emit('affineMapInverse', { x, parameters, logDet: logDet.plus(-1) }, this.#sizes(x)).z;
  }

  #sizes({ rows }: Operand): { dim: number; fn: number } {
    return { dim: rows, fn: SCALES[this.scale].fn };
  }
}

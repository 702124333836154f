import type { LogDet, Operand, Operands, Recorder } from '../program/recorder.js';
import { layersOf, requireTransforms } from './chain.js';
import { type ParameterSpec, type Transform, type TransformDescription, dataDimOf } from './transform.js';

/**
 * A transform turned round: its `forward` is the other's `inverse`. For a layer that is cheap in one direction, the choice which one:
 * an autoregressive layer samples in one pass, inverted it scores in one (IAF and MAF).
 *
 * @param transform any transform; its parameters keep their names
 * @throws {TypeError} when it is no transform
 * @throws {RangeError} when it changes the dim, or is set up by data
 * @example
 * ```ts
 * const flow = new Flow({ base: normal(2), transforms: [invert(planar(2))], seed: 1 });
 * ```
 */
export function invert(transform: Transform): Transform {
  const [inner] = requireTransforms('invert', [transform]);
  if (dataDimOf(inner) !== inner.dim)
    throw new RangeError(`invert: transform must keep the dim; got one from ${inner.dim} to ${dataDimOf(inner)}.`);
  if (layersOf(inner).some((layer) => layer.initializeFromData !== undefined))
    throw new RangeError('invert: transform must not be set up by data, as actNorm and standardize are; got one that is.');
  return new Inverted(inner);
}

class Inverted implements Transform {
  readonly dim: number;
  readonly context: number | undefined;
  readonly parameters: readonly ParameterSpec[];

  constructor(readonly transform: Transform) {
    this.dim = transform.dim;
    this.context = transform.context;
    this.parameters = transform.parameters;
  }

  describe(): TransformDescription {
    return { type: 'invert', transform: this.transform.describe() };
  }

  initialize(uniforms: Float64Array): Float64Array {
    return this.transform.initialize(uniforms);
  }

  validate(where: string, parameters: Float64Array): void {
    this.transform.validate(where, parameters);
  }

  recordForward(recorder: Recorder, z: Operand, parameters: Operands, logDet: LogDet, context?: Operand): Operand {
    return this.transform.recordInverse(recorder, z, parameters, logDet, context);
  }

  recordInverse(recorder: Recorder, x: Operand, parameters: Operands, logDet: LogDet, context?: Operand): Operand {
    return this.transform.recordForward(recorder, x, parameters, logDet, context);
  }
}

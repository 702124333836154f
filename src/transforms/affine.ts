import { requireCount } from '../arguments.js';
import type { LogDet, Operand, Operands, Recorder } from '../program/recorder.js';
import type { ParameterSpec, Transform, TransformDescription } from './transform.js';

/**
 * Element-wise affine map: x = shift + e^logScale ⊙ z, with ln |det ∂x/∂z| = Σ logScale. Gives a flow the location and the scale of
 * its target for almost nothing. Starts as the identity.
 *
 * Parameters: `shift` [dim], `logScale` [dim]; unconstrained.
 *
 * @param dim dimension of both sides
 * @throws {RangeError} when `dim` is no positive integer
 * @example
 * ```ts
 * const flow = new Flow({ base: normal(3), transforms: [planar(3), affine(3)] });
 * flow.setParameters({ 'transforms.1.shift': [1, 2, 3] });
 * ```
 */
export function affine(dim: number): Transform {
  requireCount('affine', 'dim', dim, 1);
  return new Affine(dim);
}

/** e^±LOG_SCALE_LIMIT is a normal number. */
export const LOG_SCALE_LIMIT = 700;

class Affine implements Transform {
  readonly parameters: readonly ParameterSpec[];

  constructor(readonly dim: number) {
    this.parameters = [
      { name: 'shift', shape: [dim] },
      { name: 'logScale', shape: [dim], limit: LOG_SCALE_LIMIT },
    ];
  }

  describe(): TransformDescription {
    return { type: 'affine', dim: this.dim };
  }

  initialize(uniforms: Float64Array): Float64Array {
    return new Float64Array(uniforms.length);
  }

  validate(where: string, parameters: Float64Array): void {
    for (const logScale of parameters.subarray(this.dim)) {
      if (Math.abs(logScale) > LOG_SCALE_LIMIT) {
        throw new RangeError(`${where}: logScale must lie in [−${LOG_SCALE_LIMIT}, ${LOG_SCALE_LIMIT}]; got ${logScale}.`);
      }
    }
  }

  recordForward(recorder: Recorder, z: Operand, { shift, logScale }: Operands, logDet: LogDet): Operand {
    const { scale } = recorder.emit('affineConstrain', { logScale }, { dim: this.dim });
    return recorder.emit('affineForward', { z, shift, logScale, scale, logDet: logDet.plus(1) }, { dim: this.dim }).x;
  }

  recordInverse(recorder: Recorder, x: Operand, { shift, logScale }: Operands, logDet: LogDet): Operand {
    const { scale } = recorder.emit('affineConstrain', { logScale }, { dim: this.dim });
    return recorder.emit('affineInverse', { x, shift, logScale, scale, logDet: logDet.plus(-1) }, { dim: this.dim }).z;
  }
}

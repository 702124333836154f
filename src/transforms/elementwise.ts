import { requireCount } from '../arguments.js';
import { type ElementwiseMap, requireMap } from '../maps/map.js';
import { NONE, type LogDet, type Operand, type Operands, type Recorder } from '../program/recorder.js';
import type { ParameterSpec, Transform, TransformDescription } from './transform.js';

/**
 * A map applied to every feature by itself, x_j = f(z_j; θ_j), with ln |det ∂x/∂z| = Σ_j ln |∂x_j/∂z_j|. Features do not mix: put it
 * between layers that do, or last, to bring x to its support. Starts as the identity where the map has one.
 *
 * Parameters: `parameters` [dim × map.parameterCount], none where the map has none.
 *
 * @param dim dimension of both sides
 * @param map one of {@link maps}
 * @throws {RangeError} when `dim` is no positive integer
 * @throws {TypeError} when `map` is no element-wise map
 * @example
 * ```ts
 * const flow = new Flow({ base: normal(3), transforms: [elementwise(3, maps.affine())], seed: 1 });
 * ```
 */
export function elementwise(dim: number, map: ElementwiseMap): Transform {
  requireCount('elementwise', 'dim', dim, 1);
  return new Elementwise(dim, requireMap('elementwise', map));
}

class Elementwise implements Transform {
  readonly parameters: readonly ParameterSpec[];

  constructor(
    readonly dim: number,
    readonly map: ElementwiseMap,
  ) {
    const { parameterCount, limit } = map;
    this.parameters = parameterCount === 0 ? [] : [{ name: 'parameters', shape: [dim, parameterCount], limit }];
  }

  describe(): TransformDescription {
    return { type: 'elementwise', dim: this.dim, map: this.map.describe() };
  }

  initialize(uniforms: Float64Array): Float64Array {
    return uniforms.map((_, k) => this.map.identity[k % this.map.parameterCount]);
  }

  validate(where: string, parameters: Float64Array): void {
    const { limit = Infinity } = this.map;
    const at = parameters.findIndex((value) => Math.abs(value) > limit);
    if (at < 0) return;
    throw new RangeError(`${where}: parameters must lie in [−${limit}, ${limit}]; got ${parameters[at]} at index ${at}.`);
  }

  recordForward(recorder: Recorder, z: Operand, { parameters = NONE }: Operands, logDet: LogDet): Operand {
    return this.map.recordForward(recorder, z, parameters, logDet);
  }

  recordInverse(recorder: Recorder, x: Operand, { parameters = NONE }: Operands, logDet: LogDet): Operand {
    return this.map.recordInverse(recorder, x, parameters, logDet);
  }
}

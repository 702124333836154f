import { requireBoolean, requireCount, requireMemory, requireOptions, vectorOf } from '../arguments.js';
import { LogDet, type Operand, type Operands, type Recorder } from '../program/recorder.js';
import { LOG_SCALE_LIMIT, affine } from '../transforms/affine.js';
import { type ParameterSpec, type Transform, parameterOperands } from '../transforms/transform.js';
import type { Base, BaseDescription } from './base.js';

export interface NormalOptions {
  /** [dim] or one number for all: the mean. Default 0. */
  location?: number | ArrayLike<number>;
  /** [dim] or one number for all: the logarithm of the standard deviation. Default 0. */
  logScale?: number | ArrayLike<number>;
  /** Whether the flow's training moves them; they are then the parameters `base.location` and `base.logScale`. Default false. */
  trainable?: boolean;
}

/**
 * Normal distribution with a diagonal covariance: ln q₀(z) = Σ_j [−½ ((z_j − location_j) / e^logScale_j)² − logScale_j − ½ ln 2π].
 *
 * @param dim dimension
 * @throws {RangeError} when `dim` is no positive integer, or a location or logScale has another length or is not finite
 * @throws {TypeError} for an unknown option
 * @example
 * ```ts
 * const base = normal(2, { location: [1, -1], logScale: 0.5, trainable: true });
 * ```
 */
export function normal(dim: number, options: NormalOptions = {}): Base {
  requireCount('normal', 'dim', dim, 1);
  requireOptions('normal', options, ['location', 'logScale', 'trainable']);
  const location = vector('location', options.location ?? 0, dim);
  const logScale = vector('logScale', options.logScale ?? 0, dim);
  return new Normal(dim, location, logScale, requireBoolean('normal', 'trainable', options.trainable ?? false));
}

/** A standard normal, moved by an affine map whose log-determinant belongs to the density; nothing where that is the identity. */
class Normal implements Base {
  readonly parameters: readonly ParameterSpec[];
  readonly constants: Float64Array;
  readonly #placement: Transform;
  readonly #initial: Float64Array;
  readonly #isStandard: boolean;

  constructor(
    readonly dim: number,
    location: Float64Array,
    logScale: Float64Array,
    readonly trainable: boolean,
  ) {
    this.#placement = affine(dim);
    this.#initial = new Float64Array(2 * dim);
    this.#initial.set(location);
    this.#initial.set(logScale, dim);
    this.#isStandard = !trainable && this.#initial.every((value) => value === 0);
    this.parameters = trainable ? placementParameters(dim) : [];
    this.constants = trainable || this.#isStandard ? new Float64Array(0) : this.#initial;
    this.validate('normal', this.#initial);
  }

  describe(): BaseDescription {
    const { dim, trainable } = this;
    const location = [...this.#initial.subarray(0, dim)];
    const logScale = [...this.#initial.subarray(dim)];
    return this.#isStandard ? { type: 'normal', dim } : { type: 'normal', dim, location, logScale, trainable };
  }

  initialize(): Float64Array {
    return this.trainable ? this.#initial.slice() : new Float64Array(0);
  }

  validate(where: string, parameters: Float64Array): void {
    if (parameters.length > 0) this.#placement.validate(where, parameters);
  }

  recordSample(recorder: Recorder, stream: number, parameters: Operands, constants: Operand): { z: Operand; logProb: Operand } {
    const noise = recorder.emit('normal', {}, { dim: this.dim, stream }).block;
    const density = recorder.emit('standardNormal', { z: noise }, { dim: this.dim }).logProb;
    if (this.#isStandard) return { z: noise, logProb: density };
    const logDet = new LogDet(recorder);
    const z = this.#placement.recordForward(recorder, noise, this.#operands(parameters, constants), logDet);
    return { z, logProb: recorder.combine(density, logDet.finish(), -1) };
  }

  recordLogProb(recorder: Recorder, z: Operand, parameters: Operands, constants: Operand): Operand {
    if (this.#isStandard) return recorder.emit('standardNormal', { z }, { dim: this.dim }).logProb;
    const logDet = new LogDet(recorder);
    const noise = this.#placement.recordInverse(recorder, z, this.#operands(parameters, constants), logDet);
    const density = recorder.emit('standardNormal', { z: noise }, { dim: this.dim }).logProb;
    return recorder.combine(density, logDet.finish(), 1);
  }

  #operands(parameters: Operands, constants: Operand): Operands {
    const { location, logScale } = this.trainable ? parameters : parameterOperands(placementParameters(this.dim), constants);
    return { shift: location, logScale };
  }
}

function placementParameters(dim: number): ParameterSpec[] {
  return [
    { name: 'location', shape: [dim] },
    { name: 'logScale', shape: [dim], limit: LOG_SCALE_LIMIT },
  ];
}

function vector(name: string, value: number | ArrayLike<number>, dim: number): Float64Array {
  const values = typeof value === 'number' ? requireMemory('normal', name, dim).fill(value) : value;
  return vectorOf('normal', name, values, dim, `be a number or have length ${dim}`);
}

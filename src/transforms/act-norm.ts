import { requireCount } from '../arguments.js';
import type { LogDet, Operand, Operands, Recorder } from '../program/recorder.js';
import { naturalLog } from '../runtime/math.js';
import { LOG_SCALE_LIMIT } from './affine.js';
import type { ParameterSpec, Transform, TransformDescription } from './transform.js';

/**
 * Activation normalisation: an element-wise affine map, from data to base z = e^logScale ⊙ x + shift, that the first data set up so that its
 * base side has mean 0 and variance 1 in each feature; from then on its parameters are trained like others.
 *
 *   ln |det ∂x/∂z| = −Σ_j logScale_j
 *
 * Parameters: `logScale` [dim], `shift` [dim]; unconstrained. `initialized` is 0 until data have set the others, then 1: it is saved with them, and
 * not trained. Starts as the identity.
 *
 * Source: Kingma & Dhariwal 2018, arXiv:1807.03039, §3.1.
 *
 * @param dim dimension of both sides
 * @throws {RangeError} when `dim` is no positive integer
 * @example
 * ```ts
 * const norm = actNorm(2);
 * const flow = new Flow({ base: normal(2), transforms: [norm] });
 * const rows = Float64Array.of(0, 10, 2, 30); // two rows
 * const parameters = norm.initializeFromData(rows, flow.getParameters());
 * if (parameters !== undefined) flow.setParameters(parameters);
 * flow.inverse(rows).z; // −√½, −√½, √½, √½
 * ```
 */
export function actNorm(dim: number): DataInitialized {
  requireCount('actNorm', 'dim', dim, 1);
  return new ActNorm('actNorm', dim);
}

/**
 * Standardisation: the map of {@link actNorm}, which data set up and training leaves as it is. As the last transform it gives a flow data of mean 0 and
 * variance 1, whatever their units, and takes that back when sampling.
 *
 * Parameters: `logScale` [dim], `shift` [dim], `initialized`, none of them trained; their gradients are 0. Starts as the identity.
 *
 * @param dim dimension of both sides
 * @throws {RangeError} when `dim` is no positive integer
 * @example
 * ```ts
 * const flow = new Flow({ base: normal(2), transforms: [planar(2), standardize(2)] });
 * ```
 */
export function standardize(dim: number): DataInitialized {
  requireCount('standardize', 'dim', dim, 1);
  return new ActNorm('standardize', dim);
}

/** {@link standardize} of a flow's context, of which a column may be constant: it becomes 0. */
export function contextStandardization(width: number): DataInitialized {
  return new ActNorm('standardize', width, true);
}

/** A transform that data set up. */
export type DataInitialized = Transform & Required<Pick<Transform, 'initializeFromData'>>;

class ActNorm implements DataInitialized {
  readonly parameters: readonly ParameterSpec[];

  constructor(
    readonly type: 'actNorm' | 'standardize',
    readonly dim: number,
    readonly mayBeConstant = false,
  ) {
    const trainable = type === 'actNorm';
    this.parameters = [
      { name: 'logScale', shape: [dim], limit: LOG_SCALE_LIMIT, trainable },
      { name: 'shift', shape: [dim], trainable },
      { name: 'initialized', shape: [], trainable: false },
    ];
  }

  describe(): TransformDescription {
    return { type: this.type, dim: this.dim };
  }

  initialize(uniforms: Float64Array): Float64Array {
    return new Float64Array(uniforms.length);
  }

  /** @throws {RangeError} for fewer than two rows, or a column that does not vary, or by more than a double's range */
  initializeFromData(rows: Float64Array, parameters: Float64Array, weights?: Float64Array): Float64Array | undefined {
    const { dim, type } = this;
    if (parameters[2 * dim] === 1) return undefined;
    if (rows.length < 2 * dim) throw new RangeError(`${type}: data must hold at least two rows; got ${rows.length / dim}.`);
    const initial = new Float64Array(2 * dim + 1);
    for (let j = 0; j < dim; j++) {
      const { mean, deviation: own } = statisticsOf(rows, j, dim, weights);
      const deviation = own === 0 && this.mayBeConstant ? 1 : own;
      if (!(deviation > 0 && deviation < Infinity))
        throw new RangeError(`${type}: column ${j} must vary; got ${rows[j]} in every row.`);
      initial[j] = -naturalLog(deviation);
      initial[dim + j] = -mean / deviation;
    }
    initial[2 * dim] = 1;
    this.validate(type, initial);
    return initial;
  }

  validate(where: string, parameters: Float64Array): void {
    for (const logScale of parameters.subarray(0, this.dim)) {
      if (Math.abs(logScale) > LOG_SCALE_LIMIT) {
        throw new RangeError(`${where}: logScale must lie in [−${LOG_SCALE_LIMIT}, ${LOG_SCALE_LIMIT}]; got ${logScale}.`);
      }
    }
    const initialized = parameters[2 * this.dim];
    if (initialized !== 0 && initialized !== 1) throw new RangeError(`${where}: initialized must be 0 or 1; got ${initialized}.`);
  }

  // An affine map, the other way round: its forward direction is this one's inverse.

  recordForward(recorder: Recorder, z: Operand, { logScale, shift }: Operands, logDet: LogDet): Operand {
    const { scale } = recorder.emit('affineConstrain', { logScale }, { dim: this.dim });
    return recorder.emit('affineInverse', { x: z, shift, logScale, scale, logDet: logDet.plus(-1) }, { dim: this.dim }).z;
  }

  recordInverse(recorder: Recorder, x: Operand, { logScale, shift }: Operands, logDet: LogDet): Operand {
    const { scale } = recorder.emit('affineConstrain', { logScale }, { dim: this.dim });
    return recorder.emit('affineForward', { z: x, shift, logScale, scale, logDet: logDet.plus(1) }, { dim: this.dim }).x;
  }
}

/**
 * Mean and standard deviation of column j; the deviation is 0 exactly where all values are the same. Squares are divided by the sum of
 * weights less the least one: n − 1 where there are none, and what rows repeated so many times would give where they are counts.
 */
function statisticsOf(
  rows: Float64Array,
  j: number,
  dim: number,
  weights: Float64Array = new Float64Array(rows.length / dim).fill(1),
): { mean: number; deviation: number } {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const least = weights.reduce((minimum, weight) => Math.min(minimum, weight), Infinity);
  const first = rows[j];
  let sum = 0;
  // About the first value: a column far from 0 keeps its digits, and one that does not vary gives 0.
  for (let r = 0; r < weights.length; r++) sum += weights[r] * (rows[r * dim + j] - first);
  const offset = sum / total;
  let largest = 0;
  for (let at = j; at < rows.length; at += dim) largest = Math.max(largest, Math.abs(rows[at] - first - offset));
  if (largest === 0) return { mean: first, deviation: 0 };
  let squares = 0;
  for (let r = 0; r < weights.length; r++) {
    const relative = (rows[r * dim + j] - first - offset) / largest;
    squares += weights[r] * relative * relative;
  }
  return { mean: first + offset, deviation: largest * Math.sqrt(squares / (total - least)) };
}

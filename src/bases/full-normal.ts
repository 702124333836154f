import { requireBoolean, requireCount, requireOptions, vectorOf } from '../arguments.js';
import { NONE, type Operand, type Operands, type Recorder } from '../program/recorder.js';
import { naturalLog } from '../runtime/math.js';
import { LOG_SCALE_LIMIT } from '../transforms/affine.js';
import type { Base, BaseDescription } from './base.js';
import { cholesky, matrixOf } from './cholesky.js';
import { standardNormal } from './normal.js';
import { logProbOfPlaced, place } from './placement.js';
import { type BaseValue, BaseValues, numbersOf } from './values.js';

/** [dim × dim], row-major or as an array of rows. */
export type Matrix = ArrayLike<number> | ReadonlyArray<ArrayLike<number>>;

export interface FullNormalOptions {
  /** [dim] or one number for all: the mean. Default 0. */
  location?: number | ArrayLike<number>;
  /** [dim × dim] lower triangular with a positive diagonal, L in covariance = L Lᵀ. Default: the identity. */
  choleskyFactor?: Matrix;
  /** [dim × dim] symmetric and positive definite; instead of `choleskyFactor`. */
  covariance?: Matrix;
  /**
   * Whether the flow's training moves them; they are then the parameters `base.location` [dim], `base.logScale` [dim] = ln L_ii, and
   * `base.lower` [dim (dim − 1) / 2] = L_ij / L_ii for j < i, row by row. Default false.
   */
  trainable?: boolean;
}

/**
 * Normal distribution with a full covariance, z = location + L ε with ε standard normal:
 *
 *   ln q₀(z) = −½ |ε|² − Σ_i ln L_ii − ½ d ln 2π,   ε = L⁻¹ (z − location)
 *
 * A row costs dim² operations, in both directions.
 *
 * @param dim dimension
 * @throws {RangeError} when `dim` is no positive integer, a value has another length or is not finite, the factor is not lower triangular
 *   with a diagonal in [1e-304, 1e304], or the covariance is not symmetric and positive definite
 * @throws {TypeError} for an unknown option, or a factor and a covariance
 * @example
 * ```ts
 * const base = fullNormal(2, { location: [1, -1], covariance: [[2, 0.6], [0.6, 1]] });
 * ```
 */
export function fullNormal(dim: number, options: FullNormalOptions = {}): Base {
  const where = 'fullNormal';
  requireCount(where, 'dim', dim, 1);
  requireOptions(where, options, ['location', 'choleskyFactor', 'covariance', 'trainable']);
  const { choleskyFactor, covariance } = options;
  if (choleskyFactor !== undefined && covariance !== undefined)
    throw new TypeError(`${where}: options must hold choleskyFactor or covariance; got both.`);
  const location = numbersOf(where, 'location', options.location ?? 0, dim);
  const trainable = requireBoolean(where, 'trainable', options.trainable ?? false);
  const factor =
    covariance === undefined
      ? matrixOf(where, 'choleskyFactor', choleskyFactor ?? identity(dim), dim)
      : cholesky(where, 'covariance', matrixOf(where, 'covariance', covariance, dim), dim);
  return new FullNormal(dim, location, requireFactor(where, factor, dim), trainable);
}

/** L = diag(scale) M with M unit lower triangular: z = location + scale ⊙ (M ε). */
class FullNormal extends BaseValues implements Base {
  readonly #location: Float64Array;
  readonly #factor: Float64Array;

  constructor(
    readonly dim: number,
    location: Float64Array,
    factor: Float64Array,
    readonly trainable: boolean,
  ) {
    const value = (spec: BaseValue['spec'], initial: () => Float64Array): BaseValue => ({ spec, trained: trainable, initial });
    const values = [
      value({ name: 'location', shape: [dim] }, () => location),
      value({ name: 'logScale', shape: [dim], limit: LOG_SCALE_LIMIT }, () => diagonalOf(factor, dim).map(naturalLog)),
    ];
    const belowDiagonal = (dim * (dim - 1)) / 2;
    super(dim === 1 ? values : [...values, value({ name: 'lower', shape: [belowDiagonal] }, () => lowerOf(factor, dim))]);
    this.#location = location;
    this.#factor = factor;
  }

  describe(): BaseDescription {
    const { dim, trainable } = this;
    return { type: 'fullNormal', dim, location: [...this.#location], choleskyFactor: [...this.#factor], trainable };
  }

  recordSample(recorder: Recorder, stream: number, parameters: Operands, constants: Operand): { z: Operand; logProb: Operand } {
    const { dim } = this;
    const operands = this.operands(parameters, constants);
    const noise = recorder.emit('normal', {}, { dim, stream }).block;
    const density = standardNormal(recorder, noise);
    const { lower } = operands;
    const correlated =
      lower === undefined
        ? noise
        : recorder.emit('triangularMultiply', { x: noise, entries: lower, diagonal: NONE }, LOWER(dim)).out;
    return place(recorder, correlated, density, operands);
  }

  recordLogProb(recorder: Recorder, z: Operand, parameters: Operands, constants: Operand): Operand {
    const { dim } = this;
    const operands = this.operands(parameters, constants);
    const { lower } = operands;
    return logProbOfPlaced(recorder, z, operands, (x) => {
      const noise =
        lower === undefined ? x : recorder.emit('triangularSolve', { x, entries: lower, diagonal: NONE }, LOWER(dim)).out;
      return standardNormal(recorder, noise);
    });
  }
}

/** M as the kernels of triangular matrices take it, ones on its diagonal. */
const LOWER = (dim: number) => ({ dim, upper: 0, transposed: 0 });

function identity(dim: number): Float64Array {
  const matrix = new Float64Array(dim * dim);
  for (let i = 0; i < dim; i++) matrix[i * dim + i] = 1;
  return matrix;
}

function diagonalOf(factor: Float64Array, dim: number): Float64Array {
  return Float64Array.from({ length: dim }, (_, i) => factor[i * dim + i]);
}

/** L_ij / L_ii below the diagonal, row by row. */
function lowerOf(factor: Float64Array, dim: number): Float64Array {
  const lower = new Float64Array((dim * (dim - 1)) / 2);
  let at = 0;
  for (let i = 1; i < dim; i++) {
    for (let j = 0; j < i; j++) lower[at++] = factor[i * dim + j] / factor[i * dim + i];
  }
  return lower;
}

/** e^±LOG_SCALE_LIMIT, a little inside. */
const LEAST_DIAGONAL = 1e-304;
const MOST_DIAGONAL = 1e304;

function requireFactor(where: string, factor: Float64Array, dim: number): Float64Array {
  for (let i = 0; i < dim; i++) {
    for (let j = 0; j < dim; j++) {
      const value = factor[i * dim + j];
      const place = `at row ${i}, column ${j}`;
      if (j > i && value !== 0) throw new RangeError(`${where}: choleskyFactor must be lower triangular; got ${value} ${place}.`);
      if (j === i && !(value >= LEAST_DIAGONAL && value <= MOST_DIAGONAL))
        throw new RangeError(
          `${where}: choleskyFactor must have a diagonal in [${LEAST_DIAGONAL}, ${MOST_DIAGONAL}]; got ${value} ${place}.`,
        );
    }
  }
  vectorOf(where, 'choleskyFactor, by its diagonal,', lowerOf(factor, dim), (dim * (dim - 1)) / 2);
  return factor;
}

import { requireBoolean, requireCount, requireOptions } from '../arguments.js';
import type { Operand, Operands, Recorder } from '../program/recorder.js';
import { naturalLog } from '../runtime/math.js';
import type { Base, BaseDescription } from './base.js';
import { logProbOfPlaced, place, placementValues } from './placement.js';
import { type BaseValue, BaseValues, numbersOf, requireRange } from './values.js';

export interface StudentTOptions {
  /** [dim] or one number for all, in [1e-13, 1e13]: the smaller, the heavier the tails. */
  degreesOfFreedom: number | ArrayLike<number>;
  /** [dim] or one number for all: the centre. Default 0. */
  location?: number | ArrayLike<number>;
  /** [dim] or one number for all: the logarithm of the scale, which is no standard deviation. Default 0. */
  logScale?: number | ArrayLike<number>;
  /**
   * Whether the flow's training moves them; they are then the parameters `base.location`, `base.logScale` and `base.logDegreesOfFreedom`.
   * Default false.
   */
  trainable?: boolean;
}

/** |ln ν| below it: ν and its square are far from the ends of the doubles. */
const LOG_DEGREES_LIMIT = 30;
const LEAST_DEGREES = 1e-13;
const MOST_DEGREES = 1e13;

/**
 * Independent Student t distributions, for targets or data with heavy tails. With t_j = (z_j − location_j) / e^logScale_j,
 *
 *   ln q₀(z) = Σ_j [ln Γ((ν_j + 1)/2) − ln Γ(ν_j/2) − ½ ln(ν_j π) − ½ (ν_j + 1) ln(1 + t_j²/ν_j) − logScale_j]
 *
 * Samples are t = √(ν (u^(−2/ν) − 1)) cos 2πv of two uniform numbers: smooth in location, scale and ν. Below ν = 0.05 they may be beyond
 * the doubles, and are ±∞ then.
 *
 * Source of the sample: Bailey 1994, "Polar generation of random variates with the t-distribution", Math. Comp. 62.
 *
 * @param dim dimension
 * @throws {RangeError} when `dim` is no positive integer, a value has another length, is not finite or out of its range
 * @throws {TypeError} for an unknown option
 * @example
 * ```ts
 * const base = studentT(2, { degreesOfFreedom: [3, 30], trainable: true });
 * ```
 */
export function studentT(dim: number, options: StudentTOptions): Base {
  const where = 'studentT';
  requireCount(where, 'dim', dim, 1);
  requireOptions(where, options, ['degreesOfFreedom', 'location', 'logScale', 'trainable']);
  const degrees = numbersOf(where, 'degreesOfFreedom', options.degreesOfFreedom, dim);
  requireRange(where, 'degreesOfFreedom', degrees, LEAST_DEGREES, MOST_DEGREES);
  const trainable = requireBoolean(where, 'trainable', options.trainable ?? false);
  return new StudentT(
    dim,
    degrees,
    placementValues(where, dim, options.location ?? 0, options.logScale ?? 0, trainable),
    trainable,
  );
}

class StudentT extends BaseValues implements Base {
  readonly #degrees: Float64Array;
  readonly #location: Float64Array;
  readonly #logScale: Float64Array;

  constructor(
    readonly dim: number,
    degrees: Float64Array,
    { location, logScale, values }: ReturnType<typeof placementValues>,
    readonly trainable: boolean,
  ) {
    const logDegrees: BaseValue = {
      spec: { name: 'logDegreesOfFreedom', shape: [dim], limit: LOG_DEGREES_LIMIT },
      trained: trainable,
      initial: () => degrees.map(naturalLog),
    };
    super([...values, logDegrees]);
    this.#degrees = degrees;
    this.#location = location;
    this.#logScale = logScale;
  }

  describe(): BaseDescription {
    const { dim, trainable } = this;
    const [degreesOfFreedom, location, logScale] = [this.#degrees, this.#location, this.#logScale].map((values) => [...values]);
    return { type: 'studentT', dim, degreesOfFreedom, location, logScale, trainable };
  }

  recordSample(recorder: Recorder, stream: number, parameters: Operands, constants: Operand): { z: Operand; logProb: Operand } {
    const { dim } = this;
    const operands = this.operands(parameters, constants);
    const degrees = constrain(recorder, dim, operands);
    const { exponential, cosine } = recorder.emit('polar', {}, { dim, stream });
    const { t } = recorder.emit('studentNoise', { exponential, cosine, ...degrees }, { dim });
    return place(recorder, t, standardStudent(recorder, t, degrees), operands);
  }

  recordLogProb(recorder: Recorder, z: Operand, parameters: Operands, constants: Operand): Operand {
    const operands = this.operands(parameters, constants);
    const degrees = constrain(recorder, this.dim, operands);
    return logProbOfPlaced(recorder, z, operands, (t) => standardStudent(recorder, t, degrees));
  }
}

/** Everything that depends on ν alone. */
function constrain(recorder: Recorder, dim: number, { logDegreesOfFreedom }: Operands): Operands {
  return recorder.emit('studentConstrain', { logNu: logDegreesOfFreedom }, { dim });
}

function standardStudent(recorder: Recorder, t: Operand, degrees: Operands): Operand {
  return recorder.emit('studentDensity', { t, ...degrees }, { dim: t.rows }).logProb;
}

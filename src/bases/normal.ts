import { requireBoolean, requireCount, requireOptions } from '../arguments.js';
import type { Operand, Operands, Recorder } from '../program/recorder.js';
import type { Base, BaseDescription } from './base.js';
import { logProbOfPlaced, place, placementValues } from './placement.js';
import { BaseValues } from './values.js';

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
  const trainable = requireBoolean('normal', 'trainable', options.trainable ?? false);
  return new Normal(dim, placementValues('normal', dim, options.location ?? 0, options.logScale ?? 0, trainable), trainable);
}

/** A standard normal that is placed; nothing besides where the placement is the identity. */
class Normal extends BaseValues implements Base {
  readonly #location: Float64Array;
  readonly #logScale: Float64Array;
  readonly #isStandard: boolean;

  constructor(
    readonly dim: number,
    { location, logScale, values }: ReturnType<typeof placementValues>,
    readonly trainable: boolean,
  ) {
    const isStandard = !trainable && [...location, ...logScale].every((value) => value === 0);
    super(isStandard ? [] : values);
    this.#isStandard = isStandard;
    this.#location = location;
    this.#logScale = logScale;
  }

  describe(): BaseDescription {
    const { dim, trainable } = this;
    if (this.#isStandard) return { type: 'normal', dim };
    return { type: 'normal', dim, location: [...this.#location], logScale: [...this.#logScale], trainable };
  }

  recordSample(recorder: Recorder, stream: number, parameters: Operands, constants: Operand): { z: Operand; logProb: Operand } {
    const noise = recorder.emit('normal', {}, { dim: this.dim, stream }).block;
    const logProb = standardNormal(recorder, noise);
    if (this.#isStandard) return { z: noise, logProb };
    return place(recorder, noise, logProb, this.operands(parameters, constants));
  }

  recordLogProb(recorder: Recorder, z: Operand, parameters: Operands, constants: Operand): Operand {
    if (this.#isStandard) return standardNormal(recorder, z);
    return logProbOfPlaced(recorder, z, this.operands(parameters, constants), (noise) => standardNormal(recorder, noise));
  }
}

/** ln N(z; 0, I) */
export function standardNormal(recorder: Recorder, z: Operand): Operand {
  return recorder.emit('standardNormal', { z }, { dim: z.rows }).logProb;
}

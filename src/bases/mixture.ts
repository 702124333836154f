import { describe, requireBoolean, requireCount, requireOptions, vectorOf } from '../arguments.js';
import type { Operand, Operands, Recorder } from '../program/recorder.js';
import { LOG_SCALE_LIMIT } from '../transforms/affine.js';
import { sizeOf } from '../transforms/transform.js';
import type { Base, BaseDescription } from './base.js';
import { type BaseValue, BaseValues, requireRange } from './values.js';

export interface MixtureOptions {
  /** Number of components, K. */
  components: number;
  /** [K] unnormalised log weights, in [−600, 600]. Default 0: all weigh the same. */
  logits?: ArrayLike<number>;
  /** [K × dim], row-major: the means. Default where trainable: uniform within ±√3, from the flow's seed. */
  locations?: ArrayLike<number>;
  /** [K × dim], row-major, or one number for all: the logarithms of the standard deviations. Default 0. */
  logScales?: number | ArrayLike<number>;
  /** Whether the flow's training moves them; they are then `base.logits`, `base.locations` and `base.logScales`. Default false. */
  trainable?: boolean;
  /** Whether the weights are trained as well, for which `fitToTarget` has no gradient. Default: as `trainable`. */
  trainWeights?: boolean;
}

/** Masses e^logit and their sum stay far inside the doubles. */
const LOGIT_LIMIT = 600;
const NAMES = ['components', 'logits', 'locations', 'logScales', 'trainable', 'trainWeights'];

/**
 * Mixture of normals with diagonal covariances, for targets or data that come in clusters:
 *
 *   ln q₀(z) = ln Σ_k π_k Π_j N(z_j; locations_kj, e^{2 logScales_kj}),   π = softmax(logits)
 *
 * Samples pick a component, then draw from it. They move with its location and scale, not with the weights: through samples these have
 * no gradient, and `fitToTarget` refuses to train them.
 *
 * @param dim dimension
 * @throws {RangeError} when `dim` or `components` is no positive integer, a value has another length, is not finite or out of its range,
 *   or a fixed mixture has no locations
 * @throws {TypeError} for an unknown option, or weights to train where nothing is trainable
 * @example
 * ```ts
 * const base = mixture(2, { components: 2, locations: [-2, 0, 2, 0], logScales: -0.5 });
 * ```
 */
export function mixture(dim: number, options: MixtureOptions): Base {
  const where = 'mixture';
  requireCount(where, 'dim', dim, 1);
  requireOptions(where, options, NAMES);
  const { components } = options;
  requireCount(where, 'components', components, 1);
  const trainable = requireBoolean(where, 'trainable', options.trainable ?? false);
  const trainWeights = requireBoolean(where, 'trainWeights', options.trainWeights ?? trainable);
  if (trainWeights && !trainable) throw new TypeError(`${where}: trainWeights must be false unless trainable is true; got true.`);
  if (!trainable && options.locations === undefined)
    throw new RangeError(`${where}: locations must be given unless trainable is true; got ${describe(options.locations)}.`);
  const given = (name: 'logits' | 'locations', length: number): Float64Array | undefined =>
    options[name] === undefined ? undefined : vectorOf(where, name, options[name], length);
  const { logScales = 0 } = options;
  const numbers: MixtureNumbers = {
    logits: given('logits', components),
    locations: given('locations', components * dim),
    logScales:
      typeof logScales === 'number'
        ? logScales
        : vectorOf(where, 'logScales', logScales, components * dim, `be a number or have length ${components * dim}`),
  };
  requireRange(where, 'logits', numbers.logits ?? EMPTY, -LOGIT_LIMIT, LOGIT_LIMIT);
  const checked = typeof numbers.logScales === 'number' ? Float64Array.of(numbers.logScales) : numbers.logScales;
  requireRange(where, 'logScales', checked, -LOG_SCALE_LIMIT, LOG_SCALE_LIMIT);
  return new Mixture(dim, components, numbers, trainable, trainWeights);
}

interface MixtureNumbers {
  readonly logits: Float64Array | undefined;
  readonly locations: Float64Array | undefined;
  readonly logScales: number | Float64Array;
}

const EMPTY = new Float64Array(0);

class Mixture extends BaseValues implements Base {
  readonly notThroughSamples?: string;
  readonly #numbers: MixtureNumbers;

  constructor(
    readonly dim: number,
    readonly components: number,
    numbers: MixtureNumbers,
    readonly trainable: boolean,
    readonly trainWeights: boolean,
  ) {
    super(valuesOf(dim, components, numbers, trainable, trainWeights));
    this.#numbers = numbers;
    if (trainWeights) this.notThroughSamples = 'logits';
  }

  describe(): BaseDescription {
    const { dim, components, trainable, trainWeights } = this;
    const { logits, locations, logScales } = this.#numbers;
    const listed = (values: number | Float64Array | undefined) => (typeof values === 'object' ? [...values] : values);
    return {
      type: 'mixture',
      dim,
      components,
      logits: listed(logits ?? (trainWeights ? undefined : new Float64Array(components))),
      locations: listed(locations),
      logScales: listed(logScales),
      trainable,
      trainWeights,
    };
  }

  recordSample(recorder: Recorder, stream: number, parameters: Operands, constants: Operand): { z: Operand; logProb: Operand } {
    const { dim, components } = this;
    const operands = this.#constrained(recorder, parameters, constants);
    const noise = recorder.emit('normal', {}, { dim, stream }).block;
    const { z } = recorder.emit('mixtureSample', { noise, ...operands }, { dim, components, stream });
    return { z, logProb: this.#density(recorder, z, operands) };
  }

  recordLogProb(recorder: Recorder, z: Operand, parameters: Operands, constants: Operand): Operand {
    return this.#density(recorder, z, this.#constrained(recorder, parameters, constants));
  }

  #density(recorder: Recorder, z: Operand, operands: Operands): Operand {
    const { dim, components } = this;
    return recorder.emit('mixtureDensity', { z, ...operands }, { dim, components }).logProb;
  }

  /** The parameters, with masses e^logits and scales e^logScales. */
  #constrained(recorder: Recorder, parameters: Operands, constants: Operand): Operands {
    const operands = this.operands(parameters, constants);
    const exponential = (logScale: Operand): Operand =>
      recorder.emit('affineConstrain', { logScale }, { dim: logScale.rows }).scale;
    return { ...operands, mass: exponential(operands.logits), scales: exponential(operands.logScales) };
  }
}

function valuesOf(
  dim: number,
  components: number,
  { logits, locations, logScales }: MixtureNumbers,
  trainable: boolean,
  trainWeights: boolean,
): BaseValue[] {
  const value = (spec: BaseValue['spec'], trained: boolean, initial: BaseValue['initial']): BaseValue => ({
    spec,
    trained,
    initial,
  });
  const of = (spec: BaseValue['spec'], given: number | Float64Array | undefined) => (): Float64Array =>
    typeof given === 'object' ? given : new Float64Array(sizeOf(spec)).fill(given ?? 0);
  const weightSpec = { name: 'logits', shape: [components], limit: LOGIT_LIMIT };
  const locationSpec = { name: 'locations', shape: [components, dim] };
  const scaleSpec = { name: 'logScales', shape: [components, dim], limit: LOG_SCALE_LIMIT };
  return [
    value(weightSpec, trainWeights, of(weightSpec, logits)),
    value(locationSpec, trainable, locations === undefined ? spread : () => locations),
    value(scaleSpec, trainable, of(scaleSpec, logScales)),
  ];
}

/** Uniform within ±√3: mean 0 and variance 1. */
function spread(uniforms: Float64Array): Float64Array {
  const half = Math.sqrt(3);
  return uniforms.map((u) => half * (2 * u - 1));
}

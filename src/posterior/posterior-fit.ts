import { describe, requireBoolean, requireCount, requireOptions } from '../arguments.js';
import type { Flow } from '../flow.js';
import type { BoundModel } from '../model/model.js';
import type { Parameter } from '../model/parameters.js';
import { Stream, keyOf, splitSeed, uniforms } from '../runtime/random.js';
import { type Appraisal, interleaved } from './appraisal.js';
import type { Ascent } from './ascent.js';
import { ATTRIBUTES, type InferenceDataJson, type Quantity, chainOf, chainsOf, groupOf, requireLabels } from './arviz.js';
import { type Loo, looOf } from './loo.js';
import type { Approximation } from './pathfinder.js';
import { type FittedParts, encodePosterior } from './posterior-file.js';
import { RandomSource } from './random-source.js';
import { Summary, columnOf, judgement, khatLimit, summarize, summarizeTails } from './summary.js';

/** Terms of all draws that leave-one-out cross-validation keeps: 128 MB. */
const LOO_TERMS = 2 ** 24;
const LEAST_LOO_DRAWS = 100;

/** One of the fits that were made. */
export interface Restart extends Ascent {
  readonly seed: bigint;
  /** Gradients of the target, of paths and of training, runs that diverged included. */
  readonly gradients: number;
  readonly appraisal: Appraisal;
  /** What happened on the way, in sentences. */
  readonly notes: readonly string[];
  /** Why it is not to be trusted, besides its numbers. */
  readonly objections: readonly string[];
  /** @internal */
  readonly candidates: readonly Approximation[];
}

/** A parameter of one draw: a number where it is one, row by row otherwise. */
type DrawOf<Q extends Parameter> = Q['shape'] extends readonly [] ? number : Float64Array;

/** Numbers and arrays, by the parameters' names. */
type Draw<P extends Readonly<Record<string, Parameter>>> = { readonly [name in keyof P]: DrawOf<P[name]> };

export interface DrawOptions {
  /** Of which draws are taken. Default 0. */
  readonly seed?: number | bigint;
  /** Whether importance resampling brings them closer to the posterior. Default true. */
  readonly corrected?: boolean;
}

export interface InferenceDataOptions<P extends Readonly<Record<string, Parameter>>> extends DrawOptions {
  /** What the observations are called whose log density the `pointwise` terms are. Default `'y'`. */
  readonly logLikelihood?: string;
  /** What is predicted for each draw, by name, as in `generate`: numbers and arrays. */
  readonly posteriorPredictive?: (draw: Draw<P>, random: RandomSource) => Readonly<Record<string, Quantity>>;
  /** What was observed, by name. */
  readonly observedData?: Readonly<Record<string, Quantity>>;
  /** Names for a variable's axes. */
  readonly dims?: Readonly<Record<string, readonly string[]>>;
  /** Names for the places along an axis. */
  readonly coords?: Readonly<Record<string, readonly (string | number)[]>>;
}

const INFERENCE_DATA_OPTIONS = ['seed', 'corrected', 'logLikelihood', 'posteriorPredictive', 'observedData', 'dims', 'coords'];

/** An approximation of a posterior, made by `fitPosterior`. */
export class PosteriorFit<P extends Readonly<Record<string, Parameter>> = Readonly<Record<string, Parameter>>> {
  /** The approximation, of the parameters without their bounds: the caller's from now on. */
  readonly flow: Flow;
  /** All fits, of which one was kept: of those with the best bound, within 0.01 nats and its error, that of the lowest k̂. */
  readonly restarts: readonly Restart[];
  #summary: Summary | undefined;
  readonly #best: Restart;
  readonly #parts: FittedParts;

  /** @internal */
  constructor(
    /** The model with its data. */
    readonly target: BoundModel<P>,
    parts: FittedParts,
  ) {
    this.flow = parts.flow;
    this.restarts = parts.restarts;
    this.#best = parts.restarts[parts.best];
    this.#parts = parts;
  }

  /** Of the parameters, element by element: `mu`, `theta[1]`. */
  get names(): readonly string[] {
    return this.target.names;
  }

  /** What the posterior looks like, and whether to believe it. */
  summary(): Summary {
    this.#summary ??= this.#summarize();
    return this.#summary;
  }

  /**
   * Draws of the parameters, within their bounds.
   *
   * @param n how many
   * @returns by name, [n × size] each
   * @throws {RangeError} when `n` is no positive integer, or for a seed out of range
   * @throws {TypeError} for an unknown option
   * @example
   * ```ts
   * const coin = model({ p: interval(0, 1) }, ({ p }, { heads, n }) => logDensity.binomial(heads, n, p));
   * const fit = await fitPosterior(coin, { data: { heads: 7, n: 10 } });
   * const { p } = fit.draws(1000);
   * console.log(p.filter((value) => value > 0.5).length / 1000); // how probable it is that heads are likelier
   * ```
   */
  draws(n: number, options: DrawOptions = {}): { readonly [name in keyof P]: Float64Array } {
    return this.target.constrain(this.#unconstrained('PosteriorFit.draws', n, options));
  }

  /**
   * The same draws number by number, as `plot.marginals` and `plot.pairs` take them.
   *
   * @returns [n] each, by name: `mu`, `theta[1]`
   * @throws as {@link draws}
   */
  columns(n: number, options: DrawOptions = {}): Record<string, Float64Array> {
    const { names } = this;
    const values = interleaved(Object.values(this.target.constrain(this.#unconstrained('PosteriorFit.columns', n, options))), n);
    return Object.fromEntries(names.map((name, j) => [name, columnOf(values, names.length, j)]));
  }

  /**
   * Predictive quantities: what a function makes of each draw and of random numbers, such as new observations.
   *
   * @param quantity of a draw, numbers and arrays by the parameters' names, and of a source of random numbers
   * @param n draws. Default 1000
   * @returns [n] what the function returned
   * @throws as {@link draws}, and what the function throws
   * @example
   * ```ts
   * const coin = model({ p: interval(0, 1) }, ({ p }, { heads, n }) => logDensity.binomial(heads, n, p));
   * const fit = await fitPosterior(coin, { data: { heads: 7, n: 10 } });
   * const heads = fit.generate(({ p }, random) => random.binomial(20, p)); // of twenty throws to come
   * ```
   */
  generate<T>(quantity: (draw: Draw<P>, random: RandomSource) => T, n = 1000, options: DrawOptions = {}): T[] {
    const where = 'PosteriorFit.generate';
    if (typeof quantity !== 'function') throw new TypeError(`${where}: quantity must be a function; got ${describe(quantity)}.`);
    const values = Object.entries(this.target.constrain(this.#unconstrained(where, n, options)) as Record<string, Float64Array>);
    const { parameters } = this.target;
    const seed = splitSeed(where, options.seed ?? 0);
    return Array.from({ length: n }, (_, k) => {
      const draw = values.map(([name, all]) => {
        const size = all.length / n;
        return [name, parameters[name].shape.length === 0 ? all[k] : all.slice(k * size, (k + 1) * size)];
      });
      return quantity(Object.fromEntries(draw) as never, new RandomSource(keyOf(seed, k)));
    });
  }

  /**
   * Leave-one-out cross-validation over the model's `pointwise` terms, by importance sampling from the draws of the fit.
   *
   * @throws {Error} for a model without such terms
   * @throws {RangeError} for so many terms that fewer than 100 draws would fit into memory
   * @example
   * ```ts
   * const { normal } = logDensity;
   * const mean = model({ mu: real() }, ({ mu }, { y }) => sum(normal(mu, 0, 10), normal(y, mu, 1)), {
   *   pointwise: ({ mu }, { y }) => normal(y, mu, 1),
   * });
   * const fit = await fitPosterior(mean, { data: { y: [0.1, 1.2, -0.4] } });
   * const { elpd, elpdError } = fit.loo();
   * ```
   */
  loo(): Loo {
    const where = 'PosteriorFit.loo';
    const { u, logRatios } = this.#best.appraisal;
    const { dim } = this.target;
    const observations = this.target.pointwise(u.subarray(0, dim)).length;
    const draws = Math.min(logRatios.length, Math.floor(LOO_TERMS / observations));
    if (draws < LEAST_LOO_DRAWS)
      throw new RangeError(
        `${where}: there must be at most ${LOO_TERMS / LEAST_LOO_DRAWS} pointwise terms; got ${observations}.`,
      );
    return looOf(this.target.pointwise(u.subarray(0, draws * dim)), logRatios.subarray(0, draws));
  }

  /**
   * Draws as ArviZ reads them, in Python: `az.from_json(file)` of `JSON.stringify(fit.toInferenceData(1000))`. One chain, as draws are independent.
   *
   * @param n draws
   * @returns `posterior`, and `log_likelihood` where the model has `pointwise` terms
   * @throws as {@link generate}
   * @throws {TypeError | RangeError} for what are no quantities, or differ from draw to draw; for names of axes and places that do not fit
   * @example
   * ```ts
   * const y = [0.1, 1.2, -0.4];
   * const mean = model({ mu: real() }, ({ mu }) => sum(logDensity.normal(mu, 0, 10), logDensity.normal(y, mu, 1)), {
   *   pointwise: ({ mu }) => logDensity.normal(y, mu, 1),
   * });
   * const fit = await fitPosterior(mean);
   * const json = fit.toInferenceData(1000, {
   *   posteriorPredictive: ({ mu }, random) => ({ y: y.map(() => random.normal(mu, 1)) }),
   *   observedData: { y },
   *   dims: { y: ['place'] },
   *   coords: { place: ['north', 'south', 'east'] },
   * });
   * ```
   */
  toInferenceData(n: number, options: InferenceDataOptions<P> = {}): InferenceDataJson {
    const where = 'PosteriorFit.toInferenceData';
    requireOptions(where, options, INFERENCE_DATA_OPTIONS);
    const { logLikelihood = 'y', posteriorPredictive, observedData, dims, coords, ...picked } = options;
    const u = this.#unconstrained(where, n, picked);
    const draws = Object.entries(this.target.constrain(u) as Record<string, Float64Array>);
    const { parameters, hasPointwise } = this.target;
    const terms = hasPointwise ? this.target.pointwise(u) : undefined;
    const json: InferenceDataJson = {
      posterior: Object.fromEntries(draws.map(([name, values]) => [name, chainOf(values, n, parameters[name].shape)])),
      ...(posteriorPredictive && {
        posterior_predictive: chainsOf(`${where}: posteriorPredictive`, this.generate(posteriorPredictive, n, picked)),
      }),
      ...(terms && { log_likelihood: { [logLikelihood]: chainOf(terms, n, [terms.length / n]) } }),
      ...(observedData && { observed_data: groupOf(`${where}: observedData`, observedData) }),
      ...(dims && { dims }),
      ...(coords && { coords }),
      attrs: ATTRIBUTES,
    };
    requireLabels(where, json);
    return json;
  }

  /**
   * The fit as a file, for {@link loadPosterior}: a safetensors file that `Flow.load` reads as the approximation alone. It holds draws and
   * restarts, not the data: 8 bytes for each draw, restart, and parameter without bounds.
   *
   * @throws {Error} after `flow.dispose()`
   */
  save(): Uint8Array<ArrayBuffer> {
    return encodePosterior(this.target, this.#parts);
  }

  /** [n × dim] rows of the fit's own draws, picked by their weights, or fresh ones of the flow. */
  #unconstrained(where: string, n: number, options: DrawOptions): Float64Array {
    requireCount(where, 'n', n, 1);
    requireOptions(where, options, ['seed', 'corrected']);
    const { seed = 0, corrected = true } = options;
    const key = keyOf(splitSeed(where, seed), 0);
    if (!requireBoolean(where, 'corrected', corrected)) {
      // of another seed than the draws that the fit was judged by
      return this.flow.sample(n, { seed: BigInt.asUintN(64, ~BigInt(seed)) });
    }
    const { u, weights } = this.#best.appraisal;
    const { dim } = this.target;
    const rows = new Float64Array(n * dim);
    resample(weights, uniforms(key, Stream.Resampling, n)).forEach((from, k) =>
      rows.set(u.subarray(from * dim, (from + 1) * dim), k * dim),
    );
    return rows;
  }

  #summarize(): Summary {
    const { appraisal } = this.#best;
    const { values, weights, khat, ess, elbo, elboError, logEvidence, logEvidenceError } = appraisal;
    const { names } = this;
    const draws = weights.length;
    const rows = summarizeTails(summarize(names, values, weights), values, appraisal.logRatios);
    const verdict = judgement({
      best: appraisal,
      all: this.restarts.map((restart) => restart.appraisal),
      rows,
      notes: this.restarts.flatMap(({ notes }) => notes),
      objections: this.#parts.objections,
    });
    return new Summary(
      rows,
      summarize(names, values, new Float64Array(draws).fill(1 / draws)),
      khat,
      khatLimit(draws),
      ess,
      draws,
      elbo,
      elboError,
      logEvidence,
      logEvidenceError,
      verdict.isTrusted,
      verdict.trust,
    );
  }
}

/** Indices of draws, each picked by its weight. */
function resample(weights: Float64Array, uniforms: Float64Array): Int32Array {
  const cumulative = new Float64Array(weights.length);
  weights.reduce((sum, weight, i) => (cumulative[i] = sum + weight), 0);
  const total = cumulative[cumulative.length - 1];
  return Int32Array.from(uniforms, (uniform) => {
    let [low, high] = [0, weights.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (cumulative[middle] > uniform * total) high = middle;
      else low = middle + 1;
    }
    return low;
  });
}

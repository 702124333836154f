import type { Flow } from '../flow.js';
import { adam } from '../inference/optimizers.js';
import { BREATH_MS } from '../inference/pace.js';
import { PROGRESS_MS } from '../inference/report.js';
import { readTargetOptions } from '../inference/target-options.js';
import { type BoundModel, type Model, type ModelData, requireModel } from '../model/model.js';
import type { Parameter } from '../model/parameters.js';
import { breathe } from '../runtime/breathe.js';
import { requireOutsideCallback } from '../runtime/callback.js';
import { prepareToLead } from '../runtime/pool.js';
import { type Seed, Stream, keyOf, normals } from '../runtime/random.js';
import { type Appraisal, appraise } from './appraisal.js';
import { approximate } from './approximate.js';
import { type Ascent, ascend } from './ascent.js';
import { type FitPosteriorOptions, type PosteriorSettings, readPosteriorOptions } from './options.js';
import { type Approximation, type Paths, isBetter, pathfinder } from './pathfinder.js';
import { PosteriorFit, type Restart } from './posterior-fit.js';
import { followQuantiles } from './quantiles.js';
import { findStarts } from './starts.js';
import { improperDirections, missedModes } from './suspicions.js';

/** Draws of a candidate's bound, while a scale is looked for. */
const CANDIDATE_DRAWS = 32;
/** Runs of a restart that may diverge before the fit gives up. */
const ATTEMPTS = 3;

/**
 * Fits a flow to the posterior of a model given data, without tuning, and says whether to believe it. Each of the restarts
 *
 *   1. follows eight quasi-Newton paths, whose best normal approximation becomes the scale that the flow starts on;
 *   2. trains the flow by Adam on path gradients, with a learning rate that it finds, until the bound no longer rises; with one parameter, whose
 *      quantile function is found by quadrature, there is nothing to train;
 *   3. is judged by importance sampling: k̂, effective sample size, log evidence.
 *
 * The best bound is kept; whether the others agree is part of the verdict of `summary()`.
 *
 * @param model of `model`
 * @param options `data`, `seed`, and whatever is to be otherwise
 * @returns a promise of the fit. Not to converge, or not to be trusted, is no error: the fit says so. It rejects with the signal's reason
 * @throws {RangeError | TypeError} as `Model.bind`, for an unknown option or a value out of range
 * @throws {Error} when the model has no finite density anywhere that was tried, naming the term that is to blame
 * @throws {OutOfMemoryError} when WebAssembly memory cannot grow
 * @example
 * ```ts
 * const coin = model({ p: interval(0, 1) }, ({ p }, { heads, n }) => sum(logDensity.beta(p, 2, 2), logDensity.binomial(heads, n, p)));
 * const fit = await fitPosterior(coin, { data: { heads: 7, n: 10 }, seed: 1 });
 * console.log(String(fit.summary()));
 * ```
 */
export function fitPosterior<P extends Readonly<Record<string, Parameter>>, D extends ModelData>(
  model: Model<P, D>,
  options: FitPosteriorOptions<D> = {},
): Promise<PosteriorFit<P>> {
  // Thrown, not a rejection: the function that calls cannot wait for one.
  requireOutsideCallback('fitPosterior');
  return fit(model, options);
}

async function fit<P extends Readonly<Record<string, Parameter>>, D extends ModelData>(
  model: Model<P, D>,
  options: FitPosteriorOptions<D>,
): Promise<PosteriorFit<P>> {
  const where = 'fitPosterior';
  requireModel(where, model);
  const settings = readPosteriorOptions(where, options);
  const { signal, restarts } = settings;
  signal?.throwIfAborted();
  const target = model.bind((options.data ?? {}) as D);
  await prepareToLead();
  const pause = pauseOf(signal);
  const done: { restart: Restart; flow: Flow }[] = [];
  try {
    for (let k = 0; k < restarts; k++) done.push(await restart(target, settings, k, pause));
    const best = done[bestRestart(done.map(({ restart: { appraisal } }) => appraisal))];
    for (const { flow } of done) if (flow !== best.flow) flow.dispose();
    const objections = [
      ...best.restart.objections,
      ...improperDirections(target, best.restart.appraisal, settings.flow),
      ...missedModes(
        target,
        best.flow,
        best.restart.appraisal,
        done.flatMap((each) => each.restart.candidates),
      ),
    ];
    const fitted = done.map((each) => each.restart);
    return new PosteriorFit(target, { flow: best.flow, restarts: fitted, best: done.indexOf(best), objections });
  } catch (error) {
    for (const { flow } of done) flow.dispose();
    throw error;
  }
}

/** One fit, and others from other seeds where it diverges. */
async function restart(
  target: BoundModel,
  settings: PosteriorSettings,
  k: number,
  pause: () => Promise<void>,
): Promise<{ restart: Restart; flow: Flow }> {
  const { where, key, draws } = settings;
  const notes: string[] = [];
  let gradients = 0;
  for (let attempt = 0; ; attempt++) {
    const seed = derivedSeed(key, ATTEMPTS * k + attempt);
    const paths = await startingScales(where, target, seed, pause);
    const { candidates } = paths;
    const scale = bestOf(candidates);
    const flow = approximate(where, settings.flow, scale, seed);
    try {
      const ascent =
        (await withoutTraining(flow, target, settings, scale, k, pause)) ?? (await train(flow, target, settings, seed, k, pause));
      gradients += paths.gradients + ascent.gradients;
      if (ascent.failure !== undefined && attempt < ATTEMPTS - 1) {
        notes.push(`Restart ${k + 1} diverged after ${ascent.failure.step} steps and started over from another seed.`);
        flow.dispose();
        continue;
      }
      const appraisal = await appraise(where, flow, target, draws, seed, pause);
      const objections = ascent.failure === undefined ? [] : ['training diverged from every seed that was tried'];
      if (!ascent.isConverged && ascent.failure === undefined)
        notes.push(`Restart ${k + 1} ended after ${ascent.trace.length} steps, before its bound had settled.`);
      return { flow, restart: { ...ascent, gradients, seed, candidates, appraisal, notes, objections } };
    } catch (error) {
      flow.dispose();
      throw error;
    }
  }
}

const AS_HIGH = 0.01;

/**
 * Which restart is the best: by the bound, and where draws have no density by the evidence; among those whose bound is as high, but for so many
 * nats and two standard errors of the difference, by k̂.
 */
function bestRestart(all: readonly Appraisal[]): number {
  const highest = all.reduce((a, b) => (isHigher(b, a) ? b : a));
  const isAsHigh = ({ elbo, elboError }: Appraisal): boolean =>
    highest.elbo - elbo <= AS_HIGH + 2 * Math.sqrt(elboError * elboError + highest.elboError * highest.elboError);
  return all.reduce((best, each, k) => (isAsHigh(each) && each.khat < all[best].khat ? k : best), all.indexOf(highest));
}

function isHigher(a: Appraisal, b: Appraisal): boolean {
  return a.elbo === b.elbo ? a.logEvidence > b.logEvidence : a.elbo > b.elbo;
}

function bestOf(candidates: readonly Approximation[]): Approximation {
  return candidates.reduce((a, b) => (isBetter(b, a) ? b : a));
}

async function startingScales(where: string, target: BoundModel, seed: bigint, pause: () => Promise<void>): Promise<Paths> {
  const key = keyOf(splitBits(seed), 0);
  const noise = normals(key, Stream.Candidates, CANDIDATE_DRAWS * target.dim);
  const { starts, gradients } = findStarts(where, target, key);
  const paths = await pathfinder(target, starts, noise, pause);
  if (paths.candidates.length > 0) return { ...paths, gradients: gradients + paths.gradients };
  throw new Error(`${where}: the log density must be below ∞; it was ∞ near every start.`);
}

/** What one parameter allows, unless a flow is asked for. */
async function withoutTraining(
  flow: Flow,
  target: BoundModel,
  { flow: kind, onProgress, restarts }: PosteriorSettings,
  scale: Approximation,
  k: number,
  pause: () => Promise<void>,
): Promise<Ascent | undefined> {
  if (target.dim > 1 || kind !== 'autoregressive') return undefined;
  const ascent = await followQuantiles(flow, target, scale, pause);
  if (ascent !== undefined) onProgress?.({ restart: k + 1, restarts, step: 1, elbo: ascent.trace[0] });
  return ascent;
}

function train(flow: Flow, target: BoundModel, settings: PosteriorSettings, seed: bigint, k: number, pause: () => Promise<void>) {
  const { where, steps, batchSize, estimator, optimizer, onProgress, restarts } = settings;
  const training = readTargetOptions(where, flow, target, { steps, batchSize, estimator, optimizer: optimizer ?? adam(), seed });
  let last = -Infinity;
  const report = (step: number, elbo: number): void => {
    if (onProgress === undefined || performance.now() - last < PROGRESS_MS) return;
    last = performance.now();
    onProgress({ restart: k + 1, restarts, step, elbo });
  };
  return ascend(flow, target, training, optimizer?.learningRate, pause, report);
}

/** Lets other code run from time to time, which may end the fit. */
function pauseOf(signal: AbortSignal | undefined): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < BREATH_MS) return;
    await breathe();
    signal?.throwIfAborted();
    last = performance.now();
  };
}

/** Weyl's sequence of 64 bits: seeds that differ in k are far apart. */
function derivedSeed({ low, high }: Seed, k: number): bigint {
  const seed = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
  return BigInt.asUintN(64, seed + BigInt(k) * 0x9e3779b97f4a7c15n);
}

function splitBits(seed: bigint): Seed {
  return { low: Number(seed & 0xffffffffn) | 0, high: Number(seed >> 32n) | 0 };
}

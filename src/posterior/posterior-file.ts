// A fit as a file: its flow's own, with the draws that each restart is judged by beside the parameters. What is said of the draws is computed anew.

import { describe } from '../arguments.js';
import { type Flow, flowFrom } from '../flow.js';
import { DivergenceError } from '../inference/divergence.js';
import { FlowFileError, TRAINING_PREFIX, decodeFlow, encodeFlow } from '../io/flow-file.js';
import type { BoundModel } from '../model/model.js';
import { appraisalOf, interleaved } from './appraisal.js';
import { LEAST_DRAWS } from './options.js';
import type { Restart } from './posterior-fit.js';

/** Everything that a fit is made of besides its model and data. */
export interface FittedParts {
  readonly flow: Flow;
  readonly restarts: readonly Restart[];
  /** Which of them the flow is of. */
  readonly best: number;
  readonly objections: readonly string[];
}

/** Draws whose log density tells whether model and data are those of the file. */
const PROBES = 8;
/** Relative to 1 + |ln p̃|: what the last bits of another version may make of it. */
const SAME = 1e-9;

export function encodePosterior(target: BoundModel, { flow, restarts, best, objections }: FittedParts): Uint8Array<ArrayBuffer> {
  const { u } = restarts[best].appraisal;
  const arrays = restarts.flatMap(({ appraisal, trace }, k): [string, Float64Array][] => [
    [`${k}.u`, appraisal.u],
    [`${k}.logRatios`, appraisal.logRatios],
    [`${k}.trace`, trace],
  ]);
  arrays.push(['probes', target.logProb(u.subarray(0, PROBES * target.dim))]);
  const about = {
    names: target.names,
    best,
    objections,
    restarts: restarts.map(({ seed, isConverged, learningRate, gradients, failure, notes, objections }) => ({
      seed: String(seed),
      ...{ isConverged, learningRate, gradients, notes, objections }, // a rate of NaN becomes null
      failure: failure && { message: failure.message, step: failure.step, skippedSteps: failure.skippedSteps },
    })),
  };
  return encodeFlow(flow, {
    tensors: Object.fromEntries(arrays.map(([name, data]) => [TRAINING_PREFIX + name, data])),
    metadata: { posterior: JSON.stringify(about) },
  });
}

/**
 * @throws {FlowFileError | SafetensorsError} for bytes that are no fit's
 * @throws {RangeError} for a fit of another model, or to other data
 */
export function decodePosterior(where: string, bytes: Uint8Array, target: BoundModel): FittedParts {
  if (!(bytes instanceof Uint8Array)) throw new TypeError(`${where}: bytes must be a Uint8Array; got ${describe(bytes)}.`);
  const { base, transforms, seed, parameters, tensors, metadata } = decodeFlow(where, bytes);
  const file = new PosteriorReader(where, tensors);
  const about = file.about(metadata.posterior);
  requireNames(where, file.texts('names', about.names), target.names);
  file.check(transforms[transforms.length - 1].dim === target.dim, 'the flow', `of dim ${target.dim}`);
  const records = file.list('restarts', about.restarts);
  const restarts = records.map((record, k) => file.restart(k, file.object(`restarts[${k}]`, record), target));
  const best = file.count('best', about.best, restarts.length - 1);
  requireDensity(where, target, restarts[best].appraisal.u, file.tensor('probes'));
  const objections = file.texts('objections', about.objections);
  return { flow: flowFrom(where, { base, transforms, seed }, parameters), restarts, best, objections };
}

function requireNames(where: string, saved: readonly string[], names: readonly string[]): void {
  if (saved.join() === names.join()) return;
  throw new RangeError(`${where}: model must have the parameters of the file, ${saved.join(', ')}; got ${names.join(', ')}.`);
}

function requireDensity(where: string, target: BoundModel, u: Float64Array, probes: Float64Array): void {
  const logProb = target.logProb(u.subarray(0, PROBES * target.dim));
  const differs = (value: number, k: number): boolean =>
    value !== probes[k] && !(Math.abs(value - probes[k]) <= SAME * (1 + Math.abs(value)));
  const at = logProb.findIndex(differs);
  if (at < 0) return;
  throw new RangeError(
    `${where}: model and data must be those of the file, whose log density at draw ${at} is ${probes[at]}; got ${logProb[at]}.`,
  );
}

/** Reads what nobody vouches for. */
class PosteriorReader {
  constructor(
    readonly where: string,
    readonly tensors: ReadonlyMap<string, { readonly data: Float64Array }>,
  ) {}

  check(isTrue: boolean, name: string, rule: string, value?: unknown): void {
    if (!isTrue)
      throw new FlowFileError(`${this.where}: ${name} must be ${rule}; got ${value === undefined ? 'others' : describe(value)}.`);
  }

  about(text: string | undefined): Record<string, unknown> {
    if (text === undefined)
      throw new FlowFileError(`${this.where}: bytes must be what PosteriorFit.save gave; got a flow without its fit.`);
    try {
      return this.object('posterior', JSON.parse(text));
    } catch (cause) {
      throw new FlowFileError(`${this.where}: posterior must be a JSON object; got ${describe(text.slice(0, 40))}.`, { cause });
    }
  }

  restart(k: number, record: Record<string, unknown>, target: BoundModel): Restart {
    const { dim, names } = target;
    const logRatios = this.tensor(`${k}.logRatios`);
    const draws = logRatios.length;
    this.check(
      draws >= LEAST_DRAWS && logRatios.every((ratio) => ratio < Infinity),
      `${TRAINING_PREFIX}${k}.logRatios`,
      `at least ${LEAST_DRAWS} log ratios`,
    );
    const u = this.tensor(`${k}.u`);
    this.check(
      u.length === draws * dim && u.every(Number.isFinite),
      `${TRAINING_PREFIX}${k}.u`,
      `${draws} rows of ${dim} numbers`,
    );
    const trace = this.tensor(`${k}.trace`);
    const values = interleaved(Object.values(target.constrain(u)), draws);
    this.check(values.length === draws * names.length, `${TRAINING_PREFIX}${k}.u`, 'draws of the parameters');
    const rate = record.learningRate ?? NaN;
    this.check(typeof rate === 'number', `restarts[${k}].learningRate`, 'a number or null');
    return {
      seed: this.#seed(`restarts[${k}].seed`, record.seed),
      trace,
      isConverged: record.isConverged === true,
      learningRate: rate as number,
      gradients: this.count(`restarts[${k}].gradients`, record.gradients, Number.MAX_SAFE_INTEGER),
      failure: record.failure === undefined ? undefined : this.#failure(k, record.failure),
      notes: this.texts(`restarts[${k}].notes`, record.notes),
      objections: this.texts(`restarts[${k}].objections`, record.objections),
      candidates: [],
      appraisal: appraisalOf(u, values, logRatios),
    };
  }

  tensor(name: string): Float64Array {
    const tensor = this.tensors.get(TRAINING_PREFIX + name);
    if (tensor !== undefined) return tensor.data;
    throw new FlowFileError(`${this.where}: tensors must hold '${TRAINING_PREFIX}${name}'; got none.`);
  }

  object(name: string, value: unknown): Record<string, unknown> {
    this.check(typeof value === 'object' && value !== null && !Array.isArray(value), name, 'an object', value);
    return value as Record<string, unknown>;
  }

  list(name: string, value: unknown): readonly unknown[] {
    this.check(Array.isArray(value) && value.length > 0, name, 'a list of at least one', value);
    return value as readonly unknown[];
  }

  texts(name: string, value: unknown): readonly string[] {
    this.check(Array.isArray(value) && value.every((text) => typeof text === 'string'), name, 'a list of texts', value);
    return value as readonly string[];
  }

  count(name: string, value: unknown, most: number): number {
    this.check(
      Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= most,
      name,
      `an integer from 0 to ${most}`,
      value,
    );
    return value as number;
  }

  #seed(name: string, value: unknown): bigint {
    this.check(typeof value === 'string' && /^\d{1,20}$/.test(value), name, 'a string of digits', value);
    return BigInt(value as string);
  }

  #failure(k: number, value: unknown): DivergenceError {
    const { message, step, skippedSteps } = this.object(`restarts[${k}].failure`, value);
    const counts = [step, skippedSteps].map((each) => this.count(`restarts[${k}].failure`, each, Number.MAX_SAFE_INTEGER));
    return new DivergenceError(String(message), counts[0], counts[1]);
  }
}

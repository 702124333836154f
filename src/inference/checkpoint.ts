import { describe } from '../arguments.js';
import { type Flow, requireParameters } from '../flow.js';
import { FlowFileError, TRAINING_PREFIX, decodeFlow, encodeFlow } from '../io/flow-file.js';
import type { Fingerprint } from './fit-options.js';
import type { TrainingLoop, TrainingState } from './training.js';

// A checkpoint is the flow's own file with the training's state beside the parameters: it loads as a flow, too.

export interface Checkpoint {
  readonly parameters: Float64Array;
  readonly state: TrainingState;
  readonly trace: Float64Array;
  /** What the fit keeps besides, by name. */
  readonly extra: Readonly<Record<string, Float64Array>>;
}

/** @param extra what the fit keeps besides the training's state, by name */
export function encodeCheckpoint(
  flow: Flow,
  loop: TrainingLoop,
  trace: Float64Array,
  fingerprint: Fingerprint,
  extra: Readonly<Record<string, Float64Array>> = {},
): Uint8Array<ArrayBuffer> {
  const { step, skipped, skippedInARow, firstMoment, secondMoment, powers, lastGood } = loop.state();
  const { base, transforms, standardizeContext, seed } = flow;
  const namedParameters = (): Record<string, Float64Array> => flow.namedParameters(loop.parameters.values.slice());
  const trained = { base, transforms, standardizeContext, seed, namedParameters }; // the flow's own may have been written by other code since
  const state = { firstMoment, secondMoment, powers, lastGood, trace: trace.slice(0, step), ...extra };
  return encodeFlow(trained, {
    tensors: Object.fromEntries(Object.entries(state).map(([name, data]) => [TRAINING_PREFIX + name, data])),
    metadata: { fit: JSON.stringify({ ...fingerprint, step, skipped, skippedInARow }) },
  });
}

/** What a checkpoint is held against. */
export interface Resumption {
  readonly where: string;
  readonly steps: number;
  readonly skipLimit: number;
  readonly fingerprint: Fingerprint;
}

/**
 * @param extraLengths of what the fit keeps besides, at a step, by name
 * @throws {FlowFileError | SafetensorsError} for bytes that are no checkpoint
 * @throws {RangeError} for a checkpoint of another flow, or of a fit with other options
 */
export function decodeCheckpoint(
  bytes: Uint8Array,
  flow: Flow,
  { where, steps, skipLimit, fingerprint }: Resumption,
  extraLengths: (step: number) => Readonly<Record<string, number>> = () => ({}),
): Checkpoint {
  if (!(bytes instanceof Uint8Array)) throw new TypeError(`${where}: resume must be a Uint8Array; got ${describe(bytes)}.`);
  const content = decodeFlow(where, bytes);
  if (architectureOf(content) !== architectureOf(flow)) {
    throw new RangeError(`${where}: resume must be a checkpoint of this flow's architecture; got another one's.`);
  }
  const saved = parseFit(where, content.metadata.fit);
  for (const [name, value] of Object.entries(fingerprint)) {
    if (saved[name] !== value)
      throw new RangeError(`${where}: ${name} must be the checkpoint's, ${describe(saved[name])}; got ${describe(value)}.`);
  }
  const count = flow.parameterCount;
  const step = integer(where, 'step', saved.step, steps);
  const tensors = (lengths: Readonly<Record<string, number>>): Record<string, Float64Array> =>
    Object.fromEntries(
      Object.entries(lengths).map(([name, length]) => [
        name,
        tensor(where, TRAINING_PREFIX + name, content.tensors.get(TRAINING_PREFIX + name)?.data, length),
      ]),
    );
  const { trace, ...moments } = tensors({ firstMoment: count, secondMoment: count, powers: 2, lastGood: count, trace: step });
  const extra = tensors(extraLengths(step));
  for (const [name, values] of Object.entries({ ...moments, ...extra })) {
    const isValid = IS_VALID[name] ?? Number.isFinite;
    const at = values.findIndex((value) => !isValid(value));
    if (at >= 0) {
      throw new FlowFileError(
        `${where}: resume must hold ${TRAINING_PREFIX}${name} as training leaves it; got ${values[at]} at index ${at}.`,
      );
    }
  }
  const named = Object.entries(flow.namedParameters());
  const parameters = Float64Array.from(
    named.flatMap(([name, { length }]) => [...tensor(where, name, content.parameters[name], length)]),
  );
  try {
    for (const vector of [parameters, extra.best ?? parameters]) requireParameters(where, flow, vector);
  } catch (cause) {
    throw new FlowFileError(`${where}: resume must hold parameters of the flow; got: ${(cause as Error).message}`, { cause });
  }
  const skipped = integer(where, 'skipped', saved.skipped, step);
  const skippedInARow = integer(where, 'skippedInARow', saved.skippedInARow, Math.min(skipped, skipLimit - 1));
  const state = { step, skipped, skippedInARow, ...(moments as Moments) };
  return { parameters, trace, state, extra };
}

type Moments = Pick<TrainingState, 'firstMoment' | 'secondMoment' | 'powers' | 'lastGood'>;

/** @throws {FlowFileError} unless the file has it, in this length */
function tensor(where: string, name: string, data: Float64Array | undefined, length: number): Float64Array {
  if (data?.length === length) return data;
  throw new FlowFileError(`${where}: resume must hold ${name} of length ${length}; got ${describe(data)}.`);
}

/** Where it is not to be finite that matters. */
const IS_VALID: Readonly<Record<string, (value: number) => boolean>> = {
  secondMoment: (value) => value >= 0 && value < Infinity,
  powers: (value) => value >= 0 && value <= 1,
  validation: (value) => value > -Infinity,
};

function architectureOf({
  base,
  transforms,
  standardizeContext,
}: Pick<Flow, 'base' | 'transforms' | 'standardizeContext'>): string {
  return JSON.stringify([base.describe(), transforms.map((transform) => transform.describe()), standardizeContext]);
}

function parseFit(where: string, text: string | undefined): Record<string, unknown> {
  if (text === undefined) throw new FlowFileError(`${where}: resume must be a checkpoint of a fit; got a flow without one.`);
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Falls through to the error below: not JSON, and not an object, are the same mistake.
  }
  throw new FlowFileError(`${where}: the checkpoint's fit must be a JSON object; got ${describe(text.slice(0, 40))}.`);
}

function integer(where: string, name: string, value: unknown, maximum: number): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= maximum) return value;
  throw new FlowFileError(`${where}: the checkpoint's ${name} must be an integer in [0, ${maximum}]; got ${describe(value)}.`);
}

import { describe } from '../arguments.js';
import type { Target } from '../densities/target.js';
import { type Flow, requireParameters } from '../flow.js';
import { FlowFileError, TRAINING_PREFIX, decodeFlow, encodeFlow } from '../io/flow-file.js';
import type { Optimizer } from './optimizers.js';
import { type Annealing, type Schedule, nameOfSchedule } from './schedules.js';
import type { TrainingLoop, TrainingState } from './training.js';

// A checkpoint is the flow's own file with the training's state beside the parameters: it loads as a flow, too.

/** What a fit and its resumption must have in common. */
export interface FitIdentity {
  readonly steps: number;
  readonly batchSize: number;
  readonly seed: number | bigint;
  readonly optimizer: Optimizer;
  readonly schedule: Schedule;
  readonly annealing: Annealing;
  readonly clipNorm: number;
  readonly skipLimit: number;
  readonly target: Target;
}

export interface Checkpoint {
  readonly parameters: Float64Array;
  readonly state: TrainingState;
  readonly trace: Float64Array;
}

const TENSORS = ['firstMoment', 'secondMoment', 'powers', 'lastGood', 'trace'] as const;

export function encodeCheckpoint(flow: Flow, loop: TrainingLoop, trace: Float64Array, identity: FitIdentity): Uint8Array {
  const { step, skipped, skippedInARow, firstMoment, secondMoment, powers, lastGood } = loop.state();
  const { base, transforms, seed } = flow;
  const namedParameters = (): Record<string, Float64Array> => flow.namedParameters(loop.parameters.values.slice());
  const trained = { base, transforms, seed, namedParameters }; // the flow's own may have been written by other code since
  return encodeFlow(trained, {
    tensors: {
      [`${TRAINING_PREFIX}firstMoment`]: firstMoment,
      [`${TRAINING_PREFIX}secondMoment`]: secondMoment,
      [`${TRAINING_PREFIX}powers`]: powers,
      [`${TRAINING_PREFIX}lastGood`]: lastGood,
      [`${TRAINING_PREFIX}trace`]: trace.slice(0, step),
    },
    metadata: { fit: JSON.stringify({ ...fingerprint(identity), step, skipped, skippedInARow }) },
  });
}

/**
 * @throws {FlowFileError | SafetensorsError} for bytes that are no checkpoint
 * @throws {RangeError} for a checkpoint of another flow, or of a fit with other options
 */
export function decodeCheckpoint(where: string, bytes: Uint8Array, flow: Flow, identity: FitIdentity): Checkpoint {
  if (!(bytes instanceof Uint8Array)) throw new TypeError(`${where}: resume must be a Uint8Array; got ${describe(bytes)}.`);
  const content = decodeFlow(where, bytes);
  if (architectureOf(content) !== architectureOf(flow)) {
    throw new RangeError(`${where}: resume must be a checkpoint of this flow's architecture; got another one's.`);
  }
  const saved = parseFit(where, content.metadata.fit);
  for (const [name, value] of Object.entries(fingerprint(identity))) {
    if (saved[name] !== value)
      throw new RangeError(`${where}: ${name} must be the checkpoint's, ${describe(saved[name])}; got ${describe(value)}.`);
  }
  const count = flow.parameterCount;
  const step = integer(where, 'step', saved.step, identity.steps);
  const lengths = { firstMoment: count, secondMoment: count, powers: 2, lastGood: count, trace: step };
  const [firstMoment, secondMoment, powers, lastGood, trace] = TENSORS.map((name) => {
    const data = content.tensors.get(TRAINING_PREFIX + name)?.data;
    if (data?.length === lengths[name]) return data;
    throw new FlowFileError(
      `${where}: resume must hold ${TRAINING_PREFIX}${name} of length ${lengths[name]}; got ${describe(data)}.`,
    );
  });
  for (const [name, values] of Object.entries({ firstMoment, secondMoment, powers, lastGood })) {
    const isValid = IS_VALID[name] ?? Number.isFinite;
    const at = values.findIndex((value) => !isValid(value));
    if (at >= 0) {
      throw new FlowFileError(
        `${where}: resume must hold ${TRAINING_PREFIX}${name} as training leaves it; got ${values[at]} at index ${at}.`,
      );
    }
  }
  const parameters = new Float64Array(count);
  let offset = 0;
  for (const [name, { length }] of Object.entries(flow.namedParameters())) {
    const values = content.parameters[name];
    if (values?.length !== length)
      throw new FlowFileError(`${where}: resume must hold ${name} of length ${length}; got ${describe(values)}.`);
    parameters.set(values, offset);
    offset += length;
  }
  try {
    requireParameters(where, flow, parameters);
  } catch (cause) {
    throw new FlowFileError(`${where}: resume must hold parameters of the flow; got: ${(cause as Error).message}`, { cause });
  }
  const skipped = integer(where, 'skipped', saved.skipped, step);
  const skippedInARow = integer(where, 'skippedInARow', saved.skippedInARow, Math.min(skipped, identity.skipLimit - 1));
  return { parameters, trace, state: { step, skipped, skippedInARow, powers, firstMoment, secondMoment, lastGood } };
}

/** Where being finite is not enough. */
const IS_VALID: Readonly<Record<string, (value: number) => boolean>> = {
  secondMoment: (value) => value >= 0 && value < Infinity,
  powers: (value) => value >= 0 && value <= 1,
};

/** As JSON values, to compare what a file says with what was asked for. */
function fingerprint(identity: FitIdentity): Record<string, string | number> {
  const { steps, batchSize, seed, optimizer, schedule, annealing, clipNorm, skipLimit, target } = identity;
  return {
    steps,
    batchSize,
    seed: String(seed),
    target: target.name ?? 'a function',
    schedule: nameOfSchedule(schedule),
    annealing: nameOfSchedule(annealing),
    clipNorm: String(clipNorm || 'none'),
    skipLimit,
    optimizer: `${optimizer.name} ${optimizer.learningRate} ${optimizer.hyper.join(' ')}`,
  };
}

function architectureOf({ base, transforms }: Pick<Flow, 'base' | 'transforms'>): string {
  return JSON.stringify([base.describe(), transforms.map((transform) => transform.describe())]);
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

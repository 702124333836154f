import { existsSync, readFileSync } from 'node:fs';
import { type DataFit, type DataProgress, type Flow, fitToData } from '../index.js';
import { type Columns, columnName } from './columns.js';
import type { Table } from './csv.js';
import { FAMILIES } from './families.js';
import { Exit, Failure } from './failure.js';
import type { Data } from './fit-data.js';
import type { Settings } from './fit.js';
import type { FitRecord } from './model-file.js';
import type { Arguments } from './options.js';
import { writeWhole } from './output-file.js';
import { type ProgressLine, nats, progressText } from './progress.js';

export interface Training extends Settings {
  readonly flow: Flow;
  readonly data: Data;
  readonly table: Table;
  readonly columns: Columns;
  readonly signal: AbortSignal;
  readonly progress: ProgressLine;
}

/** How a fit went: the model has its parameters. */
export interface Outcome {
  readonly exitCode: number;
  readonly record: FitRecord;
  readonly message: string;
  readonly warning?: string;
}

const NOTHING_LEARNED =
  'fit: no step made the validation rows likelier; the model has its initial parameters. A smaller --learning-rate, more --steps or more rows may help.';

/** @throws {Failure} when there is nothing to write */
export async function train(args: Arguments, training: Training): Promise<Outcome> {
  const { flow, data, options, checkpoint, signal, progress, columns } = training;
  const initial = flow.getParameters();
  const [x, context, weights] = data.parts;
  const resume = args.has('resume') && existsSync(checkpoint!) ? readFileSync(checkpoint!) : undefined;
  let last: DataProgress | undefined;
  let firstStep: number | undefined;
  try {
    const result = await fitToData(flow, x, {
      ...options,
      ...(context.length > 0 && { context }),
      ...(weights.length > 0 && { weights }),
      ...(checkpoint !== undefined && { onCheckpoint: (bytes: Uint8Array) => writeWhole(checkpoint, bytes) }),
      ...(resume !== undefined && { resume: new Uint8Array(resume) }),
      signal,
      onProgress: (now) => {
        last = now;
        firstStep ??= now.step;
        progress.show((seconds) => progressText(now, now.step - firstStep!, seconds));
      },
    });
    return finished(training, result);
  } catch (cause) {
    if (cause === signal.reason && signal.aborted) {
      if (last === undefined || flow.getParameters().every((value, k) => value === initial[k])) throw nothingFitted();
      return interrupted(training, last);
    }
    throw inTerms(cause, training.table, columns, checkpoint);
  }
}

function nothingFitted(): Failure {
  return new Failure(Exit.Interrupted, 'fit: interrupted before the first step; nothing was written.');
}

function finished(
  training: Training,
  { trainNll, validationNll, bestStep, steps, stoppedEarly, skippedSteps }: DataFit,
): Outcome {
  const record = {
    ...recordOf(training),
    trainNll,
    ...(validationNll !== undefined && { validationNll }),
    bestStep,
    steps,
    skippedSteps,
  };
  const { family, data, options } = training;
  const tooFew = validationNll === undefined && options.validation !== 0 ? ', too few for validation' : '';
  const validation = validationNll === undefined ? '' : `, validation ${nats(validationNll)}`;
  const best = validationNll === undefined ? `at step ${steps}` : `best at step ${bestStep} of ${steps}`;
  const early = stoppedEarly ? ', stopped early' : '';
  const skipped = skippedSteps === 0 ? '' : ` Steps skipped, as they were not finite: ${skippedSteps}.`;
  const message = `${family} on ${data.rows} rows${tooFew}: train ${nats(trainNll)}${validation} nats per row, ${best}${early}.${skipped}`;
  return { exitCode: Exit.Ok, record, message, ...(bestStep === 0 && { warning: NOTHING_LEARNED }) };
}

function interrupted(training: Training, { step, steps, trainNll, bestValidationNll }: DataProgress): Outcome {
  // Of the last report: the parameters may have become better since.
  const validation = bestValidationNll !== undefined && { validationNllAtMost: bestValidationNll };
  const record = { ...recordOf(training), trainNll, ...validation, interruptedAt: step, steps };
  const best =
    bestValidationNll === undefined
      ? 'the last parameters'
      : `the best parameters so far, validation ${nats(bestValidationNll)} nats per row or less`;
  return { exitCode: Exit.Interrupted, record, message: `fit: interrupted at step ${step} of ${steps}; the model has ${best}.` };
}

function recordOf({ family, layers, hidden, bins, seed, data, columns, options }: Training): FitRecord {
  const { hasNetwork, hasBins } = FAMILIES[family];
  return {
    flow: family,
    layers,
    ...((hasNetwork || columns.context.length > 0) && { hidden: hidden.join(',') }),
    ...(hasBins && { bins }),
    seed: String(seed),
    learningRate: options.optimizer.learningRate,
    ...(options.batchSize !== undefined && { batchSize: options.batchSize }),
    ...(options.validation !== undefined && { validation: options.validation }),
    rows: data.rows,
  };
}

/** What `fitToData` says of a checkpoint of another fit. */
const CHECKPOINT_RULE = / resume must | must be the checkpoint's, /;

/** What the library says, with the names of the file and of the column where it has a number, and the exit code that belongs to it. */
function inTerms(cause: unknown, table: Table, { x }: Columns, checkpoint: string | undefined): unknown {
  if (!(cause instanceof Error)) return cause;
  if (cause.name === 'FlowFileError' || cause.name === 'SafetensorsError' || CHECKPOINT_RULE.test(cause.message))
    return new Failure(Exit.Model, `${checkpoint}: ${cause.message}`, { cause });
  if (!(cause instanceof RangeError)) return cause;
  const named = cause.message
    .replace(/column (\d+)/, (_, k: string) => columnName(table, x[Number(k)]))
    .replace(/^fitToData: /, () => `${table.name}: `);
  return new Failure(Exit.Data, named, { cause });
}

import { existsSync, readFileSync } from 'node:fs';
import { type DataFit, type DataProgress, type Flow, type FitToDataOptions, adam, fitToData, setThreads } from '../index.js';
import { type Columns, type KnownColumns, listedColumns } from './columns.js';
import { CSV_OPTIONS, NumberReader, type Table, batches, openTable } from './csv.js';
import { FAMILIES, FAMILY_NAMES, type FamilyName } from './families.js';
import { Exit, Failure } from './failure.js';
import { type FitRecord, encodeModel } from './model-file.js';
import { type Arguments, type Command, usage } from './options.js';
import { writeWhole } from './output-file.js';
import { ProgressLine, nats, progressText } from './progress.js';
import { Output, type Terminal } from './terminal.js';

const NAMES = FAMILY_NAMES.join(', ');

export const fit: Command = {
  name: 'fit',
  summary: 'fit a flow to the rows of a CSV file',
  usage: '[data.csv] --out model.safetensors [options]',
  positionals: 1,
  options: {
    out: { short: 'o', value: 'file', help: 'where the model goes; required' },
    flow: { short: 'f', value: 'name', help: `${NAMES} (default: nsf)` },
    layers: {
      value: 'n',
      help: `layers (default: ${FAMILY_NAMES.map((name) => `${name} ${FAMILIES[name].layers}`).join(', ')})`,
    },
    hidden: { value: 'n,n', help: 'widths of the hidden layers of networks (default: 64,64)' },
    bins: { value: 'n', help: 'bins of the splines of nsf and nsf-ar (default: 8)' },
    seed: { short: 's', value: 'n', help: 'of initial parameters, validation rows and batches (default: 0)' },
    columns: { value: 'a,b', help: 'columns to model, by name or number from 1 (default: all but those below)' },
    context: { value: 'a,b', help: 'columns to condition on' },
    weights: { value: 'a', help: 'column of weights, not negative' },
    epochs: { value: 'n', help: 'passes over the rows (default: 100, or what makes 2000 steps)' },
    steps: { value: 'n', help: 'training steps, instead of epochs' },
    'batch-size': { value: 'n', help: 'rows per step (default: 256)' },
    'learning-rate': { value: 'x', help: 'of Adam, decaying to 0 (default: 0.01 for planar, radial and sylvester, else 0.001)' },
    validation: { value: 'x', help: 'part of the rows that is not trained on, but picks the best parameters (default: 0.1)' },
    patience: { value: 'n', help: 'looks at these rows without a better result that end the fit (default: 20)' },
    checkpoint: { value: 'file', help: 'where to keep what --resume needs' },
    'checkpoint-every': { value: 'n', help: 'steps between two checkpoints (default: a tenth of all)' },
    resume: { help: 'go on from the checkpoint, if it is there, to the same model as without an interruption' },
    threads: { value: 'n', help: 'threads (default: as many as the machine has)' },
    quiet: { short: 'q', help: 'no progress and no summary' },
    ...CSV_OPTIONS,
  },
  details: `Maximum likelihood, in nats per row. Data may have any units: the flow's last layer standardizes them. Context columns are taken as they are.

Ctrl-C stops the fit: the model gets the best parameters so far, and the exit code is 130.`,
  examples: [
    'normalizing-flows fit data.csv --flow nsf --seed 1 --out flow.safetensors',
    'normalizing-flows fit data.csv --columns height,weight --context age --out flow.safetensors',
    'normalizing-flows fit data.csv --epochs 500 --checkpoint fit.checkpoint --resume --out flow.safetensors',
  ],
  run,
};

async function run(args: Arguments, terminal: Terminal): Promise<number> {
  const settings = readSettings(args);
  const { threads } = settings;
  const signal = terminal.interruption();
  if (threads !== undefined) await setThreads(threads);
  const table = await openTable(args, terminal);
  const progress = new ProgressLine(terminal.stderr, args.has('quiet'));
  const { columns, weightColumn } = chooseColumns(args, table);
  const data = await readData(args, table, [columns.x, columns.context, weightColumn], signal);
  if (data.skipped > 0 && !args.has('quiet')) terminal.stderr.write(`${table.name}: ${data.skipped} invalid rows left out.\n`);
  const flow = makeFlow(args, settings, columns);
  try {
    const { exitCode, record, message } = await train(args, { ...settings, flow, data, table, columns, signal, progress });
    progress.clear();
    writeWhole(settings.out, encodeModel(flow, knownColumns(table, columns), record));
    const output = new Output(exitCode === Exit.Ok ? terminal.stdout : terminal.stderr);
    if (!args.has('quiet') || exitCode !== Exit.Ok) await output.write(`${message}\n${settings.out} written.\n`);
    await output.flush();
    return exitCode;
  } finally {
    progress.clear();
    flow.dispose();
  }
}

interface Settings extends ReturnType<typeof readSettings> {}

/** All options but those about columns, before any data are read. */
function readSettings(args: Arguments) {
  const out = args.required('out');
  const family: FamilyName = args.choice('flow', FAMILY_NAMES) ?? 'nsf';
  const { hasNetwork, hasBins, layers, learningRate } = FAMILIES[family];
  if (!hasNetwork && !args.has('context') && args.has('hidden')) throw leftOut(args, 'hidden', family);
  if (!hasBins && args.has('bins')) throw leftOut(args, 'bins', family);
  if (args.has('epochs') && args.has('steps'))
    throw usage(args.where, '--epochs must be left out where --steps is given', args.text('epochs')!);
  for (const name of ['resume', 'checkpoint-every'])
    if (args.has(name) && !args.has('checkpoint')) throw usage(args.where, `--checkpoint must be given with --${name}`, 'none');
  return {
    out,
    family,
    layers: args.count('layers') ?? layers,
    hidden: (args.text('hidden') ?? '64,64').split(',').map((width) => hiddenWidth(args, width.trim())),
    bins: args.count('bins') ?? 8,
    seed: args.seed('seed') ?? 0,
    threads: args.count('threads'),
    checkpoint: args.text('checkpoint'),
    options: {
      steps: args.count('steps'),
      epochs: args.count('epochs'),
      batchSize: args.count('batch-size'),
      optimizer: adam({ learningRate: args.number('learning-rate', 0, 1e3) ?? learningRate }),
      validation: args.number('validation', 0, 1),
      patience: args.count('patience'),
      checkpointEvery: args.count('checkpoint-every'),
    } satisfies FitToDataOptions,
  };
}

function leftOut(args: Arguments, name: string, family: string): Failure {
  return usage(args.where, `--${name} must be left out for ${family}, which has none`, args.text(name)!);
}

function hiddenWidth(args: Arguments, text: string): number {
  const width = /^\d+$/.test(text) ? Number(text) : 0;
  if (width >= 1 && Number.isSafeInteger(width)) return width;
  throw usage(args.where, '--hidden must hold positive integers, separated by commas', args.text('hidden')!);
}

function chooseColumns(args: Arguments, table: Table): { columns: Columns; weightColumn: number[] } {
  const listed = (option: string): number[] => {
    const text = args.text(option);
    return text === undefined ? [] : listedColumns(args, option, text, table);
  };
  const context = listed('context');
  const weightColumn = listed('weights');
  if (weightColumn.length > 1) throw usage(args.where, '--weights must name one column', args.text('weights')!);
  const others = [...context, ...weightColumn];
  const all = Array.from({ length: table.width }, (_, column) => column).filter((column) => !others.includes(column));
  const x = args.has('columns') ? listed('columns') : all;
  if (new Set([...x, ...others]).size < x.length + others.length)
    throw usage(
      args.where,
      '--columns, --context and --weights must name different columns',
      args.text('columns') ?? args.text('context')!,
    );
  if (x.length === 0)
    throw new Failure(Exit.Data, `${table.name}: data must hold a column to model; got none besides --context and --weights.`);
  return { columns: { x, context }, weightColumn };
}

function knownColumns({ header, width }: Table, { x, context }: Columns): KnownColumns {
  const names = (columns: readonly number[]): string[] => columns.map((column) => header!.fields[column].trim());
  return { width, x, context, ...(header && { names: { x: names(x), context: names(context) } }) };
}

interface Data {
  /** x, context and weights, each row-major. */
  readonly parts: readonly Float64Array[];
  readonly rows: number;
  readonly skipped: number;
}

const READ_ROWS = 4096;

async function readData(
  args: Arguments,
  table: Table,
  columns: readonly (readonly number[])[],
  signal: AbortSignal,
): Promise<Data> {
  const reader = new NumberReader(table, columns.flat(), args.has('skip-invalid'));
  const pieces: Float64Array[] = [];
  for await (const { values } of batches(reader, READ_ROWS)) {
    if (signal.aborted) throw nothingFitted();
    pieces.push(values);
  }
  const width = columns.flat().length;
  const rows = pieces.reduce((sum, { length }) => sum + length / width, 0);
  let from = 0;
  const parts = columns.map(({ length }) => {
    const part = new Float64Array(rows * length);
    let row = 0;
    for (const piece of pieces)
      for (let at = from; at < piece.length; at += width) part.set(piece.subarray(at, at + length), row++ * length);
    from += length;
    return part;
  });
  return { parts, rows, skipped: reader.skipped };
}

/** @throws {Failure} where the family has no such flow */
function makeFlow(args: Arguments, { family, layers, hidden, bins, seed }: Settings, { x, context }: Columns): Flow {
  try {
    return FAMILIES[family].make({ dim: x.length, context: context.length, layers, hidden, bins, seed });
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new Failure(Exit.Usage, `${args.where}: --flow ${family} must be possible for the data; got: ${cause.message}`, {
      cause,
    });
  }
}

interface Training extends Settings {
  readonly flow: Flow;
  readonly data: Data;
  readonly table: Table;
  readonly columns: Columns;
  readonly signal: AbortSignal;
  readonly progress: ProgressLine;
}

interface Outcome {
  readonly exitCode: number;
  readonly record: FitRecord;
  readonly message: string;
}

async function train(args: Arguments, training: Training): Promise<Outcome> {
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
    throw inTerms(cause, training.table, columns, resume !== undefined, checkpoint);
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
  const validation = validationNll === undefined ? '' : `, validation ${nats(validationNll)}`;
  const early = stoppedEarly ? ', stopped early' : '';
  const skipped = skippedSteps === 0 ? '' : ` ${skippedSteps} steps that were not finite were skipped.`;
  const message = `${training.family} on ${training.data.rows} rows: train ${nats(trainNll)}${validation} nats per row, best at step ${bestStep} of ${steps}${early}.${skipped}`;
  return { exitCode: Exit.Ok, record, message };
}

function interrupted(training: Training, { step, steps, trainNll, bestValidationNll }: DataProgress): Outcome {
  const validation = bestValidationNll !== undefined && { validationNll: bestValidationNll };
  const record = { ...recordOf(training), trainNll, ...validation, interruptedAt: step, steps };
  const best =
    bestValidationNll === undefined
      ? 'the last parameters'
      : `the best parameters so far, validation ${nats(bestValidationNll)} nats per row`;
  return { exitCode: Exit.Interrupted, record, message: `fit: interrupted at step ${step} of ${steps}; the model has ${best}.` };
}

function recordOf({ family, layers, hidden, bins, seed, data, options }: Training): FitRecord {
  const { hasNetwork, hasBins } = FAMILIES[family];
  return {
    flow: family,
    layers,
    ...(hasNetwork && { hidden: hidden.join(',') }),
    ...(hasBins && { bins }),
    seed: String(seed),
    learningRate: options.optimizer.learningRate,
    ...(options.batchSize !== undefined && { batchSize: options.batchSize }),
    ...(options.validation !== undefined && { validation: options.validation }),
    rows: data.rows,
  };
}

/** What the library says, with the column's name where it has a number, and the exit code that belongs to it. */
function inTerms(cause: unknown, { header }: Table, { x }: Columns, resumed: boolean, checkpoint: string | undefined): unknown {
  if (!(cause instanceof Error)) return cause;
  if (cause.name === 'FlowFileError' || cause.name === 'SafetensorsError' || (resumed && cause instanceof RangeError))
    return new Failure(Exit.Model, `${checkpoint}: ${cause.message}`, { cause });
  if (!(cause instanceof RangeError)) return cause;
  const named = cause.message.replace(/column (\d+)/, (_, k: string) => {
    const column = x[Number(k)];
    return header === undefined ? `column ${column + 1}` : `column '${header.fields[column]}'`;
  });
  return new Failure(Exit.Data, named, { cause });
}

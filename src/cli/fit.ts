import { once } from 'node:events';
import { type FitToDataOptions, type Flow, adam, setThreads } from '../index.js';
import type { Columns } from './columns.js';
import { CSV_OPTIONS, openTable, skippedRows } from './csv.js';
import { FAMILIES, FAMILY_NAMES, type FamilyName } from './families.js';
import { Exit, Failure } from './failure.js';
import { chooseColumns, discreteColumns, knownColumns, readData } from './fit-data.js';
import { encodeModel } from './model-file.js';
import { type Arguments, type Command, refused, usage } from './options.js';
import { isSameFile, requireWritable, writeWhole } from './output-file.js';
import { ProgressLine } from './progress.js';
import { Output, type Terminal } from './terminal.js';
import { train } from './training.js';

/** As `--out`; as the data it is standard input. */
const STANDARD_OUTPUT = '-';

const NAMES = FAMILY_NAMES.join(', ');

export const fit: Command = {
  name: 'fit',
  summary: 'fit a flow to the rows of a CSV file',
  usage: '[data.csv] --out model.safetensors [options]',
  positionals: 1,
  options: {
    out: { short: 'o', value: 'file', help: "where the model goes, '-' for standard output; required" },
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
    'learning-rate': { value: 'x', help: 'of Adam, decaying to 0 (default: 0.01 for planar, radial and sylvester, else 0.005)' },
    validation: { value: 'x', help: 'part of the rows that is not trained on, but picks the best parameters (default: 0.1)' },
    patience: { value: 'n', help: 'looks at these rows without a better result that end the fit (default: 20)' },
    checkpoint: { value: 'file', help: 'where to keep what --resume needs' },
    'checkpoint-every': { value: 'n', help: 'steps between two checkpoints (default: a tenth of all)' },
    resume: { help: 'go on from the checkpoint, if it is there, to the same model as without an interruption' },
    threads: { value: 'n', help: 'threads (default: as many as the machine has)' },
    quiet: { short: 'q', help: 'no progress and no summary' },
    ...CSV_OPTIONS,
  },
  details: `Maximum likelihood, in nats per row. Data and context may have any units: the flow standardizes them.

Ctrl-C stops the fit: the model gets the best parameters so far, the checkpoint what --resume goes on from, and the exit code is 130.`,
  examples: [
    'normalizing-flows fit data.csv --flow nsf --seed 1 --out flow.safetensors',
    'normalizing-flows fit data.csv --columns height,weight --context age --out flow.safetensors',
    'normalizing-flows fit data.csv --epochs 500 --checkpoint fit.checkpoint --resume --out flow.safetensors',
  ],
  run,
};

async function run(args: Arguments, terminal: Terminal): Promise<number> {
  const settings = readSettings(args);
  const { threads, out, checkpoint } = settings;
  if (out === STANDARD_OUTPUT && terminal.stdout.isTTY)
    throw usage(args.where, '--out must be a file, or - into a pipe', 'a terminal');
  requireOtherFiles(args, settings);
  // Now, not after hours of training.
  for (const path of [out, checkpoint]) if (path !== undefined && path !== STANDARD_OUTPUT) requireWritable(path);
  const signal = terminal.interruption();
  if (threads !== undefined)
    await setThreads(threads).catch((cause: unknown) => {
      throw refused(args.where, 'threads', cause);
    });
  const table = await openTable(args, terminal, signal);
  const progress = new ProgressLine(terminal.stderr, args.has('quiet'));
  const { columns, weightColumn } = chooseColumns(args, table);
  const data = await readData(args, table, columns, weightColumn);
  if (data.skipped > 0 && !args.has('quiet')) terminal.stderr.write(skippedRows(table, data.skipped));
  for (const warning of discreteColumns(table, data, columns.x)) terminal.stderr.write(`${warning}\n`);
  const flow = makeFlow(args, settings, columns);
  try {
    const training = { ...settings, flow, data, table, columns, signal, progress };
    const { exitCode, record, message, warning } = await train(args, training);
    progress.clear();
    const model = encodeModel(flow, knownColumns(table, columns), record);
    const isPiped = out === STANDARD_OUTPUT;
    if (!isPiped) writeWhole(out, model);
    else if (!terminal.stdout.write(model)) await once(terminal.stdout, 'drain');
    const output = new Output(exitCode === Exit.Ok && !isPiped ? terminal.stdout : terminal.stderr);
    if (!args.has('quiet') || exitCode !== Exit.Ok) await output.write(`${message}\n${isPiped ? 'Model' : out} written.\n`);
    await output.flush();
    if (warning !== undefined) terminal.stderr.write(`${warning}\n`);
    return exitCode;
  } finally {
    progress.clear();
    flow.dispose();
  }
}

/** What a fit is asked for, but for its data. */
export interface Settings extends ReturnType<typeof readSettings> {}

/** What `fitToData` takes at most: rows of a step, and steps. */
const MOST_ROWS = 2 ** 24;
const MOST_STEPS = 2 ** 31 - 1;

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
      steps: args.count('steps', 1, MOST_STEPS),
      epochs: args.count('epochs', 1, MOST_STEPS),
      batchSize: args.count('batch-size', 1, MOST_ROWS),
      optimizer: adam({ learningRate: args.positive('learning-rate', 1e3) ?? learningRate }),
      validation: args.number('validation', 0, 1),
      patience: args.count('patience'),
      checkpointEvery: args.count('checkpoint-every'),
    } satisfies FitToDataOptions,
  };
}

/** @throws {Failure} where a file that is written is another one, too */
function requireOtherFiles({ where, positionals }: Arguments, { out, checkpoint }: Settings): void {
  const isPlain = (path: string | undefined): path is string => path !== undefined && path !== STANDARD_OUTPUT;
  const [data] = positionals;
  for (const [option, path, what, other] of [
    ['out', out, 'the data', data],
    ['checkpoint', checkpoint, 'the data', data],
    ['checkpoint', checkpoint, '--out', out],
  ] as const)
    if (isPlain(path) && isPlain(other) && isSameFile(path, other))
      throw usage(where, `--${option} must be another file than ${what}`, path);
}

function leftOut(args: Arguments, name: string, family: string): Failure {
  return usage(args.where, `--${name} must be left out for ${family}, which has none`, args.text(name)!);
}

function hiddenWidth(args: Arguments, text: string): number {
  const width = /^\d+$/.test(text) ? Number(text) : 0;
  if (width >= 1 && Number.isSafeInteger(width)) return width;
  throw usage(args.where, '--hidden must hold positive integers, separated by commas', args.text('hidden')!);
}

/** @throws {Failure} where the family has no such flow */
function makeFlow(args: Arguments, { family, layers, hidden, bins, seed }: Settings, { x, context }: Columns): Flow {
  try {
    return FAMILIES[family].make({ dim: x.length, context: context.length, layers, hidden, bins, seed });
  } catch (cause) {
    throw refused(args.where, `flow ${family}`, cause);
  }
}

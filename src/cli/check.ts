import type { Flow } from '../index.js';
import { columnsFor } from './columns.js';
import { CSV_OPTIONS, NumberReader, batches, openTable, skippedRows } from './csv.js';
import { Exit, Failure } from './failure.js';
import { type Model, readModel, requireOneInput } from './model-file.js';
import { type Arguments, type Command, usage } from './options.js';
import { contextOf, samplesOf } from './sample.js';
import { apart } from './score.js';
import { Output, type Terminal } from './terminal.js';

export const check: Command = {
  name: 'check',
  summary: 'audit a model: its round trip and its log-determinant',
  usage: '[data.csv] --model model.safetensors [options]',
  positionals: 1,
  options: {
    model: { short: 'm', value: 'file', help: "the model, '-' for standard input; required" },
    rows: { short: 'n', value: 'n', help: 'samples to check at, where no data are given (default: 1000)' },
    seed: { short: 's', value: 'n', help: 'of these samples (default: 0)' },
    bound: { value: 'x', help: 'the worst error that passes (default: 1e-6)' },
    columns: { value: 'a,b', help: 'columns of the data, as for score' },
    context: { value: 'a,b', help: 'columns of the context, as for score; without data one number each, as for sample' },
    ...CSV_OPTIONS,
  },
  details: `At every row of the data ('-': standard input), or at samples: the worst |f(f⁻¹(x)) − x|, divided by the largest |x| where that is above 1, and
the worst difference, in nats, between the log-determinant and that of the whole Jacobian matrix. The exit code is 1 where either is above the bound.
Rows of the data outside the flow's support are counted and left out.`,
  examples: [
    'normalizing-flows check --model flow.safetensors',
    'normalizing-flows check data.csv --model flow.safetensors --bound 1e-9',
  ],
  run,
};

const BATCH_ROWS = 1024;

interface Found {
  readonly rows: number;
  /** Rows left out: those of the data outside the flow's support. */
  readonly outside: number;
  readonly roundTrip: number;
  readonly logDet: number;
}

async function run(args: Arguments, terminal: Terminal): Promise<number> {
  const bound = args.number('bound', 0, Infinity) ?? 1e-6;
  requireOneInput(args, args.positionals[0]);
  const model = await readModel(args, terminal);
  try {
    let found: Found = { rows: 0, outside: 0, roundTrip: 0, logDet: 0 };
    const parts = args.positionals.length > 0 ? data(args, terminal, model) : samples(args, model);
    for await (const { x, options, outside } of parts) {
      const { worstRoundTrip, worstLogDet, rows } = model.flow.check(x, options);
      const scale = x.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
      found = {
        rows: found.rows + rows,
        outside: found.outside + outside,
        roundTrip: Math.max(found.roundTrip, worstRoundTrip / scale),
        logDet: Math.max(found.logDet, worstLogDet),
      };
    }
    if (found.rows === 0) throw new Failure(Exit.Data, 'check: data must hold a row in the support of the flow; got none.');
    const isGood = found.roundTrip <= bound && found.logDet <= bound;
    const output = new Output(terminal.stdout);
    await output.write(
      [
        `rows                  ${found.rows}`,
        ...(found.outside > 0 ? [`rows outside support  ${found.outside}`] : []),
        `worst round trip      ${found.roundTrip.toExponential(2)}`,
        `worst log-determinant ${found.logDet.toExponential(2)} nats`,
        `${isGood ? 'passed' : 'FAILED'}: ${isGood ? 'both are' : 'one is not'} within ${bound}`,
        '',
      ].join('\n'),
    );
    await output.flush();
    return isGood ? Exit.Ok : Exit.Failed;
  } finally {
    model.flow.dispose();
  }
}

/** Rows as `Flow.check` takes them, and how many were left out. */
interface Batch {
  readonly x: Float64Array;
  readonly options: { readonly context?: Float64Array };
  readonly outside: number;
}

async function* data(args: Arguments, terminal: Terminal, { flow, columns: known }: Model): AsyncGenerator<Batch> {
  for (const name of ['rows', 'seed'])
    if (args.has(name)) throw usage(args.where, `--${name} must be left out where data are given`, args.text(name)!);
  const table = await openTable(args, terminal);
  const { x, context } = columnsFor(args, table, known, flow.dim, flow.context);
  const reader = new NumberReader(table, [...x, ...context], args.has('skip-invalid'));
  for await (const { values } of batches(reader, BATCH_ROWS)) yield inSupport(flow, values);
  if (reader.skipped > 0) terminal.stderr.write(skippedRows(table, reader.skipped));
}

/** Where the density is 0 there is no way back, and no log-determinant. */
function inSupport(flow: Flow, values: Float64Array): Batch {
  const width = flow.dim + flow.context;
  const logDensity = flow.logProb(...apart(flow, values));
  const inside = values.filter((_, k) => logDensity[Math.floor(k / width)] !== -Infinity);
  const [x, options] = apart(flow, inside);
  return { x, options, outside: (values.length - inside.length) / width };
}

function* samples(args: Arguments, { flow }: Model): Generator<Batch> {
  const rows = args.count('rows') ?? 1000;
  const context = contextOf(args, flow);
  const options = context === undefined ? {} : { context };
  const x = samplesOf(args, flow, rows, { seed: args.seed('seed') ?? 0, ...options });
  for (let at = 0; at < x.length; at += BATCH_ROWS * flow.dim)
    yield { x: x.subarray(at, at + BATCH_ROWS * flow.dim), options, outside: 0 };
}

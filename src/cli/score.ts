import type { Flow } from '../index.js';
import { columnsFor } from './columns.js';
import { type Batch, CSV_OPTIONS, NumberReader, batches, numberField, openTable, skippedRows } from './csv.js';
import { Exit, Failure } from './failure.js';
import { readModel, requireOneInput } from './model-file.js';
import type { Arguments, Command } from './options.js';
import { Output, type Terminal } from './terminal.js';

export const score: Command = {
  name: 'score',
  summary: 'append to each row its log density',
  usage: '[data.csv] --model model.safetensors [options]',
  positionals: 1,
  options: {
    model: { short: 'm', value: 'file', help: "the model, '-' for standard input; required" },
    columns: {
      value: 'a,b',
      help: 'columns of the data, by name or number from 1 (default: by the names, or the places, of those fitted)',
    },
    context: { value: 'a,b', help: 'columns of the context (default: likewise)' },
    'keep-invalid': { help: 'of rows that --skip-invalid would leave out, write the line with an empty log density' },
    quiet: { short: 'q', help: 'do not count rows left out' },
    ...CSV_OPTIONS,
  },
  details: `Writes every line as it is, and the log density ln q in nats after it, under the name log_density where there is a header. Memory does not grow
with the number of rows. Outside the support of a flow the log density is -Infinity.`,
  examples: [
    'normalizing-flows score data.csv --model flow.safetensors > scored.csv',
    'zcat data.csv.gz | normalizing-flows score --model flow.safetensors | sort -t , -g -k 3 | head',
  ],
  run,
};

const BATCH_ROWS = 4096;

async function run(args: Arguments, terminal: Terminal): Promise<number> {
  requireOneInput(args, args.positionals[0] ?? '-');
  const { flow, columns: known } = await readModel(args, terminal);
  try {
    const table = await openTable(args, terminal);
    const { x, context } = columnsFor(args, table, known, flow.dim, flow.context);
    const reader = new NumberReader(table, [...x, ...context], args.has('skip-invalid') || args.has('keep-invalid'));
    const output = new Output(terminal.stdout);
    const { delimiter, header } = table;
    if (header !== undefined) await output.write(`${header.raw}${delimiter}log_density\n`);
    for await (const batch of batches(reader, BATCH_ROWS)) {
      const scores = densities(flow, batch, table.name);
      const lines = batch.rows.map(({ raw }, k) => `${raw}${delimiter}${numberField(scores[k], table)}\n`);
      if (args.has('keep-invalid'))
        for (const { row, at } of [...batch.leftOut].reverse()) lines.splice(at, 0, `${row.raw}${delimiter}\n`);
      await output.write(lines.join(''));
    }
    await output.flush();
    if (reader.skipped > 0 && !args.has('quiet') && !args.has('keep-invalid'))
      terminal.stderr.write(skippedRows(table, reader.skipped));
    return Exit.Ok;
  } finally {
    flow.dispose();
  }
}

function densities(flow: Flow, { rows, values }: Batch, name: string): Float64Array {
  try {
    return flow.logProb(...apart(flow, values));
  } catch (cause) {
    const lines = rows.length === 1 ? `line ${rows[0].line}` : `lines ${rows[0].line} … ${rows.at(-1)!.line}`;
    throw new Failure(Exit.Data, `${name}, ${lines}: ${(cause as Error).message}`, { cause });
  }
}

/** Rows of x and context side by side [n × (dim + context)] as a method of a flow takes them. */
export function apart({ dim, context }: Flow, values: Float64Array): [Float64Array, { context?: Float64Array }] {
  if (context === 0) return [values, {}];
  const width = dim + context;
  const n = values.length / width;
  const x = new Float64Array(n * dim);
  const given = new Float64Array(n * context);
  for (let row = 0; row < n; row++) {
    x.set(values.subarray(row * width, row * width + dim), row * dim);
    given.set(values.subarray(row * width + dim, (row + 1) * width), row * context);
  }
  return [x, { context: given }];
}

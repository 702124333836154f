import type { Flow, SampleOptions } from '../index.js';
import { parseNumber, quoted } from './csv.js';
import { Exit } from './failure.js';
import { readModel } from './model-file.js';
import { type Arguments, type Command, refused, usage } from './options.js';
import { Output, type Terminal } from './terminal.js';

export const sample: Command = {
  name: 'sample',
  summary: 'draw rows from a model',
  usage: '--model model.safetensors [options]',
  positionals: 0,
  options: {
    model: { short: 'm', value: 'file', help: "the model, '-' for standard input; required" },
    rows: { short: 'n', value: 'n', help: 'how many (default: 1000)' },
    seed: { short: 's', value: 'n', help: 'the same seed gives the same rows, fewer are the first of more (default: 0)' },
    context: { value: 'x,y', help: "what to condition on, one number per column of the model's context" },
    delimiter: { value: 'c', help: "what separates fields, 'tab' for tabs (default: comma)" },
  },
  details: 'Writes CSV, with a header where the model was fitted to data with one.',
  examples: [
    'normalizing-flows sample --model flow.safetensors -n 1000 --seed 1 > samples.csv',
    'normalizing-flows sample --model flow.safetensors --context 0.1,-0.2',
  ],
  run,
};

async function run(args: Arguments, terminal: Terminal): Promise<number> {
  const rows = args.count('rows', 0) ?? 1000;
  const seed = args.seed('seed') ?? 0;
  const delimiter = args.text('delimiter') ?? ',';
  const separator = delimiter === 'tab' ? '\t' : delimiter;
  if (separator.length !== 1 || /["\r\n\d.+\-eEInfityNa]/.test(separator))
    throw usage(args.where, "--delimiter must be one character that no number has, or 'tab'", delimiter);
  const { flow, columns } = await readModel(args, terminal);
  try {
    const context = contextOf(args, flow);
    const output = new Output(terminal.stdout);
    const names = columns?.names?.x;
    if (names !== undefined) await output.write(`${names.map((name) => quoted(name, separator)).join(separator)}\n`);
    const x = samplesOf(args, flow, rows, { seed, ...(context && { context }) });
    for (let row = 0; row < rows; row++)
      await output.write(`${x.subarray(row * flow.dim, (row + 1) * flow.dim).join(separator)}\n`);
    await output.flush();
    return Exit.Ok;
  } finally {
    flow.dispose();
  }
}

/** @throws {Failure} for more rows than there may be */
export function samplesOf(args: Arguments, flow: Flow, rows: number, options: SampleOptions): Float64Array {
  try {
    return flow.sample(rows, options);
  } catch (cause) {
    throw refused(args.where, 'rows', cause);
  }
}

/** The numbers that `--context` gives. @throws {Failure} unless they are as many as the model takes */
export function contextOf(args: Arguments, flow: Flow): Float64Array | undefined {
  const text = args.text('context');
  if (text === undefined && flow.context === 0) return undefined;
  const numbers = text?.split(',').map((item) => parseNumber(item)) ?? [];
  if (flow.context > 0 && numbers.length === flow.context && !numbers.some(Number.isNaN)) return Float64Array.from(numbers);
  const rule =
    flow.context === 0 ? 'be left out, as the model takes none' : `hold ${flow.context} finite numbers, as the model takes`;
  throw usage(args.where, `--context must ${rule}`, text ?? 'none');
}

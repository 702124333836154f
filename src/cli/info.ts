import type { Transform } from '../index.js';
import { Exit, shown } from './failure.js';
import { type Model, readModel } from './model-file.js';
import { type Arguments, type Command, usage } from './options.js';
import { Output, type Terminal } from './terminal.js';

export const info: Command = {
  name: 'info',
  summary: 'show what a model is, and how it was fitted',
  usage: 'model.safetensors',
  positionals: 1,
  options: { model: { short: 'm', value: 'file', help: 'the model, if it is not the argument' } },
  details:
    "The model is a file, or '-': standard input. Base, layers with their settings, number of parameters, columns, and what fit was asked for and found.",
  examples: ['normalizing-flows info flow.safetensors'],
  run,
};

const LONGEST_LIST = 64;

async function run(args: Arguments, terminal: Terminal): Promise<number> {
  const [path] = args.positionals;
  if (path !== undefined && args.has('model'))
    throw usage(args.where, '--model must be left out where the model is an argument', args.required('model'));
  const model = await readModel(args, terminal, path);
  try {
    const output = new Output(terminal.stdout);
    await output.write(describe(model));
    await output.flush();
    return Exit.Ok;
  } finally {
    model.flow.dispose();
  }
}

function describe({ flow, bytes, columns, fit }: Model): string {
  const { dim, context, parameterCount, base, transforms } = flow;
  const names = (list: readonly string[] | undefined, places: readonly number[] = []): string =>
    (list?.map(shown) ?? places.map((place) => `${place + 1}`)).join(', ');
  const lines: [string, string | number][] = [
    ['dim', dim],
    ...(context > 0 ? [['context', context] as [string, number]] : []),
    ['parameters', parameterCount],
    ['file', `${bytes} bytes`],
    ...(columns === undefined ? [] : [['columns', names(columns.names?.x, columns.x)] as [string, string]]),
    ...(columns === undefined || context === 0
      ? []
      : [['of context', names(columns.names?.context, columns.context)] as [string, string]]),
    ['base', text(base.describe())],
    ...transforms.map((transform: Transform, k): [string, string] => [`layer ${k + 1}`, text(transform.describe())]),
    ...Object.entries(fit).map(([name, value]): [string, string] => [`fit: ${safe(name)}`, safe(String(value))]),
  ];
  const width = Math.max(...lines.map(([name]) => name.length)) + 2;
  return lines.map(([name, value]) => `${name.padEnd(width)}${value}\n`).join('');
}

/** `coupling(dim 4, spline(bins 8, bound 5), mask 0101, hidden 64 64)`: what is off is left out. */
function text(description: object): string {
  const { type, ...settings } = description as { type: string };
  const on = Object.entries(settings).filter(
    ([name, value]) => value !== undefined && value !== false && !(name === 'context' && value === 0),
  );
  const said = on.map(([name, value]) =>
    typeof value === 'object' && !Array.isArray(value) ? setting(value) : `${name} ${setting(value)}`,
  );
  return said.length === 0 ? type : `${type}(${said.join(', ')})`;
}

function setting(value: unknown): string {
  if (Array.isArray(value)) {
    const rest = value.length > LONGEST_LIST ? ` … (${value.length})` : '';
    const first: unknown[] = value.slice(0, LONGEST_LIST);
    const isMask = first.every((entry) => typeof entry === 'boolean');
    return (isMask ? first.map(Number).join('') : first.map(setting).join(' ')) + rest;
  }
  return typeof value === 'object' && value !== null ? text(value) : String(value);
}

function safe(value: string): string {
  return shown(value).slice(1, -1);
}

import { readFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { Flow } from '../index.js';
import { decodeSafetensors, encodeSafetensors } from '../io/safetensors.js';
import type { KnownColumns } from './columns.js';
import { Exit, Failure } from './failure.js';
import { type Arguments, usage } from './options.js';
import type { Terminal } from './terminal.js';

// A model file is a flow's own file, as `Flow.save` writes it, with one more text in its metadata: the columns it was fitted to, and how.

/** How a flow was fitted: what `info` shows, by name. */
export type FitRecord = Readonly<Record<string, string | number>>;

export interface Model {
  readonly flow: Flow;
  readonly bytes: number;
  /** Of the table it was fitted to; none for a flow that was saved by a program. */
  readonly columns: KnownColumns | undefined;
  readonly fit: FitRecord;
}

/** The metadata's key. */
const KEY = 'commandLine';

export function encodeModel(flow: Flow, columns: KnownColumns, fit: FitRecord): Uint8Array {
  const { tensors, metadata } = decodeSafetensors(flow.save());
  return encodeSafetensors(tensors, { ...metadata, [KEY]: JSON.stringify({ columns, fit }) });
}

/** As the model's path, and as the data's. */
const STANDARD_INPUT = '-';

/**
 * The model that `--model` names, or another path; `-` is standard input.
 *
 * @throws {Failure} when it cannot be read, or is none
 */
export async function readModel(args: Arguments, { stdin }: Terminal, path = args.required('model')): Promise<Model> {
  try {
    const bytes = path === STANDARD_INPUT ? await buffer(stdin) : readFileSync(path);
    const flow = Flow.load(bytes);
    const text = decodeSafetensors(bytes).metadata[KEY];
    const { columns, fit } = text === undefined ? NOTHING : parseRecord(text, flow);
    return { flow, bytes: bytes.length, columns, fit };
  } catch (cause) {
    const name = path === STANDARD_INPUT ? 'standard input' : path;
    const rule = 'the model must be a file that fit or flow.save() wrote';
    throw new Failure(Exit.Model, `${name}: ${rule}; ${problem(cause as Error)}`, { cause });
  }
}

/** @throws {Failure} where the data come from standard input, and so does the model */
export function requireOneInput(args: Arguments, data: string | undefined): void {
  if (data === STANDARD_INPUT && args.text('model') === STANDARD_INPUT)
    throw usage(args.where, 'data must be a file where the model comes from standard input', data);
}

/** Without the names of the functions that found it. */
function problem({ name, message }: Error): string {
  if (name === 'SafetensorsError') return `this is no safetensors file (${message.replace(/^.*decodeSafetensors: |\.$/g, '')}).`;
  return `got: ${message.replace(/^Flow\.load: /, '')}`;
}

const NOTHING: { columns: KnownColumns | undefined; fit: FitRecord } = { columns: undefined, fit: {} };

/** @throws {Error} unless it is what `encodeModel` writes for such a flow */
function parseRecord(text: string, { dim, context }: Flow): { columns: KnownColumns; fit: FitRecord } {
  const { columns, fit } = object(JSON.parse(text));
  const { x, context: own, width, names } = object(columns);
  const isColumn = (value: unknown): boolean =>
    Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < (width as number);
  const isText = (value: unknown): boolean => typeof value === 'string';
  const known: KnownColumns = {
    width: width as number,
    x: list(x, dim, isColumn),
    context: list(own, context, isColumn),
    ...(names !== undefined && {
      names: { x: list(object(names).x, dim, isText), context: list(object(names).context, context, isText) },
    }),
  };
  const entries = Object.entries(object(fit)).filter(([, value]) => typeof value === 'string' || typeof value === 'number');
  return { columns: known, fit: Object.fromEntries(entries) as FitRecord };
}

function object(value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  throw new Error(`metadata '${KEY}' must hold objects.`);
}

function list<T>(value: unknown, length: number, isItem: (item: unknown) => boolean): T[] {
  if (Array.isArray(value) && value.length === length && value.every(isItem)) return value as T[];
  throw new Error(`metadata '${KEY}' must hold one entry per column of the flow.`);
}

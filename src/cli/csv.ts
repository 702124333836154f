import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { type Readable, addAbortSignal } from 'node:stream';
import { finished } from 'node:stream/promises';
import { CsvError, parse } from 'csv-parse';
import { Exit, Failure, shown } from './failure.js';
import { type Arguments, type Option, usage } from './options.js';
import type { Terminal } from './terminal.js';

// Tables of numbers, read row by row: with or without a header, separated by commas, semicolons or tabs. csv-parse reads the format, quotes
// and all (RFC 4180). The text is UTF-8, or UTF-16 where a byte order mark says so.

/** A row as it stands in the file. */
export interface Row {
  /** The number of its last line, from 1. */
  readonly line: number;
  readonly fields: readonly string[];
  /** Its text, without the line's end. */
  readonly raw: string;
}

export type Decimal = '.' | ',';

/** A file whose first row has been looked at. */
export interface Table {
  /** For messages. */
  readonly name: string;
  readonly delimiter: string;
  /** The sign before the decimals of its numbers. */
  readonly decimal: Decimal;
  readonly header: Row | undefined;
  /** Fields of the first row: all others must have as many. */
  readonly width: number;
  /** All rows but the header, some at a time. */
  readonly rows: AsyncIterable<readonly Row[]>;
}

export const CSV_OPTIONS = {
  delimiter: {
    value: 'c',
    help: "what separates fields, 'tab' for tabs (default: of tab, semicolon and comma, the first in line 1)",
  },
  decimal: { value: 'c', help: "what stands before decimals, '.' or ','; with the latter, commas do not separate (default: .)" },
  header: { help: 'the first row is a header (default: if a field of it is no number)' },
  'no-header': { help: 'the first row is data' },
  'skip-invalid': { help: 'leave out rows with a missing field, one too many, or no number where one belongs; count them' },
} as const satisfies Readonly<Record<string, Option>>;

/** The longest row that is read, in characters. */
const LONGEST_ROW = 2 ** 24;

/**
 * Opens the file that the command names first; standard input for `-` or none.
 *
 * @param signal ends the wait for more of it
 * @throws {Failure} when it cannot be read or is empty, or the signal is aborted
 */
export async function openTable(args: Arguments, terminal: Terminal, signal?: AbortSignal): Promise<Table> {
  const path = args.positionals[0] ?? '-';
  if (path === '-' && terminal.stdin.isTTY && args.positionals.length === 0)
    throw usage(args.where, 'data must be a file, or come from standard input', 'none');
  if (args.has('header') && args.has('no-header'))
    throw usage(args.where, '--no-header must be left out where --header is given', '--no-header');
  const decimal = readDecimal(args);
  const name = path === '-' ? 'standard input' : path;
  const source = path === '-' ? terminal.stdin : createReadStream(path);
  if (signal !== undefined) addAbortSignal(signal, source);
  const { first, chunks } = await peek(name, source);
  const delimiter = readDelimiter(args) ?? detectDelimiter(first, decimal);
  const rows = parseRows(name, chunks, delimiter);
  const { value: start } = await rows.next();
  if (!start) throw new Failure(Exit.Data, `${name}: data must hold at least one row; got none.`);
  const [row, ...others] = start;
  const isHeader = args.has('header') || (!args.has('no-header') && row.fields.some((field: string) => isWord(field, decimal)));
  const header = isHeader ? row : undefined;
  return { name, delimiter, decimal, header, width: row.fields.length, rows: after(isHeader ? others : start, rows) };
}

function readDelimiter(args: Arguments): string | undefined {
  const text = args.text('delimiter');
  if (text === 'tab' || text === '\\t') return '\t';
  if (text !== undefined && (text.length !== 1 || /["\r\n]/.test(text)))
    throw usage(args.where, "--delimiter must be one character, or 'tab'", text);
  return text;
}

function readDecimal(args: Arguments): Decimal {
  const text = args.text('decimal') ?? '.';
  if (text === '.' || text === ',') return text;
  throw usage(args.where, '--decimal must be a point or a comma', text);
}

function detectDelimiter(line: string, decimal: Decimal): string {
  const bare = line.replace(/"[^"]*"/g, '');
  return ['\t', ';'].find((delimiter) => bare.includes(delimiter)) ?? (decimal === ',' ? ';' : ',');
}

/** The first line that is not empty, or as much of it as there is, and all chunks of the source, those looked at included. */
async function peek(name: string, source: Readable): Promise<{ first: string; chunks: AsyncIterable<Buffer> }> {
  const iterator = utf8(source as AsyncIterable<Uint8Array | string>);
  const seen: Buffer[] = [];
  let text = '';
  try {
    while (!/[^\r\n][\r\n]/.test(text) && text.length < LONGEST_ROW) {
      const { value, done } = await iterator.next();
      if (done) break;
      seen.push(value);
      text += value.toString();
    }
  } catch (cause) {
    throw unreadable(name, cause as Error);
  }
  const [first = ''] = /[^\r\n]+/.exec(text) ?? [];
  return { first, chunks: { [Symbol.asyncIterator]: () => rest(seen, iterator) } };
}

async function* rest(seen: readonly Buffer[], iterator: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* seen;
    yield* iterator;
  } finally {
    await iterator.return(undefined);
  }
}

/** UTF-16 by its byte order mark. */
const UTF16: Readonly<Record<string, string>> = { fffe: 'utf-16le', feff: 'utf-16be' };

/** The source in UTF-8, if it is text at all; no character is cut by the end of a chunk. */
async function* utf8(source: AsyncIterable<Uint8Array | string>): AsyncGenerator<Buffer> {
  let held: Buffer = Buffer.alloc(0);
  let isBegun = false;
  let decoder: TextDecoder | undefined;
  for await (const value of source) {
    held = Buffer.concat([held, Buffer.from(value as Uint8Array)]);
    if (!isBegun && held.length < 2) continue;
    const encoding = isBegun ? undefined : UTF16[held.toString('hex', 0, 2)];
    if (encoding !== undefined) decoder = new TextDecoder(encoding, { fatal: true });
    isBegun = true;
    const end = decoder === undefined ? held.length - cutOff(held) : held.length;
    const bytes = held.subarray(0, end);
    held = held.subarray(end);
    yield decoder === undefined ? bytes : Buffer.from(decoder.decode(bytes, { stream: true }));
  }
  decoder?.decode();
  if (held.length > 0) yield held;
}

/** Bytes at the end that begin a character of UTF-8 whose others are to come. */
function cutOff(bytes: Buffer): number {
  for (let count = 1; count <= Math.min(3, bytes.length); count++) {
    const first = bytes[bytes.length - count];
    if (first >= 0xc0) return count < (first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4) ? count : 0;
  }
  return 0;
}

async function* after<T>(first: T, others: AsyncIterable<T>): AsyncGenerator<T> {
  yield first;
  yield* others;
}

/** The rows of one chunk after the other; of each at least one. */
async function* parseRows(name: string, chunks: AsyncIterable<Buffer>, delimiter: string): AsyncGenerator<Row[]> {
  const rows: Row[] = [];
  let line = 1;
  const taken = (): Row[] => rows.splice(0);
  const parser = parse({
    ...{ delimiter, bom: true, raw: true, max_record_size: LONGEST_ROW, relax_column_count: true, skip_empty_lines: true },
    // Taken here and not from the stream: a promise per row would cost more than the row.
    on_record: (entry: unknown, { lines }) => {
      const { record, raw } = entry as { record: string[]; raw: string };
      rows.push({ line: lines, fields: record, raw: raw.replace(/^\ufeff?[\r\n]*|[\r\n]+$/g, '') });
      return null;
    },
  });
  parser.on('error', () => undefined); // thrown below
  try {
    for await (const chunk of chunks) {
      line = requireUtf8(name, chunk, line);
      await new Promise<void>((resolve, reject) => parser.write(chunk, (error) => (error ? reject(error) : resolve())));
      if (rows.length > 0) yield taken();
    }
    parser.end();
    await finished(parser, { readable: false });
    if (rows.length > 0) yield taken();
  } catch (cause) {
    throw unreadable(name, cause as Error);
  }
}

/**
 * @param line the number of the chunk's first line
 * @returns that of the next chunk's
 * @throws {Failure} unless it is UTF-8
 */
function requireUtf8(name: string, chunk: Buffer, line: number): number {
  const lines = chunk.toString('latin1').split('\n');
  if (isUtf8(chunk)) return line + lines.length - 1;
  const bad = line + lines.findIndex((text) => !isUtf8(Buffer.from(text, 'latin1')));
  throw new Failure(Exit.Data, `${name}, line ${bad}: must be UTF-8; got other bytes. Convert the file, as iconv does.`);
}

function unreadable(name: string, cause: Error): Failure {
  if (cause instanceof Failure) return cause;
  if (cause.name === 'AbortError')
    return new Failure(Exit.Interrupted, `${name}: interrupted before all data were read; nothing was written.`, { cause });
  const what = cause instanceof CsvError ? 'CSV' : 'a file that can be read';
  return new Failure(Exit.Data, `${name}: data must be ${what}; got: ${cause.message}.`, { cause });
}

const NUMBER = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i;
/** What stands for a number that is missing: in a first row it makes no header. */
const MISSING = /^\s*([+-]?(nan|inf|infinity)|na|null|none)?\s*$/i;

function isWord(field: string, decimal: Decimal): boolean {
  return !NUMBER.test(pointed(field, decimal)) && !MISSING.test(field);
}

/** A finite decimal number, or NaN. */
export function parseNumber(field: string, decimal: Decimal = '.'): number {
  const text = pointed(field, decimal);
  const value = NUMBER.test(text) ? Number(text) : NaN;
  return Number.isFinite(value) ? value : NaN;
}

/** A field with a point before its decimals; what was a point is none then. */
function pointed(field: string, decimal: Decimal): string {
  return decimal === '.' ? field : field.replace(/[.,]/g, (sign) => (sign === ',' ? '.' : ','));
}

/** A number as a field of the table. */
export function numberField(value: number, { delimiter, decimal }: Table): string {
  return quoted(String(value).replace('.', decimal), delimiter);
}

/** Reads the numbers of some columns, row by row. */
export class NumberReader {
  /** Rows left out. */
  skipped = 0;

  constructor(
    readonly table: Table,
    readonly columns: readonly number[],
    readonly skipInvalid: boolean,
  ) {}

  /**
   * Adds the row's numbers to `out`.
   *
   * @returns whether it has them; a row without is counted
   * @throws {Failure} for a row without, unless these are skipped
   */
  read(row: Row, out: Float64Array, at: number): boolean {
    const problem = this.#problem(row, out, at);
    if (problem === undefined) return true;
    if (!this.skipInvalid) throw new Failure(Exit.Data, problem);
    this.skipped++;
    return false;
  }

  /** Where a number is, for messages: `data.csv, line 17, column 2 ('height')`. */
  place({ line }: Row, column: number): string {
    const { name, header } = this.table;
    return `${name}, line ${line}, column ${column + 1}${header === undefined ? '' : ` (${shown(header.fields[column])})`}`;
  }

  #problem(row: Row, out: Float64Array, at: number): string | undefined {
    const { name, width, decimal } = this.table;
    const { fields, line } = row;
    if (fields.length !== width)
      return `${name}, line ${line}: the row must hold ${width} fields, as the first one; got ${fields.length}.`;
    for (let k = 0; k < this.columns.length; k++) {
      const column = this.columns[k];
      const value = parseNumber(fields[column], decimal);
      out[at + k] = value;
      if (!Number.isNaN(value)) continue;
      const got = fields[column].trim() === '' ? 'an empty field' : shown(fields[column]);
      const hint = decimal === '.' && !Number.isNaN(parseNumber(fields[column], ',')) ? ' --decimal , reads decimal commas.' : '';
      return `${this.place(row, column)}: must be a finite number; got ${got}.${hint}`;
    }
    return undefined;
  }
}

/** What is said of rows that were left out. */
export function skippedRows({ name }: Table, rows: number): string {
  return `${name}: ${rows} invalid ${rows === 1 ? 'row' : 'rows'} left out.\n`;
}

/** Some rows, and their numbers [rows × columns]. */
export interface Batch {
  readonly rows: readonly Row[];
  readonly values: Float64Array;
  /** Rows left out, each with the number of rows before it. */
  readonly leftOut: readonly { readonly row: Row; readonly at: number }[];
}

/** The valid rows of a table, so many at a time, with those left out among them. */
export async function* batches(reader: NumberReader, size: number): AsyncGenerator<Batch> {
  const width = reader.columns.length;
  const values = new Float64Array(size * width);
  let rows: Row[] = [];
  let leftOut: Batch['leftOut'][number][] = [];
  for await (const some of reader.table.rows) {
    for (const row of some) {
      if (reader.read(row, values, rows.length * width)) rows.push(row);
      else leftOut.push({ row, at: rows.length });
      if (rows.length + leftOut.length < size) continue;
      yield { rows, values: values.slice(0, rows.length * width), leftOut };
      rows = [];
      leftOut = [];
    }
  }
  if (rows.length + leftOut.length > 0) yield { rows, values: values.slice(0, rows.length * width), leftOut };
}

/** A field as it must stand in a file. */
export function quoted(field: string, delimiter: string): string {
  return field.includes(delimiter) || /["\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}

import { parse } from 'csv-parse/sync';
import type { Table } from './csv.js';
import { Exit, Failure, shown } from './failure.js';
import { type Arguments, usage } from './options.js';

/** Which columns of a table are what; numbers from 0. */
export interface Columns {
  /** Those the flow models, and those it is conditioned on. */
  readonly x: readonly number[];
  readonly context: readonly number[];
}

/** Columns as a model file keeps them: of the table it was fitted to. */
export interface KnownColumns extends Columns {
  /** Columns of the table. */
  readonly width: number;
  /** The table's names of these columns; none without a header. */
  readonly names?: { readonly x: readonly string[]; readonly context: readonly string[] };
}

/** A column in messages: by its name in the header, else by its number from 1. */
export function columnName({ header }: Table, column: number): string {
  return `column ${header === undefined ? column + 1 : shown(header.fields[column])}`;
}

/**
 * Columns given by name or, from 1, by number, as a row of CSV: a name that has a comma stands in quotes.
 *
 * @throws {Failure} for one that is not there, or there twice
 */
export function listedColumns({ where }: Arguments, option: string, text: string, table: Table): number[] {
  const columns = itemsOf(where, option, text).map((item) => columnOf(where, option, item.trim(), table));
  columns.forEach((column, k) => {
    if (columns.indexOf(column) !== k) throw usage(where, `--${option} must name each column once`, text);
  });
  return columns;
}

function itemsOf(where: string, option: string, text: string): string[] {
  try {
    const rows: string[][] = parse(text, { ltrim: true, relax_quotes: true, relax_column_count: true });
    return rows.length === 0 ? [''] : rows.flat();
  } catch {
    throw usage(where, `--${option} must be a row of CSV, with quotes in pairs`, text);
  }
}

function columnOf(where: string, option: string, item: string, { header, width }: Table): number {
  const names = header?.fields.map((name) => name.trim()) ?? [];
  const named = names.indexOf(item);
  if (named >= 0 && names.indexOf(item, named + 1) >= 0)
    throw usage(where, `--${option} must name columns that no other has the name of`, item);
  if (named >= 0) return named;
  const number = /^\d+$/.test(item) ? Number(item) : 0;
  if (number >= 1 && number <= width) return number - 1;
  const known = header === undefined ? '' : `${names.map(shown).join(', ')}, or `;
  throw usage(where, `--${option} must hold columns among ${known}1 … ${width}`, item);
}

/**
 * Where a table has what a model takes: as the user says, else by the names of the columns it was fitted to, by their places where a name
 * is there twice; without names where these columns stood, else in order where there are as many as it takes.
 *
 * @throws {Failure} when it is not there
 */
export function columnsFor(
  args: Arguments,
  table: Table,
  known: KnownColumns | undefined,
  dim: number,
  context: number,
): Columns {
  const found = table.header && known?.names ? byName(table, known) : byPlace(table, known, dim, context);
  const listed = (option: string, count: number): number[] | undefined => {
    const text = args.text(option);
    const columns = text === undefined ? undefined : listedColumns(args, option, text, table);
    if (columns !== undefined && columns.length !== count)
      throw usage(args.where, `--${option} must hold the ${count} columns that the model takes`, text!);
    return columns;
  };
  const x = listed('columns', dim) ?? found.x;
  const own = listed('context', context) ?? found.context;
  if (x !== undefined && own !== undefined) return { x, context: own };
  throw new Failure(
    Exit.Data,
    `${table.name}: data must hold ${found.rule}; got ${shownColumns(table)}. --columns and --context choose.`,
  );
}

interface Found extends Partial<Columns> {
  readonly rule: string;
}

function byName(table: Table, known: KnownColumns): Found {
  const own = table.header!.fields.map((name) => name.trim());
  const names = known.names!;
  const all = [...names.x, ...names.context];
  const isOnce = (name: string): boolean =>
    [all, own].every((list) => list.indexOf(name) >= 0 && list.indexOf(name) === list.lastIndexOf(name));
  const find = (wanted: readonly string[], places: readonly number[]): number[] | undefined => {
    if (wanted.every(isOnce)) return wanted.map((name) => own.indexOf(name));
    // Of columns of one name, only their places tell which is which.
    const isAsFitted = table.width === known.width && wanted.every((name, k) => own[places[k]] === name);
    return isAsFitted ? [...places] : undefined;
  };
  const rule = `the model's columns ${all.map(shown).join(', ')}, each of them once or all where they were`;
  return { x: find(names.x, known.x), context: find(names.context, known.context), rule };
}

function byPlace({ width }: Table, known: KnownColumns | undefined, dim: number, context: number): Found {
  const place = (from: number, count: number): number[] => Array.from({ length: count }, (_, k) => from + k);
  const rule = `${known === undefined ? '' : `${known.width} columns, as what the model was fitted to, or `}the ${dim + context} that it takes`;
  if (known?.width === width) return { x: known.x, context: known.context, rule };
  if (width === dim + context) return { x: place(0, dim), context: place(dim, context), rule };
  return { context: context === 0 ? [] : undefined, rule };
}

function shownColumns({ header, width }: Table): string {
  return header === undefined ? `${width} columns` : header.fields.map(shown).join(', ');
}

import { type Columns, type KnownColumns, columnName, listedColumns } from './columns.js';
import { NumberReader, type Table, batches } from './csv.js';
import { Exit, Failure, shown } from './failure.js';
import { type Arguments, usage } from './options.js';

/** @throws {Failure} for columns that are not there, or there twice; where none is left to model */
export function chooseColumns(args: Arguments, table: Table): { columns: Columns; weightColumn: number[] } {
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

/** What the model file says of them. */
export function knownColumns({ header, width }: Table, { x, context }: Columns): KnownColumns {
  const names = (columns: readonly number[]): string[] => columns.map((column) => header!.fields[column].trim());
  return { width, x, context, ...(header && { names: { x: names(x), context: names(context) } }) };
}

/** The table's numbers, in memory. */
export interface Data {
  /** x, context and weights, each row-major. */
  readonly parts: readonly Float64Array[];
  readonly rows: number;
  readonly skipped: number;
}

const READ_ROWS = 4096;

/** A column of so few values, each so often, says what a row is, and not how much of something it has. */
const FEW_VALUES = 20;
const OFTEN = 10;

/** What is to be said of such columns among those to model. One value alone is a mistake of its own. */
export function discreteColumns(table: Table, { parts: [x], rows }: Data, columns: readonly number[]): string[] {
  return columns.flatMap((column, k) => {
    const values = new Set<number>();
    for (let at = k; at < x.length && values.size <= FEW_VALUES; at += columns.length) values.add(x[at]);
    if (values.size <= 1 || values.size > FEW_VALUES || values.size * OFTEN > rows) return [];
    const found = `${table.name}: ${columnName(table, column)} has only ${values.size} values in ${rows} rows, and so no density.`;
    return [`${found} Name the others with --columns, and this one, if it matters, with --context.`];
  });
}

/**
 * @param weightColumn at most one
 * @throws {Failure} for an invalid row, or a negative weight
 */
export async function readData(args: Arguments, table: Table, { x, context }: Columns, weightColumn: number[]): Promise<Data> {
  const columns = [x, context, weightColumn];
  const reader = new NumberReader(table, columns.flat(), args.has('skip-invalid'));
  const pieces: Float64Array[] = [];
  const width = columns.flat().length;
  for await (const { rows, values } of batches(reader, READ_ROWS)) {
    for (const weight of weightColumn) {
      const bad = rows.find((_, k) => values[(k + 1) * width - 1] < 0);
      if (bad === undefined) continue;
      throw new Failure(Exit.Data, `${reader.place(bad, weight)}: must not be negative; got ${shown(bad.fields[weight])}.`);
    }
    pieces.push(values);
  }
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

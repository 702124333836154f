import { describe, numbersOf, requireCount } from '../arguments.js';

/** Draws by name: a column of numbers for each parameter. */
export type Columns = Readonly<Record<string, ArrayLike<number>>>;

/** Beyond it, widths and sums may overflow. */
export const LARGEST = 1e300;

/** The numbers of a column. @throws {RangeError | TypeError} */
function columnOf(where: string, name: string, values: ArrayLike<number>): Float64Array {
  const column = numbersOf(where, name, values);
  if (column.length === 0) throw new RangeError(`${where}: ${name} must hold at least one number; got none.`);
  const wrong = column.findIndex((value) => !(Math.abs(value) <= LARGEST));
  if (wrong < 0) return column;
  throw new RangeError(
    `${where}: ${name} must be finite and at most ${LARGEST} in size; got ${column[wrong]} at index ${wrong}.`,
  );
}

/**
 * The columns of these names, in their order, all of one length.
 *
 * @param argument what the columns are called in messages
 * @throws {RangeError} when a name is unknown, a column is empty, of another length or holds a number that is not finite
 * @throws {TypeError} when it is no record of lists of numbers
 */
export function columnsOf(
  where: string,
  argument: string,
  columns: Columns,
  names: readonly string[],
): Map<string, Float64Array> {
  const read = new Map(names.map((name) => [name, columnOf(where, `${argument}.${name}`, columns[name])]));
  const [first] = read;
  for (const [name, { length }] of read) {
    if (length === first[1].length) continue;
    throw new RangeError(`${where}: ${argument}.${name} must have the length of ${first[0]}, ${first[1].length}; got ${length}.`);
  }
  return read;
}

/** Names of the columns to draw: `names`, or all. @throws {RangeError | TypeError} */
export function namesOf(where: string, columns: Columns, names: readonly string[] | undefined): readonly string[] {
  requireColumns(where, 'columns', columns);
  const known = Object.keys(columns);
  if (known.length === 0) throw new RangeError(`${where}: columns must hold at least one column; got none.`);
  if (names === undefined) return known;
  if (!Array.isArray(names)) throw new TypeError(`${where}: names must be an array of names; got ${describe(names)}.`);
  if (names.length === 0) throw new RangeError(`${where}: names must hold at least one name; got none.`);
  for (const [i, name] of names.entries()) {
    if (!known.includes(name)) throw new RangeError(`${where}: names must be among ${known.join(', ')}; got ${describe(name)}.`);
    if (names.indexOf(name) < i) throw new RangeError(`${where}: names must differ; got ${describe(name)} twice.`);
  }
  return names;
}

/** @throws {TypeError} unless it is a record. */
export function requireColumns(where: string, name: string, columns: Columns): void {
  if (columns !== null && typeof columns === 'object' && !Array.isArray(columns) && !ArrayBuffer.isView(columns)) return;
  throw new TypeError(`${where}: ${name} must be an object of columns by name; got ${describe(columns)}.`);
}

/** A title that is text, or none. @throws {TypeError} */
export function requireTitle(where: string, title: string | undefined): void {
  if (title === undefined || typeof title === 'string') return;
  throw new TypeError(`${where}: title must be text; got ${describe(title)}.`);
}

/** Names for a legend. @throws {RangeError | TypeError} unless there are `count` */
export function labelsOf(where: string, labels: readonly string[], count: number): readonly string[] {
  if (!Array.isArray(labels) || !labels.every((label) => typeof label === 'string'))
    throw new TypeError(`${where}: labels must be an array of texts; got ${describe(labels)}.`);
  if (labels.length === count) return labels;
  throw new RangeError(`${where}: labels must have length ${count}; got ${labels.length}.`);
}

/** Pixels, of which pictures have some at least and not beyond reason. @throws {RangeError} */
export function requirePixels(where: string, name: string, pixels: number, least: number): void {
  requireCount(where, name, pixels, least);
  if (pixels > MOST_PIXELS) throw new RangeError(`${where}: ${name} must be at most ${MOST_PIXELS}; got ${pixels}.`);
}

const MOST_PIXELS = 10_000;

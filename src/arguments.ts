/** Rows of numbers, as they come in: row-major `rows × dim`, or an array of rows. What is float32 is widened, which is exact. */
export type Rows = Float64Array | Float32Array | ReadonlyArray<ArrayLike<number>>;

/** @throws {RangeError} unless `value` is an integer of at least `minimum`. */
export function requireCount(where: string, name: string, value: number, minimum: number): void {
  if (Number.isSafeInteger(value) && value >= minimum) return;
  throw new RangeError(`${where}: ${name} must be an integer of at least ${minimum}; got ${describe(value)}.`);
}

/** @throws {TypeError} unless every key of `options` is among `known`. */
export function requireOptions(where: string, options: object, known: readonly string[]): void {
  if (options === null || typeof options !== 'object')
    throw new TypeError(`${where}: options must be an object; got ${describe(options)}.`);
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) throw new TypeError(`${where}: options must be among ${known.join(', ')}; got '${key}'.`);
  }
}

/** @throws {RangeError} unless all values are finite. */
export function requireFinite(where: string, name: string, values: ArrayLike<number>): void {
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) throw new RangeError(`${where}: ${name} must be finite; got ${values[i]} at index ${i}.`);
  }
}

/**
 * The batch as one row-major array.
 *
 * @throws {RangeError} when a row's length is not `dim`, or a value is not finite
 * @throws {TypeError} when it is neither a Float64Array, nor a Float32Array, nor an array of rows
 */
export function requireRows(where: string, name: string, rows: Rows, dim: number): Float64Array {
  const flat = flatRows(where, name, rows, dim);
  for (let i = 0; i < flat.length; i++) {
    if (Number.isFinite(flat[i])) continue;
    const place = `in row ${Math.floor(i / dim)}, column ${i % dim}, counted from 0`;
    throw new RangeError(`${where}: ${name} must be finite; got ${flat[i]} ${place}.`);
  }
  return flat;
}

function flatRows(where: string, name: string, rows: Rows, dim: number): Float64Array {
  const flat =
    rows instanceof Float64Array
      ? rows
      : rows instanceof Float32Array
        ? widen(where, name, rows)
        : flatten(where, name, rows, dim);
  if (flat.length % dim === 0) return flat;
  throw new RangeError(`${where}: ${name} must hold rows of dim ${dim}; got length ${flat.length}.`);
}

function widen(where: string, name: string, rows: Float32Array): Float64Array {
  const flat = requireMemory(where, name, rows.length);
  flat.set(rows);
  return flat;
}

function flatten(where: string, name: string, rows: ReadonlyArray<ArrayLike<number>>, dim: number): Float64Array {
  if (!Array.isArray(rows)) {
    throw new TypeError(`${where}: ${name} must be a Float64Array, a Float32Array or an array of rows; got ${describe(rows)}.`);
  }
  const flat = requireMemory(where, name, rows.length * dim);
  // Not forEach, which passes over holes.
  for (let r = 0; r < rows.length; r++) {
    const row: ArrayLike<number> | undefined = rows[r];
    if (typeof row !== 'object' || row === null || row.length !== dim) {
      throw new RangeError(`${where}: ${name} must hold rows of dim ${dim}; got ${describe(row)} at row ${r}.`);
    }
    for (let j = 0; j < dim; j++) flat[r * dim + j] = requireNumber(where, name, row[j], `at row ${r}`);
  }
  return flat;
}

function requireNumber(where: string, name: string, value: unknown, place: string): number {
  if (typeof value === 'number') return value;
  throw new TypeError(`${where}: ${name} must hold numbers; got ${describe(value)} ${place}.`);
}

/**
 * A vector of numbers as an array of its own.
 *
 * @param rule what it must do, for the message
 * @throws {RangeError} when its length is not `length`, or a value is not finite
 * @throws {TypeError} when it holds anything but numbers
 */
export function vectorOf(
  where: string,
  name: string,
  values: ArrayLike<number>,
  length: number,
  rule = `have length ${length}`,
): Float64Array {
  if (!isList(values) || values.length !== length)
    throw new RangeError(`${where}: ${name} must ${rule}; got ${describe(values)}.`);
  const vector = numbersOf(where, name, values);
  requireFinite(where, name, vector);
  return vector;
}

/**
 * A list of numbers, ±∞ and NaN among them, as an array of its own.
 *
 * @throws {TypeError} when it is no list, or holds anything but numbers
 * @throws {RangeError} when no array can be so long
 */
export function numbersOf(where: string, name: string, values: ArrayLike<number>): Float64Array {
  if (!isList(values)) throw new TypeError(`${where}: ${name} must be an array of numbers; got ${describe(values)}.`);
  const numbers = requireMemory(where, name, values.length);
  for (let i = 0; i < values.length; i++) numbers[i] = requireNumber(where, name, values[i], `at index ${i}`);
  return numbers;
}

/** Whether it is an array, or one of the typed ones. */
export function isList(values: unknown): values is ArrayLike<unknown> {
  return Array.isArray(values) || (ArrayBuffer.isView(values) && !(values instanceof DataView));
}

/** @throws {TypeError} unless `value` is true or false */
export function requireBoolean(where: string, name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw new TypeError(`${where}: ${name} must be true or false; got ${describe(value)}.`);
}

/** @throws {RangeError} unless `value` is among `choices` */
export function requireChoice<T extends string>(where: string, name: string, value: T, choices: readonly T[]): T {
  if (choices.includes(value)) return value;
  throw new RangeError(`${where}: ${name} must be among ${choices.join(', ')}; got ${describe(value)}.`);
}

/** `length` zeros. @throws {RangeError} when no array can be so long */
export function requireMemory(where: string, name: string, length: number): Float64Array {
  try {
    return new Float64Array(length);
  } catch (cause) {
    throw new RangeError(`${where}: ${name} must fit in memory; got ${length} numbers.`, { cause });
  }
}

/** Rows and steps are counted in 31 bits, by the random numbers, too. */
const COUNT_LIMIT = 2 ** 31 - 1;

/**
 * A new array of `count` times `width` doubles, for a count that a caller gave.
 *
 * @throws {RangeError} when it is too large for an array, or for the memory
 */
export function requireRoom(where: string, name: string, count: number, width: number): Float64Array {
  if (count > COUNT_LIMIT) throw new RangeError(`${where}: ${name} must be at most ${COUNT_LIMIT}; got ${count}.`);
  return requireMemory(where, name, count * width);
}

/** `out`, or a new array. @throws {RangeError} when `out` has another length. */
export function requireOut(where: string, name: string, out: Float64Array | undefined, length: number): Float64Array {
  if (out === undefined) return requireMemory(where, 'the result', length);
  if (!(out instanceof Float64Array)) throw new TypeError(`${where}: ${name} must be a Float64Array; got ${describe(out)}.`);
  if (out.length !== length) throw new RangeError(`${where}: ${name} must have length ${length}; got ${out.length}.`);
  return out;
}

/**
 * The batch, or a copy of it where `out` shares a part of its memory: long batches stream, and later rows would be read when earlier ones
 * are written already. The very same memory is fine: a row is written after it was read.
 */
export function apartFrom(rows: Float64Array, out: Float64Array): Float64Array {
  if (rows.buffer !== out.buffer) return rows;
  const isSame = rows.byteOffset === out.byteOffset && rows.length === out.length;
  const isApart = rows.byteOffset + rows.byteLength <= out.byteOffset || out.byteOffset + out.byteLength <= rows.byteOffset;
  return isSame || isApart ? rows : rows.slice();
}

/** A value for an error message: short, whatever it is. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'function') return value.name === '' ? 'a function' : `function ${value.name}`;
  if (value === null || typeof value !== 'object') return String(value);
  const name = value.constructor?.name ?? 'object';
  return isList(value) || Object.hasOwn(value, 'length')
    ? `${name} of length ${String((value as { length: unknown }).length)}`
    : name;
}

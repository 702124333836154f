import { describe, isList } from '../arguments.js';
import type { Operand, Operands, Sizes } from '../program/recorder.js';
import type { Trace } from './trace.js';

/** Lengths of the axes: [] of a scalar, [n] of a vector, [n, m] of a matrix, row-major. */
export type Shape = readonly number[];

/** What operations take: traced values, numbers, vectors and matrices of numbers. */
export type Numeric = Value | number | ArrayLike<number> | ReadonlyArray<ArrayLike<number>>;

/** What may be recorded of a value without its elements. */
export interface Shortcuts {
  /** Records their sum. */
  readonly sum?: () => Operand;
  /** The layer that they are the outputs of: its operands and sizes. */
  readonly layer?: { readonly operands: Operands; readonly sizes: Sizes };
}

/**
 * A quantity of a model while it is traced: one number or an array of them, for every row of a batch. Its numbers are not known yet, so
 * that JavaScript's own arithmetic has nothing to work on.
 */
export class Value {
  #content: Float64Array | Operand | (() => Operand);

  /**
   * @param shape its axes
   * @param content numbers, or where they will be: a block of as many rows, which may be recorded when it is first asked for
   * @param trace what it belongs to, unless it is numbers
   * @param shortcuts what takes less than its elements do
   */
  constructor(
    readonly shape: Shape,
    content: Float64Array | Operand | (() => Operand),
    /** @internal */
    readonly trace?: Trace,
    /** @internal */
    readonly shortcuts: Shortcuts = {},
  ) {
    this.#content = content;
  }

  /** @internal */
  get content(): Float64Array | Operand {
    if (typeof this.#content === 'function') this.#content = this.#content();
    return this.#content;
  }

  /** How many numbers. */
  get size(): number {
    return sizeOfShape(this.shape);
  }

  /** Of the first axis. @throws {TypeError} of a number, which has none */
  get length(): number {
    if (this.shape.length > 0) return this.shape[0];
    throw new TypeError('model: length must be asked of a vector or a matrix; got a number.');
  }

  /** The number that a constant is. @throws {TypeError} for any other value: arithmetic is `add`, `mul`, … */
  [Symbol.toPrimitive](): number {
    if (!isTraced(this) && this.shape.length === 0) return (this.content as Float64Array)[0];
    throw new TypeError(
      'model: a traced value must be computed with by the functions of the library, as in add(mu, mul(tau, eta)); got an operator such as + or <, a template or a sort.',
    );
  }

  // Asked only for what a value has not: its elements, which would be undefined.
  static {
    const elements: ProxyHandler<object> = {
      get(target, key, receiver) {
        if (typeof key === 'string' && /^\d+$/.test(key))
          throw new TypeError(`model: elements of a value must be taken by at(x, ${key}); got x[${key}].`);
        if (key === Symbol.iterator) return noIterator;
        return Reflect.get(target, key, receiver) as unknown;
      },
    };
    Object.setPrototypeOf(this.prototype, new Proxy(Object.prototype, elements));
  }
}

function noIterator(): never {
  throw new TypeError(
    'model: elements of a value must be taken by at(x, i), i from 0 to x.length − 1; got a loop over x, or its spread.',
  );
}

export function sizeOfShape(shape: Shape): number {
  return shape.reduce((size, length) => size * length, 1);
}

export function showShape(shape: Shape): string {
  return shape.length === 0 ? 'a number' : `[${shape.join(' × ')}]`;
}

export function isTraced(value: Value): value is Value & { readonly content: Operand; readonly trace: Trace } {
  return value.trace !== undefined;
}

/**
 * @param name what the message calls it
 * @throws {TypeError | RangeError} unless it is a value, a number, or an array of them of one shape
 */
export function toValue(where: string, numeric: Numeric, name = 'an operand'): Value {
  if (numeric instanceof Value) return numeric;
  if (typeof numeric === 'number') return new Value([], Float64Array.of(requireNotNaN(where, name, numeric, '')));
  if (!isList(numeric)) {
    throw new TypeError(`${where}: ${name} must be a traced value, a number or an array of numbers; got ${describe(numeric)}.`);
  }
  if (Array.isArray(numeric) && numeric.some((element) => element instanceof Value)) {
    throw new TypeError(`${where}: ${name} must not be an array of traced values; use stack(…) to make them one.`);
  }
  if (!isList(numeric[0])) return vector(where, name, numeric as ArrayLike<number>, '');
  const rows = Array.from(numeric as ArrayLike<ArrayLike<number>>, (row, i) => {
    if (isList(row)) return vector(where, name, row, ` of row ${i}`);
    throw new TypeError(`${where}: ${name} must hold rows of numbers; got ${describe(row)} at row ${i}.`);
  });
  const width = rows[0].size;
  const ragged = rows.findIndex((row) => row.size !== width);
  if (ragged >= 0)
    throw new RangeError(
      `${where}: the rows of a matrix must be of one length; got ${width} and, in row ${ragged}, ${rows[ragged].size}.`,
    );
  const values = new Float64Array(rows.length * width);
  rows.forEach((row, i) => values.set(row.content as Float64Array, i * width));
  return new Value([rows.length, width], values);
}

function vector(where: string, name: string, numbers: ArrayLike<number>, row: string): Value {
  const values = new Float64Array(numbers.length);
  for (let i = 0; i < values.length; i++) {
    const number: unknown = numbers[i];
    if (typeof number !== 'number')
      throw new TypeError(`${where}: ${name} must hold numbers; got ${describe(number)} at index ${i}${row}.`);
    values[i] = requireNotNaN(where, name, number, ` at index ${i}${row}`);
  }
  return new Value([values.length], values);
}

function requireNotNaN(where: string, name: string, number: number, place: string): number {
  if (!Number.isNaN(number)) return number;
  throw new RangeError(`${where}: ${name} must not be NaN; got NaN${place}.`);
}

/** Where in a value of that shape an element is, for a message. */
export function placeOf(element: number, shape: Shape): string {
  if (shape.length === 0) return '';
  if (shape.length === 1) return ` at index ${element}`;
  const width = shape[shape.length - 1];
  return ` at index ${element % width} of row ${Math.floor(element / width)}`;
}

/**
 * The shape of what shapes combine to: axes are aligned at the end, and one of length 1 is repeated.
 *
 * @param names what the message calls them
 * @throws {RangeError} where they do not fit
 */
export function broadcastShapes(where: string, shapes: readonly Shape[], names?: readonly string[]): Shape {
  const depth = Math.max(...shapes.map(({ length }) => length));
  return Array.from({ length: depth }, (_, axis) => {
    const lengths = shapes.map((shape) => shape[axis - depth + shape.length] ?? 1);
    const length = lengths.find((other) => other !== 1) ?? 1;
    if (lengths.every((other) => other === 1 || other === length)) return length;
    throw misfit(where, shapes, names);
  });
}

/** The error of shapes that do not fit. */
export function misfit(where: string, shapes: readonly Shape[], names?: readonly string[]): RangeError {
  const shown =
    names === undefined
      ? shapes.map(showShape).join(' and ')
      : shapes.map((shape, k) => `${names[k]} [${shape.join(' × ')}]`).join(', ');
  return new RangeError(`${where}: shapes must fit each other; got ${shown}.`);
}

/** For every element of `to`, the index of the one of `from` that stands for it. */
export function broadcastIndices(from: Shape, to: Shape): number[] {
  const strides = stridesOf(from);
  const offset = to.length - from.length;
  return Array.from({ length: sizeOfShape(to) }, (_, element) => {
    let index = 0;
    let rest = element;
    for (let axis = to.length - 1; axis >= 0; axis--) {
      const own = axis - offset;
      if (own >= 0 && from[own] !== 1) index += (rest % to[axis]) * strides[own];
      rest = Math.floor(rest / to[axis]);
    }
    return index;
  });
}

function stridesOf(shape: Shape): number[] {
  return shape.map((_, axis) => sizeOfShape(shape.slice(axis + 1)));
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((length, axis) => length === b[axis]);
}

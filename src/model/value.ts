import { describe } from '../arguments.js';
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

  /** @throws {TypeError} always: arithmetic is `add`, `mul`, … */
  [Symbol.toPrimitive](): never {
    throw new TypeError(
      'model: a traced value must be computed with by the functions of the library, as in add(mu, mul(tau, eta)); got an operator such as + or <, a template or a sort.',
    );
  }
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

/** @throws {TypeError | RangeError} unless it is a value, a number, or an array of them of one shape */
export function toValue(where: string, numeric: Numeric): Value {
  if (numeric instanceof Value) return numeric;
  if (typeof numeric === 'number') return new Value([], Float64Array.of(requireNotNaN(where, numeric)));
  if (ArrayBuffer.isView(numeric) && !(numeric instanceof DataView))
    return vector(where, numeric as unknown as ArrayLike<number>);
  if (!Array.isArray(numeric)) {
    throw new TypeError(
      `${where}: an operand must be a traced value, a number or an array of numbers; got ${describe(numeric)}.`,
    );
  }
  if (numeric.some((element) => element instanceof Value)) {
    throw new TypeError(`${where}: an operand must not be an array of traced values; use stack(…) to make them one.`);
  }
  if (numeric.length === 0 || typeof numeric[0] === 'number') return vector(where, numeric as ArrayLike<number>);
  const rows = (numeric as ReadonlyArray<ArrayLike<number>>).map((row) => vector(where, row));
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

function vector(where: string, numbers: ArrayLike<number>): Value {
  const values = new Float64Array(numbers.length);
  for (let i = 0; i < values.length; i++) {
    const number: unknown = numbers[i];
    if (typeof number !== 'number')
      throw new TypeError(`${where}: an array must hold numbers; got ${describe(number)} at index ${i}.`);
    values[i] = requireNotNaN(where, number);
  }
  return new Value([values.length], values);
}

function requireNotNaN(where: string, number: number): number {
  if (!Number.isNaN(number)) return number;
  throw new RangeError(`${where}: numbers must not be NaN.`);
}

/**
 * The shape of what two shapes combine to: axes are aligned at the end, and one of length 1 is repeated.
 *
 * @throws {RangeError} where they do not fit
 */
export function broadcastShapes(where: string, shapes: readonly Shape[]): Shape {
  const depth = Math.max(...shapes.map(({ length }) => length));
  return Array.from({ length: depth }, (_, axis) => {
    const lengths = shapes.map((shape) => shape[axis - depth + shape.length] ?? 1);
    const length = lengths.find((other) => other !== 1) ?? 1;
    if (lengths.every((other) => other === 1 || other === length)) return length;
    throw new RangeError(`${where}: shapes must fit each other; got ${shapes.map(showShape).join(' and ')}.`);
  });
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

import { Shuffle } from '../../assembly/opcodes.js';
import { arena } from '../runtime/memory.js';

/** Numbers of the rows of a dataset that belong together: what is modelled, a context, a weight. */
export interface Column {
  /** [rows × width], row-major */
  readonly values: Float64Array;
  readonly width: number;
}

/**
 * Rows in WebAssembly memory, once, in one allocation: their columns side by side, so that a row is read from one place; then their order
 * in an epoch, which the training loop writes.
 */
export class Dataset {
  readonly count: number;
  /** Doubles of a row. */
  readonly width: number;
  /** Address of the table [count × width]. */
  readonly table: number;
  /** Addresses of the rows' numbers in order, [count] of 32 bits, and of what shuffling them takes. */
  readonly order: number;
  readonly scratch: number;

  /**
   * @param columns of more rows
   * @param rows the numbers of those that are taken
   * @throws {OutOfMemoryError}
   */
  constructor(columns: readonly Column[], rows: Int32Array) {
    this.count = rows.length;
    this.width = columns.reduce((sum, { width }) => sum + width, 0);
    this.scratch = arena().allocate(Shuffle.ScratchBytes + (8 * this.width + 4) * this.count);
    this.table = this.scratch + Shuffle.ScratchBytes;
    this.order = this.table + 8 * this.width * this.count;
    let column = 0;
    for (const { values, width } of columns) {
      this.#fill(column, values, width, rows);
      column += width;
    }
  }

  /** A copy of rows `first` … `first + rows − 1` of `width` columns, from column `column` on. */
  copy(first: number, rows: number, column: number, width: number): Float64Array {
    const { f64 } = arena();
    const copy = new Float64Array(rows * width);
    for (let r = 0; r < rows; r++) {
      const at = this.table / 8 + (first + r) * this.width + column;
      for (let j = 0; j < width; j++) copy[r * width + j] = f64[at + j];
    }
    return copy;
  }

  #fill(column: number, values: Float64Array, width: number, rows: Int32Array): void {
    const { f64 } = arena();
    let at = this.table / 8 + column;
    for (let k = 0; k < rows.length; k++) {
      const from = rows[k] * width;
      for (let j = 0; j < width; j++) f64[at + j] = values[from + j];
      at += this.width;
    }
  }

  dispose(): void {
    arena().free(this.scratch);
  }
}

/** 64 bits, as hexadecimal digits, that tell numbers from others that were mistaken for them; forged ones are not their business. */
export function hashOf(arrays: readonly Float64Array[]): string {
  let [a, b] = [0x811c9dc5, 0x9747b28c];
  for (const array of arrays) {
    const words = new Uint32Array(array.buffer, array.byteOffset, 2 * array.length);
    [a, b] = [mix(a, array.length, FIRST), mix(b, array.length, SECOND)];
    for (let i = 0; i < words.length; i++) {
      a = mix(a, words[i], FIRST);
      b = mix(b, words[i], SECOND);
    }
  }
  return [a, b].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
}

/** The prime of FNV-1a, and the factor of MurmurHash2. */
const FIRST = 0x01000193;
const SECOND = 0x5bd1e995;

/** FNV-1a on 32-bit words. A product never moves high bits down to the low ones: the shift does. */
function mix(hash: number, word: number, prime: number): number {
  const product = Math.imul(hash ^ word, prime);
  return product ^ (product >>> 15);
}

import { Space } from '../../assembly/opcodes.js';
import { type Instruction, type Operand, wholeOf } from './recorder.js';

/** Doubles behind each block row: a power-of-two stride would put all rows into the same lines of the first cache. */
const PADDING = 8;
export const LONGEST_TILE = 128;
const TILE_ROWS = [LONGEST_TILE, 64, 32] as const;
/** Blocks of one tile should stay in the second-level cache. */
const CACHE_BYTES = 256 * 1024;
/** Where the gradients alone fill that, as those of networks do, tiles are longer instead: every tile goes through all of them. */
const LONG_TILE_BYTES = 8 * 1024 * 1024;

export interface Plan {
  /** Rows of the batch in a tile. */
  readonly tileRows: number;
  /** Doubles from one block row to the next. */
  readonly stride: number;
  /** Doubles of all blocks of a tile. */
  readonly tileSize: number;
}

interface Span {
  start: number;
  rows: number;
}

/**
 * Gives every tile block its place, by liveness: a buffer is free again after the last instruction that reads it, and where a kernel
 * allows it, its output takes the buffer of an input that ends there. Sets the operands' offsets.
 *
 * @param slotSize doubles that a tile adds to
 */
export function planTiles(body: readonly Instruction[], slotSize: number): Plan {
  const lastUse = new Map<Operand, number>();
  const written = new Set<Operand>();
  body.forEach(({ opcode, operands, writes }, index) => {
    for (const operand of writes) written.add(operand);
    for (const operand of operands) {
      if (operand.space !== Space.Tile) continue;
      const block = wholeOf(operand);
      if (!written.has(block))
        throw new Error(`Program: a block must be written before it is read; opcode ${opcode} reads one that is not.`);
      lastUse.set(block, index);
    }
  });

  const rows = new BlockRows();
  const starts = new Map<Operand, number>();
  body.forEach((instruction, index) => {
    const taken = new Set<Operand>();
    for (const block of instruction.writes) {
      if (block.space !== Space.Tile || starts.has(block)) continue;
      const source = instruction.inPlace.find(
        ([to, from]) =>
          to === block && from.rows === to.rows && lastUse.get(from) === index && !taken.has(from) && starts.has(from),
      )?.[1];
      if (source === undefined) {
        starts.set(block, rows.take(block.rows));
      } else {
        starts.set(block, starts.get(source)!);
        taken.add(source);
      }
    }
    for (const block of new Set(instruction.operands.map(wholeOf))) {
      if (lastUse.get(block) === index && !taken.has(block)) rows.release(starts.get(block)!, block.rows);
    }
  });

  const room = 8 * slotSize > CACHE_BYTES ? LONG_TILE_BYTES : CACHE_BYTES;
  const fits = (count: number): boolean => rows.peak * (count + PADDING) * 8 <= room;
  const tileRows = TILE_ROWS.find(fits) ?? TILE_ROWS[TILE_ROWS.length - 1];
  const stride = tileRows + PADDING;
  for (const [block, start] of starts) block.offset = start * stride;
  for (const { operands } of body) {
    for (const operand of operands) {
      if (operand.within !== undefined) operand.offset = operand.within.block.offset + operand.within.row * stride;
    }
  }
  return { tileRows, stride, tileSize: rows.peak * stride };
}

/** First fit over block rows. */
class BlockRows {
  peak = 0;
  readonly #free: Span[] = [];

  take(rows: number): number {
    const index = this.#free.findIndex((span) => span.rows >= rows);
    if (index < 0) {
      const start = this.#takeEnd();
      this.peak = start + rows;
      return start;
    }
    const span = this.#free[index];
    const { start } = span;
    span.start += rows;
    span.rows -= rows;
    if (span.rows === 0) this.#free.splice(index, 1);
    return start;
  }

  release(start: number, rows: number): void {
    let index = this.#free.findIndex((span) => span.start > start);
    if (index < 0) index = this.#free.length;
    this.#free.splice(index, 0, { start, rows });
    for (const at of [index, index - 1]) {
      const span = this.#free[at];
      const next = this.#free[at + 1];
      if (span === undefined || next === undefined || span.start + span.rows !== next.start) continue;
      span.rows += next.rows;
      this.#free.splice(at + 1, 1);
    }
  }

  /** The start of a free span that touches the end, or the end. */
  #takeEnd(): number {
    const last = this.#free.at(-1);
    if (last === undefined || last.start + last.rows !== this.peak) return this.peak;
    this.#free.pop();
    return last.start;
  }
}

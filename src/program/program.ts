import { Space } from '../../assembly/opcodes.js';
import { fuse, withoutCopies } from './fuse.js';
import { type Plan, planTiles } from './plan.js';
import { type Instruction, type Operand, type Recorder, SUMS } from './recorder.js';

const OFFSET_LIMIT = 2 ** 28;

/** A recorded computation as words of the instruction set, with the sizes of what it needs. Says nothing about addresses. */
export interface Program extends Plan {
  readonly prologue: Int32Array;
  readonly body: Int32Array;
  readonly epilogue: Int32Array;
  readonly parameterCount: number;
  readonly derivedCount: number;
  readonly packedCount: number;
  readonly dataCount: number;
  /** Constants in the data space, by offset. */
  readonly data: ReadonlyMap<number, Float64Array>;
  /** Doubles of a chunk's slot: gradients of parameters, sums, gradients of derived values. 0 where nothing is summed over rows. */
  readonly slotSize: number;
  /** Rows that are staged at a time; longer batches stream through. */
  readonly stagedRows: number;
  /** Doubles of the batch space per row. */
  readonly batchWidth: number;
  /** What a row costs one thread, to a factor of two: whether help is worth calling depends on it, and nothing else. */
  readonly rowNanoseconds: number;
}

/** Staged rows come in whole chunks of the longest kind, so that chunks do not depend on the staging; wide rows, in whole tiles. */
export const STAGED_ROWS_UNIT = 1024;
const STAGED_BYTES = 4 * 1024 * 1024;

/** Fitted to planar and radial layers in 2 to 64 dimensions; linear ones go by their matrices. */
const NANOSECONDS_PER_ROW = 2.5;
const NANOSECONDS_PER_FEATURE = 0.25;

/**
 * Plan the buffers of what was recorded and encode it.
 *
 * @param sums whether anything is summed over rows
 * @param stagedRows rows to stage at a time, in multiples of {@link STAGED_ROWS_UNIT}; by default what fills the staging area
 */
export function assemble(recorder: Recorder, sums: boolean, stagedRows?: number): Program {
  const body = fuse(withoutCopies(recorder.body));
  const derivedCount = recorder.used.get(Space.Derived) ?? 0;
  const slotSize = sums ? recorder.parameterCount + SUMS + derivedCount : 0;
  const plan = planTiles(body, slotSize);
  const batchWidth = recorder.used.get(Space.Batch) ?? 0;
  const rows = stagedRows ?? rowsToStage(batchWidth, plan.tileRows);
  return {
    ...plan,
    prologue: encode(recorder.prologue, rows, derivedCount),
    body: encode(body, rows, derivedCount),
    epilogue: encode(recorder.epilogue, rows, derivedCount),
    parameterCount: recorder.parameterCount,
    derivedCount,
    packedCount: recorder.used.get(Space.Packed) ?? 0,
    dataCount: recorder.used.get(Space.Data)!,
    data: recorder.data,
    slotSize,
    stagedRows: rows,
    batchWidth,
    rowNanoseconds: body.reduce((sum, instruction) => sum + nanoseconds(instruction), 0),
  };
}

/** What fills the staging area, and a tile at least: then staging costs no more than the tile's own blocks, however wide the rows. */
function rowsToStage(batchWidth: number, tileRows: number): number {
  const fitting = Math.floor(STAGED_BYTES / (8 * Math.max(1, batchWidth)));
  const unit = fitting >= STAGED_ROWS_UNIT ? STAGED_ROWS_UNIT : tileRows;
  return Math.max(1, Math.floor(fitting / unit)) * unit;
}

/**
 * A few operations on every row, and a load or a store for every feature, or a product for every shared number where there are more of them;
 * or what the kernel says.
 */
function nanoseconds({ kernel, operands, sizes, isBackward }: Instruction): number {
  if (kernel.rowNanoseconds !== undefined) return kernel.rowNanoseconds(sizes, isBackward);
  const count = (...spaces: Space[]): number =>
    operands.reduce((sum, { space, rows }) => (spaces.includes(space) ? sum + rows : sum), 0);
  return NANOSECONDS_PER_ROW + NANOSECONDS_PER_FEATURE * Math.max(count(Space.Tile), count(Space.Parameter, Space.Derived));
}

/** [opcode, length, operands …, sizes …] for each instruction. */
function encode(instructions: readonly Instruction[], stagedRows: number, derivedCount: number): Int32Array {
  const words: number[] = [];
  for (const { opcode, operands, accumulates, sizes } of instructions) {
    words.push(opcode, 2 + operands.length + sizes.length);
    operands.forEach((operand, k) => words.push(encodeOperand(operand, accumulates[k], stagedRows, derivedCount)));
    for (const size of sizes) words.push(size); // not spread: a list may be longer than a call's arguments
  }
  return Int32Array.from(words);
}

function encodeOperand(operand: Operand, accumulates: boolean, stagedRows: number, derivedCount: number): number {
  const space = operand.space === Space.Packed ? Space.Derived : operand.space;
  const offset = placeOf(operand, stagedRows, derivedCount);
  if (offset >= OFFSET_LIMIT) throw new RangeError(`Program: an operand's offset must be below 2^28 doubles; got ${offset}.`);
  return (accumulates ? 1 << 31 : 0) | (space << 28) | offset;
}

/** In doubles from the base of its space. */
function placeOf({ space, offset }: Operand, stagedRows: number, derivedCount: number): number {
  switch (space) {
    case Space.Batch:
      return offset * stagedRows;
    case Space.Packed:
      return derivedCount + offset;
    default:
      return offset;
  }
}

// A chunk: a number of tiles, run by one thread from beginning to end.
//
// It writes to its own memory only: the thread's scratch, its rows of the batch and its slot. A small slot is written at the end, and the
// sums are in the scratch until then: slots lie side by side, and threads that add to neighbouring ones would take each other's cache lines.

import { Frame, Job, SMALL_SLOT_BYTES } from '../opcodes';
import { interpret } from './interpreter';

/** Where a frame holds the base address of the gradient space: 4 · Space.Gradient. */
export const GRADIENT_BASE: usize = 12;

/**
 * Run a chunk of the job in the scratch of the given worker, 0 being a caller from outside the crew.
 *
 * @param beat a word to raise with every tile
 */
export function runChunk(job: usize, worker: i32, chunk: i32, beat: usize): void {
  const frame = openFrame(job, worker);
  const slotBytes = <usize>load<i32>(job, Job.SlotSize) << 3;
  const slot = load<usize>(job, Job.Slots) + <usize>(chunk - load<i32>(job, Job.WindowBegin)) * slotBytes;
  const isSmall = slotBytes <= <usize>SMALL_SLOT_BYTES;
  const sums = isSmall ? frame + load<usize>(job, Job.SumsOffset) : slot;
  if (slotBytes) memory.fill(sums, 0, slotBytes);
  store<usize>(frame, sums, GRADIENT_BASE);

  const body = load<usize>(job, Job.Body);
  const bodyEnd = load<usize>(job, Job.BodyEnd);
  const tileRows = load<i32>(job, Job.TileRows);
  const chunkRows = tileRows * load<i32>(job, Job.ChunkTiles);
  const first = chunk * chunkRows;
  const last = min(first + chunkRows, load<i32>(job, Job.Rows));
  for (let row = first; row < last; row += tileRows) {
    atomic.store<i32>(beat, load<i32>(beat) + 1);
    store<i32>(frame, min(tileRows, last - row), Frame.Rows);
    store<i32>(frame, row, Frame.FirstRow);
    store<i32>(frame, row + load<i32>(job, Job.FirstRow), Frame.GlobalRow);
    interpret(body, bodyEnd, frame);
  }
  if (slotBytes && isSmall) memory.copy(slot, sums, slotBytes);
}

/** Lay the base addresses of the spaces into worker w's frame. Order: Tile, Parameter, Derived, Gradient, Data, Batch, Dataset, None. */
export function openFrame(job: usize, worker: i32): usize {
  const frame = load<usize>(job, Job.Scratch) + <usize>worker * load<usize>(job, Job.ScratchBytes);
  store<usize>(frame, frame + Frame.Bytes, 0);
  store<usize>(frame, load<usize>(job, Job.Parameters), 4);
  store<usize>(frame, load<usize>(job, Job.Derived), 8);
  store<usize>(frame, 0, GRADIENT_BASE);
  store<usize>(frame, load<usize>(job, Job.Data), 16);
  store<usize>(frame, load<usize>(job, Job.Batch), 20);
  store<usize>(frame, load<usize>(job, Job.Dataset), 24);
  store<usize>(frame, 0, 28);
  store<i32>(frame, 1, Frame.Rows);
  store<i32>(frame, 0, Frame.FirstRow);
  store<i32>(frame, load<i32>(job, Job.Stride), Frame.Stride);
  store<i32>(frame, load<i32>(job, Job.KeyLow), Frame.KeyLow);
  store<i32>(frame, load<i32>(job, Job.KeyHigh), Frame.KeyHigh);
  store<i32>(frame, load<i32>(job, Job.Step), Frame.Step);
  store<usize>(frame, load<usize>(job, Job.Order), Frame.Order);
  return frame;
}

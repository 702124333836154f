// A phase: the body of a program over all rows of a job, cut into chunks of tiles.
//
// Chunks are claimed with an atomic counter. A chunk writes to its own memory only: the claimant's scratch, its own rows of the
// batch, and its own slot. Slots are folded in chunk order, window by window, so that any number of workers gives the same bits
// and memory does not grow with the rows.

import { Frame, Job } from '../opcodes';
import { interpret } from './interpreter';

/** Run the instructions that come once per version of the parameters: Derived from Parameter. */
export function runPrologue(job: usize): void {
  interpret(load<usize>(job, Job.Prologue), load<usize>(job, Job.PrologueEnd), openFrame(job, 0));
}

/** Turn the folded gradients of derived values into gradients of raw parameters. */
export function runEpilogue(job: usize): void {
  const frame = openFrame(job, 0);
  store<usize>(frame, load<usize>(job, Job.Total), GRADIENT_BASE);
  interpret(load<usize>(job, Job.Epilogue), load<usize>(job, Job.EpilogueEnd), frame);
}

/** The body over every chunk of the job, and the fold onto `Total`, which the caller has cleared. */
export function runPhase(job: usize): void {
  const chunks = chunkCount(job);
  const window = load<i32>(job, Job.SlotCount);
  for (let begin = 0; begin < chunks; begin += window) {
    const end = min(begin + window, chunks);
    store<i32>(job, begin, Job.WindowBegin);
    store<i32>(job, end, Job.WindowEnd);
    atomic.store<i32>(job, begin, Job.NextChunk);
    runChunks(job, 0);
    fold(job, end - begin);
  }
}

/** Claim chunks of the open window until none is left. */
export function runChunks(job: usize, worker: i32): void {
  const end = load<i32>(job, Job.WindowEnd);
  const frame = openFrame(job, worker);
  for (;;) {
    const chunk = atomic.add<i32>(job, 1, Job.NextChunk);
    if (chunk >= end) return;
    runChunk(job, frame, chunk);
  }
}

export function clearTotal(job: usize): void {
  memory.fill(load<usize>(job, Job.Total), 0, <usize>load<i32>(job, Job.SlotSize) << 3);
}

const GRADIENT_BASE: usize = 12; // 4 · Space.Gradient

/** Lay the base addresses of the spaces into worker w's frame. Order: Tile, Parameter, Derived, Gradient, Data, Batch, –, None. */
function openFrame(job: usize, worker: i32): usize {
  const frame = load<usize>(job, Job.Scratch) + <usize>worker * load<usize>(job, Job.ScratchBytes);
  store<usize>(frame, frame + Frame.Bytes, 0);
  store<usize>(frame, load<usize>(job, Job.Parameters), 4);
  store<usize>(frame, load<usize>(job, Job.Derived), 8);
  store<usize>(frame, 0, GRADIENT_BASE);
  store<usize>(frame, load<usize>(job, Job.Data), 16);
  store<usize>(frame, load<usize>(job, Job.Batch), 20);
  store<usize>(frame, 0, 24);
  store<usize>(frame, 0, 28);
  store<i32>(frame, 1, Frame.Rows);
  store<i32>(frame, 0, Frame.FirstRow);
  store<i32>(frame, load<i32>(job, Job.Stride), Frame.Stride);
  store<i32>(frame, load<i32>(job, Job.KeyLow), Frame.KeyLow);
  store<i32>(frame, load<i32>(job, Job.KeyHigh), Frame.KeyHigh);
  store<i32>(frame, load<i32>(job, Job.Step), Frame.Step);
  return frame;
}

function chunkCount(job: usize): i32 {
  const chunkRows = load<i32>(job, Job.TileRows) * load<i32>(job, Job.ChunkTiles);
  return (load<i32>(job, Job.Rows) + chunkRows - 1) / chunkRows;
}

function runChunk(job: usize, frame: usize, chunk: i32): void {
  const slotBytes = <usize>load<i32>(job, Job.SlotSize) << 3;
  const slot = load<usize>(job, Job.Slots) + <usize>(chunk - load<i32>(job, Job.WindowBegin)) * slotBytes;
  if (slotBytes) memory.fill(slot, 0, slotBytes);
  store<usize>(frame, slot, GRADIENT_BASE);

  const body = load<usize>(job, Job.Body);
  const bodyEnd = load<usize>(job, Job.BodyEnd);
  const tileRows = load<i32>(job, Job.TileRows);
  const chunkRows = tileRows * load<i32>(job, Job.ChunkTiles);
  const first = chunk * chunkRows;
  const last = min(first + chunkRows, load<i32>(job, Job.Rows));
  for (let row = first; row < last; row += tileRows) {
    store<i32>(frame, min(tileRows, last - row), Frame.Rows);
    store<i32>(frame, row, Frame.FirstRow);
    store<i32>(frame, row + load<i32>(job, Job.FirstRow), Frame.GlobalRow);
    interpret(body, bodyEnd, frame);
  }
}

/** total += slot 0 + slot 1 + …, one after the other. */
function fold(job: usize, slots: i32): void {
  const size = <usize>load<i32>(job, Job.SlotSize) << 3;
  const total = load<usize>(job, Job.Total);
  let slot = load<usize>(job, Job.Slots);
  for (let k = 0; k < slots; k++) {
    for (let i: usize = 0; i < size; i += 8) {
      f64.store(total + i, f64.load(total + i) + f64.load(slot + i));
    }
    slot += size;
  }
}

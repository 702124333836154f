// A phase: the body of a program over all rows of a job, cut into chunks of tiles.
//
// Chunks are shared by the threads of a crew, and a chunk writes to its own slot. Slots are folded in chunk order, window by window, so
// that any number of threads gives the same bits and memory does not grow with the rows. Who works alone has windows of one chunk: a
// slot that is in the cache already is cleared and folded faster than the next one. A phase that has to wait for a chunk longer
// than it may returns, and goes on when it is called again.

import { Job } from '../opcodes';
import { GRADIENT_BASE, openFrame, runChunk } from './chunk';
import { awaitChunks, openWindow, runChunks } from './crew';
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

/** Begin a phase. Workers start on it at once; the caller joins them with `runPhase`, and may do something else before. */
export function openPhase(job: usize): void {
  store<i32>(job, 0, Job.WindowBegin);
  store<i32>(job, 0, Job.WindowIsOpen);
  if (load<usize>(job, Job.Crew)) openNextWindow(job);
}

/**
 * The body over every chunk of the job, and the fold onto `Total`, which the caller has cleared.
 *
 * @param worker the caller's number: whose scratch it uses
 * @returns whether it is finished; if not, another thread is at its chunk still: call again
 */
export function runPhase(job: usize, worker: i32): bool {
  const crew = load<usize>(job, Job.Crew);
  const chunks = chunkCount(job);
  for (let begin = load<i32>(job, Job.WindowBegin); begin < chunks; ) {
    const end = windowEnd(job, begin);
    if (crew == 0) {
      runChunk(job, worker, begin, job + Job.Beat);
    } else {
      if (load<i32>(job, Job.WindowIsOpen) == 0) openNextWindow(job);
      runChunks(crew, worker);
      if (!awaitChunks(crew, load<i32>(job, Job.MayBlock) != 0)) return false;
      store<i32>(job, 0, Job.WindowIsOpen);
    }
    fold(job, end - begin);
    begin = end;
    store<i32>(job, begin, Job.WindowBegin);
  }
  return true;
}

function openNextWindow(job: usize): void {
  const begin = load<i32>(job, Job.WindowBegin);
  store<i32>(job, 1, Job.WindowIsOpen);
  openWindow(load<usize>(job, Job.Crew), job, begin, windowEnd(job, begin));
}

function windowEnd(job: usize, begin: i32): i32 {
  const chunks = load<usize>(job, Job.Crew) ? load<i32>(job, Job.SlotCount) : 1;
  return min(begin + chunks, chunkCount(job));
}

export function clearTotal(job: usize): void {
  memory.fill(load<usize>(job, Job.Total), 0, <usize>load<i32>(job, Job.SlotSize) << 3);
}

function chunkCount(job: usize): i32 {
  const chunkRows = load<i32>(job, Job.TileRows) * load<i32>(job, Job.ChunkTiles);
  return (load<i32>(job, Job.Rows) + chunkRows - 1) / chunkRows;
}

/** total += slot 0 + slot 1 + …, one after the other, four numbers at a time that stay in registers. */
function fold(job: usize, slots: i32): void {
  const size = <usize>load<i32>(job, Job.SlotSize) << 3;
  const total = load<usize>(job, Job.Total);
  const first = load<usize>(job, Job.Slots);
  let i: usize = 0;
  for (; i + 32 <= size; i += 32) {
    let a = v128.load(total + i);
    let b = v128.load(total + i, 16);
    let slot = first + i;
    for (let k = 0; k < slots; k++) {
      a = f64x2.add(a, v128.load(slot));
      b = f64x2.add(b, v128.load(slot, 16));
      slot += size;
    }
    v128.store(total + i, a);
    v128.store(total + i, b, 16);
  }
  for (; i < size; i += 8) {
    let sum = f64.load(total + i);
    let slot = first + i;
    for (let k = 0; k < slots; k++) {
      sum += f64.load(slot);
      slot += size;
    }
    f64.store(total + i, sum);
  }
}

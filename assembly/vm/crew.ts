// The crew: threads that share the chunks of a window.
//
//   caller   openWindow → runChunks → awaitChunks → fold, next window
//   worker   awaitGeneration → runChunks → …
//
// Chunks are claimed by counting `Remaining` down, and a window ends when its chunks are done, not when threads arrive. A claim above 0
// holds its window open: until that chunk is done nobody writes the crew's job, count or end, so a claimant may read them after
// claiming. A worker that comes too late claims 0 or less and knows nothing of any job: it cannot touch memory that was freed.
//
// Workers spin for a while before they sleep, as the next window of a training step follows within microseconds; so does the caller.

import { Crew, Job } from '../opcodes';
import { runChunk } from './chunk';

/** Looks before falling asleep: about 50 µs. Longer spinning makes a busy machine slower than one thread. */
const SPINS = 20000;
/** How long a caller sleeps before it looks whether there is progress. */
const SLICE: i64 = 20_000_000; // ns
const TIMED_OUT = 2;

/** Hand out chunks begin … end − 1 of a job, and wake as many workers as it asks for. */
export function openWindow(crew: usize, job: usize, begin: i32, end: i32): void {
  store<usize>(crew, job, Crew.Job);
  store<i32>(crew, end - begin, Crew.Count);
  store<i32>(crew, end, Crew.WindowEnd);
  atomic.store<i32>(crew, 0, Crew.Done);
  atomic.store<i32>(crew, end - begin, Crew.Remaining);
  raise(crew, min(load<i32>(job, Job.Helpers), end - begin - 1));
}

/** Claim chunks of the open window and run them, until none is left. */
export function runChunks(crew: usize, worker: i32): void {
  for (;;) {
    const claim = atomic.sub<i32>(crew, 1, Crew.Remaining);
    if (claim <= 0) return;
    runChunk(load<usize>(crew, Crew.Job), worker, load<i32>(crew, Crew.WindowEnd) - claim, beatOf(crew, worker));
    const done = atomic.add<i32>(crew, 1, Crew.Done) + 1;
    if (done == load<i32>(crew, Crew.Count) && atomic.load<i32>(crew, Crew.CallerSleeps)) atomic.notify(crew + Crew.Done, 1);
  }
}

/** Wait for the chunks that others have claimed. @returns whether all are done; if not, look for progress and call again. */
export function awaitChunks(crew: usize, mayBlock: bool): bool {
  const count = load<i32>(crew, Crew.Count);
  for (let spin = 0; spin < SPINS; spin++) {
    if (atomic.load<i32>(crew, Crew.Done) == count) return true;
  }
  if (!mayBlock) return false;
  atomic.store<i32>(crew, 1, Crew.CallerSleeps);
  let done = atomic.load<i32>(crew, Crew.Done);
  while (done != count) {
    const outcome = atomic.wait<i32>(crew + Crew.Done, done, SLICE);
    done = atomic.load<i32>(crew, Crew.Done);
    if (outcome == TIMED_OUT) break;
  }
  atomic.store<i32>(crew, 0, Crew.CallerSleeps);
  return done == count;
}

/** A number that changes as long as anybody works: tiles begun, and chunks done. */
export function progress(crew: usize): i32 {
  let sum = atomic.load<i32>(crew, Crew.Done);
  for (let worker = load<i32>(crew, Crew.Workers); worker >= 0; worker--) sum += atomic.load<i32>(beatOf(crew, worker));
  return sum;
}

function beatOf(crew: usize, worker: i32): usize {
  return crew + Crew.Beats + <usize>worker * Crew.BeatBytes;
}

/** Say that there is something to do, and wake so many of those who sleep. */
export function raise(crew: usize, workers: i32): void {
  atomic.add<i32>(crew, 1, Crew.Generation);
  if (workers > 0 && atomic.load<i32>(crew, Crew.Sleepers)) atomic.notify(crew + Crew.Generation, workers);
}

/** Sleep until the generation is another one. */
export function awaitGeneration(crew: usize, generation: i32): void {
  for (let spin = 0; spin < SPINS; spin++) {
    if (atomic.load<i32>(crew, Crew.Generation) != generation) return;
  }
  atomic.add<i32>(crew, 1, Crew.Sleepers);
  atomic.wait<i32>(crew + Crew.Generation, generation, -1);
  atomic.sub<i32>(crew, 1, Crew.Sleepers);
}

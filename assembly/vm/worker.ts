// A worker's life, and what the facade asks of the crew between phases.

import { Crew, Service } from '../opcodes';
import { awaitGeneration, progress, raise, runChunks } from './crew';
import { train } from './training';

/** Looks without progress, 20 ms each, after which a leader gives up. */
const PATIENCE = 25;

/**
 * Share the chunks of every window until the crew is closed. It also returns when the worker has led a training run; call it again then.
 *
 * @param worker its number, from 1
 * @returns a `Service`
 */
export function serve(crew: usize, worker: i32): i32 {
  let generation = atomic.load<i32>(crew, Crew.Generation);
  for (;;) {
    // An order that was given before the crew was closed is still carried out.
    if (atomic.load<usize>(crew, Crew.Order)) {
      const training = atomic.xchg<usize>(crew, 0, Crew.Order);
      if (training) return lead(crew, training, worker);
    }
    if (atomic.load<i32>(crew, Crew.Closed)) break;
    runChunks(crew, worker);
    awaitGeneration(crew, generation);
    generation = atomic.load<i32>(crew, Crew.Generation);
  }
  return Service.Closed;
}

/** Before a worker serves for the first time. */
export function arrive(crew: usize): void {
  atomic.add<i32>(crew, 1, Crew.Arrived);
}

/** Where a worker that failed writes what it has to say, up to `reasonCapacity` bytes of UTF-8. */
export function reasonAddress(crew: usize): usize {
  return crew + Crew.Reason;
}

export function reasonCapacity(): i32 {
  return Crew.Beats - Crew.Reason;
}

/** After a worker wrote its reason: no chunk of its own will be done any more. */
export function fail(crew: usize, reasonLength: i32): void {
  store<i32>(crew, reasonLength, Crew.ReasonLength);
  atomic.store<i32>(crew, 1, Crew.Failed);
}

/** Give a training run to whichever worker takes it first. */
export function orderTraining(crew: usize, training: usize): void {
  atomic.store<i32>(crew, 0, Crew.Leader);
  atomic.store<usize>(crew, training, Crew.Order);
  raise(crew, 1);
}

/** Ask all workers to leave. */
export function closeCrew(crew: usize): void {
  atomic.store<i32>(crew, 1, Crew.Closed);
  raise(crew, i32.MAX_VALUE);
}

function lead(crew: usize, training: usize, worker: i32): i32 {
  atomic.store<i32>(crew, worker, Crew.Leader);
  let before = -1;
  let patience = PATIENCE;
  while (!train(training, worker)) {
    const now = progress(crew);
    patience = now == before ? patience - 1 : PATIENCE;
    before = now;
    if (patience == 0 || atomic.load<i32>(crew, Crew.Failed)) return Service.Stalled;
  }
  return Service.Led;
}

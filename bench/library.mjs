// The library under test, with as many threads as asked for, and the flows that the workloads share.

import { availableParallelism } from 'node:os';
import * as library from 'normalizing-flows';

/** What the machine has. */
export const MACHINE_THREADS = availableParallelism();

/** The thread counts that ours is measured with: one, and the machine's. */
export const THREAD_COUNTS = MACHINE_THREADS > 1 ? [1, MACHINE_THREADS] : [1];

/** Resolves when the workers are ready; throws when there are fewer than asked for. */
export async function useThreads(count) {
  const { count: ready, reason } = await library.setThreads(count);
  if (ready !== count) throw new Error(`bench: ${count} threads must be ready; got ${ready}: ${reason}`);
}

/** `layers` equal transforms on a standard normal, at random parameters: layers that do something, as after training. */
export function randomFlow(transform, dim, layers, scale = 0.3) {
  const transforms = Array.from({ length: layers }, () => transform(dim));
  const flow = new library.Flow({ base: library.normal(dim), transforms, seed: 1 });
  let state = 1;
  const uniform = () => (state = (state * 48271) % 2147483647) / 2147483647; // Park & Miller's minimal standard
  flow.setParameters(Float64Array.from(flow.getParameters(), () => Math.sqrt(3) * scale * (2 * uniform() - 1)));
  return flow;
}

// What every JavaScript peer needs: a stopwatch, a check that it computes the right thing, and JSON on standard output.

import { Bench } from 'tinybench';

/** Median time of a call in seconds. `settle` waits for work that a call leaves under way; `calls` are timed together. */
export async function secondsPerCall(call, { settle, calls = 1, time = 600, warmupTime = 250 } = {}) {
  const bench = new Bench({ time, warmupTime, iterations: 5, warmupIterations: 3 });
  bench.add('call', async () => {
    for (let i = 0; i < calls; i++) call();
    await settle?.();
  });
  const [task] = await bench.run();
  if (task.result.state === 'errored') throw task.result.error;
  return task.result.latency.p50 / 1000 / calls; // tinybench counts milliseconds
}

/** Throws when the peer computes something else. */
export function agree(what, value, expected, tolerance) {
  if (!(Math.abs(value - expected) <= tolerance * Math.max(1, Math.abs(expected))))
    throw new Error(`${what} must be ${expected}; got ${value}.`);
}

/** `seconds` maps the name of a version to seconds. */
export function report(seconds, facts = {}) {
  console.log(JSON.stringify({ seconds, ...facts }));
}

import { Bench } from 'tinybench';

/** How long a call takes, in seconds; a promise is awaited. */
export async function secondsOf(call) {
  const start = performance.now();
  await call();
  return (performance.now() - start) / 1000;
}

/** Median time of a call in seconds, over half a second of them; `calls` are timed together, where the clock's own cost would show. */
export async function secondsPerCall(call, { calls = 1, time = 500, warmupTime = 200 } = {}) {
  const bench = new Bench({ time, warmupTime, iterations: 5, warmupIterations: 2 });
  bench.add('call', () => {
    for (let i = 0; i < calls; i++) call();
  });
  const [task] = await bench.run();
  if (task.result.state === 'errored') throw task.result.error;
  return task.result.latency.p50 / 1000 / calls; // tinybench counts milliseconds
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

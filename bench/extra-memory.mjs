// Time and memory of one call on many rows, in a process of its own: `node extra-memory.mjs logProb 1000000 1` prints
// `{ seconds, extraBytes }`. Extra is what the call adds to the highest resident memory, beyond its result.

import { planar } from 'normalizing-flows';
import { randomFlow, useThreads } from './library.mjs';
import { median, secondsOf } from './stopwatch.mjs';

const DIM = 2;
const LAYERS = 8;
const WARM_ROWS = 1000;
const SECONDS = 0.3;

const [call, rows, threads] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
await useThreads(threads);
const flow = randomFlow(planar, DIM, LAYERS);
const sample = flow.sample(WARM_ROWS, { seed: 1 });
const warmOut = new Float64Array(WARM_ROWS * DIM);
for (const end = performance.now() + 1000 * SECONDS; performance.now() < end;) {
  flow.logProb(sample);
  flow.sampleAndLogProb(WARM_ROWS, { seed: 1, out: warmOut });
}

// Input or output, written once so that it is resident before the call.
const x = new Float64Array(rows * DIM);
for (let i = 0; i < x.length; i += sample.length) x.set(sample.subarray(0, Math.min(sample.length, x.length - i)), i);
const calls = {
  logProb: () => flow.logProb(x),
  sampleAndLogProb: () => flow.sampleAndLogProb(rows, { seed: 1, out: x }).logProb,
};

const before = process.resourceUsage().maxRSS;
const result = calls[call]();
const extraBytes = Math.max(0, 1024 * (process.resourceUsage().maxRSS - before) - result.byteLength);

const seconds = [];
for (const end = performance.now() + 1000 * SECONDS; seconds.length === 0 || performance.now() < end;)
  seconds.push(await secondsOf(calls[call]));
console.log(JSON.stringify({ seconds: median(seconds), extraBytes }));
flow.dispose();
await useThreads(1);

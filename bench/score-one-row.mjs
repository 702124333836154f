// The cost of a call: the log density of a single point, which for planar layers is eight scalar root searches.

import { Flow, normal, planar } from 'normalizing-flows';
import { Bench } from 'tinybench';
import { randomizeParameters } from './random-parameters.mjs';

const LAYERS = 8;
const CALLS = 1000; // per sample of the clock, whose own cost would otherwise show

export const scoreOneRow = [
  {
    title: `logProb of 1 row (planar, d 2, K ${LAYERS})`,
    bar: { seconds: 5e-6 },
    peer: { script: 'score-one-row.py' },
    setUp() {
      const flow = new Flow({ base: normal(2), transforms: Array.from({ length: LAYERS }, () => planar(2)), seed: 1 });
      randomizeParameters(flow, 1);
      const x = flow.sample(1, { seed: 1 });
      return { measure: () => secondsPerCall(() => flow.logProb(x)), dispose: () => flow.dispose() };
    },
  },
];

async function secondsPerCall(call) {
  const bench = new Bench({ time: 500, warmupTime: 200 });
  bench.add('logProb', () => {
    for (let i = 0; i < CALLS; i++) call();
  });
  const [task] = await bench.run();
  if (task.result.state === 'errored') throw task.result.error;
  return task.result.latency.p50 / 1000 / CALLS; // tinybench counts milliseconds
}

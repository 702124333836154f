// The cost of a call: the log density of a single point, which for planar layers is eight scalar root searches.

import { planar } from 'normalizing-flows';
import { randomFlow } from './library.mjs';
import { jax, plain, tfjs, torch } from './peers/run.mjs';
import { secondsPerCall } from './stopwatch.mjs';

const LAYERS = 8;
const CALLS = 1000;

export const cases = [
  {
    title: `logProb of 1 row (planar, d 2, K ${LAYERS})`,
    bars: [{ under: 5e-6 }, { ahead: 50, of: 'PyTorch' }],
    peers: [
      ...torch('score-one-row.py', { threads: [1] }),
      ...plain('score-one-row.plain.mjs'),
      ...tfjs('score-one-row.tfjs.mjs'),
      ...jax('score-one-row.jax.mjs', ['float32']),
    ],
    setUp() {
      const flow = randomFlow(planar, 2, LAYERS, 1);
      const x = flow.sample(1, { seed: 1 });
      return { measure: () => secondsPerCall(() => flow.logProb(x), { calls: CALLS }), dispose: () => flow.dispose() };
    },
  },
];

// One step of variational inference: sample, forward, energy, backward, Adam. The time of a long fit over its steps, so that
// what a user pays for progress and the event loop is in it.

import { adam, energies, fitToTarget, Flow, normal, planar } from 'normalizing-flows';
import { secondsOf } from './stopwatch.mjs';

const LAYERS = 32;
const BATCH = 512;
const STEPS = 4000;

export const planarViStep = [
  {
    title: `planar VI step (d 2, K ${LAYERS}, batch ${BATCH}, Adam, U1)`,
    bar: { ratio: 9, aim: 15, against: ['autograd', 'scripted'] },
    peer: { script: 'planar-vi-step.py' },
    async setUp() {
      const flow = new Flow({ base: normal(2), transforms: Array.from({ length: LAYERS }, () => planar(2)), seed: 1 });
      const fit = (steps) =>
        fitToTarget(flow, energies.u1, {
          steps,
          batchSize: BATCH,
          seed: 1,
          optimizer: adam({ learningRate: 1e-2 }),
          annealing: 'paper',
        });
      await fit(STEPS / 10);
      return { measure: async () => (await secondsOf(() => fit(STEPS))) / STEPS, dispose: () => flow.dispose() };
    },
  },
];

// One step of variational inference: sample, forward, energy, backward, Adam. The time of a long fit over its steps, so that
// what a user pays for progress and the event loop is in it.

import { adam, energies, fitToTarget, Flow, normal, planar } from 'normalizing-flows';
import { planarBackwardFlops, planarForwardFlops } from './flops.mjs';
import { jax, tfjs, torch } from './peers/run.mjs';
import { secondsOf } from './stopwatch.mjs';

const LAYERS = 32;
const BATCH = 512;
const STEPS = 4000;

export const cases = [
  {
    title: `planar VI step (d 2, K ${LAYERS}, batch ${BATCH}, Adam, U1)`,
    bars: [
      { ahead: 30, of: 'TensorFlow.js wasm' },
      { ahead: 30, of: 'jax-js' },
      { ahead: 9, of: 'PyTorch', versions: ['autograd', 'scripted'] },
      { ahead: 1, of: 'PyTorch' },
      { ahead: 1, of: 'PyTorch', threads: 'all' },
    ],
    flops: BATCH * LAYERS * (planarForwardFlops(2) + planarBackwardFlops(2)),
    peers: [...torch('planar-vi-step.py'), ...tfjs('planar-vi-step.tfjs.mjs'), ...jax('planar-vi-step.jax.mjs')],
    setUp() {
      const flow = viFlow();
      return { measure: () => secondsPerStep(flow, BATCH, STEPS), dispose: () => flow.dispose() };
    },
  },
];

export function viFlow() {
  return new Flow({ base: normal(2), transforms: Array.from({ length: LAYERS }, () => planar(2)), seed: 1 });
}

export async function secondsPerStep(flow, batchSize, steps) {
  const options = { batchSize, seed: 1, optimizer: adam({ learningRate: 1e-2 }), annealing: 'paper', estimateSamples: 2 };
  await fitToTarget(flow, energies.u1, { ...options, steps: Math.ceil(steps / 10) });
  return (await secondsOf(() => fitToTarget(flow, energies.u1, { ...options, steps }))) / steps;
}

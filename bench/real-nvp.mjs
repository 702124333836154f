// RealNVP: affine couplings. Time is matrix products, forward and back.

import { coupling, maps } from 'normalizing-flows';
import { casePath, movedFlow, onNode, secondsPerStep, torchBars, writeCase } from './flow-case.mjs';
import { denseFlops } from './flops.mjs';
import { tfjs, torch } from './peers/run.mjs';
import { secondsPerCall } from './stopwatch.mjs';

const DIM = 16;
const LAYERS = 8;
const HIDDEN = [128, 128];
const ROWS = 10_000;
const BATCH = 1024;
/** So many that what a fit takes to set up is no part of a step. */
const STEPS = 200;

const FLOPS_PER_ROW = LAYERS * denseFlops([DIM / 2, ...HIDDEN, DIM]);

function realNvp() {
  const map = maps.affine({ scale: 'exp' });
  const layer = (k) => coupling(DIM, { map, hidden: HIDDEN, mask: k % 2 === 0 ? 'odd' : 'even' });
  const flow = movedFlow(
    DIM,
    Array.from({ length: LAYERS }, (_, k) => layer(k)),
  );
  writeCase('real-nvp', flow);
  return flow;
}

export const cases = [
  {
    title: `RealNVP logProb (d ${DIM}, K ${LAYERS}, hidden ${HIDDEN}, n ${ROWS})`,
    bars: torchBars(['whole'], onNode(0.7, 0.85), 1.2),
    flops: ROWS * FLOPS_PER_ROW,
    peers: torch('real-nvp.py', { args: [casePath('real-nvp'), 'density'] }),
    setUp() {
      const flow = realNvp();
      const x = flow.sample(ROWS, { seed: 2 });
      const out = new Float64Array(ROWS);
      return { measure: () => secondsPerCall(() => flow.logProb(x, { out })), dispose: () => flow.dispose() };
    },
  },
  {
    title: `RealNVP training step (the same, batch ${BATCH}, Adam)`,
    bars: [...torchBars(['autograd'], onNode(0.7, 0.85), 1.2), { ahead: 6, of: 'TensorFlow.js wasm' }],
    flops: 3 * BATCH * FLOPS_PER_ROW,
    // On its cpu backend a step takes seconds.
    peers: [
      ...torch('real-nvp.py', { args: [casePath('real-nvp'), 'training'] }),
      ...tfjs('real-nvp.tfjs.mjs', { backends: ['wasm'], args: [casePath('real-nvp')] }),
    ],
    setUp() {
      const flow = realNvp();
      return { measure: () => secondsPerStep(flow, BATCH, STEPS), dispose: () => flow.dispose() };
    },
  },
];

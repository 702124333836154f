// Drawing from a diagonal normal: standard normals, moved by an affine layer, row-major in the caller's array.

import { affine } from 'normalizing-flows';
import { randomFlow } from './library.mjs';
import { jax, plain, tfjs, torch } from './peers/run.mjs';
import { secondsPerCall } from './stopwatch.mjs';

const ROWS = 100_000;
const DIM = 16;

export const cases = [
  {
    title: `normal sample (diagonal, d ${DIM}, n ${ROWS})`,
    bars: [{ ahead: 1, of: 'PyTorch' }],
    peers: [
      ...torch('normals.py'),
      ...plain('normals.plain.mjs'),
      ...tfjs('normals.tfjs.mjs'),
      ...jax('normals.jax.mjs', ['float32']),
    ],
    setUp() {
      const flow = randomFlow(affine, DIM, 1);
      const out = new Float64Array(ROWS * DIM);
      let seed = 0;
      return {
        measure: () => secondsPerCall(() => flow.sample(ROWS, { seed: seed++, out })),
        dispose: () => flow.dispose(),
      };
    },
  },
];

// Drawing samples with their log density, at random parameters.

import { Flow, normal, planar, radial } from 'normalizing-flows';
import { randomizeParameters } from './random-parameters.mjs';
import { secondsOf } from './stopwatch.mjs';

const ROWS = 100_000;
const LAYERS = 64;
const DIM = 16;
const REPEATS = 3;

export const sampling = [workload('planar', planar, 2.3), workload('radial', radial, 2.5)];

function workload(name, transform, ratio) {
  return {
    title: `${name} sampleAndLogProb (d ${DIM}, K ${LAYERS}, n ${ROWS})`,
    bar: { ratio, against: ['chunked'] },
    peer: { script: 'sampling.py', args: [name] },
    setUp() {
      const flow = new Flow({ base: normal(DIM), transforms: Array.from({ length: LAYERS }, () => transform(DIM)), seed: 1 });
      randomizeParameters(flow, 0.3);
      const out = new Float64Array(ROWS * DIM);
      let seed = 0;
      const draw = () => flow.sampleAndLogProb(ROWS, { seed: seed++, out });
      draw();
      return { measure: () => medianOf(REPEATS, () => secondsOf(draw)), dispose: () => flow.dispose() };
    },
  };
}

async function medianOf(count, measure) {
  const values = [];
  for (let i = 0; i < count; i++) values.push(await measure());
  return values.sort((a, b) => a - b)[count >> 1];
}

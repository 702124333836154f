// Drawing samples with their log density, at random parameters.

import { planar, radial } from 'normalizing-flows';
import { planarForwardFlops, radialForwardFlops } from './flops.mjs';
import { randomFlow } from './library.mjs';
import { torch } from './peers/run.mjs';
import { median, secondsOf } from './stopwatch.mjs';

export const ROWS = 100_000;
export const LAYERS = 64;
export const DIM = 16;
const REPEATS = 5;

export const cases = [workload('planar', planar, planarForwardFlops, 2.3), workload('radial', radial, radialForwardFlops, 2.5)];

function workload(name, transform, flops, ahead) {
  return {
    title: `${name} sampleAndLogProb (d ${DIM}, K ${LAYERS}, n ${ROWS})`,
    bars: [
      { ahead, of: 'PyTorch', versions: ['chunked'] },
      { ahead: 4, of: 'PyTorch', versions: ['chunked'], threads: 'all' },
      { ahead: 1, of: 'PyTorch' },
      { ahead: 1, of: 'PyTorch', threads: 'all' },
    ],
    flops: ROWS * LAYERS * flops(DIM),
    peers: torch('sampling.py', { args: [name] }),
    setUp() {
      const flow = randomFlow(transform, DIM, LAYERS);
      const draw = drawer(flow);
      return { measure: () => medianOf(REPEATS, draw), dispose: () => flow.dispose() };
    },
  };
}

/** A call that draws ROWS samples into one array, others every time. */
export function drawer(flow) {
  const out = new Float64Array(ROWS * flow.dim);
  let seed = 0;
  return () => flow.sampleAndLogProb(ROWS, { seed: seed++, out });
}

async function medianOf(count, call) {
  call();
  const seconds = [];
  for (let i = 0; i < count; i++) seconds.push(await secondsOf(call));
  return median(seconds);
}

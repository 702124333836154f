// Neural spline flow: couplings of rational-quadratic splines, eight bins with linear tails.

import { coupling, maps } from 'normalizing-flows';
import { casePath, movedFlow, onNode, secondsPerStep, torchBars, writeCase } from './flow-case.mjs';
import { denseFlops } from './flops.mjs';
import { torch } from './peers/run.mjs';
import { secondsPerCall } from './stopwatch.mjs';

const DIM = 16;
const LAYERS = 4;
const BINS = 8;
const HIDDEN = [128, 128];
const ROWS = 10_000;
const BATCH = 512;
/** So many that what a fit takes to set up is no part of a step. */
const STEPS = 300;

/** Of the networks alone. */
const FLOPS_PER_ROW = LAYERS * denseFlops([DIM / 2, ...HIDDEN, (DIM / 2) * (3 * BINS - 1)]);

function nsf() {
  const map = maps.spline({ bins: BINS, bound: 3 });
  const layer = (k) => coupling(DIM, { map, hidden: HIDDEN, mask: k % 2 === 0 ? 'odd' : 'even' });
  const flow = movedFlow(
    DIM,
    Array.from({ length: LAYERS }, (_, k) => layer(k)),
  );
  writeCase('nsf', flow);
  return flow;
}

export const cases = [
  {
    title: `spline flow logProb (d ${DIM}, K ${LAYERS}, ${BINS} bins, hidden ${HIDDEN}, n ${ROWS})`,
    bars: torchBars(['whole'], onNode(1.1, 1.2)),
    flops: ROWS * FLOPS_PER_ROW,
    peers: torch('nsf.py', { args: [casePath('nsf'), 'density'] }),
    setUp() {
      const flow = nsf();
      const x = flow.sample(ROWS, { seed: 2 });
      const out = new Float64Array(ROWS);
      return { measure: () => secondsPerCall(() => flow.logProb(x, { out })), dispose: () => flow.dispose() };
    },
  },
  {
    title: `spline flow training step (the same, batch ${BATCH}, Adam)`,
    bars: torchBars(['autograd'], onNode(1.1, 1.2)),
    flops: 3 * BATCH * FLOPS_PER_ROW,
    peers: torch('nsf.py', { args: [casePath('nsf'), 'training'] }),
    setUp() {
      const flow = nsf();
      return { measure: () => secondsPerStep(flow, BATCH, STEPS), dispose: () => flow.dispose() };
    },
  },
];

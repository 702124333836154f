// Masked autoregressive flow: the density in one pass, samples feature by feature.

import { autoregressive, invert, maps } from 'normalizing-flows';
import { casePath, movedFlow, torchBars, writeCase } from './flow-case.mjs';
import { maskedFlops } from './flops.mjs';
import { torch } from './peers/run.mjs';
import { secondsPerCall } from './stopwatch.mjs';

const DIM = 64;
const LAYERS = 5;
const HIDDEN = [128, 128];
const ROWS = 10_000;
const SAMPLES = 1000;

const FLOPS_PER_ROW = LAYERS * maskedFlops(DIM, HIDDEN, 2);

function maf() {
  const forwards = Array.from({ length: DIM }, (_, j) => j);
  const backwards = forwards.toReversed();
  const map = maps.affine({ scale: 'exp' });
  const layer = (k) => invert(autoregressive(DIM, { map, hidden: HIDDEN, order: k % 2 === 0 ? forwards : backwards }));
  const flow = movedFlow(
    DIM,
    Array.from({ length: LAYERS }, (_, k) => layer(k)),
  );
  writeCase('maf', flow);
  return flow;
}

export const cases = [
  {
    title: `MAF logProb (d ${DIM}, K ${LAYERS}, hidden ${HIDDEN}, n ${ROWS})`,
    bars: torchBars(['masks in each call'], 1.2),
    flops: ROWS * FLOPS_PER_ROW,
    peers: torch('maf.py', { args: [casePath('maf'), 'density'] }),
    setUp() {
      const flow = maf();
      const x = flow.sample(ROWS, { seed: 2 });
      const out = new Float64Array(ROWS);
      return { measure: () => secondsPerCall(() => flow.logProb(x, { out })), dispose: () => flow.dispose() };
    },
  },
  {
    title: `MAF sample (the same, n ${SAMPLES})`,
    bars: [...torchBars(['a pass a feature'], 40), { ahead: 3, of: 'PyTorch', versions: ['incremental'] }],
    flops: SAMPLES * FLOPS_PER_ROW,
    peers: torch('maf.py', { args: [casePath('maf'), 'sampling'] }),
    setUp() {
      const flow = maf();
      const out = new Float64Array(SAMPLES * DIM);
      let seed = 0;
      return {
        measure: () => secondsPerCall(() => flow.sample(SAMPLES, { seed: seed++, out })),
        dispose: () => flow.dispose(),
      };
    },
  },
];

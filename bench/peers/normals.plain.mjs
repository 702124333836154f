// Drawing 100 000 rows of a diagonal normal in 16 dimensions with Math.random, by Box & Muller's method, both of a pair used.

import { report, secondsPerCall } from './report.mjs';

const ROWS = 100_000;
const DIM = 16;
const location = Float64Array.from({ length: DIM }, () => Math.random());
const scale = Float64Array.from({ length: DIM }, () => 0.5 + Math.random());
const x = new Float64Array(ROWS * DIM);

function draw() {
  for (let i = 0; i < x.length; i += DIM) {
    for (let j = 0; j < DIM; j += 2) {
      const radius = Math.sqrt(-2 * Math.log(1 - Math.random()));
      const angle = 2 * Math.PI * Math.random();
      x[i + j] = location[j] + scale[j] * radius * Math.cos(angle);
      x[i + j + 1] = location[j + 1] + scale[j + 1] * radius * Math.sin(angle);
    }
  }
}

report({ 'Box–Muller': await secondsPerCall(draw) });

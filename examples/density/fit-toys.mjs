// Neural spline flows fitted to the toys, by one protocol: 2000 steps of 512 fresh samples, Adam at 0.002 with a cosine to 0.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { adam, coupling, cosineDecay, fitToData, Flow, invert, maps, normal } from 'normalizing-flows';
import { figure } from '../paper/figure.mjs';
import { densityOnGrid } from '../paper/heat-map.mjs';
import { fixed, table } from '../paper/table.mjs';
import { drawToy, TOYS } from './toys.mjs';

const LAYERS = 6;
const BATCH = 512;
const TEST_ROWS = 50_000;
const PIXELS = 240;
const PICTURE_ROWS = 400_000;

/** Fits a flow to each toy for each seed; draws the first seed's. */
export async function fitToys({ seeds, steps, out, onFit }) {
  const rows = [];
  for (const name of Object.keys(TOYS)) {
    const nll = [];
    for (const seed of seeds) {
      const flow = splineFlow(seed);
      try {
        // One epoch: no row is seen twice.
        const data = drawToy(name, steps * BATCH, seed);
        const optimizer = adam({ learningRate: 2e-3 });
        await fitToData(flow, data, {
          epochs: 1,
          batchSize: BATCH,
          validation: 0,
          optimizer,
          schedule: cosineDecay(),
          clipNorm: 5,
        });
        const logProb = flow.logProb(drawToy(name, TEST_ROWS, 1000 + seed));
        nll.push(-logProb.reduce((sum, value) => sum + value) / TEST_ROWS);
        onFit(`${name}, seed ${seed}`, nll.at(-1));
        if (seed === seeds[0]) draw(name, flow, nll[0], out);
      } finally {
        flow.dispose();
      }
    }
    const median = nll.toSorted((a, b) => a - b)[nll.length >> 1];
    const { goal, floor } = TOYS[name];
    rows.push([name, fixed(median, 3), `≤ ${goal}`, floor, ...nll.map((value) => fixed(value, 3))]);
  }
  return table([['data', 'median', 'goal', 'floor', ...seeds.map((seed) => `seed ${seed}`)], ...rows]);
}

/** The splines run forward from data to base, as is usual for densities: their knots then lie where the data do. */
function splineFlow(seed) {
  const map = maps.spline({ bins: 8, bound: 5 });
  const layer = (k) => invert(coupling(2, { map, hidden: [64, 64], mask: k % 2 === 0 ? 'even' : 'odd' }));
  return new Flow({ base: normal(2), transforms: Array.from({ length: LAYERS }, (_, k) => layer(k)), seed });
}

function draw(name, flow, nll, out) {
  const grid = { half: TOYS[name].half, pixels: PIXELS };
  const panels = [
    { title: 'data', note: `${PICTURE_ROWS / 1000} 000 rows`, density: histogram(drawToy(name, PICTURE_ROWS, 999), grid) },
    { title: 'density of the flow', note: `NLL ${fixed(nll, 3)}`, density: densityOnGrid((x) => flow.logProb(x), grid) },
    { title: 'its samples', note: '', density: histogram(flow.sample(PICTURE_ROWS, { seed: 1 }), grid) },
  ];
  const title = `A spline flow of ${flow.parameterCount.toLocaleString('en').replace(',', ' ')} parameters fitted to ${name}`;
  writeFileSync(join(out, `${name.replace(' ', '-')}.svg`), figure(title, panels, grid));
}

/** The share of rows in each pixel of [−half, half]², by its area, rows of pixels from the top. */
function histogram(x, { half, pixels }) {
  const size = (2 * half) / pixels;
  const density = new Float64Array(pixels * pixels);
  for (let i = 0; i < x.length; i += 2) {
    const [column, row] = [Math.floor((x[i] + half) / size), Math.floor((half - x[i + 1]) / size)];
    if (column < 0 || column >= pixels || row < 0 || row >= pixels) continue;
    density[row * pixels + column] += 2 / (x.length * size * size);
  }
  return density;
}

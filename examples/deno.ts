// A flow fitted to the energy U1 of Rezende & Mohamed 2015, and its density drawn in the terminal.
//
//   deno run examples/deno.ts
//
// It needs no permission. Outside this repository: import … from 'npm:normalizing-flows'.

// @ts-types="../dist/index.d.ts"
import { energies, fitToTarget, Flow, normal, planar } from '../dist/index.js';

const flow = new Flow({ base: normal(2), transforms: Array.from({ length: 16 }, () => planar(2)), seed: 1 });
const { freeEnergy, standardError } = await fitToTarget(flow, energies.u1, { steps: 6000, batchSize: 128 });

const [columns, rows, half] = [64, 24, 3.2];
const shades = ' ·░▒▓█';
for (let row = 0; row < rows; row++) {
  const y = half - ((row + 0.5) / rows) * 2 * half;
  const points = Array.from({ length: columns }, (_, column) => [((column + 0.5) / columns) * 2 * half - half, y]);
  const densities = Array.from(flow.logProb(points), Math.exp);
  console.log(densities.map((density) => shades[Math.min(5, Math.floor(density / 0.025))]).join('').trimEnd()); // prettier-ignore
}

const logZ = 1.8775; // ln ∫ exp(−U1), by quadrature
console.log(`KL(q‖p) = ${(freeEnergy + logZ).toFixed(4)} ± ${standardError.toFixed(4)} nats`);

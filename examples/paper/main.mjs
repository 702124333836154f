// The paper, end to end: planar and radial flows fitted to the four test energies of Rezende & Mohamed 2015, "Variational
// Inference with Normalizing Flows" (arXiv:1505.05770, §6.1, Table 1, Fig. 3) by minimising the annealed free energy.
//
//   npm start
//   node examples/paper/main.mjs [--steps 15000] [--out out/paper]
//
// Prints a table and draws one picture per energy. Ctrl-C prints what is done so far.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { energies, fitToTarget, Flow, normal, planar, radial } from 'normalizing-flows';
import { figure } from './figure.mjs';
import { densityOnGrid } from './heat-map.mjs';
import { progressLine } from './progress.mjs';
import { GRID, logNormalizer } from './quadrature.mjs';
import { fixed, table } from './table.mjs';

const FLOWS = [
  { name: 'planar', transform: planar, layers: 2 },
  { name: 'planar', transform: planar, layers: 8 },
  { name: 'planar', transform: planar, layers: 32 },
  { name: 'radial', transform: radial, layers: 8 },
];
const BATCH = 128;
const SEED = 1;
const PICTURE = { half: 4, pixels: 240 };

const { values: options } = parseArgs({
  options: { steps: { type: 'string', default: '15000' }, out: { type: 'string', default: join('out', 'paper') } },
});
const steps = Number(options.steps);

const interrupt = new AbortController();
process.once('SIGINT', () => interrupt.abort());

console.log(`Flows fitted to the energies of Rezende & Mohamed 2015: ${steps} steps of ${BATCH} samples, seed ${SEED}.`);
const started = performance.now();
const progress = progressLine();
const results = [];
const pictures = [];
try {
  mkdirSync(options.out, { recursive: true });
  for (const energy of ['u1', 'u2', 'u3', 'u4']) await reproduce(energy);
} catch (error) {
  if (!interrupt.signal.aborted) throw error;
  process.exitCode = 130;
} finally {
  progress.clear();
}
report();

/** Fits every flow to one energy, and draws them beside it. */
async function reproduce(energy) {
  const target = energies[energy];
  const logZ = logNormalizer(target);
  const density = densityOnGrid((x) => target.logProb(x).map((logProb) => logProb - logZ), PICTURE);
  const panels = [{ title: `target exp(−${energy.toUpperCase()}) / Z`, density }];
  for (const { name, transform, layers } of FLOWS) {
    const flow = new Flow({ base: normal(2), transforms: Array.from({ length: layers }, () => transform(2)), seed: SEED });
    try {
      const fitted = await fit(flow, target, `${energy.toUpperCase()} ${name} K = ${layers}`);
      results.push({ energy: energy.toUpperCase(), name, layers, logZ, ...fitted });
      const note = `KL ${fixed(fitted.freeEnergy + logZ, 3)}`;
      panels.push({ title: `${name}, K = ${layers}`, note, density: densityOnGrid((x) => flow.logProb(x), PICTURE) });
    } finally {
      flow.dispose();
    }
  }
  const path = join(options.out, `${energy}.svg`);
  writeFileSync(
    path,
    figure(`Flows fitted to the energy ${energy.toUpperCase()}: ${steps} steps of ${BATCH} samples`, panels, PICTURE),
  );
  pictures.push(path);
}

async function fit(flow, target, label) {
  const start = performance.now();
  const { freeEnergy, standardError } = await fitToTarget(flow, target, {
    steps,
    batchSize: BATCH,
    seed: SEED,
    signal: interrupt.signal,
    onProgress: (state) => progress.update(label, state),
  });
  const seconds = (performance.now() - start) / 1000;
  progress.finish(label, `free energy ${fixed(freeEnergy, 3)} in ${seconds.toFixed(2)} s`);
  return { freeEnergy, standardError, seconds };
}

/** KL(q‖p) = E_q[ln q − ln p] = free energy + ln Z, where p = exp(−U) / Z. */
function report() {
  const rows = results.map(({ energy, name, layers, logZ, freeEnergy, standardError, seconds }) => [
    energy,
    name,
    String(layers),
    `${fixed(freeEnergy, 4)} ± ${fixed(standardError, 4)}`,
    fixed(logZ, 5),
    fixed(freeEnergy + logZ, 4),
    `${seconds.toFixed(2)} s`,
  ]);
  if (rows.length > 0)
    console.log(`\n${table([['energy', 'flow', 'K', 'free energy', 'ln Z', 'KL(q‖p)', 'time'], ...rows], 2)}\n`);
  const { half, cells } = GRID;
  console.log(`All in nats; ln Z by the midpoint rule, ${cells} × ${cells} cells on [−${half}, ${half}]².`);
  if (pictures.length > 0) console.log(`Pictures: ${pictures.join(', ')}.`);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(interrupt.signal.aborted ? `Interrupted after ${seconds} s.` : `${seconds} s in all.`);
}

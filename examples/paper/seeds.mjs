// How far the fits of main.mjs depend on the seed: KL(q‖p) for planar flows on U1 … U4 over seeds 0, 1, 2, …, their median,
// and the audit `flow.check` of every fitted flow. Fits run side by side on all cores.
//
//   node examples/paper/seeds.mjs [--seeds 9] [--layers 2,8,32] [--steps 15000]

import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { energies, fitToTarget, Flow, normal, planar } from 'normalizing-flows';
import { progressLine } from './progress.mjs';
import { logNormalizer } from './quadrature.mjs';
import { fixed, table } from './table.mjs';

const BATCH = 128;
const EVALUATION_SAMPLES = 200_000;
const AUDITED_ROWS = 1000;
/** What the median at K = 32 should not exceed; a hand-written PyTorch reference had 0.006, 0.003, 0.022, 0.053. */
const GOAL = { u1: 0.02, u2: 0.02, u3: 0.05, u4: 0.1 };

if (isMainThread) await main();
else parentPort.on('message', async (task) => parentPort.postMessage(await fitAndAudit(task)));

async function main() {
  const { values: options } = parseArgs({
    options: {
      seeds: { type: 'string', default: '9' },
      layers: { type: 'string', default: '2,8,32' },
      steps: { type: 'string', default: '15000' },
    },
  });
  const seeds = Array.from({ length: Number(options.seeds) }, (_, seed) => seed);
  const depths = options.layers.split(',').map(Number);
  const steps = Number(options.steps);

  const cells = Object.keys(GOAL).flatMap((energy) => depths.map((layers) => ({ energy, layers })));
  const tasks = cells.flatMap((cell) => seeds.map((seed) => ({ ...cell, seed, steps })));
  const results = await runAll(tasks);

  const logZ = Object.fromEntries(Object.keys(GOAL).map((energy) => [energy, logNormalizer(energies[energy])]));
  const rows = cells.map(({ energy, layers }) => {
    const own = results.filter((result) => result.energy === energy && result.layers === layers);
    const kl = own.map(({ freeEnergy }) => freeEnergy + logZ[energy]);
    const goal = layers === 32 ? `≤ ${GOAL[energy]}` : '';
    return [energy.toUpperCase(), String(layers), fixed(median(kl), 4), goal, ...kl.map((value) => fixed(value, 3))];
  });
  console.log(`KL(q‖p) in nats, planar, ${steps} steps of ${BATCH}, by ${EVALUATION_SAMPLES} samples\n`);
  console.log(table([['energy', 'K', 'median', 'goal', ...seeds.map((seed) => `seed ${seed}`)], ...rows]));

  const worst = (key) => Math.max(...results.map((result) => result[key])).toExponential(1);
  const skipped = results.reduce((sum, { skippedSteps }) => sum + skippedSteps, 0);
  console.log(`\nStandard error of a KL at most ${worst('standardError')}. Steps skipped: ${skipped}.`);
  console.log(
    `Worst of ${AUDITED_ROWS} samples of each flow: round trip ${worst('worstRoundTrip')}, logDet ${worst('worstLogDet')}.`,
  );
}

/** The deepest flows first, so that the cores finish together; results in the order of the tasks. */
async function runAll(tasks) {
  const results = new Array(tasks.length);
  const queue = tasks.map((task, index) => ({ task, index })).sort((a, b) => a.task.layers - b.task.layers);
  const progress = progressLine();
  let finished = 0;
  const drain = (worker) =>
    new Promise((resolve, reject) => {
      let current;
      const next = () => {
        current = queue.pop();
        if (current) worker.postMessage(current.task);
        else resolve(worker.terminate());
      };
      worker.on('error', reject);
      worker.on('message', (result) => {
        results[current.index] = result;
        progress.update(`${++finished} of ${tasks.length} fits`, {
          step: finished,
          steps: tasks.length,
          freeEnergy: result.freeEnergy,
        });
        next();
      });
      next();
    });
  const workers = Array.from(
    { length: Math.min(availableParallelism(), tasks.length) },
    () => new Worker(new URL(import.meta.url)),
  );
  await Promise.all(workers.map(drain));
  progress.clear();
  return results;
}

async function fitAndAudit({ energy, layers, seed, steps }) {
  const target = energies[energy];
  const flow = new Flow({ base: normal(2), transforms: Array.from({ length: layers }, () => planar(2)), seed });
  try {
    const { skippedSteps } = await fitToTarget(flow, target, { steps, batchSize: BATCH, seed });
    const { x, logProb } = flow.sampleAndLogProb(EVALUATION_SAMPLES, { seed: seed + 1000 });
    const { worstRoundTrip, worstLogDet } = flow.check(x.subarray(0, 2 * AUDITED_ROWS));
    return { energy, layers, seed, skippedSteps, worstRoundTrip, worstLogDet, ...freeEnergyOf(logProb, target.logProb(x)) };
  } finally {
    flow.dispose();
  }
}

/** E_q[ln q − ln p] over samples of q, with its standard error. */
function freeEnergyOf(logQ, logP) {
  const terms = logQ.map((value, row) => value - logP[row]);
  const mean = terms.reduce((a, b) => a + b) / terms.length;
  const variance = terms.reduce((sum, term) => sum + (term - mean) ** 2, 0) / (terms.length - 1);
  return { freeEnergy: mean, standardError: Math.sqrt(variance / terms.length) };
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

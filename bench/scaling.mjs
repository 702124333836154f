// How our own time grows: with rows (and the memory beside input and output), with dimensions, with layers, with threads.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { planar } from 'normalizing-flows';
import { planarForwardFlops } from './flops.mjs';
import { MACHINE_THREADS, randomFlow, THREAD_COUNTS, useThreads } from './library.mjs';
import { drawer, DIM, LAYERS, ROWS } from './sampling.mjs';
import { secondsPerCall } from './stopwatch.mjs';

const FUNCTIONS = ['sampleAndLogProb', 'logProb'];
const ROW_COUNTS = [1e3, 1e4, 1e5, 1e6, 1e7];
/** Of the scaling in dimensions and layers. */
const FEW_ROWS = 10_000;

const powersOfTwo = (from, to) => Array.from({ length: Math.log2(to / from) + 1 }, (_, i) => from * 2 ** i);

export async function run({ peak }) {
  const panels = [
    await rowsPanel(),
    await panel('d', `K ${LAYERS}, n ${FEW_ROWS}`, powersOfTwo(2, 256), (dim) => ({ dim, layers: LAYERS }), peak),
    await panel('K', `d ${DIM}, n ${FEW_ROWS}`, powersOfTwo(1, 256), (layers) => ({ dim: DIM, layers }), peak),
  ];
  if (MACHINE_THREADS > 1) panels.push(await threadsPanel(peak));
  return { panels, bars: [] };
}

/** A process of its own for each point, as a process's peak of memory never falls. */
async function rowsPanel() {
  const points = [];
  for (const call of FUNCTIONS) {
    for (const threads of THREAD_COUNTS) {
      for (const rows of ROW_COUNTS) {
        process.stderr.write(`scaling in n: ${call}, ${rows} rows, threads ${threads}\n`);
        const script = fileURLToPath(new URL('extra-memory.mjs', import.meta.url));
        const { status, stdout, stderr } = spawnSync(process.execPath, [script, call, rows, threads], { encoding: 'utf8' });
        if (status !== 0) throw new Error(`bench: ${call} of ${rows} rows failed.\n${stderr}`);
        points.push({ call, threads, x: rows, ...JSON.parse(stdout) });
      }
    }
  }
  return { variable: 'n', setting: 'planar, d 2, K 8', points };
}

async function panel(variable, setting, values, sizes, peak) {
  const points = [];
  for (const x of values) {
    process.stderr.write(`scaling in ${variable}: ${x}\n`);
    const { dim, layers } = sizes(x);
    const flow = randomFlow(planar, dim, layers);
    const rows = flow.sample(FEW_ROWS, { seed: 1 });
    const out = new Float64Array(rows.length);
    const calls = {
      sampleAndLogProb: () => flow.sampleAndLogProb(FEW_ROWS, { seed: 2, out }),
      logProb: () => flow.logProb(rows),
    };
    for (const threads of THREAD_COUNTS) {
      await useThreads(threads);
      for (const call of FUNCTIONS) {
        const seconds = await secondsPerCall(calls[call], { time: 100, warmupTime: 50 });
        const rate =
          call === 'sampleAndLogProb' ? rateOf(FEW_ROWS * layers * planarForwardFlops(dim), seconds, threads, peak) : {};
        points.push({ call, threads, x, seconds, ...rate });
      }
    }
    flow.dispose();
  }
  return { variable, setting: `planar, ${setting}`, points };
}

async function threadsPanel(peak) {
  const flow = randomFlow(planar, DIM, LAYERS);
  const draw = drawer(flow);
  const points = [];
  for (let threads = 1; threads <= MACHINE_THREADS; threads++) {
    await useThreads(threads);
    const seconds = await secondsPerCall(draw);
    const rate = rateOf(ROWS * LAYERS * planarForwardFlops(DIM), seconds, threads, peak);
    points.push({ call: 'sampleAndLogProb', threads, x: threads, seconds, ...rate });
  }
  flow.dispose();
  return { variable: 'threads', setting: `planar, d ${DIM}, K ${LAYERS}, n ${ROWS}`, points };
}

const rateOf = (flops, seconds, threads, peak) => ({
  flopsPerSecond: flops / seconds,
  ofPeak: flops / seconds / (threads * peak),
});

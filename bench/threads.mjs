// All the machine's threads against one, in interleaved pairs: what large work gains, and that small work loses nothing.

import { planar } from 'normalizing-flows';
import { cases as regressionCases } from './logistic-regression.mjs';
import { MACHINE_THREADS, randomFlow, useThreads } from './library.mjs';
import { cases as mafCases } from './maf.mjs';
import { cases as nsfCases } from './nsf.mjs';
import { secondsPerStep, viFlow } from './planar-vi-step.mjs';
import { cases as realNvpCases } from './real-nvp.mjs';
import { drawer, DIM, LAYERS, ROWS } from './sampling.mjs';
import { median, secondsOf } from './stopwatch.mjs';

const GAIN = 1.8;
/** Of flows with networks, where a step also packs the weights and adds up as many gradients. */
const NETWORK_GAIN = 1.7;
const LOSS = 0.05;
const PAIRS = 30;
const NETWORK_PAIRS = 9;
const SIZES = [1, 10, 100, 1000, 3000, 10_000, 30_000, 100_000];
/** A measurement of small calls makes as many as fill this. */
const SECONDS = 0.01;
const WARM_SECONDS = 0.02;
const BIG_BATCH = 8192;
/** So many that what a fit takes to set up is no part of a step. */
const BIG_STEPS = 200;

export async function run() {
  if (MACHINE_THREADS === 1) {
    return {
      pairs: [],
      bars: [{ title: 'threads (the machine has one)', text: `${GAIN}× by threads, at most ${100 * LOSS} % lost` }],
    };
  }
  const pairs = [
    ...(await gains()),
    ...(await gainsOf(regressionCases, PAIRS, GAIN)),
    ...(await gainsOf([...realNvpCases, ...nsfCases, ...mafCases], NETWORK_PAIRS, NETWORK_GAIN)),
    ...(await losses()),
  ];
  await useThreads(1);
  return { pairs, bars: pairs.map(({ title, bar, ratio, met }) => ({ title, text: bar, ratio, met })) };
}

/** Median over the pairs of time on one thread ÷ time on all. */
async function gains() {
  const flow = randomFlow(planar, DIM, LAYERS);
  const draw = drawer(flow);
  const trained = viFlow();
  const work = {
    [`planar sampleAndLogProb (d ${DIM}, K ${LAYERS}, n ${ROWS})`]: () => secondsOf(draw),
    [`planar VI step (d 2, K 32, batch ${BIG_BATCH})`]: () => secondsPerStep(trained, BIG_BATCH, BIG_STEPS),
  };
  const times = await interleave(work, PAIRS, draw);
  flow.dispose();
  trained.dispose();
  return judgeGains(times, GAIN);
}

/** The same of other workloads. They take turns within a pair, so that a slow minute of the machine falls on few pairs of each. */
async function gainsOf(cases, pairs, least) {
  const ready = cases.map(({ title, setUp }) => ({ title, ...setUp() }));
  const work = Object.fromEntries(ready.map(({ title, measure }) => [title, measure]));
  const times = await interleave(work, pairs, () => {});
  for (const { dispose } of ready) dispose();
  return judgeGains(times, least);
}

function judgeGains(times, least) {
  return Object.entries(times).map(([title, { one, all }]) => {
    const ratio = median(one.map((seconds, i) => seconds / all[i]));
    const bar = `${least}× with ${MACHINE_THREADS} threads`;
    return { title, bar, one: median(one), all: median(all), ratio, met: ratio >= least };
  });
}

/** Median over the pairs of time on all threads ÷ time on one. Little work a row, so that what threads cost shows. */
async function losses() {
  const flow = randomFlow(planar, 2, 8);
  const work = {};
  const warm = [];
  for (const rows of SIZES) {
    const x = flow.sample(rows, { seed: 1 });
    const out = new Float64Array(x.length);
    const calls = { sampleAndLogProb: () => flow.sampleAndLogProb(rows, { seed: 2, out }), logProb: () => flow.logProb(x) };
    for (const [name, call] of Object.entries(calls)) {
      warm.push(call);
      const count = callsIn(SECONDS, call);
      work[`planar ${name} (d 2, K 8, n ${rows})`] = async () => {
        repeat(call, Math.ceil((count * WARM_SECONDS) / SECONDS));
        return (await secondsOf(() => repeat(call, count))) / count;
      };
    }
  }
  const times = await interleave(work, PAIRS, () => warm.forEach((call) => call()));
  flow.dispose();
  return Object.entries(times).map(([title, { one, all }]) => {
    const loss = median(all.map((seconds, i) => seconds / one[i])) - 1;
    const bar = `at most ${100 * LOSS} % lost by ${MACHINE_THREADS} threads`;
    return { title, bar, one: median(one), all: median(all), ratio: 1 / (1 + loss), met: loss <= LOSS };
  });
}

/** Every measurement with one thread, then with all, then the other way round: a drift of the machine's speed falls on both. */
async function interleave(work, pairs, warmUp) {
  const times = Object.fromEntries(Object.keys(work).map((name) => [name, { one: [], all: [] }]));
  for (let pair = 0; pair < pairs; pair++) {
    process.stderr.write(`threads against one: pair ${pair + 1} of ${pairs}\n`);
    for (const side of pair % 2 === 0 ? ['one', 'all'] : ['all', 'one']) {
      await useThreads(side === 'one' ? 1 : MACHINE_THREADS);
      warmUp(); // switching starts the workers anew
      for (const [name, measure] of Object.entries(work)) times[name][side].push(await measure());
    }
  }
  return times;
}

function repeat(call, count) {
  for (let i = 0; i < count; i++) call();
}

/** How many calls fill `seconds`. */
function callsIn(seconds, call) {
  repeat(call, 3);
  let count = 1;
  for (;;) {
    const start = performance.now();
    repeat(call, count);
    const taken = (performance.now() - start) / 1000;
    if (taken > seconds / 4) return Math.max(1, Math.round((count * seconds) / taken));
    count *= 2;
  }
}

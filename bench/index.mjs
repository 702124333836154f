// Our time beside that of what one would use instead, on the same work, measured in turn in the same run.
//
//   npm run bench                     installs the peers, and runs every workload
//   node bench/index.mjs              every workload
//   node bench/index.mjs sampling     the one in bench/sampling.mjs
//
// The figures also go to out/bench.json, and a picture of them to out/bench.svg. A missed bar is printed, not an exit code: a busy
// machine misses bars.

import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { compare } from './compare.mjs';
import { MACHINE_THREADS, THREAD_COUNTS } from './library.mjs';
import { measurePeak } from './peak.mjs';
import { findTorch } from './peers/run.mjs';
import { picture } from './picture.mjs';
import { barsTable, comparisonTable, matrixTable, pairsTable, scalingTable } from './table.mjs';

const WORKLOADS = [
  ...['planar-vi-step', 'sampling', 'score-one-row', 'normals', 'element-wise', 'threads', 'scaling'],
  ...['gemm', 'maf', 'real-nvp', 'nsf', 'logistic-regression', 'eight-schools'],
];

const names = process.argv.slice(2);
for (const name of names) {
  if (!WORKLOADS.includes(name)) throw new RangeError(`bench: workload must be one of ${WORKLOADS.join(', ')}; got ${name}.`);
}

const begin = performance.now();
const torch = findTorch();
const peak = measurePeak();
const machine = {
  cpu: cpus()[0].model,
  threads: MACHINE_THREADS,
  node: process.version,
  torch: torch && { version: torch.version, blas: torch.blas },
  peak,
};
console.log(describe(machine));

const results = [];
const studies = {};
for (const name of names.length === 0 ? WORKLOADS : names) {
  const { cases, run } = await import(`./${name}.mjs`);
  if (cases !== undefined) results.push(...(await compare(cases, torch, peak)));
  else studies[name] = await run({ peak });
}
const bars = [...results, ...Object.values(studies)].flatMap((each) => each.bars);

const listed = results.filter(({ group }) => group === undefined);
const grouped = results.filter(({ group }) => group !== undefined);
if (listed.length > 0) console.log(`\n${comparisonTable(listed)}`);
if (grouped.length > 0) console.log(`\n${matrixTable(grouped)}`);
for (const panel of studies.scaling?.panels ?? []) console.log(`\n${scalingTable(panel)}`);
if (studies.threads?.pairs.length > 0) console.log(`\n${pairsTable(studies.threads.pairs)}`);
if (bars.length > 0) console.log(`\n${barsTable(bars)}`);

const minutes = (performance.now() - begin) / 60_000;
const all = { date: new Date().toISOString(), machine, minutes, results, ...studies };
const out = new URL('../out/', import.meta.url);
mkdirSync(out, { recursive: true });
writeFileSync(new URL('bench.json', out), JSON.stringify(all, null, 2));
writeFileSync(new URL('bench.svg', out), picture(all));
console.log(`\n${minutes.toFixed(1)} minutes. Written to ${fileURLToPath(out)}bench.json and bench.svg.`);

function describe({ cpu, threads, node, torch, peak }) {
  const lines = [
    `${cpu}, ${threads} threads; Node ${node.slice(1)}; ${(peak / 1e9).toFixed(1)} GFLOP/s a thread at most (float64 SIMD in wasm).`,
  ];
  if (THREAD_COUNTS.length === 1) lines.push('Ours runs on one thread.');
  if (torch) {
    lines.push(`PyTorch ${torch.version}, its matrix products by ${torch.blas}.`);
    if (/^libblas/.test(torch.blas))
      lines.push('That is the reference BLAS, which is slow (Debian: apt-get install libopenblas0).');
  } else {
    lines.push('No PyTorch to compare with: `import torch` works in neither python3 nor /usr/bin/python3');
    lines.push('(Debian: apt-get install python3-torch libopenblas0; or name an interpreter in $PYTHON).');
  }
  return lines.join('\n');
}

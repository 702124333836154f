// Our time beside PyTorch's on the same work, on one thread, both measured in turn in the same run.
//
//   node bench/index.mjs              every workload
//   node bench/index.mjs sampling     the one in bench/sampling.mjs
//
// The figures also go to out/bench.json. A missed bar is printed, not an exit code: a busy machine misses bars.

import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { findTorch, runPeer } from './peers/run.mjs';
import { planarViStep } from './planar-vi-step.mjs';
import { sampling } from './sampling.mjs';
import { scoreOneRow } from './score-one-row.mjs';
import { formatSeconds, printTable } from './table.mjs';

const ROUNDS = 3;
const WORKLOADS = { 'planar-vi-step': planarViStep, sampling, 'score-one-row': scoreOneRow };

const torch = findTorch();
const machine = { cpu: cpus()[0].model, node: process.version, torch: torch?.version ?? null };
console.log(
  `${machine.cpu}, Node ${machine.node.slice(1)}, ${torch ? `PyTorch ${torch.version} (${torch.python})` : 'no PyTorch'}`,
);
if (!torch) {
  console.log('No PyTorch to compare with: `import torch` works in neither python3 nor /usr/bin/python3');
  console.log('(Debian: apt-get install python3-torch; or name an interpreter in $PYTHON). Our own times follow.');
}

const results = [];
for (const cases of chosenWorkloads()) {
  for (const benchmark of cases) results.push(await measure(benchmark));
}
printTable(results);

mkdirSync('out', { recursive: true });
writeFileSync('out/bench.json', JSON.stringify({ date: new Date().toISOString(), machine, rounds: ROUNDS, results }, null, 2));
console.log('\nWritten to out/bench.json.');

function chosenWorkloads() {
  const names = process.argv.slice(2);
  for (const name of names) {
    if (!(name in WORKLOADS))
      throw new RangeError(`bench: workload must be one of ${Object.keys(WORKLOADS).join(', ')}; got ${name}.`);
  }
  return names.length === 0 ? Object.values(WORKLOADS) : names.map((name) => WORKLOADS[name]);
}

/** Ours and theirs in turn, so that a slow moment of the machine falls on both; medians over the rounds. */
async function measure({ title, bar, peer, setUp }) {
  const ours = [];
  const theirs = [];
  const workload = await setUp();
  try {
    for (let round = 1; round <= ROUNDS; round++) {
      process.stderr.write(`${title}: round ${round} of ${ROUNDS}\n`);
      ours.push(await workload.measure());
      if (torch) theirs.push(runPeer(torch.python, peer.script, peer.args));
    }
  } finally {
    workload.dispose();
  }
  const seconds = median(ours);
  const versions = Object.keys(theirs[0]?.seconds ?? {}).map((name) => {
    const peerSeconds = median(theirs.map((report) => report.seconds[name]));
    return { name, seconds: peerSeconds, ratio: peerSeconds / seconds, rounds: theirs.map((report) => report.seconds[name]) };
  });
  return { title, seconds, rounds: ours, peers: versions, ...judge(bar, seconds, versions) };
}

/** A bar is a ratio to the fastest of the named versions of the peer, or a time of our own. */
function judge(bar, seconds, versions) {
  if (bar.seconds !== undefined) return { bar: `under ${formatSeconds(bar.seconds)}`, met: seconds < bar.seconds };
  const against = versions.filter(({ name }) => bar.against.includes(name)).sort((a, b) => a.seconds - b.seconds)[0];
  const wish = bar.aim ? ` (aim ${bar.aim}×)` : '';
  return { bar: `${bar.ratio}×${wish}`, against: against?.name, met: against && against.ratio >= bar.ratio };
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

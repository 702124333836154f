// Density estimation, end to end: neural spline flows fitted to samples of three toys in the plane, and to two tables of measurements.
//
//   node examples/density/main.mjs
//   node examples/density/main.mjs --only tables
//   node examples/density/main.mjs --only toys [--seeds 3] [--steps 2000] [--out out/density]
//
// Prints a table for each, in nats, and draws a picture of each toy.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fitTables } from './tables.mjs';
import { fitToys } from './fit-toys.mjs';
import { fixed } from '../paper/table.mjs';

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    seeds: { type: 'string', default: '3' },
    steps: { type: 'string', default: '2000' },
    epochs: { type: 'string' },
    out: { type: 'string', default: join('out', 'density') },
  },
});

const started = performance.now();
const onFit = (label, nll) => process.stderr.write(`${label}: ${fixed(nll, 3)} nats\n`);

if (options.only !== 'tables') {
  mkdirSync(options.out, { recursive: true });
  const seeds = Array.from({ length: Number(options.seeds) }, (_, k) => k + 1);
  const toys = await fitToys({ seeds, steps: Number(options.steps), out: options.out, onFit });
  console.log(`Negative log likelihood of 50 000 fresh samples, nats, after ${options.steps} steps of 512\n\n${toys}\n`);
  console.log(`Pictures in ${options.out}.\n`);
}
if (options.only !== 'toys') {
  const tables = await fitTables({ epochs: options.epochs && Number(options.epochs), onFit });
  console.log(`Log likelihood, nats per row, ± standard error\n\n${tables}\n`);
}
console.log(`${((performance.now() - started) / 1000).toFixed(0)} s in all.`);

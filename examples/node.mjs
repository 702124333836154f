// Bayesian inference in thirty lines: eight measurements, a normal likelihood, unknown mean μ and ln σ.
//
//   node examples/node.mjs

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fitToTarget, Flow, normal, planar, targetFromFunction } from 'normalizing-flows';

const measured = [4.9, 5.6, 5.1, 4.4, 6.3, 5.2, 4.7, 5.8];

// ln p(data, μ, ln σ) and its gradient; the priors are μ ~ N(0, 10²) and ln σ ~ N(0, 1).
const posterior = targetFromFunction(2, (rows, logProb, gradient) => {
  for (let i = 0; i < logProb.length; i++) {
    const [mu, logSigma] = rows.subarray(2 * i, 2 * i + 2);
    const precision = Math.exp(-2 * logSigma);
    const sum = measured.reduce((total, y) => total + (y - mu), 0);
    const squares = measured.reduce((total, y) => total + (y - mu) ** 2, 0);
    logProb[i] = -(precision * squares) / 2 - measured.length * logSigma - mu ** 2 / 200 - logSigma ** 2 / 2;
    logProb[i] -= ((measured.length + 2) / 2) * Math.log(2 * Math.PI) + Math.log(10);
    gradient.set([precision * sum - mu / 100, precision * squares - measured.length - logSigma], 2 * i);
  }
});

const base = normal(2, { trainable: true });
const flow = new Flow({ base, transforms: Array.from({ length: 8 }, () => planar(2)), seed: 1 });
const { freeEnergy, standardError } = await fitToTarget(flow, posterior, { steps: 4000, batchSize: 128 });
console.log(`ln evidence ≥ ${(-freeEnergy).toFixed(3)} ± ${standardError.toFixed(3)} nats`);

const x = flow.sample(100_000, { seed: 2 });
const mean = x.filter((_, i) => i % 2 === 0).reduce((a, b) => a + b) / 100_000;
console.log(`E[μ | data] = ${mean.toFixed(3)}`);
console.log(`ln q at (5, 0) and (9, 0): ${[...flow.logProb([[5, 0], [9, 0]])].map((value) => value.toFixed(1)).join(', ')}`); // prettier-ignore

const file = join(tmpdir(), `posterior-${process.pid}.safetensors`);
writeFileSync(file, flow.save());
const again = Flow.load(readFileSync(file)).logProb([[5, 0]])[0];
console.log(`loaded from a file, the flow gives the same bits: ${again === flow.logProb([[5, 0]])[0]}`);
rmSync(file);

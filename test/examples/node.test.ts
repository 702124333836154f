// What examples/node.mjs prints, beside the same posterior by quadrature.

import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';

const MEASURED = [4.9, 5.6, 5.1, 4.4, 6.3, 5.2, 4.7, 5.8];
/** The midpoint rule on cells × cells of this box; the posterior is below e⁻⁴⁰ of its peak outside. */
const GRID = { mu: [-5, 15], logSigma: [-4, 4], cells: 800 };

const normalLogDensity = (x: number, mean: number, logSigma: number) =>
  -0.5 * ((x - mean) / Math.exp(logSigma)) ** 2 - logSigma - 0.5 * Math.log(2 * Math.PI);

function quadrature(): { logEvidence: number; meanMu: number } {
  const { mu, logSigma, cells } = GRID;
  const [width, height] = [mu, logSigma].map(([low, high]) => (high - low) / cells);
  let [sum, sumOfMu] = [0, 0];
  for (let row = 0; row < cells; row++) {
    for (let column = 0; column < cells; column++) {
      const [m, s] = [mu[0] + (column + 0.5) * width, logSigma[0] + (row + 0.5) * height];
      const prior = normalLogDensity(m, 0, Math.log(10)) + normalLogDensity(s, 0, 0);
      const density = Math.exp(MEASURED.reduce((total, y) => total + normalLogDensity(y, m, s), prior));
      sum += density;
      sumOfMu += m * density;
    }
  }
  return { logEvidence: Math.log(sum * width * height), meanMu: sumOfMu / sum };
}

it('bounds the evidence from below within 0.02 nats, has the posterior mean within 0.01, and loads what it saved', () => {
  const printed = execFileSync(process.execPath, ['examples/node.mjs'], { encoding: 'utf8' });
  const [, bound, error] = /^ln evidence ≥ (-?[\d.]+) ± ([\d.]+) nats$/m.exec(printed)!.map(Number);
  const [, mean] = /^E\[μ \| data\] = ([\d.]+)$/m.exec(printed)!.map(Number);
  const { logEvidence, meanMu } = quadrature();
  expect(bound).toBeLessThan(logEvidence + 4 * error + 0.001);
  expect(bound).toBeGreaterThan(logEvidence - 0.02);
  expect(Math.abs(mean - meanMu)).toBeLessThan(0.01);
  const [, near, far] = /^ln q at \(5, 0\) and \(9, 0\): (-?[\d.]+), (-?[\d.]+)$/m.exec(printed)!.map(Number);
  const exact = MEASURED.reduce((total, y) => total + normalLogDensity(y, 5, 0), normalLogDensity(5, 0, Math.log(10)));
  expect(Math.abs(near - (exact + normalLogDensity(0, 0, 0) - logEvidence))).toBeLessThan(0.2);
  expect(far).toBeLessThan(near - 20);
  expect(printed).toContain('gives the same bits: true\n');
});

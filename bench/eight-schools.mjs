// From a new process to the summary of a posterior: import, three restarts, verdict. The eight schools, non-centred.

import { spawnSync } from 'node:child_process';
import { median } from './stopwatch.mjs';

const MOST_SECONDS = 5;
const RUNS = 5;

const PROGRAM = `
import { add, fitPosterior, logDensity, model, mul, positive, real, sum } from 'normalizing-flows';
const eightSchools = model({ mu: real(), tau: positive(), eta: real(8) }, ({ mu, tau, eta }, { y, sigma }) =>
  sum(
    logDensity.normal(mu, 0, 5),
    logDensity.halfCauchy(tau, 5),
    logDensity.normal(eta, 0, 1),
    logDensity.normal(y, add(mu, mul(tau, eta)), sigma),
  ),
);
const data = { y: [28, 8, -3, 7, -1, 1, 18, 12], sigma: [15, 10, 16, 11, 9, 11, 10, 18] };
const fit = await fitPosterior(eightSchools, { data, seed: Number(process.argv[1]) });
console.log(String(fit.summary()));
process.exit(0);
`;

export function run() {
  const seconds = Array.from({ length: RUNS }, (_, k) => {
    const begin = performance.now();
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', PROGRAM, String(k + 1)], {
      cwd: new URL('../', import.meta.url),
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`bench: the eight schools must be fitted; got ${stderr}`);
    return (performance.now() - begin) / 1000;
  });
  const value = median(seconds);
  const title = `eight schools, new process to summary (${RUNS} seeds, ${Math.min(...seconds).toFixed(1)} to ${Math.max(...seconds).toFixed(1)} s)`;
  return { seconds, bars: [{ title, text: `at most ${MOST_SECONDS} s`, value, met: value <= MOST_SECONDS }] };
}

// The log density of a logistic regression written as a model, and its gradient: data times parameters, and binary outcomes.

import { logDensity, matmul, model, real, sum } from 'normalizing-flows';
import { writeData } from './logistic-regression.inputs.mjs';
import { torch } from './peers/run.mjs';
import { secondsPerCall } from './stopwatch.mjs';

const BATCH = 256;

function regression() {
  const { path, x, y, dim } = writeData();
  const written = model({ beta: real(dim) }, ({ beta }, data) =>
    sum(logDensity.normal(beta, 0, 2.5), logDensity.bernoulliLogit(data.y, matmul(data.x, beta))),
  );
  return { path, dim, target: written.bind({ x, y }) };
}

const { path, dim, target } = regression();

export const cases = [
  {
    title: `logistic regression, log density and gradient (1000 × ${dim}, batch ${BATCH})`,
    bars: [{ ahead: 1.1, of: 'PyTorch' }],
    peers: torch('logistic-regression.py', { args: [path] }),
    setUp() {
      const beta = Float64Array.from({ length: BATCH * dim }, (_, i) => 0.3 * Math.sin(i));
      return { measure: () => secondsPerCall(() => target.logProbAndGradient(beta)), dispose() {} };
    },
  },
];

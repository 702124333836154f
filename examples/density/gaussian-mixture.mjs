// A mixture of Gaussians with full covariances, by expectation maximisation: what a flow has to beat.

import { generator } from './random.mjs';

const ITERATIONS = 200;
/** Nats per row, from one iteration to the next. */
const TOLERANCE = 1e-3;
/** Added to the diagonal of every covariance, as in scikit-learn. */
const RIDGE = 1e-6;

/**
 * One run, from the partition of a short k-means; another seed may find another optimum.
 *
 * @param data [n × dim]
 * @returns the log density of rows [m × dim], as a function
 */
export function fitMixture(data, dim, components, seed) {
  const parts = expectationMaximization(data, dim, components, generator(seed));
  return (rows) => evaluate(rows, dim, parts, new Float64Array((rows.length / dim) * components));
}

function expectationMaximization(data, dim, components, random) {
  const n = data.length / dim;
  const joint = nearest(data, dim, components, random); // [n × components] responsibilities, in place of log joint densities
  let parts = maximize(data, dim, components, joint);
  let nll = Infinity;
  for (let i = 0; i < ITERATIONS; i++) {
    const logProb = evaluate(data, dim, parts, joint);
    const next = -logProb.reduce((sum, value) => sum + value) / n;
    if (nll - next < TOLERANCE) break;
    nll = next;
    for (let row = 0; row < n; row++)
      for (let k = 0; k < components; k++) joint[row * components + k] = Math.exp(joint[row * components + k] - logProb[row]);
    parts = maximize(data, dim, components, joint);
  }
  return parts;
}

/** Responsibilities 1 for the nearest of some centres, after ten rounds of k-means. */
function nearest(data, dim, components, random) {
  const n = data.length / dim;
  const centres = Array.from({ length: components }, () => {
    const row = Math.floor(n * random.uniform());
    return data.slice(row * dim, (row + 1) * dim);
  });
  let responsibilities;
  for (let round = 0; round < 10; round++) {
    responsibilities = new Float64Array(n * components);
    for (let row = 0; row < n; row++) {
      const distances = centres.map((centre) => centre.reduce((sum, value, j) => sum + (data[row * dim + j] - value) ** 2, 0));
      responsibilities[row * components + distances.indexOf(Math.min(...distances))] = 1;
    }
    centres.forEach((centre, k) => {
      const { weight, mean } = momentsOf(data, dim, responsibilities, components, k);
      if (weight > 0) centre.set(mean);
    });
  }
  return responsibilities;
}

function momentsOf(data, dim, responsibilities, components, k) {
  const mean = new Float64Array(dim);
  let weight = 0;
  for (let row = 0; row < data.length / dim; row++) {
    const share = responsibilities[row * components + k];
    weight += share;
    for (let j = 0; j < dim; j++) mean[j] += share * data[row * dim + j];
  }
  return { weight, mean: mean.map((sum) => sum / weight) };
}

/** Log weight, mean and lower Cholesky factor of the covariance of each component; those without rows fall away. */
function maximize(data, dim, components, responsibilities) {
  const n = data.length / dim;
  return Array.from({ length: components }, (_, k) => {
    const { weight, mean } = momentsOf(data, dim, responsibilities, components, k);
    const covariance = Array.from({ length: dim }, () => new Float64Array(dim));
    for (let row = 0; row < n; row++) {
      const share = responsibilities[row * components + k] / weight;
      if (share === 0) continue;
      for (let i = 0; i < dim; i++)
        for (let j = 0; j <= i; j++)
          covariance[i][j] += share * (data[row * dim + i] - mean[i]) * (data[row * dim + j] - mean[j]);
    }
    for (let j = 0; j < dim; j++) covariance[j][j] += RIDGE;
    return { weight, logWeight: Math.log(weight / n), mean, cholesky: cholesky(covariance) };
  }).filter(({ weight }) => weight > 0);
}

/** ln q(x) of each row; `joint` [n × components] gets ln (weight · density) of each component. */
function evaluate(data, dim, parts, joint) {
  const components = joint.length / (data.length / dim);
  const y = new Float64Array(dim);
  return Float64Array.from({ length: data.length / dim }, (_, row) => {
    const logs = joint.subarray(row * components, (row + 1) * components).fill(-Infinity);
    parts.forEach(({ logWeight, mean, cholesky }, k) => {
      let sum = logWeight - 0.5 * dim * Math.log(2 * Math.PI);
      for (let i = 0; i < dim; i++) {
        y[i] = data[row * dim + i] - mean[i];
        for (let j = 0; j < i; j++) y[i] -= cholesky[i][j] * y[j];
        y[i] /= cholesky[i][i];
        sum -= 0.5 * y[i] * y[i] + Math.log(cholesky[i][i]);
      }
      logs[k] = sum;
    });
    const most = Math.max(...logs);
    return most + Math.log(logs.reduce((sum, value) => sum + Math.exp(value - most), 0));
  });
}

/** In place: the lower factor. */
function cholesky(matrix) {
  for (let i = 0; i < matrix.length; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i][j];
      for (let k = 0; k < j; k++) sum -= matrix[i][k] * matrix[j][k];
      matrix[i][j] = i === j ? Math.sqrt(sum) : sum / matrix[j][j];
    }
  }
  return matrix;
}

import { logSumExp, psis } from '../inference/psis.js';
import { khatLimit } from './summary.js';

/** Leave-one-out cross-validation: how well each observation is predicted by the posterior given all others. */
export interface Loo {
  /** Σ_i ln p(y_i | the others), the expected log predictive density of as many new observations, in nats. */
  readonly elpd: number;
  /** Standard error of `elpd`: of which observations there are, not of the draws. */
  readonly elpdError: number;
  /** Effective number of parameters: what the log density of the observations loses by leaving them out. */
  readonly pLoo: number;
  /** [observations] ln p(y_i | the others) */
  readonly pointwise: Float64Array;
  /** [observations] k̂ of each: where it is not below `limit`, the observation moves the posterior too much for its term to be trusted. */
  readonly khat: Float64Array;
  readonly limit: number;
}

/**
 * Pareto-smoothed importance sampling from an approximation q: with ratios r = p̃(θ)/q(θ), those towards the posterior without y_i are
 * r / p(y_i | θ).
 *
 * Source: Vehtari, Gelman & Gabry 2017, Statistics and Computing 27:1413, eq. 10; for approximations, Magnusson et al. 2019,
 * arXiv:1904.10679, eq. 8.
 *
 * @param terms [draws × observations] ln p(y_i | θ)
 * @param logRatios [draws] ln r
 */
export function looOf(terms: Float64Array, logRatios: Float64Array): Loo {
  const draws = logRatios.length;
  const observations = terms.length / draws;
  const all = psis(logRatios).logWeights;
  const pointwise = new Float64Array(observations);
  const khat = new Float64Array(observations);
  let lost = 0;
  for (let i = 0; i < observations; i++) {
    const logLikelihood = logRatios.map((_, s) => terms[s * observations + i]);
    const towards = logRatios.map((ratio, s) => (ratio === -Infinity ? ratio : ratio - logLikelihood[s]));
    if (towards.includes(Infinity))
      throw new RangeError(`PosteriorFit.loo: pointwise must be finite where the density is; got -Infinity of observation ${i}.`);
    const { logWeights, paretoK } = psis(towards);
    khat[i] = paretoK;
    pointwise[i] = logMean(logWeights, logLikelihood);
    lost += logMean(all, logLikelihood) - pointwise[i];
  }
  const elpd = pointwise.reduce((sum, value) => sum + value, 0);
  const mean = elpd / observations;
  const squares = pointwise.reduce((sum, value) => sum + (value - mean) * (value - mean), 0);
  const elpdError = Math.sqrt((observations / Math.max(1, observations - 1)) * squares);
  return { elpd, elpdError, pLoo: lost, pointwise, khat, limit: khatLimit(draws) };
}

/** ln Σ w e^x of weights that sum to 1 */
function logMean(logWeights: Float64Array, x: Float64Array): number {
  const sums = logWeights.map((weight, s) => (weight === -Infinity ? weight : weight + x[s]));
  return sums.some((value) => value > -Infinity) ? logSumExp(sums) : -Infinity;
}

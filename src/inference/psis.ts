import { numbersOf } from '../arguments.js';
import { requireOutsideCallback } from '../runtime/callback.js';
import { exponentialEach, exponentialMinusOneEach, naturalLog, naturalLogEach, naturalLogOnePlusEach } from '../runtime/math.js';

/** What `psis` makes of log ratios. */
export interface SmoothedWeights {
  /** [S] Natural logarithms of the smoothed weights, which sum to 1. */
  readonly logWeights: Float64Array;
  /** k̂, the shape of the tail: 1/k̂ moments of the ratios exist. ∞ where no tail could be fitted; the weights are then not smoothed. */
  readonly paretoK: number;
  /** Effective sample size 1 / Σ w², from 1 (all the weight on one draw) to S; too hopeful where k̂ > 0.7. */
  readonly ess: number;
}

/**
 * Pareto-smoothed importance sampling: weights for draws of q that turn them into draws of p, and k̂, which tells whether to trust them.
 * With ratios r_s = p̃(x_s) / q(x_s), s = 1 … S, the M = ⌈min(S/5, 3 √S)⌉ largest become quantiles of the generalized Pareto
 * distribution fitted to them,
 *
 *   w_(S−M+j) = min(F⁻¹((j − ½) / M), max r),   F⁻¹(p) = u + σ̂ ((1 − p)^−k̂ − 1) / k̂,   j = 1 … M,
 *
 * u being the largest ratio below. Estimates are good where k̂ < min(1 − 1/log₁₀ S, 0.7); above that, q is too far from p for S draws. Look at
 * it after `fitToTarget`, whose free energy does not say how far q is from p. Up to 20 draws are too few for a tail. Time O(S log S).
 *
 * Source: Vehtari, Simpson, Gelman, Yao & Gabry 2024, "Pareto smoothed importance sampling", JMLR 25:72, arXiv:1507.02646. All choices
 * are those of the R package loo 2.5, `psis(logRatios, r_eff = 1)`, whose log weights these are, normalised; that −∞ is allowed is ours.
 *
 * @param logRatios [S] ln p̃(x_s) − ln q(x_s) of independent draws x_s of q, up to a constant. −∞, a draw of no density p̃, is a weight of 0,
 * and stays one
 * @throws {RangeError} when there is no ratio, one is NaN or ∞, or all are −∞
 * @throws {TypeError} when it is no list of numbers
 * @throws {Error} inside a target's function
 * @example
 * ```ts
 * const { x, logProb } = flow.sampleAndLogProb(1000);
 * const { logWeights, paretoK, ess } = psis(energies.u2.logProb(x).map((logTarget, s) => logTarget - logProb[s]));
 * if (paretoK > 0.7) console.log(`k̂ = ${paretoK}: fit longer, or take a richer flow`);
 * ```
 */
export function psis(logRatios: ArrayLike<number>): SmoothedWeights {
  requireOutsideCallback('psis');
  const logWeights = requireRatios(logRatios);
  const largest = maximum(logWeights);
  for (let s = 0; s < logWeights.length; s++) logWeights[s] -= largest; // up to a constant, and the largest weight is 1
  const paretoK = smoothTail(logWeights);
  const total = logSumExp(logWeights);
  for (let s = 0; s < logWeights.length; s++) logWeights[s] -= total;
  const ess = 1 / exponentialEach(logWeights).reduce((sum, weight) => sum + weight * weight, 0);
  return { logWeights, paretoK, ess };
}

function requireRatios(logRatios: ArrayLike<number>): Float64Array {
  const ratios = numbersOf('psis', 'logRatios', logRatios);
  if (ratios.length === 0) throw new RangeError('psis: logRatios must hold at least one number; got none.');
  const at = ratios.findIndex((ratio) => !(ratio < Infinity));
  if (at >= 0) throw new RangeError(`psis: logRatios must be finite or -Infinity; got ${ratios[at]} at index ${at}.`);
  if (maximum(ratios) > -Infinity) return ratios;
  throw new RangeError('psis: logRatios must hold a finite number; got -Infinity alone.');
}

const SHORTEST_TAIL = 5;
/** Logarithms closer than this are the same: no distribution is fitted to a tail of one value. */
const SAME = Number.EPSILON / 100;

/** Smooths the largest of log weights whose maximum is 0. @returns k̂ */
function smoothTail(logWeights: Float64Array): number {
  const draws = logWeights.length;
  const length = Math.ceil(Math.min(0.2 * draws, 3 * Math.sqrt(draws)));
  if (length < SHORTEST_TAIL) return Infinity;
  const sorted = logWeights.slice().sort();
  const logTail = sorted.subarray(draws - length);
  if (logTail[length - 1] - logTail[0] < SAME) return Infinity;
  const cutoff = exponentialEach(sorted.subarray(draws - length - 1, draws - length))[0];
  const { k, sigma } = fitGeneralizedPareto(exponentialEach(logTail).map((weight) => weight - cutoff));
  if (!Number.isFinite(k)) return k;
  const smoothed = naturalLogEach(quantiles(length, k, sigma).map((excess) => excess + cutoff));
  placesOf(logWeights, logTail).forEach((s, j) => {
    if (logWeights[s] > -Infinity) logWeights[s] = Math.min(smoothed[j], 0);
  });
  return k;
}

/** Where the sorted tail stands among all weights; of those equal to its smallest, it has the last ones, as a stable sort would put them. */
function placesOf(logWeights: Float64Array, logTail: Float64Array): number[] {
  const smallest = logTail[0];
  let ties = logTail.lastIndexOf(smallest) + 1;
  const places: number[] = [];
  for (let s = logWeights.length - 1; s >= 0; s--) {
    if (logWeights[s] < smallest) continue;
    if (logWeights[s] === smallest && ties-- <= 0) continue;
    places.push(s);
  }
  return places.sort((a, b) => logWeights[a] - logWeights[b] || a - b);
}

const LEAST_GRID = 30;
/** Of θ: the prior's scale is 1/3 of the quartile's. */
const PRIOR_SCALE = 3;
/** The weakly informative prior on k: as if ten more excesses had k = ½. From loo; not in Zhang & Stephens. */
const PRIOR_K = 0.5;
const PRIOR_COUNT = 10;

/**
 * The generalized Pareto distribution of excesses x₁ ≤ … ≤ x_n: θ̂ = Σ_j w_j θ_j over a grid of m points, weighed by their profile
 * likelihoods L, where θ = −k/σ,
 *
 *   θ_j = 1/x_n + (1 − √(m / (j − ½))) / (3 x_⌊n/4 + ½⌋),   w_j = L(θ_j) / Σ_i L(θ_i),   ln L(θ) = n (ln(−θ/k) − k − 1),
 *   k(θ) = 1/n Σ_i ln(1 − θ x_i),   σ̂ = −k(θ̂)/θ̂.
 *
 * Source: Zhang & Stephens 2009, "A new and efficient estimation method for the generalized Pareto distribution", Technometrics 51(3),
 * with k of the opposite sign. Excesses that are 0 up to the quartile have no fit: k = ∞.
 */
function fitGeneralizedPareto(x: Float64Array): { k: number; sigma: number } {
  const n = x.length;
  const m = LEAST_GRID + Math.floor(Math.sqrt(n));
  const quartile = x[Math.floor(n / 4 + 0.5) - 1];
  const shape = (theta: number): number => mean(naturalLogOnePlusEach(x.map((excess) => -theta * excess)));
  const grid = Float64Array.from({ length: m }, (_, j) => 1 / x[n - 1] + (1 - Math.sqrt(m / (j + 0.5))) / PRIOR_SCALE / quartile);
  const logLikelihoods = grid.map((theta) => {
    const k = shape(theta);
    return n * (naturalLog(-theta / k) - k - 1);
  });
  const total = logSumExp(logLikelihoods);
  const weights = exponentialEach(logLikelihoods.map((value) => value - total));
  const theta = grid.reduce((sum, value, j) => sum + value * weights[j], 0);
  const k = shape(theta);
  const sigma = -k / theta;
  if (!(sigma > 0)) return { k: Infinity, sigma };
  return { k: (k * n + PRIOR_COUNT * PRIOR_K) / (n + PRIOR_COUNT), sigma };
}

/** F⁻¹((j − ½) / n), j = 1 … n, of the generalized Pareto distribution, less its start. */
function quantiles(n: number, k: number, sigma: number): Float64Array {
  const logs = naturalLogOnePlusEach(Float64Array.from({ length: n }, (_, j) => -(j + 0.5) / n));
  if (k === 0) return logs.map((value) => -sigma * value);
  return exponentialMinusOneEach(logs.map((value) => -k * value)).map((value) => (sigma * value) / k);
}

/** ln Σ e^x, of which one is finite. */
export function logSumExp(x: Float64Array): number {
  const largest = maximum(x);
  return largest + naturalLog(exponentialEach(x.map((value) => value - largest)).reduce((sum, value) => sum + value, 0));
}

function mean(x: Float64Array): number {
  return x.reduce((sum, value) => sum + value, 0) / x.length;
}

/** NaN where there is one. */
function maximum(x: Float64Array): number {
  return x.reduce((largest, value) => Math.max(largest, value), -Infinity);
}

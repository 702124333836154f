import { psis } from '../inference/psis.js';
import { naturalLog, naturalLogEach } from '../runtime/math.js';
import type { Appraisal } from './appraisal.js';

/** One number of the posterior, as draws have it. */
export interface Moments {
  readonly name: string;
  readonly mean: number;
  readonly sd: number;
  /** Quantiles: 5, 50 and 95 %. */
  readonly q5: number;
  readonly q50: number;
  readonly q95: number;
  /** Monte Carlo standard error of the mean. */
  readonly mcse: number;
}

/**
 * The same after importance resampling, and whether its moments can be estimated. With ratios r = p̃/q the mean adds up terms θ r, and the variance
 * terms θ² r, whose tails may be heavier than that of r: 1/k of their moments exist, and none of the sum itself where k is 1 or more. As k̂, these see
 * no further than q's draws reach: where q's tails are the lighter ones, they are too low.
 *
 * Source: Vehtari, Simpson, Gelman, Yao & Gabry 2024, JMLR 25:72, on diagnostics for expectations of h(θ); θ counts from its mean here.
 */
export interface SummaryRow extends Moments {
  /** k̂ of |θ − mean| r: the mean, and its error, are to be relied on where it is below the summary's `limit`. */
  readonly meanKhat: number;
  /** k̂ of (θ − mean)² r: so is the sd. */
  readonly sdKhat: number;
}

/** Mean, sd and quantiles of each column of values [draws × names] under weights that sum to 1. */
export function summarize(names: readonly string[], values: Float64Array, weights: Float64Array): Moments[] {
  return names.map((name, j) => {
    const column = columnOf(values, names.length, j);
    const sorted = column.slice().sort();
    const [q5, q50, q95] = [0.05, 0.5, 0.95].map((fraction) => quantile(column, sorted, weights, fraction));
    const { mean, sd, mcse } = moments(column, weights);
    return { name, mean, sd, q5, q50, q95, mcse };
  });
}

/** The same with what the tails of its terms say, which need the weights before they were smoothed. */
export function summarizeTails(rows: readonly Moments[], values: Float64Array, logRatios: Float64Array): SummaryRow[] {
  return rows.map((row, j) => {
    const distances = naturalLogEach(columnOf(values, rows.length, j).map((value) => Math.abs(value - row.mean)));
    return { ...row, meanKhat: tailOf(logRatios, distances, 1), sdKhat: tailOf(logRatios, distances, 2) };
  });
}

/** k̂ of r d^power; 0 where that is 0 everywhere, as of a constant. */
function tailOf(logRatios: Float64Array, logDistances: Float64Array, power: number): number {
  const terms = logRatios.map((ratio, s) => (ratio === -Infinity ? ratio : ratio + power * logDistances[s]));
  if (!terms.every((term) => term < Infinity)) return Infinity;
  return terms.some((term) => term > -Infinity) ? psis(terms).paretoK : 0;
}

export function columnOf(values: Float64Array, width: number, j: number): Float64Array {
  return Float64Array.from({ length: values.length / width }, (_, i) => values[i * width + j]);
}

/** Σ w x, √Σ w (x − mean)², and the standard error √Σ w² (x − mean)² of the first. */
function moments(column: Float64Array, weights: Float64Array): { mean: number; sd: number; mcse: number } {
  const [origin] = column; // what is constant stays exactly so
  let mean = origin;
  for (let i = 0; i < column.length; i++) mean += weights[i] * (column[i] - origin);
  let variance = 0;
  let error = 0;
  for (let i = 0; i < column.length; i++) {
    const term = weights[i] * (column[i] - mean) * (column[i] - mean);
    variance += term;
    error += weights[i] * term;
  }
  return { mean, sd: Math.sqrt(variance), mcse: Math.sqrt(error) };
}

/** The least value at or below which there is at least so much weight. */
function quantile(column: Float64Array, sorted: Float64Array, weights: Float64Array, fraction: number): number {
  let [low, high] = [0, sorted.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    let below = 0;
    for (let i = 0; i < column.length; i++) if (column[i] <= sorted[middle]) below += weights[i];
    if (below >= fraction) high = middle;
    else low = middle + 1;
  }
  return sorted[low];
}

/** Behind a moment that is not to be relied on. */
const MARK = '?';

/** A posterior in numbers, and whether to believe them. Printed as a string, it is a table. */
export class Summary {
  constructor(
    /** Of each parameter's every element, after importance resampling. */
    readonly rows: readonly SummaryRow[],
    /** The same of the approximation as it was fitted, before. */
    readonly uncorrected: readonly Moments[],
    /**
     * k̂, the shape of the importance ratios' tail: how far the approximation is from the posterior. 0 where all log ratios lie within 0.05: such
     * ratios are those of the posterior, and the shape of what tail they have says nothing.
     */
    readonly khat: number,
    /** What k̂ is to be below, and those of rows: min(0.7, 1 − 1/log₁₀ S) for S draws. */
    readonly limit: number,
    /** Effective sample size of `draws`. */
    readonly ess: number,
    readonly draws: number,
    /** Lower bound of the log evidence ln Z, in nats; ln Z less this is KL(q‖p). */
    readonly elbo: number,
    readonly elboError: number,
    /** ln Z by importance sampling. */
    readonly logEvidence: number,
    readonly logEvidenceError: number,
    readonly isTrusted: boolean,
    /** In words: whether to trust it, and why. */
    readonly trust: string,
  ) {}

  toString(): string {
    const header = ['', 'mean', 'sd', 'q5', 'q50', 'q95', 'mcse'];
    const marked = (value: number, khat: number): string => significant(value, 4) + (khat < this.limit ? '' : MARK);
    const body = this.rows.map(({ name, mean, sd, q5, q50, q95, mcse, meanKhat, sdKhat }) => [
      name,
      marked(mean, meanKhat),
      marked(sd, sdKhat),
      ...[q5, q50, q95].map((value) => significant(value, 4)),
      significant(mcse, 2),
    ]);
    const widths = header.map((_, k) => Math.max(...[header, ...body].map((cells) => cells[k].length)));
    const line = (cells: string[]): string =>
      cells.map((cell, k) => (k === 0 ? cell.padEnd(widths[k]) : cell.padStart(widths[k]))).join('  ').trimEnd(); // prettier-ignore
    const legend = `${MARK} does not exist, or takes more draws: the k̂ of its terms is not below ${this.limit.toFixed(2)}`;
    const { khat, ess, draws, elbo, elboError, logEvidence, logEvidenceError } = this;
    return [
      ...[header, ...body].map(line),
      ...(body.some((cells) => cells.some((cell) => cell.endsWith(MARK))) ? [legend] : []),
      '',
      `k̂ ${khat.toFixed(2)}, effective sample size ${ess.toFixed(0)} of ${draws}`,
      `ELBO ${elbo.toFixed(3)} ± ${elboError.toFixed(3)}, log evidence ${logEvidence.toFixed(3)} ± ${logEvidenceError.toFixed(3)}`,
      this.trust,
    ].join('\n');
  }
}

function significant(value: number, digits: number): string {
  const text = value.toPrecision(digits);
  return text.includes('e') && Math.abs(value) >= 1 && Math.abs(value) < 1e9 ? value.toFixed(0) : text;
}

/** The evidence on a fit, from its restarts. */
export interface Evidence {
  readonly best: Appraisal;
  readonly all: readonly Appraisal[];
  /** Of the best one. */
  readonly rows: readonly SummaryRow[];
  /** What else was noticed, in sentences. */
  readonly notes: readonly string[];
  /** Sentences that forbid trust. */
  readonly objections: readonly string[];
}

const LEAST_RESTARTS = 3;
/** Agreement, beyond Monte Carlo error: in bounds, in nats, and in means, in standard deviations. */
const BOUNDS_APART = 0.15;
const MEANS_APART = 0.1;

/** Of the draws, an effective sample size that only a thin tail keeps from being all. */
const NEARLY_ALL = 0.9;

const LN_10 = 2.302585092994046;

/** k̂ up to which S draws are enough: Vehtari et al. 2024, §3.2.4. */
export function khatLimit(draws: number): number {
  return Math.min(0.7, 1 - LN_10 / naturalLog(draws));
}

/** The verdict, in words. */
export function judgement({ best, all, rows, notes, objections }: Evidence): { isTrusted: boolean; trust: string } {
  const limit = khatLimit(best.logRatios.length);
  const draws = best.logRatios.length;
  const apart = boundsApart(best, all);
  const means = meansApart(best, all, rows.length);
  const [noMean, noSd] = (['meanKhat', 'sdKhat'] as const).map((khat) =>
    rows.filter((row) => !(row[khat] < limit)).map(({ name }) => name),
  );
  const reasons = [
    ...(best.khat < limit
      ? []
      : [
          `k̂ = ${best.khat.toFixed(2)} is not below ${limit.toFixed(2)}: ${
            best.ess > NEARLY_ALL * draws
              ? `most weights are alike, but not those of a tail that few draws reach; more restarts or another seed may reach it better`
              : `the approximation is too far from the posterior for ${draws} draws to make up for it`
          }`,
        ]),
    ...(best.outside === 0
      ? []
      : [
          `${best.outside} of ${draws} draws have no density: where that ends at a bound, declare it, as in interval() or lowerBound()`,
        ]),
    ...(all.length >= LEAST_RESTARTS
      ? []
      : [`it takes ${LEAST_RESTARTS} restarts that agree; there ${all.length === 1 ? 'was 1' : `were ${all.length}`}`]),
    ...(apart.agree
      ? []
      : [
          apart.most < Infinity
            ? `the restarts' bounds are ${apart.most.toFixed(2)} nats apart`
            : `draws of a restart have no density, so that its bound tells nothing`,
        ]),
    ...(means <= MEANS_APART
      ? []
      : [
          means < Infinity ? `the restarts' means are up to ${means.toFixed(2)} sd apart` : 'there are means that are no numbers',
        ]),
    ...(noMean.length === 0 ? [] : [`the mean of ${listed(noMean)} does not exist, or takes more draws`]),
    ...objections,
  ];
  const isTrusted = reasons.length === 0;
  const verdict = isTrusted
    ? `Trusted: k̂ is below ${limit.toFixed(2)}, and ${all.length} restarts agree (bounds within ${apart.most.toFixed(2)} nats, means within ${means.toFixed(2)} sd).`
    : `Not to be trusted: ${reasons.join('; ')}.`;
  const exception = isTrusted && noSd.length > 0 ? [`But the sd of ${listed(noSd)} does not exist, or takes more draws.`] : [];
  return { isTrusted, trust: [verdict, ...exception, ...notes, 'Modes that no restart has visited cannot be seen.'].join(' ') };
}

const MOST_LISTED = 4;

function listed(names: readonly string[]): string {
  const rest = names.length - MOST_LISTED;
  return names.slice(0, MOST_LISTED).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

/** How far bounds are below the best one, and whether each is within what is allowed beyond Monte Carlo error. */
function boundsApart(best: Appraisal, all: readonly Appraisal[]): { most: number; agree: boolean } {
  let most = 0;
  let agree = true;
  for (const other of all) {
    if (other === best) continue;
    const difference = other.elbo === best.elbo ? 0 : Math.abs(best.elbo - other.elbo);
    const error = Math.sqrt(best.elboError * best.elboError + other.elboError * other.elboError);
    most = Math.max(most, difference);
    agree &&= other.elbo > -Infinity && difference <= BOUNDS_APART + 3 * error;
  }
  return { most, agree };
}

/** The largest difference of a restart's mean from the best one's, in sd, beyond three standard errors. */
function meansApart(best: Appraisal, all: readonly Appraisal[], width: number): number {
  let most = 0;
  for (let j = 0; j < width; j++) {
    const own = moments(columnOf(best.values, width, j), best.weights);
    if (!(own.sd > 1e-12 * Math.abs(own.mean))) continue; // a constant element
    for (const other of all) {
      if (other === best) continue;
      const { mean, mcse } = moments(columnOf(other.values, width, j), other.weights);
      const error = Math.sqrt(mcse * mcse + own.mcse * own.mcse);
      const apart = (Math.abs(mean - own.mean) - 3 * error) / own.sd;
      most = Number.isNaN(apart) ? Infinity : Math.max(most, apart);
    }
  }
  return most;
}

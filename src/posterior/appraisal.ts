import type { Flow } from '../flow.js';
import { inParts } from '../inference/pace.js';
import { psis } from '../inference/psis.js';
import type { BoundModel } from '../model/model.js';
import { exponentialEach, naturalLog } from '../runtime/math.js';

/** Draws of an approximation q of a posterior p, and what they say of it. */
export interface Appraisal {
  /** [draws × dim] u ~ q */
  readonly u: Float64Array;
  /** [draws × names] the parameters of u, element by element in the order of the model's names. */
  readonly values: Float64Array;
  /** [draws] ln p̃(u) − ln q(u) */
  readonly logRatios: Float64Array;
  /** [draws] Importance weights, smoothed, which sum to 1. */
  readonly weights: Float64Array;
  readonly khat: number;
  readonly ess: number;
  /** Draws that have no density p̃. */
  readonly outside: number;
  /** E_q[ln p̃ − ln q], a lower bound of ln Z; −∞ where a draw has no density p̃. */
  readonly elbo: number;
  readonly elboError: number;
  /** ln 1/S Σ p̃/q, an estimate of ln Z. */
  readonly logEvidence: number;
  readonly logEvidenceError: number;
}

/**
 * Log ratios that all lie within less are those of the posterior itself: no weight is more than a twentieth above another, what tail they
 * have is that of the last training steps, and k̂ is 0.
 */
const SAME = 0.05;

/**
 * @throws {Error} for a density of ∞, or draws that overflow
 */
export async function appraise(
  where: string,
  flow: Flow,
  target: BoundModel,
  draws: number,
  seed: bigint,
  pause: () => Promise<void>,
): Promise<Appraisal> {
  const { dim, names } = target;
  const { x: u, logProb } = flow.sampleAndLogProb(draws, { seed });
  const logRatios = new Float64Array(draws);
  const values = new Float64Array(draws * names.length);
  const compute = (first: number, rows: number): void => {
    const part = u.subarray(first * dim, (first + rows) * dim);
    target.logProb(part).forEach((logTarget, i) => {
      const ratio = logTarget - logProb[first + i];
      logRatios[first + i] = Number.isNaN(ratio) ? -Infinity : ratio;
    });
    values.set(interleaved(Object.values(target.constrain(part)), rows), first * names.length);
  };
  await inParts(draws, compute, pause);
  const infinite = logRatios.findIndex((ratio) => !(ratio < Infinity));
  if (infinite >= 0) throw new Error(`${where}: the log density must be below ∞; got ${logRatios[infinite]} at a draw.`);
  return appraisalOf(u, values, logRatios);
}

/** What draws and their ratios say. */
export function appraisalOf(u: Float64Array, values: Float64Array, logRatios: Float64Array): Appraisal {
  const outside = logRatios.filter((ratio) => ratio === -Infinity).length;
  return { u, values, logRatios, outside, ...judge(logRatios) };
}

function judge(logRatios: Float64Array) {
  const draws = logRatios.length;
  const largest = logRatios.reduce((most, value) => Math.max(most, value), -Infinity);
  const least = logRatios.reduce((most, value) => Math.min(most, value), Infinity);
  const elbo = mean(logRatios);
  const elboError = elbo > -Infinity ? deviation(logRatios, elbo) / Math.sqrt(draws) : Infinity;
  if (largest === -Infinity) {
    const none = { khat: Infinity, ess: 1, logEvidence: -Infinity, logEvidenceError: Infinity };
    return { elbo, elboError, weights: new Float64Array(draws).fill(1 / draws), ...none };
  }
  const { logWeights, paretoK, ess } = psis(logRatios);
  const ratios = exponentialEach(logRatios.map((ratio) => ratio - largest));
  const ratio = mean(ratios);
  return {
    elbo,
    elboError,
    weights: exponentialEach(logWeights),
    khat: largest - least < SAME ? 0 : paretoK,
    ess,
    logEvidence: largest + naturalLog(ratio),
    logEvidenceError: deviation(ratios, ratio) / ratio / Math.sqrt(draws),
  };
}

/** Row by row from [rows × size] each. */
export function interleaved(arrays: readonly Float64Array[], rows: number): Float64Array {
  const width = arrays.reduce((sum, { length }) => sum + length / rows, 0);
  const out = new Float64Array(rows * width);
  let first = 0;
  for (const array of arrays) {
    const size = array.length / rows;
    for (let row = 0; row < rows; row++) out.set(array.subarray(row * size, (row + 1) * size), row * width + first);
    first += size;
  }
  return out;
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function deviation(values: Float64Array, centre: number): number {
  return Math.sqrt(values.reduce((sum, value) => sum + square(value - centre), 0) / (values.length - 1));
}

function square(x: number): number {
  return x * x;
}

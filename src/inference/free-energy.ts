import { type Target, evaluateTarget } from '../densities/target.js';
import { type Flow, flowConstants } from '../flow.js';
import { sampleProgram } from '../flow-programs.js';
import { Execution, type ParameterStore } from '../program/execution.js';
import { type RandomKey, Stream } from '../runtime/random.js';
import { WHERE } from './fit-options.js';
import { Pace } from './pace.js';

/** Rows drawn at a time, at first and at most. */
const FIRST_ROWS = 64;
const MOST_ROWS = 65_536;

/**
 * Monte Carlo estimate of E_q[ln q − ln p̃] in nats, on samples of its own stream, and its standard error s / √n.
 *
 * @param differences [samples] filled with ln q − ln p̃
 * @param pause called between parts of it, to let other code run
 */
export async function estimateFreeEnergy(
  flow: Flow,
  parameters: ParameterStore,
  target: Target,
  differences: Float64Array,
  key: RandomKey,
  pause: () => Promise<void>,
): Promise<{ freeEnergy: number; standardError: number }> {
  const execution = new Execution(sampleProgram(flow, Stream.Estimate, true), parameters, flowConstants(flow));
  const samples = differences.length;
  const pace = new Pace(FIRST_ROWS);
  try {
    for (let first = 0; first < samples;) {
      const rows = Math.min(pace.count, MOST_ROWS, samples - first);
      const begin = performance.now();
      const x = new Float64Array(rows * flow.dim);
      const logProb = new Float64Array(rows);
      execution.run(rows, [], [x, logProb], key, first);
      const logTarget = logTargetOf(target, x);
      for (let i = 0; i < rows; i++) differences[first + i] = logProb[i] - logTarget[i];
      pace.took(rows, performance.now() - begin);
      first += rows;
      if (first < samples) await pause();
    }
  } finally {
    execution.dispose();
  }
  const bad = differences.reduce((count, value) => (value > -Infinity ? count : count + 1), 0);
  if (bad > 0) {
    throw new Error(
      `${WHERE}: the target must give a number below ∞ for every sample of the final estimate; got another for ${bad} of ${samples}. ` +
        'The flow has the fitted parameters.',
    );
  }
  return meanAndError(differences);
}

function logTargetOf(target: Target, x: Float64Array): Float64Array {
  return target.evaluate === undefined ? target.logProb(x) : evaluateTarget(WHERE, target.evaluate, x, target.dim).logProb;
}

function meanAndError(values: Float64Array): { freeEnergy: number; standardError: number } {
  const n = values.length;
  const freeEnergy = values.reduce((sum, value) => sum + value, 0) / n;
  if (freeEnergy === Infinity) return { freeEnergy, standardError: Infinity };
  const squares = values.reduce((sum, value) => sum + square(value - freeEnergy), 0);
  return { freeEnergy, standardError: Math.sqrt(squares / (n - 1) / n) };
}

function square(x: number): number {
  return x * x;
}

import { type Target, evaluateTarget } from '../densities/target.js';
import { type Flow, flowConstants } from '../flow.js';
import { sampleProgram } from '../flow-programs.js';
import { Execution, type ParameterStore } from '../program/execution.js';
import { type RandomKey, Stream } from '../runtime/random.js';
import { inParts } from './pace.js';

/**
 * Monte Carlo estimate of E_q[ln q − ln p̃] in nats, on samples of its own stream, and its standard error s / √n.
 *
 * @param differences [samples] filled with ln q − ln p̃
 * @param pause called between parts of it, to let other code run
 */
export async function estimateFreeEnergy(
  where: string,
  flow: Flow,
  parameters: ParameterStore,
  target: Target,
  differences: Float64Array,
  key: RandomKey,
  pause: () => Promise<void>,
): Promise<{ freeEnergy: number; standardError: number }> {
  const execution = new Execution(sampleProgram(flow, Stream.Estimate, true), parameters, flowConstants(flow));
  const samples = differences.length;
  const compute = (first: number, rows: number): void => {
    const x = new Float64Array(rows * flow.dim);
    const logProb = new Float64Array(rows);
    execution.run(rows, [], [x, logProb], key, first);
    const logTarget = logTargetOf(where, target, x);
    for (let i = 0; i < rows; i++) differences[first + i] = logProb[i] - logTarget[i];
  };
  try {
    await inParts(samples, compute, pause);
  } finally {
    execution.dispose();
  }
  const bad = differences.reduce((count, value) => (value > -Infinity ? count : count + 1), 0);
  if (bad > 0) {
    throw new Error(
      `${where}: the target must give a number below ∞ for every sample of the final estimate; got another for ${bad} of ${samples}. ` +
        'The flow has the fitted parameters.',
    );
  }
  return meanAndError(differences);
}

function logTargetOf(where: string, target: Target, x: Float64Array): Float64Array {
  return target.evaluate === undefined ? target.logProb(x) : evaluateTarget(where, target.evaluate, x, target.dim).logProb;
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

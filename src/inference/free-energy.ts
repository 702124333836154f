import { type Target, evaluateTarget } from '../densities/target.js';
import { type Flow, flowConstants } from '../flow.js';
import { sampleProgram } from '../flow-programs.js';
import { Execution, type ParameterStore } from '../program/execution.js';
import { type RandomKey, Stream } from '../runtime/random.js';
import { WHERE } from './fit-options.js';

/** Monte Carlo estimate of E_q[ln q − ln p̃] in nats, on samples of its own stream, and its standard error s / √n. */
export function estimateFreeEnergy(
  flow: Flow,
  parameters: ParameterStore,
  target: Target,
  samples: number,
  key: RandomKey,
): { freeEnergy: number; standardError: number } {
  const execution = new Execution(sampleProgram(flow, Stream.Estimate, true), parameters, flowConstants(flow));
  const x = new Float64Array(samples * flow.dim);
  const logProb = new Float64Array(samples);
  try {
    execution.run(samples, [], [x, logProb], key);
  } finally {
    execution.dispose();
  }
  const logTarget = target.evaluate === undefined ? target.logProb(x) : evaluateTarget(target.evaluate, x, flow.dim).logProb;
  const differences = logProb.map((value, i) => value - logTarget[i]);
  const bad = differences.reduce((count, value) => (value > -Infinity ? count : count + 1), 0);
  if (bad > 0) {
    throw new Error(
      `${WHERE}: the target must give a number below ∞ for every sample of the final estimate; got another for ${bad} of ${samples}. ` +
        'The flow has the fitted parameters.',
    );
  }
  return meanAndError(differences);
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

import type { Target } from '../densities/target.js';
import { type Flow, flowConstants } from '../flow.js';
import { sampleProgram } from '../flow-programs.js';
import { Execution, type ParameterStore } from '../program/execution.js';
import { type RandomKey, Stream } from '../runtime/random.js';

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
  const logTarget = target.logProb(x);
  let sum = 0;
  for (let i = 0; i < samples; i++) sum += logProb[i] - logTarget[i];
  const freeEnergy = sum / samples;
  let squares = 0;
  for (let i = 0; i < samples; i++) squares += square(logProb[i] - logTarget[i] - freeEnergy);
  return { freeEnergy, standardError: Math.sqrt(squares / (samples - 1) / samples) };
}

function square(x: number): number {
  return x * x;
}

import { type Flow } from '../../src/index.js';
import { flowConstants } from '../../src/flow.js';
import { recordFlow, recordSample } from '../../src/flow-programs.js';
import { Execution, ParameterStore } from '../../src/program/execution.js';
import { assemble } from '../../src/program/program.js';
import { Stream } from '../../src/runtime/random.js';

/** ∂L/∂parameters of L = Σ (dxᵀ x + dLogProb · ln q(x)) over the rows that `flow.sampleAndLogProb(rows, { seed })` gives. */
export function sampleGradient(
  flow: Flow,
  parameters: Float64Array,
  rows: number,
  seed: number,
  [dx, dLogProb]: readonly Float64Array[],
): Float64Array {
  const recording = recordFlow(flow);
  const { recorder } = recording;
  const { dim } = flow;
  const inputs = [recorder.batch(dim), recorder.batch(1)];
  const { x, logProb } = recordSample(flow, recording, Stream.Sample);
  const seeds = new Map([
    [x, recorder.load(inputs[0], dim)],
    [logProb, recorder.load(inputs[1], 1)],
  ]);
  recorder.differentiate(seeds, [], true);
  const store = new ParameterStore(parameters.length);
  store.write(parameters);
  const execution = new Execution(assemble(recorder, true), store, flowConstants(flow));
  execution.run(rows, [dx, dLogProb], [], { low: seed, high: 0, step: 0 });
  const gradient = execution.gradient();
  execution.dispose();
  store.dispose();
  return gradient;
}

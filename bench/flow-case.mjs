// A flow that does something, and a file of it for the peers: they load our parameters, and must arrive at our densities and gradients.

import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { adam, fitToData, Flow, normal } from 'normalizing-flows';
import { secondsOf } from './stopwatch.mjs';

const build = new URL('build/', import.meta.url);
const CHECKED_ROWS = 50;

/** V8 schedules SIMD better since Node 24. */
export const onNode = (before24, since24) => (Number(process.versions.node.split('.')[0]) < 24 ? before24 : since24);

/**
 * Against the code one writes in PyTorch, which is judged, not its fastest rewriting: that is printed beside it.
 *
 * @param ahead on one thread; with all on each side it is `aheadWithAll`
 */
export const torchBars = (versions, ahead, aheadWithAll = ahead) => [
  { ahead, of: 'PyTorch', versions },
  { ahead: aheadWithAll, of: 'PyTorch', versions, threads: 'all' },
];

export const casePath = (name) => fileURLToPath(new URL(`${name}.f64`, build));

/** Layers on a standard normal, moved off the identity that they start from. */
export function movedFlow(dim, transforms, scale = 0.05) {
  const flow = new Flow({ base: normal(dim), transforms, seed: 1 });
  let state = 1;
  const uniform = () => (state = (state * 48271) % 2147483647) / 2147483647; // Park & Miller's minimal standard
  flow.setParameters(flow.getParameters().map((value) => value + scale * (2 * uniform() - 1)));
  return flow;
}

/**
 * Doubles: how many parameters, rows and dimensions; the parameters, x [rows × dim], ln q(x) [rows], and the gradient of its sum by the
 * parameters.
 */
export function writeCase(name, flow) {
  const x = flow.sample(CHECKED_ROWS, { seed: 1 });
  const { logProb, dParameters } = flow.logProbAndGradient(x);
  mkdirSync(build, { recursive: true });
  const parts = [[flow.parameterCount, CHECKED_ROWS, flow.dim], flow.getParameters(), x, logProb, dParameters];
  writeFileSync(casePath(name), Buffer.concat(parts.map((part) => new Uint8Array(Float64Array.from(part).buffer))));
}

/** Rows are one batch, drawn from the flow: looking at them once more in the end is a third of a step among many. */
export async function secondsPerStep(flow, batchSize, steps) {
  const rows = flow.sample(batchSize, { seed: 1 });
  const options = { batchSize, validation: 0, clipNorm: Infinity, optimizer: adam({ learningRate: 1e-5 }) };
  await fitToData(flow, rows, { ...options, steps: 2 });
  return (await secondsOf(() => fitToData(flow, rows, { ...options, steps }))) / steps;
}

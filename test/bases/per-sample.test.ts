// Parameters given per row, as a network of a context gives them: each row gets what a base with that row's parameters gives.

import { describe, expect, it } from 'vitest';
import { Scalar } from '../../assembly/opcodes.js';
import { type Base } from '../../src/index.js';
import { Execution, ParameterStore } from '../../src/program/execution.js';
import { assemble } from '../../src/program/program.js';
import { NONE, Recorder } from '../../src/program/recorder.js';
import { sizeOf } from '../../src/transforms/transform.js';
import { Random } from '../reference/random.js';
import { type Kind, families, flowOf } from './cases.js';
import { sampleGradient } from './sample-gradient.js';

const ROWS = 133; // a full tile and an odd rest
const SEED = { low: 5, high: 0, step: 0 };

/** Density at the rows, or samples and their density, and the gradients of Σ (dzᵀ z + dLogProb ln q) by row. */
function runPerSample(base: Base, input: Float64Array | undefined, parameters: Float64Array[], seeds: Float64Array[]) {
  const { dim } = base;
  const counts = base.parameters.map(sizeOf);
  const recorder = new Recorder(0, Scalar.Count);
  const rows = [dim, ...counts, dim, 1].map((width) => recorder.batch(width));
  const widths = [dim, 1, dim, ...counts];
  const results = widths.map((width) => recorder.batch(width));
  const loaded = recorder.load(rows[0], dim);
  const blocks = counts.map((count, k) => recorder.load(rows[1 + k], count));
  const operands = Object.fromEntries(base.parameters.map(({ name }, k) => [name, blocks[k]]));
  const { z, logProb } =
    input === undefined
      ? base.recordSample(recorder, 0, operands, NONE)
      : { z: loaded, logProb: base.recordLogProb(recorder, loaded, operands, NONE) };
  recorder.store(results[0], z, dim);
  recorder.store(results[1], logProb, 1);
  const [dz, dLogProb] = rows.slice(-2);
  const gradients = new Map([[logProb, recorder.load(dLogProb, 1)]]);
  if (input === undefined) gradients.set(z, recorder.load(dz, dim));
  recorder.differentiate(gradients, [loaded, ...blocks], false);
  recorder.store(results[2], recorder.gradientOf(loaded), dim);
  counts.forEach((count, k) => recorder.store(results[3 + k], recorder.gradientOf(blocks[k]), count));
  const store = new ParameterStore(1);
  const execution = new Execution(assemble(recorder, false), store);
  const arrays = widths.map((width) => new Float64Array(ROWS * width));
  execution.run(ROWS, [input ?? new Float64Array(ROWS * dim), ...parameters, ...seeds], arrays, SEED);
  execution.dispose();
  store.dispose();
  return { z: arrays[0], logProb: arrays[1], dInput: arrays[2], dParameters: arrays.slice(3) };
}

describe.each(Object.keys(families) as Kind[])('%s with parameters per row', (kind) => {
  it.each([1, 2, 5])('d %i: every row as a base of its own', (dim) => {
    const base = families[kind].make(dim);
    const flow = flowOf(base);
    const random = new Random(dim);
    const counts = base.parameters.map(sizeOf);
    const ofRow = Array.from({ length: ROWS }, () => families[kind].random(random, dim));
    let from = 0;
    const parameters = counts.map((count) => {
      const columns = ofRow.flatMap((row) => row.slice(from, from + count));
      from += count;
      return Float64Array.from(columns);
    });
    const seeds = [Float64Array.from(random.normals(ROWS * dim)), Float64Array.from(random.normals(ROWS))];
    const input = Float64Array.from(random.normals(ROWS * dim, 2));
    const densities = runPerSample(base, input, parameters, seeds);
    const samples = runPerSample(base, undefined, parameters, seeds);
    for (const r of [0, 1, 2, 63, 127, 128, 131, 132]) {
      const part = (array: Float64Array, width: number): Float64Array => array.slice(r * width, (r + 1) * width);
      const all = flow.getParameters();
      all.set(ofRow[r]);
      flow.setParameters(all);
      const { logProb, dx, dParameters } = flow.logProbAndGradient(part(input, dim), { weights: part(seeds[1], 1) });
      expect(densities.logProb[r]).toBe(logProb[0]);
      near(part(densities.dInput, dim), dx.map((value) => value * seeds[1][r])); // prettier-ignore
      const own = ({ dParameters: gradients }: typeof densities): number[] =>
        gradients.flatMap((array, k) => [...part(array, counts[k])]);
      near(own(densities), dParameters.subarray(0, from));
      const drawn = flow.sampleAndLogProb(r + 1, { seed: 5 });
      expect(part(samples.z, dim)).toEqual(drawn.x.slice(r * dim));
      expect(samples.logProb[r]).toBe(drawn.logProb[r]);
      const alone = seeds.map((seed, k) => {
        const width = k === 0 ? dim : 1;
        return new Float64Array(r * width + width).fill(0).map((_, i) => (i < r * width ? 0 : seed[i]));
      });
      near(own(samples), sampleGradient(flow, all, r + 1, 5, alone).subarray(0, from));
    }
  });
});

/** Sums are taken in another order where there is one row only, so not to the bit. */
function near(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  const largest = Math.max(...Array.from(expected, Math.abs));
  for (let i = 0; i < expected.length; i++) expect(Math.abs(actual[i] - expected[i])).toBeLessThanOrEqual(1e-13 * largest);
}

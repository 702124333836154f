// Parameters given per row, as a conditional flow will give them, are recorded as blocks instead of parameters. Each row must then get
// what a flow with that row's parameters gives, and each row's parameters the gradient that such a flow gives.

import { describe, expect, it } from 'vitest';
import { Scalar } from '../../assembly/opcodes.js';
import {
  affine,
  elementwise,
  Flow,
  householder,
  lu,
  maps,
  normal,
  planar,
  plu,
  radial,
  sylvester,
  type Transform,
} from '../../src/index.js';
import { Execution, ParameterStore } from '../../src/program/execution.js';
import { assemble } from '../../src/program/program.js';
import { LogDet, Recorder } from '../../src/program/recorder.js';
import { Random } from '../reference/random.js';
import { apply, type Direction, vjp } from '../laws/truth.js';

const ROWS = 133; // a full tile and an odd rest

interface Result {
  output: Float64Array;
  logDet: Float64Array;
  dInput: Float64Array;
  /** [rows × count] for each parameter */
  dParameters: Float64Array[];
}

function runPerSample(
  transform: Transform,
  direction: Direction,
  input: Float64Array,
  parameters: Float64Array[],
  seeds: Float64Array[],
): Result {
  const { dim } = transform;
  const counts = transform.parameters.map(({ shape }) => shape.reduce((product, extent) => product * extent, 1));
  const recorder = new Recorder(0, Scalar.Count);
  const rows = [dim, ...counts, dim, 1].map((width) => recorder.batch(width));
  const results = [dim, 1, dim, ...counts].map((width) => recorder.batch(width));

  const start = recorder.load(rows[0], dim);
  const blocks = counts.map((count, k) => recorder.load(rows[1 + k], count));
  const operands = Object.fromEntries(transform.parameters.map(({ name }, k) => [name, blocks[k]]));
  const logDet = new LogDet(recorder);
  const output = transform[direction === 'forward' ? 'recordForward' : 'recordInverse'](recorder, start, operands, logDet);
  const total = logDet.finish();
  recorder.store(results[0], output, dim);
  recorder.store(results[1], total, 1);
  const [dOutput, dLogDet] = rows.slice(-2);
  recorder.differentiate(
    new Map([
      [output, recorder.load(dOutput, dim)],
      [total, recorder.load(dLogDet, 1)],
    ]),
    [start, ...blocks],
    false,
  );
  recorder.store(results[2], recorder.gradientOf(start), dim);
  counts.forEach((count, k) => recorder.store(results[3 + k], recorder.gradientOf(blocks[k]), count));

  const store = new ParameterStore(1);
  const execution = new Execution(assemble(recorder, false), store);
  const arrays = [dim, 1, dim, ...counts].map((width) => new Float64Array(ROWS * width));
  execution.run(ROWS, [input, ...parameters, ...seeds], arrays);
  execution.dispose();
  store.dispose();
  return { output: arrays[0], logDet: arrays[1], dInput: arrays[2], dParameters: arrays.slice(3) };
}

describe.each([
  { name: 'planar', transform: planar },
  { name: 'radial', transform: radial },
  { name: 'affine', transform: affine },
  { name: 'lu', transform: lu },
  { name: 'plu', transform: (dim: number) => plu(dim, { signs: Array.from({ length: dim }, (_, j) => (j === 1 ? -1 : 1)) }) },
  { name: 'householder', transform: householder },
  { name: 'sylvester', transform: (dim: number) => sylvester(dim, { kind: 'orthogonal', rank: Math.min(dim, 3) }) },
  { name: 'sylvester, householder', transform: (dim: number) => sylvester(dim, { kind: 'householder', reflections: 2 }) },
  { name: 'sylvester, reversed', transform: (dim: number) => sylvester(dim, { kind: 'triangular', reversed: true }) },
  { name: 'affine map', transform: (dim: number) => elementwise(dim, maps.affine()) },
  { name: 'additive map', transform: (dim: number) => elementwise(dim, maps.additive()) },
  { name: 'spline', transform: (dim: number) => elementwise(dim, maps.spline({ bins: 5 })) },
  {
    name: 'bounded spline',
    transform: (dim: number) => elementwise(dim, maps.spline({ boundary: 'bounded', bins: 3, bound: 20 })),
  },
  { name: 'circular spline', transform: (dim: number) => elementwise(dim, maps.spline({ boundary: 'circular', bins: 4 })) },
])('$name with parameters per row', ({ transform: make }) => {
  it.each([1, 2, 5])('d %i: every row as a flow of its own', (dim) => {
    const transform = make(dim);
    const random = new Random(dim);
    const counts = transform.parameters.map(({ shape }) => shape.reduce((product, extent) => product * extent, 1));
    const parameters = counts.map((count) => Float64Array.from(random.normals(ROWS * count, 2)));
    const seeds = [Float64Array.from(random.normals(ROWS * dim)), Float64Array.from(random.normals(ROWS))];
    const input = Float64Array.from(random.normals(ROWS * dim, 3));
    const flow = new Flow({ base: normal(dim), transforms: [transform], seed: 1 });
    for (const direction of ['forward', 'inverse'] as const) {
      const together = runPerSample(transform, direction, input, parameters, seeds);
      for (let r = 0; r < ROWS; r++) {
        const part = (array: Float64Array, width: number): Float64Array => array.subarray(r * width, (r + 1) * width);
        flow.setParameters(parameters.flatMap((array, k) => [...part(array, counts[k])]));
        const row = part(input, dim);
        const alone = apply(flow, direction, row);
        const { dInput, dParameters } = vjp(flow, direction, row, part(seeds[0], dim).slice(), part(seeds[1], 1).slice());
        expect(part(together.output, dim)).toEqual(alone.output);
        expect(together.logDet[r]).toBe(alone.logDet[0]);
        near(part(together.dInput, dim), dInput);
        near(
          together.dParameters.flatMap((array, k) => [...part(array, counts[k])]),
          dParameters,
        );
      }
    }
  });
});

/** Sums are taken in another order where there is one row only, so not to the bit. */
function near(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  const largest = Math.max(...Array.from(expected, Math.abs));
  for (let i = 0; i < expected.length; i++) expect(Math.abs(actual[i] - expected[i])).toBeLessThanOrEqual(1e-13 * largest);
}

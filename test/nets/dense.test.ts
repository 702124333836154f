// Dense layers, rectified or not, against the sum that they are: forward to the bit, in one go and range by range, backward to 1e-13 of what is added up.

import { describe, expect, it } from 'vitest';
import { type Operand, type Operands, type Recorder, NONE } from '../../src/program/recorder.js';
import { Random } from '../reference/random.js';
import { Recorded } from './run.js';

const SIZES = [1, 2, 3, 4, 5, 7, 8, 17, 64];
const ROWS = [1, 2, 3, 4, 5, 33, 128, 130];

interface Shape {
  readonly outputs: number;
  readonly inputs: number;
  readonly ends: readonly number[];
}

function packed(n: number): number {
  return 4 * Math.ceil(n / 4);
}

type Kernel = 'dense' | 'rectifiedDense';

function layer(recorder: Recorder, kernel: Kernel, { outputs, inputs, ends }: Shape, x: Operand, parameters: Operand) {
  const weight = { ...parameters, rows: outputs * inputs };
  const bias = { ...parameters, rows: outputs, offset: outputs * inputs };
  const sizes = { outputs, inputs, packedSize: packed(outputs) * inputs, transposedSize: packed(inputs) * outputs, ends };
  const operands: Operands = { ...recorder.emit('densePack', { weight }, sizes), bias };
  return (first: number, count: number): Operand =>
    recorder.emit(
      kernel,
      { ...operands, x: ends[first + count - 1] === 0 ? NONE : x },
      { ...sizes, first, count, ends: ends.slice(first, first + count) },
    ).y;
}

/** The whole layer at once. */
function whole(shape: Shape, kernel: Kernel = 'dense') {
  return (recorder: Recorder, [x]: Operand[], parameters: Operand): Operand =>
    layer(recorder, kernel, shape, x, parameters)(0, shape.outputs);
}

/** The layer in ranges of 1, 2, 3, … outputs. */
function inRanges(shape: Shape, kernel: Kernel) {
  return (recorder: Recorder, [x]: Operand[], parameters: Operand): Operand => {
    const range = layer(recorder, kernel, shape, x, parameters);
    const all = recorder.block(shape.outputs);
    for (let first = 0, count = 1; first < shape.outputs; first += count++) {
      const size = Math.min(count, shape.outputs - first);
      recorder.put(recorder.rows(all, first, size), range(first, size));
    }
    return recorder.select(
      all,
      Array.from({ length: shape.outputs }, (_, i) => i),
    );
  };
}

/** [value, Σ |terms|] of what comes back, term by term. */
function backward({ outputs, inputs, ends }: Shape, w: Float64Array, x: Float64Array, dy: Float64Array, rows: number) {
  const dx = { sum: new Float64Array(rows * inputs), size: new Float64Array(rows * inputs) };
  const dParameters = { sum: new Float64Array(w.length), size: new Float64Array(w.length) };
  const add = (to: typeof dx, at: number, term: number): void => {
    to.sum[at] += term;
    to.size[at] += Math.abs(term);
  };
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < outputs; i++) {
      const g = dy[r * outputs + i];
      add(dParameters, outputs * inputs + i, g);
      for (let k = 0; k < ends[i]; k++) {
        add(dx, r * inputs + k, w[i * inputs + k] * g);
        add(dParameters, i * inputs + k, g * x[r * inputs + k]);
      }
    }
  }
  return { dx, dParameters };
}

function forward({ outputs, inputs, ends }: Shape, w: Float64Array, x: Float64Array, rows: number): Float64Array {
  return Float64Array.from({ length: rows * outputs }, (_, at) => {
    const [r, i] = [Math.floor(at / outputs), at % outputs];
    let y = w[outputs * inputs + i];
    for (let k = 0; k < ends[i]; k++) y += w[i * inputs + k] * x[r * inputs + k];
    return y;
  });
}

function near(actual: Float64Array, { sum, size }: { sum: Float64Array; size: Float64Array }): void {
  expect(actual.length).toBe(sum.length);
  const at = sum.findIndex((value, k) => !(Math.abs(actual[k] - value) <= 1e-13 * size[k]));
  if (at >= 0) expect.fail(`[${at}]: got ${actual[at]}, expected ${sum[at]}, a sum of ${size[at]} in size`);
}

const CASES = SIZES.flatMap((outputs) => SIZES.map((inputs) => ({ outputs, inputs })));

describe.each(CASES)('$outputs outputs of $inputs inputs', ({ outputs, inputs }) => {
  const random = new Random(100 * outputs + inputs);
  const masked = Array.from({ length: outputs }, () => random.below(inputs + 1)).sort((a, b) => a - b);
  const seesAll = new Array<number>(outputs).fill(inputs);

  it.each<{ kernel: Kernel; name: string; ends: number[] }>([
    { kernel: 'dense', name: 'not masked', ends: seesAll },
    { kernel: 'dense', name: 'masked', ends: masked },
    { kernel: 'rectifiedDense', name: 'not masked', ends: seesAll },
    { kernel: 'rectifiedDense', name: 'masked', ends: masked },
  ])('$kernel, $name', ({ kernel, ends }) => {
    const shape = { outputs, inputs, ends };
    const w = Float64Array.from(random.normals(outputs * (inputs + 1)));
    const [one, ranges] = [whole(shape, kernel), inRanges(shape, kernel)].map((record) => new Recorded(w, [inputs], record));
    for (const rows of ROWS) {
      const x = Float64Array.from(random.normals(rows * inputs));
      const dy = Float64Array.from(random.normals(rows * outputs));
      const sums = forward(shape, w, x, rows);
      const passes = (sum: number): boolean => kernel === 'dense' || sum > 0;
      const y = sums.map((sum) => (passes(sum) ? sum : 0));
      const dSums = dy.map((value, k) => (passes(sums[k]) ? value : 0));
      const expected = backward(shape, w, x, dSums, rows);
      for (const program of [one, ranges]) {
        const { output, dInputs, dParameters } = program.run(rows, [x], dy);
        near(output, { sum: y, size: new Float64Array(y.length) }); // to the bit, but for the sign of 0
        near(dInputs[0], expected.dx);
        near(dParameters, expected.dParameters);
      }
    }
    one.dispose();
    ranges.dispose();
  });
});

it('what a mask hides has no weight, however large, and no gradient', () => {
  const shape = { outputs: 2, inputs: 2, ends: [1, 2] };
  const program = new Recorded(Float64Array.of(2, 1e308, 3, 5, 0, 0), [2], whole(shape));
  const { output, dInputs, dParameters } = program.run(1, [Float64Array.of(1, 1e10)], Float64Array.of(1, 1));
  expect([...output]).toEqual([2, 3 + 5e10]);
  expect([...dInputs[0]]).toEqual([5, 5]);
  expect([...dParameters]).toEqual([1, 0, 1, 1e10, 1, 1]);
  program.dispose();
});

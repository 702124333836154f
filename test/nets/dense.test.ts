// Dense layers, rectified or not, behind a ReLU or not, against the sum that they are: forward to the bit, in one go and range by range,
// backward to 1e-13 of what is added up.

import { describe, expect, it } from 'vitest';
import { denseLayers, readNetwork, sparseRoom } from '../../src/nets/network.js';
import { type Operand, type Operands, type Recorder, NONE } from '../../src/program/recorder.js';
import { Random } from '../reference/random.js';
import { Recorded } from './run.js';

const SIZES = [1, 2, 3, 4, 5, 7, 8, 17, 64];
const SPARSE_SIZES = [1, 3, 4, 11, 12, 14, 31, 64, 150];
/** Of the inputs; the middle ones stand around the share from which on lists are left out. */
const ZERO_SHARES = [0, 0.3, 0.4, 0.5, 0.9, 1];
const ROWS = [1, 2, 3, 4, 5, 33, 128, 130];

interface Shape {
  readonly outputs: number;
  readonly inputs: number;
  readonly ends: readonly number[];
}

function packed(n: number): number {
  return 4 * Math.ceil(n / 4);
}

type Kernel = 'dense' | 'rectifiedDense' | 'sparseDense' | 'rectifiedSparseDense';

function layer(recorder: Recorder, kernel: Kernel, { outputs, inputs, ends }: Shape, x: Operand, parameters: Operand) {
  const weight = { ...parameters, rows: outputs * inputs };
  const bias = { ...parameters, rows: outputs, offset: outputs * inputs };
  const sizes = { outputs, inputs, packedSize: packed(outputs) * inputs, transposedSize: packed(inputs) * outputs, ends };
  const operands: Operands = { ...recorder.emit('densePack', { weight }, sizes), bias };
  return (first: number, count: number): Operand =>
    recorder.emit(
      kernel,
      { ...operands, x: ends[first + count - 1] === 0 ? NONE : x },
      { ...sizes, ...sparseRoom(outputs, inputs), first, count, ends: ends.slice(first, first + count) },
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

/** The sum of two of the layer, which both pass their gradients on. */
function twice(shape: Shape, kernel: Kernel) {
  return (recorder: Recorder, [x]: Operand[], parameters: Operand): Operand => {
    const record = layer(recorder, kernel, shape, x, parameters);
    return recorder.combine(record(0, shape.outputs), record(0, shape.outputs), 1);
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

const SPARSE_CASES = SPARSE_SIZES.flatMap((outputs) => SPARSE_SIZES.map((inputs) => ({ outputs, inputs })));

/** Hold a program to the sums of a layer, `times` times. */
function expectSums(
  program: Recorded,
  kernel: Kernel,
  shape: Shape,
  w: Float64Array,
  x: Float64Array,
  random: Random,
  times = 1,
): void {
  const rows = x.length / shape.inputs;
  const dy = Float64Array.from(random.normals(rows * shape.outputs));
  const sums = forward(shape, w, x, rows);
  const passes = (sum: number): boolean => !kernel.startsWith('rectified') || sum > 0;
  const y = sums.map((sum) => (passes(sum) ? times * sum : 0));
  const dSums = dy.map((value, k) => (passes(sums[k]) ? times * value : 0));
  const expected = backward(shape, w, x, dSums, rows);
  const { output, dInputs, dParameters } = program.run(rows, [x], dy);
  near(output, { sum: y, size: new Float64Array(y.length) }); // to the bit, but for the sign of 0
  near(dInputs[0], expected.dx);
  near(dParameters, expected.dParameters);
}

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
    const programs = [whole(shape, kernel), inRanges(shape, kernel)].map((record) => new Recorded(w, [inputs], record));
    for (const rows of ROWS) {
      const x = Float64Array.from(random.normals(rows * inputs));
      for (const program of programs) expectSums(program, kernel, shape, w, x, random);
    }
    for (const program of programs) program.dispose();
  });
});

describe.each(SPARSE_CASES)('$outputs outputs of $inputs inputs, many of them 0', ({ outputs, inputs }) => {
  it.each(['sparseDense', 'rectifiedSparseDense'] as const)('%s', (kernel) => {
    const random = new Random(1000 * outputs + inputs);
    const shape = { outputs, inputs, ends: new Array<number>(outputs).fill(inputs) };
    const w = Float64Array.from(random.normals(outputs * (inputs + 1)));
    const [one, two] = [whole(shape, kernel), twice(shape, kernel)].map((record) => new Recorded(w, [inputs], record));
    for (const [k, zeros] of ZERO_SHARES.entries()) {
      const rows = ROWS[(k + outputs) % ROWS.length];
      const x = Float64Array.from(random.normals(rows * inputs), (value) => (random.uniform() < zeros ? 0 : value));
      expectSums(one, kernel, shape, w, x, random);
      expectSums(two, kernel, shape, w, x, random, 2);
    }
    one.dispose();
    two.dispose();
  });
});

it.each([
  ['zeros', [0]],
  ['rows without zeros', [1]],
  ['rows with a NaN each', [NaN, 0, 0, 0, 0]],
  ['NaN', [NaN]],
])('a row and its gradient do not depend on what stands beside it: %s', (_, values) => {
  const [inputs, outputs, rows, at] = [50, 51, 130, 20];
  const shape = { outputs, inputs, ends: new Array<number>(outputs).fill(inputs) };
  const random = new Random(1);
  const w = Float64Array.from(random.normals(outputs * (inputs + 1)));
  const isHidden = (i: number): boolean => i % 5 === 0;
  for (let i = 0; i < outputs; i++) {
    if (!isHidden(i)) continue;
    for (let k = 0; k < inputs; k++) w[i * inputs + k] = k === 1 ? 1 : 0;
    w[outputs * inputs + i] = -0;
  }
  const row = Float64Array.from(random.normals(inputs), (x, k) => (k === 1 ? 0 : Math.max(x, 0)));
  const dRow = Float64Array.from(random.normals(outputs));
  const fill = (length: number): Float64Array => Float64Array.from({ length }, (_, k) => values[k % values.length]);
  for (const kernel of ['sparseDense', 'rectifiedSparseDense'] as const) {
    const program = new Recorded(w, [inputs], twice(shape, kernel));
    const alone = program.run(1, [row], dRow);
    const x = fill(rows * inputs);
    x.set(row, at * inputs);
    const dy = fill(rows * outputs);
    dy.set(dRow, at * outputs);
    const { output, dInputs } = program.run(rows, [x], dy);
    expect(output.slice(at * outputs, (at + 1) * outputs)).toEqual(alone.output);
    expect(dInputs[0].slice(at * inputs, (at + 1) * inputs)).toEqual(alone.dInputs[0]);
    expect(output.slice(0, outputs).some(Number.isNaN)).toBe(values.some(Number.isNaN));
    program.dispose();
  }
});

it.each([1, 4, 8, 48, 64, 150, 300])('full lists of %d inputs stay in their room', (n) => {
  const shape = { outputs: n, inputs: n, ends: new Array<number>(n).fill(n) };
  const random = new Random(n);
  const first = Array.from({ length: n }, (_, k) => k);
  const program = new Recorded(Float64Array.from(random.normals(n * (n + 1))), [n], (recorder, [x], parameters) => {
    // A block behind a hole, into which the layer's output and room go.
    const hole = recorder.select(x, new Array<number>(n + sparseRoom(n, n).room).fill(0));
    const behind = recorder.merge(x, hole, first);
    const y = layer(recorder, 'sparseDense', shape, x, parameters)(0, n);
    return recorder.merge(behind, y, first);
  });
  // What looks sparse, by every fourth feature, and is all listed, as −0 is.
  const x = Float64Array.from(random.normals(130 * n), (value, at) => ((at % n) % 4 === 0 ? -0 : value));
  expect(program.run(130, [x], new Float64Array(130 * n)).output).toEqual(x);
  program.dispose();
});

it('layers of 48 outputs or more go by lists, behind a ReLU', () => {
  const sparse = (outputs: number, options: Parameters<typeof readNetwork>[1]): boolean[] =>
    denseLayers(60, outputs, readNetwork('test', options)).map((layer) => layer.sparse === true);
  expect(sparse(48, { hidden: [64, 47, 48] })).toEqual([false, false, true, true]);
  expect(sparse(47, { hidden: [64, 64] })).toEqual([false, true, false]);
  expect(sparse(64, { hidden: [64, 64], residual: true })).toEqual([false, true, true, true, true, false]);
  expect(sparse(64, { hidden: [64, 64], activation: 'tanh' })).toEqual([false, false, false]);
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

// Rows of blocks, merged, selected, and put together part by part.

import { expect, it } from 'vitest';
import { ActivationFunction } from '../../assembly/opcodes.js';
import { Recorded } from '../nets/run.js';

const NO_PARAMETERS = new Float64Array(0);

it.each([1, 2, 3, 129])('merges rows of two blocks, some twice and some not at all: %i rows', (rows) => {
  const program = new Recorded(NO_PARAMETERS, [3, 2], (recorder, [x, y]) => recorder.merge(x, y, [2, ~0, 2, 0, ~0, 2]));
  const x = Float64Array.from({ length: 3 * rows }, (_, i) => 10 + i);
  const y = Float64Array.from({ length: 2 * rows }, (_, i) => -10 - i);
  const seeds = Float64Array.from({ length: 6 * rows }, (_, i) => 2 ** (i % 6) * (1 + Math.floor(i / 6)));
  const { output, dInputs } = program.run(rows, [x, y], seeds);
  program.dispose();
  for (let r = 0; r < rows; r++) {
    const [x0, , x2] = x.subarray(3 * r);
    const [y0] = y.subarray(2 * r);
    expect([...output.subarray(6 * r, 6 * r + 6)]).toEqual([x2, y0, x2, x0, y0, x2]);
    // 1, 2, 4, 8, 16, 32 by place
    expect([...dInputs[0].subarray(3 * r, 3 * r + 3)]).toEqual([8, 0, 37].map((value) => value * (r + 1)));
    expect([...dInputs[1].subarray(2 * r, 2 * r + 2)]).toEqual([18, 0].map((value) => value * (r + 1)));
  }
});

it('adds to gradients that are there', () => {
  const program = new Recorded(NO_PARAMETERS, [2], (recorder, [x]) =>
    recorder.combine(recorder.select(x, [1, 1]), recorder.select(x, [0, 1]), -1),
  );
  const { output, dInputs } = program.run(1, [Float64Array.of(3, 5)], Float64Array.of(1, 10));
  program.dispose();
  expect([...output]).toEqual([2, 0]);
  expect([...dInputs[0]]).toEqual([-1, 1 + 10 - 10]);
});

it('reads what is known of a block that is not complete', () => {
  const sizes = { dim: 2, fn: ActivationFunction.Relu };
  const program = new Recorded(NO_PARAMETERS, [2], (recorder, [x]) => {
    const block = recorder.block(5);
    recorder.put(recorder.rows(block, 1, 2), x);
    // A view of a view: rows 1 and 2 of the block are rows 0 and 1 of what begins there.
    const known = recorder.rows(recorder.rows(block, 1, 4), 0, 2);
    recorder.put(recorder.rows(block, 3, 2), recorder.emit('activation', { x: known }, sizes).y);
    recorder.put(recorder.rows(block, 0, 1), recorder.rows(block, 4, 1));
    return recorder.select(block, [4, 3, 2, 1, 0]);
  });
  const { output, dInputs } = program.run(1, [Float64Array.of(-3, 7)], Float64Array.of(1, 10, 100, 1000, 10000));
  program.dispose();
  expect([...output]).toEqual([7, 0, 7, -3, 7]);
  // x₀ at place 3, and without effect at 1; x₁ at places 2, 0 and 4.
  expect([...dInputs[0]]).toEqual([1000, 10101]);
});

it('refuses to read a block that nothing has written', () => {
  const record = (): Recorded => new Recorded(NO_PARAMETERS, [1], (recorder) => recorder.select(recorder.block(1), [0]));
  expect(record).toThrow(/^Program: a block must be written before it is read/);
});

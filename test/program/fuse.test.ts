// A layer that begins the next one gives the bits that the two give apart; a kernel writes in place what would be copied there.

import { describe, expect, it } from 'vitest';
import { ActivationFunction, Scalar } from '../../assembly/opcodes.js';
import { Flow, normal, planar, radial } from '../../src/index.js';
import { withoutCopies } from '../../src/program/fuse.js';
import { kernels } from '../../src/program/kernels.js';
import { type Operand, Recorder } from '../../src/program/recorder.js';
import { Recorded } from '../nets/run.js';
import { Random } from '../reference/random.js';

describe.each([
  { name: 'planar', transform: planar },
  { name: 'radial', transform: radial },
])('consecutive $name layers', ({ transform }) => {
  it.each([1, 2, 3, 8])('d %i: together and one after the other', (dim) => {
    const random = new Random(dim);
    const flow = (count: number): Flow =>
      new Flow({ base: normal(dim), transforms: Array.from({ length: count }, () => transform(dim)), seed: 1 });
    const [together, alone] = [flow(4), flow(1)];
    together.setParameters(random.normals(together.parameterCount));
    for (const rows of [1, 7, 8, 133, 300]) {
      const z = Float64Array.from(random.normals(rows * dim, 2));
      let x: Float64Array = z;
      for (let k = 0; k < 4; k++) {
        alone.setParameters(together.getParameters().slice(k * alone.parameterCount, (k + 1) * alone.parameterCount));
        x = alone.forward(x).x;
      }
      expect(together.forward(z).x).toEqual(x);
    }
  });
});

describe('an output that is copied into rows of a block', () => {
  const relu = (recorder: Recorder, x: Operand): Operand =>
    recorder.emit('activation', { x }, { dim: 2, fn: ActivationFunction.Relu }).y;

  /** The block of four rows that `record` puts together of relu(x), in its own order, and the gradient of x. */
  function run(record: (recorder: Recorder, block: Operand, y: Operand) => void) {
    const program = new Recorded(new Float64Array(0), [2], (recorder, [x]) => {
      const block = recorder.block(4);
      record(recorder, block, relu(recorder, x));
      return recorder.select(block, [0, 1, 2, 3]);
    });
    const { output, dInputs } = program.run(1, [Float64Array.of(3, 5)], Float64Array.of(1, 10, 100, 1000));
    program.dispose();
    return [[...output], [...dInputs[0]]];
  }

  it('is written there at once', () => {
    const recorder = new Recorder(0, Scalar.Count);
    const block = recorder.block(4);
    const y = relu(recorder, recorder.load(recorder.batch(2), 2));
    recorder.put(recorder.rows(block, 2, 2), y);
    const body = withoutCopies(recorder.body);
    expect(body.map(({ kernel }) => kernel)).toEqual([kernels.loadRows, kernels.activation]);
    const { writes, operands } = body[1];
    expect(writes).toEqual([block]);
    expect(operands.map(({ within }) => within)).toContainEqual({ block, row: 2 });
  });

  it('is copied where it goes to a second place', () => {
    const [output, dInput] = run((recorder, block, y) => {
      for (const first of [0, 2]) recorder.put(recorder.rows(block, first, 2), y);
    });
    expect(output).toEqual([3, 5, 3, 5]);
    expect(dInput).toEqual([101, 1010]);
  });

  it('stays where it is if some of its rows are read', () => {
    const [output, dInput] = run((recorder, block, y) => {
      recorder.put(recorder.rows(block, 0, 2), y);
      for (const [row, from] of [[2, 1], [3, 0]]) recorder.put(recorder.rows(block, row, 1), recorder.rows(y, from, 1)); // prettier-ignore
    });
    expect(output).toEqual([3, 5, 5, 3]);
    expect(dInput).toEqual([1001, 110]);
  });
});

import { describe, expect, it } from 'vitest';
import { Flow, normal, permutation, reversal } from '../../src/index.js';

describe('permutation', () => {
  it('x_j = z_order(j), by hand, and back', () => {
    const flow = new Flow({ base: normal(3), transforms: [permutation([2, 0, 1])] });
    const { x, logDet } = flow.forward([[10, 20, 30]]);
    expect(x).toEqual(Float64Array.of(30, 10, 20));
    expect(logDet).toEqual(Float64Array.of(0));
    expect(flow.inverse(x)).toEqual({ z: Float64Array.of(10, 20, 30), logDet: Float64Array.of(0) });
  });

  it('moves bits: −0, the smallest and the largest double', () => {
    const flow = new Flow({ base: normal(3), transforms: [permutation([1, 2, 0])] });
    expect(flow.forward([[-0, 5e-324, Number.MAX_VALUE]]).x).toEqual(Float64Array.of(5e-324, Number.MAX_VALUE, -0));
  });

  it('reversal is its own inverse', () => {
    const flow = new Flow({ base: normal(4), transforms: [reversal(4), reversal(4)] });
    expect(flow.forward([[1, 2, 3, 4]]).x).toEqual(Float64Array.of(1, 2, 3, 4));
    expect(reversal(3).describe()).toEqual({ type: 'permutation', order: [2, 1, 0] });
  });

  it('gives gradients back to where they came from', () => {
    const flow = new Flow({ base: normal(3), transforms: [permutation([2, 0, 1])] });
    expect(flow.forwardVjp([[1, 2, 3]], { dx: Float64Array.of(10, 20, 30) }).dz).toEqual(Float64Array.of(20, 30, 10));
    expect(flow.inverseVjp([[1, 2, 3]], { dz: Float64Array.of(10, 20, 30) }).dx).toEqual(Float64Array.of(30, 10, 20));
  });

  it('keeps the order it was given, whatever becomes of the array', () => {
    const order = [1, 0];
    const transform = permutation(order);
    order[0] = 0;
    expect(transform.describe()).toEqual({ type: 'permutation', order: [1, 0] });
  });

  it.each([
    [[], 'permutation: order must hold at least one index; got Array of length 0.'],
    [[0, 0], 'permutation: order must hold each of 0 … 1 once; got 0 at index 1.'],
    [[0, 2], 'permutation: order must hold each of 0 … 1 once; got 2 at index 1.'],
    [[-1, 0], 'permutation: order must hold each of 0 … 1 once; got -1 at index 0.'],
    [[0.5, 0], 'permutation: order must hold each of 0 … 1 once; got 0.5 at index 0.'],
    [['0', 1], "permutation: order must hold each of 0 … 1 once; got '0' at index 0."],
    [new Array(2), 'permutation: order must hold each of 0 … 1 once; got undefined at index 0.'],
  ])('refuses the order %j', (order, message) => {
    expect(() => permutation(order as number[])).toThrow(new RangeError(message));
  });

  it('refuses what is no array, and dim 0', () => {
    expect(() => permutation('10' as unknown as number[])).toThrow(
      new TypeError("permutation: order must be an array; got '10'."),
    );
    expect(() => reversal(0)).toThrow(new RangeError('reversal: dim must be an integer of at least 1; got 0.'));
  });

  it('comes back from a file', () => {
    const flow = new Flow({ base: normal(3), transforms: [permutation([2, 0, 1])], seed: 2 });
    expect(Flow.load(flow.save()).sample(2, { seed: 1 })).toEqual(flow.sample(2, { seed: 1 }));
  });
});

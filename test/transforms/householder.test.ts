import { describe, expect, it } from 'vitest';
import { Flow, householder, normal, orthogonal, type Transform } from '../../src/index.js';

const flowOf = (transform: Transform, seed = 1): Flow => new Flow({ base: normal(transform.dim), transforms: [transform], seed });

/** The matrix Q of x = Q z, column by column. */
function columnsOf(flow: Flow): Float64Array {
  const { dim } = flow;
  return flow.forward(Float64Array.from({ length: dim * dim }, (_, k) => Number(k % (dim + 1) === 0))).x;
}

function orthogonalityError(columns: Float64Array, dim: number): number {
  let largest = 0;
  for (let i = 0; i < dim; i++) {
    for (let k = 0; k < dim; k++) {
      let product = 0;
      for (let j = 0; j < dim; j++) product += columns[i * dim + j] * columns[k * dim + j];
      largest = Math.max(largest, Math.abs(product - Number(i === k)));
    }
  }
  return largest;
}

describe('householder', () => {
  // By hand: v = (3, 4) has H = (7/25 −24/25; −24/25 −7/25), so (1, 2) goes to (−41/25, −38/25).
  it('gives numbers worked by hand', () => {
    const flow = flowOf(householder(2, { reflections: 1 }));
    flow.setParameters([3, 4]);
    const { x, logDet } = flow.forward([[1, 2]]);
    expect(x[0]).toBeCloseTo(-1.64, 14);
    expect(x[1]).toBeCloseTo(-1.52, 14);
    expect(logDet[0]).toBe(0);
  });

  it('the first row of v reflects first', () => {
    const flow = flowOf(householder(2, { reflections: 2 }));
    flow.setParameters([1, 0, 1, 1]); // (z_0, z_1) → (−z_0, z_1) → (−z_1, z_0)
    const { x } = flow.forward([[3, 5]]);
    expect(x[0]).toBeCloseTo(-5, 14);
    expect(x[1]).toBeCloseTo(3, 14);
  });

  it.each([
    [2, 1e-150],
    [5, 1],
    [64, 1e145],
  ])('stays orthogonal to 1e-14, d %i, |v| about %d', (dim, size) => {
    const flow = flowOf(householder(dim));
    flow.setParameters(flow.getParameters().map((value) => size * value));
    expect(orthogonalityError(columnsOf(flow), dim)).toBeLessThan(1e-14);
  });

  it('has as many reflections as features unless told', () => {
    expect(householder(3).describe()).toEqual({ type: 'householder', dim: 3, reflections: 3 });
    expect(flowOf(householder(3, { reflections: 7 })).parameterCount).toBe(21);
  });

  it('refuses dim 0, no reflection, unknown options, and v = 0', () => {
    expect(() => householder(0)).toThrow(new RangeError('householder: dim must be an integer of at least 1; got 0.'));
    expect(() => householder(2, { reflections: 0 })).toThrow(
      new RangeError('householder: reflections must be an integer of at least 1; got 0.'),
    );
    expect(() => householder(2, { count: 1 } as object)).toThrow(TypeError);
    const flow = flowOf(householder(2));
    expect(() => flow.setParameters([1, 1, 0, 0])).toThrow(/v\[1\] must not be 0 \(\|v\|² a normal number\); got \|v\|² = 0\.$/);
    expect(() => flow.setParameters([1, 1, 1e200, 0])).toThrow(/v\[1\] must have a finite \|v\|²; got Infinity\.$/);
  });

  it('comes back from a file', () => {
    for (const transform of [householder(3, { reflections: 2 }), orthogonal(3)]) {
      const flow = flowOf(transform);
      const loaded = Flow.load(flow.save());
      expect(loaded.transforms[0].describe()).toEqual(transform.describe());
      expect(loaded.logProb([[1, 2, 3]])).toEqual(flow.logProb([[1, 2, 3]]));
    }
  });
});

describe('orthogonal', () => {
  it.each([2, 3])('is a rotation: determinant 1, d %i', (dim) => {
    for (let seed = 0; seed < 5; seed++) {
      const q = columnsOf(flowOf(orthogonal(dim), seed));
      const [a, b, c, d, e, f, g, h, i] = q;
      const determinant = dim === 2 ? a * d - b * c : a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
      expect(determinant).toBeCloseTo(1, 14);
    }
  });

  it('refuses dim 1, where there is nothing to rotate', () => {
    expect(() => orthogonal(1)).toThrow(new RangeError('orthogonal: dim must be an integer of at least 2; got 1.'));
  });
});

import { expect, it } from 'vitest';
import { Flow, normal, planar, supports, type Transform } from '../../src/index.js';

const all: [name: string, transform: Transform, isInside: (row: readonly number[]) => boolean][] = [
  ['positive', supports.positive(3), (row) => row.every((x) => x > 0)],
  ['interval', supports.interval(3, -2, 5), (row) => row.every((x) => x > -2 && x < 5)],
  ['lowerBound', supports.lowerBound(3, 4), (row) => row.every((x) => x > 4)],
  ['upperBound', supports.upperBound(3, -4), (row) => row.every((x) => x < -4)],
  ['ordered', supports.ordered(3), (row) => row.every((x, k) => k === 0 || x > row[k - 1])],
  ['positiveOrdered', supports.positiveOrdered(3), (row) => row.every((x, k) => x > (k === 0 ? 0 : row[k - 1]))],
  ['simplex', supports.simplex(4), (row) => row.every((x) => x > 0) && Math.abs(row.reduce((a, b) => a + b) - 1) < 1e-12],
];

it.each(all)('%s: every sample lies within, and has its density', (_, transform, isInside) => {
  const flow = new Flow({ base: normal(3), transforms: [planar(3), transform], seed: 1 });
  const { x, logProb } = flow.sampleAndLogProb(1001);
  const again = flow.logProb(x);
  for (let r = 0; r < 1001; r++) {
    expect([...x.subarray(r * flow.dim, (r + 1) * flow.dim)]).toSatisfy(isInside);
    expect(Math.abs(again[r] - logProb[r])).toBeLessThan(1e-9);
  }
});

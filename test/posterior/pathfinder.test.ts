import { expect, it } from 'vitest';
import { logDensity, model, positive, real, sum } from '../../src/index.js';
import type { Target } from '../../src/densities/target.js';
import { pathfinder } from '../../src/posterior/pathfinder.js';
import { Stream, keyOf, normals, splitSeed } from '../../src/runtime/random.js';

const DRAWS = 32;
const PATHS = 8;

it('lets other code run before it has asked for much, and finds a normal distribution', async () => {
  const dim = 30;
  const scales = Array.from({ length: dim }, (_, j) => 0.1 + j / 10);
  const target = model({ x: real(dim) }, ({ x }) => sum(logDensity.normal(x, 1, scales))).bind({});
  let most = 0;
  let rows = 0;
  const watched = {
    dim,
    logProb: (u: Float64Array) => ((rows += u.length / dim), target.logProb(u)),
    logProbAndGradient: (u: Float64Array) => ((rows += u.length / dim), target.logProbAndGradient(u)),
  } as Target;
  const pause = async (): Promise<void> => {
    most = Math.max(most, rows);
    rows = 0;
  };
  const starts = Float64Array.from({ length: PATHS * dim }, (_, i) => Math.sin(i));
  const noise = normals(keyOf(splitSeed('test', 1), 0), Stream.Candidates, DRAWS * dim);
  const { candidates, gradients } = await pathfinder(watched, starts, noise, pause);
  expect(most).toBeLessThanOrEqual(64 + DRAWS); // where inParts begins
  expect(gradients).toBeGreaterThan(PATHS * (1 + 2 * dim));
  const best = candidates.reduce((a, b) => (b.bound > a.bound ? b : a));
  expect(best.bound).toBeCloseTo(0, 2); // the density is normalised
  best.location.forEach((value) => expect(value).toBeCloseTo(1, 2));
});

// Near 0, where paths begin, the energy bends a million times more along ln s than along a; where s has become as large as the distance to the
// data, the Hessian is not positive definite.
it('finds data far from 0, in units of their own', async () => {
  const y = Array.from({ length: 50 }, (_, i) => 3000 + 20 * Math.sin(i));
  const target = model({ a: real(), s: positive() }, ({ a, s }) => sum(logDensity.normal(y, a, s))).bind({});
  const starts = Float64Array.from({ length: PATHS * 2 }, (_, i) => 2 * Math.sin(i));
  const noise = normals(keyOf(splitSeed('test', 1), 0), Stream.Candidates, DRAWS * 2);
  const { candidates } = await pathfinder(target, starts, noise, async () => {});
  expect(candidates).toHaveLength(PATHS);
  const mean = y.reduce((a, b) => a + b) / 50;
  const sd = Math.sqrt(y.reduce((a, b) => a + (b - mean) ** 2, 0) / 50);
  for (const { location, factor } of candidates) {
    expect(Math.abs(location[0] - mean)).toBeLessThan(0.01 * sd);
    expect(Math.abs(location[1] - Math.log(sd))).toBeLessThan(0.02);
    expect(factor[0] / (sd / Math.sqrt(50))).toBeCloseTo(1, 1);
  }
});

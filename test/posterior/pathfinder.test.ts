import { expect, it } from 'vitest';
import { logDensity, model, real, sum } from '../../src/index.js';
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

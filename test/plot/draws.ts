import { Flow, affine, normal } from '../../src/index.js';

/** The same standard normal numbers on every machine. */
export function normals(count: number, seed = 1): Float64Array {
  const flow = new Flow({ base: normal(1), transforms: [affine(1)] });
  flow.setParameters([0, 0]);
  const x = flow.sample(count, { seed });
  flow.dispose();
  return x;
}

/** Quantiles of a distribution, evenly spaced: draws without noise. */
export const quantiles = (count: number, inverse: (p: number) => number): Float64Array =>
  Float64Array.from({ length: count }, (_, i) => inverse((i + 0.5) / count));

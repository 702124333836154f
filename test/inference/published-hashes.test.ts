// The same seed gives the same bytes, on every machine and in every runtime. These hashes are published: when one changes, behaviour has
// changed, and CHANGELOG.md says so. The new one is what this test then says it received.

import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { energies, fitToData, fitToTarget, Flow, normal, planar, radial } from '../../src/index.js';

const STEPS = 1000;

it.each([
  ['planar', planar, energies.u1, '9e9f494e012a227b8bda67c8782e8fb1a3da6b8a1104927e36aa33246528a451'],
  ['radial', radial, energies.u4, '47cff2e004fc77504efc960d01e27d5c5d798ab6994bde917554dc6975b63647'],
] as const)('%s, K 8, 1000 steps of 128', async (_, transform, target, expected) => {
  const flow = new Flow({
    base: normal(2, { trainable: true }),
    transforms: Array.from({ length: 8 }, () => transform(2)),
    seed: 1,
  });
  await fitToTarget(flow, target, { steps: STEPS, batchSize: 128 });
  expect(createHash('sha256').update(new Uint8Array(flow.getParameters().buffer)).digest('hex')).toBe(expected);
  flow.dispose();
});

it('planar, K 8, 20 epochs of 1000 rows', async () => {
  const rows = Float64Array.from(
    { length: 2000 },
    (_, i) => ((i * 48271) % 2003) / 1000 - 1 + (i % 2) * ((i * 7919) % 911) * 1e-3,
  );
  const flow = new Flow({
    base: normal(2, { trainable: true }),
    transforms: Array.from({ length: 8 }, () => planar(2)),
    seed: 1,
  });
  await fitToData(flow, rows, { epochs: 20, batchSize: 128 });
  expect(createHash('sha256').update(new Uint8Array(flow.getParameters().buffer)).digest('hex')).toBe(
    '2df386974d8c8e05de3922c3115b3ff4b7a91efc74307068a193e3d210cc5103',
  );
  flow.dispose();
});

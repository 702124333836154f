// The same seed gives the same bytes, on every machine and in every runtime. These hashes are published: when one changes, behaviour has
// changed, and CHANGELOG.md says so. The new one is what this test then says it received.

import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { energies, fitToData, fitToTarget, Flow, normal, planar, radial } from '../../src/index.js';

const STEPS = 1000;

it.each([
  ['planar', planar, energies.u1, '313bea55f47d4aee920b89a83da62f8e2ed9543da94affa9526589085cce722f'],
  ['radial', radial, energies.u4, '1049d26726dd4976c76dcdbadebe0675bf6fdd860efe8ed86123d22560299527'],
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
    'f6fc480024ea28998d370e3f72b125f8077e14926423edb4b78e81490659f681',
  );
  flow.dispose();
});

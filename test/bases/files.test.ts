// Files that promise a base larger than what they hold, or one that is none.

import { describe, expect, it } from 'vitest';
import { Flow, FlowFileError, mixture } from '../../src/index.js';
import { encodeSafetensors } from '../../src/io/safetensors.js';
import { flowOf } from './cases.js';

const AFFINE = { type: 'affine', dim: 2 };
const zeros = (length: number): Float64Array => new Float64Array(length);

/** A file with this base in front of an affine transform, and tensors for it. */
function fileOf(base: object, tensors: Record<string, Float64Array> = {}): Uint8Array {
  const all = { 'transforms.0.shift': zeros(2), 'transforms.0.logScale': zeros(2), ...tensors };
  const entries = Object.entries(all).map(([name, data]) => [name, { shape: [data.length], data }]);
  const architecture = JSON.stringify({ base: { dim: 2, ...base }, transforms: [AFFINE], seed: '1' });
  return encodeSafetensors(Object.fromEntries(entries), { format: 'normalizing-flows', formatVersion: '1', architecture });
}

const trained = { type: 'mixture', trainable: true, trainWeights: true };

describe('bases from files', () => {
  it.each<[string, object]>([
    ['uniform', { type: 'uniform' }],
    ['studentT', { type: 'studentT', degreesOfFreedom: [1, 2] }],
    ['fullNormal', { type: 'fullNormal', choleskyFactor: [1, 0, 3, 2] }],
    ['mixture', { type: 'mixture', components: 1, logits: [0], locations: [1, 2] }],
  ])('%s, with as little as it needs', (_, base) => {
    expect(Flow.load(fileOf(base)).logProb([[0.5, 0.5]])).toHaveLength(1);
  });

  it('a trained mixture, whose tensors say everything', () => {
    const tensors = { 'base.logits': zeros(3), 'base.locations': zeros(6).fill(2), 'base.logScales': zeros(6) };
    const { x, logProb } = Flow.load(fileOf({ ...trained, components: 3 }, tensors)).sampleAndLogProb(5, { seed: 1 });
    const alike = flowOf(mixture(2, { components: 3, locations: [2, 2, 2, 2, 2, 2] }));
    expect(alike.sampleAndLogProb(5, { seed: 1 })).toEqual({ x, logProb });
  });

  it.each<[string, object, RegExp]>([
    ['an unknown type', { type: 'cauchy' }, /base must be of a known type; got 'cauchy'\.$/],
    ['no type', {}, /base must be of a known type; got undefined\.$/],
    ['a type of the prototype', { type: 'toString' }, /base must be of a known type; got 'toString'\.$/],
    ['another dim', { type: 'uniform', dim: 3 }, /base dim must be the transforms', 2; got 3\.$/],
    ['degrees that are missing', { type: 'studentT' }, /degreesOfFreedom must be an array of 2 numbers; got undefined\.$/],
    [
      'degrees of 0',
      { type: 'studentT', degreesOfFreedom: [0, 1] },
      /base must be valid; got: studentT: degreesOfFreedom must lie/,
    ],
    ['bounds of text', { type: 'uniform', low: ['0', '0'] }, /base low must be an array of 2 numbers; got Array of length 2\.$/],
    ['bounds that cross', { type: 'uniform', low: [2, 2] }, /base must be valid; got: uniform: high must be above low, 2; got 1/],
    ['a factor that is missing', { type: 'fullNormal' }, /choleskyFactor must be an array of 4 numbers; got undefined\.$/],
    [
      'an array-like factor',
      { type: 'fullNormal', choleskyFactor: { length: 4 } },
      /an array of 4 numbers; got Object of length 4\.$/,
    ],
    ['a fixed mixture without its numbers', { type: 'mixture', components: 3e8 }, /logits must be an array of 300000000 numbers/],
    [
      'a fixed mixture without locations',
      { type: 'mixture', components: 1, logits: [0] },
      /base must be valid; got: mixture: locations must be given/,
    ],
    [
      'a trained mixture without tensors',
      { ...trained, components: 3e8 },
      /tensors must hold 'base.logits' of length 300000000; got none\.$/,
    ],
    ['components of text', { ...trained, components: '3' }, /base must be valid; got: mixture: components must be an integer/],
    [
      'a trained base whose tensors are missing',
      { type: 'studentT', degreesOfFreedom: [1, 2], trainable: true },
      /tensors must hold 'base.location' of length 2; got none\.$/,
    ],
    ['a word for trainable', { type: 'studentT', degreesOfFreedom: [1, 2], trainable: 'no' }, /trainable must be true or false/],
  ])('%s', (_, base, message) => {
    const start = performance.now();
    const load = (): Flow => Flow.load(fileOf(base));
    expect(load).toThrow(FlowFileError);
    expect(load).toThrow(message);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

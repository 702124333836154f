// Flow files of every family, damaged: a flow or a reason, never a crash, a hang or memory that the file does not vouch for.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as library from '../../src/index.js';
import { Flow, FlowFileError, maps, normal, SafetensorsError, type Transform } from '../../src/index.js';
import { decodeSafetensors, encodeSafetensors } from '../../src/io/safetensors.js';
import { Random } from '../reference/random.js';

const { coupling, autoregressive, conditional, invert, sylvester, planar } = library;

/** Milliseconds that a machine with other work may take to refuse a file. */
const PATIENCE = 2000;
/** Python starts, besides. */
const START = 60_000;

const spline = maps.spline({ bins: 3 });
const FAMILIES: Record<string, readonly Transform[]> = {
  coupling: [coupling(3, { hidden: [4], mask: 'even' }), coupling(3, { hidden: [3], residual: true, map: spline })],
  autoregressive: [
    invert(autoregressive(3, { hidden: [4, 4] })),
    autoregressive(3, { hidden: [3], order: [2, 0, 1], map: spline }),
  ],
  conditional: [conditional(planar(3), { context: 2, hidden: [3] }), coupling(3, { hidden: [3], context: 2 })],
  linear: [library.lu(3), library.plu(3), library.householder(3, { reflections: 2 }), library.orthogonal(3), library.reversal(3)],
  norms: [library.actNorm(3), library.standardize(3), library.affine(3), library.radial(3)],
  sylvester: [sylvester(3, { kind: 'triangular' }), library.chain([planar(3), library.elementwise(3, maps.softplus())])],
};

const flows = Object.entries(FAMILIES).map(([name, transforms]) => ({
  name,
  flow: new Flow({ base: normal(3, { trainable: true }), transforms, standardizeContext: name === 'conditional', seed: 1 }),
}));

describe.each(flows)('$name', ({ flow }) => {
  it('Python reads the same names, shapes and doubles', { timeout: START }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'flow-'));
    try {
      const path = join(folder, 'flow.safetensors');
      writeFileSync(path, flow.save());
      const output = execFileSync('python3', ['test/fixtures/read_safetensors.py', path], { encoding: 'utf8' });
      const { metadata, tensors } = JSON.parse(output) as {
        metadata: Record<string, string>;
        tensors: Record<string, { dtype: string; shape: number[]; bits: string }>;
      };
      const named = Object.entries(flow.namedParameters());
      expect(Object.keys(tensors)).toEqual(named.map(([name]) => name));
      for (const [name, values] of named) {
        const bits = Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('hex');
        expect(tensors[name]).toEqual({ dtype: 'F64', shape: [values.length], bits });
      }
      expect(JSON.parse(metadata.architecture).transforms).toHaveLength(flow.transforms.length);
      expect(metadata.format).toBe('normalizing-flows');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  const file = flow.save();
  const { tensors, metadata } = decodeSafetensors(file);
  const architecture = JSON.parse(metadata.architecture) as unknown;

  it('refuses sizes that no tensor vouches for, at once', () => {
    const places = placesIn(architecture);
    expect(places.length).toBeGreaterThan(2);
    for (const [path, value] of places) {
      if (typeof value !== 'number') continue;
      for (const lie of [1e9, 2 ** 31, 2 ** 53 - 1]) {
        const start = performance.now();
        try {
          Flow.load(rewritten(path, lie)).dispose();
        } catch (error) {
          expectReason(error);
        }
        expect(performance.now() - start, `${path.join('.')} = ${lie}`).toBeLessThan(PATIENCE);
      }
    }
  });

  it('1700 damaged files: a flow or a reason', () => {
    const random = new Random(2015);
    const outcomes = { loaded: 0, refused: 0 };
    for (let i = 0; i < 1700; i++) {
      try {
        Flow.load(i % 2 === 0 ? flipped(random) : mutated(random)).dispose();
        outcomes.loaded++;
      } catch (error) {
        expectReason(error);
        outcomes.refused++;
      }
    }
    // Both happen, or the damage is of no use.
    expect(outcomes.loaded).toBeGreaterThan(100);
    expect(outcomes.refused).toBeGreaterThan(500);
  });

  /** The file with one value of its architecture replaced. */
  function rewritten(path: readonly string[], value: unknown): Uint8Array {
    const copy = JSON.parse(metadata.architecture);
    let at = copy;
    for (const key of path.slice(0, -1)) at = at[key];
    at[path[path.length - 1]] = value;
    return encodeSafetensors(tensors, { ...metadata, architecture: JSON.stringify(copy) });
  }

  /** A few bits changed, or the end missing. */
  function flipped(random: Random): Uint8Array {
    const bytes = file.slice();
    for (let changes = 1 + random.below(3); changes > 0; changes--) bytes[random.below(bytes.length)] ^= 1 << random.below(8);
    return random.below(8) === 0 ? bytes.slice(0, random.below(bytes.length)) : bytes;
  }

  const VALUES = [
    0,
    1,
    2,
    3,
    4,
    -1,
    0.5,
    1e300,
    1e9,
    null,
    true,
    false,
    '',
    'planar',
    'x',
    [],
    [3],
    [1e9],
    {},
    { type: 'affine' },
  ];

  /** One value of the architecture replaced, in a file that is sound otherwise. */
  function mutated(random: Random): Uint8Array {
    const places = placesIn(architecture);
    return rewritten(places[random.below(places.length)][0], VALUES[random.below(VALUES.length)]);
  }
});

function placesIn(value: unknown, path: string[] = []): [path: string[], value: unknown][] {
  const below = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  const here: [string[], unknown][] = path.length === 0 ? [] : [[path, value]];
  return [...here, ...below.flatMap(([key, inner]) => placesIn(inner, [...path, key]))];
}

function expectReason(error: unknown): void {
  if (!(error instanceof FlowFileError || error instanceof SafetensorsError)) throw error;
  expect(error.message).toMatch(/^Flow\.load: [^]* must [^]*; got/);
}

it('a context that is standardised, perhaps', () => {
  const { tensors, metadata } = decodeSafetensors(library.nsf({ dim: 1, context: 1, layers: 1, hidden: [4] }).save());
  const architecture = JSON.parse(metadata.architecture);
  const load = (standardizeContext: unknown): Flow =>
    Flow.load(encodeSafetensors(tensors, { ...metadata, architecture: JSON.stringify({ ...architecture, standardizeContext }) }));
  expect(load(true).standardizeContext).toBe(true);
  expect(() => load('yes')).toThrow("Flow.load: standardizeContext must be true or false; got 'yes'.");
  expect(() => load(false)).toThrow(/^Flow\.load: [^]* must [^]*; got[^]*context\.logScale/);
  tensors.delete('context.shift');
  expect(() => load(true)).toThrow(/^Flow\.load: [^]* must [^]*context\.shift missing/);
});

it('a network beyond the file: many layers that share one promise', () => {
  const flow = new Flow({ base: normal(2), transforms: [coupling(2, { hidden: [50] })] });
  const { tensors, metadata } = decodeSafetensors(flow.save());
  const architecture = JSON.parse(metadata.architecture);
  architecture.transforms = new Array(1000).fill(architecture.transforms[0]);
  const file = encodeSafetensors(tensors, { ...metadata, architecture: JSON.stringify(architecture) });
  expect(() => Flow.load(file)).toThrow(
    /^Flow\.load: transforms\[\d\] must have a network within the file's \d+ numbers; got one of 52 units and inputs\.$/,
  );
});

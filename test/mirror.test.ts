// One concept, one name, in every tree: a transform without its page, its reference or its test is not finished.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const names = (folder: string): string[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => file.slice(0, -'.ts'.length));

/** What is no transform in `src/transforms`, and what has no kernels of its own. */
const NO_TRANSFORMS = ['transform', 'supports'];
const COMPOSED = [
  'chain',
  'act-norm',
  'full-affine',
  'permutation',
  'elementwise',
  'invert',
  'coupling',
  'autoregressive',
  'conditional',
];

const camelCase = (name: string): string => name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());

describe.each(names('src/transforms').filter((name) => !NO_TRANSFORMS.includes(name)))('%s', (name) => {
  const places = [`docs/transforms/${name}.md`, `test/transforms/${name}.test.ts`, `test/reference/${name}.ts`];
  if (!COMPOSED.includes(name)) places.push(`assembly/transforms/${name}.ts`);

  it.each(places)('%s is there', (path) => expect(existsSync(path)).toBe(true));

  it('is exported, and can be loaded from a file', () => {
    const index = readFileSync('src/index.ts', 'utf8') + readFileSync('src/transforms/supports.ts', 'utf8');
    expect(index).toMatch(new RegExp(`'\\./(transforms/)?${name}\\.js'`));
    expect(readFileSync('src/io/flow-file.ts', 'utf8')).toContain(name);
  });

  const lawful = name === 'chain' ? 'randomCase(' : new RegExp(`  ${camelCase(name)}: {|=> ${camelCase(name)}\\(`);
  it('is held to the laws', () => {
    const cases = name === 'conditional' ? 'test/laws/context.test.ts' : 'test/laws/cases.ts';
    expect(readFileSync(cases, 'utf8')).toMatch(lawful);
  });
});

it('every kernel belongs to a transform', () => {
  expect(names('assembly/transforms').filter((name) => !names('src/transforms').includes(name))).toEqual([]);
});

/** What is no map in `src/maps`; and the maps without parameters, whose kernels share a loop, `fixed`, and whose references share a file. */
const NO_MAP = ['map', 'index'];
const FIXED = ['fixed', 'bound', 'interval', 'leaky-relu', 'softplus', 'tanh'];

describe.each(names('src/maps').filter((name) => !NO_MAP.includes(name)))('map %s', (name) => {
  const reference = FIXED.includes(name) ? 'test/reference/fixed.ts' : `test/reference/maps/${name}.ts`;
  const places = [`assembly/maps/${name}.ts`, `docs/maps/${name}.md`, `test/maps/${name}.test.ts`, reference];
  it.each(places)('%s is there', (path) => expect(existsSync(path)).toBe(true));

  if (name === 'fixed') return;

  it('is exported, and held to the laws', () => {
    expect(readFileSync('src/maps/index.ts', 'utf8')).toContain(`'./${name}.js'`);
    expect(readFileSync('test/laws/cases.ts', 'utf8')).toMatch(new RegExp(`(maps|fixed)\\.${camelCase(name)}\\b`));
  });
});

it('every kernel of a map belongs to one', () => {
  expect(names('assembly/maps').filter((name) => !names('src/maps').includes(name))).toEqual([]);
});

/** What the bases share. */
const SHARED = ['base', 'values', 'placement', 'cholesky'];

describe.each(names('src/bases').filter((name) => !SHARED.includes(name)))('base %s', (name) => {
  it.each([`docs/bases/${name}.md`, `test/bases/${name}.test.ts`])('%s is there', (path) => {
    expect(existsSync(path)).toBe(true);
  });

  it('is exported, and can be loaded from a file', () => {
    expect(readFileSync('src/index.ts', 'utf8')).toContain(`'./bases/${name}.js'`);
    expect(readFileSync('src/io/flow-file.ts', 'utf8')).toContain(`'../bases/${name}.js'`);
  });
});

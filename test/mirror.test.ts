// One concept, one name, in every tree: a transform without its page, its reference or its test is not finished.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const names = (folder: string): string[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => file.slice(0, -'.ts'.length));

/** What is no transform in `src/transforms`, and what has no kernels of its own. */
const INTERFACE = 'transform';
const COMPOSED = 'chain';

describe.each(names('src/transforms').filter((name) => name !== INTERFACE))('%s', (name) => {
  const places = [`docs/transforms/${name}.md`, `test/transforms/${name}.test.ts`, `test/reference/${name}.ts`];
  if (name !== COMPOSED) places.push(`assembly/transforms/${name}.ts`);

  it.each(places)('%s is there', (path) => expect(existsSync(path)).toBe(true));

  it('is exported, and can be loaded from a file', () => {
    expect(readFileSync('src/index.ts', 'utf8')).toContain(`'./transforms/${name}.js'`);
    expect(readFileSync('src/io/flow-file.ts', 'utf8')).toContain(name);
  });

  const lawful = name === COMPOSED ? 'randomCase(' : `  ${name}: {`;
  it('is held to the laws', () => {
    expect(readFileSync('test/laws/cases.ts', 'utf8')).toContain(lawful);
  });
});

it('every kernel belongs to a transform', () => {
  expect(names('assembly/transforms').filter((name) => !names('src/transforms').includes(name))).toEqual([]);
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

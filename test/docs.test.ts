// Every example runs: those in docstrings, and those in the README and docs, which are JavaScript as they stand. One that says `import` stands
// alone; a docstring's may leave out what is around it, and gets the library's names and a flow. Examples that stand alone may read files, from
// the root of the repository.

import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';
import { describe, expect, it, vi } from 'vitest';
import * as library from '../src/index.js';

interface Example {
  where: string;
  /** Whether it may have types. */
  isTypeScript: boolean;
  code: string;
}

const files = (folder: string, ending: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => `${folder}/${name}`);

function examplesIn(file: string): Example[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/^([ *]*)```[tj]s\n([\s\S]*?)^[ *]*```/gm)].map((match) => {
    const line = text.slice(0, match.index).split('\n').length;
    const code = match[2].split('\n').map((row) => row.replace(/^ *\* ?/, '')).join('\n'); // prettier-ignore
    return { where: `${file}:${line}`, isTypeScript: file.endsWith('.ts'), code };
  });
}

/** Its examples read files that a test of their own has. */
const ELSEWHERE = 'docs/pytorch.md';

const examples = ['README.md', ...files('docs', '.md'), ...files('src', '.ts')]
  .filter((file) => file !== ELSEWHERE)
  .flatMap(examplesIn);

/** What the examples of docstrings take for granted. */
const SURROUNDINGS = `
const flow = new Flow({ base: normal(2), transforms: [planar(2), planar(2)], seed: 1 });
`;

const AsyncFunction = Object.getPrototypeOf(async () => undefined).constructor as new (
  ...args: string[]
) => (...args: unknown[]) => Promise<void>;

/** Where an example asks for the default restarts and draws, fewer do: that it runs is tested here, not how well it fits. */
const fitPosterior: typeof library.fitPosterior = (model, options) =>
  library.fitPosterior(model, { restarts: 1, draws: 2000, ...options });

async function run({ isTypeScript, code }: Example): Promise<void> {
  const standsAlone = /^import /m.test(code);
  const body = code
    .replace(/^import \{([^}]*)\} from 'normalizing-flows';$/gm, (_, names: string) => {
      for (const name of names.split(',')) expect(library).toHaveProperty(name.trim());
      return '';
    })
    .replace(/^import \{ readFileSync \} from 'node:fs';$/m, '');
  expect(body, 'imports from elsewhere').not.toMatch(/^import /m);
  // A block of its own, so that an example may declare what stands around it, and names that it does not import.
  const source = `'use strict';${standsAlone ? '' : SURROUNDINGS}{\n${body}\n}`;
  const known = { ...library, fitPosterior, readFileSync };
  await new AsyncFunction(...Object.keys(known), isTypeScript ? withoutTypes(source) : source)(...Object.values(known));
}

function withoutTypes(source: string): string {
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
  return ts.transpileModule(source, { compilerOptions }).outputText;
}

describe('examples', () => {
  it('are found', () => expect(examples.length).toBeGreaterThan(20));

  it.each(examples)('$where', async (example) => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
    try {
      await run(example);
    } finally {
      log.mockRestore();
    }
  });
});

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { rollup } from 'rollup';
import ts from 'typescript';
import { expect, it } from 'vitest';
import { version } from '../src/index.js';

const manifest = JSON.parse(readFileSync('package.json', 'utf8'));

it('says its version', () => expect(version).toBe(manifest.version));

it('depends on nothing', () => {
  for (const kind of ['dependencies', 'peerDependencies', 'optionalDependencies']) expect(manifest[kind]).toBeUndefined();
  const bundle = readFileSync('dist/index.js', 'utf8');
  expect(bundle).not.toMatch(/^\s*(import|export)\b[^;]*\bfrom\s*['"]/m);
  expect(bundle).not.toMatch(/\b(require|import)\s*\(/);
});

it('leaves pictures out of programs that draw none', async () => {
  const program = async (code: string): Promise<string> => {
    const entry = {
      name: 'entry',
      resolveId: (id: string) => (id === 'entry' ? id : null),
      load: (id: string) => (id === 'entry' ? code : null),
    };
    const built = await rollup({ input: 'entry', plugins: [entry], logLevel: 'silent' });
    return (await built.generate({})).output[0].code;
  };
  const from = `from '${resolve('dist/index.js')}';`;
  expect(await program(`import { plot } ${from} console.log(plot);`)).toContain('nf-plot');
  const without = await program(`import { Flow } ${from} console.log(Flow);`);
  for (const trace of ['nf-plot', 'bisector', 'isorings']) expect(without).not.toContain(trace);
  expect(readFileSync('dist/index.js', 'utf8')).toContain('Mike Bostock'); // the licence of the contours
});

it('brings a command that needs Node and the library alone', () => {
  expect(manifest.bin).toEqual({ 'normalizing-flows': 'dist/cli.js' });
  const program = readFileSync('dist/cli.js', 'utf8');
  expect(program).toMatch(/^#!\/usr\/bin\/env node\n/);
  const imports = [...program.matchAll(/^import .* from '(.*)';$/gm)].map(([, name]) => name);
  expect(imports.filter((name) => !name.startsWith('node:'))).toEqual(['./index.js', 'stream']);
  expect(program).toContain('Copyright (c) 2010 Adaltas'); // the licence of the CSV reader inside
});

// Types are checked in full, those of libraries too, as a user without skipLibCheck has them.
it.each([
  ['ES2022 and a page', ['lib.es2022.d.ts', 'lib.dom.d.ts'], 'flow.dispose();'],
  [
    'ES2022, a page and `using`',
    ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.esnext.disposable.d.ts'],
    'using other = flow; other.dim;',
  ],
  ['everything', ['lib.esnext.full.d.ts'], 'using other = flow; other.dim;'],
])(
  'its types compile with %s',
  (_, lib, use) => {
    const source = `
    import { Flow, normal, planar } from '../dist/index.js';
    const flow: Flow = new Flow({ base: normal(2), transforms: [planar(2)] });
    export const rows: Float64Array = flow.sample(3);
    export const file = new Blob([flow.save()]);
    ${use}`;
    const options: ts.CompilerOptions = {
      ...{ lib, types: [], target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
      ...{ moduleResolution: ts.ModuleResolutionKind.Bundler, strict: true, skipLibCheck: false, noEmit: true },
    };
    const host = ts.createCompilerHost(options);
    const read = host.getSourceFile;
    const name = 'test/user.ts';
    host.getSourceFile = (file, ...rest) =>
      file === name ? ts.createSourceFile(file, source, ts.ScriptTarget.ES2022) : read(file, ...rest);
    const program = ts.createProgram([name], options, host);
    const problems = ts
      .getPreEmitDiagnostics(program)
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
    expect(problems).toEqual([]);
  },
  60_000,
);

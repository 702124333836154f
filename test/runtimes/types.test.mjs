// The package's types under every moduleResolution, and what its linters say of it.

import { copyFileSync, writeFileSync } from 'node:fs';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { beforeAll, describe, expect, it } from 'vitest';
import { HERE, TARBALL, consumer, run } from './harness.mjs';

const bin = (path) => `${HERE}/node_modules/${path}`;

/** @returns what the compiler has to say, one diagnostic a line */
async function typecheck(folder, files, options) {
  const compilerOptions = { target: 'es2022', strict: true, skipLibCheck: false, noEmit: true, types: [], ...options };
  writeFileSync(`${folder}/tsconfig.json`, JSON.stringify({ compilerOptions, files }));
  return run(process.execPath, [bin('typescript/bin/tsc'), '--pretty', 'false', '--project', folder]).then(
    ({ stdout }) => stdout,
    (error) => error.message,
  );
}

describe('types, strict', () => {
  let folder;
  beforeAll(async () => {
    folder = await consumer('types');
    copyFileSync(`${HERE}/consumer.ts`, `${folder}/consumer.ts`);
    copyFileSync(`${HERE}/consumer-threads.ts`, `${folder}/consumer-threads.ts`);
  });
  const files = ['consumer.ts', 'consumer-threads.ts'];

  it.each([
    ['node16', { module: 'node16', moduleResolution: 'node16' }],
    ['nodenext', { module: 'nodenext', moduleResolution: 'nodenext' }],
    ['bundler', { module: 'esnext', moduleResolution: 'bundler' }],
  ])('%s', async (_, options) => {
    expect(await typecheck(folder, files, options)).toBe('');
  });

  it('nodenext, require from CommonJS', async () => {
    writeFileSync(
      `${folder}/required.cts`,
      "import flows = require('normalizing-flows');\nexport const rows: Float64Array = flows.energies.u1.logProb([[0, 0]]);\n",
    );
    expect(await typecheck(folder, ['required.cts'], { module: 'nodenext', moduleResolution: 'nodenext' })).toBe('');
  });

  it('a wrong type is an error', async () => {
    writeFileSync(`${folder}/wrong.ts`, "import { planar } from 'normalizing-flows';\nplanar('2');\n");
    expect(await typecheck(folder, ['wrong.ts'], { module: 'nodenext', moduleResolution: 'nodenext' })).toMatch(
      /wrong\.ts.*TS2345/,
    );
  });
});

it('publint, strict, has nothing to say', async () => {
  const folder = await consumer('publint');
  const pkgDir = `${folder}/node_modules/normalizing-flows`;
  const { messages, pkg } = await publint({ pkgDir, strict: true, pack: false });
  expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
});

it('are the types wrong: no', async () => {
  const attw = bin('@arethetypeswrong/cli/dist/index.js');
  // A worker script is no module to import: its URL is what one needs.
  const { stdout } = await run(process.execPath, [
    attw,
    TARBALL,
    '--profile=esm-only',
    '--format=ascii',
    '--no-emoji',
    '--exclude-entrypoints',
    './worker',
    './kernels.wasm',
  ]);
  expect(stdout).toMatch(/^node16 \(from ESM\): OK \(ESM\)/m);
  expect(stdout).toMatch(/^bundler: OK/m);
});

// The packed package in Node, Deno and Bun: the same bytes on any number of threads, and scripts that end.

import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { COUNTS, EXPECTED, OUT, ROOT, RUNTIMES, app, cell, check, consumer, once, resultOf, run } from './harness.mjs';

const ENV = { DENO_DIR: `${OUT}/deno`, DENO_NO_UPDATE_CHECK: '1' };

it('the expected hashes of the fits are those published', () => {
  const published = readFileSync(`${ROOT}/test/inference/published-hashes.test.ts`, 'utf8');
  expect(published).toContain(EXPECTED['planar fit']);
  expect(published).toContain(EXPECTED['radial fit']);
});

const REQUIRE = `
const lib = require('normalizing-flows');
import('./scenario.mjs').then(({ report }) => report(lib));
`;
const BARE = app('normalizing-flows');
const FILE = app('./node_modules/normalizing-flows/dist/index.js');

/** Each with the file that is run and its text. No permission is given to Deno. */
const WAYS = RUNTIMES.flatMap(([runtime, tool]) => {
  if (runtime.startsWith('Deno')) {
    return [
      [`${runtime}, bare import`, tool, ['run', '--no-prompt'], 'bare.mjs', BARE],
      [`${runtime}, npm: import`, tool, ['run', '--no-prompt'], 'npm.mjs', app('npm:normalizing-flows')],
      [`${runtime}, file import`, tool, ['run', '--no-prompt'], 'file.mjs', FILE],
    ];
  }
  return [
    [`${runtime}, import`, tool, [], 'bare.mjs', BARE],
    [`${runtime}, require`, tool, [], 'require.cjs', REQUIRE],
  ];
});

describe.each(WAYS)('%s', (name, tool, args, file, text) => {
  const result = once(async () => {
    const folder = await consumer(name.replaceAll(/\W+/g, '-'), { [file]: text });
    const { stdout, stderr } = await run(tool.path, [...args, file], { cwd: folder, env: ENV });
    // A worker's error does not end the script, but is shown.
    expect(stderr).not.toMatch(/error/i);
    return resultOf(stdout);
  });

  for (const count of COUNTS) cell(`${count} thread(s)`, tool, async () => check(await result(), count));
});

describe('a script with idle workers ends by itself', () => {
  const LIMIT = 5000;
  const work = `
const flow = new lib.Flow({ base: lib.normal(2), transforms: [lib.planar(2), lib.radial(2)], seed: 1 });
flow.sampleAndLogProb(100_000);
await lib.fitToTarget(flow, lib.energies.u1, { steps: 20, batchSize: 8192 });
`;
  const scripts = {
    'after calls and a fit': `${work}console.log('done');`,
    'after setThreads(4)': `await lib.setThreads(4);console.log('done');`,
    'after setThreads(4), calls and a fit': `await lib.setThreads(4);${work}console.log('done', lib.threads().count);`,
    'without waiting for setThreads(4)': `lib.setThreads(4);console.log('done');`,
  };

  describe.each(RUNTIMES)('%s', (runtime, tool) => {
    const project = once(() => consumer(`idle-${runtime.replaceAll(/\W+/g, '-')}`));

    for (const [when, text] of Object.entries(scripts)) {
      cell(when, tool, async () => {
        const folder = await project();
        const code = `import * as lib from '${folder}/node_modules/normalizing-flows/dist/index.js';\n${text}`;
        const file = `${when.replaceAll(/\W+/g, '-')}.mjs`;
        writeFileSync(`${folder}/${file}`, code);
        const args = runtime.startsWith('Deno') ? ['run', '--no-prompt', file] : [file];
        const { stdout, lingered } = await run(tool.path, args, { cwd: folder, env: ENV, seconds: 30 });
        expect(stdout).toContain('done');
        expect(lingered).toBeLessThan(LIMIT);
      });
    }
  });
});

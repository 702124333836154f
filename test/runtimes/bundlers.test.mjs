// The packed package through every bundler, and what comes out in a real browser.

import { writeFileSync } from 'node:fs';
import nodeResolve from '@rollup/plugin-node-resolve';
import * as esbuild from 'esbuild';
import { rollup } from 'rollup';
import * as vite from 'vite';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import webpack from 'webpack';
import { CHROMIUM_WHY, ISOLATION, launchChromium, resultOfPage, serve } from './chromium.mjs';
import { BUN, OUT, RUNTIMES, cell, check, consumer, once, resultOf, run } from './harness.mjs';

const COUNTS = [1, 2];
const PARTS = ['planar fit', 'callback fit', 'samples'];

// Names, not the namespace: what an application leaves out, its bundler may take away.
const NAMES = [
  'Flow',
  'affine',
  'energies',
  'fitToTarget',
  'normal',
  'planar',
  'radial',
  'setThreads',
  'targetFromFunction',
  'threads',
];
const APP = `
import { ${NAMES.join(', ')} } from 'normalizing-flows';
import { report } from './scenario.mjs';
report({ ${NAMES.join(', ')} }, ${JSON.stringify(COUNTS)}, ${JSON.stringify(PARTS)});
`;
const page = (script) => `<!doctype html><script type="module" src="${script}"></script>`;

const browser = { why: CHROMIUM_WHY };
let chromium;
beforeAll(async () => {
  if (browser.why === undefined) chromium = await launchChromium();
});
afterAll(() => chromium?.close());

const project = (name) => consumer(name, { 'app.mjs': APP });

/** Opens the folder that a bundler has written `bundle.js` to. */
async function openBundle(folder) {
  writeFileSync(`${folder}/dist/index.html`, page('bundle.js'));
  return openServed(`${folder}/dist`);
}

async function openServed(folder) {
  const server = await serve(folder, ISOLATION);
  try {
    return await resultOfPage(chromium, server.url);
  } finally {
    await server.close();
  }
}

const viteConfig = (root) => {
  const at = { host: '127.0.0.1', port: 0, headers: ISOLATION };
  return { root, configFile: false, logLevel: 'error', server: { ...at, hmr: false }, preview: at };
};

async function withVite(server, close) {
  try {
    const { port } = server.httpServer.address();
    return await resultOfPage(chromium, `http://127.0.0.1:${port}/`);
  } finally {
    await close();
  }
}

/** From a bundler's name to what its bundle says in the browser. */
const BUNDLERS = {
  [`Vite ${vite.version}, build and preview`]: async () => {
    const root = await project('vite-build');
    writeFileSync(`${root}/index.html`, page('/app.mjs'));
    await vite.build(viteConfig(root));
    const server = await vite.preview(viteConfig(root));
    return withVite(server, () => server.close());
  },
  [`Vite ${vite.version}, dev server`]: async () => {
    const root = await project('vite-dev');
    writeFileSync(`${root}/index.html`, page('/app.mjs'));
    const server = await (await vite.createServer(viteConfig(root))).listen();
    return withVite(server, () => server.close());
  },
  [`webpack ${webpack.version}`]: async () => {
    const root = await project('webpack');
    const compiler = webpack({
      mode: 'production',
      context: root,
      entry: './app.mjs',
      output: { path: `${root}/dist`, filename: 'bundle.js' },
    });
    const stats = await new Promise((resolve, reject) => {
      compiler.run((error, done) => (error ? reject(error) : resolve(done)));
    });
    await new Promise((resolve) => compiler.close(resolve));
    // The one warning allowed is on size: 244 kB is what webpack recommends for a whole page.
    const { errors, warnings } = stats.toJson();
    expect(errors).toEqual([]);
    expect(warnings.filter(({ message }) => !/size limit|performance recommendations/.test(message))).toEqual([]);
    return openBundle(root);
  },
  [`esbuild ${esbuild.version}`]: async () => {
    const root = await project('esbuild');
    const { warnings } = await esbuild.build({
      absWorkingDir: root,
      entryPoints: ['app.mjs'],
      outfile: 'dist/bundle.js',
      bundle: true,
      minify: true,
      format: 'esm',
      logLevel: 'silent',
    });
    expect(warnings).toEqual([]);
    return openBundle(root);
  },
  Rollup: async () => {
    const root = await project('rollup');
    const warnings = [];
    const bundle = await rollup({
      input: `${root}/app.mjs`,
      plugins: [nodeResolve()],
      onwarn: (warning) => warnings.push(warning),
    });
    await bundle.write({ file: `${root}/dist/bundle.js`, format: 'es' });
    await bundle.close();
    expect(warnings).toEqual([]);
    return openBundle(root);
  },
  ...(BUN.why === undefined && {
    [`bun build ${BUN.version}`]: async () => {
      const root = await project('bun-build');
      await run(BUN.path, ['build', 'app.mjs', '--outfile=dist/bundle.js', '--target=browser', '--minify'], { cwd: root });
      return openBundle(root);
    },
  }),
};

describe.each(Object.entries(BUNDLERS))('%s, in Chromium', (name, bundle) => {
  const result = once(bundle);

  for (const count of COUNTS) cell(`${count} thread(s)`, browser, async () => check(await result(), count, { parts: PARTS }));
});

describe('esbuild for servers', () => {
  let folder;
  beforeAll(async () => {
    folder = await project('esbuild-server');
    const options = { absWorkingDir: folder, entryPoints: ['app.mjs'], bundle: true, platform: 'node' };
    await esbuild.build({ ...options, outfile: 'dist/bundle.mjs', format: 'esm' });
    await esbuild.build({ ...options, outfile: 'dist/bundle.cjs', format: 'cjs' });
  });

  describe.each(RUNTIMES)('%s', (runtime, tool) => {
    const args = runtime.startsWith('Deno') ? ['run', '--no-prompt'] : [];
    for (const file of runtime.startsWith('Node') ? ['bundle.mjs', 'bundle.cjs'] : ['bundle.mjs']) {
      cell(file, tool, async () => {
        const { stdout } = await run(tool.path, [...args, file], { cwd: `${folder}/dist`, env: { DENO_DIR: `${OUT}/deno` } });
        for (const count of COUNTS) check(resultOf(stdout), count, { parts: PARTS });
      });
    }
  });
});

describe('bun build --compile', () => {
  cell('the program', BUN, async () => {
    const folder = await project('bun-compile');
    await run(BUN.path, ['build', '--compile', 'app.mjs', '--outfile=program'], { cwd: folder });
    const { stdout } = await run(`${folder}/program`, [], { cwd: OUT });
    for (const count of COUNTS) check(resultOf(stdout), count, { parts: PARTS });
  });
});

// Rollup and Vite plugins that put the wasm and the worker's program into the module, as text. Inlining is what makes one file work in
// every runtime and bundler, with no path to resolve and no permission to ask.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { rollup } from 'rollup';
import ts from 'typescript';

/** `import base64 from './kernels.wasm'` gives the bytes as a base64 string. */
export function inlineWasm() {
  return {
    name: 'inline-wasm',
    enforce: 'pre',
    load(id) {
      if (!id.endsWith('.wasm')) return null;
      return `export default ${JSON.stringify(readFileSync(id).toString('base64'))};`;
    },
  };
}

const WORKER = fileURLToPath(new URL('src/runtime/worker.ts', import.meta.url));
const TEXT = '?text';

/** `import program from './worker.js?text'` gives the worker's program, bundled, as a string. */
export function inlineWorker() {
  return {
    name: 'inline-worker',
    enforce: 'pre',
    resolveId: (source) => (source.endsWith(`/worker.js${TEXT}`) ? WORKER + TEXT : null),
    async load(id) {
      if (id !== WORKER + TEXT) return null;
      return `export default ${JSON.stringify(await bundleWorker())};`;
    },
  };
}

/** The worker's program as one script: it runs as a classic script and as a module. */
export async function bundleWorker() {
  const bundle = await rollup({ input: WORKER, plugins: [stripTypes()] });
  const { output } = await bundle.generate({ format: 'iife' });
  await bundle.close();
  return output[0].code;
}

function stripTypes() {
  return {
    name: 'strip-types',
    resolveId: (source, importer) =>
      importer && source.endsWith('.js') ? fileURLToPath(new URL(source.replace(/js$/, 'ts'), `file://${importer}`)) : null,
    transform: (code) =>
      ts.transpileModule(code, { compilerOptions: { target: 'ES2022', module: 'ESNext', verbatimModuleSyntax: true } })
        .outputText,
  };
}

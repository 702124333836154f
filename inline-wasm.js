import { readFileSync } from 'node:fs';

/**
 * Rollup and Vite plugin: `import base64 from './kernels.wasm'` gives the bytes as a base64 string.
 * Inlining is what makes one file work in every runtime and bundler, with no path to resolve and no permission to ask.
 */
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

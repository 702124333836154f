import type { Plugin } from 'vite';

/** Rollup and Vite plugin: `import base64 from './kernels.wasm'` gives the bytes as a base64 string. */
export function inlineWasm(): Plugin;

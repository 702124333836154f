import { readFileSync } from 'node:fs';
import nodeResolve from '@rollup/plugin-node-resolve';
import typescript from '@rollup/plugin-typescript';
import dts from 'rollup-plugin-dts';
import { bundleWorker, inlineWasm, inlineWorker } from './inline.js';

export default [
  {
    input: 'src/index.ts',
    treeshake: { manualPureFunctions: ['bisector'] }, // of d3-array, which comes with d3-contour: programs without pictures carry none of it
    output: {
      file: 'dist/index.js',
      format: 'es',
      sourcemap: false,
      footer: notice('d3-contour', 'https://d3js.org/d3-contour'),
    },
    plugins: [
      inlineWasm(),
      inlineWorker(),
      nodeResolve(),
      typescript({ noEmit: false, include: ['src/**', 'assembly/opcodes.ts', 'assembly/functions.ts'] }),
      files(),
    ],
  },
  {
    input: 'src/index.ts',
    output: { file: 'dist/index.d.ts', format: 'es' },
    plugins: [dts()],
  },
  {
    input: 'src/cli/cli.ts',
    output: {
      file: 'dist/cli.js',
      format: 'es',
      banner: '#!/usr/bin/env node',
      footer: notice('csv-parse', 'https://csv.js.org'),
    },
    external: /^node:/,
    plugins: [library(), nodeResolve(), typescript({ noEmit: false, include: ['src/**', 'assembly/opcodes.ts'] })],
  },
];

/** The command line has the library beside it, not inside. */
function library() {
  return {
    name: 'library',
    resolveId: (source) => (source === '../index.js' ? { id: './index.js', external: true } : null),
  };
}

/** What the licence of bundled code asks for. */
function notice(name, address) {
  return () => `/*\nWith ${name} (${address}):\n\n${readFileSync(`node_modules/${name}/LICENSE`, 'utf8')}*/`;
}

/** What the library carries inside itself, for `configure` where it must not: the worker's program and the module. */
function files() {
  return {
    name: 'files',
    async generateBundle() {
      this.emitFile({ type: 'asset', fileName: 'worker.js', source: await bundleWorker() });
      this.emitFile({ type: 'asset', fileName: 'kernels.wasm', source: readFileSync('build/kernels.wasm') });
    },
  };
}

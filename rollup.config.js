import { readFileSync } from 'node:fs';
import nodeResolve from '@rollup/plugin-node-resolve';
import typescript from '@rollup/plugin-typescript';
import dts from 'rollup-plugin-dts';
import { bundleWorker, inlineWasm, inlineWorker } from './inline.js';

export default [
  {
    input: 'src/index.ts',
    output: { file: 'dist/index.js', format: 'es', sourcemap: false },
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
    output: { file: 'dist/cli.js', format: 'es', banner: '#!/usr/bin/env node', footer: notice },
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

/** What the licence of the bundled CSV reader asks for. */
function notice() {
  return `/*\nWith csv-parse (https://csv.js.org):\n\n${readFileSync('node_modules/csv-parse/LICENSE', 'utf8')}*/`;
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

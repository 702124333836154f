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
];

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

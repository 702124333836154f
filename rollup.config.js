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
      workerFile(),
    ],
  },
  {
    input: 'src/index.ts',
    // `Disposable` is in no lib that a project has by default.
    output: { file: 'dist/index.d.ts', format: 'es', banner: '/// <reference lib="esnext.disposable" />' },
    plugins: [dts()],
  },
];

/** `dist/worker.js`, for pages that must not run inlined scripts: they host it, and tell `configure` where. */
function workerFile() {
  return {
    name: 'worker-file',
    async generateBundle() {
      this.emitFile({ type: 'asset', fileName: 'worker.js', source: await bundleWorker() });
    },
  };
}

import nodeResolve from '@rollup/plugin-node-resolve';
import typescript from '@rollup/plugin-typescript';
import dts from 'rollup-plugin-dts';
import { inlineWasm } from './inline-wasm.js';

export default [
  {
    input: 'src/index.ts',
    output: { file: 'dist/index.js', format: 'es', sourcemap: false },
    plugins: [
      inlineWasm(),
      nodeResolve(),
      typescript({ noEmit: false, include: ['src/**', 'assembly/opcodes.ts', 'assembly/functions.ts'] }),
    ],
  },
  {
    input: 'src/index.ts',
    output: { file: 'dist/index.d.ts', format: 'es' },
    plugins: [dts()],
  },
];

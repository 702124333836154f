// The machine's peak, measured: what a fraction of it is a fraction of.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FLOPS_PER_STEP = 12 * 2 * 2; // chains, lanes, operations
const STEPS = 100_000; // a fraction of a millisecond
const SECONDS = 1;

/** Additions and multiplications in float64 per second that one thread does in wasm SIMD at best. */
export function measurePeak() {
  const { mulAdd } = new WebAssembly.Instance(new WebAssembly.Module(compile('peak'))).exports;
  let best = Infinity;
  // The engine's optimised code takes over between calls.
  for (const end = performance.now() + 1000 * SECONDS; performance.now() < end;) {
    const start = performance.now();
    mulAdd(STEPS, 0.999, 0.001);
    best = Math.min(best, performance.now() - start);
  }
  return (FLOPS_PER_STEP * STEPS) / (best / 1000);
}

/** The bytes of an AssemblyScript file beside this one. Compiled in another process, as the compiler would keep the engine busy in ours. */
export function compile(name) {
  const asc = fileURLToPath(new URL('../node_modules/assemblyscript/bin/asc.js', import.meta.url));
  const options = ['--config', 'none', '--optimizeLevel', '3', '--runtime', 'stub', '--enable', 'simd', '--use', 'abort='];
  const { status, stderr, error } = spawnSync(
    process.execPath,
    [asc, `${name}.ts`, '--outFile', `build/${name}.wasm`, ...options],
    {
      cwd: fileURLToPath(new URL('.', import.meta.url)),
      encoding: 'utf8',
    },
  );
  if (status !== 0) throw new Error(`bench: ${name}.ts does not compile.\n${stderr}`, { cause: error });
  return readFileSync(new URL(`build/${name}.wasm`, import.meta.url));
}

// The machine's peak, measured: what a fraction of it is a fraction of.

import asc from 'assemblyscript/asc';
import { readFileSync } from 'node:fs';

const FLOPS_PER_STEP = 12 * 2 * 2; // chains, lanes, operations
const STEPS = 100_000; // a fraction of a millisecond
const SECONDS = 1;

/** Additions and multiplications in float64 per second that one thread does in wasm SIMD at best. */
export async function measurePeak() {
  const { mulAdd } = new WebAssembly.Instance(new WebAssembly.Module(await compile('peak.ts'))).exports;
  let best = Infinity;
  // The engine's optimised code takes over between calls.
  for (const end = performance.now() + 1000 * SECONDS; performance.now() < end;) {
    const start = performance.now();
    mulAdd(STEPS, 0.999, 0.001);
    best = Math.min(best, performance.now() - start);
  }
  return (FLOPS_PER_STEP * STEPS) / (best / 1000);
}

/** The bytes of an AssemblyScript file beside this one. */
async function compile(name) {
  let bytes;
  const { error, stderr } = await asc.main(
    [name, '--outFile', 'peak.wasm', '--optimizeLevel', '3', '--runtime', 'stub', '--enable', 'simd', '--use', 'abort='],
    {
      readFile: (path) => (path === name ? readFileSync(new URL(name, import.meta.url), 'utf8') : null),
      writeFile: (path, contents) => {
        if (path === 'peak.wasm') bytes = contents;
      },
      listFiles: () => [],
    },
  );
  if (error) throw new Error(`bench: ${name} does not compile.\n${stderr}`, { cause: error });
  return bytes;
}

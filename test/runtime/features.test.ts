import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { missingFeatures } from '../../src/index.js';

it('nothing is missing here', () => expect(missingFeatures()).toEqual([]));

/** Runs code in a runtime that lacks something; the import must go well in any. */
function run(before: string): string {
  const code = `${before}
    const { Flow, missingFeatures, normal, planar } = await import('normalizing-flows');
    console.log(missingFeatures().join(', '));
    try { new Flow({ base: normal(2), transforms: [planar(2)] }); } catch (error) { console.log(error.name + ': ' + error.message); }`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' });
  expect(stderr).toBe('');
  return stdout;
}

describe('a runtime without', () => {
  const NEEDED = 'UnsupportedError: normalizing-flows: the runtime must have WebAssembly with SIMD and threads;';

  it('WebAssembly', () => {
    expect(run('delete globalThis.WebAssembly;')).toBe(`WebAssembly\n${NEEDED} WebAssembly missing.\n`);
  });

  it.each([
    ['SIMD', '0xfd'],
    ['threads', '0xfe'],
  ])('WebAssembly %s', (feature, prefix) => {
    const without = `const { validate } = WebAssembly; WebAssembly.validate = (bytes) => !bytes.includes(${prefix}) && validate(bytes);`;
    expect(run(without)).toBe(`WebAssembly ${feature}\n${NEEDED} WebAssembly ${feature} missing.\n`);
  });

  it('leave to compile', () => {
    const stdout = run(`WebAssembly.Module = class { constructor() { throw new WebAssembly.CompileError('blocked by CSP'); } };`);
    expect(stdout).toBe(
      "\nUnsupportedError: normalizing-flows: the page must allow WebAssembly; it was refused. A Content-Security-Policy needs script-src 'wasm-unsafe-eval'.\n",
    );
  });
});

// The examples for Deno and Bun, in Deno and Bun.

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
const run = promisify(execFile);
const bin = (name) => join(import.meta.dirname, 'node_modules', '.bin', name);
const TIMEOUT = { timeout: 60_000 };

it('examples/deno.ts draws the two arcs of U1, with no permission given, and ends', TIMEOUT, async () => {
  const env = { ...process.env, NO_COLOR: '1', DENO_NO_UPDATE_CHECK: '1' };
  const { stdout } = await run(bin('deno'), ['run', '--no-prompt', 'examples/deno.ts'], { cwd: ROOT, env });
  const lines = stdout.trimEnd().split('\n');
  const kl = /^KL\(q‖p\) = (-?[\d.]+) ± [\d.]+ nats$/.exec(lines.pop());
  expect(Number(kl[1])).toBeLessThan(0.05);
  expect(Number(kl[1])).toBeGreaterThan(-0.01);
  expect(lines.length).toBe(24);
  // At half the height: dark arcs at x = ±2 of [−3.2, 3.2], and nothing between them.
  const [left, middle, right] = [-2, 0, 2].map((x) => lines[12][Math.round(((x + 3.2) / 6.4) * 64)]);
  expect('▒▓█').toContain(left);
  expect('▒▓█').toContain(right);
  expect(middle).toBe(' ');
});

it('examples/deno.ts agrees with the types', TIMEOUT, async () => {
  await run(bin('deno'), ['check', 'examples/deno.ts'], { cwd: ROOT, env: { ...process.env, DENO_NO_UPDATE_CHECK: '1' } });
});

it('examples/bun.ts scores rows over HTTP, refuses bad ones with the reason, and ends', TIMEOUT, async () => {
  const { stdout } = await run(bin('bun'), ['examples/bun.ts'], { cwd: ROOT });
  const [, ring, middle] = /on the ring (-?[\d.]+), in its middle (-?[\d.]+) nats/.exec(stdout).map(Number);
  expect(Math.abs(ring - -1.8775)).toBeLessThan(0.4); // ln p(2, 0) = −U1 − ln Z, U1 being 0 there but for 2e-5
  expect(middle).toBeLessThan(-6);
  expect(stdout).toContain('Flow.logProb: x must hold rows of dim 2; got Array of length 3 at row 0.');
});

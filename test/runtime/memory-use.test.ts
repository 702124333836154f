import v8 from 'node:v8';
import vm from 'node:vm';
import { afterAll, expect, it } from 'vitest';
import { Flow, energies, fitToTarget, normal, planar, setThreads } from '../../src/index.js';
import { arena } from '../../src/runtime/memory.js';

const MB = 1e6;

v8.setFlagsFromString('--expose-gc');
const collectGarbage = vm.runInNewContext('gc') as () => void;

afterAll(async () => void (await setThreads(1)));

it('100 fits of 200 steps: flat after the tenth, in wasm and in JavaScript', { timeout: 120_000 }, async () => {
  await setThreads(2);
  const used = async (): Promise<{ wasm: number; arena: number; js: number }> => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    collectGarbage();
    return { wasm: arena().u8.length, arena: arena().allocatedBytes, js: process.memoryUsage().heapUsed };
  };
  const flow = new Flow({ base: normal(2), transforms: Array.from({ length: 8 }, () => planar(2)), seed: 1 });
  let early = await used();
  for (let fit = 1; fit <= 100; fit++) {
    await fitToTarget(flow, energies.u1, { steps: 200, batchSize: 1024, seed: fit });
    if (fit === 10) early = await used();
  }
  const late = await used();
  const inMB = (bytes: number): string => (bytes / MB).toFixed(2);
  process.stdout.write(
    `after 10 and 100 fits: wasm ${inMB(early.wasm)} and ${inMB(late.wasm)} MB, in use ${inMB(early.arena)} and ${inMB(late.arena)}, ` +
      `JavaScript ${inMB(early.js)} and ${inMB(late.js)}\n`,
  );
  expect(late.wasm).toBe(early.wasm);
  expect(late.arena).toBe(early.arena);
  expect(late.js - early.js).toBeLessThan(1 * MB);
});

it('10 million rows through logProb: bounded extra memory', { timeout: 120_000 }, async () => {
  await setThreads(2);
  const flow = new Flow({ base: normal(2), transforms: Array.from({ length: 4 }, () => planar(2)), seed: 1 });
  const rows = 10_000_000;
  const x = new Float64Array(2 * rows);
  for (let i = 0; i < x.length; i++) x[i] = ((i * 48271) % 4001) / 1000 - 2;
  const out = new Float64Array(rows);
  flow.logProb(x, { out });
  const inWasm = arena().u8.length;
  process.stdout.write(
    `10 million rows: ${(8 * 3 * rows) / MB} MB in and out, ${(inWasm / MB).toFixed(1)} MB of memory in all beside them\n`,
  );
  expect(inWasm).toBeLessThan(16 * MB);
  const last = x.subarray(-2);
  expect(out[rows - 1]).toBe(flow.logProb(last)[0]);
});

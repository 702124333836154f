import { spawnSync } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import { Crew } from '../../assembly/opcodes.js';
import { Flow, energies, fitToTarget, normal, planar, radial, setThreads, targetFromFunction, threads } from '../../src/index.js';
import { arena } from '../../src/runtime/memory.js';
import { machineThreads } from '../../src/runtime/platform.js';
import { shareWork } from '../../src/runtime/pool.js';
import { hash } from './hash.js';

afterEach(async () => void (await setThreads(1)));

const layered = (dim: number, layers: number): Flow =>
  new Flow({
    base: normal(dim),
    transforms: Array.from({ length: layers }, (_, k) => (k % 3 < 2 ? planar : radial)(dim)),
    seed: 1,
  });

const gaussian = targetFromFunction(2, (x, logProb, gradient) => {
  for (let i = 0; i < logProb.length; i++) {
    logProb[i] = -0.5 * (x[2 * i] ** 2 + x[2 * i + 1] ** 2);
    gradient[2 * i] = -x[2 * i];
    gradient[2 * i + 1] = -x[2 * i + 1];
  }
});

/** Everything that runs in phases, at sizes that threads share. */
async function everything(): Promise<Record<string, string>> {
  const flow = layered(5, 12);
  const { x, logProb } = flow.sampleAndLogProb(100_003, { seed: 7 });
  const part = x.subarray(0, 5 * 20_011);
  const { z, logDet } = flow.inverse(part);
  const gradients = flow.logProbAndGradient(part);
  const vjp = flow.forwardVjp(z, { dx: part });
  const fitted = layered(2, 8);
  const fit = await fitToTarget(fitted, energies.u2, { steps: 40, batchSize: 8192 });
  const called = layered(2, 8);
  await fitToTarget(called, gaussian, { steps: 10, batchSize: 8192 });
  return {
    samples: hash(x, logProb),
    logProb: hash(flow.logProb(part)),
    inverse: hash(z, logDet),
    gradients: hash(gradients.dx, gradients.dParameters, vjp.dz, vjp.dParameters),
    fit: hash(fitted.getParameters(), fit.trace, Float64Array.of(fit.freeEnergy)),
    'fit to a function': hash(called.getParameters()),
  };
}

describe('setThreads', () => {
  it('changes no bit of any result', async () => {
    await setThreads(1);
    const alone = await everything();
    for (const count of [2, 3, 8]) {
      expect((await setThreads(count)).count).toBe(count);
      expect(await everything(), `${count} threads`).toEqual(alone);
    }
  });

  it('has workers do a part of the work', async () => {
    await setThreads(3);
    const flow = layered(5, 12);
    const { crew } = shareWork(1e9);
    const tilesOf = (worker: number): number => arena().i32[(crew + Crew.Beats + worker * Crew.BeatBytes) / 4];
    await expect
      .poll(() => (flow.sample(100_000), Math.min(tilesOf(0), tilesOf(1), tilesOf(2))), { timeout: 10_000 })
      .toBeGreaterThan(0);
  });

  it('says how many threads there are', async () => {
    const state = await setThreads(3);
    expect(state).toMatchObject({ count: 3, requested: 3 });
    expect(state.reason).toBeUndefined();
    expect(threads()).toMatchObject({ count: 3, requested: 3 });
    expect(await setThreads()).toMatchObject({ count: machineThreads(), requested: machineThreads() });
  });

  it('ends the workers when it is disposed, and the flow goes on', async () => {
    const flow = layered(5, 12);
    const expected = hash(flow.sample(100_000, { seed: 1 }));
    const inUse = arena().allocatedBytes;
    {
      using state = await setThreads(3);
      expect(state.count).toBe(3);
      expect(hash(flow.sample(100_000, { seed: 1 }))).toBe(expected);
    }
    expect(threads()).toMatchObject({ count: 1, requested: 1 });
    expect(hash(flow.sample(100_000, { seed: 1 }))).toBe(expected);
    flow.dispose();
    await expect.poll(() => arena().allocatedBytes - inUse).toBeLessThan(1e6); // scratch for three stays; their record does not
  });

  it('can change while a fit runs', async () => {
    const fit = async (changes: readonly number[]): Promise<string> => {
      const flow = layered(2, 8);
      const running = fitToTarget(flow, energies.u1, { steps: 300, batchSize: 4096, seed: 3 });
      for (const count of changes) await setThreads(count);
      await running;
      return hash(flow.getParameters());
    };
    expect(await fit([2, 1, 3, 2])).toBe(await fit([1]));
  });

  it.each([0, -1, 1.5, NaN, Infinity, '2' as never, null as never])('refuses %s', async (count) => {
    const shown = typeof count === 'string' ? `'2'` : String(count);
    await expect(setThreads(count)).rejects.toThrow(`setThreads: count must be an integer of at least 1; got ${shown}.`);
  });

  it('refuses more than 256', async () => {
    await expect(setThreads(257)).rejects.toThrow('setThreads: count must be at most 256; got 257.');
  });
});

describe('in a process of its own', () => {
  const run = (code: string, flags: readonly string[] = []): { status: number | null; stdout: string; stderr: string } =>
    spawnSync(
      process.execPath,
      [...flags, '--input-type=module', '-e', `import * as library from 'normalizing-flows';\n${code}`],
      {
        encoding: 'utf8',
        timeout: 20_000,
      },
    );

  const WORK = `
    const { Flow, normal, planar, setThreads, threads } = library;
    const flow = new Flow({ base: normal(5), transforms: Array.from({ length: 12 }, () => planar(5)), seed: 1 });
    const sum = () => flow.sample(100_000, { seed: 1 }).reduce((a, b) => a + b, 0);`;

  it('a script ends by itself with idle workers', () => {
    const { status, stdout } = run(`${WORK} await setThreads(3); sum(); console.log(threads().count);`);
    expect({ status, stdout }).toEqual({ status: 0, stdout: '3\n' });
  });

  it('workers start by themselves when there is enough to do, and only then', () => {
    const { status, stdout } = run(`${WORK}
      flow.logProb([[0, 0, 0, 0, 0]]);
      console.log(threads().count);
      const deadline = performance.now() + 10_000;
      while (threads().count === 1 && performance.now() < deadline) sum(); // never yields to the event loop
      console.log(threads().count === threads().requested || threads().count > 1);`);
    expect({ status, stdout }).toEqual({ status: 0, stdout: machineThreads() === 1 ? '1\nfalse\n' : '1\ntrue\n' });
  });

  it('one thread and a reason where the runtime forbids workers', () => {
    const flags = ['--experimental-permission', '--allow-fs-read=*', '--no-warnings'];
    const { status, stdout, stderr } = run(
      `${WORK} const { count, reason } = await setThreads(2); sum(); console.log(count, reason);`,
      flags,
    );
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^1 worker 1 of 1: Access to this API has been restricted/);
  });

  it('one thread and a reason where SharedArrayBuffer is missing', () => {
    const { status, stdout } = run(`${WORK} delete globalThis.SharedArrayBuffer;
      const { count, reason } = await setThreads(2); sum(); console.log(count, reason);`);
    expect({ status, stdout }).toEqual({ status: 0, stdout: '1 SharedArrayBuffer is missing\n' });
  });

  it('the module that was compiled elsewhere, given before the first use', () => {
    const { status, stdout } = run(`
      const module = new WebAssembly.Module((await import('node:fs')).readFileSync('dist/kernels.wasm'));
      library.configure({ module });
      globalThis.atob = () => { throw new Error('the bytes that are carried along are not needed'); };
      ${WORK} console.log(Number.isFinite(sum()));
      try { library.configure({ module }); } catch (error) { console.log(error.message); }`);
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: 'true\nconfigure: module must be given before the first use of the library; it is in use.\n',
    });
  });

  it('less memory where the device refuses the most, and a clear error where it refuses all', () => {
    const refusing = (limit: number): string => `
      const { Memory } = WebAssembly;
      WebAssembly.Memory = function (descriptor) {
        if (descriptor.initial > 1 && descriptor.maximum > ${limit}) throw new RangeError('could not allocate memory');
        return new Memory(descriptor);
      };`;
    expect(run(`${refusing(8192)} ${WORK} console.log(sum() !== 0);`)).toMatchObject({ status: 0, stdout: 'true\n' });
    const { stdout } = run(
      `${refusing(100)} try { ${WORK} } catch (error) { console.log(error.name, error.message, error.cause.message); }`,
    );
    expect(stdout).toBe(
      'UnsupportedError normalizing-flows: a shared memory of up to 256 MiB must be available; the runtime refused it. could not allocate memory\n',
    );
  });
});

import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { Flow, configure, energies, fitToTarget, normal, planar, setThreads, threads } from '../../src/index.js';
import { arena } from '../../src/runtime/memory.js';
import { hash } from './hash.js';

const useWorker = (name: string): void => configure({ worker: pathToFileURL(`test/runtime/workers/${name}.mjs`) });

afterEach(async () => void (await setThreads(1)));

const planars = (dim: number): Flow =>
  new Flow({ base: normal(dim), transforms: Array.from({ length: 32 }, () => planar(dim)), seed: 1 });

describe('a worker that dies', () => {
  it('50 times, in the middle of calls and fits: no hang, no wrong number', { timeout: 420_000 }, async () => {
    useWorker('dying');
    await setThreads(1);
    const flow = planars(4);
    const x = flow.sample(80_000, { seed: 2 });
    const call = (): string => {
      const { logProb, dx, dParameters } = flow.logProbAndGradient(x);
      return hash(logProb, dx, dParameters);
    };
    const expected = call();
    const fit = async (): Promise<string> => {
      const fitted = planars(2);
      await fitToTarget(fitted, energies.u2, { steps: 40, batchSize: 8192, estimateSamples: 2 });
      const parameters = hash(fitted.getParameters());
      fitted.dispose();
      return parameters;
    };
    const fitted = await fit();
    const inUse = arena().allocatedBytes;

    let inTheMiddle = 0;
    let rounds = 0;
    while (inTheMiddle < 50 && rounds < 350) {
      await setThreads(1);
      await setThreads(3);
      if (rounds++ % 5 === 4) {
        expect(await fit()).toBe(fitted);
      } else {
        expect(call()).toBe(expected);
      }
      if (threads().reason?.includes('no progress')) inTheMiddle++;
    }
    process.stdout.write(`workers lost in the middle: ${inTheMiddle} of ${rounds} rounds\n`);
    expect(inTheMiddle).toBe(50);
    await setThreads(1);
    await expect.poll(() => arena().allocatedBytes - inUse, { timeout: 5000 }).toBeLessThan(4e6); // nothing is kept for the dead
  });

  it('of an error while it holds a chunk: the work is redone at once, and what it said is known', async () => {
    useWorker('failing');
    const flow = planars(4);
    await setThreads(1);
    const expected = hash(flow.sample(40_000, { seed: 1 }));
    await setThreads(2);
    const begin = performance.now();
    while (threads().reason === undefined && performance.now() - begin < 10_000)
      expect(hash(flow.sample(40_000, { seed: 1 }))).toBe(expected);
    expect(threads().reason).toMatch(/a worker was lost \(Error: The kernel is broken\.\n\s+at /);
  });
});

describe('a worker that does not come', () => {
  it('as its script is missing: one thread, and the reason', async () => {
    useWorker('missing');
    const { count, reason } = await setThreads(2);
    expect(count).toBe(1);
    expect(reason).toMatch(/^worker 1 of 1: .*Cannot find module/s);
    configure({ worker: pathToFileURL('dist/worker.js') });
    expect(await setThreads(2)).toMatchObject({ count: 2 }); // the next attempt is a new one
  });

  it('as it never says that it is ready: one thread after ten seconds, and the reason', async () => {
    useWorker('silent');
    const { count, reason } = await setThreads(2);
    expect(count).toBe(1);
    expect(reason).toBe('workers 1 of 1: not ready after 10 s');
    expect(planars(2).sample(100_000)).toHaveLength(200_000); // nothing waits for it
  });
});

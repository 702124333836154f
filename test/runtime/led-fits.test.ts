// Fits on a page, where a worker leads and the main thread stays free. Here the main thread only pretends that it must not sleep.

import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import {
  Flow,
  WorkerLostError,
  configure,
  energies,
  fitToData,
  fitToTarget,
  normal,
  planar,
  setThreads,
} from '../../src/index.js';
import { trainingProgram } from '../../src/inference/fit-programs.js';
import { Execution, ParameterStore, Workspace } from '../../src/program/execution.js';
import { arena } from '../../src/runtime/memory.js';
import { shareLedWork } from '../../src/runtime/pool.js';
import { Job } from '../../assembly/opcodes.js';
import { hash } from './hash.js';

vi.mock('../../src/runtime/platform.js', async (original) => ({
  ...(await original<typeof import('../../src/runtime/platform.js')>()),
  mayBlock: () => false,
}));

beforeEach(() => configure({ worker: pathToFileURL('dist/worker.js') }));
afterEach(async () => void (await setThreads(1)));

const planars = (): Flow => new Flow({ base: normal(2), transforms: Array.from({ length: 16 }, () => planar(2)), seed: 1 });

/** The same of a fit to data, whose batches cross epochs within a call. */
async function fitToRows(): Promise<string> {
  const flow = planars();
  const rows = flow.sample(30_000, { seed: 4 }).map((value, i) => value + (i % 2) * Math.abs(value));
  const { trace, trainNll } = await fitToData(flow, rows, { steps: 25, batchSize: 9000, seed: 2 });
  const result = hash(flow.getParameters(), trace, Float64Array.of(trainNll));
  flow.dispose();
  return result;
}

async function fit(): Promise<string> {
  const flow = planars();
  await fitToTarget(flow, energies.u1, { steps: 60, batchSize: 20_000, seed: 2, estimateSamples: 2 });
  const parameters = hash(flow.getParameters());
  flow.dispose();
  return parameters;
}

it('gives the same bits', async () => {
  await setThreads(1);
  const expected = [await fit(), await fitToRows()];
  for (const count of [2, 3]) {
    expect((await setThreads(count)).count).toBe(count);
    expect([await fit(), await fitToRows()]).toEqual(expected);
  }
});

it('lets other code evaluate flows meanwhile, and other fits run', async () => {
  await setThreads(1);
  const flow = planars();
  const samples = (): string => hash(flow.sample(20_000, { seed: 5 }));
  const expected = samples();
  const fitted = await fit();
  await setThreads(2);
  let isDone = false;
  const fits = Promise.all([fit(), fit(), fit()]).finally(() => (isDone = true));
  let evaluations = 0;
  while (!isDone) {
    expect(samples()).toBe(expected);
    evaluations++;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  expect(await fits).toEqual([fitted, fitted, fitted]);
  expect(evaluations).toBeGreaterThan(3);
});

it('goes on to the same bits when the threads change while a worker leads', async () => {
  await setThreads(1);
  const expected = await fit();
  await setThreads(2);
  let isDone = false;
  const fits = Promise.all([fit(), fit()]).finally(() => (isDone = true));
  for (let count = 1; !isDone; count = (count % 3) + 1) {
    await setThreads(count);
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
  expect(await fits).toEqual([expected, expected]);
});

it('does not take a busy main thread for a lost leader', async () => {
  await setThreads(2);
  const flow = planars();
  const running = fitToTarget(flow, energies.u1, { steps: 3000, batchSize: 16, estimateSamples: 2 });
  await new Promise((resolve) => setTimeout(resolve, 5));
  const busy = performance.now() + 6500;
  while (performance.now() < busy);
  await running;
});

it('has a scratch area for a leader that works alone', async () => {
  await setThreads(3);
  let asked = 0;
  const scratch = new (class extends Workspace {
    override atLeast(bytes: number): number {
      asked = bytes;
      return super.atLeast(bytes);
    }
  })();
  const flow = planars();
  const execution = new Execution(
    trainingProgram(flow, energies.u1, 16, 'total'),
    new ParameterStore(flow.parameterCount),
    [],
    scratch,
  );
  execution.share(16, shareLedWork);
  const word = (field: Job): number => arena().i32[(execution.job + field) / 4];
  expect(word(Job.Crew)).toBe(0);
  expect(asked).toBeGreaterThanOrEqual(4 * word(Job.ScratchBytes)); // the caller and three workers
});

const useDyingWorkers = (mortal: string): void => {
  process.env.MORTAL_WORKER = mortal;
  configure({ worker: pathToFileURL('test/runtime/workers/dying.mjs') });
};

it('survives the loss of a helper, to the same bits', { timeout: 120_000 }, async () => {
  await setThreads(1);
  const expected = await fit();
  useDyingWorkers('2');
  let survived = 0;
  for (let round = 0; round < 12; round++) {
    await setThreads(1);
    await setThreads(2); // two workers beside the main thread
    try {
      expect(await fit()).toBe(expected);
      survived++;
    } catch (error) {
      if (!(error instanceof WorkerLostError)) throw error; // the second was the leader
    }
  }
  expect(survived).toBeGreaterThan(0);
});

it('says so when the leader is lost', { timeout: 60_000 }, async () => {
  useDyingWorkers('');
  let lost = 0;
  for (let round = 0; round < 8; round++) {
    await setThreads(1);
    await setThreads(2);
    try {
      await fit();
    } catch (error) {
      if (!(error instanceof WorkerLostError)) throw error;
      expect(error.message).toMatch(
        /^fitToTarget: the worker that ran the steps must stay alive; got: worker \d of 2: its thread ended\.$/,
      );
      lost++;
    }
  }
  expect(lost).toBeGreaterThan(0);
});

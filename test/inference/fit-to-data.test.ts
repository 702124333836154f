import { spawn } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import {
  actNorm,
  adam,
  affine,
  chain,
  conditional,
  constant,
  type DataFit,
  type DataProgress,
  DivergenceError,
  energies,
  fitToData,
  type FitToDataOptions,
  fitToTarget,
  Flow,
  FlowFileError,
  normal,
  nsf,
  planar,
  reversal,
  type Rows,
  setThreads,
  sgd,
  standardize,
  supports,
  type Transform,
} from '../../src/index.js';
import { decodeSafetensors, encodeSafetensors } from '../../src/io/safetensors.js';
import { arena } from '../../src/runtime/memory.js';
import { Stream, permutation } from '../../src/runtime/random.js';
import { Random } from '../reference/random.js';

const flows: Flow[] = [];
const keep = (flow: Flow): Flow => (flows.push(flow), flow);
const planarFlow = (layers = 4, seed = 1): Flow =>
  keep(new Flow({ base: normal(2), transforms: Array.from({ length: layers }, () => planar(2)), seed }));
const affineFlow = (dim = 2): Flow => keep(new Flow({ base: normal(dim), transforms: [affine(dim)], seed: 1 }));
afterEach(() => {
  for (const flow of flows.splice(0)) flow.dispose();
});

/** Two interleaving half circles with noise. */
function moons(n: number, seed = 1): number[][] {
  const random = new Random(seed);
  return Array.from({ length: n }, (_, i) => {
    const angle = Math.PI * random.uniform();
    const [a, b] = random.normals(2, 0.1);
    return i % 2 ? [1 - Math.cos(angle) + a, 0.5 - Math.sin(angle) + b] : [Math.cos(angle) + a, Math.sin(angle) + b];
  });
}

const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
const nllOf = (flow: Flow, rows: Rows): number => -mean(flow.logProb(rows));

/** The next steps leave the parameters where they are. */
const STILL = sgd({ learningRate: 1e-300 });
const QUICK: FitToDataOptions = { steps: 60, batchSize: 32 };

describe('what it converges to', () => {
  it('the closed form of a normal distribution, to 1e-6', async () => {
    const random = new Random(3);
    const data = Array.from({ length: 400 }, () => {
      const [a, b] = random.normals(2);
      return [3 + 0.5 * a, -1 + 2 * b];
    });
    const flow = affineFlow();
    const fit = await fitToData(flow, data, { validation: 0, batchSize: 400, steps: 2000, optimizer: adam() });
    const { 'transforms.0.shift': shift, 'transforms.0.logScale': logScale } = flow.namedParameters();
    let entropy = 0;
    for (const j of [0, 1]) {
      const column = data.map((row) => row[j]);
      const m = mean(column);
      const logSd = 0.5 * Math.log(mean(column.map((value) => (value - m) ** 2)));
      expect(Math.abs(shift[j] - m)).toBeLessThan(1e-6);
      expect(Math.abs(logScale[j] - logSd)).toBeLessThan(1e-6);
      entropy += logSd + 0.5 * Math.log(2 * Math.PI) + 0.5;
    }
    expect(fit.trainNll).toBeCloseTo(entropy, 10);
    expect(fit).toMatchObject({
      validationNll: undefined,
      validationTrace: [],
      bestStep: 2000,
      steps: 2000,
      stoppedEarly: false,
    });
  });

  it('two moons: planar layers are 0.5 nats better than a normal distribution on rows not seen', async () => {
    const [data, others] = [moons(2000), moons(4000, 99)];
    const plain = affineFlow();
    await fitToData(plain, data);
    const flow = keep(
      new Flow({ base: normal(2, { trainable: true }), transforms: Array.from({ length: 16 }, () => planar(2)), seed: 1 }),
    );
    const { validationNll } = await fitToData(flow, data);
    expect(nllOf(flow, others)).toBeLessThan(nllOf(plain, others) - 0.5);
    expect(Math.abs(nllOf(flow, others) - validationNll!)).toBeLessThan(0.25);
  });
});

describe('a step', () => {
  it.each([1, 2, 33, 301])('goes down the gradient of the mean negative log likelihood, %d rows', async (n) => {
    const data = new Float64Array(moons(n + 1).flat()); // a batch that leaves one out
    const flow = planarFlow();
    const before = flow.getParameters();
    const order = permutation({ low: 1, high: 0, step: 1 }, Stream.Order, n + 1).slice(0, n);
    const batch = Array.from(order, (row) => [...data.subarray(2 * row, 2 * row + 2)]);
    const { logProb, dParameters } = flow.logProbAndGradient(batch);
    const options = { validation: 0, batchSize: n, steps: 1, clipNorm: Infinity, schedule: constant };
    const { trace } = await fitToData(flow, data, { ...options, optimizer: sgd({ learningRate: 0.1 }) });
    flow.getParameters().forEach((value, k) => expect(value - before[k]).toBeCloseTo((0.1 * dParameters[k]) / n, 12));
    expect(trace[0]).toBeCloseTo(-mean(logProb), 12);
  });

  it('with weights, of the weighted mean', async () => {
    const data = moons(101);
    const weights = Float64Array.from(data, (_, i) => 1 + (i % 7));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const flow = planarFlow();
    const before = flow.getParameters();
    const { logProb, dParameters } = flow.logProbAndGradient(data, { weights });
    const options = { weights, validation: 0, batchSize: 101, steps: 1, clipNorm: Infinity, schedule: constant };
    const { trace, trainNll } = await fitToData(flow, data, { ...options, optimizer: sgd({ learningRate: 0.1 }) });
    flow.getParameters().forEach((value, k) => expect(value - before[k]).toBeCloseTo((0.1 * dParameters[k]) / total, 12));
    const weightedNll = (values: Float64Array): number => -values.reduce((sum, value, i) => sum + weights[i] * value, 0) / total;
    expect(trace[0]).toBeCloseTo(weightedNll(logProb), 12);
    expect(trainNll).toBeCloseTo(weightedNll(flow.logProb(data)), 12);
  });

  it('clips the norm to 5', async () => {
    const flow = affineFlow();
    const before = flow.getParameters();
    const options = { validation: 0, steps: 1, schedule: constant, optimizer: sgd({ learningRate: 1 }) };
    await fitToData(flow, [[100, 0], [101, 1]], options); // prettier-ignore
    expect(Math.hypot(...flow.getParameters().map((value, k) => value - before[k]))).toBeCloseTo(5, 12);
  });
});

describe('batches', () => {
  /** Which rows a fit with batches of one takes, in order. */
  async function rowsTaken(options: FitToDataOptions, n: number): Promise<number[]> {
    const data = Array.from({ length: n }, (_, i) => [i, -i]);
    const flow = affineFlow();
    const nlls = [...flow.logProb(data)].map((value) => -value);
    const { trace } = await fitToData(flow, data, { validation: 0, batchSize: 1, optimizer: STILL, ...options });
    return [...trace].map((nll) => nlls.indexOf(nll));
  }

  it('every row once an epoch, in an order of the seed and the epoch', async () => {
    const taken = await rowsTaken({ steps: 60, seed: 9 }, 20);
    const epochs = [0, 20, 40].map((first) => taken.slice(first, first + 20));
    epochs.forEach((epoch, k) => expect(epoch).toEqual([...permutation({ low: 9, high: 0, step: k + 1 }, Stream.Order, 20)]));
    expect(epochs[0]).not.toEqual(epochs[1]);
    expect(await rowsTaken({ steps: 20, seed: 10 }, 20)).not.toEqual(epochs[0]);
  });

  it('do not depend on how steps are grouped', async () => {
    const often = { checkpointEvery: 1, onCheckpoint: () => undefined };
    expect(await rowsTaken({ steps: 50, ...often }, 13)).toEqual(await rowsTaken({ steps: 50 }, 13));
  });

  it('leave out the rest of an epoch', async () => {
    const data = moons(100);
    const { steps } = await fitToData(affineFlow(), data, { validation: 0, batchSize: 33, epochs: 7, optimizer: STILL });
    expect(steps).toBe(21);
    const capped = await fitToData(affineFlow(), data, { validation: 0, batchSize: 1000, epochs: 7, optimizer: STILL });
    expect(capped.steps).toBe(7);
    expect(capped.trace[3]).toBeCloseTo(capped.trainNll, 12);
  });
});

describe('weights', () => {
  const fitted = async (data: Rows, weights?: ArrayLike<number>, options: FitToDataOptions = {}): Promise<Float64Array> => {
    const flow = planarFlow();
    await fitToData(flow, data, { steps: 300, batchSize: 1000, validation: 0, ...options, weights });
    return flow.getParameters();
  };

  it('are like repeated rows', async () => {
    const data = moons(60);
    const counts = data.map((_, i) => 1 + (i % 3));
    const repeated = data.flatMap((row, i) => Array.from({ length: counts[i] }, () => row));
    const expected = await fitted(repeated);
    (await fitted(data, counts)).forEach((value, k) => expect(value).toBeCloseTo(expected[k], 8));
  });

  it('of 1, or 3e300, each are none, to the bit', async () => {
    const expected = await fitted(moons(50));
    for (const weight of [1, 3e300]) expect(await fitted(moons(50), new Float64Array(50).fill(weight))).toEqual(expected);
  });

  it('of 0 leave rows out, of validation too, to the bit', async () => {
    const data = moons(80);
    const spoiled = data.flatMap((row) => [row, [1e9, -1e9]]);
    const weights = spoiled.map((_, i) => (i % 2 ? 0 : 2));
    expect(await fitted(spoiled, weights, { validation: 0.2 })).toEqual(await fitted(data, undefined, { validation: 0.2 }));
  });
});

describe('validation', () => {
  it('rows are a tenth of the data, drawn with the seed, and not trained on', async () => {
    const data = moons(100);
    const order = permutation({ low: 4, high: 0, step: 0 }, Stream.Order, 100);
    const [held, training] = [order.slice(0, 10).sort(), order.slice(10).sort()].map((rows) => Array.from(rows, (r) => data[r]));
    const flow = planarFlow();
    const fit = await fitToData(flow, data, { ...QUICK, seed: 4 });
    expect(fit.validationNll).toBeCloseTo(nllOf(flow, held), 12);
    expect(fit.trainNll).toBeCloseTo(nllOf(flow, training), 12);
  });

  it('of given rows trains on all data', async () => {
    const [data, others] = [moons(100), moons(50, 2)];
    const flow = planarFlow();
    const fit = await fitToData(flow, data, { ...QUICK, validation: others });
    expect(fit.validationNll).toBeCloseTo(nllOf(flow, others), 12);
    expect(fit.trainNll).toBeCloseTo(nllOf(flow, data), 12);
  });

  it('keeps the best parameters, and stops when there are no better ones', async () => {
    const flow = planarFlow(32);
    const options = { steps: 4000, patience: 5, schedule: constant, optimizer: adam({ learningRate: 0.02 }) };
    const fit = await fitToData(flow, moons(60), { ...options, validation: moons(200, 5) });
    const { validationTrace: looks, bestStep, steps, stoppedEarly, validationNll } = fit;
    expect(stoppedEarly).toBe(true);
    expect(fit.trace).toHaveLength(steps);
    expect(steps).toBe(bestStep + 5 * 20);
    expect(looks.map(({ step }) => step)).toEqual(Array.from({ length: steps / 20 + 1 }, (_, k) => 20 * k));
    expect(Math.min(...looks.map(({ nll }) => nll))).toBe(validationNll);
    expect(looks.find(({ step }) => step === bestStep)!.nll).toBe(validationNll);
    expect(nllOf(flow, moons(200, 5))).toBeCloseTo(validationNll!, 12);
    expect(looks.at(-1)!.nll).toBeGreaterThan(validationNll!);
  });

  it('looks at every epoch, and at the last step', async () => {
    const fit = await fitToData(planarFlow(), moons(1000), { steps: 100, batchSize: 30, validation: 0.1 });
    expect(fit.validationTrace.map(({ step }) => step)).toEqual([0, 30, 60, 90, 100]);
  });

  it.each<[string, FitToDataOptions]>([
    ['all learning rates are 0', { schedule: () => 0 }],
    ['they are far too large', { schedule: constant, optimizer: adam({ learningRate: 100 }) }],
  ])('the best step is 0 where %s', async (_, options) => {
    const flow = affineFlow();
    const initial = flow.getParameters();
    expect(await fitToData(flow, moons(100), { ...QUICK, ...options })).toMatchObject({ bestStep: 0, steps: 60 });
    expect(flow.getParameters()).toEqual(initial);
  });

  it('without, the last parameters count', async () => {
    const fit = await fitToData(planarFlow(), moons(100), { ...QUICK, validation: 0 });
    expect(fit).toMatchObject({ validationNll: undefined, bestStep: 60, validationTrace: [] });
  });
});

describe('layers that begin with the data', () => {
  /** A shift and scale that standardize the rows they see. */
  function standardizing(seen: Float64Array[]): Transform {
    const inner = affine(2);
    return {
      dim: 2,
      parameters: inner.parameters,
      describe: () => inner.describe(),
      initialize: (uniforms) => inner.initialize(uniforms),
      validate: (where, parameters) => inner.validate(where, parameters),
      recordForward: (...recording) => inner.recordForward(...recording),
      recordInverse: (...recording) => inner.recordInverse(...recording),
      initializeFromData(rows) {
        seen.push(rows);
        const columns = [0, 1].map((j) => Array.from(rows).filter((_, i) => i % 2 === j));
        const means = columns.map(mean);
        const logSds = columns.map((column, j) => 0.5 * Math.log(mean(column.map((value) => (value - means[j]) ** 2))));
        return Float64Array.of(...means, ...logSds);
      },
    };
  }

  it('see the rows as the layers behind them send them back', async () => {
    const seen: Float64Array[] = [];
    const random = new Random(1);
    const data = Array.from({ length: 300 }, () => [5 + 3 * random.normals(1)[0], -2 + 0.1 * random.normals(1)[0]]);
    const transforms = [standardizing(seen), chain([planar(2), standardizing(seen)]), planar(2)];
    const flow = keep(new Flow({ base: normal(2, { trainable: true }), transforms, seed: 1 }));
    const back = keep(new Flow({ base: normal(2), transforms: [planar(2)], seed: 1 }));
    const last = flow.namedParameters();
    back.setParameters({ 'transforms.0.u': last['transforms.2.u'], 'transforms.0.w': last['transforms.2.w'], 'transforms.0.b': last['transforms.2.b'] }); // prettier-ignore
    await fitToData(flow, data, { validation: 0, steps: 1, optimizer: STILL });
    expect(seen).toHaveLength(2);
    const order = permutation({ low: 1, high: 0, step: 0 }, Stream.Order, 300);
    const { z } = back.inverse(Array.from(order, (row) => data[row]));
    expect(seen[0]).toEqual(z);
    const { z: base } = flow.inverse(data);
    for (const j of [0, 1]) {
      const column = Array.from(base).filter((_, i) => i % 2 === j);
      expect(mean(column)).toBeCloseTo(0, 10);
      expect(mean(column.map((value) => value * value))).toBeCloseTo(1, 10);
    }
  });

  it('do so once: not when a fit is resumed', async () => {
    const seen: Float64Array[] = [];
    const make = (): Flow => keep(new Flow({ base: normal(2), transforms: [standardizing(seen)] }));
    let bytes: Uint8Array | undefined;
    const options = { ...QUICK, checkpointEvery: 20 };
    const whole = make();
    await fitToData(whole, moons(100), { ...options, onCheckpoint: (checkpoint) => (bytes ??= checkpoint) });
    const resumed = make();
    await fitToData(resumed, moons(100), { ...options, resume: bytes });
    expect(seen).toHaveLength(1);
    expect(resumed.getParameters()).toEqual(whole.getParameters());
  });
});

describe('a context in its own units', () => {
  const random = new Random(3);
  const standard = Array.from({ length: 400 }, () => [random.uniform(), random.uniform()]);
  const context = standard.map(([a, b]) => [18 + 60 * a, 20_000 + 80_000 * b]);
  const data = standard.map(([a, b]) => [3 * a + 4 * b + 0.2 * random.normals(1)[0]]);
  const options: FitToDataOptions = { context, steps: 300, batchSize: 64 };
  const make = (): Flow => keep(nsf({ dim: 1, context: 2, layers: 2, hidden: [16], seed: 1 }));

  it('is standardised by presets: the units do not matter', async () => {
    const { validationNll } = await fitToData(make(), data, options);
    expect(validationNll).toBeLessThan(0.3); // 1.7 without the context
    const { validationNll: same } = await fitToData(make(), data, { ...options, context: standard });
    expect(same).toBeCloseTo(validationNll!, 1);
    const raw = keep(nsf({ dim: 1, context: 2, layers: 2, hidden: [16], standardize: false, seed: 1 }));
    expect(raw.standardizeContext).toBe(false);
  });

  it('has mean 0 and deviation 1 then; a constant column is 0', async () => {
    const flow = keep(
      new Flow({ base: normal(1), transforms: [conditional(affine(1), { context: 3 })], standardizeContext: true }),
    );
    const wider = context.map(([a, b]) => [a, 7, b]);
    await fitToData(flow, data, { context: wider, validation: 0, steps: 1 });
    const { 'context.logScale': logScale, 'context.shift': shift, 'context.initialized': initialized } = flow.namedParameters();
    expect([...initialized]).toEqual([1]);
    const columns = [0, 1, 2].map((j) => wider.map((row) => Math.exp(logScale[j]) * row[j] + shift[j]));
    for (const j of [0, 2]) {
      expect(mean(columns[j])).toBeCloseTo(0, 10);
      expect(mean(columns[j].map((value) => value * value))).toBeCloseTo(1, 2);
    }
    expect(columns[1].every((value) => value === 0)).toBe(true);
  });

  it('resumes to the same bits, and not in a flow that takes it as it is', async () => {
    const whole = make();
    let bytes: Uint8Array | undefined;
    await fitToData(whole, data, { ...options, checkpointEvery: 130, onCheckpoint: (checkpoint) => (bytes ??= checkpoint) });
    const resumed = make();
    await fitToData(resumed, data, { ...options, resume: bytes });
    expect(resumed.getParameters()).toEqual(whole.getParameters());
    const other = keep(new Flow({ base: whole.base, transforms: whole.transforms, seed: 1 }));
    await expect(fitToData(other, data, { ...options, resume: bytes })).rejects.toThrow(/architecture/);
  });
});

describe('weights of the rows that layers begin with', () => {
  /** The layer's parameters; too few steps to change any. */
  const begun = async (data: Rows, weights?: ArrayLike<number>): Promise<Float64Array> => {
    const flow = keep(new Flow({ base: normal(2), transforms: [planar(2), standardize(2)], seed: 1 }));
    await fitToData(flow, data, { validation: 0, steps: 1, weights });
    return flow.getParameters().slice(5);
  };

  it('are like repeated rows, to 1e-12', async () => {
    const data = moons(100);
    const expected = await begun([...data, ...data.slice(0, 50)]);
    const weights = data.map((_, i) => (i < 50 ? 2 : 1));
    (await begun(data, weights)).forEach((value, k) => expect(value).toBeCloseTo(expected[k], 12));
  });

  it('that are equal change no bit', async () => {
    const data = moons(100);
    expect(await begun(data, new Float64Array(100).fill(0.3))).toEqual(await begun(data));
  });

  it('leave out a row whose weight is 0, or so small that it is next to the others', async () => {
    const data = moons(100);
    const expected = await begun(data);
    for (const weight of [0, 1e-200]) {
      const weights = [...data.map(() => 1e200), weight];
      expect(await begun([...data, [50, 50]], weights)).toEqual(expected);
    }
  });

  it('leave a column constant that is so in all others', async () => {
    const data = moons(30).map(([a], i) => [a, i < 20 ? 4 : i]);
    const weights = data.map((_, i) => (i < 20 ? 1 : 0));
    await expect(begun(data, weights)).rejects.toThrow(
      'fitToData: data must vary in column 1; got 4 in each of the 20 rows to train on. Leave the column out.',
    );
  });
});

describe('interruption', () => {
  const DATA = moons(500);
  const OPTIONS: FitToDataOptions = { steps: 400, batchSize: 32, patience: 100, weights: DATA.map((_, i) => 1 + (i % 2)) };

  it.each([
    ['with validation', {}],
    ['without', { validation: 0 }],
    ['with rows of its own', { validation: moons(40, 7) }],
  ])('resumes to the same bits, %s', async (_, options) => {
    const whole = planarFlow();
    const expected = await fitToData(whole, DATA, { ...OPTIONS, ...options });
    for (const at of [1, 77, 140, 400]) {
      const checkpoints = new Map<number, Uint8Array>();
      const onCheckpoint = (bytes: Uint8Array, step: number): void => void checkpoints.set(step, bytes);
      await fitToData(planarFlow(), DATA, { ...OPTIONS, ...options, checkpointEvery: at, onCheckpoint });
      const other = planarFlow(4, 5);
      expect(await fitToData(other, DATA, { ...OPTIONS, ...options, seed: 1, resume: checkpoints.get(at) })).toEqual(expected);
      expect(other.getParameters()).toEqual(whole.getParameters());
    }
  });

  it('stopped by a signal, in the middle of a look or not, it hands out a checkpoint to go on from', async () => {
    for (const validation of [0, 0.1, moons(20_000, 7)]) {
      const whole = planarFlow();
      const expected = await fitToData(whole, DATA, { ...OPTIONS, validation });
      let bytes: Uint8Array | undefined;
      for (let interruptions = 0; interruptions < 5; interruptions++) {
        const controller = new AbortController();
        const steps: number[] = [];
        const fit = fitToData(planarFlow(), DATA, {
          ...{ ...OPTIONS, validation, resume: bytes, signal: controller.signal, checkpointEvery: 400 },
          onCheckpoint: (checkpoint, step) => (steps.push(step), (bytes = checkpoint)),
          onProgress: () => setTimeout(() => controller.abort(new Error('enough'))),
        });
        await fit.catch((error: Error) => expect(error.message).toBe('enough'));
        expect(steps).toHaveLength(1);
      }
      const resumed = planarFlow();
      expect(await fitToData(resumed, DATA, { ...OPTIONS, validation, resume: bytes })).toEqual(expected);
      expect(resumed.getParameters()).toEqual(whole.getParameters());
    }
  });

  it('aborted at random, ten times in a row, it ends with the same bits, stopped early or not', async () => {
    for (const more of [{}, { patience: 2, schedule: constant, optimizer: adam({ learningRate: 0.03 }) }]) {
      const whole = planarFlow();
      const expected = await fitToData(whole, DATA, { ...OPTIONS, ...more });
      expect(expected.stoppedEarly).toBe('patience' in more);
      const random = new Random(8);
      let bytes: Uint8Array | undefined;
      let fit: DataFit | undefined;
      for (let interruptions = 0; fit === undefined; interruptions++) {
        const controller = new AbortController();
        let rest = interruptions < 10 ? random.below(4) : Infinity;
        const flow = planarFlow();
        const options: FitToDataOptions = {
          ...OPTIONS,
          ...more,
          resume: bytes,
          signal: controller.signal,
          checkpointEvery: 1 + random.below(20),
          onCheckpoint: (checkpoint) => {
            if (rest > 0) bytes = checkpoint;
            if (rest-- <= 0) controller.abort(new Error('enough'));
          },
        };
        try {
          fit = await fitToData(flow, DATA, options);
          expect(flow.getParameters()).toEqual(whole.getParameters());
        } catch (error) {
          expect((error as Error).message).toBe('enough');
        }
      }
      expect(fit).toEqual(expected);
    }
  });

  it('resumed from where it stopped early, it is over', async () => {
    const options = { ...OPTIONS, patience: 2, schedule: constant, optimizer: adam({ learningRate: 0.03 }) };
    const steps: number[] = [];
    let bytes: Uint8Array | undefined;
    const onCheckpoint = (checkpoint: Uint8Array, step: number): void => {
      steps.push(step);
      bytes = checkpoint;
    };
    const whole = planarFlow();
    const expected = await fitToData(whole, DATA, { ...options, onCheckpoint });
    expect(expected.stoppedEarly).toBe(true);
    expect(steps.at(-1)).toBe(expected.steps);
    const resumed = planarFlow();
    expect(await fitToData(resumed, DATA, { ...options, resume: bytes })).toEqual(expected);
    expect(resumed.getParameters()).toEqual(whole.getParameters());
  });

  it('killed in a process of its own, it is resumed here to the same bits', async () => {
    const options = `{ steps: 20000, batchSize: 32, patience: Infinity }`;
    const code = `
      import { fitToData, Flow, normal, planar } from 'normalizing-flows';
      const flow = new Flow({ base: normal(2), transforms: [planar(2), planar(2)], seed: 1 });
      await fitToData(flow, ${JSON.stringify(DATA)}, { ...${options}, checkpointEvery: 500,
        onCheckpoint: (bytes) => process.stdout.write(Buffer.from(bytes).toString('base64') + '\\n') });`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', code]);
    let text = '';
    await new Promise((resolve) => {
      child.on('close', resolve);
      child.stdout.on('data', (part) => {
        text += part;
        if (text.split('\n').length > 4) child.kill('SIGKILL');
      });
    });
    expect(child.signalCode).toBe('SIGKILL');
    const lines = text.split('\n').slice(0, -1); // what stands behind the last line end was cut off
    const resume = new Uint8Array(Buffer.from(lines.at(-1)!, 'base64'));
    const make = (): Flow => keep(new Flow({ base: normal(2), transforms: [planar(2), planar(2)], seed: 1 }));
    const [whole, resumed] = [make(), make()];
    const same = { steps: 20000, batchSize: 32, patience: Infinity };
    const expected = await fitToData(whole, DATA, same);
    expect(await fitToData(resumed, DATA, { ...same, resume })).toEqual(expected);
    expect(resumed.getParameters()).toEqual(whole.getParameters());
  });

  it('refuses a checkpoint of other data, of other options, of a fit to a target, and what it would not have written', async () => {
    let bytes = new Uint8Array(0);
    await fitToData(planarFlow(), DATA, { ...OPTIONS, onCheckpoint: (checkpoint) => (bytes = checkpoint.slice()) });
    const attempt = (data: Rows, options: FitToDataOptions): Promise<unknown> =>
      fitToData(planarFlow(), data, { ...OPTIONS, resume: bytes, ...options });
    const swapped = [DATA[1], DATA[0], ...DATA.slice(2)];
    const DATA_RULE = /^fitToData: data must be the checkpoint's, '500 rows [0-9a-f]{16}'; got '500 rows [0-9a-f]{16}'\.$/;
    await expect(attempt(swapped, {})).rejects.toThrow(DATA_RULE);
    await expect(attempt(DATA.map(([a, b]) => [a, b === DATA[7][1] ? b + 1e-15 : b]), {})).rejects.toThrow(DATA_RULE); // prettier-ignore
    await expect(attempt(DATA, { weights: undefined })).rejects.toThrow(DATA_RULE);
    await expect(attempt(DATA, { patience: 3 })).rejects.toThrow("fitToData: patience must be the checkpoint's, '100'; got '3'.");
    await expect(attempt(DATA, { validation: 0.2 })).rejects.toThrow(
      "fitToData: validation must be the checkpoint's, 50; got 100.",
    );
    await expect(attempt(DATA, { resume: planarFlow().save() })).rejects.toThrow(FlowFileError);
    let ofTarget = bytes;
    const toTarget = {
      steps: 400,
      batchSize: 32,
      clipNorm: 5,
      onCheckpoint: (checkpoint: Uint8Array) => (ofTarget = checkpoint.slice()),
    };
    await fitToTarget(planarFlow(), energies.u1, toTarget);
    await expect(attempt(DATA, { resume: ofTarget })).rejects.toThrow(/^fitToData: .+ must be the checkpoint's, /);
    for (const [name, value] of [
      ['fit.validation', NaN],
      ['fit.best', NaN],
      ['fit.best', 0],
    ] as const) {
      const { tensors, metadata } = decodeSafetensors(bytes);
      tensors.get(name)!.data.fill(value);
      await expect(attempt(DATA, { resume: encodeSafetensors(tensors, metadata) })).rejects.toThrow(FlowFileError);
    }
  });

  it('a signal stops it, with the best parameters so far', async () => {
    const before = arena().allocatedBytes;
    const flow = planarFlow(32);
    const controller = new AbortController();
    const others = moons(200, 5);
    let best = Infinity;
    const fit = fitToData(flow, moons(60), {
      steps: 1_000_000,
      patience: Infinity,
      schedule: constant,
      validation: others,
      signal: controller.signal,
      onProgress: ({ validationNll, bestValidationNll }) => {
        if (validationNll! < bestValidationNll! + 0.05) return;
        best = bestValidationNll!;
        controller.abort(new Error('enough'));
      },
    });
    await expect(fit).rejects.toThrow('enough');
    expect(nllOf(flow, others)).toBeCloseTo(best, 12);
    flow.dispose();
    expect(arena().allocatedBytes).toBeLessThanOrEqual(before);
  });

  it('a signal ends a fit that still waits, whose rows are given back', async () => {
    const flow = planarFlow();
    const controller = new AbortController();
    const first = fitToTarget(flow, energies.u1, { steps: 500, batchSize: 64 });
    const before = arena().allocatedBytes;
    const second = fitToData(flow, moons(10_000), { signal: controller.signal });
    expect(arena().allocatedBytes).toBeGreaterThan(before + 16 * 9000);
    controller.abort(new Error('enough'));
    await expect(second).rejects.toThrow('enough');
    await first;
    expect(arena().allocatedBytes).toBeLessThan(before + 16 * 9000);
  });

  it('fits of one flow queue, to targets and to data; rows that change meanwhile do not matter', async () => {
    const [apart, queued] = [planarFlow(), planarFlow()];
    const rows = new Float64Array(DATA.flat());
    await fitToTarget(apart, energies.u1, { steps: 100, batchSize: 32, estimateSamples: 100 });
    await fitToData(apart, DATA, QUICK);
    const first = fitToTarget(queued, energies.u1, { steps: 100, batchSize: 32, estimateSamples: 100 });
    const second = fitToData(queued, rows, QUICK);
    rows.fill(0);
    await Promise.all([first, second]);
    expect(queued.getParameters()).toEqual(apart.getParameters());
  });

  it('disposing the flow ends the fit, at any time', async () => {
    for (const wait of [0, 1, 5]) {
      const flow = planarFlow();
      const fit = fitToData(flow, DATA, { steps: 1_000_000, patience: Infinity });
      setTimeout(() => flow.dispose(), wait);
      await expect(fit).rejects.toThrow(/^fitToData: the flow must not be disposed; it (is|was, at step \d+)\.$/);
    }
  });
});

describe('parameters that leave their domain', () => {
  it('diverge, and the best ones are back', async () => {
    const flow = affineFlow();
    const initial = flow.getParameters();
    const error = await fitToData(flow, moons(100), { ...QUICK, optimizer: sgd({ learningRate: 1e300 }) }).catch(
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(DivergenceError);
    expect((error as Error).message).toMatch(
      /^fitToData: transforms\.0\.\w+\[\d\] must stay within the limits of training; got .+ after step 1\. The flow has the best parameters\. Try a smaller learning rate, or check the data\.$/,
    );
    expect(flow.getParameters()).toEqual(initial);
  });

  it('so do gradients that overflow', async () => {
    const flow = affineFlow();
    const initial = flow.getParameters();
    const fit = fitToData(flow, [[1e120, 0], [0, 1e120], [1, 1]], { validation: 0, steps: 50, skipLimit: 7 }); // prettier-ignore
    await expect(fit).rejects.toThrow(
      'fitToData: loss and gradient must be finite; 7 steps in a row up to step 7 were not. The flow has the last good parameters. Try a smaller learning rate, or check the data.',
    );
    expect(flow.getParameters()).toEqual(initial);
  });
});

describe('a row without a density', () => {
  const positive = Array.from({ length: 1000 }, (_, i) => [Math.exp(Math.sin(i)), Math.exp(Math.cos(3 * i))]);
  const spoiled = positive.map(([a, b], i) => (i === 6 ? [0, b] : [a, b]));
  const logNormal = (): Flow => {
    const base = normal(2, { trainable: true });
    return keep(new Flow({ base, transforms: [planar(2), actNorm(2), supports.positive(2)], seed: 1 }));
  };
  const HAS_NONE =
    'must have a density under the flow; got row 6, counted from 0, whose log density is -Infinity. ' +
    'Leave the row out, or take a flow whose support holds it; where it is only far away, standardize the columns.';

  it.each([
    ['trained on', spoiled, { validation: 0 }, `fitToData: data ${HAS_NONE}`],
    ['that validates, as the seed has it', spoiled, { validation: 0.9 }, `fitToData: data ${HAS_NONE}`],
    ['of another validation', positive, { validation: spoiled }, `fitToData: validation ${HAS_NONE}`],
  ])('%s is an error that names it, before anything is changed', async (_, data, options, message) => {
    const flow = logNormal();
    const initial = flow.getParameters();
    await expect(fitToData(flow, data, { ...QUICK, ...options })).rejects.toThrow(new RangeError(message));
    expect(flow.getParameters()).toEqual(initial);
  });

  it('of weight 0 does not matter', async () => {
    const { trainNll, skippedSteps } = await fitToData(logNormal(), spoiled, { ...QUICK, weights: spoiled.map(([a]) => a) });
    expect(Number.isFinite(trainNll)).toBe(true);
    expect(skippedSteps).toBe(0);
  });

  it('is named where it overflows on its way to a layer that begins with the data', async () => {
    const flow = keep(new Flow({ base: normal(2), transforms: [actNorm(2), affine(2)], seed: 1 }));
    flow.setParameters(flow.getParameters().fill(-1, 7)); // logScale
    const far = positive.map(([a, b], i) => (i === 6 ? [1.7e308, b] : [a, b]));
    await expect(fitToData(flow, far, { ...QUICK, validation: 0 })).rejects.toThrow(
      "fitToData: data must have a density under the flow; got row 6, counted from 0, which the inverse of 'affine' takes to Infinity.",
    );
  });

  it('is found while other code runs', async () => {
    const data = new Float64Array(new Random(4).normals(200_000));
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    data[199_998] = 1e200;
    await expect(fitToData(planarFlow(32), data, { validation: 0 })).rejects.toThrow('got row 99999, counted from 0');
    clearInterval(timer);
    expect(turns).toBeGreaterThan(2);
  });
});

it('threads change no bit', { timeout: 30_000 }, async () => {
  const random = new Random(2);
  const data = new Float64Array(random.normals(5 * 20_011));
  const fitted = async (): Promise<unknown> => {
    const flow = keep(new Flow({ base: normal(5), transforms: Array.from({ length: 12 }, () => planar(5)), seed: 1 }));
    const fit = await fitToData(flow, data, { steps: 20, batchSize: 8192, weights: data.subarray(0, 20_011).map(Math.abs) });
    return [flow.getParameters(), fit];
  };
  await setThreads(1);
  const expected = await fitted();
  for (const count of [2, 3]) {
    await setThreads(count);
    expect(await fitted(), `${count} threads`).toEqual(expected);
  }
  await setThreads(1);
});

it('reports progress while it runs, and at the end', async () => {
  const reports: DataProgress[] = [];
  const options = { steps: 6000, batchSize: 100, patience: Infinity };
  const fit = await fitToData(planarFlow(8), moons(1000), { ...options, onProgress: (report) => reports.push(report) });
  expect(reports.length).toBeGreaterThan(2);
  const { validationNll: bestValidationNll } = fit;
  const validationNll = fit.validationTrace.at(-1)!.nll;
  expect(reports.at(-1)).toMatchObject({
    step: 6000,
    steps: 6000,
    epoch: 666,
    validationNll,
    bestValidationNll,
    skippedSteps: 0,
  });
  for (const { trainNll, step, epoch } of reports) {
    expect(Number.isFinite(trainNll)).toBe(true);
    expect(epoch).toBe(Math.floor(step / 9));
  }
});

describe('bad input', () => {
  const rows = moons(30);
  const withValue = (value: number): Rows => rows.map((row, i) => (i === 7 ? [row[0], value] : row));
  it.each<[string, Rows, FitToDataOptions, string]>([
    ['NaN', withValue(NaN), {}, 'fitToData: data must be finite; got NaN in row 7, column 1, counted from 0.'],
    ['∞', withValue(-Infinity), {}, 'fitToData: data must be finite; got -Infinity in row 7, column 1, counted from 0.'],
    ['one row', [[1, 2]], {}, 'fitToData: data must hold at least 2 rows; got 1.'],
    ['rows of another dim', [[1], [2]], {}, 'fitToData: data must hold rows of dim 2; got Array of length 1 at row 0.'],
    ['no rows', 3 as never, {}, 'fitToData: data must be a Float64Array, a Float32Array or an array of rows; got 3.'],
    ['a constant column', rows.map(([a]) => [a, 4]), {}, 'fitToData: data must vary in column 1; got 4 in each of the 27 rows to train on. Leave the column out.'], // prettier-ignore
    ['an unknown option', rows, { epoch: 3 } as never, "got 'epoch'."],
    [
      'a context',
      rows,
      { context: rows },
      'fitToData: context must be left out, as the flow takes no context; got Array of length 30.',
    ],
    ['steps and epochs', rows, { steps: 3, epochs: 2 }, 'fitToData: epochs must be left out where steps are given; got 2.'],
    ['no epochs', rows, { epochs: 0 }, 'fitToData: epochs must be an integer of at least 1; got 0.'],
    ['no steps', rows, { steps: 0 }, 'fitToData: steps must be an integer of at least 1; got 0.'],
    ['no batch', rows, { batchSize: 0 }, 'fitToData: batchSize must be an integer of at least 1; got 0.'],
    ['half patience', rows, { patience: 0.5 }, 'fitToData: patience must be an integer of at least 1; got 0.5.'],
    ['all for validation', rows, { validation: 1 }, 'fitToData: validation must be rows, or a fraction in [0, 1); got 1.'],
    [
      'too little validation',
      rows,
      { validation: 0.01 },
      'fitToData: validation must be at least one of the 30 rows, or 0; got 0.01.',
    ],
    [
      'too much validation',
      rows,
      { validation: 0.99 },
      'fitToData: validation must leave at least 2 of the 30 rows to train on; got 0.99, which leaves 1.',
    ],
    ['no validation row', rows, { validation: [] }, 'fitToData: validation must hold at least 1 row; got 0.'],
    [
      'NaN to validate',
      rows,
      { validation: [[1, NaN]] },
      'fitToData: validation must be finite; got NaN in row 0, column 1, counted from 0.',
    ],
    ['few weights', rows, { weights: [1] }, 'fitToData: weights must have length 30; got Array of length 1.'],
    [
      'a negative weight',
      rows,
      { weights: rows.map((_, i) => 3 - i) },
      'fitToData: weights must not be negative; got -1 at index 4.',
    ],
    ['a weight of NaN', rows, { weights: rows.map(() => NaN) }, 'fitToData: weights must be finite; got NaN at index 0.'],
    [
      'no weight',
      rows,
      { weights: new Float64Array(30) },
      'fitToData: weights must be positive for at least 2 rows; got 0 such.',
    ],
    ['a norm of 0', rows, { clipNorm: 0 }, 'fitToData: clipNorm must be positive; got 0.'],
    ['a wrong seed', rows, { seed: -1 }, 'fitToData: seed must be an integer in [0, 2^53), or a bigint in [0, 2^64); got -1.'],
  ])('%s', async (_, data, options, message) => {
    const before = arena().allocatedBytes;
    const flow = planarFlow();
    const inUse = arena().allocatedBytes;
    const initial = flow.getParameters();
    await expect(fitToData(flow, data, options)).rejects.toThrow(message);
    expect(flow.getParameters()).toEqual(initial);
    expect(arena().allocatedBytes).toBe(inUse);
    expect(inUse).toBeGreaterThan(before);
  });

  it('a flow without parameters; those that only data set are enough', async () => {
    const rigid = keep(new Flow({ base: normal(2), transforms: [reversal(2)] }));
    await expect(fitToData(rigid, rows)).rejects.toThrow(
      new RangeError('fitToData: flow must have parameters; got one without.'),
    );
    const flow = keep(new Flow({ base: normal(2), transforms: [standardize(2)] }));
    expect(await fitToData(flow, rows, { steps: 1 })).toMatchObject({ bestStep: 0, steps: 1 });
    expect(flow.namedParameters()['transforms.0.initialized']).toEqual(Float64Array.of(1));
  });

  it('no flow, or one that is disposed', async () => {
    await expect(fitToData({} as never, rows)).rejects.toThrow('fitToData: flow must be a Flow; got Object.');
    const flow = planarFlow();
    flow.dispose();
    await expect(fitToData(flow, rows)).rejects.toThrow('fitToData: the flow must not be disposed; it is.');
  });
});

import { afterEach, describe, expect, it } from 'vitest';
import {
  adam,
  affine,
  constant,
  DivergenceError,
  energies,
  fitToTarget,
  type FitToTargetOptions,
  Flow,
  FlowFileError,
  linearDecay,
  normal,
  planar,
  radial,
  rmsProp,
  sgd,
  type Optimizer,
  type Target,
  targetFromFunction,
} from '../../src/index.js';
import { decodeSafetensors, encodeSafetensors } from '../../src/io/safetensors.js';
import { arena } from '../../src/runtime/memory.js';

const flows: Flow[] = [];
const planarFlow = (layers = 4, seed = 1, trainable = false): Flow =>
  keep(new Flow({ base: normal(2, { trainable }), transforms: Array.from({ length: layers }, () => planar(2)), seed }));
const affineFlow = (dim = 2): Flow => keep(new Flow({ base: normal(dim), transforms: [affine(dim)], seed: 1 }));
const keep = (flow: Flow): Flow => (flows.push(flow), flow);
afterEach(() => {
  for (const flow of flows.splice(0)) flow.dispose();
});

/** N(mean, sd²) in each dimension, in JavaScript. */
function normalTarget(
  mean: number[],
  sd: number[],
  spoil?: (call: number, logProb: Float64Array, gradient: Float64Array) => void,
): Target {
  const dim = mean.length;
  let calls = 0;
  return targetFromFunction(dim, (x, logProb, gradient) => {
    for (let i = 0; i < x.length; i++) {
      const j = i % dim;
      const t = (x[i] - mean[j]) / sd[j];
      logProb[Math.floor(i / dim)] -= 0.5 * t * t + Math.log(sd[j]) + 0.5 * Math.log(2 * Math.PI);
      gradient[i] = -t / sd[j];
    }
    spoil?.(calls++, logProb, gradient);
  });
}

const QUICK: FitToTargetOptions = { steps: 50, batchSize: 32, estimateSamples: 100 };

describe('what it converges to', () => {
  it('finds a normal target with an affine flow: KL 0, free energy −ln Z = 0', async () => {
    const flow = affineFlow();
    const fit = await fitToTarget(flow, normalTarget([3, -1], [0.5, 2]), { steps: 3000, batchSize: 128 });
    expect(Math.abs(fit.freeEnergy)).toBeLessThan(1e-3);
    const { 'transforms.0.shift': shift, 'transforms.0.logScale': logScale } = flow.namedParameters();
    expect(shift[0]).toBeCloseTo(3, 1);
    expect(shift[1]).toBeCloseTo(-1, 1);
    expect(logScale[0]).toBeCloseTo(Math.log(0.5), 1);
    expect(logScale[1]).toBeCloseTo(Math.log(2), 1);
  });

  it.each([adam({ learningRate: 0.02 }), rmsProp({ learningRate: 1e-3 }), sgd({ learningRate: 0.02, momentum: 0.5 })])(
    'every optimizer lowers the free energy: $name',
    async (optimizer) => {
      const { trace, steps, skippedSteps } = await fitToTarget(planarFlow(8), energies.u2, {
        steps: 1500,
        batchSize: 64,
        optimizer,
        annealing: 'none',
      });
      const mean = (part: Float64Array): number => part.reduce((sum, value) => sum + value, 0) / part.length;
      expect([trace.length, steps, skippedSteps]).toEqual([1500, 1500, 0]);
      expect(mean(trace.slice(-200))).toBeLessThan(mean(trace.slice(0, 200)) - 0.5);
    },
  );

  it('the estimate is of fresh samples, with its standard error', async () => {
    const flow = planarFlow(8);
    const { freeEnergy, standardError } = await fitToTarget(flow, energies.u1, {
      steps: 500,
      batchSize: 64,
      estimateSamples: 50_000,
    });
    const { x, logProb } = flow.sampleAndLogProb(50_000, { seed: 99 });
    const logTarget = energies.u1.logProb(x);
    const differences = logProb.map((value, i) => value - logTarget[i]);
    const mean = differences.reduce((sum, value) => sum + value, 0) / differences.length;
    const sd = Math.sqrt(differences.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (differences.length - 1));
    expect(Math.abs(freeEnergy - mean)).toBeLessThan(6 * standardError);
    expect(standardError / (sd / Math.sqrt(50_000))).toBeGreaterThan(0.8);
    expect(standardError / (sd / Math.sqrt(50_000))).toBeLessThan(1.25);
  });
});

describe('a step', () => {
  // The gradient of one step, from what the target's function saw: F = mean(ln q(x) − β ln p̃(x)) over x = f(z). With an affine flow,
  // x_j = s_j + e^{l_j} z_j and ln q = ln q₀ − Σ l_j, so ∂F/∂s_j = −β mean(∇_j), ∂F/∂l_j = −1 − β mean(∇_j e^{l_j} z_j).
  async function oneStep(options: FitToTargetOptions): Promise<{ moved: Float64Array; gradient: number[] }> {
    const flow = affineFlow();
    flow.setParameters([0.5, -0.5, 0.2, -0.3]);
    const before = flow.getParameters();
    let gradient: number[] = [];
    const beta = typeof options.annealing === 'function' ? options.annealing(0, 1) : 1;
    const inner = normalTarget([1, 2], [1, 3]);
    const target = targetFromFunction(2, (x, logProb, slopes) => {
      inner.evaluate!(x, logProb, slopes);
      if (gradient.length > 0) return;
      const n = logProb.length;
      gradient = [0, 1, 2, 3].map((k) => {
        const j = k % 2;
        let sum = 0;
        for (let i = 0; i < n; i++) sum += slopes[2 * i + j] * (k < 2 ? 1 : x[2 * i + j] - before[j]);
        return (k < 2 ? 0 : -1) - (beta * sum) / n;
      });
    });
    await fitToTarget(flow, target, {
      steps: 1,
      batchSize: 33,
      estimateSamples: 10,
      schedule: constant,
      annealing: 'none',
      ...options,
    });
    return { moved: flow.getParameters().map((value, k) => value - before[k]), gradient };
  }

  function close(moved: Float64Array, expected: number[]): void {
    expected.forEach((value, k) => expect(moved[k]).toBeCloseTo(value, 12));
  }

  it('goes down the gradient of the free energy (sgd)', async () => {
    const { moved, gradient } = await oneStep({ optimizer: sgd({ learningRate: 0.1 }) });
    expect(Math.max(...gradient.map(Math.abs))).toBeGreaterThan(0.1);
    close(moved, gradient.map((g) => -0.1 * g)); // prettier-ignore
  });

  it('anneals the target alone', async () => {
    const { moved, gradient } = await oneStep({ optimizer: sgd({ learningRate: 0.1 }), annealing: () => 0.25 });
    close(moved, gradient.map((g) => -0.1 * g)); // prettier-ignore
  });

  it('has the free energy of its batch in the trace, odd batches too', async () => {
    for (const batchSize of [1, 2, 33, 301]) {
      const flow = affineFlow();
      const [location, logScale] = [
        [0.5, -0.5],
        [0.2, -0.3],
      ];
      flow.setParameters([...location, ...logScale]);
      const inner = normalTarget([1, 2], [1, 3]);
      let expected: number | undefined;
      const target = targetFromFunction(2, (x, logProb, slopes) => {
        inner.evaluate!(x, logProb, slopes);
        let sum = 0;
        for (let i = 0; i < x.length; i++) {
          const z = (x[i] - location[i % 2]) / Math.exp(logScale[i % 2]);
          sum += -0.5 * z * z - 0.5 * Math.log(2 * Math.PI) - logScale[i % 2];
        }
        expected ??= (sum - logProb.reduce((total, value) => total + value, 0)) / batchSize;
      });
      const { trace } = await fitToTarget(flow, target, { steps: 1, batchSize, estimateSamples: 2 });
      expect(trace[0]).toBeCloseTo(expected!, 12);
    }
  });

  it('clips the norm', async () => {
    const { moved, gradient } = await oneStep({ optimizer: sgd({ learningRate: 1 }), clipNorm: 0.01 });
    const norm = Math.hypot(...gradient);
    close(moved, gradient.map((g) => (-0.01 * g) / norm)); // prettier-ignore
  });

  it('follows the schedule', async () => {
    const { moved, gradient } = await oneStep({ optimizer: sgd({ learningRate: 0.1 }), schedule: () => 0.5 });
    close(moved, gradient.map((g) => -0.05 * g)); // prettier-ignore
  });

  it('of Adam and RMSprop is theirs', async () => {
    const first = await oneStep({ optimizer: adam({ learningRate: 0.01, epsilon: 1e-3 }) });
    close(first.moved, first.gradient.map((g) => (-0.01 * g) / (Math.abs(g) + 1e-3))); // prettier-ignore
    const second = await oneStep({ optimizer: rmsProp({ learningRate: 0.01, decay: 0.9, epsilon: 1e-3 }) });
    close(second.moved, second.gradient.map((g) => (-0.01 * g) / (Math.sqrt(0.1 * g * g) + 1e-3))); // prettier-ignore
  });
});

// With the target −g·x in one dimension and an affine flow, ∂F/∂shift = g whatever is drawn: optimizers are seen over many steps.
it.each<[string, Optimizer, (gradients: number[]) => number]>([
  [
    'adam',
    adam({ learningRate: 0.01, beta1: 0.8, beta2: 0.95, epsilon: 1e-6 }),
    (gradients) => {
      let [m, v, x] = [0, 0, 0];
      gradients.forEach((g, t) => {
        m = 0.8 * m + 0.2 * g;
        v = 0.95 * v + 0.05 * g * g;
        x -= (0.01 * (m / (1 - 0.8 ** (t + 1)))) / (Math.sqrt(v / (1 - 0.95 ** (t + 1))) + 1e-6);
      });
      return x;
    },
  ],
  [
    'rmsProp',
    rmsProp({ learningRate: 0.01, decay: 0.7, momentum: 0.6, epsilon: 1e-6 }),
    (gradients) => {
      let [m, v, x] = [0, 0, 0];
      for (const g of gradients) {
        v = 0.7 * v + 0.3 * g * g;
        m = 0.6 * m + g / (Math.sqrt(v) + 1e-6);
        x -= 0.01 * m;
      }
      return x;
    },
  ],
  [
    'sgd',
    sgd({ learningRate: 0.01, momentum: 0.6 }),
    (gradients) => {
      let [m, x] = [0, 0];
      for (const g of gradients) {
        m = 0.6 * m + g;
        x -= 0.01 * m;
      }
      return x;
    },
  ],
])('%s over twenty steps', async (_, optimizer, expected) => {
  const gradients = Array.from({ length: 20 }, (_, t) => Math.cos(t) * (t + 1));
  let call = 0;
  const target = targetFromFunction(1, (x, logProb, gradient) => {
    const g = gradients[Math.min(call++, 19)];
    for (let i = 0; i < x.length; i++) [logProb[i], gradient[i]] = [-g * x[i], -g];
  });
  const flow = affineFlow(1);
  await fitToTarget(flow, target, {
    steps: 20,
    batchSize: 8,
    optimizer,
    schedule: constant,
    annealing: 'none',
    estimateSamples: 2,
  });
  expect(flow.namedParameters()['transforms.0.shift'][0]).toBeCloseTo(expected(gradients), 12);
});

describe('steps that are not finite', () => {
  it.each(['value', 'gradient'])('a NaN %s is skipped and counted; nothing else changes', async (what) => {
    const spoil = (call: number, logProb: Float64Array, gradient: Float64Array): void => {
      if (call >= 10 && call < 13) (what === 'value' ? logProb : gradient)[3] = NaN;
    };
    const flow = affineFlow();
    const progress: number[] = [];
    const fit = await fitToTarget(flow, normalTarget([1, 1], [1, 1], spoil), {
      ...QUICK,
      onProgress: ({ skippedSteps }) => progress.push(skippedSteps),
    });
    expect(fit.skippedSteps).toBe(3);
    expect(progress.at(-1)).toBe(3);
    expect([...flow.getParameters()].every(Number.isFinite)).toBe(true);
    expect(Number.isFinite(fit.freeEnergy)).toBe(true);
  });

  it('too many in a row diverge: the last good parameters are back', async () => {
    const good: Float64Array[] = [];
    const flow = affineFlow();
    const spoil = (call: number, logProb: Float64Array): void => {
      if (call >= 20) logProb.fill(NaN);
    };
    const error = await fitToTarget(flow, normalTarget([1, 1], [1, 1], spoil), {
      ...QUICK,
      skipLimit: 5,
      checkpointEvery: 1,
      onCheckpoint: (bytes) => {
        const at = Flow.load(bytes);
        good.push(at.getParameters());
        at.dispose();
      },
    }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DivergenceError);
    const { step, skippedSteps, message } = error as DivergenceError;
    expect([step, skippedSteps]).toEqual([25, 5]);
    expect(message).toMatch(/^fitToTarget: loss and gradient must be finite; 5 steps in a row up to step 25 were not\./);
    expect(flow.getParameters()).toEqual(good[18]); // those that step 20, the last finite one, was taken from
  });
});

describe('NaN is never returned', () => {
  it('a step whose free energy is NaN is ∞ in the trace, and so are reports of none but such steps', async () => {
    const spoil = (call: number, logProb: Float64Array): void => void (call < 3 && logProb.fill(NaN));
    const reports: number[] = [];
    const slow = (call: number, logProb: Float64Array): void => {
      for (const start = performance.now(); performance.now() - start < 60;); // a report for every step
      spoil(call, logProb);
    };
    const { trace } = await fitToTarget(affineFlow(), normalTarget([1, 1], [1, 1], slow), {
      ...QUICK,
      steps: 5,
      onProgress: ({ freeEnergy }) => reports.push(freeEnergy),
    });
    expect([...trace].map(Number.isFinite)).toEqual([false, false, false, true, true]);
    expect([...trace].some(Number.isNaN)).toBe(false);
    expect(reports).toEqual([...trace]);
  });

  const fitted = async (last: number): Promise<{ fit: Promise<unknown>; flow: Flow }> => {
    const spoil = (call: number, logProb: Float64Array): void => void (call === 50 && (logProb[7] = last));
    const flow = affineFlow();
    return { fit: fitToTarget(flow, normalTarget([1, 1], [1, 1], spoil), QUICK), flow };
  };

  it.each([NaN, Infinity])(
    'a final estimate with a log density of %d is an error, the fitted parameters in place',
    async (value) => {
      const { fit, flow } = await fitted(value);
      await expect(fit).rejects.toThrow(
        /^fitToTarget: the target must give a number below ∞ for every sample of the final estimate; got another for 1 of 100\./,
      );
      const expected = affineFlow();
      await fitToTarget(expected, normalTarget([1, 1], [1, 1]), QUICK);
      expect(flow.getParameters()).toEqual(expected.getParameters());
    },
  );

  it('a final estimate with a sample outside the support is ∞, its error too', async () => {
    const { fit } = await fitted(-Infinity);
    expect(await fit).toMatchObject({ freeEnergy: Infinity, standardError: Infinity });
  });
});

describe('parameters that leave their domain', () => {
  const affineOnly = (trainable: boolean): Flow =>
    keep(new Flow({ base: normal(2, { trainable }), transforms: [trainable ? planar(2) : affine(2)], seed: 1 }));

  it.each<[string, () => Flow, Optimizer]>([
    ...[1e3, 1e10, 1e300, 1e308].map(
      (learningRate) =>
        [`planar, sgd ${learningRate}`, () => planarFlow(), sgd({ learningRate })] as [string, () => Flow, Optimizer],
    ),
    ['planar, adam 1e300', () => planarFlow(), adam({ learningRate: 1e300 })],
    ['affine, adam 1e3', () => affineOnly(false), adam({ learningRate: 1e3 })],
    ['a trainable base, adam 1e3', () => affineOnly(true), adam({ learningRate: 1e3 })],
  ])('%s diverges at the same step, to the same parameters, however often the fit yields', async (_, make, optimizer) => {
    const attempt = async (options: FitToTargetOptions): Promise<{ error: DivergenceError; parameters: Float64Array }> => {
      const flow = make();
      const error = await fitToTarget(flow, energies.u1, { steps: 500, batchSize: 16, optimizer, ...options }).catch(
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(DivergenceError);
      const parameters = flow.getParameters();
      expect(() => flow.setParameters(parameters)).not.toThrow();
      return { error: error as DivergenceError, parameters };
    };
    const seldom = await attempt({});
    const often = await attempt({ checkpointEvery: 1, onCheckpoint: () => undefined });
    expect(often).toEqual(seldom);
    expect(seldom.error.step).toBeLessThan(500);
    expect(seldom.error.message).toMatch(/^fitToTarget: .+ must .+ step \d+.* The flow has the last good parameters\./);
  });

  it('the last good parameters are those that the last step was taken from', async () => {
    const optimizer = sgd({ learningRate: 1e300 }); // beyond the limit in the first step
    const flow = affineFlow();
    const initial = flow.getParameters();
    const error = await fitToTarget(flow, normalTarget([1, 1], [1, 1]), { ...QUICK, optimizer }).catch(
      (reason: unknown) => reason,
    );
    expect((error as Error).message).toMatch(
      /^fitToTarget: transforms\.0\.shift\[0\] must stay within the limits of training; got /,
    );
    expect((error as DivergenceError).step).toBe(1);
    expect(flow.getParameters()).toEqual(initial);
  });

  it('a step onto a point where the map is undefined diverges, too', async () => {
    // One step that takes alpha from 2^-60 to 0 exactly: the rate is 2^-60 / its gradient, for a seed where the product rounds to 2^-60.
    const radialFlow = (): Flow => {
      const flow = keep(new Flow({ base: normal(1), transforms: [radial(1)], seed: 1 }));
      flow.setParameters({ 'transforms.0.alpha': [2 ** -60] });
      return flow;
    };
    const once: FitToTargetOptions = { steps: 1, batchSize: 16, estimateSamples: 2, schedule: constant, annealing: 'none' };
    const target = normalTarget([-3], [0.5]);
    let found = 0;
    for (let seed = 0; seed < 100 && found === 0; seed++) {
      const probe = radialFlow();
      await fitToTarget(probe, target, { ...once, seed, optimizer: sgd({ learningRate: 1 }) });
      const gradient = -probe.namedParameters()['transforms.0.alpha'][0];
      if (gradient <= 0) continue;
      const flow = radialFlow();
      const initial = flow.getParameters();
      const fit = fitToTarget(flow, target, { ...once, seed, optimizer: sgd({ learningRate: 2 ** -60 / gradient }) });
      const error = await fit.then(() => undefined, (reason: unknown) => reason); // prettier-ignore
      if (error === undefined) continue; // rounded to something next to 0
      found++;
      expect(error).toBeInstanceOf(DivergenceError);
      expect((error as Error).cause).toBeInstanceOf(RangeError);
      expect(flow.getParameters()).toEqual(initial);
    }
    expect(found).toBeGreaterThan(0);
  });
});

describe('interruption', () => {
  const OPTIONS: FitToTargetOptions = { steps: 300, batchSize: 32, estimateSamples: 100 };

  it.each([
    ['a recorded target', () => energies.u3],
    ['a function', () => normalTarget([1, 2], [1, 0.5])],
  ])('resumes to the same bits: %s, a trainable base', async (_, target) => {
    const whole = planarFlow(4, 1, true);
    const expected = await fitToTarget(whole, target(), OPTIONS);
    for (const at of [1, 77, 300]) {
      const checkpoints = new Map<number, Uint8Array>();
      await fitToTarget(planarFlow(4, 1, true), target(), {
        ...OPTIONS,
        checkpointEvery: at,
        onCheckpoint: (bytes, step) => checkpoints.set(step, bytes),
      });
      const other = planarFlow(4, 5, true);
      const fit = await fitToTarget(other, target(), { ...OPTIONS, seed: 1, resume: checkpoints.get(at) });
      expect(other.getParameters()).toEqual(whole.getParameters());
      expect(fit).toEqual(expected);
    }
  });

  it('resumed among skipped steps, it diverges to the same parameters', async () => {
    // NaN from step 21 on: the fit gives up at step 25.
    const spoiled = (first: number): Target =>
      normalTarget([1, 1], [1, 1], (call, logProb) => void (call + first >= 20 && logProb.fill(NaN)));
    const options: FitToTargetOptions = { ...QUICK, skipLimit: 5 };
    const checkpoints: Uint8Array[] = [];
    const whole = affineFlow();
    const error = await fitToTarget(whole, spoiled(0), {
      ...options,
      checkpointEvery: 1,
      onCheckpoint: (bytes, step) => (checkpoints[step] = bytes),
    }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DivergenceError);
    for (const at of [1, 20, 21, 23, 24]) {
      const other = affineFlow();
      const resumed = fitToTarget(other, spoiled(at), { ...options, resume: checkpoints[at] });
      expect(await resumed.catch((reason: unknown) => reason)).toEqual(error);
      expect(other.getParameters()).toEqual(whole.getParameters());
    }
  });

  it('checkpoints come as asked for, the last step included, and load as flows', async () => {
    const steps: number[] = [];
    const flow = planarFlow();
    await fitToTarget(flow, energies.u1, {
      ...OPTIONS,
      checkpointEvery: 80,
      onCheckpoint: (bytes, step) => {
        steps.push(step);
        if (step === 300) expect(keep(Flow.load(bytes)).getParameters()).toEqual(flow.getParameters());
      },
    });
    expect(steps).toEqual([80, 160, 240, 300]);
  });

  it('refuses a checkpoint of another flow, of other options, and other bytes', async () => {
    let bytes: Uint8Array = new Uint8Array(0);
    await fitToTarget(planarFlow(), energies.u1, { ...OPTIONS, onCheckpoint: (checkpoint) => (bytes = checkpoint) });
    const attempt = (flow: Flow, options: FitToTargetOptions): Promise<unknown> =>
      fitToTarget(flow, energies.u1, { ...OPTIONS, resume: bytes, ...options });
    await expect(attempt(planarFlow(5), {})).rejects.toThrow(/resume must be a checkpoint of this flow's architecture/);
    await expect(attempt(planarFlow(), { batchSize: 33 })).rejects.toThrow(
      /^fitToTarget: batchSize must be the checkpoint's, 32; got 33\.$/,
    );
    await expect(attempt(planarFlow(), { optimizer: sgd() })).rejects.toThrow(/optimizer must be the checkpoint's/);
    const others: [FitToTargetOptions, RegExp][] = [
      [{ annealing: 'paper' }, /^fitToTarget: annealing must be the checkpoint's, 'ramp'; got 'paper'\.$/],
      [{ annealing: () => 1 }, /annealing must be the checkpoint's, 'ramp'; got 'a function'\.$/],
      [{ schedule: constant }, /schedule must be the checkpoint's, 'linearDecay\(0\.5\)'; got 'constant'\.$/],
      [{ schedule: linearDecay(0.75) }, /schedule must be the checkpoint's/],
      [{ clipNorm: 1 }, /clipNorm must be the checkpoint's, 'none'; got '1'\.$/],
      [{ skipLimit: 5 }, /skipLimit must be the checkpoint's, 100; got 5\.$/],
    ];
    for (const [options, message] of others) await expect(attempt(planarFlow(), options)).rejects.toThrow(message);
    for (const target of [energies.u2, normalTarget([0, 0], [1, 1])]) {
      await expect(fitToTarget(planarFlow(), target, { ...OPTIONS, resume: bytes })).rejects.toThrow(
        /^fitToTarget: target must be the checkpoint's, 'U1'; got '(U2 with its envelope|a function)'\.$/,
      );
    }
    await expect(attempt(planarFlow(), { resume: planarFlow().save() })).rejects.toThrow(FlowFileError);
    await expect(attempt(planarFlow(), { resume: new Uint8Array(3) })).rejects.toThrow();
    await expect(attempt(planarFlow(), { resume: 'x' as never })).rejects.toThrow(TypeError);
  });

  it.each([
    ['fit.firstMoment', NaN],
    ['fit.secondMoment', -1],
    ['fit.secondMoment', Infinity],
    ['fit.powers', 2],
    ['fit.lastGood', NaN],
    ['transforms.0.b', NaN],
    ['transforms.0.w', 0],
  ])('refuses a checkpoint whose %s holds %d, and changes nothing', async (name, value) => {
    let bytes: Uint8Array = new Uint8Array(0);
    await fitToTarget(planarFlow(), energies.u1, { ...QUICK, onCheckpoint: (checkpoint) => (bytes = checkpoint) });
    const { tensors, metadata } = decodeSafetensors(bytes);
    tensors.get(name)!.data.fill(value);
    const flow = planarFlow();
    const before = flow.getParameters();
    const resumed = fitToTarget(flow, energies.u1, { ...QUICK, resume: encodeSafetensors(tensors, metadata) });
    const error = await resumed.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(FlowFileError);
    expect((error as Error).message).toMatch(/^fitToTarget: resume must hold .+; got/);
    expect(flow.getParameters()).toEqual(before);
  });

  it('a signal stops it, with the parameters so far', async () => {
    const before = arena().allocatedBytes;
    const flow = planarFlow();
    const initial = flow.getParameters();
    const controller = new AbortController();
    const steps: number[] = [];
    const fit = fitToTarget(flow, energies.u1, {
      steps: 1_000_000,
      signal: controller.signal,
      onProgress: ({ step }) => {
        steps.push(step);
        if (steps.length === 2) controller.abort(new Error('enough'));
      },
    });
    await expect(fit).rejects.toThrow('enough');
    expect(steps).toHaveLength(2);
    expect(flow.getParameters()).not.toEqual(initial);
    flow.dispose();
    expect(arena().allocatedBytes).toBeLessThanOrEqual(before);
    await expect(fitToTarget(planarFlow(), energies.u1, { signal: controller.signal })).rejects.toThrow('enough');
  });

  /** Milliseconds between turns of the event loop while a fit runs, in ascending order. */
  async function gapsOf(fit: () => Promise<unknown>): Promise<number[]> {
    const gaps: number[] = [];
    let last = performance.now();
    let isRunning = true;
    const turn = (): void => {
      const now = performance.now();
      gaps.push(now - last);
      last = now;
      if (isRunning) setImmediate(turn);
    };
    setImmediate(turn);
    await fit();
    isRunning = false;
    return gaps.sort((a, b) => a - b);
  }
  const median = (sorted: number[]): number => sorted[sorted.length >> 1];
  /** A density that takes 50 µs a row. */
  const slowly = (target: Target): Target =>
    targetFromFunction(2, (x, logProb, gradient) => {
      target.evaluate!(x, logProb, gradient);
      for (const end = performance.now() + 0.05 * logProb.length; performance.now() < end;);
    });
  const PLAIN = normalTarget([1, 2], [1, 0.5]);

  // The median, as the longest gap is the machine's: a run is planned by the one before it.
  it('the event loop breathes every 10 ms', async () => {
    const gaps = await gapsOf(() => fitToTarget(planarFlow(32), energies.u1, { steps: 2000, batchSize: 256 }));
    expect(gaps.length).toBeGreaterThan(10);
    expect(median(gaps)).toBeLessThan(15);
  });

  it('it breathes through the final estimate, too, whose numbers do not depend on it', async () => {
    const options: FitToTargetOptions = { steps: 1, batchSize: 2, estimateSamples: 8000 };
    let fit: unknown;
    const gaps = await gapsOf(async () => (fit = await fitToTarget(affineFlow(), slowly(PLAIN), options)));
    expect(gaps.length).toBeGreaterThan(20);
    expect(median(gaps)).toBeLessThan(15);
    expect(fit).toEqual(await fitToTarget(affineFlow(), PLAIN, options));
    const many: FitToTargetOptions = { ...options, estimateSamples: 2_000_000 };
    expect((await gapsOf(() => fitToTarget(planarFlow(8), energies.u1, many))).length).toBeGreaterThan(10);
  });

  it('a signal stops the final estimate', async () => {
    const controller = new AbortController();
    let rows = 0;
    const counted = targetFromFunction(2, (x, logProb, gradient) => {
      slowly(PLAIN).evaluate!(x, logProb, gradient);
      rows += logProb.length;
      if (rows > 1000) controller.abort(new Error('enough'));
    });
    const fit = fitToTarget(affineFlow(), counted, { steps: 1, batchSize: 2, signal: controller.signal });
    await expect(fit).rejects.toThrow('enough');
    expect(rows).toBeLessThan(10_000);
  });

  it('a target that throws stops it, with the parameters of the last finished step', async () => {
    const failing = normalTarget([1, 2], [1, 0.5], (call) => {
      if (call === 30) throw new Error('no data');
    });
    const [flow, expected] = [affineFlow(), affineFlow()];
    await expect(fitToTarget(flow, failing, QUICK)).rejects.toThrow('no data');
    const controller = new AbortController();
    const thirty = fitToTarget(expected, PLAIN, {
      ...QUICK,
      signal: controller.signal,
      checkpointEvery: 30,
      onCheckpoint: () => controller.abort(new Error('at 30')),
    });
    await expect(thirty).rejects.toThrow('at 30');
    expect(flow.getParameters()).toEqual(expected.getParameters());
  });

  it.each<[string, (flow: Flow) => FitToTargetOptions]>([
    ['onProgress', (flow) => ({ onProgress: () => flow.dispose() })],
    ['onCheckpoint', (flow) => ({ checkpointEvery: 10, onCheckpoint: () => flow.dispose() })],
    ['other code', (flow) => (setImmediate(() => flow.dispose()), {})],
  ])('disposing the flow ends the fit: in %s', async (_, options) => {
    const flow = planarFlow();
    const fit = fitToTarget(flow, energies.u1, { steps: 1_000_000, ...options(flow) });
    const queued = fitToTarget(flow, energies.u2, QUICK);
    const [first, second] = await Promise.allSettled([fit, queued]);
    const reasonOf = (result: PromiseSettledResult<unknown>): string => String((result as PromiseRejectedResult).reason);
    expect(reasonOf(first)).toMatch(/^Error: fitToTarget: the flow must not be disposed; it was, at step \d+\.$/);
    expect(reasonOf(second)).toBe('Error: fitToTarget: the flow must not be disposed; it is.');
    await expect(fitToTarget(flow, energies.u1)).rejects.toThrow(/^fitToTarget: the flow must not be disposed; it is\.$/);
  });

  it('a checkpoint holds what was trained, whatever a callback writes to the flow', async () => {
    const flow = planarFlow();
    let saved: Float64Array | undefined;
    await fitToTarget(flow, energies.u1, {
      ...QUICK,
      onProgress: () => flow.setParameters({ 'transforms.0.b': [99] }),
      onCheckpoint: (bytes) => (saved = keep(Flow.load(bytes)).getParameters()),
    });
    const expected = planarFlow();
    await fitToTarget(expected, energies.u1, QUICK);
    expect(saved).toEqual(expected.getParameters());
  });

  it('a signal ends a fit that still waits for its turn, at once; the next one waits on', async () => {
    const flow = planarFlow();
    const order: string[] = [];
    const log = (name: string) => (): void => void order.push(name);
    const controller = new AbortController();
    const first = fitToTarget(flow, energies.u1, { ...QUICK, steps: 3000 }).then(log('first'));
    const second = fitToTarget(flow, energies.u2, { ...QUICK, signal: controller.signal }).catch(log('second'));
    const third = fitToTarget(flow, energies.u2, QUICK).then(log('third'));
    setImmediate(() => controller.abort(new Error('enough')));
    await Promise.all([first, second, third]);
    expect(order).toEqual(['second', 'first', 'third']);
    const expected = planarFlow();
    await fitToTarget(expected, energies.u1, { ...QUICK, steps: 3000 });
    await fitToTarget(expected, energies.u2, QUICK);
    expect(flow.getParameters()).toEqual(expected.getParameters());
  });

  it('fits of one flow wait for each other; a failed one does not stop the next', async () => {
    const [apart, queued] = [planarFlow(), planarFlow()];
    await fitToTarget(apart, energies.u1, QUICK);
    await fitToTarget(apart, energies.u2, QUICK);
    const failing = targetFromFunction(2, () => {
      throw new Error('no data');
    });
    const fits = [
      fitToTarget(queued, energies.u1, QUICK),
      fitToTarget(queued, failing, QUICK),
      fitToTarget(queued, energies.u2, QUICK),
    ];
    const results = await Promise.allSettled(fits);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(queued.getParameters()).toEqual(apart.getParameters());
  });
});

describe('progress', () => {
  it('comes while it runs, and at the end', async () => {
    const reports: { step: number; freeEnergy: number; steps: number }[] = [];
    await fitToTarget(planarFlow(8), energies.u1, {
      steps: 12_000,
      batchSize: 128,
      onProgress: (report) => reports.push(report),
    });
    expect(reports.at(-1)).toMatchObject({ step: 12_000, steps: 12_000 });
    expect(reports.length).toBeGreaterThan(2);
    for (const { freeEnergy } of reports) expect(Number.isFinite(freeEnergy)).toBe(true);
  });
});

describe('bad input', () => {
  it.each<[string, (flow: Flow) => Promise<unknown>, RegExp]>([
    [
      'a target of another dim',
      (flow) => fitToTarget(flow, normalTarget([0], [1])),
      /^fitToTarget: target must have the flow's dim 2; got 1\.$/,
    ],
    ['no flow', () => fitToTarget({} as never, energies.u1), /^fitToTarget: flow must be a Flow; got Object\.$/],
    ['no target', (flow) => fitToTarget(flow, undefined as never), /^fitToTarget: target must be a target; got undefined\.$/],
    [
      'an unknown option',
      (flow) => fitToTarget(flow, energies.u1, { stpes: 1 } as never),
      /options must be among steps, .*; got 'stpes'\.$/,
    ],
    [
      '0 steps',
      (flow) => fitToTarget(flow, energies.u1, { steps: 0 }),
      /^fitToTarget: steps must be an integer of at least 1; got 0\.$/,
    ],
    [
      'half a row',
      (flow) => fitToTarget(flow, energies.u1, { batchSize: 0.5 }),
      /batchSize must be an integer of at least 1; got 0\.5\.$/,
    ],
    [
      'a batch beyond the limit',
      (flow) => fitToTarget(flow, energies.u1, { batchSize: 2 ** 25 }),
      /batchSize must be at most 16777216; got 33554432\.$/,
    ],
    ['a negative clip', (flow) => fitToTarget(flow, energies.u1, { clipNorm: -1 }), /clipNorm must be positive; got -1\.$/],
    [
      'a schedule that is none',
      (flow) => fitToTarget(flow, energies.u1, { schedule: 0.5 as never }),
      /schedule must be a function; got 0\.5\.$/,
    ],
    [
      'a schedule that gives NaN',
      (flow) => fitToTarget(flow, energies.u1, { schedule: () => NaN }),
      /schedule must give finite numbers; got NaN at step 0\.$/,
    ],
    [
      'an annealing that is none',
      (flow) => fitToTarget(flow, energies.u1, { annealing: 'fast' as never }),
      /annealing must be 'ramp', 'paper', 'none' or a schedule; got 'fast'\.$/,
    ],
    [
      'an optimizer that is none',
      (flow) => fitToTarget(flow, energies.u1, { optimizer: 'adam' as never }),
      /optimizer must be an optimizer; got 'adam'\.$/,
    ],
    [
      'a forged optimizer',
      (flow) => fitToTarget(flow, energies.u1, { optimizer: { hyper: [] } as never }),
      /optimizer must be an optimizer; got Object\.$/,
    ],
    [
      'an optimizer with more numbers than its own',
      (flow) => fitToTarget(flow, energies.u1, { optimizer: { ...sgd(), hyper: [0, 0, 0, 1] } as never }),
      /optimizer must be an optimizer; got Object\.$/,
    ],
    [
      'an optimizer changed out of its range',
      (flow) => fitToTarget(flow, energies.u1, { optimizer: { ...adam(), hyper: [1, 0.9, 1e-8] } }),
      /^adam: beta1 must lie in \[0, 1\); got 1\.$/,
    ],
    [
      'a signal that is none',
      (flow) => fitToTarget(flow, energies.u1, { signal: 'x' as never }),
      /^fitToTarget: signal must be an AbortSignal; got 'x'\.$/,
    ],
    [
      'a clip that is no number',
      (flow) => fitToTarget(flow, energies.u1, { clipNorm: '1' as never }),
      /^fitToTarget: clipNorm must be a number; got '1'\.$/,
    ],
    [
      'more steps than can be counted',
      (flow) => fitToTarget(flow, energies.u1, { steps: 1e12 }),
      /^fitToTarget: steps must be at most 2147483647; got 1000000000000\.$/,
    ],
    [
      'more samples than can be counted',
      (flow) => fitToTarget(flow, energies.u1, { estimateSamples: 1e12 }),
      /^fitToTarget: estimateSamples must be at most 2147483647; got 1000000000000\.$/,
    ],
    [
      'a negative schedule',
      (flow) => fitToTarget(flow, energies.u1, { schedule: () => -0.5 }),
      /schedule must not give negative numbers; got -0.5 at step 0\.$/,
    ],
    [
      'a schedule that gives strings',
      (flow) => fitToTarget(flow, energies.u1, { schedule: () => '1' as never }),
      /schedule must give finite numbers; got '1' at step 0\.$/,
    ],
    [
      'an asynchronous target',
      (flow) =>
        fitToTarget(
          flow,
          targetFromFunction(2, async () => undefined),
        ),
      /^fitToTarget: the target's function must fill its arrays before it returns; got a promise\.$/,
    ],
    [
      'a target without a density',
      (flow) => fitToTarget(flow, { dim: 2, logProb: () => new Float64Array(0) } as never),
      /^fitToTarget: target must be a target; got Object without a density\.$/,
    ],
    ['a negative seed', (flow) => fitToTarget(flow, energies.u1, { seed: -1 }), /seed must be an integer/],
  ])('%s', async (_, call, message) => {
    const flow = planarFlow();
    const before = flow.getParameters();
    await expect(call(flow)).rejects.toThrow(message);
    expect(flow.getParameters()).toEqual(before);
  });

  it('optimizers refuse rates and fractions out of range', () => {
    expect(() => adam({ learningRate: 0 })).toThrow(/^adam: learningRate must be positive and finite; got 0\.$/);
    expect(() => adam({ beta1: 1 })).toThrow(/^adam: beta1 must lie in \[0, 1\); got 1\.$/);
    expect(() => rmsProp({ decay: -0.1 })).toThrow(RangeError);
    expect(() => adam({ learningRate: '0.1' as never })).toThrow(/^adam: learningRate must be a number; got '0\.1'\.$/);
    expect(() => sgd({ momentum: null as never })).toThrow(/^sgd: momentum must be a number; got null\.$/);
    expect(() => sgd({ momentun: 0.9 } as never)).toThrow(TypeError);
  });
});

it('a fit of few steps, none of them finite, diverges, too', async () => {
  const flow = new Flow({ base: normal(2), transforms: [planar(2)], seed: 1 });
  const nothing = targetFromFunction(2, (_, logProb) => void logProb.fill(NaN));
  await expect(fitToTarget(flow, nothing, { steps: 5, batchSize: 4 })).rejects.toThrow(DivergenceError);
});

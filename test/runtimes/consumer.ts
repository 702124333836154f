// What a user of the library might write, checked by the compiler under every moduleResolution; never run.

import {
  DivergenceError,
  Flow,
  OutOfMemoryError,
  adam,
  affine,
  chain,
  cosineDecay,
  energies,
  energy,
  fitToTarget,
  normal,
  planar,
  radial,
  targetFromFunction,
  version,
  type Base,
  type FitProgress,
  type FitToTargetOptions,
  type Rows,
  type Target,
  type TargetFit,
  type TargetFunction,
  type Transform,
} from 'normalizing-flows';

const base: Base = normal(2, { trainable: true });
const transforms: Transform[] = [planar(2), radial(2), affine(2), chain([planar(2), radial(2)])];
const evaluate: TargetFunction = (x, logProb, gradient) => {
  for (let i = 0; i < logProb.length; i++) {
    logProb[i] = -0.5 * x[2 * i] * x[2 * i];
    gradient[2 * i] = -x[2 * i];
  }
};

export async function fit(signal: AbortSignal): Promise<TargetFit> {
  const flow = new Flow({ base, transforms, seed: 1n });
  const target: Target = targetFromFunction(2, evaluate);
  const options: FitToTargetOptions = {
    steps: 100,
    batchSize: 64,
    optimizer: adam({ learningRate: 0.01 }),
    schedule: cosineDecay(),
    annealing: 'paper',
    signal,
    onProgress: ({ step, freeEnergy }: FitProgress) => console.log(step, freeEnergy),
    onCheckpoint: (bytes: Uint8Array, step: number) => console.log(bytes.length, step),
  };
  try {
    return await fitToTarget(flow, target, options);
  } catch (error) {
    if (error instanceof DivergenceError) console.log(error.step);
    if (error instanceof OutOfMemoryError) console.log(error.message);
    throw error;
  } finally {
    flow.dispose();
  }
}

export function evaluateAll(flow: Flow, rows: Rows): Float64Array[] {
  const { x, logProb } = flow.sampleAndLogProb(10, { seed: 3 });
  const { z, logDet } = flow.inverse(rows, { out: new Float64Array(20) });
  const { dx, dParameters } = flow.logProbAndGradient([[0, 0]]);
  const named: Record<string, Float64Array> = flow.namedParameters();
  const again: Flow = Flow.load(flow.save());
  again.setParameters({ 'transforms.0.b': [0.5] });
  return [x, logProb, z, logDet, dx, dParameters, ...Object.values(named), energies.u1.logProb(x), energy(2).logProb(x)];
}

export const text: string = version;

// @ts-expect-error a base is no transform
export const wrongTransform: Transform = normal(2);
// @ts-expect-error dimensions are numbers
export const wrongDimension = planar('2');
// @ts-expect-error there is no such option
export const wrongOption: FitToTargetOptions = { step: 100 };

import { Flow, iaf, maf, nice, nsf, planarFlow, radialFlow, realNvp, standardize, sylvesterFlow } from '../index.js';

/** What `fit` is asked for. */
export interface FamilyOptions {
  readonly dim: number;
  readonly context: number;
  readonly layers: number;
  readonly hidden: readonly number[];
  readonly bins: number;
  readonly seed: number | bigint;
}

interface Family {
  /** Defaults. */
  readonly layers: number;
  readonly learningRate: number;
  /** Whether it has networks without a context, and whether it has splines. */
  readonly hasNetwork: boolean;
  readonly hasBins: boolean;
  make(options: FamilyOptions): Flow;
}

type Preset = (options: Omit<FamilyOptions, 'bins'>) => Flow;

/** Of few parameters, which larger steps suit; for a target, so that units are for us to take care of. */
const simple = (layers: number, preset: Preset): Family => ({
  ...{ layers, learningRate: 1e-2, hasNetwork: false, hasBins: false },
  make: (options) => standardized(preset(withoutBins(options))),
});

/** Of networks. */
const deep = (layers: number, preset: Preset): Family => ({
  ...{ layers, learningRate: 5e-3, hasNetwork: true, hasBins: false },
  make: (options) => preset(withoutBins(options)),
});

const spline = (layers: number, kind: 'coupling' | 'autoregressive'): Family => ({
  ...{ layers, learningRate: 5e-3, hasNetwork: true, hasBins: true },
  make: (options) => nsf({ ...options, kind }),
});

/** Flows by the name that `--flow` takes: presets of the library, for data in any units. */
export const FAMILIES = {
  planar: simple(16, planarFlow),
  radial: simple(16, radialFlow),
  sylvester: simple(8, sylvesterFlow),
  nice: deep(4, nice),
  realnvp: deep(8, realNvp),
  maf: deep(5, maf),
  iaf: deep(5, (options) => standardized(iaf(options))),
  nsf: spline(6, 'coupling'),
  'nsf-ar': spline(6, 'autoregressive'),
} as const satisfies Readonly<Record<string, Family>>;

export type FamilyName = keyof typeof FAMILIES;
export const FAMILY_NAMES = Object.keys(FAMILIES) as FamilyName[];

function withoutBins({ bins: _, ...options }: FamilyOptions): Omit<FamilyOptions, 'bins'> {
  return options;
}

/** The flow with one last layer, that data set up, as they do a context's. */
function standardized(flow: Flow): Flow {
  const { base, transforms, dim, context, seed } = flow;
  flow.dispose();
  return new Flow({ base, transforms: [...transforms, standardize(dim)], standardizeContext: context > 0, seed });
}

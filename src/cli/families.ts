import {
  type AutoregressiveOptions,
  Flow,
  type Transform,
  affine,
  autoregressive,
  conditional,
  coupling,
  invert,
  maps,
  normal,
  planar,
  radial,
  standardize,
  sylvester,
} from '../index.js';

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
  readonly summary: string;
  readonly layers: number;
  readonly learningRate: number;
  /** Whether it takes hidden widths without a context, and bins. */
  readonly hasNetwork: boolean;
  readonly hasBins: boolean;
  /** Layer k. */
  layer(options: FamilyOptions, k: number): Transform;
}

/** Flows by the name that `--flow` takes. */
export const FAMILIES = {
  planar: {
    ...{ summary: 'planar layers', layers: 16, learningRate: 1e-2, hasNetwork: false, hasBins: false },
    layer: (options) => given(planar(options.dim), options),
  },
  radial: {
    ...{ summary: 'radial layers', layers: 16, learningRate: 1e-2, hasNetwork: false, hasBins: false },
    layer: (options) => given(radial(options.dim), options),
  },
  sylvester: {
    ...{ summary: 'Sylvester layers with reflections', layers: 4, learningRate: 1e-2, hasNetwork: false, hasBins: false },
    layer: (options) => given(sylvester(options.dim, { kind: 'householder' }), options),
  },
  nice: {
    ...{ summary: 'additive coupling', layers: 8, learningRate: 1e-3, hasNetwork: true, hasBins: false },
    // Volume is kept but for one last scale of each feature.
    layer: (options, k) => (k === options.layers ? affine(options.dim) : coupled(options, k, maps.additive())),
  },
  realnvp: {
    ...{ summary: 'affine coupling', layers: 8, learningRate: 1e-3, hasNetwork: true, hasBins: false },
    layer: (options, k) => coupled(options, k, maps.affine()),
  },
  maf: {
    ...{ summary: 'masked autoregressive, fast densities', layers: 5, learningRate: 1e-3, hasNetwork: true, hasBins: false },
    layer: (options, k) => invert(ordered(options, k, maps.affine())),
  },
  iaf: {
    ...{ summary: 'inverse autoregressive, fast samples', layers: 5, learningRate: 1e-3, hasNetwork: true, hasBins: false },
    layer: (options, k) => ordered(options, k, maps.affine()),
  },
  nsf: {
    ...{ summary: 'rational-quadratic spline coupling', layers: 4, learningRate: 1e-3, hasNetwork: true, hasBins: true },
    layer: (options, k) => coupled(options, k, spline(options)),
  },
  'nsf-ar': {
    ...{ summary: 'rational-quadratic splines, autoregressive', layers: 3, learningRate: 1e-3, hasNetwork: true, hasBins: true },
    layer: (options, k) => invert(ordered(options, k, spline(options))),
  },
} as const satisfies Readonly<Record<string, Family>>;

export type FamilyName = keyof typeof FAMILIES;
export const FAMILY_NAMES = Object.keys(FAMILIES) as FamilyName[];

/** A flow of a family, for data in any units: its last layer standardizes them. */
export function flowOf(name: FamilyName, options: FamilyOptions): Flow {
  const { dim, layers, seed } = options;
  const count = name === 'nice' ? layers + 1 : layers;
  const transforms = Array.from({ length: count }, (_, k) => FAMILIES[name].layer(options, k));
  return new Flow({ base: normal(dim, { trainable: true }), transforms: [...transforms, standardize(dim)], seed });
}

function given(transform: Transform, { context, hidden }: FamilyOptions): Transform {
  return context === 0 ? transform : conditional(transform, { context, hidden });
}

function coupled({ dim, context, hidden }: FamilyOptions, k: number, map: AutoregressiveOptions['map']): Transform {
  const mask = dim === 1 ? undefined : k % 2 === 0 ? 'odd' : 'even';
  return coupling(dim, { map, context, hidden, ...(mask && { mask }) });
}

function ordered({ dim, context, hidden }: FamilyOptions, k: number, map: AutoregressiveOptions['map']): Transform {
  const order = Array.from({ length: dim }, (_, j) => (k % 2 === 0 ? j : dim - 1 - j));
  return autoregressive(dim, { map, context, order, hidden });
}

/** Standardized data lie within ±4 but for a few rows in ten thousand, which the spline leaves as they are. */
function spline({ bins }: FamilyOptions): ReturnType<typeof maps.spline> {
  return maps.spline({ bins, bound: 4 });
}

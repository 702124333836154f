import { affine, elementwise, invert, maps, planar, radial, type Scale, type Transform } from '../../src/index.js';
import type { Boundary } from '../../src/maps/spline.js';
import * as affineReference from '../reference/affine.js';
import { type Layer, layer } from '../reference/chain.js';
import * as elementwiseReference from '../reference/elementwise.js';
import * as invertReference from '../reference/invert.js';
import { additive as additiveReference } from '../reference/maps/additive.js';
import { affine as affineMapReference } from '../reference/maps/affine.js';
import { type Settings, spline as splineReference } from '../reference/maps/spline.js';
import * as planarReference from '../reference/planar.js';
import * as radialReference from '../reference/radial.js';
import { Random } from '../reference/random.js';

export type Type = keyof typeof families;

/** A chain of layers with parameters, and the rows that it is tried at. */
export interface Case {
  readonly name: string;
  readonly dim: number;
  readonly types: readonly Type[];
  /** One vector a layer. */
  readonly parameters: readonly (readonly number[])[];
  readonly rows: readonly (readonly number[])[];
}

const affineMap = (scale: Scale) => ({
  transform: (dim: number) => elementwise(dim, maps.affine({ scale })),
  count: (dim: number) => 2 * dim,
  reference: <T>(vector: readonly T[], dim: number): Layer<T> =>
    elementwiseReference.elementwise(affineMapReference(scale), vector, dim),
  random: (random: Random, dim: number) => random.normals(2 * dim),
});

const SPLINE = { low: -3, high: 3, minWidth: 1e-3, minHeight: 1e-3, minDerivative: 1e-3, logitScale: 1 };

const spline = (boundary: Boundary, binsFor: (dim: number) => number, own: Partial<typeof SPLINE> = {}) => {
  const settings = (dim: number): Settings => ({ ...SPLINE, ...own, boundary, bins: binsFor(dim) });
  const map = (dim: number) => {
    const { low, high, ...others } = settings(dim);
    return maps.spline({ ...others, bound: [low, high] });
  };
  const count = (dim: number): number => dim * map(dim).parameterCount;
  return {
    transform: (dim: number) => elementwise(dim, map(dim)),
    count,
    reference: <T>(vector: readonly T[], dim: number): Layer<T> =>
      elementwiseReference.elementwise(splineReference(settings(dim)), vector, dim),
    random: (random: Random, dim: number) => random.normals(count(dim)),
  };
};

/** Sixty digits with a derivative for every parameter take their time. */
const fewBins = (dim: number): number => (dim <= 2 ? 8 : dim <= 5 ? 4 : dim <= 17 ? 2 : 1);

export const families = {
  planar: {
    transform: planar,
    count: (dim: number) => 2 * dim + 1,
    reference: <T>(vector: readonly T[]): Layer<T> =>
      layer<T, planarReference.Planar<T>>(planarReference, planarReference.fromVector(vector)),
    random: (random: Random, dim: number) => random.normals(2 * dim + 1),
  },
  radial: {
    transform: radial,
    count: (dim: number) => dim + 2,
    reference: <T>(vector: readonly T[]): Layer<T> =>
      layer<T, radialReference.Radial<T>>(radialReference, radialReference.fromVector(vector)),
    random: (random: Random, dim: number) => random.normals(dim + 2),
  },
  affine: {
    transform: affine,
    count: (dim: number) => 2 * dim,
    reference: <T>(vector: readonly T[]): Layer<T> =>
      layer<T, affineReference.Affine<T>>(affineReference, affineReference.fromVector(vector)),
    random: (random: Random, dim: number) => random.normals(2 * dim),
  },
  invertedPlanar: {
    transform: (dim: number) => invert(planar(dim)),
    count: (dim: number) => 2 * dim + 1,
    reference: <T>(vector: readonly T[]): Layer<T> =>
      invertReference.invert(layer<T, planarReference.Planar<T>>(planarReference, planarReference.fromVector(vector))),
    random: (random: Random, dim: number) => random.normals(2 * dim + 1),
  },
  additive: {
    transform: (dim: number) => elementwise(dim, maps.additive()),
    count: (dim: number) => dim,
    reference: <T>(vector: readonly T[], dim: number): Layer<T> =>
      elementwiseReference.elementwise(additiveReference, vector, dim),
    random: (random: Random, dim: number) => random.normals(dim),
  },
  softclip: affineMap('softclip'),
  exp: affineMap('exp'),
  sigmoid: affineMap('sigmoid'),
  sigmoidFloor: affineMap('sigmoid-floor'),
  softplus: affineMap('softplus'),
  softplusCapped: affineMap('softplus-capped'),
  spline: spline('linear', fewBins),
  splineBounded: spline('bounded', fewBins),
  splineCircular: spline('circular', fewBins),
  spline1Bounded: spline('bounded', () => 1),
  spline2: spline('linear', () => 2),
  spline16: spline('linear', () => 16),
  spline16Bounded: spline('bounded', () => 16),
  spline1Circular: spline('circular', () => 1),
  spline16Circular: spline('circular', () => 16),
  /** With nothing at its default. */
  splineApart: spline('linear', () => 3, {
    low: -1,
    high: 4,
    minWidth: 0.05,
    minHeight: 0.01,
    minDerivative: 0.1,
    logitScale: 0.25,
  }),
};

export const DIMS = [1, 2, 3, 4, 5, 8, 17, 64];

export function transformsOf({ types, dim }: Case): Transform[] {
  return types.map((type) => families[type].transform(dim));
}

/** The layers of the reference, from one vector of all parameters. */
export function layersOf<T>({ types, dim }: Case, vector: readonly T[]): Layer<T>[] {
  let at = 0;
  return types.map((type) => families[type].reference(vector.slice(at, (at += families[type].count(dim))), dim));
}

export function randomCase(name: string, types: readonly Type[], dim: number, seed: number, rowCount = 3): Case {
  const random = new Random(seed);
  const parameters = types.map((type) => families[type].random(random, dim));
  return { name, dim, types, parameters, rows: Array.from({ length: rowCount }, () => random.normals(dim, 2)) };
}

/** A planar layer whose wᵀu is `t`, with |w| = `norm`. */
function planarWith(t: number, norm: number, dim: number, seed: number): number[] {
  const random = new Random(seed);
  const direction = random.normals(dim);
  const length = Math.hypot(...direction);
  const w = direction.map((value) => (norm * value) / length);
  const across = random.normals(dim);
  const along = across.reduce((sum, value, i) => sum + value * w[i], 0);
  const u = across.map((value, i) => value + ((t - along) * w[i]) / (norm * norm));
  return [...u, ...w, random.normals(1)[0]];
}

/** Ordinary rows, the origin, the smallest, and tails. */
function hardRows(dim: number, seed: number): number[][] {
  const random = new Random(seed);
  const signs = Array.from({ length: dim }, (_, i) => (i % 2 === 0 ? 1 : -1));
  return [
    random.normals(dim),
    random.normals(dim, 4),
    ...[0, 1e-300, 1e-9, 30, 1e3].map((size) => signs.map((sign) => sign * size)),
  ];
}

const HARD_PLANAR: [t: number, norm: number][] = [
  [-800, 1],
  [-700.5, 2],
  [-100, 1],
  [-40, 3],
  [-1e-8, 1],
  [1e-8, 1],
  [40, 0.5],
  [600, 1],
  [-0.5, 1e-5],
  [2, 1e-5],
  [-3, 1e3],
  [5, 1e3],
];

const HARD_RADIAL: [alpha: number, beta: number][] = [
  [1e-12, 0],
  [1e-12, -30],
  [-1, -30],
  [1, -700.5],
  [1, 30],
  [-2, 700],
  [1e6, 0],
  [1e6, 14],
  [0.5, -800],
  [1e6, -695],
  [1e6, -699.9],
  [1e10, -690],
];

function radialRows(z0: number[]): number[][] {
  const near = (distance: number): number[] => z0.map((value, i) => value + (i === 0 ? distance : 0));
  return [...hardRows(z0.length, 3), z0, near(1e-9), near(-1e-3)];
}

const planarExtremes = HARD_PLANAR.flatMap(([t, norm], k) =>
  [1, 2, 3].map((dim): Case => ({
    name: `planar, wᵀu = ${t}, |w| = ${norm}, d ${dim}`,
    dim,
    types: ['planar'],
    parameters: [planarWith(t, norm, dim, 10 * k + dim)],
    rows: hardRows(dim, k),
  })),
);

const radialExtremes = HARD_RADIAL.flatMap(([alpha, beta], k) =>
  [1, 2, 3].map((dim): Case => {
    const z0 = new Random(100 + k).normals(dim);
    return {
      name: `radial, α ${alpha}, β ${beta}, d ${dim}`,
      dim,
      types: ['radial'],
      parameters: [[...z0, alpha, beta]],
      rows: radialRows(z0),
    };
  }),
);

const AFFINE_MAPS: Type[] = ['softclip', 'exp', 'sigmoid', 'sigmoidFloor', 'softplus', 'softplusCapped'];

/** [raw, where e^raw must be a normal number]: within the limits that the maps state. */
const affineMapExtremes = AFFINE_MAPS.flatMap((type) =>
  (type === 'softclip' ? [-1e6, 1e6] : [-600, -40, 40, 600]).map((raw): Case => ({
    name: `${type}, raw ${raw}`,
    dim: 2,
    types: [type],
    parameters: [[0.5, raw, -1, -raw]],
    rows: hardRows(2, 1),
  })),
);

const SPLINES: Type[] = ['spline', 'splineBounded', 'splineCircular'];

/** Rows inside, both ends, and outside where the spline goes on. */
function splineRows(type: Type, dim: number, random: Random): number[][] {
  const inside = Array.from({ length: 2 }, () => Array.from({ length: dim }, () => 6 * random.uniform() - 3));
  const everywhere = [3, -3, 0, 1e-300].map((value) => new Array<number>(dim).fill(value));
  const outside = [3.5, -1e3].map((value) => new Array<number>(dim).fill(value));
  const isBox = /Bounded|Circular/.test(type);
  return [...inside, ...everywhere, ...(isBox ? [] : outside)];
}

const STEEP: Type[] = [
  ...SPLINES,
  'spline2',
  'spline16',
  'spline1Bounded',
  'spline16Bounded',
  'spline1Circular',
  'spline16Circular',
  'splineApart',
];

const splineExtremes = STEEP.flatMap((type, k) =>
  [1, 10, 30].map((size): Case => {
    const random = new Random(700 + k);
    const parameters = [families[type].random(random, 1).map((value) => size * value)];
    return { name: `${type}, parameters × ${size}`, dim: 1, types: [type], parameters, rows: splineRows(type, 1, random) };
  }),
);

/** One bin towers above the other, in both axes, and nothing else has a gradient of any size: 1 − P₁ is e^−40. */
const towering: Case = {
  name: 'spline2, one logit far above the other',
  dim: 1,
  types: ['spline2'],
  parameters: [[40, 0, 40, 0, -100]],
  rows: [[2.998], [2.9945], [0]],
};

/** In many dimensions, the circular one alone: it has the fewest parameters that do something. */
const splines = SPLINES.flatMap((type) =>
  DIMS.filter((dim) => dim <= 4 || type === 'splineCircular').map((dim, k): Case => {
    const rows = splineRows(type, dim, new Random(k)).slice(0, dim > 8 ? 1 : 4);
    return { ...randomCase(`${type}, d ${dim}`, [type], dim, 1000 + k), rows };
  }),
);

const TYPES: Type[] = ['planar', 'radial', 'affine'];
const COMPOSED: Type[] = ['invertedPlanar', 'additive', ...AFFINE_MAPS];

export const SINGLE = [
  ...TYPES.flatMap((type) => DIMS.map((dim, k) => randomCase(`${type}, d ${dim}`, [type], dim, 1000 + k, dim > 8 ? 1 : 4))),
  ...COMPOSED.flatMap((type) => [1, 3, 8].map((dim, k) => randomCase(`${type}, d ${dim}`, [type], dim, 1100 + k, 4))),
  ...splines,
];

export const EXTREME = [...planarExtremes, ...radialExtremes, ...affineMapExtremes, ...splineExtremes, towering];

export const CHAINS = [
  randomCase(
    'planar and radial by turns, K 8, d 2',
    Array.from({ length: 8 }, (_, k) => TYPES[k % 2]),
    2,
    1,
    2,
  ),
  randomCase(
    'all three by turns, K 6, d 3',
    Array.from({ length: 6 }, (_, k) => TYPES[k % 3]),
    3,
    2,
    2,
  ),
  randomCase('planar, K 12, d 2', new Array<Type>(12).fill('planar'), 2, 3, 2),
  randomCase('radial, K 12, d 5', new Array<Type>(12).fill('radial'), 5, 4, 1),
  randomCase('planar and splines by turns, K 4, d 2', ['planar', 'spline2', 'planar', 'spline'], 2, 6, 2),
  randomCase('pairs that fuse, K 4, d 8', ['planar', 'planar', 'radial', 'radial'], 8, 5, 1),
];

import {
  actNorm,
  affine,
  fullAffine,
  elementwise,
  type ElementwiseMap,
  householder,
  invert,
  lu,
  maps,
  orthogonal,
  permutation,
  planar,
  plu,
  radial,
  type Scale,
  standardize,
  supports,
  sylvester,
  type SylvesterOptions,
  type Transform,
} from '../../src/index.js';
import * as actNormReference from '../reference/act-norm.js';
import type { Boundary } from '../../src/maps/spline.js';
import * as affineReference from '../reference/affine.js';
import type { Algebra } from '../reference/algebra.js';
import { type Layer, layer } from '../reference/chain.js';
import * as householderReference from '../reference/householder.js';
import * as fullAffineReference from '../reference/full-affine.js';
import * as luReference from '../reference/lu.js';
import * as permutationReference from '../reference/permutation.js';
import * as fixed from '../reference/fixed.js';
import { orderedLayer } from '../reference/ordered.js';
import * as elementwiseReference from '../reference/elementwise.js';
import * as invertReference from '../reference/invert.js';
import { additive as additiveReference } from '../reference/maps/additive.js';
import { affine as affineMapReference } from '../reference/maps/affine.js';
import { type Settings, spline as splineReference } from '../reference/maps/spline.js';
import * as planarReference from '../reference/planar.js';
import * as pluReference from '../reference/plu.js';
import * as radialReference from '../reference/radial.js';
import { Random } from '../reference/random.js';
import { simplexLayer } from '../reference/simplex.js';
import { autoregressiveFamily, couplingFamily, masks, seeing } from './networks.js';
import type { Direction } from './truth.js';
import * as sylvesterReference from '../reference/sylvester.js';

export type Type = keyof typeof families;

/** A chain of layers with parameters, and the rows that it is tried at. */
export interface Case {
  readonly name: string;
  /** Dimension of z. */
  readonly dim: number;
  readonly types: readonly Type[];
  /** One vector a layer. */
  readonly parameters: readonly (readonly number[])[];
  readonly rows: readonly (readonly number[])[];
  /** Where the images round to the edge of a support, from where there is no way back: only `forward`. Default both. */
  readonly directions?: readonly Direction[];
}

const NO_PARAMETERS = { count: () => 0, random: (): number[] => [] };
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
  fullAffine: {
    transform: (dim: number) => fullAffine(dim),
    count: (dim: number) => (dim * (dim + 3)) / 2,
    reference: <T>(vector: readonly T[], dim: number): Layer<T> =>
      layer<T, fullAffineReference.FullAffine<T>>(fullAffineReference, fullAffineReference.fromVector(vector, dim)),
    random: (random: Random, dim: number) => [...random.normals(2 * dim), ...random.normals((dim * (dim - 1)) / 2, 0.5)],
  },
  permutation: {
    transform: (dim: number) => permutation(orderOf(dim)),
    count: () => 0,
    reference: <T>(_vector: readonly T[], dim: number): Layer<T> =>
      layer<T, permutationReference.Permutation>(permutationReference, { order: orderOf(dim) }),
    random: () => [],
  },
  lu: {
    transform: lu,
    count: (dim: number) => dim * (dim + 1),
    reference: <T>(vector: readonly T[]): Layer<T> => layer<T, luReference.Lu<T>>(luReference, luReference.fromVector(vector)),
    random: (random: Random, dim: number) => triangles(random, dim, 2 * dim),
  },
  plu: {
    transform: (dim: number) => plu(dim, { order: orderOf(dim), signs: signsOf(dim) }),
    count: (dim: number) => dim * dim,
    reference: <T>(vector: readonly T[], dim: number): Layer<T> =>
      layer<T, pluReference.Plu<T>>(pluReference, pluReference.fromVector(vector, orderOf(dim), signsOf(dim))),
    random: (random: Random, dim: number) => triangles(random, dim, dim),
  },
  householder: {
    transform: (dim: number) => householder(dim, { reflections: REFLECTIONS }),
    count: (dim: number) => REFLECTIONS * dim,
    reference: <T>(vector: readonly T[], dim: number): Layer<T> =>
      layer<T, householderReference.Householder<T>>(householderReference, householderReference.fromVector(vector, dim)),
    random: (random: Random, dim: number) => random.normals(REFLECTIONS * dim),
  },
  orthogonal: {
    transform: orthogonal,
    count: (dim: number) => (dim - (dim % 2)) * dim,
    reference: <T>(vector: readonly T[], dim: number): Layer<T> =>
      layer<T, householderReference.Householder<T>>(householderReference, householderReference.fromVector(vector, dim)),
    random: (random: Random, dim: number) => random.normals((dim - (dim % 2)) * dim),
  },
  actNorm: {
    transform: actNorm,
    count: (dim: number) => 2 * dim + 1,
    reference: <T>(vector: readonly T[]): Layer<T> =>
      layer<T, actNormReference.ActNorm<T>>(actNormReference, actNormReference.fromVector(vector)),
    random: (random: Random, dim: number) => [...random.normals(2 * dim), 1],
  },
  standardize: {
    transform: standardize,
    count: (dim: number) => 2 * dim + 1,
    /** Its parameters have no derivatives. */
    reference: <T>(vector: readonly T[]): Layer<T> => {
      const fixed = (A: Algebra<T>): actNormReference.ActNorm<T> => actNormReference.fromVector(vector.map(A.constant));
      return {
        forward: (A, z) => actNormReference.forward(A, z, fixed(A)),
        inverse: (A, x) => actNormReference.inverse(A, x, fixed(A)),
      };
    },
    random: (random: Random, dim: number) => [...random.normals(2 * dim), 1],
  },
  exp: ofMap(maps.exp(), fixed.bound(0, 1)),
  lowerBound: ofMap(maps.lowerBound({ low: 3 }), fixed.bound(3, 1)),
  upperBound: ofMap(maps.upperBound({ high: -0.1 }), fixed.bound(-0.1, -1)),
  sigmoid: ofMap(maps.sigmoid(), fixed.interval(0, 1)),
  logit: ofMap(maps.logit(), fixed.inverted(fixed.interval(0, 1))),
  interval: ofMap(maps.interval({ low: -3, high: 0 }), fixed.interval(-3, 0)),
  softplus: ofMap(maps.softplus(), fixed.softplus),
  tanh: ofMap(maps.tanh(), fixed.tanh),
  leakyRelu: ofMap(maps.leakyRelu({ slope: 0.1 }), fixed.leakyRelu(0.1)),
  ordered: {
    ...NO_PARAMETERS,
    transform: supports.ordered,
    reference: <T>(): Layer<T> => orderedLayer(false),
  },
  positiveOrdered: {
    ...NO_PARAMETERS,
    transform: supports.positiveOrdered,
    reference: <T>(): Layer<T> => orderedLayer(true),
  },
  simplex: {
    ...NO_PARAMETERS,
    transform: (dim: number) => supports.simplex(dim + 1),
    reference: <T>(): Layer<T> => simplexLayer(),
  },
  sylvester: { ...sylvesterFamily((dim) => ({ kind: 'orthogonal', rank: sylvesterRank(dim) })) },
  sylvesterHouseholder: sylvesterFamily(() => ({ kind: 'householder', reflections: 2 })),
  sylvesterTriangular: sylvesterFamily(() => ({ kind: 'triangular' })),
  sylvesterReversed: sylvesterFamily(() => ({ kind: 'triangular', reversed: true })),
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
  scaleSoftclip: affineMap('softclip'),
  scaleExp: affineMap('exp'),
  scaleSigmoid: affineMap('sigmoid'),
  scaleSigmoidReciprocal: affineMap('sigmoid-reciprocal'),
  scaleSigmoidFloor: affineMap('sigmoid-floor'),
  scaleSoftplus: affineMap('softplus'),
  scaleSoftplusCapped: affineMap('softplus-capped'),
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
  coupling: { ...couplingFamily({ map: 'softclip', activation: 'tanh', hidden: seeing, mask: masks.odd }) },
  couplingExp: couplingFamily({ map: 'exp', activation: 'elu', hidden: () => [4, 4], mask: masks.even }),
  couplingAdditive: couplingFamily({ map: 'additive', activation: 'silu', hidden: () => [2, 5, 1], mask: masks.secondHalf }),
  couplingSpline: couplingFamily({ map: 'spline', activation: 'tanh', hidden: () => [3], mask: masks.firstHalf }),
  couplingResidual: couplingFamily({
    map: 'softclip',
    activation: 'silu',
    hidden: () => [3, 3],
    residual: true,
    mask: masks.custom,
  }),
  couplingGelu: couplingFamily({ map: 'softclip', activation: 'gelu', hidden: () => [4, 2], mask: masks.firstHalf }),
  couplingRelu: couplingFamily({ map: 'softclip', activation: 'relu', hidden: () => [5, 3], mask: masks.odd }),
  couplingSparse: couplingFamily({ map: 'softclip', activation: 'relu', hidden: () => [4, 50], mask: masks.firstHalf }),
  couplingNarrow: couplingFamily({ map: 'softclip', activation: 'silu', hidden: () => [1], mask: masks.odd }),
  autoregressive: { ...autoregressiveFamily({ map: 'softclip', activation: 'tanh', hidden: seeing }) },
  autoregressiveExp: autoregressiveFamily({ map: 'exp', activation: 'elu', hidden: () => [4, 4], order: reversedOf }),
  autoregressiveAdditive: autoregressiveFamily({
    map: 'additive',
    activation: 'silu',
    hidden: () => [5, 4, 7],
    order: orderOf,
  }),
  autoregressiveSpline: autoregressiveFamily({ map: 'spline', activation: 'silu', hidden: () => [4], order: orderOf }),
  autoregressiveResidual: autoregressiveFamily({
    map: 'softclip',
    activation: 'elu',
    hidden: () => [4, 4],
    residual: true,
    order: orderOf,
  }),
  invertedAutoregressive: invertedFamily(autoregressiveFamily({ map: 'softclip', activation: 'softplus', hidden: seeing })),
  autoregressiveRelu: autoregressiveFamily({ map: 'softclip', activation: 'relu', hidden: () => [5, 6] }),
  autoregressiveNarrow: autoregressiveFamily({ map: 'softclip', activation: 'softplus', hidden: () => [1], order: orderOf }),
};
function sylvesterRank(dim: number): number {
  return Math.min(dim, 3);
}

function sylvesterShape(dim: number, options: SylvesterOptions): sylvesterReference.Shape {
  if (options.kind === 'triangular') return { dim, rank: dim, reflections: 0, reversed: options.reversed };
  if (dim === 1) return { dim, rank: 1, reflections: 0 };
  if (options.kind === 'householder') return { dim, rank: dim, reflections: options.reflections! };
  return { dim, rank: options.rank!, reflections: options.rank! };
}

function sylvesterFamily(options: (dim: number) => SylvesterOptions) {
  const count = (dim: number): number => sylvesterReference.count(sylvesterShape(dim, options(dim)));
  return {
    transform: (dim: number) => sylvester(dim, options(dim)),
    count,
    reference: <T>(vector: readonly T[], dim: number): Layer<T> =>
      layer<T, sylvesterReference.Sylvester<T>>(
        sylvesterReference,
        sylvesterReference.fromVector(vector, sylvesterShape(dim, options(dim))),
      ),
    random: (random: Random, dim: number) => random.normals(count(dim)),
  };
}

function invertedFamily(family: ReturnType<typeof autoregressiveFamily>) {
  return {
    ...family,
    transform: (dim: number) => invert(family.transform(dim)),
    reference: <T>(vector: readonly T[], dim: number): Layer<T> => invertReference.invert(family.reference(vector, dim)),
  };
}

function ofMap(map: ElementwiseMap, reference: fixed.FixedMap) {
  return {
    ...NO_PARAMETERS,
    transform: (dim: number) => elementwise(dim, map),
    reference: <T>(): Layer<T> => fixed.fixedLayer(reference),
  };
}

const REFLECTIONS = 3;

/** A permutation that is not its own inverse from three features on. */
function orderOf(dim: number): number[] {
  const order = Array.from({ length: dim }, (_, j) => j);
  const random = new Random(dim);
  for (let j = dim - 1; j > 0; j--) {
    const k = random.below(j);
    [order[j], order[k]] = [order[k], order[j]];
  }
  return order;
}

function reversedOf(dim: number): number[] {
  return Array.from({ length: dim }, (_, j) => dim - 1 - j);
}

function signsOf(dim: number): number[] {
  return Array.from({ length: dim }, (_, j) => (j % 3 === 0 ? -1 : 1));
}

/** Both triangles, of moderate condition, and `rest` other numbers. */
function triangles(random: Random, dim: number, rest: number): number[] {
  return [...random.normals(dim * (dim - 1), 1 / Math.sqrt(dim)), ...random.normals(rest)];
}

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
  const row = types[0] === 'logit' ? () => shares(random, dim) : () => random.normals(dim, 2);
  return { name, dim, types, parameters, rows: Array.from({ length: rowCount }, row) };
}

/** Numbers in (0, 1): the logit takes no others. */
function shares(random: Random, dim: number): number[] {
  return Array.from({ length: dim }, () => random.uniform());
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

/** Log scales and diagonals as far apart as they may be, triangles that nearly cancel, reflections of the least and the largest vectors. */
const linearExtremes = [
  { name: 'lu, raw −800, 0, 800', types: ['lu'], parameters: [2, -1, 0.5, 1, -2, 0.5, -800, 0, 800, 1, 2, 3] },
  {
    name: 'lu, raw −40, 30, −5, triangles 1e4',
    types: ['lu'],
    parameters: [1e4, -1e4, 3e3, 1e4, 5e3, -1e4, -40, 30, -5, 1, 2, 3],
  },
  { name: 'fullAffine, logScale ±600', types: ['fullAffine'], parameters: [1, 2, 3, 600, 0.1, -600, 2, -1, 0.5] },
  { name: 'fullAffine, triangle 1e4', types: ['fullAffine'], parameters: [1, 2, 3, -40, 3, 20, 1e4, -1e4, 5e3] },
  { name: 'plu, logDiagonal ±600', types: ['plu'], parameters: [1e-3, 2, 0.5, 1, -2, 0.5, 600, 0.1, -600] },
  { name: 'plu, logDiagonal −100', types: ['plu'], parameters: [1, -2, 0.5, 0.1, -0.2, 0.5, -100, -100, -100] },
  { name: 'plu, logDiagonal 300, triangles 1e4', types: ['plu'], parameters: [1e4, -1e4, 5e3, 1e4, 5e3, -1e4, 300, -300, 2] },
  {
    name: 'householder, |v| 1e-150, 1e147',
    types: ['householder'],
    parameters: [3e-151, -1e-150, 1e-150, 1e147, 0, 3e146, 1, 1e-9, 0],
  },
  { name: 'affine, logScale ±600', types: ['affine'], parameters: [1, -2, 3, 600, 0, -600] },
  { name: 'actNorm, logScale ±600', types: ['actNorm'], parameters: [600, 0, -600, 1, -2, 3, 1] },
  { name: 'standardize, logScale ±600', types: ['standardize'], parameters: [-600, 0, 600, 1e3, -2, 3, 1] },
].map(({ name, types, parameters }, k): Case => ({
  name: `${name}, d 3`,
  dim: 3,
  types: types as Type[],
  parameters: [parameters],
  rows: hardRows(3, k),
}));

/** Rows of d 2 at the ends of what a double holds, and around 0. */
const HARD_SUPPORTS: [type: Type, values: number[]][] = [
  ['exp', [0, 1e-300, -1e-9, 30, -30, 700, -700]],
  ['lowerBound', [0, 1e-300, 1e-9, 30, -15, 700]],
  ['upperBound', [0, 1e-300, 1e-9, 30, -15, 700]],
  ['sigmoid', [0, 1e-300, -1e-9, 1e-9, 15, 30, -30, -700]],
  ['interval', [0, 1e-300, -1e-9, 1e-9, 30, 700, -15, -30]],
  ['logit', [0.5, 0.4999999, 1e-300, 1e-9, 1 - 2 ** -50, 1 - 1e-9]],
  ['softplus', [0, 1e-300, -1e-9, 1e-9, 30, -30, -700, 1e3, 1e6]],
  ['tanh', [0, 1e-300, 1e-9, -1e-9, 5, -5, 15, -15]],
  ['leakyRelu', [0, 1e-300, -1e-300, 1e-9, 1e3, -1e3]],
  ['ordered', [0, 1e-300, 1e-9, 5, -5, 30]],
  ['positiveOrdered', [0, 1e-300, 1e-9, 5, -5, 30]],
  ['simplex', [0, 1e-300, -1e-9, 1e-9, 5, 30, -30, 100, -100]],
];

/** Values whose images are on the edge. */
const SATURATED: [type: Type, values: number[]][] = [
  ['exp', [-750, -1e3]],
  ['lowerBound', [-40, -1e3]],
  ['sigmoid', [38, 40, 1e3, -1e3]],
  ['interval', [-40, -1e3, 1e3]],
  ['softplus', [-750, -1e3]],
  ['tanh', [20, -40, 1e3, -1e3]],
  ['ordered', [-40, 1e2, -1e3]],
  ['simplex', [750, -750, 1e3]],
];

/** Each value beside itself, and beside the next. */
function pairs(values: readonly number[]): number[][] {
  return values.flatMap((value, i) => [
    [value, value],
    [value, values[(i + 1) % values.length]],
  ]);
}

const supportExtremes = [
  ...HARD_SUPPORTS.map(([type, values]): Case => ({
    name: `${type}, far out`,
    dim: 2,
    types: [type],
    parameters: [[]],
    rows: pairs(values),
  })),
  ...SATURATED.map(([type, values]): Case => ({
    name: `${type}, to the edge`,
    dim: 2,
    types: [type],
    parameters: [[]],
    rows: pairs(values),
    directions: ['forward'],
  })),
  {
    name: 'simplex, K 64, y = ±700',
    dim: 63,
    types: ['simplex'],
    parameters: [[]],
    rows: [Array.from({ length: 63 }, (_, k) => (k % 2 === 0 ? 700 : -700)), new Array<number>(63).fill(-700)],
    directions: ['forward'],
  } satisfies Case,
];

/** Raw diagonals, the size of what stands beside them, and b. */
const HARD_SYLVESTER: [p: number, q: number, off: number, b: number][] = [
  [20, -20, 1, 1],
  [-20, 20.5, 1, 1],
  [20, 20, 1, 1],
  [400, -400, 1, 1],
  [-400, 350, 1, 0.1],
  [400, 400, 1, 1],
  [-360, 355, 1, 1e-3],
  [1e3, -1e3, 1, 1],
  [1, -1, 1e3, 1],
  [20, -20, 1e2, 1],
  [0, 3, 1, 1],
  [1e-9, -1e-9, 10, 1],
  [1e-30, -2, 1, 1],
];

const SYLVESTER_KINDS = ['sylvester', 'sylvesterHouseholder', 'sylvesterReversed'] as const;

/** Layers whose raw diagonals are p and q, with signs by turns; the kinds take turns over the dimensions, and those over the parameters. */
const sylvesterExtremes = HARD_SYLVESTER.flatMap(([p, q, off, b], k) =>
  (k % 2 === 0 ? [1, 3] : [2]).map((dim): Case => {
    const type = SYLVESTER_KINDS[(k + dim) % SYLVESTER_KINDS.length];
    const random = new Random(10 * k + dim);
    const rank = type === 'sylvester' ? sylvesterRank(dim) : dim;
    const triangle = (diagonal: number): number[] =>
      Array.from({ length: rank }, (_, i) => [i % 2 === 0 ? diagonal : -diagonal, ...random.normals(rank - 1 - i, off)]).flat();
    const rest = families[type].count(dim) - rank * (rank + 1) - rank;
    const vector = [...triangle(p), ...triangle(q), ...random.normals(rank, b), ...random.normals(rest)];
    return {
      name: `${type} ${p}, ${q} (${off}), d ${dim}`,
      dim,
      types: [type],
      parameters: [vector],
      rows: hardRows(dim, k),
    };
  }),
);

/** Dimensions that sixty digits, with derivatives by the square of as many parameters, are through in time. */
const sylvesterSingle = (['sylvesterHouseholder', 'sylvesterTriangular', 'sylvesterReversed'] as const).flatMap((type) =>
  DIMS.filter((dim) => dim <= 5).map((dim, k) => randomCase(`${type}, d ${dim}`, [type], dim, 1100 + k)),
);

const AFFINE_MAPS: Type[] = [
  'scaleSoftclip',
  'scaleExp',
  'scaleSigmoid',
  'scaleSigmoidReciprocal',
  'scaleSigmoidFloor',
  'scaleSoftplus',
  'scaleSoftplusCapped',
];

/** [raw, where e^raw must be a normal number]: within the limits that the maps state. */
const affineMapExtremes = AFFINE_MAPS.flatMap((type) =>
  (type === 'scaleSoftclip' ? [-1e6, 1e6] : [-600, -40, 40, 600]).map((raw): Case => ({
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

/** With the dimensions that sixty digits and a tangent for each parameter leave time for; test/transforms/lu.test.ts goes on to 64. */
const LINEAR: [type: Type, dims: number[]][] = [
  ['permutation', DIMS],
  ['lu', DIMS.filter((dim) => dim <= 17)],
  ['fullAffine', DIMS.filter((dim) => dim <= 17)],
  ['plu', DIMS.filter((dim) => dim <= 17)],
  ['householder', DIMS],
  ['orthogonal', DIMS.filter((dim) => dim >= 2 && dim <= 8)],
  ['actNorm', DIMS],
  ['standardize', DIMS.filter((dim) => dim <= 8)],
];

const linear = LINEAR.flatMap(([type, dims]) =>
  dims.map((dim, k) => randomCase(`${type}, d ${dim}`, [type], dim, 2000 + k, dim > 8 ? 1 : 4)),
);

const NETWORKS: [type: Type, dims: number[]][] = [
  ['coupling', [1, 2, 3, 5, 8, 17]],
  ['couplingExp', [2, 3, 5]],
  ['couplingAdditive', [1, 2, 3, 8]],
  ['couplingSpline', [2, 3, 5]],
  ['couplingResidual', [2, 5]],
  ['couplingGelu', [3, 5]],
  ['couplingRelu', [3, 5]],
  ['couplingNarrow', [64]],
  ['autoregressive', [1, 2, 3, 5]],
  ['autoregressiveExp', [1, 2, 5]],
  ['autoregressiveAdditive', [2, 3, 5]],
  ['autoregressiveSpline', [2, 3, 5]],
  ['autoregressiveResidual', [2, 5]],
  ['autoregressiveRelu', [3, 5]],
  ['couplingSparse', [3, 5]],
];

/** Those whose hidden layers have fewer units than there are features to see: they warn. */
const NARROW_NETWORKS: [type: Type, dims: number[]][] = [
  ['autoregressive', [8]],
  ['autoregressiveNarrow', [17, 64]],
];

const ofNetworks = (families: [type: Type, dims: number[]][]): Case[] =>
  families.flatMap(([type, dims], k) =>
    dims.map((dim) => randomCase(`${type}, d ${dim}`, [type], dim, 3000 + 100 * k + dim, dim >= 5 ? 1 : 2)),
  );

export const NETWORK_CASES = ofNetworks(NETWORKS);
export const NARROW_CASES = ofNetworks(NARROW_NETWORKS);

/**
 * Networks that are steep. Not with tanh before the affine scale's gradients: a unit that saturates has its slope 1 − y² to one ε of 1 and no
 * better; see test/nets/dense.test.ts.
 */
const networkExtremes = (
  ['coupling', 'couplingResidual', 'couplingSpline', 'invertedAutoregressive', 'autoregressiveRelu'] as const
).flatMap((type, k) =>
  [5, 10].map((size): Case => {
    const { parameters, ...rest } = randomCase(`${type}, parameters × ${size}, d 3`, [type], 3, 3500 + k, 2);
    return { ...rest, parameters: parameters.map((vector) => vector.map((value) => size * value)) };
  }),
);

const SUPPORTS = HARD_SUPPORTS.map(([type]) => type);

export const SUPPORT_CASES = SUPPORTS.flatMap((type, k) =>
  [1, 2, 5, 17].map((dim) => randomCase(`${type}, d ${dim}`, [type], dim, 2000 + 10 * k + dim, dim > 8 ? 1 : 4)),
);

const COMPOSED: Type[] = ['invertedPlanar', 'additive', ...AFFINE_MAPS];

export const SINGLE = [
  ...[...TYPES, 'sylvester' as const].flatMap((type) =>
    DIMS.map((dim, k) => randomCase(`${type}, d ${dim}`, [type], dim, 1000 + k, dim > 8 ? 1 : 4)),
  ),
  ...linear,
  ...sylvesterSingle,
  ...COMPOSED.flatMap((type) => [1, 3, 8].map((dim, k) => randomCase(`${type}, d ${dim}`, [type], dim, 1100 + k, 4))),
  ...splines,
];

export const EXTREME = [
  ...planarExtremes,
  ...radialExtremes,
  ...linearExtremes,
  ...supportExtremes,
  ...sylvesterExtremes,
  ...affineMapExtremes,
  ...splineExtremes,
  towering,
  ...networkExtremes,
];

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
  randomCase(
    'linear and planar by turns, d 4',
    ['plu', 'planar', 'permutation', 'actNorm', 'lu', 'fullAffine', 'planar', 'householder', 'orthogonal', 'standardize'],
    4,
    6,
    2,
  ),
  randomCase('planar, K 12, d 2', new Array<Type>(12).fill('planar'), 2, 3, 2),
  randomCase('radial, K 12, d 5', new Array<Type>(12).fill('radial'), 5, 4, 1),
  randomCase(
    'all kinds of Sylvester layers, d 3',
    ['sylvester', 'sylvesterHouseholder', 'sylvesterTriangular', 'sylvesterReversed'],
    3,
    6,
    2,
  ),
  randomCase('planar and splines by turns, K 4, d 2', ['planar', 'spline2', 'planar', 'spline'], 2, 6, 2),
  randomCase(
    'layers with networks and others by turns, d 3',
    ['coupling', 'permutation', 'autoregressiveExp', 'affine', 'couplingAdditive', 'invertedAutoregressive'],
    3,
    8,
    1,
  ),
  randomCase('pairs that fuse, K 4, d 8', ['planar', 'planar', 'radial', 'radial'], 8, 5, 1),
];

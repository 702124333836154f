import { affine, planar, radial, sylvester, type SylvesterOptions, type Transform } from '../../src/index.js';
import * as affineReference from '../reference/affine.js';
import { type Layer, layer } from '../reference/chain.js';
import * as planarReference from '../reference/planar.js';
import * as radialReference from '../reference/radial.js';
import { Random } from '../reference/random.js';
import * as sylvesterReference from '../reference/sylvester.js';

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
  sylvester: { ...sylvesterFamily((dim) => ({ kind: 'orthogonal', rank: sylvesterRank(dim) })) },
  sylvesterHouseholder: sylvesterFamily(() => ({ kind: 'householder', reflections: 2 })),
  sylvesterTriangular: sylvesterFamily(() => ({ kind: 'triangular' })),
  sylvesterReversed: sylvesterFamily(() => ({ kind: 'triangular', reversed: true })),
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
  [1e-200, -2, 1, 1],
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

const TYPES: Type[] = ['planar', 'radial', 'affine'];

export const SINGLE = [
  ...[...TYPES, 'sylvester' as const].flatMap((type) =>
    DIMS.map((dim, k) => randomCase(`${type}, d ${dim}`, [type], dim, 1000 + k, dim > 8 ? 1 : 4)),
  ),
  ...sylvesterSingle,
];

export const EXTREME = [...planarExtremes, ...radialExtremes, ...sylvesterExtremes];

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
  randomCase(
    'all kinds of Sylvester layers, d 3',
    ['sylvester', 'sylvesterHouseholder', 'sylvesterTriangular', 'sylvesterReversed'],
    3,
    6,
    2,
  ),
  randomCase('pairs that fuse, K 4, d 8', ['planar', 'planar', 'radial', 'radial'], 8, 5, 1),
];

import { type Base, Flow, affine, fullNormal, mixture, normal, studentT } from '../../src/index.js';
import type { Algebra } from '../reference/algebra.js';
import * as fullNormalReference from '../reference/full-normal.js';
import * as mixtureReference from '../reference/mixture.js';
import * as normalReference from '../reference/normal.js';
import { Random } from '../reference/random.js';
import * as studentReference from '../reference/student-t.js';

/** A kind of base with parameters: the base, trained, and its density as the reference has it, over one vector of them. */
export interface Family {
  readonly make: (dim: number) => Base;
  readonly logProb: <T>(A: Algebra<T>, x: readonly T[], vector: readonly T[]) => T;
  readonly random: (random: Random, dim: number) => number[];
}

/** Of the mixtures in `families`. */
export const COMPONENTS = 3;

export const families = {
  normal: {
    make: (dim) => normal(dim, { trainable: true }),
    logProb: (A, x, vector) => normalReference.logProb(A, x, normalReference.fromVector(vector)),
    random: (random, dim) => random.normals(2 * dim),
  },
  fullNormal: {
    make: (dim) => fullNormal(dim, { trainable: true }),
    logProb: (A, x, vector) => fullNormalReference.logProb(A, x, fullNormalReference.fromVector(vector, x.length)),
    random: (random, dim) => [...random.normals(2 * dim), ...random.normals((dim * (dim - 1)) / 2, 1 / Math.sqrt(dim))],
  },
  studentT: {
    make: (dim) => studentT(dim, { degreesOfFreedom: 3, trainable: true }),
    logProb: (A, x, vector) => studentReference.logProb(A, x, studentReference.fromVector(vector)),
    random: (random, dim) => [...random.normals(2 * dim), ...random.normals(dim, 2).map((value) => value + 1)],
  },
  mixture: {
    make: (dim) => mixture(dim, { components: COMPONENTS, trainable: true }),
    logProb: (A, x, vector) => mixtureReference.logProb(A, x, mixtureReference.fromVector(vector, x.length)),
    random: (random, dim) => [
      ...random.normals(COMPONENTS),
      ...random.normals(COMPONENTS * dim, 2),
      ...random.normals(COMPONENTS * dim, 0.5),
    ],
  },
} satisfies Record<string, Family>;

export type Kind = keyof typeof families;

export interface Case {
  readonly name: string;
  readonly kind: Kind;
  readonly dim: number;
  readonly base: Base;
  readonly parameters: readonly number[];
  readonly rows: readonly (readonly number[])[];
}

export const DIMS = [1, 2, 3, 17, 64];

export const RANDOM: Case[] = (Object.keys(families) as Kind[]).flatMap((kind) =>
  DIMS.map((dim, k) => {
    const random = new Random(100 + k);
    const parameters = families[kind].random(random, dim);
    const rows = Array.from({ length: dim > 3 ? 2 : 6 }, () => random.normals(dim, 2));
    return { name: `${kind}, d ${dim}`, kind, dim, base: families[kind].make(dim), parameters, rows };
  }),
);

/** Ordinary rows, the origin, the smallest, and tails up to `far`. */
function hardRows(dim: number, seed: number, far: number): number[][] {
  const random = new Random(seed);
  const signs = Array.from({ length: dim }, (_, i) => (i % 2 === 0 ? 1 : -1));
  const sizes = [0, 1e-300, 1e-9, 1, 30, 1e3, far];
  return [random.normals(dim), random.normals(dim, 4), ...sizes.map((size) => signs.map((sign) => sign * size))];
}

const degrees = [1e-13, 1e-3, 0.05, 0.5, 1, 2.5, 31.9, 32.1, 1e4, 1e8, 1e13];

const students = degrees.flatMap((nu, k) =>
  [1, 2].map((dim): Case => {
    const [location, logNu] = [new Array<number>(dim).fill(0), new Array<number>(dim).fill(Math.log(nu))];
    const rows = hardRows(dim, k, 1e200);
    const base = families.studentT.make(dim);
    return {
      name: `studentT, ν ${nu}, d ${dim}`,
      kind: 'studentT',
      dim,
      base,
      parameters: [...location, ...location, ...logNu],
      rows,
    };
  }),
);

/** Logits, locations along the first axis and log scales of two components. */
const PAIRS: [logits: [number, number], locations: [number, number], logScales: [number, number]][] = [
  [
    [0, 0],
    [-3, 3],
    [0, 0],
  ],
  [
    [600, -600],
    [-3, 3],
    [0, 0],
  ],
  [
    [0, 0],
    [-1e3, 1e3],
    [-3, 3],
  ],
  [
    [5, -5],
    [0, 1e-9],
    [0, 1e-9],
  ],
  [
    [0, -3],
    [0, 0],
    [-40, 5],
  ],
  [
    [0, 0],
    [0, 1],
    [300, -300],
  ],
];

const mixtures = PAIRS.flatMap(([logits, locations, logScales], k) =>
  [1, 3].map((dim): Case => {
    const along = locations.flatMap((value) => Array.from({ length: dim }, (_, j) => (j === 0 ? value : 0.1 * value)));
    const scales = logScales.flatMap((value) => new Array<number>(dim).fill(value));
    return {
      name: `mixture ${k}, d ${dim}`,
      kind: 'mixture',
      dim,
      base: mixture(dim, { components: 2, trainable: true }),
      parameters: [...logits, ...along, ...scales],
      rows: hardRows(dim, k, 1e6),
    };
  }),
);

const fullNormals = [
  [0, 0, 0, 0],
  [1e6, -1e6, 30, -30],
  [1e-9, 3, 200, -200],
].map(([a, b, s, t], k): Case => ({
  name: `fullNormal ${k}, d 3`,
  kind: 'fullNormal',
  dim: 3,
  base: families.fullNormal.make(3),
  parameters: [1, -2, 0.5, s, t, 0.3, a, b, 0.7],
  rows: hardRows(3, k, 1e6),
}));

export const EXTREME: Case[] = [...students, ...mixtures, ...fullNormals];

/** A flow that is its base: an affine transform that does nothing behind it. */
export function flowOf(base: Base, seed = 1): Flow {
  return new Flow({ base, transforms: [affine(base.dim)], seed });
}

/** The flow of a case, with its parameters. */
export function flowOfCase({ base, parameters }: Case): Flow {
  const flow = flowOf(base);
  const all = flow.getParameters();
  all.set(parameters);
  flow.setParameters(all);
  return flow;
}

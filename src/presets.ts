import { requireBoolean, requireChoice, requireCount, requireOptions } from './arguments.js';
import { conditionalNormal } from './bases/conditional-normal.js';
import type { Base } from './bases/base.js';
import { normal } from './bases/normal.js';
import { Flow } from './flow.js';
import { additiveMap } from './maps/additive.js';
import { affineMap } from './maps/affine.js';
import type { ElementwiseMap } from './maps/map.js';
import { splineMap } from './maps/spline.js';
import type { NetworkOptions } from './nets/network.js';
import { standardize } from './transforms/act-norm.js';
import { affine } from './transforms/affine.js';
import { autoregressive } from './transforms/autoregressive.js';
import { conditional } from './transforms/conditional.js';
import { coupling } from './transforms/coupling.js';
import { invert } from './transforms/invert.js';
import { planar } from './transforms/planar.js';
import { radial } from './transforms/radial.js';
import { sylvester } from './transforms/sylvester.js';
import type { Transform } from './transforms/transform.js';

/** What every preset takes. */
export interface PresetOptions extends NetworkOptions {
  readonly dim: number;
  /** Layers, each with its own parameters. Every preset has its default. */
  readonly layers?: number;
  /** Numbers of a row of the context; the flow is then conditional. Default 0: none. */
  readonly context?: number;
  /** Of the initial parameters and of samples. Default 0. */
  readonly seed?: number | bigint;
}

/** What presets of flows that are fitted to data take. */
export interface DataPresetOptions extends PresetOptions {
  /** Where z comes from: `studentT(dim, …)` for heavy tails, `mixture(dim, …)` for clusters. Default `normal(dim)`. */
  readonly base?: Base;
  /**
   * Whether the last layer standardises, and the context is standardised, too: `fitToData` sets both to the mean and deviation of what is
   * given, and training leaves them. Default true.
   */
  readonly standardize?: boolean;
}

export interface SylvesterPresetOptions extends PresetOptions {
  /** Columns of Q: hidden units of a layer. Default the lesser of dim and 8. */
  readonly rank?: number;
}

export interface NsfOptions extends DataPresetOptions {
  /** `'coupling'`: fast in both directions; `'autoregressive'`: stronger, and slower to sample. Default `'coupling'`. */
  readonly kind?: 'coupling' | 'autoregressive';
  /** Bins of every spline. Default 8. */
  readonly bins?: number;
  /** Splines bend between −bound and bound, and are the identity beyond. Default 5. */
  readonly bound?: number;
}

const NAMES = ['dim', 'layers', 'context', 'seed', 'hidden', 'activation', 'residual'] as const;
const DATA_NAMES = [...NAMES, 'base', 'standardize'] as const;

/**
 * Planar layers between a normal base and an affine layer, all trainable: the flow of Rezende & Mohamed 2015 for variational inference in
 * few dimensions. Default 16 layers.
 *
 * @throws {RangeError | TypeError} for a value out of range, or an unknown option; so do all presets
 * @example
 * ```ts
 * const flow = planarFlow({ dim: 2, layers: 8, seed: 1 });
 * const { freeEnergy } = await fitToTarget(flow, energies.u2, { steps: 500 });
 * ```
 */
export function planarFlow(options: PresetOptions): Flow {
  return inferenceFlow('planarFlow', options, 16, planar);
}

/**
 * Radial layers between a normal base and an affine layer. Default 16 layers.
 *
 * @example
 * ```ts
 * const flow = radialFlow({ dim: 2, seed: 1 });
 * ```
 */
export function radialFlow(options: PresetOptions): Flow {
  return inferenceFlow('radialFlow', options, 16, radial);
}

/**
 * Sylvester layers between a normal base and an affine layer: for variational inference in more dimensions than planar layers can bend.
 * Default 8 layers.
 *
 * @example
 * ```ts
 * const flow = sylvesterFlow({ dim: 10, rank: 4, seed: 1 });
 * ```
 */
export function sylvesterFlow(given: SylvesterPresetOptions): Flow {
  requireOptions('sylvesterFlow', given, [...NAMES, 'rank']);
  const { rank, ...options } = given;
  const { dim } = options;
  const columns = rank ?? Math.min(dim, 8);
  return inferenceFlow('sylvesterFlow', options, 8, () => sylvester(dim, { kind: 'orthogonal', rank: columns }));
}

/**
 * NICE: additive couplings, whose masks alternate, and one affine layer for the scales. Default 4 layers.
 *
 * Source: Dinh, Krueger & Bengio 2015, arXiv:1410.8516.
 *
 * @example
 * ```ts
 * const flow = nice({ dim: 2, seed: 1 });
 * const density = flow.logProb([[0, 0]]);
 * ```
 */
export function nice(options: DataPresetOptions): Flow {
  requireOptions('nice', options, DATA_NAMES);
  const { dim } = options;
  return dataFlow('nice', options, 4, (k, shared) => couplingLayer(k, dim, additiveMap(), shared), [affine]);
}

/**
 * RealNVP: affine couplings, whose masks alternate. Density and samples cost the same. Default 8 layers.
 *
 * Source: Dinh, Sohl-Dickstein & Bengio 2017, arXiv:1605.08803.
 *
 * @example
 * ```ts
 * const flow = realNvp({ dim: 2, hidden: [32, 32], seed: 1 });
 * const x = flow.sample(100);
 * ```
 */
export function realNvp(options: DataPresetOptions): Flow {
  requireOptions('realNvp', options, DATA_NAMES);
  const { dim } = options;
  return dataFlow('realNvp', options, 8, (k, shared) => couplingLayer(k, dim, affineMap(), shared));
}

/**
 * Masked autoregressive flow: affine layers, each feature given those before, in an order that turns round from layer to layer. The density
 * is in parallel; samples come feature by feature, at the cost of one evaluation all the same. Default 5 layers.
 *
 * Source: Papamakarios, Pavlakou & Murray 2017, arXiv:1705.07057.
 *
 * @example
 * ```ts
 * const flow = maf({ dim: 3, context: 1, hidden: [32, 32], seed: 1 });
 * const density = flow.logProb([[0, 0, 0]], { context: [[1]] });
 * ```
 */
export function maf(options: DataPresetOptions): Flow {
  requireOptions('maf', options, DATA_NAMES);
  const { dim } = options;
  return dataFlow('maf', options, 5, (k, shared) => invert(autoregressiveLayer(k, dim, affineMap(), shared)));
}

/**
 * Inverse autoregressive flow: the layers of `maf` the other way round, samples in parallel. For variational inference in many dimensions.
 * Default 5 layers, between a normal base and an affine layer.
 *
 * Source: Kingma et al. 2016, arXiv:1606.04934.
 *
 * @example
 * ```ts
 * const flow = iaf({ dim: 2, layers: 3, hidden: [32], seed: 1 });
 * const { freeEnergy } = await fitToTarget(flow, energies.u1, { steps: 200 });
 * ```
 */
export function iaf(options: PresetOptions): Flow {
  const where = 'iaf';
  const { layers, shared, seed } = read(where, options, NAMES, 5);
  const { dim } = options;
  const transforms = Array.from({ length: layers }, (_, k) => autoregressiveLayer(k, dim, affineMap(), shared));
  return new Flow({ base: baseFor(dim, shared), transforms: [...transforms, affine(dim)], seed });
}

/**
 * Neural spline flow: couplings or autoregressive layers of rational-quadratic splines, which run from data to base. The first choice for
 * densities of data. Default 6 layers of 8 bins.
 *
 * Source: Durkan, Bekasov, Murray & Papamakarios 2019, arXiv:1906.04032.
 *
 * @example
 * ```ts
 * const flow = nsf({ dim: 2, layers: 3, hidden: [16, 16], seed: 1 });
 * const data = Array.from({ length: 300 }, (_, i) => [Math.cos(i), Math.sin(i) + 0.1 * Math.sin(7 * i)]);
 * const { validationNll } = await fitToData(flow, data, { steps: 200 });
 * ```
 */
export function nsf(given: NsfOptions): Flow {
  const where = 'nsf';
  requireOptions(where, given, [...DATA_NAMES, 'kind', 'bins', 'bound']);
  const { kind = 'coupling', bins = 8, bound = 5, ...options } = given;
  requireChoice(where, 'kind', kind, ['coupling', 'autoregressive']);
  const { dim } = options;
  const map = splineMap({ bins, bound });
  const layer = (k: number, shared: Shared): Transform =>
    invert(kind === 'coupling' ? couplingLayer(k, dim, map, shared) : autoregressiveLayer(k, dim, map, shared));
  return dataFlow(where, options, 6, layer);
}

/** The options that every layer gets. */
type Shared = NetworkOptions & { readonly context?: number };

function read(where: string, options: PresetOptions, names: readonly string[], defaultLayers: number) {
  requireOptions(where, options, names);
  const { dim, layers = defaultLayers, seed = 0, context = 0, hidden, activation, residual } = options;
  requireCount(where, 'dim', dim, 1);
  requireCount(where, 'layers', layers, 1);
  requireCount(where, 'context', context, 0);
  const given = Object.entries({ hidden, activation, residual }).filter(([, value]) => value !== undefined);
  const shared: Shared = { context, ...Object.fromEntries(given) };
  return { layers, seed, shared };
}

/** Layers with few parameters, for a target: conditional on the context where there is one. */
function inferenceFlow(where: string, options: PresetOptions, defaultLayers: number, layer: (dim: number) => Transform): Flow {
  const { layers, seed, shared } = read(where, options, NAMES, defaultLayers);
  const { dim } = options;
  const { context = 0, ...network } = shared;
  const make = (transform: Transform): Transform => (context === 0 ? transform : conditional(transform, { context, ...network }));
  const transforms = Array.from({ length: layers }, () => make(layer(dim)));
  return new Flow({ base: baseFor(dim, shared), transforms: [...transforms, affine(dim)], seed });
}

/** A base that training moves. */
function baseFor(dim: number, { context = 0, ...network }: Shared): Base {
  return context === 0 ? normal(dim, { trainable: true }) : conditionalNormal(dim, { context, ...network });
}

function dataFlow(
  where: string,
  options: DataPresetOptions,
  defaultLayers: number,
  layer: (k: number, shared: Shared) => Transform,
  last: readonly ((dim: number) => Transform)[] = [],
): Flow {
  const { layers, seed, shared } = read(where, options, DATA_NAMES, defaultLayers);
  const { dim, base = normal(dim), standardize: standardizes = true } = options;
  const ends = requireBoolean(where, 'standardize', standardizes) ? [...last, standardize] : last;
  const transforms = [...Array.from({ length: layers }, (_, k) => layer(k, shared)), ...ends.map((make) => make(dim))];
  return new Flow({ base, transforms, standardizeContext: standardizes && (shared.context ?? 0) > 0, seed });
}

function couplingLayer(k: number, dim: number, map: ElementwiseMap, shared: Shared): Transform {
  if (dim === 1) return coupling(dim, { map, ...shared });
  return coupling(dim, { map, mask: k % 2 === 0 ? 'odd' : 'even', ...shared });
}

function autoregressiveLayer(k: number, dim: number, map: ElementwiseMap, shared: Shared): Transform {
  const order = Array.from({ length: dim }, (_, j) => (k % 2 === 0 ? j : dim - 1 - j));
  return autoregressive(dim, { map, order, ...shared });
}

import { describe } from '../arguments.js';
import type { Base } from '../bases/base.js';
import { type ConditionalNormalOptions, conditionalNormal } from '../bases/conditional-normal.js';
import { fullNormal } from '../bases/full-normal.js';
import { mixture } from '../bases/mixture.js';
import { normal } from '../bases/normal.js';
import { studentT } from '../bases/student-t.js';
import { uniform } from '../bases/uniform.js';
import { maps } from '../maps/index.js';
import type { ElementwiseMap } from '../maps/map.js';
import { actNorm, standardize } from '../transforms/act-norm.js';
import { affine } from '../transforms/affine.js';
import { type AutoregressiveOptions, autoregressive } from '../transforms/autoregressive.js';
import { chain } from '../transforms/chain.js';
import { type ConditionalOptions, conditional } from '../transforms/conditional.js';
import { type CouplingOptions, coupling } from '../transforms/coupling.js';
import { elementwise } from '../transforms/elementwise.js';
import { invert } from '../transforms/invert.js';
import { householder, orthogonal } from '../transforms/householder.js';
import { fullAffine } from '../transforms/full-affine.js';
import { lu } from '../transforms/lu.js';
import { permutation } from '../transforms/permutation.js';
import { ordered, positiveOrdered } from '../transforms/ordered.js';
import { planar } from '../transforms/planar.js';
import { plu } from '../transforms/plu.js';
import { radial } from '../transforms/radial.js';
import { simplex } from '../transforms/simplex.js';
import { type SylvesterOptions, sylvester } from '../transforms/sylvester.js';
import { type ParameterSpec, type Transform, parameterCount, sizeOf } from '../transforms/transform.js';
import { version } from '../version.js';
import { type SafetensorsFile, SafetensorsError, type Tensor, decodeSafetensors, encodeSafetensors } from './safetensors.js';

/** Bytes that are not what this library, or the one that is named, saved; or that say something impossible. */
export class FlowFileError extends Error {
  override readonly name = 'FlowFileError';
}

/** The number that readers look at; raised when old readers would misread. */
const FORMAT = '1';
const FORMAT_NAME = 'normalizing-flows';
/** The largest dim that is believed where no tensor vouches for it. */
const DIM_LIMIT = 2 ** 20;
/** Nesting of chains beyond which a file is not believed. */
const DEPTH_LIMIT = 32;

/** What a flow file says: enough to make the flow again. */
export interface FlowContent {
  readonly base: Base;
  readonly transforms: readonly Transform[];
  readonly standardizeContext: boolean;
  readonly seed: number | bigint;
  readonly parameters: Record<string, Float64Array>;
}

interface Saved {
  readonly base: Base;
  readonly transforms: readonly Transform[];
  readonly standardizeContext: boolean;
  readonly seed: number | bigint;
  namedParameters(): Record<string, Float64Array>;
}

/** One safetensors file: the architecture in the metadata, and one tensor per parameter, besides `extra` ones and metadata. */
export function encodeFlow(
  flow: Saved,
  extra: { tensors?: Record<string, Float64Array>; metadata?: Record<string, string> } = {},
): Uint8Array<ArrayBuffer> {
  const architecture = {
    base: flow.base.describe(),
    transforms: flow.transforms.map((transform) => transform.describe()),
    standardizeContext: flow.standardizeContext || undefined,
    seed: String(flow.seed),
  };
  const tensors = new Map<string, Tensor>();
  const all = { ...flow.namedParameters(), ...extra.tensors };
  for (const [name, data] of Object.entries(all)) tensors.set(name, { shape: [data.length], data });
  return encodeSafetensors(tensors, {
    format: FORMAT_NAME,
    formatVersion: FORMAT,
    libraryVersion: version,
    architecture: JSON.stringify(architecture),
    ...extra.metadata,
  });
}

/** Tensors of this name are a training's state beside the parameters. */
export const TRAINING_PREFIX = 'fit.';

/**
 * @returns what the file says, its tensors and metadata besides
 * @throws {FlowFileError | SafetensorsError}
 */
export function decodeFlow(
  where: string,
  bytes: Uint8Array,
): FlowContent & { tensors: Map<string, Tensor>; metadata: Record<string, string> } {
  const { tensors, metadata } = decodeTensors(where, bytes);
  if (metadata.format !== FORMAT_NAME) {
    throw new FlowFileError(`${where}: bytes must be a file of ${FORMAT_NAME}; got format ${describe(metadata.format)}.`);
  }
  if (metadata.formatVersion !== FORMAT) {
    throw new FlowFileError(
      `${where}: format version must be ${FORMAT}; got ${describe(metadata.formatVersion)}. It was written by ${metadata.libraryVersion}.`,
    );
  }
  const numbers = [...tensors.values()].reduce((sum, { data }) => sum + data.length, 0);
  const reader = new Reader(where, numbers);
  const architecture = reader.object('architecture', parseJson(where, metadata.architecture));
  const own = [...tensors].filter(([name]) => !name.startsWith(TRAINING_PREFIX));
  const parameters = Object.fromEntries(own.map(([name, { data }]) => [name, data]));
  // The tensors vouch for the dimension, before anything of that size is made.
  const transforms = reader.transforms('transforms', architecture.transforms, 0);
  reader.dims(transforms);
  transforms.forEach((transform, k) => reader.parameters(`transforms.${k}`, transform.parameters, parameters));
  const base = reader.base(architecture.base, transforms[0].dim);
  reader.parameters('base', base.parameters, parameters);
  const standardizeContext = reader.flag('standardizeContext', architecture.standardizeContext);
  const seed = reader.seed(architecture.seed);
  return { base, transforms, standardizeContext, seed, parameters, tensors, metadata };
}

/** @throws {SafetensorsError} that says where */
export function decodeTensors(where: string, bytes: Uint8Array): SafetensorsFile {
  try {
    return decodeSafetensors(bytes);
  } catch (cause) {
    throw new SafetensorsError(`${where}: bytes must be a safetensors file; got: ${(cause as Error).message}`, { cause });
  }
}

function parseJson(where: string, text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch (cause) {
    throw new FlowFileError(`${where}: architecture must be JSON; got ${describe(text?.slice(0, 40))}.`, { cause });
  }
}

interface Placement {
  readonly location: number[] | undefined;
  readonly logScale: number[] | undefined;
}

/** Makes transforms and bases from descriptions that nobody vouches for. */
class Reader {
  /** @param numbers in the file, that no network vouches with yet */
  constructor(
    readonly where: string,
    public numbers: number,
  ) {}

  object(name: string, value: unknown): Record<string, unknown> {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
    throw new FlowFileError(`${this.where}: ${name} must be an object; got ${describe(value)}.`);
  }

  /** @throws {FlowFileError} unless a flow without parameters, for whose dim nothing vouches, has a moderate one */
  dims(transforms: readonly Transform[]): void {
    const [{ dim }] = transforms;
    if (dim > DIM_LIMIT && transforms.every(({ parameters }) => parameters.length === 0))
      throw new FlowFileError(`${this.where}: dim without parameters must be at most ${DIM_LIMIT}; got ${dim}.`);
  }

  /** @throws {FlowFileError} unless each parameter of `owner` has a tensor of its size */
  parameters(owner: string, parameters: readonly ParameterSpec[], tensors: Readonly<Record<string, Float64Array>>): void {
    for (const parameter of parameters) {
      const name = `${owner}.${parameter.name}`;
      const length = Object.hasOwn(tensors, name) ? tensors[name].length : undefined;
      if (length === sizeOf(parameter)) continue;
      const got = length === undefined ? 'none' : `one of length ${length}`;
      throw new FlowFileError(`${this.where}: tensors must hold '${name}' of length ${sizeOf(parameter)}; got ${got}.`);
    }
  }

  flag(name: string, value: unknown): boolean {
    if (value === undefined || typeof value === 'boolean') return value ?? false;
    throw new FlowFileError(`${this.where}: ${name} must be true or false; got ${describe(value)}.`);
  }

  base(value: unknown, dim: number): Base {
    const description = this.object('base', value);
    if (description.dim !== dim)
      throw new FlowFileError(`${this.where}: base dim must be the transforms', ${dim}; got ${describe(description.dim)}.`);
    return this.#make('base', () => this.#base(description, dim));
  }

  /** What is as large as dim is vouched for; what is larger must stand in the file. */
  #base(description: Record<string, unknown>, dim: number): Base {
    const trainable = description.trainable as boolean | undefined;
    const vector = (name: string, length: number): number[] | undefined =>
      this.#vector(`base ${name}`, description[name], length);
    const required = (name: string, length: number): number[] => this.#numbers(`base ${name}`, description[name], length);
    const placement = (): Placement => ({ location: vector('location', dim), logScale: vector('logScale', dim) });
    switch (description.type) {
      case 'normal':
        return normal(dim, { ...placement(), trainable });
      case 'fullNormal': {
        const choleskyFactor = required('choleskyFactor', dim * dim);
        return fullNormal(dim, { location: vector('location', dim), choleskyFactor, trainable });
      }
      case 'conditionalNormal': {
        const { context, hidden, activation, residual } = description as unknown as ConditionalNormalOptions;
        this.#network('base', description, 2 * dim);
        return conditionalNormal(dim, { context, hidden, activation, residual });
      }
      case 'studentT':
        return studentT(dim, { degreesOfFreedom: required('degreesOfFreedom', dim), ...placement(), trainable });
      case 'uniform':
        return uniform(dim, { low: vector('low', dim), high: vector('high', dim) });
      case 'mixture':
        return this.#mixture(description, dim);
      default:
        throw new FlowFileError(`${this.where}: base must be of a known type; got ${describe(description.type)}.`);
    }
  }

  /** Its numbers must stand in the file, or be trained: then its tensors vouch for the number of components. */
  #mixture({ components, logits, locations, logScales, trainable, trainWeights }: Record<string, unknown>, dim: number): Base {
    const count = components as number;
    return mixture(dim, {
      components: count,
      logits: trainWeights === true ? this.#vector('base logits', logits, count) : this.#numbers('base logits', logits, count),
      locations: this.#vector('base locations', locations, count * dim),
      logScales: typeof logScales === 'number' ? logScales : this.#vector('base logScales', logScales, count * dim),
      trainable: trainable as boolean | undefined,
      trainWeights: trainWeights as boolean | undefined,
    });
  }

  #vector(name: string, value: unknown, length: number): number[] | undefined {
    return value === undefined ? undefined : this.#numbers(name, value, length);
  }

  #numbers(name: string, value: unknown, length: number): number[] {
    if (Array.isArray(value) && value.length === length && value.every((entry) => typeof entry === 'number')) return value;
    throw new FlowFileError(`${this.where}: ${name} must be an array of ${length} numbers; got ${describe(value)}.`);
  }

  transforms(name: string, value: unknown, depth: number): Transform[] {
    if (!Array.isArray(value) || value.length === 0)
      throw new FlowFileError(`${this.where}: ${name} must be an array of at least one; got ${describe(value)}.`);
    if (depth > DEPTH_LIMIT) throw new FlowFileError(`${this.where}: chains must nest at most ${DEPTH_LIMIT} deep; got more.`);
    return value.map((description, k) => this.#transform(`${name}[${k}]`, description, depth));
  }

  seed(value: unknown): number | bigint {
    if (typeof value !== 'string' || !/^\d{1,20}$/.test(value)) {
      throw new FlowFileError(`${this.where}: seed must be a string of digits; got ${describe(value)}.`);
    }
    const seed = BigInt(value);
    return seed <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(seed) : seed;
  }

  #transform(name: string, value: unknown, depth: number): Transform {
    const { type, dim, transforms, transform, map, ...settings } = this.object(name, value);
    return this.#make(name, () => {
      switch (type) {
        case 'planar':
          return planar(dim as number);
        case 'radial':
          return radial(dim as number);
        case 'affine':
          return affine(dim as number);
        case 'fullAffine':
          return fullAffine(dim as number, { trainable: settings.trainable as boolean });
        case 'permutation':
          return permutation(settings.order as number[]);
        case 'lu':
          return lu(dim as number);
        case 'plu':
          return plu(dim as number, { order: (settings.order ?? []) as number[], signs: (settings.signs ?? []) as number[] });
        case 'householder':
          return householder(dim as number, { reflections: settings.reflections as number });
        case 'orthogonal':
          return orthogonal(dim as number);
        case 'actNorm':
          return actNorm(dim as number);
        case 'standardize':
          return standardize(dim as number);
        case 'sylvester':
          return sylvester(dim as number, settings as unknown as SylvesterOptions);
        case 'chain':
          return chain(this.transforms(`${name}.transforms`, transforms, depth + 1));
        case 'coupling':
          return this.#coupling(name, dim as number, this.#map(`${name}.map`, map), settings);
        case 'autoregressive':
          return this.#autoregressive(name, dim as number, this.#map(`${name}.map`, map), settings);
        case 'conditional': {
          const [inner] = this.transforms(name, [transform], depth + 1);
          this.#network(name, settings, parameterCount(inner.parameters));
          return conditional(inner, settings as unknown as ConditionalOptions);
        }
        case 'invert':
          return invert(this.transforms(name, [transform], depth + 1)[0]);
        case 'elementwise':
          return elementwise(dim as number, this.#map(`${name}.map`, map));
        case 'ordered':
          return ordered(dim as number);
        case 'positiveOrdered':
          return positiveOrdered(dim as number);
        case 'simplex':
          return simplex(settings.size as number);
        default:
          throw new FlowFileError(`${this.where}: ${name} must be of a known type; got ${describe(type)}.`);
      }
    });
  }

  /** The mask stands in the file, and vouches for the dim. */
  #coupling(name: string, dim: number, map: ElementwiseMap, settings: Record<string, unknown>): Transform {
    const mask: readonly unknown[] = Array.isArray(settings.mask) ? settings.mask : [];
    this.#network(name, settings, mask.filter((moves) => moves === true).length * map.parameterCount);
    return coupling(dim, { ...settings, mask, map } as CouplingOptions);
  }

  /** The order stands in the file, and vouches for the dim. */
  #autoregressive(name: string, dim: number, map: ElementwiseMap, settings: Record<string, unknown>): Transform {
    const order: readonly unknown[] = Array.isArray(settings.order) ? settings.order : [];
    this.#network(name, settings, order.length * map.parameterCount);
    return autoregressive(dim, { ...settings, order, map } as AutoregressiveOptions);
  }

  /**
   * Before a network is made: each of its units has a bias, each number of the context a weight, and all networks share the file's numbers.
   *
   * @throws {FlowFileError} when there cannot be as many
   */
  #network(name: string, { hidden = [], context = 0 }: Record<string, unknown>, outputs: number): void {
    const widths: readonly unknown[] = Array.isArray(hidden) ? hidden : [];
    const units = widths.reduce((sum: number, width) => sum + Number(width), outputs + Number(context));
    if (!(units <= this.numbers)) {
      const rule = `${name} must have a network within the file's ${this.numbers} numbers`;
      throw new FlowFileError(`${this.where}: ${rule}; got one of ${units} units and inputs.`);
    }
    this.numbers -= units;
  }

  #map(name: string, value: unknown): ElementwiseMap {
    const { type, ...settings } = this.object(name, value);
    if (typeof type !== 'string' || !Object.hasOwn(maps, type))
      throw new FlowFileError(`${this.where}: ${name} must be of a known type; got ${describe(type)}.`);
    const make = maps[type as keyof typeof maps] as (settings: object) => ElementwiseMap;
    return make(settings);
  }

  /** The factories check their arguments; what they refuse, the file got wrong. */
  #make<T>(name: string, factory: () => T): T {
    try {
      return factory();
    } catch (cause) {
      if (cause instanceof FlowFileError) throw cause;
      throw new FlowFileError(`${this.where}: ${name} must be valid; got: ${(cause as Error).message}`, { cause });
    }
  }
}

import { describe } from '../arguments.js';
import type { Base } from '../bases/base.js';
import { normal } from '../bases/normal.js';
import { maps } from '../maps/index.js';
import type { ElementwiseMap } from '../maps/map.js';
import { affine } from '../transforms/affine.js';
import { chain } from '../transforms/chain.js';
import { elementwise } from '../transforms/elementwise.js';
import { invert } from '../transforms/invert.js';
import { planar } from '../transforms/planar.js';
import { radial } from '../transforms/radial.js';
import { type Transform, sizeOf } from '../transforms/transform.js';
import { version } from '../version.js';
import { type SafetensorsFile, SafetensorsError, type Tensor, decodeSafetensors, encodeSafetensors } from './safetensors.js';

/** Bytes that are not what this library saved, or say something impossible. */
export class FlowFileError extends Error {
  override readonly name = 'FlowFileError';
}

/** The number that readers look at; raised when old readers would misread. */
const FORMAT = '1';
const FORMAT_NAME = 'normalizing-flows';
/** Nesting of chains beyond which a file is not believed. */
const DEPTH_LIMIT = 32;

/** What a flow file says: enough to make the flow again. */
export interface FlowContent {
  readonly base: Base;
  readonly transforms: readonly Transform[];
  readonly seed: number | bigint;
  readonly parameters: Record<string, Float64Array>;
}

interface Saved {
  readonly base: Base;
  readonly transforms: readonly Transform[];
  readonly seed: number | bigint;
  namedParameters(): Record<string, Float64Array>;
}

/** One safetensors file: the architecture in the metadata, and one tensor per parameter, besides `extra` ones and metadata. */
export function encodeFlow(
  flow: Saved,
  extra: { tensors?: Record<string, Float64Array>; metadata?: Record<string, string> } = {},
): Uint8Array {
  const architecture = {
    base: flow.base.describe(),
    transforms: flow.transforms.map((transform) => transform.describe()),
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
  const reader = new Reader(where);
  const architecture = reader.object('architecture', parseJson(where, metadata.architecture));
  const own = [...tensors].filter(([name]) => !name.startsWith(TRAINING_PREFIX));
  const parameters = Object.fromEntries(own.map(([name, { data }]) => [name, data]));
  // The tensors vouch for the dimension, before anything of that size is made.
  const transforms = reader.transforms('transforms', architecture.transforms, 0);
  reader.parameters(transforms, parameters);
  const base = reader.base(architecture.base, transforms[0].dim);
  const seed = reader.seed(architecture.seed);
  return { base, transforms, seed, parameters, tensors, metadata };
}

function decodeTensors(where: string, bytes: Uint8Array): SafetensorsFile {
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

/** Makes transforms and bases from descriptions that nobody vouches for. */
class Reader {
  constructor(readonly where: string) {}

  object(name: string, value: unknown): Record<string, unknown> {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
    throw new FlowFileError(`${this.where}: ${name} must be an object; got ${describe(value)}.`);
  }

  /** @throws {FlowFileError} unless each parameter has a tensor of its size */
  parameters(transforms: readonly Transform[], tensors: Readonly<Record<string, Float64Array>>): void {
    transforms.forEach((transform, k) => {
      for (const parameter of transform.parameters) {
        const name = `transforms.${k}.${parameter.name}`;
        const length = Object.hasOwn(tensors, name) ? tensors[name].length : undefined;
        if (length === sizeOf(parameter)) continue;
        const got = length === undefined ? 'none' : `one of length ${length}`;
        throw new FlowFileError(`${this.where}: tensors must hold '${name}' of length ${sizeOf(parameter)}; got ${got}.`);
      }
    });
  }

  base(value: unknown, expectedDim: number): Base {
    const { type, dim, location, logScale, trainable } = this.object('base', value);
    if (type !== 'normal') throw new FlowFileError(`${this.where}: base type must be 'normal'; got ${describe(type)}.`);
    if (dim !== expectedDim)
      throw new FlowFileError(`${this.where}: base dim must be the transforms', ${expectedDim}; got ${describe(dim)}.`);
    return this.#make('base', () =>
      normal(expectedDim, {
        location: this.#vector('base location', location, expectedDim),
        logScale: this.#vector('base logScale', logScale, expectedDim),
        trainable: trainable as boolean | undefined,
      }),
    );
  }

  #vector(name: string, value: unknown, length: number): number[] | undefined {
    if (value === undefined) return undefined;
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
    const { type, dim, transforms, transform, map } = this.object(name, value);
    return this.#make(name, () => {
      switch (type) {
        case 'planar':
          return planar(dim as number);
        case 'radial':
          return radial(dim as number);
        case 'affine':
          return affine(dim as number);
        case 'chain':
          return chain(this.transforms(`${name}.transforms`, transforms, depth + 1));
        case 'invert':
          return invert(this.transforms(name, [transform], depth + 1)[0]);
        case 'elementwise':
          return elementwise(dim as number, this.#map(`${name}.map`, map));
        default:
          throw new FlowFileError(`${this.where}: ${name} must be of a known type; got ${describe(type)}.`);
      }
    });
  }

  #map(name: string, value: unknown): ElementwiseMap {
    const { type, ...settings } = this.object(name, value);
    if (typeof type !== 'string' || !Object.hasOwn(maps, type))
      throw new FlowFileError(`${this.where}: ${name} must be of a known type; got ${describe(type)}.`);
    return (maps[type as keyof typeof maps] as (settings: object) => ElementwiseMap)(settings);
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

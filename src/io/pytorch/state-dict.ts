import { describe } from '../../arguments.js';
import { requireOrder } from '../../transforms/permutation.js';
import type { Transform } from '../../transforms/transform.js';
import { FlowFileError } from '../flow-file.js';
import type { Tensor } from '../safetensors.js';

/** A layer, and its parameters by name. */
export interface Layer {
  readonly transform: Transform;
  readonly parameters: Readonly<Record<string, Float64Array>>;
}

/** What a state dict says of the base. */
export interface Placement {
  readonly location: Float64Array;
  readonly logScale: Float64Array;
  readonly trainable: boolean;
}

/** A whole flow; without a placement, the base is a standard normal. */
export interface Model {
  /** From the base to the data. */
  readonly layers: readonly Layer[];
  readonly base?: Placement;
}

/** A shape, where undefined stands for any length but 0. */
export type Pattern = readonly (number | undefined)[];

/**
 * The tensors of a PyTorch module by their names in it. Its modules are state dicts too; all of them share the note of what has been read,
 * so that nothing in the file is passed over.
 */
export class StateDict {
  constructor(
    readonly where: string,
    readonly tensors: ReadonlyMap<string, Tensor>,
    readonly prefix = '',
    readonly unread: Set<string> = new Set(tensors.keys()),
  ) {}

  /** The names of all tensors, from this module on. */
  names(): string[] {
    const { prefix, tensors } = this;
    return [...tensors.keys()].filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  }

  has(name: string): boolean {
    return this.tensors.has(this.prefix + name);
  }

  module(name: string): StateDict {
    return new StateDict(this.where, this.tensors, `${this.prefix}${name}.`, this.unread);
  }

  /** @throws {FlowFileError} unless it is there, in that shape */
  read(name: string, pattern: Pattern): Tensor {
    const tensor = this.tensors.get(this.prefix + name);
    const fits = tensor?.shape.length === pattern.length && pattern.every((length, k) => isLength(tensor.shape[k], length));
    if (tensor === undefined || !fits) {
      const shape = pattern.map((length) => length ?? 'any').join(', ');
      const got = tensor === undefined ? 'none' : `one of shape [${tensor.shape.join(', ')}]`;
      throw new FlowFileError(`${this.where}: tensors must hold '${this.prefix}${name}' of shape [${shape}]; got ${got}.`);
    }
    this.unread.delete(this.prefix + name);
    return tensor;
  }

  /** The numbers of a tensor in that shape. */
  numbers(name: string, pattern: Pattern): Float64Array {
    return this.read(name, pattern).data;
  }

  /** A permutation of 0 … length − 1. */
  order(name: string, pattern: Pattern = [undefined]): readonly number[] {
    const values = [...this.numbers(name, pattern)];
    try {
      return requireOrder(this.where, values);
    } catch (cause) {
      this.fail(name, 'be a permutation', (cause as Error).message.replace(/^.*; got |\.$/g, ''));
    }
  }

  /** @throws {FlowFileError} about a tensor */
  fail(name: string, rule: string, got: unknown): never {
    const value = typeof got === 'string' ? got : describe(got);
    throw new FlowFileError(`${this.where}: tensor '${this.prefix}${name}' must ${rule}; got ${value}.`);
  }

  /** @throws {FlowFileError} when tensors are left over */
  requireRead(): void {
    const [first] = this.unread;
    if (first === undefined) return;
    throw new FlowFileError(`${this.where}: tensors must all belong to the architecture; got '${first}' besides.`);
  }
}

function isLength(length: number, expected: number | undefined): boolean {
  return expected === undefined ? length > 0 : length === expected;
}

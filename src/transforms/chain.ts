import { describe } from '../arguments.js';
import type { LogDet, Operand, Operands, Recorder } from '../program/recorder.js';
import {
  type ParameterSpec,
  type Transform,
  type TransformDescription,
  contextOf,
  dataDimOf,
  parameterCount,
} from './transform.js';

/**
 * Transforms one after the other, as one: x = f_K(… f_1(z)), ln |det| the sum. For naming a block of layers and using it twice; its
 * parameters are called `k.name`, k the place in the chain.
 *
 * @param transforms applied in this order in the forward direction
 * @throws {RangeError} when there is none, or their dimensions or context widths differ
 * @throws {TypeError} when one of them is no transform
 * @example
 * ```ts
 * const block = chain([planar(2), radial(2)]);
 * const flow = new Flow({ base: normal(2), transforms: [block, block] });
 * Object.keys(flow.namedParameters()); // transforms.0.0.u, transforms.0.0.w, …
 * ```
 */
export function chain(transforms: readonly Transform[]): Transform {
  return new Chain(requireTransforms('chain', transforms));
}

/** @throws {RangeError | TypeError} unless there is at least one transform and their dims fit. */
export function requireTransforms(where: string, transforms: readonly Transform[]): readonly Transform[] {
  if (!Array.isArray(transforms) || transforms.length === 0) {
    throw new RangeError(`${where}: transforms must hold at least one transform; got ${describe(transforms)}.`);
  }
  transforms.forEach((transform: Transform | undefined, k) => {
    if (typeof transform?.recordForward !== 'function') {
      throw new TypeError(`${where}: transforms must hold transforms; got ${describe(transform)} at index ${k}.`);
    }
    const expected = k === 0 ? transform.dim : dataDimOf(transforms[k - 1]);
    if (transform.dim !== expected) {
      throw new RangeError(
        `${where}: transforms must have the dim of the one before, ${expected}; got ${transform.dim} at index ${k}.`,
      );
    }
  });
  return [...transforms];
}

/** The transforms that a transform is made of: those of a chain, and of the chains in it; else itself. */
export function layersOf(transform: Transform): readonly Transform[] {
  return transform instanceof Chain ? transform.transforms.flatMap(layersOf) : [transform];
}

class Chain implements Transform {
  readonly dim: number;
  readonly dataDim: number;
  readonly context: number;
  readonly parameters: readonly ParameterSpec[];

  constructor(readonly transforms: readonly Transform[]) {
    this.dim = transforms[0].dim;
    this.dataDim = dataDimOf(transforms[transforms.length - 1]);
    this.context = contextOf('chain', transforms);
    this.parameters = transforms.flatMap(({ parameters }, k) =>
      parameters.map((parameter) => ({ ...parameter, name: `${k}.${parameter.name}` })),
    );
  }

  describe(): TransformDescription {
    return { type: 'chain', transforms: this.transforms.map((transform) => transform.describe()) };
  }

  initialize(uniforms: Float64Array): Float64Array {
    const values = new Float64Array(uniforms.length);
    this.#each(uniforms, (transform, part, offset) => values.set(transform.initialize(part), offset));
    return values;
  }

  validate(where: string, parameters: Float64Array): void {
    this.#each(parameters, (transform, part) => transform.validate(where, part));
  }

  recordForward(recorder: Recorder, z: Operand, parameters: Operands, logDet: LogDet, context?: Operand): Operand {
    return this.transforms.reduce(
      (x, transform, k) => transform.recordForward(recorder, x, part(transform, k, parameters), logDet, context),
      z,
    );
  }

  recordInverse(recorder: Recorder, x: Operand, parameters: Operands, logDet: LogDet, context?: Operand): Operand {
    return this.transforms.reduceRight(
      (z, transform, k) => transform.recordInverse(recorder, z, part(transform, k, parameters), logDet, context),
      x,
    );
  }

  #each(vector: Float64Array, visit: (transform: Transform, part: Float64Array, offset: number) => void): void {
    let offset = 0;
    for (const transform of this.transforms) {
      const count = parameterCount(transform.parameters);
      visit(transform, vector.subarray(offset, offset + count), offset);
      offset += count;
    }
  }
}

/** The operands of the k-th transform, under its own names. */
function part(transform: Transform, k: number, parameters: Operands): Operands {
  return Object.fromEntries(transform.parameters.map(({ name }) => [name, parameters[`${k}.${name}`]]));
}

import type { FixedFunction } from '../../assembly/opcodes.js';
import { describe, requireOptions } from '../arguments.js';
import type { LogDet, Operand, Recorder } from '../program/recorder.js';
import type { ElementwiseMap, MapDescription } from './map.js';

/** What a map without options takes. */
export type NoOptions = Readonly<Record<string, never>>;

/** A map without parameters, the same function for every feature. What it cannot have given has the density 0: docs/maps/fixed.md. */
export class FixedMap implements ElementwiseMap {
  readonly parameterCount = 0;
  readonly identity: readonly number[] = [];
  readonly #description: MapDescription;
  readonly #forward: FixedFunction;
  readonly #inverse: FixedFunction;
  readonly #constants: Readonly<Record<string, number>>;

  /** @param constants the two numbers that the function's kernel takes */
  constructor(description: MapDescription, forward: FixedFunction, inverse: FixedFunction, constants: [number, number] = [0, 0]) {
    this.#description = description;
    this.#forward = forward;
    this.#inverse = inverse;
    const [first, firstHigh, second, secondHigh] = new Int32Array(Float64Array.from(constants).buffer);
    this.#constants = { first, firstHigh, second, secondHigh };
  }

  describe(): MapDescription {
    return this.#description;
  }

  recordForward(recorder: Recorder, z: Operand, _parameters: Operand, logDet: LogDet): Operand {
    return this.#record(recorder, z, logDet, this.#forward);
  }

  recordInverse(recorder: Recorder, x: Operand, _parameters: Operand, logDet: LogDet): Operand {
    return this.#record(recorder, x, logDet, this.#inverse);
  }

  #record(recorder: Recorder, input: Operand, logDet: LogDet, fn: FixedFunction): Operand {
    return recorder.emit('fixedMap', { input, logDet: logDet.plus(1) }, { dim: input.rows, fn, ...this.#constants }).out;
  }
}

/** @throws {TypeError} unless `options` is an object without keys */
export function requireNoOptions(where: string, options: object): void {
  requireOptions(where, options, []);
}

/**
 * @throws {TypeError} unless `value` is a number
 * @throws {RangeError} unless it is finite
 */
export function requireFiniteNumber(where: string, name: string, value: number): number {
  if (typeof value !== 'number') throw new TypeError(`${where}: ${name} must be a number; got ${describe(value)}.`);
  if (!Number.isFinite(value)) throw new RangeError(`${where}: ${name} must be finite; got ${value}.`);
  return value;
}

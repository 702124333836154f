import { requireMemory, vectorOf } from '../arguments.js';
import type { Operand, Operands } from '../program/recorder.js';
import { type ParameterSpec, parameterOperands, sizeOf } from '../transforms/transform.js';

/** Numbers of a base: trained, as a part of the flow's parameters, or fixed, as constants of its programs. */
export interface BaseValue {
  readonly spec: ParameterSpec;
  readonly trained: boolean;
  /** What they are at first, given as many uniform numbers in (0, 1). */
  initial(uniforms: Float64Array): Float64Array;
}

/** What a base's numbers are to its programs. They are computed when they are asked for: describing a base takes no memory. */
export class BaseValues {
  readonly parameters: readonly ParameterSpec[];
  readonly #trained: readonly BaseValue[];
  readonly #fixed: readonly BaseValue[];
  #constants: Float64Array | undefined;

  constructor(values: readonly BaseValue[]) {
    this.#trained = values.filter(({ trained }) => trained);
    this.#fixed = values.filter(({ trained }) => !trained);
    this.parameters = this.#trained.map(({ spec }) => spec);
  }

  get constants(): Float64Array {
    this.#constants ??= joined(this.#fixed, () => NO_UNIFORMS);
    return this.#constants;
  }

  initialize(uniforms: Float64Array): Float64Array {
    return joined(this.#trained, (first, count) => uniforms.subarray(first, first + count));
  }

  /** @throws {RangeError} for values beyond their limits */
  validate(where: string, parameters: Float64Array): void {
    let at = 0;
    for (const spec of this.parameters) {
      const { name, limit = Infinity } = spec;
      for (const end = at + sizeOf(spec); at < end; at++) {
        if (Math.abs(parameters[at]) > limit)
          throw new RangeError(`${where}: ${name} must lie in [−${limit}, ${limit}]; got ${parameters[at]}.`);
      }
    }
  }

  /** All of them by name, where the programs find them. */
  operands(parameters: Operands, constants: Operand): Operands {
    return {
      ...parameters,
      ...parameterOperands(
        this.#fixed.map(({ spec }) => spec),
        constants,
      ),
    };
  }
}

const NO_UNIFORMS = new Float64Array(0);

function joined(values: readonly BaseValue[], uniforms: (first: number, count: number) => Float64Array): Float64Array {
  const all = new Float64Array(values.reduce((sum, { spec }) => sum + sizeOf(spec), 0));
  let at = 0;
  for (const { spec, initial } of values) {
    const count = sizeOf(spec);
    all.set(initial(uniforms(at, count)), at);
    at += count;
  }
  return all;
}

/** A number for all, or a vector of them, as an array of its own. */
export function numbersOf(where: string, name: string, value: number | ArrayLike<number>, length: number): Float64Array {
  const values = typeof value === 'number' ? requireMemory(where, name, length).fill(value) : value;
  return vectorOf(where, name, values, length, `be a number or have length ${length}`);
}

/** @throws {RangeError} unless all values lie in [low, high] */
export function requireRange(where: string, name: string, values: Float64Array, low: number, high: number): void {
  const bad = values.find((value) => !(value >= low && value <= high));
  if (bad !== undefined) throw new RangeError(`${where}: ${name} must lie in [${low}, ${high}]; got ${bad}.`);
}

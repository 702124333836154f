import { describe, requireCount } from '../arguments.js';
import type { LogDet, Operand, Operands, Recorder } from '../program/recorder.js';
import type { ParameterSpec, Transform, TransformDescription } from './transform.js';

/**
 * Permutation of the features: x_j = z_order(j), with ln |det| = 0. Between layers that leave some features as they are (coupling) or see only
 * those before (autoregressive), so that every feature has its turn. No parameters and no arithmetic.
 *
 * @param order for each feature of x, the feature of z that it is; `order.length` is the dimension
 * @throws {RangeError} when `order` does not hold each of 0 … dim − 1 once
 * @throws {TypeError} when `order` is no array
 * @example
 * ```ts
 * const flow = new Flow({ base: normal(3), transforms: [permutation([2, 0, 1])] });
 * flow.forward([[10, 20, 30]]).x; // 30, 10, 20
 * ```
 */
export function permutation(order: readonly number[]): Transform {
  return new Permutation(requireOrder('permutation', order));
}

/**
 * The features in reverse order: x_j = z_(dim − 1 − j), its own inverse.
 *
 * @param dim dimension of both sides
 * @throws {RangeError} when `dim` is no positive integer
 * @example
 * ```ts
 * const flow = new Flow({ base: normal(2), transforms: [planar(2), reversal(2), affine(2)] });
 * ```
 */
export function reversal(dim: number): Transform {
  requireCount('reversal', 'dim', dim, 1);
  return new Permutation(reversedOrder(dim));
}

/** dim − 1 … 0 */
export function reversedOrder(dim: number): readonly number[] {
  return Array.from({ length: dim }, (_, j) => dim - 1 - j);
}

/** A copy of `order`. @throws {RangeError | TypeError} unless it is a permutation of 0 … length − 1, of at least one. */
export function requireOrder(where: string, order: readonly number[]): readonly number[] {
  if (!Array.isArray(order)) throw new TypeError(`${where}: order must be an array; got ${describe(order)}.`);
  const last = order.length - 1;
  if (last < 0) throw new RangeError(`${where}: order must hold at least one index; got ${describe(order)}.`);
  const seen = new Set<number>();
  // Not forEach, which passes over holes.
  for (let j = 0; j <= last; j++) {
    const index: unknown = order[j];
    const isIndex = Number.isInteger(index) && (index as number) >= 0 && (index as number) <= last;
    if (!isIndex || seen.has(index as number)) {
      throw new RangeError(`${where}: order must hold each of 0 … ${last} once; got ${describe(index)} at index ${j}.`);
    }
    seen.add(index as number);
  }
  return order.map((index) => index + 0);
}

/** Where each index stands in `order`. */
export function inverseOrder(order: readonly number[]): readonly number[] {
  const inverse = new Array<number>(order.length);
  order.forEach((index, j) => (inverse[index] = j));
  return inverse;
}

class Permutation implements Transform {
  readonly dim: number;
  readonly parameters: readonly ParameterSpec[] = [];

  constructor(readonly order: readonly number[]) {
    this.dim = order.length;
  }

  describe(): TransformDescription {
    return { type: 'permutation', order: [...this.order] };
  }

  initialize(): Float64Array {
    return new Float64Array(0);
  }

  validate(): void {}

  recordForward(recorder: Recorder, z: Operand, _parameters: Operands, _logDet: LogDet): Operand {
    return recorder.select(z, this.order);
  }

  recordInverse(recorder: Recorder, x: Operand, _parameters: Operands, _logDet: LogDet): Operand {
    return recorder.select(x, inverseOrder(this.order));
  }
}

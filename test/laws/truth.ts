import type { Decimal } from 'decimal.js';
import type { Flow } from '../../src/index.js';
import { decimal, toNumbers, vector } from '../reference/algebra.js';
import { forward, inverse } from '../reference/chain.js';
import { jacobian, logAbsDet } from '../reference/dual.js';
import { Random } from '../reference/random.js';
import { dataDimOf } from '../../src/transforms/transform.js';
import { type Case, layersOf, transformsOf } from './cases.js';

export type Direction = 'forward' | 'inverse';

/** Dimensions of what a direction takes and gives, and of its square part: the first coordinates of x. */
export function sidesOf(law: Case, direction: Direction): { from: number; to: number } {
  const x = dataDimOf(transformsOf(law)[law.types.length - 1]);
  return direction === 'forward' ? { from: law.dim, to: x } : { from: x, to: law.dim };
}

/** What a map does at one row, from sixty digits: value, and derivatives by dual numbers. */
export interface Truth {
  /** [to] */
  readonly output: number[];
  readonly logDet: number;
  /** ln |det| of the Jacobian matrix, by elimination: what logDet is meant to be. */
  readonly logAbsDet: number;
  /** [to + 1][from + parameters]: rows are the outputs and then logDet, columns the input and then the parameters. */
  readonly derivatives: number[][];
}

export function truth(law: Case, direction: Direction, row: readonly number[], parameters: readonly number[]): Truth {
  const variables = vector(decimal, [...row, ...parameters]);
  const { from, to } = sidesOf(law, direction);
  let value: Decimal[] = [];
  const matrix = jacobian(
    decimal,
    (D, all) => {
      const layers = layersOf(law, all.slice(from));
      const point = all.slice(0, from);
      const { result, logDet } =
        direction === 'forward'
          ? (({ x, logDet }) => ({ result: x, logDet }))(forward(D, point, layers))
          : (({ z, logDet }) => ({ result: z, logDet }))(inverse(D, point, layers));
      value = [...result, logDet].map((dual) => dual.value);
      return [...result, logDet];
    },
    variables,
  );
  const numbers = toNumbers(decimal, value);
  const square = matrix.slice(0, law.dim).map((entries) => entries.slice(0, law.dim));
  return {
    output: numbers.slice(0, to),
    logDet: numbers[to],
    logAbsDet: decimal.toNumber(logAbsDet(decimal, square)),
    derivatives: matrix.map((entries) => toNumbers(decimal, entries)),
  };
}

/** The truth where input and parameters are off by an ulp or two: how much of an answer rounding its question takes away. */
export function nearby(
  law: Case,
  direction: Direction,
  row: readonly number[],
  parameters: readonly number[],
  seed: number,
): Truth {
  const random = new Random(seed);
  const moved = (value: number): number => value * (1 + (random.uniform() < 0.5 ? -1 : 1) * 2 * Number.EPSILON);
  return truth(law, direction, row.map(moved), parameters.map(moved));
}

/** Both directions of a flow, under one signature. */
export function apply(flow: Flow, direction: Direction, rows: Float64Array): { output: Float64Array; logDet: Float64Array } {
  if (direction === 'forward') {
    const { x, logDet } = flow.forward(rows);
    return { output: x, logDet };
  }
  const { z, logDet } = flow.inverse(rows);
  return { output: z, logDet };
}

export function vjp(
  flow: Flow,
  direction: Direction,
  rows: Float64Array,
  dOutput: Float64Array,
  dLogDet: Float64Array,
): { dInput: Float64Array; dParameters: Float64Array } {
  if (direction === 'forward') {
    const { dz, dParameters } = flow.forwardVjp(rows, { dx: dOutput, dLogDet });
    return { dInput: dz, dParameters };
  }
  const { dx, dParameters } = flow.inverseVjp(rows, { dz: dOutput, dLogDet });
  return { dInput: dx, dParameters };
}

import type { Decimal } from 'decimal.js';
import type { Flow } from '../../src/index.js';
import { decimal, toNumbers, vector } from '../reference/algebra.js';
import { forward, inverse } from '../reference/chain.js';
import { jacobian, logAbsDet } from '../reference/dual.js';
import { Random } from '../reference/random.js';
import { type Case, layersOf } from './cases.js';

export type Direction = 'forward' | 'inverse';

/** What a map does at one row, from sixty digits: value, and derivatives by dual numbers. */
export interface Truth {
  /** [d] */
  readonly output: number[];
  readonly logDet: number;
  /** ln |det| of the Jacobian matrix, by elimination: what logDet is meant to be. */
  readonly logAbsDet: number;
  /** [d + 1][d + parameters]: rows are the outputs and then logDet, columns the input and then the parameters. */
  readonly derivatives: number[][];
}

export function truth(law: Case, direction: Direction, row: readonly number[], parameters: readonly number[]): Truth {
  const variables = vector(decimal, [...row, ...parameters]);
  let value: Decimal[] = [];
  const matrix = jacobian(
    decimal,
    (D, all) => {
      const layers = layersOf(law, all.slice(law.dim));
      const point = all.slice(0, law.dim);
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
    output: numbers.slice(0, law.dim),
    logDet: numbers[law.dim],
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

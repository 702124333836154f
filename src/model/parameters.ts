import { requireCount } from '../arguments.js';
import { LogDet, type Operand } from '../program/recorder.js';
import { supports } from '../transforms/supports.js';
import type { Transform } from '../transforms/transform.js';
import {
  add,
  concat,
  cumulativeSum,
  exp,
  log,
  logSigmoid,
  mul,
  neg,
  reshape,
  sigmoid,
  slice,
  softplus,
  stack,
  sub,
  sum,
  tanh,
} from './operations.js';
import type { Trace } from './trace.js';
import { type Numeric, type Shape, Value, sizeOfShape } from './value.js';
import { watch } from './watch.js';

/** A bound: a number, or a function of the parameters that stand before. */
export type Bound = number | ((parameters: Readonly<Record<string, Value>>) => Numeric);

/** What a parameter may be, and how it comes from numbers without bounds. */
export interface Parameter<S extends Shape = Shape> {
  readonly shape: S;
  /** How many numbers without bounds it takes. */
  readonly unconstrained: number;
  /**
   * The parameter from those numbers, and the log Jacobian of that map.
   *
   * @param known the parameters before
   */
  readonly constrain: (u: Value, known: Readonly<Record<string, Value>>) => { value: Value; logJacobian: Numeric };
}

const LOG_2 = 0.6931471805599453;

type Lengths = readonly number[];

function free<L extends Lengths>(where: string, lengths: L, constrain: Parameter['constrain']): Parameter<L> {
  lengths.forEach((length, k) => requireCount(where, `length ${k + 1}`, length, 1));
  return { shape: lengths, unconstrained: sizeOfShape(lengths), constrain };
}

const bound = (limit: Bound, known: Readonly<Record<string, Value>>): Numeric =>
  typeof limit === 'function' ? limit(known) : limit;

/** A number, a vector `real(n)` or a matrix `real(n, m)` without bounds. @throws {RangeError} for lengths below 1 */
export function real<const L extends Lengths>(...lengths: L): Parameter<L> {
  return free('real', lengths, (u) => ({ value: u, logJacobian: 0 }));
}

/** Above 0: e^u, ln |dx/du| = u. @throws {RangeError} for lengths below 1 */
export function positive<const L extends Lengths>(...lengths: L): Parameter<L> {
  return free('positive', lengths, (u) => ({ value: exp(u), logJacobian: u }));
}

/** Above `low`: low + e^u. @throws {RangeError} for lengths below 1 */
export function lowerBound<const L extends Lengths>(low: Bound, ...lengths: L): Parameter<L> {
  return free('lowerBound', lengths, (u, known) => ({ value: add(bound(low, known), exp(u)), logJacobian: u }));
}

/** Below `high`: high − e^u. @throws {RangeError} for lengths below 1 */
export function upperBound<const L extends Lengths>(high: Bound, ...lengths: L): Parameter<L> {
  return free('upperBound', lengths, (u, known) => ({ value: sub(bound(high, known), exp(u)), logJacobian: u }));
}

/**
 * Between `low` and `high`: low + (high − low) σ(u), ln |dx/du| = ln(high − low) + ln σ(u) + ln σ(−u).
 *
 * @throws {RangeError} for lengths below 1, or numbers that are no interval
 * @example
 * ```ts
 * const parameters = { alpha: interval(0, 1), beta: interval(0, ({ alpha }) => sub(1, alpha)) };
 * ```
 */
export function interval<const L extends Lengths>(low: Bound, high: Bound, ...lengths: L): Parameter<L> {
  if (typeof low === 'number' && typeof high === 'number' && !(low < high && Number.isFinite(high - low)))
    throw new RangeError(`interval: low must be below high, both finite; got ${low} and ${high}.`);
  return free('interval', lengths, (u, known) => {
    const from = bound(low, known);
    const width = sub(bound(high, known), from);
    return {
      value: add(from, mul(width, sigmoid(u))),
      // the width counts for every element, also where it is one number for all
      logJacobian: add(log(width), add(logSigmoid(u), logSigmoid(neg(u)))),
    };
  });
}

/** `length` shares that add up to 1, by stick-breaking: Stan's map. One share is 1. @throws {RangeError} for a length below 1 */
export function simplex(length: number): Parameter {
  requireCount('simplex', 'length', length, 1);
  if (length === 1) {
    const whole = new Value([1], Float64Array.of(1));
    const constrain: Parameter['constrain'] = ({ trace }) => ({
      value: new Value([1], trace!.block(whole), trace),
      logJacobian: 0,
    });
    return { shape: [1], unconstrained: 0, constrain };
  }
  return byTransform(supports.simplex(length), length - 1, [length]);
}

/** Ascending numbers: x_0 = u_0, x_k = x_{k−1} + e^u_k. @throws {RangeError} for a length below 1 */
export function ordered(length: number): Parameter {
  requireCount('ordered', 'length', length, 1);
  return byTransform(supports.ordered(length), length, [length]);
}

/** Ascending numbers above 0. @throws {RangeError} for a length below 1 */
export function positiveOrdered(length: number): Parameter {
  requireCount('positiveOrdered', 'length', length, 1);
  return byTransform(supports.positiveOrdered(length), length, [length]);
}

/**
 * The Cholesky factor L of a correlation matrix, [length × length], rows of length 1: from the partial correlations tanh u_ij, row by row,
 *
 *   L_ij = tanh(u_ij) Π_{k<j} sech(u_ik), j < i,   L_ii = Π_{k<i} sech(u_ik)
 *   ln |dL/du| = Σ_{j<i} (2 ln sech(u_ij) + Σ_{k<j} ln sech(u_ik))
 *
 * Source: Lewandowski, Kurowicka & Joe 2009, J. Multivar. Anal. 100, p. 1989; Stan's map.
 *
 * @throws {RangeError} for a length below 2
 * @example
 * ```ts
 * const twins = model({ L: choleskyCorrelation(2) }, ({ L }, { y }: { y: number[] }) =>
 *   sum(logDensity.lkjCholesky(L, 2), logDensity.multivariateNormalCholesky(y, [0, 0], L)),
 * );
 * ```
 */
export function choleskyCorrelation(length: number): Parameter {
  requireCount('choleskyCorrelation', 'length', length, 2);
  const zeros = (count: number): Numeric[] => (count === 0 ? [] : [new Float64Array(count)]);
  return {
    shape: [length, length],
    unconstrained: (length * (length - 1)) / 2,
    constrain(u) {
      const rows: Value[] = [concat(1, ...zeros(length - 1))];
      const terms: Numeric[] = [];
      let first = 0;
      for (let i = 1; i < length; i++) {
        const own = slice(u, first, first + i);
        first += i;
        const logSech = sub(LOG_2, add(own, softplus(mul(-2, own))));
        const logRest = concat(0, cumulativeSum(logSech)); // ln Π_{k<j} sech, j = 0 … i
        rows.push(concat(mul(concat(tanh(own), 1), exp(logRest)), ...zeros(length - 1 - i)));
        terms.push(mul(2, logSech), slice(logRest, 0, i));
      }
      return { value: stack(...rows), logJacobian: sum(...terms) };
    },
  };
}

/** A transform of the library, from its base side. */
function byTransform(transform: Transform, unconstrained: number, shape: Shape): Parameter {
  return {
    shape,
    unconstrained,
    constrain(u) {
      const trace = u.trace!;
      const { recorder } = trace;
      const logDet = new LogDet(recorder);
      const x = transform.recordForward(recorder, u.content as Operand, {}, logDet);
      return { value: new Value(shape, x, trace), logJacobian: new Value([], logDet.finish(), trace) };
    },
  };
}

/** All parameters from a block of numbers without bounds, and the log Jacobian of the whole map. */
export function constrainAll(
  trace: Trace,
  parameters: Readonly<Record<string, Parameter>>,
  u: Operand,
): { values: Record<string, Value>; logJacobian: Value } {
  const values = watch<Record<string, Value>>('parameters', {});
  const terms: Numeric[] = [];
  const isOnly = Object.keys(parameters).length === 1;
  let first = 0;
  for (const [name, { unconstrained, shape, constrain }] of Object.entries(parameters)) {
    const own = isOnly ? u : trace.recorder.rows(u, first, unconstrained);
    const flat = new Value([unconstrained], own, trace);
    const { value, logJacobian } = constrain(unconstrained === sizeOfShape(shape) ? reshape(flat, shape) : flat, values);
    values[name] = value;
    terms.push(logJacobian);
    first += unconstrained;
  }
  return { values, logJacobian: sum(...terms) };
}

import { type Rows, describe, requireRows } from '../arguments.js';
import { RecordedTarget, type Target } from '../densities/target.js';
import { runOnce } from '../program/execution.js';
import { assemble } from '../program/program.js';
import { type Operand, Recorder, wholeOf } from '../program/recorder.js';
import { add, equal, where } from './operations.js';
import { type Parameter, constrainAll } from './parameters.js';
import { Trace } from './trace.js';
import { type Numeric, Value, isTraced, showShape, sizeOfShape, toValue } from './value.js';

/** What a model knows besides its parameters: numbers, vectors and matrices by name. */
export type ModelData = Readonly<Record<string, number | ArrayLike<number> | ReadonlyArray<ArrayLike<number>>>>;

type Parameters = Readonly<Record<string, Parameter>>;
type Values<P extends Parameters> = { readonly [name in keyof P]: Value };

/** The log density of a model, written with the functions of the library. It is called anew for each program that is made of it. */
export type LogDensityFunction<P extends Parameters, D extends ModelData> = (parameters: Values<P>, data: D) => Numeric;

/** Parameters and an unnormalised log density of them, given data. */
export interface Model<P extends Parameters = Parameters, D extends ModelData = ModelData> {
  readonly parameters: P;
  /** How many numbers without bounds the parameters take. */
  readonly dim: number;
  /**
   * The posterior given data, as a target: its density is that of the numbers without bounds, Jacobian included.
   *
   * Data that the model never asks for, and parameters that nothing depends on, are warned of.
   *
   * @throws {RangeError | TypeError} for data that are no numbers or not there, and whatever the model's operations refuse
   */
  bind(data: D): BoundModel<P>;
}

/** A model with its data: what a flow is fitted to. */
export interface BoundModel<P extends Parameters = Parameters> extends Target {
  /** Of the constrained parameters, element by element, in order: `mu`, `theta[1]`, `L[2,1]`. */
  readonly names: readonly string[];
  /**
   * The parameters, within their bounds, of rows u [n × dim] of numbers without.
   *
   * @returns by name, [n × size] each
   * @throws {RangeError | TypeError} as `logProb`
   */
  constrain(u: Rows): { readonly [name in keyof P]: Float64Array };
}

/**
 * A Bayesian model: named parameters, and a function that gives the log density of them and of data.
 *
 * The function is called with values that stand for numbers that are not known yet: by `bind`, and for each program that is made of it. It
 * computes with the functions of the library, which record what they are asked for. The log density and its exact gradient then run in WebAssembly, for many rows at once.
 * Loops and conditions on data are ordinary TypeScript; conditions on parameters are `where`.
 *
 * @param parameters by name: `real()`, `positive()`, …, in the order in which `dim` counts them
 * @param logDensity of parameters and data: the sum of all terms
 * @throws {TypeError} for what is no parameter, or no function
 * @example
 * ```ts
 * const eightSchools = model({ mu: real(), tau: positive(), eta: real(8) }, ({ mu, tau, eta }, { y, sigma }: { y: number[]; sigma: number[] }) =>
 *   sum(
 *     logDensity.normal(mu, 0, 5),
 *     logDensity.halfCauchy(tau, 5),
 *     logDensity.normal(eta, 0, 1),
 *     logDensity.normal(y, add(mu, mul(tau, eta)), sigma),
 *   ),
 * );
 * const target = eightSchools.bind({ y: [28, 8, -3, 7, -1, 1, 18, 12], sigma: [15, 10, 16, 11, 9, 11, 10, 18] });
 * const flow = realNvp({ dim: target.dim, seed: 1 });
 * await fitToTarget(flow, target, { steps: 200 });
 * ```
 */
export function model<P extends Parameters, D extends ModelData = ModelData>(
  parameters: P,
  logDensity: LogDensityFunction<P, D>,
): Model<P, D> {
  const where = 'model';
  if (parameters === null || typeof parameters !== 'object' || Object.keys(parameters).length === 0)
    throw new TypeError(`${where}: parameters must be an object with at least one of them; got ${describe(parameters)}.`);
  for (const [name, parameter] of Object.entries(parameters)) {
    if (typeof (parameter as Parameter | null)?.constrain !== 'function')
      throw new TypeError(`${where}: parameters.${name} must be real(), positive(), …; got ${describe(parameter)}.`);
  }
  if (typeof logDensity !== 'function')
    throw new TypeError(`${where}: logDensity must be a function; got ${describe(logDensity)}.`);
  const dim = Object.values(parameters).reduce((sum, { unconstrained }) => sum + unconstrained, 0);
  return { parameters, dim, bind: (data) => new Bound(parameters, dim, logDensity, data) };
}

class Bound<P extends Parameters, D extends ModelData> extends RecordedTarget implements BoundModel<P> {
  readonly names: readonly string[];
  readonly #parameters: P;

  constructor(parameters: P, dim: number, logDensity: LogDensityFunction<P, D>, data: D) {
    const known = copyOfData(data);
    const asked = new Set<string>();
    const watched = watch(known, asked);
    super('a model', dim, (recorder, u) => recordLogDensity(recorder, u, parameters, logDensity, watched).density);
    this.#parameters = parameters;
    this.names = namesOf(parameters);
    // Mistakes in the model show now.
    const recorder = new Recorder(0, 0);
    const { isUsed } = recordLogDensity(recorder, recorder.block(dim), parameters, logDensity, watched);
    for (const name of Object.keys(parameters).filter((name) => !isUsed(name)))
      console.warn(`model: nothing depends on parameter '${name}'; leave it out, or its posterior is whatever its bounds say.`);
    const surplus = Object.keys(known).filter((name) => !asked.has(name));
    if (surplus.length > 0) console.warn(`model: data hold more than the model asks for: ${surplus.join(', ')}.`);
  }

  constrain(u: Rows): { readonly [name in keyof P]: Float64Array } {
    const where = 'BoundModel.constrain';
    const rows = requireRows(where, 'u', u, this.dim);
    const n = rows.length / this.dim;
    const recorder = new Recorder(0, 0);
    const block = recorder.load(recorder.batch(this.dim), this.dim);
    const { values } = constrainAll(new Trace(recorder), this.#parameters, block);
    const out: Record<string, Float64Array> = {};
    for (const [name, { content, size }] of Object.entries(values)) {
      recorder.store(recorder.batch(size), content as Operand, size);
      out[name] = new Float64Array(n * size);
    }
    runOnce(assemble(recorder, false), n, [rows], Object.values(out));
    return out as { readonly [name in keyof P]: Float64Array };
  }
}

function recordLogDensity<P extends Parameters, D extends ModelData>(
  recorder: Recorder,
  u: Operand,
  parameters: P,
  logDensity: LogDensityFunction<P, D>,
  data: D,
): { density: Operand; isUsed: (name: string) => boolean } {
  const trace = new Trace(recorder);
  const { values, logJacobian } = constrainAll(trace, parameters, u);
  const first = recorder.body.length;
  const density = toValue('model: the log density', logDensity(values as Values<P>, data));
  if (density.size !== 1) {
    throw new RangeError(
      `model: the log density must be one number; got ${showShape(density.shape)}. sum(…) adds up all elements of its terms.`,
    );
  }
  if (isTraced(density) && density.trace !== trace)
    throw new TypeError('model: the log density must be of the parameters that the function got; got a value of another call.');
  const read = recorder.body.slice(first).flatMap(({ operands }) => operands);
  const isUsed = (name: string): boolean => {
    const operand = values[name].content as Operand;
    return read.some((other) => overlaps(other, operand)) || (isTraced(density) && overlaps(density.content, operand));
  };
  return { density: withoutNaN(add(density, logJacobian)).content as Operand, isUsed };
}

/** −∞ where a formula had no value. */
function withoutNaN(density: Value): Value {
  return where(equal(density, density), density, -Infinity);
}

/** Whether two operands have rows of a block in common. */
function overlaps(a: Operand, b: Operand): boolean {
  if (wholeOf(a) !== wholeOf(b)) return false;
  const [firstA, firstB] = [a.within?.row ?? 0, b.within?.row ?? 0];
  return firstA < firstB + b.rows && firstB < firstA + a.rows;
}

/** Data that later changes of what was given do not touch, checked. */
function copyOfData<D extends ModelData>(data: D): D {
  if (data === null || typeof data !== 'object')
    throw new TypeError(`model: data must be an object of numbers and arrays by name; got ${describe(data)}.`);
  for (const [name, numeric] of Object.entries(data)) {
    const { content } = toValue(`model: data.${name}`, numeric);
    const bad = (content as Float64Array).findIndex((value) => !Number.isFinite(value));
    if (bad >= 0)
      throw new RangeError(`model: data.${name} must be finite; got ${(content as Float64Array)[bad]} at index ${bad}.`);
  }
  return structuredClone(data);
}

/** The same data, which know what they were asked for, and say so when they have no such thing. */
function watch<D extends ModelData>(data: D, asked: Set<string>): D {
  return new Proxy(data, {
    get(target, name, receiver) {
      if (typeof name === 'string') {
        if (!Object.hasOwn(target, name))
          throw new RangeError(`model: data must hold '${name}'; got ${Object.keys(target).join(', ') || 'nothing'}.`);
        asked.add(name);
      }
      return Reflect.get(target, name, receiver) as unknown;
    },
  });
}

function namesOf(parameters: Parameters): string[] {
  return Object.entries(parameters).flatMap(([name, { shape }]) =>
    Array.from({ length: sizeOfShape(shape) }, (_, i) => name + indexOf(i, shape)),
  );
}

function indexOf(element: number, shape: readonly number[]): string {
  if (shape.length === 0) return '';
  const indices = shape.map((length, axis) => (Math.floor(element / sizeOfShape(shape.slice(axis + 1))) % length) + 1);
  return `[${indices.join(',')}]`;
}

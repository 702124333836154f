import { type Rows, describe, requireOptions, requireRows } from '../arguments.js';
import { RecordedTarget, type Target } from '../densities/target.js';
import { runOnce } from '../program/execution.js';
import { requireOutsideCallback } from '../runtime/callback.js';
import { assemble } from '../program/program.js';
import { type Operand, Recorder, wholeOf } from '../program/recorder.js';
import { inSlices } from '../program/regions.js';
import { add, equal, sum, where } from './operations.js';
import { type Parameter, constrainAll } from './parameters.js';
import { Trace } from './trace.js';
import { type Numeric, Value, isTraced, placeOf, showShape, sizeOfShape, toValue } from './value.js';
import { watch } from './watch.js';

/** What a model knows besides its parameters: numbers, vectors and matrices by name. */
export type ModelData = Readonly<Record<string, number | ArrayLike<number> | ReadonlyArray<ArrayLike<number>>>>;

type Parameters = Readonly<Record<string, Parameter>>;
type Values<P extends Parameters> = { readonly [name in keyof P]: Value };

/** A log density, or more of them, of parameters and data, written with the functions of the library. It is called anew for each program that is made of it. */
export type TracedFunction<P extends Parameters, D extends ModelData> = (parameters: Values<P>, data: D) => Numeric;

export interface ModelOptions<P extends Parameters, D extends ModelData> {
  /** What a checkpoint calls it. Default: `a model`. */
  readonly name?: string;
  /** The log density of each observation given the parameters, as one vector: what leave-one-out cross-validation takes. */
  readonly pointwise?: TracedFunction<P, D>;
}

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
  readonly parameters: P;
  /** Whether the model has `pointwise` terms. */
  readonly hasPointwise: boolean;
  /** Of the constrained parameters, element by element, in order: `mu`, `theta[1]`, `L[2,1]`. */
  readonly names: readonly string[];
  /**
   * The parameters, within their bounds, of rows u [n × dim] of numbers without.
   *
   * @returns by name, [n × size] each
   * @throws {RangeError | TypeError} as `logProb`
   */
  constrain(u: Rows): { readonly [name in keyof P]: Float64Array };
  /**
   * What each log density that the model asks for adds up to at rows u [n × dim], in the order of the calls: to see which of them is −∞.
   *
   * @throws {RangeError | TypeError} as `logProb`
   */
  terms(u: Rows): readonly { readonly name: string; readonly logDensity: Float64Array }[];
  /**
   * The model's `pointwise` terms at rows u [n × dim].
   *
   * @returns [n × terms]
   * @throws {Error} for a model without
   * @throws {RangeError | TypeError} as `logProb`
   */
  pointwise(u: Rows): Float64Array;
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
 * @param options `pointwise`, the terms of single observations, and a `name`
 * @throws {TypeError} for what is no parameter, no function, or an unknown option
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
  logDensity: TracedFunction<P, D>,
  options: ModelOptions<P, D> = {},
): Model<P, D> {
  const where = 'model';
  if (parameters === null || typeof parameters !== 'object' || Object.keys(parameters).length === 0)
    throw new TypeError(`${where}: parameters must be an object with at least one of them; got ${describe(parameters)}.`);
  for (const [name, parameter] of Object.entries<unknown>(parameters)) {
    if (typeof parameter === 'function')
      throw new TypeError(
        `${where}: parameters.${name} must be real(), positive(), …; got ${describe(parameter)}: call it, as in ${parameter.name || 'real'}().`,
      );
    if (typeof (parameter as Parameter | null)?.constrain !== 'function')
      throw new TypeError(`${where}: parameters.${name} must be real(), positive(), …; got ${describe(parameter)}.`);
  }
  if (typeof logDensity !== 'function')
    throw new TypeError(`${where}: logDensity must be a function; got ${describe(logDensity)}.`);
  requireOptions(where, options, ['name', 'pointwise']);
  const { name, pointwise } = options;
  if (name !== undefined && typeof name !== 'string')
    throw new TypeError(`${where}: name must be a string; got ${describe(name)}.`);
  if (pointwise !== undefined && typeof pointwise !== 'function')
    throw new TypeError(`${where}: pointwise must be a function; got ${describe(pointwise)}.`);
  const dim = Object.values(parameters).reduce((sum, { unconstrained }) => sum + unconstrained, 0);
  if (dim === 0) throw new RangeError(`${where}: parameters must take at least one number without bounds; got none.`);
  return { parameters, dim, bind: (data) => new Bound({ parameters, logDensity, name, pointwise }, dim, data) };
}

/** @throws {TypeError} for what `model` did not make */
export function requireModel(where: string, model: unknown): void {
  // A function has a `bind`, too.
  if (typeof model === 'object' && typeof (model as Model | null)?.bind === 'function') return;
  throw new TypeError(`${where}: model must be made by model(…); got ${describe(model)}.`);
}

/** Parameters and functions of a model. */
interface Definition<P extends Parameters, D extends ModelData> extends ModelOptions<P, D> {
  readonly parameters: P;
  readonly logDensity: TracedFunction<P, D>;
}

class Bound<P extends Parameters, D extends ModelData> extends RecordedTarget implements BoundModel<P> {
  readonly names: readonly string[];
  readonly parameters: P;
  readonly hasPointwise: boolean;
  readonly #definition: Definition<P, D>;
  readonly #data: D;

  constructor(definition: Definition<P, D>, dim: number, data: D) {
    const { parameters, logDensity, pointwise, name = 'a model' } = definition;
    const known = copyOfData(data);
    const asked = new Set<string>();
    const watched = watch('data', known, asked);
    const record = (recorder: Recorder, u: Operand): Operand =>
      recordLogDensity(new Trace(recorder), u, parameters, logDensity, watched).density;
    super(name, dim, (recorder, u) => inSlices(recorder, () => record(recorder, u)));
    this.#definition = definition;
    this.#data = watched;
    this.names = namesOf(parameters);
    this.parameters = parameters;
    this.hasPointwise = pointwise !== undefined;
    // Mistakes in the model show now.
    const trace = new Trace(new Recorder(0, 0));
    const u = trace.recorder.block(dim);
    const { isUsed } = recordLogDensity(trace, u, parameters, logDensity, watched);
    if (pointwise !== undefined) recordPointwise(trace, u, parameters, pointwise, watched);
    for (const warning of trace.warnings) console.warn(warning);
    for (const name of Object.keys(parameters).filter((name) => !isUsed(name)))
      console.warn(`model: nothing depends on parameter '${name}'; leave it out, or its posterior is whatever its bounds say.`);
    const surplus = Object.keys(known).filter((name) => !asked.has(name));
    if (surplus.length > 0) console.warn(`model: data hold more than the model asks for: ${surplus.join(', ')}.`);
  }

  constrain(u: Rows): { readonly [name in keyof P]: Float64Array } {
    const { parameters } = this.#definition;
    const named = (trace: Trace, block: Operand) => Object.entries(constrainAll(trace, parameters, block).values);
    return evaluateAt('BoundModel.constrain', this.dim, u, named) as { readonly [name in keyof P]: Float64Array };
  }

  terms(u: Rows): readonly { readonly name: string; readonly logDensity: Float64Array }[] {
    const { parameters, logDensity } = this.#definition;
    const names: string[] = [];
    const sums = (trace: Trace, block: Operand): [string, Value][] => {
      recordLogDensity(trace, block, parameters, logDensity, this.#data);
      names.push(...trace.terms.map(({ name }) => name));
      return trace.terms.map(({ value }, k) => [String(k), withoutNaN(sum(value))]);
    };
    const values = evaluateAt('BoundModel.terms', this.dim, u, sums);
    return names.map((name, k) => ({ name, logDensity: values[k] }));
  }

  pointwise(u: Rows): Float64Array {
    const { parameters, pointwise } = this.#definition;
    if (pointwise === undefined) {
      throw new Error(
        'BoundModel.pointwise: the model must have pointwise terms; it has none. Make it with model(parameters, logDensity, { pointwise }).',
      );
    }
    const named = (trace: Trace, block: Operand): [string, Value][] => [
      ['terms', recordPointwise(trace, block, parameters, pointwise, this.#data)],
    ];
    return evaluateAt('BoundModel.pointwise', this.dim, u, named).terms;
  }
}

function recordPointwise<P extends Parameters, D extends ModelData>(
  trace: Trace,
  u: Operand,
  parameters: P,
  pointwise: TracedFunction<P, D>,
  data: D,
): Value {
  const { values } = constrainAll(trace, parameters, u);
  const terms = toValue('model: pointwise', pointwise(values as Values<P>, data));
  if (!isTraced(terms) || terms.trace !== trace)
    throw new TypeError(
      'model: pointwise must give terms of the parameters that the function got; got numbers, or another call’s.',
    );
  return terms;
}

/** Named values of a model at rows u [n × dim]. @returns [n × size] each */
function evaluateAt(
  where: string,
  dim: number,
  u: Rows,
  trace: (trace: Trace, block: Operand) => readonly [name: string, value: Value][],
): Record<string, Float64Array> {
  requireOutsideCallback(where);
  const rows = requireRows(where, 'u', u, dim);
  const n = rows.length / dim;
  const recorder = new Recorder(0, 0);
  const block = recorder.load(recorder.batch(dim), dim);
  const out: Record<string, Float64Array> = {};
  inSlices(recorder, () => {
    for (const [name, { content, size }] of trace(new Trace(recorder), block)) {
      recorder.store(recorder.batch(size), content as Operand, size);
      out[name] = new Float64Array(n * size);
    }
  });
  runOnce(assemble(recorder, false), n, [rows], Object.values(out));
  return out;
}

function recordLogDensity<P extends Parameters, D extends ModelData>(
  trace: Trace,
  u: Operand,
  parameters: P,
  logDensity: TracedFunction<P, D>,
  data: D,
): { density: Operand; isUsed: (name: string) => boolean } {
  const { body } = trace.recorder;
  const first = body.length;
  const { values, logJacobian } = constrainAll(trace, parameters, u); // where bounds may depend on parameters before
  const density = toValue('model: the log density', logDensity(values as Values<P>, data));
  if (density.size !== 1) {
    throw new RangeError(
      `model: the log density must be one number; got ${showShape(density.shape)}. sum(…) adds up all elements of its terms.`,
    );
  }
  if (isTraced(density) && density.trace !== trace)
    throw new TypeError('model: the log density must be of the parameters that the function got; got a value of another call.');
  const read = body
    .slice(first)
    .flatMap(({ operands, writes }) => operands.filter((operand) => !writes.includes(wholeOf(operand))));
  const isUsed = (name: string): boolean => {
    const operand = values[name].content as Operand;
    return read.some((other) => overlaps(other, operand)) || (isTraced(density) && overlaps(density.content, operand));
  };
  return { density: trace.block(withoutNaN(add(density, logJacobian))), isUsed };
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
    const { content, shape } = toValue('model', numeric, `data.${name}`);
    const bad = (content as Float64Array).findIndex((value) => !Number.isFinite(value));
    if (bad >= 0)
      throw new RangeError(`model: data.${name} must be finite; got ${(content as Float64Array)[bad]}${placeOf(bad, shape)}.`);
  }
  return structuredClone(data);
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

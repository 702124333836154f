import { BinaryOperation, Reduction, Source, Tail, UnaryOperation } from '../../assembly/opcodes.js';
import { describe } from '../arguments.js';
import { NONE, type Operand, type Sizes } from '../program/recorder.js';
import { Trace, evaluate, spread } from './trace.js';
import {
  type Numeric,
  type Shape,
  Value,
  broadcastShapes,
  isTraced,
  sameShape,
  showShape,
  sizeOfShape,
  toValue,
} from './value.js';

// Operations on traced values. On numbers alone they give numbers, computed at once by the same kernels.

// --- element by element ----------------------------------------------------------------------------------------------------------

function unary(where: string, operation: UnaryOperation, x: Numeric): Value {
  const value = toValue(where, x);
  if (!isTraced(value)) {
    return new Value(value.shape, evaluate('unary', { x: value.content as Float64Array }, { operation }));
  }
  const { trace, content, shape, size } = value;
  return new Value(shape, trace.emit(where, 'unary', { x: content }, { dim: size, operation }), trace);
}

function binary(where: string, operation: BinaryOperation, a: Numeric, b: Numeric): Value {
  const [left, right] = [toValue(where, a), toValue(where, b)];
  const shape = broadcastShapes(where, [left.shape, right.shape]);
  const trace = traceOf(where, [left, right]);
  if (isEmpty(shape)) return nothing(shape);
  if (trace === undefined) {
    const inputs = { a: numbers(left, shape), b: numbers(right, shape) };
    return new Value(shape, evaluate('binary', inputs, { operation, sourceA: Source.Rows, sourceB: Source.Rows }));
  }
  const [placeA, placeB] = [trace.place(left, shape), trace.place(right, shape)];
  const operands = { a: placeA.operand, b: trace.apart(placeB.operand, [placeA.operand]) };
  const sizes = { dim: sizeOfShape(shape), operation, sourceA: placeA.source, sourceB: placeB.source };
  return new Value(shape, trace.emit(where, 'binary', operands, sizes), trace);
}

const isEmpty = (shape: Shape): boolean => shape.includes(0);

/** What has no elements, as of data that have no rows: it is recorded nowhere, and no kernel has to know of it. */
function nothing(shape: Shape): Value {
  return new Value(shape, new Float64Array(0));
}

function numbers(value: Value, shape: Shape): Float64Array {
  return spread(value.content as Float64Array, value.shape, shape);
}

/** @throws {TypeError} when values of two models meet */
function traceOf(where: string, values: readonly Value[]): Trace | undefined {
  const traces = new Set(values.flatMap(({ trace }) => (trace === undefined ? [] : [trace])));
  if (traces.size > 1)
    throw new TypeError(
      `${where}: operands must be of one model; got values of two. Use them only inside the function that got them.`,
    );
  return [...traces][0];
}

/** a + b, repeated to one shape. @throws {RangeError} where shapes do not fit */
export const add = (a: Numeric, b: Numeric): Value => binary('add', BinaryOperation.Add, a, b);
/** a − b */
export const sub = (a: Numeric, b: Numeric): Value => binary('sub', BinaryOperation.Subtract, a, b);
/** a b, element by element; of matrices see {@link matmul} */
export const mul = (a: Numeric, b: Numeric): Value => binary('mul', BinaryOperation.Multiply, a, b);
/** a / b */
export const div = (a: Numeric, b: Numeric): Value => binary('div', BinaryOperation.Divide, a, b);
/** The larger of a and b; its gradient goes to that one. */
export const maximum = (a: Numeric, b: Numeric): Value => binary('maximum', BinaryOperation.Maximum, a, b);
/** The smaller of a and b. */
export const minimum = (a: Numeric, b: Numeric): Value => neg(maximum(neg(a), neg(b)));
/** ln(e^a + e^b) */
export const logAddExp = (a: Numeric, b: Numeric): Value => binary('logAddExp', BinaryOperation.LogAddExp, a, b);
/** ln(e^a − e^b), a > b */
export const logDiffExp = (a: Numeric, b: Numeric): Value => add(a, log1mExp(sub(b, a)));
/** 1 where a < b, else 0: a condition of {@link where}. It has no gradient. */
export const less = (a: Numeric, b: Numeric): Value => binary('less', BinaryOperation.Less, a, b);
/** 1 where a = b, else 0. */
export const equal = (a: Numeric, b: Numeric): Value => binary('equal', BinaryOperation.Equal, a, b);

/** −x */
export const neg = (x: Numeric): Value => unary('neg', UnaryOperation.Negate, x);
/** |x| */
export const abs = (x: Numeric): Value => unary('abs', UnaryOperation.Abs, x);
/** x² */
export const square = (x: Numeric): Value => unary('square', UnaryOperation.Square, x);
/** √x */
export const sqrt = (x: Numeric): Value => unary('sqrt', UnaryOperation.Sqrt, x);
/** 1 / x */
export const reciprocal = (x: Numeric): Value => unary('reciprocal', UnaryOperation.Reciprocal, x);
/** e^x */
export const exp = (x: Numeric): Value => unary('exp', UnaryOperation.Exp, x);
/** e^x − 1 */
export const expm1 = (x: Numeric): Value => unary('expm1', UnaryOperation.Expm1, x);
/** ln x */
export const log = (x: Numeric): Value => unary('log', UnaryOperation.Log, x);
/** ln(1 + x) */
export const log1p = (x: Numeric): Value => unary('log1p', UnaryOperation.Log1p, x);
/** ln(1 − e^x), x < 0 */
export const log1mExp = (x: Numeric): Value => unary('log1mExp', UnaryOperation.Log1mExp, x);
/** sin x */
export const sin = (x: Numeric): Value => unary('sin', UnaryOperation.Sin, x);
/** cos x */
export const cos = (x: Numeric): Value => unary('cos', UnaryOperation.Cos, x);
/** atan x, within ±π/2 */
export const atan = (x: Numeric): Value => unary('atan', UnaryOperation.Atan, x);
/** tanh x */
export const tanh = (x: Numeric): Value => unary('tanh', UnaryOperation.Tanh, x);
/** σ(x) = 1 / (1 + e^−x) */
export const sigmoid = (x: Numeric): Value => unary('sigmoid', UnaryOperation.Sigmoid, x);
/** ln σ(x) */
export const logSigmoid = (x: Numeric): Value => neg(softplus(neg(x)));
/** ln(x / (1 − x)) */
export const logit = (x: Numeric): Value => sub(log(x), log1p(neg(x)));
/** ln(1 + e^x) */
export const softplus = (x: Numeric): Value => unary('softplus', UnaryOperation.Softplus, x);
/** ln Γ(x), x > 0 */
export const lgamma = (x: Numeric): Value => unary('lgamma', UnaryOperation.Lgamma, x);
/** ψ(x), the derivative of ln Γ, x > 0 */
export const digamma = (x: Numeric): Value => unary('digamma', UnaryOperation.Digamma, x);
/** ln B(a, b) = ln Γ(a) + ln Γ(b) − ln Γ(a + b) */
export const lbeta = (a: Numeric, b: Numeric): Value => sub(add(lgamma(a), lgamma(b)), lgamma(add(a, b)));
/** erf x = 2/√π ∫₀ˣ e^−t² dt */
export const erf = (x: Numeric): Value => unary('erf', UnaryOperation.Erf, x);
/** Φ(x), the standard normal distribution function */
export const normalCdf = (x: Numeric): Value => unary('normalCdf', UnaryOperation.NormalCdf, x);
/** ln Φ(x), exact in the tail */
export const normalLogCdf = (x: Numeric): Value => unary('normalLogCdf', UnaryOperation.NormalLogCdf, x);
/** ln(½ + atan(x) / π), the standard Cauchy distribution's, exact in the tail */
export const cauchyLogCdf = (x: Numeric): Value => unary('cauchyLogCdf', UnaryOperation.CauchyLogCdf, x);
/** ln(p e^a + (1 − p) e^b): a mixture of two */
export const logMix = (p: Numeric, a: Numeric, b: Numeric): Value => logAddExp(add(log(p), a), add(log1p(neg(p)), b));

/**
 * a^b. A whole number b of −4 … 4 is a product, for any a; else a must not be negative.
 *
 * @throws {RangeError} where shapes do not fit
 */
export function pow(a: Numeric, b: Numeric): Value {
  switch (b) {
    case 1:
      return toValue('pow', a);
    case 2:
      return square(a);
    case 3:
      return mul(square(a), a);
    case 4:
      return square(square(a));
    case 0.5:
      return sqrt(a);
  }
  if (typeof b === 'number' && Number.isInteger(b) && b < 0 && b >= -4) return reciprocal(pow(a, -b));
  return binary('pow', BinaryOperation.Power, a, b);
}

/**
 * a where the condition is not 0, b where it is. No gradient flows to what is not chosen, infinite or not.
 *
 * @throws {RangeError} where shapes do not fit
 */
export function where(condition: Numeric, a: Numeric, b: Numeric): Value {
  const values = [toValue('where', condition), toValue('where', a), toValue('where', b)];
  const shape = broadcastShapes(
    'where',
    values.map((value) => value.shape),
  );
  const trace = traceOf('where', values);
  if (isEmpty(shape)) return nothing(shape);
  if (trace === undefined) {
    const [chosen, left, right] = values.map((value) => numbers(value, shape));
    return new Value(
      shape,
      left.map((value, i) => (chosen[i] !== 0 ? value : right[i])),
    );
  }
  const [placeC, placeA, placeB] = values.map((value) => trace.place(value, shape));
  const operands = { condition: placeC.operand, a: placeA.operand, b: trace.apart(placeB.operand, [placeA.operand]) };
  const sizes = { dim: sizeOfShape(shape), sourceCondition: placeC.source, sourceA: placeA.source, sourceB: placeB.source };
  return new Value(shape, trace.emit('where', 'where', operands, sizes), trace);
}

/** Logits that a regression computes at a time; see assembly/model/logistic-regression.ts. */
const PANEL_ROWS = 32;

/**
 * y η − softplus(η), where y is data and η a block as long: one kernel. Where only the sum is asked for it is another, and where η is data
 * times parameters a third.
 */
export function bernoulliLogit(y: Numeric, logit: Numeric): Value {
  const name = 'logDensity.bernoulliLogit';
  const [outcome, eta] = [toValue(name, y), toValue(name, logit)];
  const shape = broadcastShapes(name, [outcome.shape, eta.shape]);
  if (isTraced(outcome) || !isTraced(eta) || !sameShape(eta.shape, shape)) return sub(mul(outcome, eta), softplus(eta));
  const { trace, size } = eta;
  const { layer } = eta.shortcuts;
  const { operand, source } = trace.place(outcome, shape);
  const record = (kernel: 'bernoulliLogit' | 'bernoulliLogitSum'): Operand =>
    trace.emit(name, kernel, { y: operand, eta: eta.content }, { dim: size, source });
  if (size === 1) return new Value(shape, record('bernoulliLogit'), trace);
  const sum = (): Operand => {
    if (layer === undefined) return record('bernoulliLogitSum');
    const { x, packed, bias, transposed } = layer.operands;
    const { inputs, ends } = layer.sizes;
    const sizes = { k: inputs, n: size, panelRows: Math.min(PANEL_ROWS, size), source, ends };
    return trace.emit(name, 'logisticRegression', { y: operand, beta: x, packed, bias, transposed }, sizes);
  };
  return new Value(shape, () => record('bernoulliLogit'), trace, { sum });
}

/** A kernel of several operands, element by element, that keeps so many slopes for the way back. */
function tail(
  where: string,
  kernel: 'tail' | 'betaTail',
  arguments_: Readonly<Record<string, Numeric>>,
  slopes: number,
  more: Sizes,
): Value {
  const names = Object.keys(arguments_);
  const values = names.map((name) => toValue(where, arguments_[name]));
  const shape = broadcastShapes(
    where,
    values.map((value) => value.shape),
  );
  const trace = traceOf(where, values);
  if (isEmpty(shape)) return nothing(shape);
  const sourceOf = (name: string): string => `source${name.toUpperCase()}`;
  if (trace === undefined) {
    const inputs = Object.fromEntries(names.map((name, k) => [name, numbers(values[k], shape)]));
    const sources = Object.fromEntries(names.map((name) => [sourceOf(name), Source.Rows]));
    return new Value(shape, evaluate(kernel, inputs, { ...more, ...sources, slopeRows: slopes }));
  }
  const operands: Record<string, Operand> = {};
  const sources: Record<string, Source> = {};
  names.forEach((name, k) => {
    const { operand, source } = trace.place(values[k], shape);
    sources[sourceOf(name)] = source;
    operands[name] = isTraced(values[k]) ? trace.apart(operand, Object.values(operands)) : operand;
  });
  const dim = sizeOfShape(shape);
  return new Value(shape, trace.emit(where, kernel, operands, { dim, ...more, ...sources, slopeRows: slopes * dim }), trace);
}

/** ln P(a, x) of the regularised incomplete gamma function, and ln Q(a, x) = ln(1 − P(a, x)) */
export const gammaBelow = (where: string, a: Numeric, x: Numeric): Value =>
  tail(where, 'tail', { a, x }, TAIL_SLOPES, { operation: Tail.GammaBelow });
export const gammaAbove = (where: string, a: Numeric, x: Numeric): Value =>
  tail(where, 'tail', { a, x }, TAIL_SLOPES, { operation: Tail.GammaAbove });
/** ln P(T ≤ t) of Student's t, and ln P(|T| ≤ |t|) */
export const studentBelow = (where: string, nu: Numeric, t: Numeric): Value =>
  tail(where, 'tail', { a: nu, x: t }, TAIL_SLOPES, { operation: Tail.StudentBelow });
export const studentWithin = (where: string, nu: Numeric, t: Numeric): Value =>
  tail(where, 'tail', { a: nu, x: t }, TAIL_SLOPES, { operation: Tail.StudentWithin });
/** ln I_x(a, b) of the regularised incomplete beta function at x : 1 − x = p : q */
export const betaBelow = (where: string, a: Numeric, b: Numeric, p: Numeric, q: Numeric): Value =>
  tail(where, 'betaTail', { a, b, p, q }, 4, {});

/** Two, and one that is scratch. */
const TAIL_SLOPES = 3;

// --- along the elements ----------------------------------------------------------------------------------------------------------

/** The sum of all elements of all terms: a log density is one of such sums. */
export function sum(...terms: readonly Numeric[]): Value {
  if (terms.length === 0) return toValue('sum', 0);
  return terms.map((term) => total(toValue('sum', term))).reduce((left, right) => add(left, right));
}

function total(value: Value): Value {
  if (value.size === 1) return reshape(value, []);
  if (!isTraced(value)) {
    const values = value.content as Float64Array;
    return new Value([], Float64Array.of(values.reduce((all, element) => all + element, 0)));
  }
  if (value.shortcuts.sum !== undefined) return new Value([], value.shortcuts.sum(), value.trace);
  const sizes = { groups: 1, size: value.size, reduction: Reduction.Sum };
  return new Value([], value.trace.emit('sum', 'sum', { x: value.content }, sizes), value.trace);
}

/** The mean of all elements. @throws {RangeError} when there are none */
export function mean(x: Numeric): Value {
  const value = toValue('mean', x);
  if (value.size === 0) throw new RangeError('mean: x must have elements; got none.');
  return div(sum(value), value.size);
}

/** x₀, x₀ + x₁, … of a vector. @throws {RangeError} for another shape */
export function cumulativeSum(x: Numeric): Value {
  const value = requireVector('cumulativeSum', 'x', toValue('cumulativeSum', x));
  if (isTraced(value)) return reduceGroups('cumulativeSum', value, Reduction.Running, 1, value.shape);
  let running = 0;
  return new Value(
    value.shape,
    (value.content as Float64Array).map((element) => (running += element)),
  );
}

/** ln Σ e^x over the last axis: of a vector one number, of a matrix one for each row. @throws {RangeError} for a number */
export function logSumExp(x: Numeric): Value {
  const where = 'logSumExp';
  const value = toValue(where, x);
  if (value.shape.length === 0 || value.size === 0)
    throw new RangeError(`${where}: x must be a vector or a matrix with elements; got ${showShape(value.shape)}.`);
  const shape = value.shape.slice(0, -1);
  const groups = sizeOfShape(shape);
  if (isTraced(value)) return reduceGroups(where, value, Reduction.LogSumExp, groups, shape);
  const width = value.shape[value.shape.length - 1];
  const values = value.content as Float64Array;
  const most = Float64Array.from({ length: groups }, (_, i) => {
    const largest = values.subarray(i * width, (i + 1) * width).reduce((a, b) => Math.max(a, b), -Infinity);
    return largest === -Infinity ? 0 : largest;
  });
  const column = new Value([...shape, 1], most);
  const powers = exp(sub(value, column)).content as Float64Array;
  const sums = most.map((_, i) => powers.subarray(i * width, (i + 1) * width).reduce((a, b) => a + b, 0));
  return add(new Value(shape, most), log(new Value(shape, sums)));
}

/** x − ln Σ e^x over the last axis. @throws {RangeError} for a number */
export function logSoftmax(x: Numeric): Value {
  const value = toValue('logSoftmax', x);
  const normaliser = logSumExp(value);
  return sub(value, reshape(normaliser, [...normaliser.shape, 1]));
}

function reduceGroups(where: string, value: Value, reduction: Reduction, groups: number, shape: Shape = []): Value {
  const trace = value.trace!;
  const sizes = { groups, size: value.size / groups, reduction, outputs: sizeOfShape(shape) };
  return new Value(shape, trace.emit(where, 'reduce', { x: value.content as Operand }, sizes), trace);
}

// --- matrices --------------------------------------------------------------------------------------------------------------------

/** Σ a_i b_i of two vectors. @throws {RangeError} for other shapes, or two lengths */
export function dot(a: Numeric, b: Numeric): Value {
  const [left, right] = [requireVector('dot', 'a', toValue('dot', a)), requireVector('dot', 'b', toValue('dot', b))];
  if (left.size !== right.size)
    throw new RangeError(`dot: vectors must be of one length; got ${showShape(left.shape)} and ${showShape(right.shape)}.`);
  return sum(mul(left, right));
}

/**
 * The product of two matrices, or of a matrix and a vector.
 *
 * @throws {RangeError} when the inner lengths differ
 */
export function matmul(a: Numeric, b: Numeric): Value {
  const where = 'matmul';
  const [left, right] = [toValue(where, a), toValue(where, b)];
  const isVector = right.shape.length === 1;
  if (left.shape.length !== 2 || (!isVector && right.shape.length !== 2) || left.shape[1] !== right.shape[0]) {
    throw new RangeError(
      `${where}: shapes must be [n × k] and [k] or [k × m]; got ${showShape(left.shape)} and ${showShape(right.shape)}.`,
    );
  }
  const [n, k] = left.shape;
  const m = isVector ? 1 : right.shape[1];
  const shape = isVector ? [n] : [n, m];
  const trace = traceOf(where, [left, right]);
  if (isEmpty(shape)) return nothing(shape);
  if (trace === undefined) return new Value(shape, productOfNumbers(left, right, n, k, m));
  if (!isTraced(left) && isVector) return dataTimesVector(trace, left, right.content as Operand, n, k);
  const [placeA, placeB] = [trace.place(left, left.shape), trace.place(right, right.shape)];
  const operands = { a: placeA.operand, b: trace.apart(placeB.operand, [placeA.operand]) };
  // One element is repeated nowhere here: a block of one row is a block.
  const source = ({ source }: { source: Source }): Source => (source === Source.OneRow ? Source.Rows : source);
  const sizes = { n, k, m, outputs: n * m, sourceA: source(placeA), sourceB: source(placeB) };
  return new Value(shape, trace.emit(where, 'product', operands, sizes), trace);
}

function productOfNumbers(a: Value, b: Value, n: number, k: number, m: number): Float64Array {
  const [left, right] = [a.content as Float64Array, b.content as Float64Array];
  const out = new Float64Array(n * m);
  for (let i = 0; i < n; i++) {
    for (let l = 0; l < k; l++) for (let j = 0; j < m; j++) out[i * m + j] += left[i * k + l] * right[l * m + j];
  }
  return out;
}

/** A layer of a network whose weights are data, packed here once. */
function dataTimesVector(trace: Trace, matrix: Value, x: Operand, n: number, k: number): Value {
  const values = matrix.content as Float64Array;
  const packed = new Float64Array(4 * Math.ceil(n / 4) * k);
  const transposed = new Float64Array(4 * Math.ceil(k / 4) * n);
  for (let i = 0; i < n; i++) {
    for (let l = 0; l < k; l++) {
      packed[(Math.floor(i / 4) * k + l) * 4 + (i % 4)] = values[i * k + l];
      transposed[(Math.floor(l / 4) * n + i) * 4 + (l % 4)] = values[i * k + l];
    }
  }
  const { recorder } = trace;
  const operands = {
    x,
    packed: recorder.datum(packed),
    transposed: recorder.datum(transposed),
    bias: recorder.datum(new Float64Array(n)),
    weight: NONE,
  };
  const sizes = { outputs: n, inputs: k, first: 0, count: n, ends: new Array<number>(n).fill(k) };
  const record = (): Operand => trace.emit('matmul', 'dense', operands, sizes);
  return n === 1 ? new Value([n], record(), trace) : new Value([n], record, trace, { layer: { operands, sizes } });
}

/** The matrix with rows and columns exchanged. @throws {RangeError} for another shape */
export function transpose(x: Numeric): Value {
  const value = toValue('transpose', x);
  if (value.shape.length !== 2) throw new RangeError(`transpose: x must be a matrix; got ${showShape(value.shape)}.`);
  const [n, m] = value.shape;
  const indices = Array.from({ length: n * m }, (_, i) => (i % n) * m + Math.floor(i / n));
  return elements(value, indices, [m, n]);
}

/**
 * The Cholesky factor L of a symmetric positive definite matrix A = L Lᵀ, zeros above the diagonal. The lower triangle of A is read.
 * Where A is not positive definite, the log density is −∞.
 *
 * @throws {RangeError} unless `a` is square
 */
export function cholesky(a: Numeric): Value {
  const where = 'cholesky';
  const value = requireSquare(where, toValue(where, a));
  const [n] = value.shape;
  if (!isTraced(value)) return choleskyOfNumbers(value, n);
  return new Value(value.shape, value.trace.emit(where, 'cholesky', { a: value.content }, { n, elements: n * n }), value.trace);
}

function choleskyOfNumbers({ content, shape }: Value, n: number): Value {
  const a = content as Float64Array;
  const l = new Float64Array(n * n);
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let value = a[i * n + j];
      for (let k = 0; k < j; k++) value -= l[i * n + k] * l[j * n + k];
      l[i * n + j] = i === j ? Math.sqrt(value) : value / l[j * n + j];
    }
  }
  return new Value(shape, l);
}

/** x of L x = b for a lower triangular matrix. @throws {RangeError} unless `l` is square and `b` a vector as long */
export function lowerSolve(l: Numeric, b: Numeric): Value {
  const where = 'lowerSolve';
  const [factor, right] = [requireSquare(where, toValue(where, l)), requireVector(where, 'b', toValue(where, b))];
  const [n] = factor.shape;
  if (right.size !== n)
    throw new RangeError(`${where}: b must be as long as l; got ${showShape(factor.shape)} and ${showShape(right.shape)}.`);
  const trace = traceOf(where, [factor, right]);
  if (trace === undefined) return solveNumbers(factor, right, n);
  const operands = { l: trace.block(factor), b: trace.block(right) };
  return new Value([n], trace.emit(where, 'lowerSolve', operands, { n }), trace);
}

function solveNumbers(factor: Value, right: Value, n: number): Value {
  const [l, b] = [factor.content as Float64Array, right.content as Float64Array];
  const x = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let value = b[i];
    for (let k = 0; k < i; k++) value -= l[i * n + k] * x[k];
    x[i] = value / l[i * n + i];
  }
  return new Value([n], x);
}

/** The diagonal of a square matrix. @throws {RangeError} for another shape */
export function diagonal(a: Numeric): Value {
  const value = requireSquare('diagonal', toValue('diagonal', a));
  const [n] = value.shape;
  return elements(
    value,
    Array.from({ length: n }, (_, i) => i * n + i),
    [n],
  );
}

// --- parts -----------------------------------------------------------------------------------------------------------------------

/**
 * Element i of a vector, row i of a matrix; with j, an element of that.
 *
 * @throws {RangeError} when an index is none of it
 */
export function at(x: Numeric, i: number, j?: number): Value {
  const value = toValue('at', x);
  requireIndex('at', 'i', i, value.shape[0] ?? 0);
  const [, ...rest] = value.shape;
  if (j === undefined) return part(value, i * sizeOfShape(rest), rest);
  if (rest.length !== 1) throw new RangeError(`at: x must be a matrix for two indices; got ${showShape(value.shape)}.`);
  requireIndex('at', 'j', j, rest[0]);
  return part(value, i * rest[0] + j, []);
}

/** Elements from … to − 1 of a vector, or such rows of a matrix. @throws {RangeError} when there are no such */
export function slice(x: Numeric, from: number, to: number): Value {
  const value = toValue('slice', x);
  const [length = 0, ...rest] = value.shape;
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from < 0 || to <= from || to > length)
    throw new RangeError(`slice: from and to must be 0 ≤ from < to ≤ ${length}; got ${describe(from)} and ${describe(to)}.`);
  return part(value, from * sizeOfShape(rest), [to - from, ...rest]);
}

/** Elements of a vector, or rows of a matrix, by their indices: a group's value for each of its members. @throws {RangeError} */
export function gather(x: Numeric, indices: ArrayLike<number>): Value {
  const value = toValue('gather', x);
  const [length = 0, ...rest] = value.shape;
  const width = sizeOfShape(rest);
  const all: number[] = [];
  for (let k = 0; k < indices.length; k++) {
    const index = requireIndex('gather', `indices[${k}]`, indices[k], length);
    for (let j = 0; j < width; j++) all.push(index * width + j);
  }
  return elements(value, all, [indices.length, ...rest]);
}

/** Values of one shape as one with an axis more, in front: numbers as a vector, vectors as the rows of a matrix. @throws {RangeError} */
export function stack(...parts: readonly Numeric[]): Value {
  const values = parts.map((each) => toValue('stack', each));
  const shape = values[0]?.shape;
  if (shape === undefined) throw new RangeError('stack: there must be something to stack; got nothing.');
  const other = values.find((value) => !sameShape(value.shape, shape));
  if (other !== undefined)
    throw new RangeError(`stack: values must have one shape; got ${showShape(shape)} and ${showShape(other.shape)}.`);
  return joined('stack', values, [values.length, ...shape]);
}

/** Vectors, and numbers, one behind the other; or matrices of one width. @throws {RangeError} where shapes do not fit */
export function concat(...parts: readonly Numeric[]): Value {
  const values = parts.map((each) => toValue('concat', each));
  const rest = values[0]?.shape.slice(1);
  if (rest === undefined) throw new RangeError('concat: there must be something to put together; got nothing.');
  const other = values.find((value) => !sameShape(value.shape.slice(1), rest));
  if (other !== undefined)
    throw new RangeError(`concat: shapes must fit each other; got ${showShape(values[0].shape)} and ${showShape(other.shape)}.`);
  const length = values.reduce((all, value) => all + (value.shape[0] ?? 1), 0);
  return joined('concat', values, [length, ...rest]);
}

/** The same elements in another shape. @throws {RangeError} when there are more or fewer */
export function reshape(x: Numeric, shape: Shape): Value {
  const value = toValue('reshape', x);
  if (sizeOfShape(shape) !== value.size)
    throw new RangeError(
      `reshape: x must have ${sizeOfShape(shape)} elements for ${showShape(shape)}; got ${showShape(value.shape)}.`,
    );
  return new Value(shape, value.content, value.trace);
}

function joined(where: string, values: readonly Value[], shape: Shape): Value {
  const trace = traceOf(where, values);
  if (trace === undefined)
    return new Value(shape, Float64Array.from(values.flatMap((value) => [...(value.content as Float64Array)])));
  const { recorder } = trace;
  const block = recorder.block(sizeOfShape(shape));
  let row = 0;
  for (const value of values) {
    if (isEmpty(value.shape)) continue;
    recorder.put(recorder.rows(block, row, value.size), trace.block(value));
    row += value.size;
  }
  return new Value(shape, block, trace);
}

/** Elements one behind the other, without a copy. */
function part(value: Value, first: number, shape: Shape): Value {
  const count = sizeOfShape(shape);
  if (!isTraced(value)) return new Value(shape, (value.content as Float64Array).slice(first, first + count));
  if (count === value.size) return new Value(shape, value.content, value.trace);
  return new Value(shape, value.trace.recorder.rows(value.content, first, count), value.trace);
}

function elements(value: Value, indices: readonly number[], shape: Shape): Value {
  if (isEmpty(shape)) return nothing(shape);
  if (!isTraced(value))
    return new Value(
      shape,
      Float64Array.from(indices, (index) => (value.content as Float64Array)[index]),
    );
  return new Value(shape, value.trace.recorder.select(value.content, indices), value.trace);
}

function requireVector(where: string, name: string, value: Value): Value {
  if (value.shape.length === 1) return value;
  throw new RangeError(`${where}: ${name} must be a vector; got ${showShape(value.shape)}.`);
}

function requireSquare(where: string, value: Value): Value {
  const [n, m] = value.shape;
  if (value.shape.length === 2 && n === m) return value;
  throw new RangeError(`${where}: the matrix must be square; got ${showShape(value.shape)}.`);
}

function requireIndex(where: string, name: string, index: number, length: number): number {
  if (Number.isSafeInteger(index) && index >= 0 && index < length) return index;
  throw new RangeError(`${where}: ${name} must be a whole number from 0 to ${length - 1}; got ${describe(index)}.`);
}

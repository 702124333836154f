import {
  type Numeric,
  type Shape,
  Value,
  broadcastIndices,
  broadcastShapes,
  isTraced,
  misfit,
  placeOf,
  sameShape,
  sizeOfShape,
  toValue,
} from './value.js';

/** What densities and distribution functions are called with, element by element and repeated to one shape. */
const OF_NUMBERS = {
  normal: ['y', 'location', 'scale'],
  lognormal: ['y', 'location', 'scale'],
  studentT: ['y', 'nu', 'location', 'scale'],
  cauchy: ['y', 'location', 'scale'],
  halfNormal: ['y', 'scale'],
  halfCauchy: ['y', 'scale'],
  halfStudentT: ['y', 'nu', 'scale'],
  exponential: ['y', 'rate'],
  gamma: ['y', 'shape', 'rate'],
  inverseGamma: ['y', 'shape', 'scale'],
  beta: ['y', 'a', 'b'],
  uniform: ['y', 'low', 'high'],
  laplace: ['y', 'location', 'scale'],
  logistic: ['y', 'location', 'scale'],
  weibull: ['y', 'shape', 'scale'],
  bernoulli: ['y', 'p'],
  bernoulliLogit: ['y', 'logit'],
  binomial: ['y', 'n', 'p'],
  binomialLogit: ['y', 'n', 'logit'],
  poisson: ['y', 'rate'],
  poissonLog: ['y', 'logRate'],
  negativeBinomial: ['y', 'mean', 'dispersion'],
} as const;

/** Those of vectors and categories. */
const OF_VECTORS = {
  categoricalLogit: ['y', 'logits'],
  orderedLogistic: ['y', 'eta', 'cutpoints'],
  multivariateNormal: ['y', 'mean', 'covariance'],
  multivariateNormalCholesky: ['y', 'mean', 'factor'],
  dirichlet: ['y', 'concentration'],
  lkjCholesky: ['factor', 'eta'],
} as const;

const ARGUMENTS = { ...OF_NUMBERS, ...OF_VECTORS };

export type DensityName = keyof typeof ARGUMENTS;

/**
 * What no density means: too few arguments or too many, shapes that do not fit, data that cannot have come from it. Data that are repeated
 * as often as there are of them are warned of.
 *
 * @param group `logDensity`, or of distribution functions theirs
 * @throws {RangeError | TypeError}
 */
export function requireArguments(group: string, name: DensityName, operands: readonly Numeric[]): void {
  const where = `${group}.${name}`;
  const names: readonly string[] = ARGUMENTS[name];
  if (operands.length !== names.length)
    throw new TypeError(`${where}: arguments must be (${names.join(', ')}); got ${operands.length} of them.`);
  const values = operands.map((operand, k) => toValue(where, operand, names[k]));
  if (!(name in OF_NUMBERS)) return requireVectors(where, name, names, values);
  const shape = broadcastShapes(where, shapesOf(values), names);
  const [y, ...others] = values;
  if (group !== 'logDensity' || isTraced(y)) return;
  requireOutcomes(where, name, y, others[0]);
  if (isStretched(y, others, shape)) {
    const trace = others.find(isTraced)?.trace;
    trace?.warnings.add(
      `${where}: y [${y.shape.join(' × ')}] is stretched to [${shape.join(' × ')}]; give it the shape of the other arguments, or is that meant?`,
    );
  }
}

/** n × 1 against n, or one element against n: hardly meant. n × 1 against k is a mixture. */
function isStretched(y: Value, others: readonly Value[], shape: Shape): boolean {
  if (y.shape.length === 0 || sizeOfShape(shape) <= y.size) return false;
  return y.size === 1 ? y.shape.length === 1 : others.some(({ size }) => size === y.size);
}

const shapesOf = (values: readonly Value[]): Shape[] => values.map(({ shape }) => shape);

/** @throws {RangeError} unless shapes are [n] and [n], and [n × n] of a matrix */
function requireVectors(where: string, name: DensityName, names: readonly string[], values: readonly Value[]): void {
  if (name !== 'dirichlet' && name !== 'multivariateNormal' && name !== 'multivariateNormalCholesky') return;
  const shapes = shapesOf(values);
  const [n, ...rest] = broadcastShapes(where, shapes.slice(0, 2), names);
  const [, , matrix = [n, n]] = shapes;
  if (n === undefined || rest.length > 0 || !sameShape(matrix, [n, n])) throw misfit(where, shapes, names);
}

/** @throws {RangeError} unless outcomes of a discrete distribution are whole numbers from 0 to the most there can be */
function requireOutcomes(where: string, name: DensityName, y: Value, n: Value): void {
  switch (name) {
    case 'bernoulli':
    case 'bernoulliLogit':
      return requireCounts(where, 'be 0 or 1', y, 1);
    case 'binomial':
    case 'binomialLogit':
      return requireCounts(where, 'be a whole number from 0 to n', y, isTraced(n) ? Infinity : n);
    case 'poisson':
    case 'poissonLog':
    case 'negativeBinomial':
      return requireCounts(where, 'be a whole number of at least 0', y, Infinity);
  }
}

/** Outcomes of so many categories. @throws {RangeError | TypeError} unless they are data, and whole numbers below `count` */
export function requireCategories(where: string, outcomes: Numeric, count: number): Value {
  const y = toValue(where, outcomes, 'y');
  if (isTraced(y)) throw new TypeError(`${where}: y must be data; got a traced value.`);
  requireCounts(where, `be a whole number from 0 to ${count - 1}`, y, count - 1);
  return y;
}

function requireCounts(where: string, rule: string, y: Value, most: number | Value): void {
  const limit = toValue(where, most);
  const [counts, limits] = [y.content as Float64Array, limit.content as Float64Array];
  const shape = broadcastShapes(where, [y.shape, limit.shape]);
  const [ofY, ofLimit] = [y, limit].map((value) => broadcastIndices(value.shape, shape));
  const bad = ofY.findIndex((i, k) => !(Number.isInteger(counts[i]) && counts[i] >= 0 && counts[i] <= limits[ofLimit[k]]));
  if (bad < 0) return;
  const n = typeof most === 'number' ? '' : `, where n is ${limits[ofLimit[bad]]}`;
  throw new RangeError(`${where}: y must ${rule}; got ${counts[ofY[bad]]}${placeOf(ofY[bad], y.shape)}${n}.`);
}

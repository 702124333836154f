import { describe } from '../arguments.js';
import { type DensityName, requireArguments, requireCategories } from './density-arguments.js';
import {
  abs,
  add,
  atan,
  bernoulliLogit,
  betaBelow,
  cauchyLogCdf,
  cholesky,
  diagonal,
  div,
  equal,
  erf,
  exp,
  gammaAbove,
  gammaBelow,
  gather,
  less,
  lbeta,
  lgamma,
  log,
  log1mExp,
  log1p,
  logSigmoid,
  logSoftmax,
  lowerSolve,
  mul,
  neg,
  normalLogCdf,
  pow,
  reshape,
  sigmoid,
  softplus,
  square,
  studentBelow,
  studentWithin,
  sub,
  sum,
  where,
} from './operations.js';
import { type Numeric, Value, isTraced, showShape, toValue } from './value.js';

// Log densities, element by element and repeated to one shape, with all constants: sum them.

const LOG_2PI = 1.8378770664093453;
const LOG_PI = 1.1447298858494002;
const LOG_2 = 0.6931471805599453;
const LOG_HALF_PI = 0.4515827052894548;

/** −∞ where the condition fails: outside of a support. */
function inside(condition: Value, density: Value): Value {
  if (!isTraced(condition) && (condition.content as Float64Array).every((value) => value !== 0)) return density;
  return where(condition, density, -Infinity);
}

const isNotBelow = (y: Numeric, bound: Numeric): Value => sub(1, less(y, bound));

function normal(y: Numeric, location: Numeric, scale: Numeric): Value {
  const z = div(sub(y, location), scale);
  return sub(mul(-0.5, square(z)), add(log(scale), 0.5 * LOG_2PI));
}

function lognormal(y: Numeric, location: Numeric, scale: Numeric): Value {
  const logY = log(y);
  return sub(normal(logY, location, scale), logY);
}

function studentT(y: Numeric, nu: Numeric, location: Numeric, scale: Numeric): Value {
  const z = div(sub(y, location), scale);
  const half = mul(0.5, add(nu, 1));
  const constant = sub(sub(lgamma(half), lgamma(mul(0.5, nu))), add(mul(0.5, add(log(nu), LOG_PI)), log(scale)));
  return sub(constant, mul(half, log1p(div(square(z), nu))));
}

function cauchy(y: Numeric, location: Numeric, scale: Numeric): Value {
  return neg(add(log1p(square(div(sub(y, location), scale))), add(log(scale), LOG_PI)));
}

const halfNormal = (y: Numeric, scale: Numeric): Value => inside(isNotBelow(y, 0), add(normal(y, 0, scale), LOG_2));
const halfCauchy = (y: Numeric, scale: Numeric): Value => inside(isNotBelow(y, 0), add(cauchy(y, 0, scale), LOG_2));
const halfStudentT = (y: Numeric, nu: Numeric, scale: Numeric): Value =>
  inside(isNotBelow(y, 0), add(studentT(y, nu, 0, scale), LOG_2));

const exponential = (y: Numeric, rate: Numeric): Value => inside(isNotBelow(y, 0), sub(log(rate), mul(rate, y)));

function gamma(y: Numeric, shape: Numeric, rate: Numeric): Value {
  const powers = add(mul(shape, log(rate)), mul(sub(shape, 1), log(y)));
  return sub(powers, add(lgamma(shape), mul(rate, y)));
}

function inverseGamma(y: Numeric, shape: Numeric, scale: Numeric): Value {
  const powers = sub(mul(shape, log(scale)), mul(add(shape, 1), log(y)));
  return sub(powers, add(lgamma(shape), div(scale, y)));
}

function beta(y: Numeric, a: Numeric, b: Numeric): Value {
  return sub(add(mul(sub(a, 1), log(y)), mul(sub(b, 1), log1p(neg(y)))), lbeta(a, b));
}

function uniform(y: Numeric, low: Numeric, high: Numeric): Value {
  const within = mul(isNotBelow(y, low), isNotBelow(high, y));
  return inside(within, neg(add(log(sub(high, low)), mul(0, y))));
}

const laplace = (y: Numeric, location: Numeric, scale: Numeric): Value =>
  neg(add(div(abs(sub(y, location)), scale), add(log(scale), LOG_2)));

function logistic(y: Numeric, location: Numeric, scale: Numeric): Value {
  const z = div(sub(y, location), scale);
  return neg(add(add(z, mul(2, softplus(neg(z)))), log(scale)));
}

function weibull(y: Numeric, shape: Numeric, scale: Numeric): Value {
  const logRatio = sub(log(y), log(scale));
  return sub(add(sub(log(shape), log(scale)), mul(sub(shape, 1), logRatio)), exp(mul(shape, logRatio)));
}

// --- counts and categories -------------------------------------------------------------------------------------------------------

/** x log p where 0 · −∞ is 0. */
const times = (count: Numeric, logarithm: Numeric): Value => where(equal(count, 0), 0, mul(count, logarithm));

const bernoulli = (y: Numeric, p: Numeric): Value => add(times(y, log(p)), times(sub(1, y), log1p(neg(p))));

const choose = (n: Numeric, y: Numeric): Value => sub(lgamma(add(n, 1)), add(lgamma(add(y, 1)), lgamma(add(sub(n, y), 1))));
const binomial = (y: Numeric, n: Numeric, p: Numeric): Value =>
  add(choose(n, y), add(times(y, log(p)), times(sub(n, y), log1p(neg(p)))));
const binomialLogit = (y: Numeric, n: Numeric, logit: Numeric): Value =>
  add(choose(n, y), sub(mul(y, logit), mul(n, softplus(logit))));

const poisson = (y: Numeric, rate: Numeric): Value => sub(times(y, log(rate)), add(rate, lgamma(add(y, 1))));
const poissonLog = (y: Numeric, logRate: Numeric): Value => sub(mul(y, logRate), add(exp(logRate), lgamma(add(y, 1))));

/** Mean μ, variance μ + μ²/φ. */
function negativeBinomial(y: Numeric, mean: Numeric, dispersion: Numeric): Value {
  const choices = sub(lgamma(add(y, dispersion)), add(lgamma(add(y, 1)), lgamma(dispersion)));
  const failures = mul(dispersion, log1p(div(mean, dispersion)));
  return sub(add(choices, times(y, neg(log1p(div(dispersion, mean))))), failures);
}

/** ln softmax(η)_y of one category y, or of one for each row of η. */
function categoricalLogit(y: number | ArrayLike<number>, logits: Numeric): Value {
  const name = 'logDensity.categoricalLogit';
  const logProbs = logSoftmax(logits);
  const [rows, width = rows] = logProbs.shape;
  const { shape, content } = requireCategories(name, y, width);
  const categories = content as Float64Array;
  if (logProbs.shape.length === 1) return reshape(gather(logProbs, categories), shape);
  if (shape.length === 0)
    throw new RangeError(`${name}: logits must be a vector for one category; got ${showShape(logProbs.shape)}.`);
  if (logProbs.shape.length !== 2 || rows !== categories.length)
    throw new RangeError(
      `${name}: logits must have a row for each of ${categories.length} categories; got ${showShape(logProbs.shape)}.`,
    );
  return gather(
    reshape(logProbs, [rows * width]),
    categories.map((category, i) => i * width + category),
  );
}

/** ln P(y) with P(y ≤ k) = σ(c_k − η), one category of 0 … K for ascending cut points c_0 … c_{K−1}. */
function orderedLogistic(y: number, eta: Numeric, cutpoints: Numeric): Value {
  const name = 'logDensity.orderedLogistic';
  const cuts = toValue(name, cutpoints);
  const count = cuts.size;
  if (!Number.isInteger(y) || y < 0 || y > count)
    throw new RangeError(`${name}: y must be a whole number from 0 to ${count}; got ${describe(y)}.`);
  const cut = (k: number): Value => reshape(gather(cuts, [k]), []);
  if (y === 0) return logSigmoid(sub(cut(0), eta));
  if (y === count) return logSigmoid(sub(eta, cut(count - 1)));
  // σ(a) − σ(b) = σ(a) σ(−b) (1 − e^(b − a)),  a > b
  const [a, b] = [sub(cut(y), eta), sub(cut(y - 1), eta)];
  return add(add(logSigmoid(a), logSigmoid(neg(b))), log1mExp(sub(b, a)));
}

// --- vectors ---------------------------------------------------------------------------------------------------------------------

/** With the Cholesky factor of the covariance. */
function multivariateNormalCholesky(y: Numeric, mean: Numeric, factor: Numeric): Value {
  const z = lowerSolve(factor, sub(y, mean));
  return sub(mul(-0.5, sum(square(z))), add(sum(log(diagonal(factor))), 0.5 * LOG_2PI * z.size));
}

const multivariateNormal = (y: Numeric, mean: Numeric, covariance: Numeric): Value =>
  multivariateNormalCholesky(y, mean, cholesky(covariance));

function dirichlet(y: Numeric, concentration: Numeric): Value {
  const alpha = add(concentration, mul(0, toNumbers(y)));
  return sub(add(lgamma(sum(alpha)), sum(mul(sub(alpha, 1), log(y)))), sum(lgamma(alpha)));
}

/**
 * The Cholesky factor L [K × K] of a correlation matrix Ω of density ∝ det(Ω)^(η − 1): Σ_i (K − i + 2 η − 2) ln L_ii, i = 2 … K, and the
 * constant, which K and η determine: a density of L as `choleskyCorrelation` has it.
 */
function lkjCholesky(factor: Numeric, eta: Numeric): Value {
  const pivots = diagonal(factor);
  const n = pivots.size;
  const powers = Float64Array.from({ length: n }, (_, i) => (i === 0 ? 0 : n - i - 3));
  const twice = Float64Array.from({ length: n }, (_, i) => (i === 0 ? 0 : 2));
  const terms = mul(add(powers, mul(twice, eta)), log(pivots));
  // ln c = Σ_k (k/2) ln π + ln Γ(η + (K − 1 − k)/2) − ln Γ(η + (K − 1)/2),  k = 1 … K − 1
  const k = Float64Array.from({ length: n - 1 }, (_, i) => i + 1);
  const halves = k.map((each) => (n - 1 - each) / 2);
  const constant = sub(add(sum(mul(0.5 * LOG_PI, k)), sum(lgamma(add(eta, halves)))), mul(n - 1, lgamma(add(eta, (n - 1) / 2))));
  return sub(sum(terms), constant);
}

/** As many zeros. */
const toNumbers = (y: Numeric): Numeric => new Float64Array(toValue('logDensity.dirichlet', y).size);

/** Functions that check what they are called with, and whose results a trace knows by name. */
function named<F extends Readonly<Record<string, (...operands: never[]) => Value>>>(group: string, functions: F): F {
  const entries = Object.entries(functions).map(([name, density]) => {
    const remembered = (...operands: never[]): Value => {
      requireArguments(group, name as DensityName, operands);
      const value = density(...operands);
      value.trace?.terms.push({ name: `${group}.${name}`, value });
      return value;
    };
    return [name, remembered];
  });
  return Object.fromEntries(entries) as F;
}

/**
 * Log densities of distributions, with their constants, element by element; operands are repeated to one shape. Scales are standard
 * deviations or scales, not variances; `exponential` and `gamma` take rates. What is outside of a support has −∞, or NaN where a formula
 * has no value, which the model turns into −∞; counts and binary outcomes outside of theirs that are data are refused.
 *
 * @example
 * ```ts
 * const coin = model({ p: interval(0, 1) }, ({ p }, { heads, n }) => sum(logDensity.beta(p, 2, 2), logDensity.binomial(heads, n, p)));
 * ```
 */
export const logDensity = named('logDensity', {
  normal,
  lognormal,
  studentT,
  cauchy,
  halfNormal,
  halfCauchy,
  halfStudentT,
  exponential,
  gamma,
  inverseGamma,
  beta,
  uniform,
  laplace,
  logistic,
  weibull,
  bernoulli,
  bernoulliLogit,
  binomial,
  binomialLogit,
  poisson,
  poissonLog,
  negativeBinomial,
  categoricalLogit,
  orderedLogistic,
  multivariateNormal,
  multivariateNormalCholesky,
  dirichlet,
  lkjCholesky,
} as const);

// --- distribution functions ------------------------------------------------------------------------------------------------------

const standard = (y: Numeric, location: Numeric, scale: Numeric): Value => div(sub(y, location), scale);

/** A logarithm with another value where the condition holds: outside of a support. */
function unless(condition: Value, instead: number, logarithm: Value): Value {
  if (!isTraced(condition) && (condition.content as Float64Array).every((value) => value === 0)) return logarithm;
  return where(condition, instead, logarithm);
}

/** A distribution function on y ≥ 0, and what it is below. */
const onPositive = (y: Numeric, below: number, logarithm: Value): Value => unless(less(y, 0), below, logarithm);

/** ln(part / all), −∞ where the part is none, 0 where it is more than all. */
const shareOf = (part: Value, all: Value): Value => onPositive(part, -Infinity, unless(less(all, part), 0, log(div(part, all))));

function laplaceBelow(z: Value): Value {
  // each branch only sees arguments for which it is finite
  const isBelow = less(z, 0);
  return where(isBelow, sub(z, LOG_2), log1p(mul(-0.5, exp(neg(where(isBelow, 0, z))))));
}

/** Of counts, the whole number that y has reached. */
function reached(where: string, y: Numeric): Value {
  const value = toValue(where, y);
  return isTraced(value) ? value : new Value(value.shape, (value.content as Float64Array).map(Math.floor));
}

/** P(Y ≤ k) = Q(k + 1, λ) */
const poissonBelow = (name: string, y: Numeric, rate: Numeric): Value =>
  onPositive(y, -Infinity, gammaAbove(name, add(reached(name, y), 1), rate));
const poissonAbove = (name: string, y: Numeric, rate: Numeric): Value =>
  onPositive(y, 0, gammaBelow(name, add(reached(name, y), 1), rate));

/** P(Y ≤ k) = I_{1 − p}(n − k, k + 1), certain where k ≥ n */
function binomialBelow(name: string, y: Numeric, n: Numeric, failure: Numeric, success: Numeric): Value {
  const k = reached(name, y);
  const below = betaBelow(name, sub(n, k), add(k, 1), failure, success);
  return onPositive(y, -Infinity, unless(less(n, k), 0, below));
}

function binomialAbove(name: string, y: Numeric, n: Numeric, success: Numeric, failure: Numeric): Value {
  const k = reached(name, y);
  const above = betaBelow(name, add(k, 1), sub(n, k), success, failure);
  return onPositive(y, 0, unless(less(n, k), -Infinity, above));
}

/** ln P(Y ≤ y), for observations that are known to lie below y. */
export const logCdf = named('logCdf', {
  normal: (y: Numeric, location: Numeric, scale: Numeric): Value => normalLogCdf(standard(y, location, scale)),
  lognormal: (y: Numeric, location: Numeric, scale: Numeric): Value =>
    onPositive(y, -Infinity, normalLogCdf(standard(log(y), location, scale))),
  studentT: (y: Numeric, nu: Numeric, location: Numeric, scale: Numeric): Value =>
    studentBelow('logCdf.studentT', nu, standard(y, location, scale)),
  cauchy: (y: Numeric, location: Numeric, scale: Numeric): Value => cauchyLogCdf(standard(y, location, scale)),
  halfNormal(y: Numeric, scale: Numeric): Value {
    const z = div(y, scale);
    // 2 Φ(z) − 1 cancels near 0, and erf is 1 far out
    const isNear = less(z, 1);
    const near = log(erf(mul(Math.SQRT1_2, where(isNear, z, 1))));
    return onPositive(y, -Infinity, where(isNear, near, log1mExp(add(LOG_2, normalLogCdf(neg(where(isNear, 1, z)))))));
  },
  halfCauchy: (y: Numeric, scale: Numeric): Value => onPositive(y, -Infinity, sub(log(atan(div(y, scale))), LOG_HALF_PI)),
  halfStudentT: (y: Numeric, nu: Numeric, scale: Numeric): Value =>
    onPositive(y, -Infinity, studentWithin('logCdf.halfStudentT', nu, div(y, scale))),
  logistic: (y: Numeric, location: Numeric, scale: Numeric): Value => logSigmoid(standard(y, location, scale)),
  gamma: (y: Numeric, shape: Numeric, rate: Numeric): Value =>
    onPositive(y, -Infinity, gammaBelow('logCdf.gamma', shape, mul(rate, y))),
  inverseGamma: (y: Numeric, shape: Numeric, scale: Numeric): Value =>
    onPositive(y, -Infinity, gammaAbove('logCdf.inverseGamma', shape, div(scale, y))),
  beta: (y: Numeric, a: Numeric, b: Numeric): Value =>
    onPositive(y, -Infinity, unless(less(1, y), 0, betaBelow('logCdf.beta', a, b, y, sub(1, y)))),
  exponential: (y: Numeric, rate: Numeric): Value => onPositive(y, -Infinity, log1mExp(neg(mul(rate, y)))),
  weibull: (y: Numeric, shape: Numeric, scale: Numeric): Value =>
    onPositive(y, -Infinity, log1mExp(neg(pow(div(y, scale), shape)))),
  laplace: (y: Numeric, location: Numeric, scale: Numeric): Value => laplaceBelow(standard(y, location, scale)),
  uniform: (y: Numeric, low: Numeric, high: Numeric): Value => shareOf(sub(y, low), sub(high, low)),
  bernoulli: (y: Numeric, p: Numeric): Value => onPositive(y, -Infinity, where(less(y, 1), log1p(neg(p)), 0)),
  bernoulliLogit: (y: Numeric, logit: Numeric): Value => onPositive(y, -Infinity, where(less(y, 1), logSigmoid(neg(logit)), 0)),
  binomial: (y: Numeric, n: Numeric, p: Numeric): Value => binomialBelow('logCdf.binomial', y, n, sub(1, p), p),
  binomialLogit: (y: Numeric, n: Numeric, logit: Numeric): Value =>
    binomialBelow('logCdf.binomialLogit', y, n, sigmoid(neg(logit)), sigmoid(logit)),
  poisson: (y: Numeric, rate: Numeric): Value => poissonBelow('logCdf.poisson', y, rate),
  poissonLog: (y: Numeric, logRate: Numeric): Value => poissonBelow('logCdf.poissonLog', y, exp(logRate)),
  // P(Y ≤ k) = I_x(φ, k + 1),  x : 1 − x = φ : μ
  negativeBinomial: (y: Numeric, mean: Numeric, dispersion: Numeric): Value =>
    onPositive(
      y,
      -Infinity,
      betaBelow('logCdf.negativeBinomial', dispersion, add(reached('logCdf.negativeBinomial', y), 1), dispersion, mean),
    ),
} as const);

/** ln P(Y > y), for observations that are known to lie above y. */
export const logCcdf = named('logCcdf', {
  normal: (y: Numeric, location: Numeric, scale: Numeric): Value => normalLogCdf(neg(standard(y, location, scale))),
  lognormal: (y: Numeric, location: Numeric, scale: Numeric): Value =>
    onPositive(y, 0, normalLogCdf(neg(standard(log(y), location, scale)))),
  studentT: (y: Numeric, nu: Numeric, location: Numeric, scale: Numeric): Value =>
    studentBelow('logCcdf.studentT', nu, neg(standard(y, location, scale))),
  cauchy: (y: Numeric, location: Numeric, scale: Numeric): Value => cauchyLogCdf(neg(standard(y, location, scale))),
  halfNormal: (y: Numeric, scale: Numeric): Value => onPositive(y, 0, add(LOG_2, normalLogCdf(neg(div(y, scale))))),
  halfCauchy: (y: Numeric, scale: Numeric): Value => onPositive(y, 0, sub(log(atan(div(scale, y))), LOG_HALF_PI)),
  halfStudentT: (y: Numeric, nu: Numeric, scale: Numeric): Value =>
    onPositive(y, 0, add(LOG_2, studentBelow('logCcdf.halfStudentT', nu, neg(div(y, scale))))),
  logistic: (y: Numeric, location: Numeric, scale: Numeric): Value => logSigmoid(neg(standard(y, location, scale))),
  gamma: (y: Numeric, shape: Numeric, rate: Numeric): Value => onPositive(y, 0, gammaAbove('logCcdf.gamma', shape, mul(rate, y))),
  inverseGamma: (y: Numeric, shape: Numeric, scale: Numeric): Value =>
    onPositive(y, 0, gammaBelow('logCcdf.inverseGamma', shape, div(scale, y))),
  beta: (y: Numeric, a: Numeric, b: Numeric): Value =>
    onPositive(y, 0, unless(less(1, y), -Infinity, betaBelow('logCcdf.beta', b, a, sub(1, y), y))),
  exponential: (y: Numeric, rate: Numeric): Value => onPositive(y, 0, neg(mul(rate, y))),
  weibull: (y: Numeric, shape: Numeric, scale: Numeric): Value => onPositive(y, 0, neg(pow(div(y, scale), shape))),
  laplace: (y: Numeric, location: Numeric, scale: Numeric): Value => laplaceBelow(standard(location, y, scale)),
  uniform: (y: Numeric, low: Numeric, high: Numeric): Value => shareOf(sub(high, y), sub(high, low)),
  bernoulli: (y: Numeric, p: Numeric): Value => onPositive(y, 0, where(less(y, 1), log(p), -Infinity)),
  bernoulliLogit: (y: Numeric, logit: Numeric): Value => onPositive(y, 0, where(less(y, 1), logSigmoid(logit), -Infinity)),
  binomial: (y: Numeric, n: Numeric, p: Numeric): Value => binomialAbove('logCcdf.binomial', y, n, p, sub(1, p)),
  binomialLogit: (y: Numeric, n: Numeric, logit: Numeric): Value =>
    binomialAbove('logCcdf.binomialLogit', y, n, sigmoid(logit), sigmoid(neg(logit))),
  poisson: (y: Numeric, rate: Numeric): Value => poissonAbove('logCcdf.poisson', y, rate),
  poissonLog: (y: Numeric, logRate: Numeric): Value => poissonAbove('logCcdf.poissonLog', y, exp(logRate)),
  negativeBinomial: (y: Numeric, mean: Numeric, dispersion: Numeric): Value =>
    onPositive(
      y,
      0,
      betaBelow('logCcdf.negativeBinomial', add(reached('logCcdf.negativeBinomial', y), 1), dispersion, mean, dispersion),
    ),
} as const);

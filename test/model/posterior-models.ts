// Ten posteriors of posteriordb as models of the library: from their log densities in mathematics.

import {
  add,
  at,
  div,
  exp,
  type BoundModel,
  interval,
  logDensity,
  logMix,
  matmul,
  model,
  mul,
  ordered,
  positive,
  real,
  sqrt,
  square,
  stack,
  sub,
  sum,
  cholesky,
  type Value,
} from '../../src/index.js';

type Vector = number[];
type Matrix = number[][];

/** Stan's half-densities, which are not normalised on the half line. */
const { normal, cauchy, gamma } = logDensity;

const arK = model({ alpha: real(), beta: real(5), sigma: positive() }, ({ alpha, beta, sigma }, { y }: { y: Vector }) => {
  const lagged = y.slice(5).map((_, t) => [1, 2, 3, 4, 5].map((k) => y[5 + t - k]));
  return sum(
    normal(alpha, 0, 10),
    normal(beta, 0, 10),
    cauchy(sigma, 0, 2.5),
    normal(y.slice(5), add(alpha, matmul(lagged, beta)), sigma),
  );
});

const dogs = model({ beta: real(3) }, ({ beta }, { y }: { y: Matrix }) => {
  const rows = y.flatMap((dog) => dog.map((_, t) => [1, t - total(dog.slice(0, t)), total(dog.slice(0, t))]));
  return sum(normal(beta, 0, 100), logDensity.bernoulliLogit(y.flat(), matmul(rows, beta)));
});

const schoolsCentred = model(
  { theta: real(8), mu: real(), tau: positive() },
  ({ theta, mu, tau }, { y, sigma }: { y: Vector; sigma: Vector }) =>
    sum(normal(theta, mu, tau), normal(y, theta, sigma), normal(mu, 0, 5), cauchy(tau, 0, 5)),
);

const schoolsNonCentred = model(
  { eta: real(8), mu: real(), tau: positive() },
  ({ eta, mu, tau }, { y, sigma }: { y: Vector; sigma: Vector }) =>
    sum(normal(eta, 0, 1), normal(y, add(mu, mul(tau, eta)), sigma), normal(mu, 0, 5), cauchy(tau, 0, 5)),
);

const garch = model(
  { mu: real(), alpha0: positive(), alpha1: interval(0, 1), beta1: interval(0, ({ alpha1 }) => sub(1, alpha1)) },
  ({ mu, alpha0, alpha1, beta1 }, { y, sigma1 }: { y: Vector; sigma1: number }) => {
    const squares = square(sub(y, mu));
    const variances: Value[] = [square(sigma1)];
    for (let t = 1; t < y.length; t++)
      variances.push(add(add(alpha0, mul(alpha1, at(squares, t - 1))), mul(beta1, variances[t - 1])));
    return sum(normal(y, mu, sqrt(stack(...variances))));
  },
);

const gaussianProcess = model(
  { rho: positive(), alpha: positive(), eta: real(11) },
  ({ rho, alpha, eta }, { x, k }: { x: Vector; k: Vector }) => {
    const squares = x.map((a) => x.map((b) => (a - b) ** 2));
    const jitter = x.map((_, i) => x.map((__, j) => (i === j ? 1e-10 : 0)));
    const covariance = add(mul(square(alpha), exp(div(mul(-0.5, squares), square(rho)))), jitter);
    const f = matmul(cholesky(covariance), eta);
    return sum(gamma(rho, 25, 4), normal(alpha, 0, 2), normal(eta, 0, 1), logDensity.poissonLog(k, f));
  },
);

const kidscore = model(
  { beta: real(4), sigma: positive() },
  ({ beta, sigma }, data: { kid_score: Vector; mom_hs: Vector; mom_iq: Vector }) => {
    const rows = data.mom_hs.map((hs, i) => [1, hs, data.mom_iq[i], hs * data.mom_iq[i]]);
    return sum(cauchy(sigma, 0, 2.5), normal(data.kid_score, matmul(rows, beta), sigma));
  },
);

const kilpisjarvi = model(
  { alpha: real(), beta: real(), sigma: positive() },
  ({ alpha, beta, sigma }, d: { x: Vector; y: Vector; pmualpha: number; psalpha: number; pmubeta: number; psbeta: number }) =>
    sum(normal(alpha, d.pmualpha, d.psalpha), normal(beta, d.pmubeta, d.psbeta), normal(d.y, add(alpha, mul(beta, d.x)), sigma)),
);

const mixture = model(
  { mu: ordered(2), sigma: positive(2), theta: interval(0, 1) },
  ({ mu, sigma, theta }, { y }: { y: Vector }) =>
    sum(
      normal(mu, 0, 2),
      normal(sigma, 0, 2),
      logDensity.beta(theta, 5, 5),
      logMix(theta, normal(y, at(mu, 0), at(sigma, 0)), normal(y, at(mu, 1), at(sigma, 1))),
    ),
);

const sblrc = model({ beta: real(5), sigma: positive() }, ({ beta, sigma }, { X, y }: { X: Matrix; y: Vector }) =>
  sum(normal(beta, 0, 10), normal(sigma, 0, 10), normal(y, matmul(X, beta), sigma)),
);

function total(values: Vector): number {
  return values.reduce((a, b) => a + b, 0);
}

/** By the names of their files. */
export const posteriorModels: Readonly<Record<string, { bind: (data: never) => BoundModel }>> = {
  arK,
  dogs,
  eight_schools_centered: schoolsCentred,
  eight_schools_noncentered: schoolsNonCentred,
  garch11: garch,
  gp_pois_regr: gaussianProcess,
  kidscore_interaction: kidscore,
  kilpisjarvi,
  low_dim_gauss_mix: mixture,
  sblrc_blr: sblrc,
};

// Ten posteriors of posteriordb as models: from their log densities in mathematics, which stand beside their data in `data/`.

import { readFileSync } from 'node:fs';

const NAMES = [
  ...['arK', 'dogs', 'eight_schools_centered', 'eight_schools_noncentered', 'garch11', 'gp_pois_regr', 'kidscore_interaction'],
  ...['kilpisjarvi', 'low_dim_gauss_mix', 'sblrc_blr'],
];

/** What is known of each: data, probes of the density, reference moments, log evidence, bounds that other fits reached. */
export const posteriors = Object.fromEntries(
  NAMES.map((name) => [name, JSON.parse(readFileSync(new URL(`data/${name}.json`, import.meta.url), 'utf8'))]),
);

/** The models, by the names of their files, written with the functions of the library. */
export function posteriorModels(library) {
  const { add, at, cholesky, div, exp, interval, logDensity, logMix, matmul, model, mul, ordered, positive, real } = library;
  const { sqrt, square, stack, sub, sum } = library;
  // Stan's half-densities, which are not normalised on the half line.
  const { normal, cauchy, gamma, beta, bernoulliLogit, poissonLog } = logDensity;

  const arK = model({ alpha: real(), beta: real(5), sigma: positive() }, ({ alpha, beta, sigma }, { y }) => {
    const lagged = y.slice(5).map((_, t) => [1, 2, 3, 4, 5].map((k) => y[5 + t - k]));
    return sum(
      normal(alpha, 0, 10),
      normal(beta, 0, 10),
      cauchy(sigma, 0, 2.5),
      normal(y.slice(5), add(alpha, matmul(lagged, beta)), sigma),
    );
  });

  const dogs = model({ beta: real(3) }, ({ beta }, { y }) => {
    const shocks = (dog, t) => dog.slice(0, t).reduce((a, b) => a + b, 0);
    const rows = y.flatMap((dog) => dog.map((_, t) => [1, t - shocks(dog, t), shocks(dog, t)]));
    return sum(normal(beta, 0, 100), bernoulliLogit(y.flat(), matmul(rows, beta)));
  });

  const schoolsCentred = model({ theta: real(8), mu: real(), tau: positive() }, ({ theta, mu, tau }, { y, sigma }) =>
    sum(normal(theta, mu, tau), normal(y, theta, sigma), normal(mu, 0, 5), cauchy(tau, 0, 5)),
  );

  const schoolsNonCentred = model({ eta: real(8), mu: real(), tau: positive() }, ({ eta, mu, tau }, { y, sigma }) =>
    sum(normal(eta, 0, 1), normal(y, add(mu, mul(tau, eta)), sigma), normal(mu, 0, 5), cauchy(tau, 0, 5)),
  );

  const garch = model(
    { mu: real(), alpha0: positive(), alpha1: interval(0, 1), beta1: interval(0, ({ alpha1 }) => sub(1, alpha1)) },
    ({ mu, alpha0, alpha1, beta1 }, { y, sigma1 }) => {
      const squares = square(sub(y, mu));
      const variances = [square(sigma1)];
      for (let t = 1; t < y.length; t++)
        variances.push(add(add(alpha0, mul(alpha1, at(squares, t - 1))), mul(beta1, variances[t - 1])));
      return sum(normal(y, mu, sqrt(stack(...variances))));
    },
  );

  const gaussianProcess = model({ rho: positive(), alpha: positive(), eta: real(11) }, ({ rho, alpha, eta }, { x, k }) => {
    const squares = x.map((a) => x.map((b) => (a - b) ** 2));
    const jitter = x.map((_, i) => x.map((__, j) => (i === j ? 1e-10 : 0)));
    const covariance = add(mul(square(alpha), exp(div(mul(-0.5, squares), square(rho)))), jitter);
    const f = matmul(cholesky(covariance), eta);
    return sum(gamma(rho, 25, 4), normal(alpha, 0, 2), normal(eta, 0, 1), poissonLog(k, f));
  });

  const kidscore = model({ beta: real(4), sigma: positive() }, ({ beta, sigma }, { kid_score, mom_hs, mom_iq }) => {
    const rows = mom_hs.map((hs, i) => [1, hs, mom_iq[i], hs * mom_iq[i]]);
    return sum(cauchy(sigma, 0, 2.5), normal(kid_score, matmul(rows, beta), sigma));
  });

  const kilpisjarvi = model({ alpha: real(), beta: real(), sigma: positive() }, ({ alpha, beta, sigma }, data) =>
    sum(
      normal(alpha, data.pmualpha, data.psalpha),
      normal(beta, data.pmubeta, data.psbeta),
      normal(data.y, add(alpha, mul(beta, data.x)), sigma),
    ),
  );

  const mixture = model({ mu: ordered(2), sigma: positive(2), theta: interval(0, 1) }, ({ mu, sigma, theta }, { y }) =>
    sum(
      normal(mu, 0, 2),
      normal(sigma, 0, 2),
      beta(theta, 5, 5),
      logMix(theta, normal(y, at(mu, 0), at(sigma, 0)), normal(y, at(mu, 1), at(sigma, 1))),
    ),
  );

  const sblrc = model({ beta: real(5), sigma: positive() }, ({ beta, sigma }, { X, y }) =>
    sum(normal(beta, 0, 10), normal(sigma, 0, 10), normal(y, matmul(X, beta), sigma)),
  );

  return {
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
}

/** What the reference tells of, where that is not the parameters themselves: of one draw of them. */
const QUANTITIES = {
  eight_schools_noncentered: ({ eta, mu, tau }) => [...eta.map((each) => mu[0] + tau[0] * each), mu[0], tau[0]],
  gp_pois_regr: ({ rho, alpha, eta }, { x }) => [rho[0], alpha[0], ...latent(x, rho[0], alpha[0], eta)],
};

/**
 * The reference's quantities of draws.
 *
 * @param draws by parameter, [n × size] each
 * @returns [n] arrays of them
 */
export function quantitiesOf(name, draws, n) {
  const quantities = QUANTITIES[name] ?? ((draw) => Object.values(draw).flatMap((values) => [...values]));
  return Array.from({ length: n }, (_, i) => {
    const entries = Object.entries(draws).map(([parameter, values]) => {
      const size = values.length / n;
      return [parameter, values.subarray(i * size, (i + 1) * size)];
    });
    return quantities(Object.fromEntries(entries), posteriors[name].data);
  });
}

/** f = L η, L Lᵀ the covariance of a Gaussian process at x. */
function latent(x, rho, alpha, eta) {
  const L = x.map(() => new Float64Array(x.length));
  return x.map((a, i) => {
    for (let j = 0; j <= i; j++) {
      let rest = alpha ** 2 * Math.exp((-0.5 * (a - x[j]) ** 2) / rho ** 2) + (i === j ? 1e-10 : 0);
      for (let k = 0; k < j; k++) rest -= L[i][k] * L[j][k];
      L[i][j] = i === j ? Math.sqrt(rest) : rest / L[j][j];
    }
    return L[i].reduce((sum, entry, j) => sum + entry * eta[j], 0);
  });
}

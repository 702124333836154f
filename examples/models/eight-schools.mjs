// Eight schools: effects of coaching, and why it matters how a hierarchical model is written.
//
//   node examples/models/eight-schools.mjs [--out out/models]

import { add, fitPosterior, logDensity, model, mul, positive, real, sum } from 'normalizing-flows';
import { circle, cloud, coloured, intervals, legend, line, panel, picture } from './picture.mjs';
import { show } from './show.mjs';

const { halfCauchy, normal } = logDensity;

/** Estimated effects on test scores and their standard errors: Rubin 1981, Journal of Educational Statistics 6(4), table 1. */
export const data = { y: [28, 8, -3, 7, -1, 1, 18, 12], sigma: [15, 10, 16, 11, 9, 11, 10, 18] };

export const centred = model({ mu: real(), tau: positive(), theta: real(8) }, ({ mu, tau, theta }, { y, sigma }) =>
  sum(normal(mu, 0, 5), halfCauchy(tau, 5), normal(theta, mu, tau), normal(y, theta, sigma)),
);

export const nonCentred = model({ mu: real(), tau: positive(), eta: real(8) }, ({ mu, tau, eta }, { y, sigma }) => {
  const theta = add(mu, mul(tau, eta));
  return sum(normal(mu, 0, 5), halfCauchy(tau, 5), normal(eta, 0, 1), normal(y, theta, sigma));
});

export async function run() {
  const fits = {
    centred: await fitPosterior(centred, { data, seed: 1 }),
    nonCentred: await fitPosterior(nonCentred, { data, seed: 1 }),
    meanField: await fitPosterior(centred, { data, seed: 1, flow: 'mean-field' }),
  };
  const effects = intervals(fits.nonCentred.generate(({ mu, tau, eta }) => eta.map((each) => mu + tau * each), 4000));
  return { text: inWords(fits), picture: draw(fits, effects), fits, effects };
}

function inWords({ centred, nonCentred, meanField }) {
  return [
    'Eight schools, non-centred: θ = μ + τ η. Little is known of τ, so that all schools may be alike or not.',
    String(nonCentred.summary()),
    '\nCentred: θ ~ normal(μ, τ). The same posterior of μ, τ and θ, in coordinates that depend on each other: a funnel.',
    String(centred.summary()),
    '\nA mean field on the centred form cannot narrow where τ is small, and the summary says so.',
    String(meanField.summary()),
  ].join('\n');
}

function draw({ centred, nonCentred, meanField }, effects) {
  const scatter = (fit, name, colour, place) => {
    const draws = fit.columns(1000, { corrected: false });
    const points = Array.from(draws.tau, (tau, i) => [place.x(draws[name][i]), place.y(Math.log(tau))]);
    return coloured(colour, cloud(points));
  };
  const axes = { top: 86, width: 262, height: 190, y: [-5, 4], yLabel: 'ln τ' };
  return picture('Eight schools: one posterior in two sets of coordinates', 590, [
    ...legend(14, 42, [
      ['dot', 'blue', 'draws of the flow'],
      ['dot', 'red', 'of a mean field'],
    ]),
    ...panel({ ...axes, left: 46, x: [-20, 40], title: 'centred', xLabel: 'θ₁, effect in school A' }, (place) => [
      scatter(meanField, 'theta[1]', 'red', place),
      scatter(centred, 'theta[1]', 'blue', place),
    ]),
    ...panel({ ...axes, left: 364, x: [-4, 4], title: 'non-centred', xLabel: 'η₁ = (θ₁ − μ) / τ' }, (place) => [
      scatter(nonCentred, 'eta[1]', 'blue', place),
    ]),
    ...legend(14, 336, [
      ['bars', 'blue', 'effect given all schools, 50 and 90 %'],
      ['interval', 'red', 'estimate of the school alone, 90 %'],
    ]),
    ...shrinkage(effects),
  ]);
}

const NAMES = [...'ABCDEFGH'];

/** Each school's own estimate, and below it what all schools make of it. */
function shrinkage(effects) {
  const yTicks = NAMES.map((name, j) => [j + 0.5, name]);
  const axes = {
    left: 46,
    top: 354,
    width: 580,
    height: 184,
    x: [-30, 60],
    y: [8, 0],
    yTicks,
    xLabel: 'effect of coaching, points',
  };
  return panel(axes, ({ x, y }) =>
    effects.flatMap(({ low90, low50, median, high50, high90 }, j) => {
      const [above, below] = [y(j + 0.5) - 5, y(j + 0.5) + 4];
      const across = (kind, low, high, height) => line(kind, [[x(low), height], [x(high), height]]); // prettier-ignore
      const [estimate, error] = [data.y[j], 1.645 * data.sigma[j]];
      return [
        coloured('red', across('thin', estimate - error, estimate + error, above), circle('ring', x(estimate), above, 3)),
        coloured(
          'blue',
          across('bar', low90, high90, below),
          across('thick', low50, high50, below),
          circle('dot', x(median), below, 3),
        ),
      ];
    }),
  );
}

await show(import.meta.url, run);

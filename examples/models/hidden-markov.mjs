// A hidden Markov model: years of few and of many great earthquakes. The states are summed out by the forward algorithm, and come back from draws
// by forward and backward recursions.
//
//   node examples/models/hidden-markov.mjs [--out out/models]

import { readFileSync } from 'node:fs';
import {
  add,
  at,
  fitPosterior,
  log,
  logDensity,
  logSumExp,
  model,
  positiveOrdered,
  reshape,
  simplex,
  stack,
  sum,
  transpose,
} from 'normalizing-flows';
import { band, circle, coloured, fan, intervals, legend, line, panel, picture } from './picture.mjs';
import { show } from './show.mjs';

const { dirichlet, gamma, poisson } = logDensity;
const { first, counts } = JSON.parse(readFileSync(new URL('data/earthquakes.json', import.meta.url), 'utf8'));

export const switching = model(
  { rate: positiveOrdered(2), fromCalm: simplex(2), fromActive: simplex(2) },
  ({ rate, fromCalm, fromActive }, { y }) => {
    const to = transpose(log(stack(fromCalm, fromActive))); // ln A_ij at [j, i]: logSumExp runs over the last axis
    const emission = poisson(reshape(y, [y.length, 1]), rate); // [years × states]
    let forward = add(Math.log(0.5), at(emission, 0));
    for (let t = 1; t < y.length; t++) forward = add(logSumExp(add(to, forward)), at(emission, t));
    const priors = sum(gamma(rate, 4, 0.2), dirichlet(fromCalm, [4, 1]), dirichlet(fromActive, [1, 4]));
    return add(priors, logSumExp(forward));
  },
);

/**
 * P(z_t = j | y) of one draw of the parameters, as probabilities that are scaled at each step to add up to 1.
 *
 * @returns [times] rows of [states]
 */
export function smoothed({ rate, fromCalm, fromActive }, y) {
  const A = [fromCalm, fromActive];
  const scaled = (p) => p.map((value) => value / (p[0] + p[1]));
  // e^−λ λ^y, of which the largest power is taken out
  const likelihood = y.map((count) => [0, 1].map((j) => Math.exp(count * Math.log(rate[j] / rate[1]) - (rate[j] - rate[1]))));
  const forward = [scaled(likelihood[0])];
  for (let t = 1; t < y.length; t++) {
    const before = forward[t - 1];
    forward.push(scaled([0, 1].map((j) => (before[0] * A[0][j] + before[1] * A[1][j]) * likelihood[t][j])));
  }
  let backward = [1, 1];
  return forward
    .map((_, k) => {
      const t = y.length - 1 - k;
      const states = scaled(forward[t].map((p, j) => p * backward[j]));
      const ahead = backward.map((value, j) => value * likelihood[t][j]);
      backward = scaled([0, 1].map((i) => A[i][0] * ahead[0] + A[i][1] * ahead[1]));
      return states;
    })
    .reverse();
}

/** @param options `y`, another series, and whatever of the fit is to be otherwise */
export async function run({ y = counts, ...options } = {}) {
  const fit = await fitPosterior(switching, { data: { y }, seed: 1, ...options });
  const draws = fit.generate((draw) => {
    const active = smoothed(draw, y).map((p) => p[1]);
    return { active, rate: active.map((p) => (1 - p) * draw.rate[0] + p * draw.rate[1]) };
  });
  const rates = intervals(draws.map(({ rate }) => rate));
  // Of probabilities, what one would bet on is their mean.
  const active = y.map((_, t) => draws.reduce((sum, draw) => sum + draw.active[t], 0) / draws.length);
  const years = active.flatMap((p, t) => (p > 0.5 ? [first + t] : []));
  const text = [
    'Earthquakes of magnitude 7 or more: each year is calm or active, and the next one mostly like it.',
    String(fit.summary()),
    `\nMore probably active than calm: ${stretches(years).join(', ')}.`,
  ].join('\n');
  return { text, picture: draw(y, rates, active), fit, active };
}

/** 1900–1904 rather than five years. */
function stretches(years) {
  const begins = years.filter((year) => !years.includes(year - 1));
  const ends = years.filter((year) => !years.includes(year + 1));
  return begins.map((begin, i) => (begin === ends[i] ? String(begin) : `${begin}–${ends[i]}`));
}

function draw(y, rates, active) {
  const years = y.map((_, t) => first + t);
  const xTicks = [1900, 1920, 1940, 1960, 1980, 2000];
  const axes = { left: 46, width: 580, x: [first - 1, first + y.length], xTicks };
  return picture('Great earthquakes: the rate of each year, and whether it was an active one', 480, [
    ...legend(14, 44, [
      ['bands', 'blue', 'rate given all years: median, 50 and 90 %'],
      ['dot', 'red', 'earthquakes of a year'],
    ]),
    ...panel({ ...axes, top: 84, height: 210, y: [0, 45], yLabel: 'a year' }, (place) => [
      coloured('blue', fan(place, years, rates)),
      coloured('red', y.map((count, t) => circle('dot', place.x(years[t]), place.y(count), 2.5))), // prettier-ignore
    ]),
    ...panel(
      { ...axes, top: 346, height: 90, y: [0, 1], yTicks: [0, 0.5, 1], title: 'P(active)', xLabel: 'year' },
      ({ x, y }) => [
        coloured('blue', band('narrow', years.map(x), years.map(() => y(0)), active.map(y)), line('thin', active.map((p, t) => [x(years[t]), y(p)]))), // prettier-ignore
      ],
    ),
  ]);
}

await show(import.meta.url, run);

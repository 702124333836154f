// GARCH(1, 1): returns whose volatility comes and goes, how well it is known, and what it may become.
//
//   node examples/models/garch.mjs [--out out/models]

import { readFileSync } from 'node:fs';
import {
  add,
  at,
  fitPosterior,
  interval,
  logDensity,
  model,
  mul,
  positive,
  real,
  sqrt,
  square,
  stack,
  sub,
  sum,
} from 'normalizing-flows';
import { band, coloured, fan, intervals, legend, line, panel, picture } from './picture.mjs';
import { show } from './show.mjs';

const { halfNormal, normal } = logDensity;
const { y, sigma1 } = JSON.parse(readFileSync(new URL('../posteriors/data/garch11.json', import.meta.url), 'utf8')).data;

export const data = { y, sigma1 };

export const garch = model(
  { mu: real(), alpha0: positive(), alpha1: interval(0, 1), beta1: interval(0, ({ alpha1 }) => sub(1, alpha1)) },
  ({ mu, alpha0, alpha1, beta1 }, { y, sigma1 }) => {
    const news = add(alpha0, mul(alpha1, square(sub(y, mu))));
    const variances = [square(sigma1)];
    for (let t = 1; t < y.length; t++) variances.push(add(at(news, t - 1), mul(beta1, variances[t - 1])));
    return sum(normal(mu, 0, 10), halfNormal(alpha0, 3), Math.log(2), normal(y, mu, sqrt(stack(...variances))));
  },
);

const AHEAD = 20;

/** Of one draw: the volatility of each day, and of those to come on one path that they may take. */
export function volatility({ mu, alpha0, alpha1, beta1 }, random) {
  const variances = [sigma1 ** 2];
  for (let t = 1; t < y.length + AHEAD; t++) {
    const before = variances[t - 1];
    const shock = t <= y.length ? y[t - 1] - mu : random.normal(0, Math.sqrt(before));
    variances.push(alpha0 + alpha1 * shock ** 2 + beta1 * before);
  }
  return variances.map(Math.sqrt);
}

export async function run() {
  const fit = await fitPosterior(garch, { data, seed: 1 });
  const curve = intervals(fit.generate(volatility, 2000));
  const { median, low90, high90 } = curve[y.length];
  const persistence = intervals(fit.generate(({ alpha1, beta1 }) => [alpha1 + beta1], 2000))[0];
  const text = [
    'GARCH(1, 1): σ²_t = α₀ + α₁ (y_{t−1} − μ)² + β₁ σ²_{t−1}.',
    String(fit.summary()),
    `\nTomorrow's volatility: ${median.toFixed(2)}, between ${low90.toFixed(2)} and ${high90.toFixed(2)} with 90 %.`,
    `Persistence α₁ + β₁: ${persistence.median.toFixed(2)}, between ${persistence.low90.toFixed(2)} and ${persistence.high90.toFixed(2)} with 90 %.`,
  ].join('\n');
  const { mu } = fit.draws(1000);
  return { text, picture: draw(curve, mu.reduce((a, b) => a + b) / mu.length), fit, curve };
}

function draw(curve, mu) {
  const days = curve.map((_, t) => t + 1);
  const axes = { left: 46, width: 580, x: [0, days.length + 1] };
  const within = (z) => curve.map(({ median }) => mu + z * median);
  const yesterday = (place) => coloured('ink', line('dashed', [[place.x(y.length + 0.5), 0], [place.x(y.length + 0.5), place.height]])); // prettier-ignore
  return picture('GARCH: returns, and the volatility behind them', 530, [
    ...legend(14, 44, [
      ['stem', 'red', 'a return'],
      ['area', 'blue', 'μ ± 2 σ'],
      ['bands', 'blue', 'σ: median, 50 and 90 %'],
      ['dashed', 'ink', 'the last day'],
    ]),
    ...panel({ ...axes, top: 84, height: 200, y: [-16, 26], yLabel: 'return' }, (place) => [
      coloured('blue', band('narrow', days.map(place.x), within(-2).map(place.y), within(2).map(place.y))), // prettier-ignore
      coloured('red', y.map((each, t) => line('thin', [[place.x(days[t]), place.y(mu)], [place.x(days[t]), place.y(each)]]))), // prettier-ignore
      yesterday(place),
    ]),
    ...panel({ ...axes, top: 336, height: 150, y: [0, 11], yLabel: 'σ', xLabel: 'day' }, (place) => [
      coloured('blue', fan(place, days, curve)),
      yesterday(place),
    ]),
  ]);
}

await show(import.meta.url, run);

// Logistic regression: did cold harm the O-rings of the space shuttle?
//
//   node examples/models/logistic-regression.mjs [--out out/models]

import { readFileSync } from 'node:fs';
import { add, fitPosterior, logDensity, model, mul, real, sum } from 'normalizing-flows';
import { circle, coloured, fan, intervals, legend, line, panel, picture, text } from './picture.mjs';
import { show } from './show.mjs';

const { bernoulliLogit, normal } = logDensity;
const { temperature, distress } = JSON.parse(readFileSync(new URL('data/o-rings.json', import.meta.url), 'utf8'));

/** In tens of degrees Fahrenheit from 70: near the middle of the data, so that the two parameters depend little on each other. */
const scaled = (degrees) => (degrees - 70) / 10;

export const data = { x: temperature.map(scaled), y: distress };

export const logistic = model({ alpha: real(), beta: real() }, ({ alpha, beta }, { x, y }) =>
  sum(normal(alpha, 0, 2.5), normal(beta, 0, 2.5), bernoulliLogit(y, add(alpha, mul(beta, x)))),
);

const LAUNCH = 31;
const DEGREES = Array.from({ length: 117 }, (_, i) => 26 + i / 2);

export async function run() {
  const fit = await fitPosterior(logistic, { data, seed: 1 });
  const risk = (degrees) =>
    fit.generate(({ alpha, beta }) => degrees.map((t) => 1 / (1 + Math.exp(-alpha - beta * scaled(t)))), 4000);
  const [atLaunch] = intervals(risk([LAUNCH]));
  const { beta } = fit.draws(4000);
  const isColdWorse = beta.filter((slope) => slope < 0).length / beta.length;
  const text = [
    'O-rings: ln(p / (1 − p)) = α + β (°F − 70) / 10 for the probability p that an O-ring is in distress.',
    String(fit.summary()),
    `\nCold makes it likelier with probability ${isColdWorse.toFixed(3)}. At ${LAUNCH} °F, where nothing had flown: p is above ${percent(atLaunch.low90)}, with 95 %.`,
  ].join('\n');
  return { text, picture: draw(intervals(risk(DEGREES)), atLaunch), fit, atLaunch, isColdWorse };
}

const percent = (p) => (p > 0.99 && p < 1 ? '> 99 %' : `${(100 * p).toFixed(0)} %`);

function draw(curve, { median, low90 }) {
  const yTicks = [0, 0.25, 0.5, 0.75, 1].map((p) => [p, percent(p)]);
  const axes = {
    left: 52,
    top: 84,
    width: 574,
    height: 240,
    x: [26, 84],
    y: [-0.06, 1.06],
    yTicks,
    xLabel: 'temperature at launch, °F',
  };
  return picture('O-rings: the risk of distress, and how well it is known', 380, [
    ...legend(14, 44, [
      ['bands', 'blue', 'risk: median, 50 and 90 %'],
      ['dot', 'red', 'a flight'],
      ['dashed', 'ink', 'the morning of the accident'],
    ]),
    ...panel(axes, (place) => [
      coloured('blue', fan(place, DEGREES, curve)),
      coloured('ink', line('dashed', [[place.x(LAUNCH), 0], [place.x(LAUNCH), place.height]])), // prettier-ignore
      text(place.x(LAUNCH) + 8, place.y(0.41), `${LAUNCH} °F: ${percent(median)}`, 'name'),
      text(place.x(LAUNCH) + 8, place.y(0.41) + 15, `above ${percent(low90)} with 95 % probability`, 'faint'),
      coloured('red', flights(place)),
    ]),
  ]);
}

/** At 0 or 1, those of one temperature beside each other. */
function flights({ x, y }) {
  return temperature.map((degrees, i) => {
    const before = temperature.filter((other, j) => j < i && other === degrees && distress[j] === distress[i]).length;
    return circle('dot', x(degrees) + 5 * before, y(distress[i]), 3);
  });
}

await show(import.meta.url, run);

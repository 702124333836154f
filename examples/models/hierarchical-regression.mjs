// Hierarchical regression: radon in houses, by county and floor. Counties with few houses borrow from the others.
//
//   node examples/models/hierarchical-regression.mjs [--out out/models]

import { readFileSync } from 'node:fs';
import { add, fitPosterior, gather, logDensity, model, mul, positive, real, sum } from 'normalizing-flows';
import { band, circle, coloured, intervals, legend, line, panel, picture, text } from './picture.mjs';
import { show } from './show.mjs';

const { halfNormal, normal } = logDensity;
const { counties, radon, floor, county } = JSON.parse(readFileSync(new URL('data/radon.json', import.meta.url), 'utf8'));

export const data = { y: radon.map(Math.log), floor, county };

export const regression = model(
  { mu: real(), tau: positive(), eta: real(12), beta: real(), sigma: positive() },
  ({ mu, tau, eta, beta, sigma }, { y, floor, county }) => {
    const alpha = add(mu, mul(tau, eta)); // of each county
    return sum(
      normal(mu, 0, 2),
      halfNormal(tau, 1),
      normal(eta, 0, 1),
      normal(beta, 0, 1),
      halfNormal(sigma, 1),
      normal(y, add(gather(alpha, county), mul(beta, floor)), sigma),
    );
  },
);

/** pCi/L above which the Environmental Protection Agency advises to act. */
const ACTION = 4;

export async function run() {
  const fit = await fitPosterior(regression, { data, seed: 1 });
  const draws = fit.generate((draw, random) => {
    const alpha = draw.eta.map((each) => draw.mu + draw.tau * each);
    const basement = alpha.map((level) => random.normal(level, draw.sigma)); // of a house to be measured
    return {
      levels: [...alpha, ...alpha.map((level) => level + draw.beta)],
      isAbove: basement.map((y) => (y > Math.log(ACTION) ? 1 : 0)),
    };
  }, 4000);
  const levels = intervals(draws.map((draw) => draw.levels));
  const above = counties.map((_, j) => draws.reduce((count, draw) => count + draw.isAbove[j], 0) / draws.length);
  const text = [
    'Radon: ln pCi/L = α of the county + β on the first floor + noise, α = μ + τ η.',
    String(fit.summary()),
    `\nA new measurement in a basement exceeds ${ACTION} pCi/L with probability`,
    ...counties.map((name, j) => `  ${name.padEnd(10)} ${above[j].toFixed(2)}   (${housesOf(j).length} houses)`),
  ].join('\n');
  return { text, picture: draw(levels, above), fit, levels, above };
}

const housesOf = (j) => [...data.y.keys()].filter((i) => county[i] === j);
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** By least squares with a slope in common: a level for each group of houses. */
function leastSquares(groups) {
  const centred = groups.map((houses) => {
    const [x, y] = [mean(houses.map((i) => floor[i])), mean(houses.map((i) => data.y[i]))];
    return { x, y, rows: houses.map((i) => [floor[i] - x, data.y[i] - y]) };
  });
  const rows = centred.flatMap((group) => group.rows);
  const slope = rows.reduce((sum, [x, y]) => sum + x * y, 0) / rows.reduce((sum, [x]) => sum + x * x, 0);
  return { slope, levels: centred.map(({ x, y }) => y - slope * x) };
}

const [ACROSS, WIDTH, HEIGHT] = [4, 134, 126];

function draw(levels, above) {
  const all = leastSquares([[...data.y.keys()]]);
  const alone = leastSquares(counties.map((_, j) => housesOf(j)));
  const xTicks = [[0, 'basement'], [1, 'first floor']]; // prettier-ignore
  return picture('Radon in twelve counties, pCi/L', 600, [
    ...legend(14, 44, [
      ['band', 'blue', 'hierarchical, 90 %'],
      ['dashed', 'red', 'each county by itself'],
      ['line', 'ink', 'all as one'],
      ['dot', 'ink', 'a house'],
    ]),
    ...counties.flatMap((name, j) => {
      const column = j % ACROSS;
      const [left, top] = [34 + column * (WIDTH + 18), 86 + Math.floor(j / ACROSS) * (HEIGHT + 50)];
      const yTicks = [0.25, 1, 4, 16].map((value) => [Math.log(value), column === 0 ? String(value) : '']);
      const houses = housesOf(j);
      const curve = [levels[j], levels[counties.length + j]];
      const axes = { left, top, width: WIDTH, height: HEIGHT, x: [-0.45, 1.45], y: [-3.3, 3], yTicks, xTicks };
      return [
        text(left + WIDTH, top - 8, `${houses.length} houses`, 'faint', 'end'),
        ...panel({ ...axes, title: name }, ({ x, y }) => {
          const straight = (kind, level, slope) => line(kind, [[x(0), y(level)], [x(1), y(level + slope)]]); // prettier-ignore
          return [
            coloured('blue', band('narrow', [x(0), x(1)], curve.map((end) => y(end.low90)), curve.map((end) => y(end.high90)))), // prettier-ignore
            coloured('ink', straight('line', all.levels[0], all.slope)),
            coloured('ink', houses.map((i, k) => circle('dot', x(floor[i]) + 4 * Math.sin(7 * k), y(data.y[i]), 1.8))), // prettier-ignore
            coloured('red', straight('dashed', alone.levels[j], alone.slope)),
            coloured('blue', line('line', curve.map((end, i) => [x(i), y(end.median)]))), // prettier-ignore
            text(WIDTH / 2, HEIGHT - 8, `P(> ${ACTION}) = ${(100 * above[j]).toFixed(0)} %`, 'faint', 'middle'),
          ];
        }),
      ];
    }),
  ]);
}

await show(import.meta.url, run);

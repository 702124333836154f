// A Gaussian process with Poisson counts: a rate that changes smoothly, and how well eleven counts tell of it.
//
//   node examples/models/gaussian-process.mjs [--out out/models]

import { readFileSync } from 'node:fs';
import {
  add,
  cholesky,
  exp,
  fitPosterior,
  logDensity,
  matmul,
  model,
  mul,
  positive,
  real,
  square,
  sum,
  div,
} from 'normalizing-flows';
import { circle, coloured, fan, intervals, legend, panel, picture } from './picture.mjs';
import { show } from './show.mjs';

const { gamma, halfNormal, normal, poissonLog } = logDensity;
const { x, k } = JSON.parse(readFileSync(new URL('../posteriors/data/gp_pois_regr.json', import.meta.url), 'utf8')).data;

export const data = { x, k };

export const intensity = model({ rho: positive(), alpha: positive(), eta: real(11) }, ({ rho, alpha, eta }, { x, k }) => {
  const squares = x.map((a) => x.map((b) => (a - b) ** 2));
  const jitter = x.map((_, i) => x.map((_, j) => (i === j ? 1e-10 : 0)));
  const covariance = add(mul(square(alpha), exp(div(mul(-0.5, squares), square(rho)))), jitter);
  const f = matmul(cholesky(covariance), eta); // normal with that covariance
  return sum(gamma(rho, 25, 4), halfNormal(alpha, 2), normal(eta, 0, 1), poissonLog(k, f));
});

/** Between the counts, too. */
const GRID = Array.from({ length: 193 }, (_, i) => -12 + i / 8);

export async function run() {
  const fit = await fitPosterior(intensity, { data, seed: 1 });
  const rates = fit.generate(({ rho, alpha, eta }, random) => {
    const { f, at } = conditional(rho, alpha, eta);
    const z = random.normal(); // the same at each place: what is drawn is the uncertainty of each
    const rate = GRID.map(at).map(([mean, sd]) => Math.exp(mean + sd * z));
    return { f, rate };
  });
  const text = [
    'Counts ~ poisson(e^f(x)), f a Gaussian process: α² e^(−(x − x′)² / 2ρ²) is the covariance of f(x) and f(x′).',
    String(fit.summary()),
    `\nThe rate at x = 7, between two counts: ${inWords(intervals(rates.map(({ rate }) => rate))[GRID.indexOf(7)])}.`,
  ].join('\n');
  const f = intervals(rates.map((draw) => draw.f));
  return { text, picture: draw(intervals(rates.map(({ rate }) => rate))), fit, f };
}

const inWords = ({ median, low90, high90 }) =>
  `${median.toFixed(0)}, between ${low90.toFixed(0)} and ${high90.toFixed(0)} with 90 %`;

/**
 * Of one draw: f = L η where the counts are, L Lᵀ = K, and mean and standard deviation of f elsewhere, given these. With v = L⁻¹ k(x*) they are vᵀ η
 * and √(α² − vᵀ v), as K⁻¹ f = L⁻ᵀ η.
 */
export function conditional(rho, alpha, eta) {
  const covariance = (a, b) => alpha ** 2 * Math.exp((-0.5 * (a - b) ** 2) / rho ** 2);
  const L = [];
  const solve = (right) => {
    const v = [];
    L.forEach((row, i) => v.push((right[i] - dot(row, v)) / row[i]));
    return v;
  };
  for (const [i, a] of x.entries()) {
    const row = solve(x.slice(0, i).map((b) => covariance(a, b)));
    L.push([...row, Math.sqrt(alpha ** 2 + 1e-10 - dot(row, row))]);
  }
  const at = (place) => {
    const v = solve(x.map((b) => covariance(place, b)));
    return [dot(v, eta), Math.sqrt(Math.max(0, alpha ** 2 - dot(v, v)))];
  };
  return { f: L.map((row) => dot(row, eta)), at };
}

/** As far as the second goes. */
function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < Math.min(a.length, b.length); i++) sum += a[i] * b[i];
  return sum;
}

function draw(curve) {
  const axes = { left: 46, top: 84, width: 580, height: 250, x: [-12, 12], y: [0, 110], xLabel: 'x', yLabel: 'count' };
  return picture('A Gaussian process behind counts: the rate, and how well it is known', 380, [
    ...legend(14, 44, [
      ['bands', 'blue', 'rate: median, 50 and 90 %'],
      ['dot', 'red', 'a count'],
    ]),
    ...panel(axes, (place) => [
      coloured('blue', fan(place, GRID, curve)),
      coloured('red', x.map((each, i) => circle('dot', place.x(each), place.y(k[i]), 3.5))), // prettier-ignore
    ]),
  ]);
}

await show(import.meta.url, run);

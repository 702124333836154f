// Distributions in the plane that are easy to draw from and hard to fit.

import { generator } from './random.mjs';

/**
 * Each fills one row from `{ uniform, normal }`. `half`: what to show, [−half, half]². `floor`: the least negative log likelihood that any
 * density can reach, the distribution's entropy, in nats. `goal`: what the median fit should reach.
 */
export const TOYS = {
  // scikit-learn's make_moons: half circles of radius 1 about (0, 0) and (1, ½), the second upside down; noise 0.05.
  'two moons': {
    half: 2.5,
    floor: '0.290 ± 0.010',
    goal: 0.314,
    draw({ uniform, normal }, row) {
      const angle = Math.PI * uniform();
      const isUpper = uniform() < 0.5;
      row[0] = (isUpper ? Math.cos(angle) : 1 - Math.cos(angle)) + 0.05 * normal();
      row[1] = (isUpper ? Math.sin(angle) : 0.5 - Math.sin(angle)) + 0.05 * normal();
    },
  },
  // Four circles of radius 3, 2.25, 1.5 and 0.75, equal shares; noise 0.08.
  rings: {
    half: 4,
    floor: '2.630 ± 0.013',
    goal: 2.794,
    draw({ uniform, normal }, row) {
      const radius = 0.75 * (1 + Math.floor(4 * uniform()));
      const angle = 2 * Math.PI * uniform();
      row[0] = radius * Math.cos(angle) + 0.08 * normal();
      row[1] = radius * Math.sin(angle) + 0.08 * normal();
    },
  },
  // Eight squares of side 2, every second one of [−4, 4]²: ln 32.
  checkerboard: {
    half: 5,
    floor: '3.4657',
    goal: 3.551,
    draw({ uniform }, row) {
      const square = Math.floor(8 * uniform());
      const line = square >> 1;
      row[0] = -4 + 2 * line + 2 * uniform();
      row[1] = -4 + 4 * (square & 1) + 2 * (line & 1) + 2 * uniform();
    },
  },
};

/** [count × 2] rows of a toy, a function of the seed. */
export function drawToy(name, count, seed) {
  const random = generator(seed);
  const rows = new Float64Array(2 * count);
  for (let i = 0; i < count; i++) TOYS[name].draw(random, rows.subarray(2 * i, 2 * i + 2));
  return rows;
}

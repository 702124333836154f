// How many operations a layer takes, for GFLOP/s. Counted from the kernels in assembly/transforms: additions, subtractions,
// multiplications, divisions and square roots of doubles, one each, by the algorithm that runs (a tanh is its polynomial and division);
// comparisons, minima, bit operations, loads and the random numbers are none.

/** tanh and sech² together, mapTanhSech2 of assembly/math/tanh-sech2.ts: 3 to reduce, 21 from there. */
const TANH_SECH2 = 24;

/** For a row: wᵀz + b and x + û h, 2 d each; tanh and sech²; h² + δ s and its product into the determinant. */
export const planarForwardFlops = (dim) => 4 * dim + TANH_SECH2 + 4;

/** For a row: 3 d for the distance, 3 d for the shift; √, +, ÷; f₁ and f₂ with their products, 2 + 8 + 2; β̂ v. */
export const radialForwardFlops = (dim) => 6 * dim + 3 + 12 + 2;

/** For a row: ûᵀdx, dx + da w, the two sums of outer products, 2 d each; 14 between them. */
export const planarBackwardFlops = (dim) => 8 * dim + 14;

/** For a row, forward: a multiplication and an addition for each weight of dense layers of these widths. Backward takes twice as many. */
export const denseFlops = (widths) => widths.slice(1).reduce((sum, width, k) => sum + 2 * width * widths[k], 0);

/** The same of a masked network of so many outputs a feature, whose mask leaves what assembly/nets/dense.ts computes, and no more. */
export function maskedFlops(dim, hidden, multiplier) {
  const spread = (width) => Array.from({ length: width }, (_, unit) => 1 + (unit % (dim - 1)));
  const outputs = Array.from({ length: dim * multiplier }, (_, unit) => Math.floor(unit / multiplier));
  const layers = [...hidden.map(spread), outputs];
  // A unit of degree m sees features 0 … m − 1, and units of degrees up to its own.
  const seen = layers.map((degrees, k) =>
    degrees.map((degree) => (k === 0 ? degree : layers[k - 1].filter((other) => other <= degree).length)),
  );
  return 2 * seen.flat().reduce((sum, count) => sum + count, 0);
}

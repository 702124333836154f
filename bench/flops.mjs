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

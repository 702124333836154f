// The functions that element-wise.mjs and its peers run, and what they run them on.

export const FUNCTIONS = ['exp', 'log', 'tanh', 'sigmoid', 'softplus', 'sin', 'cos'];
export const COUNT = 100_000;

/** Doubles from −8 to 8; their exponentials for the logarithm. */
export function arrayFor(name) {
  const x = Float64Array.from({ length: COUNT }, (_, i) => -8 + (16 * i) / (COUNT - 1));
  return name === 'log' ? x.map(Math.exp) : x;
}

import { describe, expect, it } from 'vitest';
import { ActivationFunction } from '../../assembly/opcodes.js';
import { decimal } from '../reference/algebra.js';
import { gradient } from '../reference/dual.js';
import { activations } from '../reference/network.js';
import { linear, logarithmic, negative } from '../reference/points.js';
import { Recorded } from './run.js';

const EPSILON = Number.EPSILON;
/** Results and factors may be denormal. */
const UNDERFLOW = 1e-320;

/** ε of a value, and of which size those of a slope are: the sum of what is added up, 1 where it is taken from the kept y. */
const CASES = [
  { name: 'tanh', fn: ActivationFunction.Tanh, kernel: 'activation', values: 2, slopes: 4, size: () => 1 },
  { name: 'relu', fn: ActivationFunction.Relu, kernel: 'activation', values: 0, slopes: 0, size: () => 1 },
  { name: 'elu', fn: ActivationFunction.Elu, kernel: 'activation', values: 2, slopes: 2, size: () => 1 },
  { name: 'silu', fn: ActivationFunction.Silu, kernel: 'smoothActivation', values: 3, slopes: 6, size: sigmoidSize },
  { name: 'softplus', fn: ActivationFunction.Softplus, kernel: 'smoothActivation', values: 2, slopes: 2, size: undefined },
  { name: 'gelu', fn: ActivationFunction.Gelu, kernel: 'smoothActivation', values: 6, slopes: 8, size: geluSize },
] as const;

/** σ(x) (1 + |x| σ(−x)) */
function sigmoidSize(x: number): number {
  const sigmoid = (t: number): number => 1 / (1 + Math.exp(-t));
  return sigmoid(x) * (1 + Math.abs(x) * sigmoid(-x));
}

/** Φ(x) + |x| φ(x), or its square root's rounding above */
function geluSize(x: number): number {
  const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  return decimal.toNumber(decimal.normalCdf(decimal.from(x))) + Math.abs(x) * density;
}

const POINTS = [
  ...linear(1, 200, -5, 5),
  ...linear(2, 100, -40, 40),
  ...logarithmic(3, 20, 1e-300, 1),
  ...negative(logarithmic(4, 20, 1e-300, 1)),
  ...[700, -700, 745, -745, 37, -37, 38.5, -38.5, 1e3, -1e3],
];

describe.each(CASES)('$name', ({ name, fn, kernel, values, slopes, size }) => {
  const program = new Recorded(new Float64Array(0), [1], (recorder, [x]) => recorder.emit(kernel, { x }, { dim: 1, fn }).y);
  const x = Float64Array.from(POINTS);
  const { output, dInputs } = program.run(x.length, [x], new Float64Array(x.length).fill(1));
  program.dispose();
  const exact = POINTS.map((value) => gradient(decimal, (D, [t]) => activations[name](D, t), [decimal.from(value)]));

  it(`values to ${values} ε`, () => {
    exact.forEach(({ value }, i) => {
      const error = decimal.toNumber(decimal.abs(decimal.sub(decimal.from(output[i]), value)));
      const allowed = values * EPSILON * Math.abs(decimal.toNumber(value)) + UNDERFLOW;
      expect(error, `at ${POINTS[i]}`).toBeLessThanOrEqual(allowed);
    });
  });

  it(`slopes to ${slopes} ε of ${size === undefined ? 'themselves' : 'their size'}`, () => {
    exact.forEach(({ gradient: [slope] }, i) => {
      const error = decimal.toNumber(decimal.abs(decimal.sub(decimal.from(dInputs[0][i]), slope)));
      const of = size === undefined ? Math.abs(decimal.toNumber(slope)) : size(POINTS[i]);
      expect(error, `at ${POINTS[i]}`).toBeLessThanOrEqual(slopes * EPSILON * of + UNDERFLOW);
    });
  });
});

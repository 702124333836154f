import { describe, expect, it } from 'vitest';
import { arena } from '../../src/runtime/memory.js';
import { wasm } from '../../src/runtime/wasm.js';

interface Counter {
  dim?: number;
  rows: number;
  firstRow?: number;
  key?: [number, number];
  step?: number;
  stream?: number;
}

/** A block of random numbers, feature by feature. */
function draw(
  name: 'fillNormal' | 'fillUniform',
  { dim = 1, rows, firstRow = 0, key = [1, 2], step = 0, stream = 0 }: Counter,
): Float64Array[] {
  const memory = arena();
  const stride = 8 * (Math.ceil(rows / 8) * 8 + 8);
  const address = memory.allocate((dim + 1) * stride);
  wasm().kernels[name](address, address + dim * stride, stride, dim, rows, firstRow, key[0], key[1], step, stream);
  const block = Array.from({ length: dim }, (_, j) =>
    memory.f64.slice((address + j * stride) / 8, (address + j * stride) / 8 + rows),
  );
  memory.free(address);
  return block;
}

const N = 200_000;
/** P(sup |F̂ − F| √n > 2.2) = 1.3e-4: Kolmogorov's distribution. */
const KOLMOGOROV = 2.2;

function kolmogorovSmirnov(values: Float64Array, cdf: (x: number) => number): number {
  const sorted = values.slice().sort();
  let worst = 0;
  sorted.forEach((x, i) => {
    const p = cdf(x);
    worst = Math.max(worst, Math.abs(p - i / sorted.length), Math.abs(p - (i + 1) / sorted.length));
  });
  return worst * Math.sqrt(sorted.length);
}

/** Φ by its continued fraction and series: to 1e-10, more than the test resolves. */
function normalCdf(x: number): number {
  if (x < 0) return 1 - normalCdf(-x);
  if (x > 8) return 1;
  let term = x;
  let sum = x;
  for (let k = 1; Math.abs(term) > 1e-17 * sum; k++) {
    term *= (x * x) / (2 * k + 1);
    sum += term;
  }
  return 0.5 + (sum * Math.exp(-0.5 * x * x)) / Math.sqrt(2 * Math.PI);
}

describe('normals', () => {
  const [even, odd] = draw('fillNormal', { dim: 2, rows: N });
  const moment = (values: Float64Array, order: number): number => values.reduce((sum, x) => sum + x ** order, 0) / values.length;

  it.each([
    ['even features', even],
    ['odd features', odd],
  ])('%s follow the normal distribution', (_, values) => {
    expect(kolmogorovSmirnov(values, normalCdf)).toBeLessThan(KOLMOGOROV);
    // four standard errors √((E x^2m − (E x^m)²) / n)
    expect(Math.abs(moment(values, 1))).toBeLessThan(4 * Math.sqrt(1 / N));
    expect(Math.abs(moment(values, 2) - 1)).toBeLessThan(4 * Math.sqrt(2 / N));
    expect(Math.abs(moment(values, 3))).toBeLessThan(4 * Math.sqrt(15 / N));
    expect(Math.abs(moment(values, 4) - 3)).toBeLessThan(4 * Math.sqrt(96 / N));
    expect(Math.abs(moment(values, 6) - 15)).toBeLessThan(4 * Math.sqrt((10395 - 225) / N));
  });

  it('tails are as heavy as they should be', () => {
    const beyond = (x: number): number => even.filter((value) => Math.abs(value) > x).length;
    for (const x of [2, 3, 4]) {
      const expected = 2 * N * (1 - normalCdf(x));
      expect(Math.abs(beyond(x) - expected)).toBeLessThan(4 * Math.sqrt(expected) + 1);
    }
    for (const value of [...even, ...odd]) expect(Math.abs(value)).toBeLessThan(8.6);
  });

  it('rows, features, steps, streams and keys are independent of each other', () => {
    const correlation = (x: Float64Array, y: Float64Array): number =>
      x.reduce((sum, value, i) => sum + value * (y[i] ?? 0), 0) / Math.sqrt(N);
    const others = [
      odd,
      even.slice(1),
      even.slice(2),
      draw('fillNormal', { rows: N, step: 1 })[0],
      draw('fillNormal', { rows: N, stream: 1 })[0],
      draw('fillNormal', { rows: N, key: [2, 2] })[0],
      draw('fillNormal', { rows: N, key: [1, 3] })[0],
      draw('fillNormal', { dim: 4, rows: N })[2],
    ];
    for (const other of others) {
      expect(Math.abs(correlation(even, other))).toBeLessThan(4.5);
      // squares too: Box and Muller's two halves share a radius
      const squares = correlation(even.map((x) => x * x - 1), other.map((x) => x * x - 1)); // prettier-ignore
      expect(Math.abs(squares) / 2).toBeLessThan(4.5);
    }
  });

  it.each([
    [1, 3, 0],
    [2, 5, 64],
    [3, 130, 1],
    [5, 8, 1000],
  ])('d %i: %i rows from row %i are those of a longer block', (dim, rows, firstRow) => {
    const long = draw('fillNormal', { dim: dim + 2, rows: 1200 });
    const part = draw('fillNormal', { dim, rows, firstRow });
    part.forEach((values, j) => expect(values).toEqual(long[j].slice(firstRow, firstRow + rows)));
  });
});

describe('uniforms', () => {
  const [even, odd] = draw('fillUniform', { dim: 2, rows: N });

  it.each([
    ['even features', even],
    ['odd features', odd],
  ])('%s are uniform in the open interval', (_, values) => {
    expect(kolmogorovSmirnov(values, (x) => x)).toBeLessThan(KOLMOGOROV);
    for (const value of values) if (!(value > 0 && value < 1)) expect.fail(`${value} is not in (0, 1)`);
    expect(new Set(values).size).toBe(N); // 52 bits: a repetition has a chance of 4e-6
  });

  it('rows from any row are those of a longer block', () => {
    const long = draw('fillUniform', { dim: 3, rows: 500 });
    draw('fillUniform', { dim: 3, rows: 33, firstRow: 77 }).forEach((values, j) =>
      expect(values).toEqual(long[j].slice(77, 110)),
    );
  });
});

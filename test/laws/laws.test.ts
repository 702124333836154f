// The laws that every transform keeps, in both directions, held against sixty digits.
//
// A value may be off by 100 ε of the largest entry of input and output, a gradient by 1e-10 of its largest, and either by what rounding its input and parameters by an ulp or two would
// change: where the problem itself is ill-conditioned, no float64 answer is better.

import { afterAll, describe, expect, it, vi } from 'vitest';
import { Flow, normal } from '../../src/index.js';
import { Random } from '../reference/random.js';
import { type Case, CHAINS, EXTREME, NARROW_CASES, NETWORK_CASES, SINGLE, SUPPORT_CASES, transformsOf } from './cases.js';
import { apply, type Direction, nearby, sidesOf, type Truth, truth, vjp } from './truth.js';

const VALUE = 100 * Number.EPSILON;
const GRADIENT = 1e-10;
/** Times the change by 2 ε in the question: a hundred ε. */
const CONDITION = 50;
/** sech² stops at 1.3e-307, so that it stays positive; it is multiplied by weights of up to 1e6. */
const UNDERFLOW = 1e-300;

/** Of networks that are too narrow: see test/transforms/autoregressive.test.ts. */
const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
afterAll(() => {
  expect(warn.mock.calls.map(([text]) => text as string).filter((text) => !text.startsWith('autoregressive: hidden'))).toEqual(
    [],
  );
});

const BOTH: Direction[] = ['forward', 'inverse'];

describe.each([...SINGLE, ...SUPPORT_CASES, ...NETWORK_CASES, ...NARROW_CASES, ...EXTREME, ...CHAINS])('$name', (law) => {
  const parameters = law.parameters.flat();
  const flow = new Flow({ base: normal(law.dim), transforms: transformsOf(law), seed: 1 });
  flow.setParameters(parameters);
  const directions = law.directions ?? BOTH;

  it.each(directions)('%s: values, log-determinant and gradients', (direction) => {
    const rows = rowsOf(law, flow, direction);
    const { from, to } = sidesOf(law, direction);
    const truths = rows.map((row) => truth(law, direction, row, parameters));
    const others = rows.map((row) =>
      Array.from({ length: law.dim > 8 ? 1 : 2 }, (_, k) => nearby(law, direction, row, parameters, k)),
    );
    const flat = Float64Array.from(rows.flat());
    const { output, logDet } = apply(flow, direction, flat);
    rows.forEach((row, r) => {
      const where = `row ${r} (${row.slice(0, 3)})`;
      close(
        `${where}: output`,
        output.subarray(r * to, (r + 1) * to),
        truths[r],
        others[r],
        (t) => t.output,
        VALUE,
        largest(row),
      );
      close(`${where}: logDet`, [logDet[r]], truths[r], others[r], (t) => [t.logDet], VALUE, 1);
      if (isWithinDigits(law)) close(`${where}: ln |det J|`, [logDet[r]], truths[r], others[r], (t) => [t.logAbsDet], VALUE, 1);
    });

    const random = new Random(7);
    const seeds = rows.map(() => random.normals(to + 1));
    const both = (row: number[]): number[] => row;
    const outputAlone = (row: number[]): number[] => row.map((value, i) => (i < to ? value : 0));
    const logDetAlone = (row: number[]): number[] => row.map((value, i) => (i < to ? 0 : value));
    for (const [name, select] of Object.entries({ both, outputAlone, logDetAlone })) {
      // Row by row: a sum over rows would hide the small gradients behind the large ones.
      rows.forEach((row, r) => {
        const seed = select(seeds[r]);
        const single = vjp(
          flow,
          direction,
          Float64Array.from(row),
          Float64Array.from(seed.slice(0, to)),
          Float64Array.of(seed[to]),
        );
        const pull = (t: Truth): number[] =>
          t.derivatives[0].map((_, column) => t.derivatives.reduce((sum, entries, i) => sum + seed[i] * entries[column], 0));
        const where = `row ${r} (${row.slice(0, 3)}), seeds ${name}`;
        close(`${where}: dInput`, single.dInput, truths[r], others[r], (t) => pull(t).slice(0, from), GRADIENT);
        let at = from;
        law.parameters.forEach((vector, k) => {
          const part = single.dParameters.subarray(at - from, at - from + vector.length);
          const [begin, end] = [at, (at += vector.length)];
          close(`${where}: parameters of layer ${k}`, part, truths[r], others[r], (t) => pull(t).slice(begin, end), GRADIENT);
        });
      });
    }
  });

  // Images on the edge of a support have no way back: such cases say so, and have no such law.
  if (directions.length < 2) return;

  it('comes back through the other direction', () => {
    for (const direction of directions) {
      const other = direction === 'forward' ? 'inverse' : 'forward';
      const rows = rowsOf(law, flow, direction);
      const { from, to } = sidesOf(law, other);
      rows.forEach((row, r) => {
        const there = apply(flow, direction, Float64Array.from(row));
        const back = apply(flow, other, there.output);
        const { derivatives } = truth(law, other, [...there.output], parameters);
        const scale = Math.max(1, ...row.map(Math.abs), ...there.output.map(Math.abs), ...parameters.map(Math.abs));
        const jacobianNorm = Math.hypot(...derivatives.slice(0, to).flatMap((entries) => entries.slice(0, from)));
        const bound = 100 * Number.EPSILON * scale * law.types.length * Math.max(1, jacobianNorm);
        const where = `${direction} first, row ${r} (${row.slice(0, 3)})`;
        row.forEach((value, i) => expect(Math.abs(back.output[i] - value), where).toBeLessThanOrEqual(bound));
        const sensitivity = Math.max(1, Math.hypot(...derivatives[to].slice(0, from)));
        if (bound * sensitivity > 1) return; // rounding the image alone moves the log-determinant by more than that
        expect(Math.abs(there.logDet[0] + back.logDet[0]), `${where}: log-determinants`).toBeLessThanOrEqual(bound * sensitivity);
      });
    }
  });
});

/** Rows of the case; for the inverse also their images, where its answers are the rows. */
function rowsOf(law: Case, flow: Flow, direction: Direction): number[][] {
  const rows = law.rows.map((row) => [...row]);
  if (direction === 'forward') return rows;
  return rows.map((row) => [...flow.forward([row]).x]);
}

function close(
  what: string,
  actual: ArrayLike<number>,
  exact: Truth,
  others: readonly Truth[],
  pick: (truth: Truth) => number[],
  tolerance: number,
  floor = 0,
): void {
  const expected = pick(exact);
  const inRange = expected.every(Number.isFinite);
  const spread = Math.max(...others.flatMap((other) => pick(other).map((value, i) => Math.abs(value - expected[i]))));
  const bound = tolerance * Math.max(floor, largest(expected)) + CONDITION * spread + UNDERFLOW;
  expected.forEach((value, i) => {
    if (!inRange) return expect(actual[i], `${what}[${i}], whose size is beyond a double's`).not.toBeNaN();
    const error = Math.abs(actual[i] - value);
    if (!(error <= bound)) expect.fail(`${what}[${i}]: got ${actual[i]}, expected ${value}; off by ${error}, allowed ${bound}`);
  });
}

function largest(values: readonly number[]): number {
  return Math.max(...values.map(Math.abs));
}

/** Whether sixty digits hold the Jacobian matrix: radial entries cancel to e^β of their size, and those of a plu lie as far apart as its diagonal. */
function isWithinDigits({ types, dim, parameters }: Case): boolean {
  return types.every((type, k) => {
    if (type === 'radial') return parameters[k][dim + 1] > -130;
    return type !== 'plu' || largest(parameters[k].slice(-dim)) < 50;
  });
}

// Every operation and density against mpmath: tables.json, which tables.py writes.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as library from '../../src/index.js';
import { type Numeric, type Value, model, mul, real, reshape, sum } from '../../src/index.js';

/** Arguments, value, gradient, and the largest term, which errors are measured against. */
type Case = [number[], number, number[], number];
type VectorCase = [(number[] | number[][])[], number, number[], number];
type Operation = (...operands: Numeric[]) => Value;

const tables = JSON.parse(readFileSync('test/model/tables.json', 'utf8')) as {
  operations: Record<string, Case[]>;
  logDensity: Record<string, { data: number; cases: Case[] }>;
  vectors: Record<string, VectorCase[]>;
  categories: Record<string, [y: number | number[], ...VectorCase][]>;
  logCdf: Record<string, Case[]>;
  logCcdf: Record<string, Case[]>;
};

describe('operations', () => {
  const operations = library as unknown as Record<string, Operation>;
  it.each(Object.keys(tables.operations))('%s', (name) => check(operations[name], tables.operations[name], 0));
});

describe('logDensity', () => {
  const densities = library.logDensity as unknown as Record<string, Operation>;
  it.each(Object.entries(tables.logDensity))('%s', (name, { data, cases }) => check(densities[name], cases, data));
});

describe('logCdf', () => {
  it.each(Object.entries(tables.logCdf))('%s', (name, cases) => checkTail((library.logCdf as never)[name], cases));
});

describe('logCcdf', () => {
  it.each(Object.entries(tables.logCcdf))('%s', (name, cases) => checkTail((library.logCcdf as never)[name], cases));
});

describe('of vectors and matrices', () => {
  const all = { ...library, ...library.logDensity } as unknown as Record<string, Operation>;
  it.each(Object.entries(tables.vectors))('%s', (name, cases) => cases.forEach((each) => checkVectors(all[name], each)));
});

describe('logDensity of categories', () => {
  const densities = library.logDensity as unknown as Record<string, Operation>;
  it.each(Object.entries(tables.categories))('%s', (name, cases) => {
    for (const [y, ...rest] of cases) checkVectors((...operands) => densities[name](y, ...operands), rest);
  });
});

/** Everything traced; then every operand but one as data; then numbers alone. */
function checkVectors(operation: Operation, [operands, value, gradient, largest]: VectorCase): void {
  const weighted = (output: Value): Value => sum(mul(reshape(output, [output.size]), weightsOf(output.size)));
  const shapes = operands.map((operand) => (Array.isArray(operand[0]) ? [operand.length, operand[0].length] : [operand.length]));
  const flat = operands.flat(2);
  for (const traced of [operands.map(() => true), ...operands.map((_, k) => operands.map((__, i) => i === k))]) {
    const parameters = Object.fromEntries(shapes.flatMap((shape, k) => (traced[k] ? [[`x${k}`, real(...shape)]] : [])));
    const { bind } = model(parameters, (values) =>
      weighted(operation(...operands.map((operand, k) => (traced[k] ? values[`x${k}`] : operand)))),
    );
    const isTraced = operands.flatMap((operand, k) => operand.flat().map(() => traced[k]));
    const { logProb, dx } = bind({}).logProbAndGradient([flat.filter((_, i) => isTraced[i])]);
    expect(error(logProb[0], value, largest)).toBeLessThan(1e-12);
    const expected = gradient.filter((_, i) => isTraced[i]);
    const scale = Math.max(largest, ...gradient.map(Math.abs));
    expected.forEach((slope, k) => expect(error(dx[k], slope, scale), `slope ${k}: ${dx[k]}, not ${slope}`).toBeLessThan(1e-9));
  }
  const folded = weighted(operation(...operands)).content as Float64Array;
  expect(error(folded[0], value, largest)).toBeLessThan(1e-12);
}

const weightsOf = (size: number): number[] => Array.from({ length: size }, (_, k) => k + 1);

it('the tables hold every density and distribution function of one number', () => {
  const ofVectors = ['multivariateNormal', 'multivariateNormalCholesky', 'dirichlet', 'lkjCholesky'];
  expect([...Object.keys(tables.logDensity), ...ofVectors, ...Object.keys(tables.categories)].sort()).toEqual(
    Object.keys(library.logDensity).sort(),
  );
  expect(Object.keys(tables.logCdf).sort()).toEqual(Object.keys(library.logCdf).sort());
  expect(Object.keys(tables.logCcdf).sort()).toEqual(Object.keys(library.logCcdf).sort());
});

/** Of counts, the arguments without a slope are data and stand first. */
const checkTail = (operation: Operation, cases: Case[]): void => check(operation, cases, cases[0][0].length - cases[0][2].length);

/** Each case through a model of its own whose parameters are the arguments, but for the first ones, which are data. */
function check(operation: Operation, cases: Case[], data: number): void {
  for (const [operands, value, gradient, largest] of cases) {
    const known = operands.slice(0, data);
    const names = gradient.map((_, k) => `x${k}`);
    const { bind } = model(Object.fromEntries(names.map((name) => [name, real()])), (parameters) =>
      operation(...known, ...names.map((name) => parameters[name])),
    );
    const { logProb, dx } = bind({}).logProbAndGradient([operands.slice(data)]);
    const where = `of ${operands.join(', ')}`;
    expect(error(logProb[0], value, largest), `value ${where}: ${logProb[0]}, not ${value}`).toBeLessThan(1e-12);
    gradient.forEach((expected, k) => {
      const scale = Math.max(largest, Math.abs(expected));
      expect(error(dx[k], expected, scale), `slope ${k} ${where}: ${dx[k]}, not ${expected}`).toBeLessThan(1e-9);
    });
    const folded = operation(...operands).content as Float64Array;
    expect(error(folded[0], value, largest), `of numbers ${where}: ${folded[0]}, not ${value}`).toBeLessThan(1e-12);
  }
}

function error(value: number, expected: number, largest: number): number {
  return value === expected ? 0 : Math.abs(value - expected) / (1 + largest);
}

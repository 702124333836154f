import { describe, expect, it } from 'vitest';
import { plot } from '../../src/index.js';
import { normals, quantiles } from './draws.js';
import { type Element, all, parse, texts, withClass } from './xml.js';

const exponential = quantiles(1000, (p) => -Math.log(1 - p));
const columns = { mu: normals(1000).map((z) => 4 + 3 * z), tau: exponential, 'theta[0]': normals(1000, 2) };

const lines = (root: Element): number[][][] =>
  withClass(root, 'line').map(({ attributes }) =>
    [...attributes.d.matchAll(/([\d.]+) ([\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)]),
  );

describe('plot.marginals', () => {
  it('has a panel for each column, with its name and its median and central 90 %', () => {
    const root = parse(plot.marginals(columns));
    expect(withClass(root, 'name').map(({ text }) => text)).toEqual(['mu', 'tau', 'theta[0]']);
    expect(withClass(root, 'bar')).toHaveLength(3);
    expect(root.children[0].text).toBe('Marginal distributions of mu, tau, theta[0]');
    // ln 2, and −ln 0.95 … −ln 0.05
    expect(texts(root)).toContain('0.69 [0.05, 2.99]');
  });

  it('puts the median where the axis has it', () => {
    const root = parse(plot.marginals({ x: quantiles(999, (p) => p) }));
    const [axis] = withClass(root, 'axis');
    const [from, to] = ['0.2', '0.8'].map((label) => {
      const mark = all(root).find(({ name, text }) => name === 'text' && text === label)!;
      return Number(mark.attributes.x);
    });
    expect(axis.attributes.d).toContain(`M${from} `);
    expect(Number(withClass(root, 'dot')[0].attributes.cx)).toBeCloseTo((from + to) / 2, 1);
  });

  it('draws a density that is highest at its bound as a cliff', () => {
    const [line] = lines(parse(plot.marginals({ tau: exponential })));
    const highest = line.findIndex(([, y]) => y === 2);
    expect(highest).toBeGreaterThan(0);
    expect(highest).toBeLessThan(4);
  });

  it('stands names beside each other as there is room, in the order given', () => {
    const places = (width: number): string[] =>
      withClass(parse(plot.marginals(columns, { width, names: ['tau', 'mu'] })), 'name').map(
        ({ text, attributes }) => `${text} ${attributes.x}`,
      );
    expect(places(480)).toEqual(['tau 16', 'mu 248']);
    expect(places(360)).toEqual(['tau 16', 'mu 16']);
  });

  it('lays a reference over the draws it has, dashed, and names both', () => {
    const reference = { mu: normals(300, 3), other: [1, 2] };
    const root = parse(plot.marginals(columns, { reference, labels: ['flow', 'NUTS'] }));
    expect(texts(root)).toEqual(expect.arrayContaining(['flow', 'NUTS']));
    expect(withClass(root, 'bar')).toHaveLength(4);
    expect(withClass(root, 'dashed')).toHaveLength(2);
    expect(texts(parse(plot.marginals(columns)))).not.toContain('draws');
  });

  it('of the draws themselves is the same curve', () => {
    const [, , draws, reference] = lines(parse(plot.marginals({ mu: columns.mu }, { reference: columns })));
    expect(reference).toEqual(draws);
  });

  it.each([
    ['one draw', [3]],
    ['two draws', [3, 4]],
    ['a constant', new Array(100).fill(3)],
    ['zeros', new Array(100).fill(0)],
    ['a constant but for rounding', [1e15, 1e15 + 0.125]],
    ['a constant but for one', [...new Array(100).fill(3), 4]],
    ['whole numbers', Array.from({ length: 500 }, (_, i) => i % 4)],
    ['the largest and the smallest', [-1e300, 1e300, 0]],
    ['tiny ones', [5e-324, 0, 1e-310]],
    ['a far one', [...normals(100), 1e300]],
  ])('draws %s', (_, x) => {
    const svg = plot.marginals({ x });
    expect(parse(svg).name).toBe('svg');
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    expect(lines(parse(svg))[0].length).toBeGreaterThan(2);
  });

  it('draws a constant as a line from the ground to the top', () => {
    const [line] = lines(parse(plot.marginals({ x: [3, 3, 3] })));
    const [[x]] = line;
    expect(line).toEqual([[x, 74], [x, 2], [x, 74]]); // prettier-ignore
  });

  it('writes names as they are, whatever is in them, and shortens what has no room', () => {
    const names = [
      '<b>&"\'',
      'a\u0000b\uD800c',
      '__proto__x',
      'toString',
      'a very long name indeed, which no panel has room for',
    ];
    const root = parse(plot.marginals(Object.fromEntries(names.map((name) => [name, [1, 2]]))));
    const drawn = withClass(root, 'name').map(({ text }) => text);
    expect(drawn.slice(0, 4)).toEqual(['<b>&"\'', 'a\uFFFDb\uFFFDc', '__proto__x', 'toString']);
    expect(drawn[4]).toMatch(/^a very long name.*…$/);
  });

  it.each<[string, () => unknown, string]>([
    ['no columns', () => plot.marginals({}), 'plot.marginals: columns must hold at least one column; got none.'],
    ['a list', () => plot.marginals([[1]] as never), 'plot.marginals: columns must be an object of columns by name; got Array of length 1.'],
    ['an empty column', () => plot.marginals({ a: [] }), 'plot.marginals: columns.a must hold at least one number; got none.'],
    ['NaN', () => plot.marginals({ a: [1, NaN] }), 'plot.marginals: columns.a must be finite and at most 1e+300 in size; got NaN at index 1.'],
    ['∞', () => plot.marginals({ a: [Infinity] }), 'plot.marginals: columns.a must be finite and at most 1e+300 in size; got Infinity at index 0.'],
    ['1e301', () => plot.marginals({ a: [1e301] }), 'plot.marginals: columns.a must be finite and at most 1e+300 in size; got 1e+301 at index 0.'],
    ['no numbers', () => plot.marginals({ a: ['1'] as never }), "plot.marginals: columns.a must hold numbers; got '1' at index 0."],
    ['other lengths', () => plot.marginals({ a: [1, 2], b: [1] }), 'plot.marginals: columns.b must have the length of a, 2; got 1.'],
    ['an unknown name', () => plot.marginals(columns, { names: ['toString'] }), "plot.marginals: names must be among mu, tau, theta[0]; got 'toString'."],
    ['no names', () => plot.marginals(columns, { names: [] }), 'plot.marginals: names must hold at least one name; got none.'],
    ['a name twice', () => plot.marginals(columns, { names: ['mu', 'mu'] }), "plot.marginals: names must differ; got 'mu' twice."],
    ['names as text', () => plot.marginals(columns, { names: 'mu' as never }), "plot.marginals: names must be an array of names; got 'mu'."],
    ['a strange reference', () => plot.marginals(columns, { reference: { x: [1] } }), 'plot.marginals: reference must hold a column among mu, tau, theta[0]; got x.'],
    ['a list as reference', () => plot.marginals(columns, { reference: [1] as never }), 'plot.marginals: reference must be an object of columns by name; got Array of length 1.'],
    ['NaN in the reference', () => plot.marginals(columns, { reference: { mu: [NaN] } }), 'plot.marginals: reference.mu must be finite and at most 1e+300 in size; got NaN at index 0.'],
    ['one label', () => plot.marginals(columns, { labels: ['a'] as never }), 'plot.marginals: labels must have length 2; got 1.'],
    ['narrow', () => plot.marginals(columns, { width: 0.5 }), 'plot.marginals: width must be an integer of at least 160; got 0.5.'],
    ['an unknown option', () => plot.marginals(columns, { bins: 3 } as never), "plot.marginals: options must be among title, width, names, reference, labels; got 'bins'."],
  ])('refuses %s', (_, call, message) => expect(call).toThrow(message)); // prettier-ignore
});

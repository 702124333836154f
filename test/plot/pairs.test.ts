import { describe, expect, it } from 'vitest';
import { plot } from '../../src/index.js';
import { normals } from './draws.js';
import { type Element, parse, texts, withClass } from './xml.js';

const x = normals(5000);
const columns = { x, y: normals(5000, 2).map((z, i) => 0.8 * x[i] + 0.6 * z), z: normals(5000, 3) };

type Point = readonly [number, number];

const rings = (region: Element): Point[][] =>
  region.attributes.d
    .split('Z')
    .slice(0, -1)
    .map((ring) => [...ring.matchAll(/([\d.]+) ([\d.]+)/g)].map(([, a, b]) => [Number(a), Number(b)]));

const draws = (path: Element): Point[] =>
  [...path.attributes.d.matchAll(/M([\d.]+) ([\d.]+)h0/g)].map(([, a, b]) => [Number(a), Number(b)]);

/** Whether a ray to the right crosses rings an odd number of times. */
const isInside = ([px, py]: Point, shape: Point[][]): boolean =>
  shape
    .flatMap((ring) => ring.map((point, i) => [point, ring[(i + 1) % ring.length]]))
    .filter(([[ax, ay], [bx, by]]) => ay > py !== by > py && px < ax + ((py - ay) / (by - ay)) * (bx - ax)).length %
    2 ===
  1;

describe('plot.pairs', () => {
  it('has the lower triangle: a density for each name, draws and two regions for each pair', () => {
    const root = parse(plot.pairs(columns, { title: 'Three' }));
    expect(withClass(root, 'name').map(({ text }) => text)).toEqual(['x', 'y', 'z']);
    expect(withClass(root, 'line')).toHaveLength(3);
    expect(withClass(root, 'draws')).toHaveLength(3);
    expect(withClass(root, 'region')).toHaveLength(6);
    expect(root.children[0].text).toBe('Three');
  });

  it('has regions that hold 90 % and 50 % of the draws', () => {
    const root = parse(plot.pairs({ x, y: columns.y }, { width: 800 }));
    const points = draws(withClass(root, 'draws')[0]);
    expect(points).toHaveLength(1000);
    const [wide, narrow] = withClass(root, 'region').map(rings);
    const within = (shape: Point[][]): number => points.filter((point) => isInside(point, shape)).length / points.length;
    // Of 1000 draws, give or take three deviations; and a smoothed density is a little wider.
    expect(within(wide)).toBeGreaterThan(0.9 - 0.03);
    expect(within(wide)).toBeLessThan(0.9 + 0.05);
    expect(within(narrow)).toBeGreaterThan(0.5 - 0.05);
    expect(within(narrow)).toBeLessThan(0.5 + 0.08);
  });

  it('draws up to 1000 evenly spaced draws, in small panels fewer', () => {
    const count = (width: number, of: number): number =>
      draws(withClass(parse(plot.pairs({ x: x.subarray(0, of), y: columns.y.subarray(0, of) }, { width })), 'draws')[0]).length;
    expect([count(480, 300), count(480, 1001), count(480, 5000)]).toEqual([300, 1000, 1000]);
    expect(count(200, 5000)).toBeLessThan(500);
  });

  it('is the same each time, and of columns of any kind', () => {
    expect(plot.pairs({ x: [...x], y: [...columns.y] })).toBe(plot.pairs({ x, y: columns.y }));
  });

  it.each([
    ['one name', { x }],
    ['one draw', { a: [1], b: [2] }],
    ['two draws', { a: [1, 2], b: [2, 1] }],
    ['a constant', { x, c: new Float64Array(5000).fill(3) }],
    ['constants', { a: [0, 0], b: [1, 1] }],
    ['a column and itself', { x, same: x.slice() }],
    ['the largest and the smallest', { a: [-1e300, 1e300, 0], b: [1e-310, 0, 5e-324] }],
    ['a far one', { x, far: x.map((value, i) => (i === 7 ? 1e300 : value)) }],
    ['numbers that differ in the twelfth digit', { x, y: x.map((value) => 1e12 + value) }],
  ])('draws %s', (_, given) => {
    const svg = plot.pairs(given);
    expect(parse(svg).name).toBe('svg');
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    expect(withClass(parse(svg), 'line')).toHaveLength(Object.keys(given).length);
  });

  const seven = Object.fromEntries([...'abcdefg'].map((name) => [name, [1, 2, 3]]));

  it('draws more than six names when they are chosen', () => {
    const root = parse(plot.pairs(seven, { names: Object.keys(seven) }));
    expect(root.attributes.width).toBe('700');
    expect(withClass(root, 'draws')).toHaveLength(21);
    expect(texts(parse(plot.pairs(seven, { names: ['b', 'a'] })))).not.toContain('c');
  });

  it.each<[string, () => unknown, string]>([
    ['seven columns', () => plot.pairs(seven), 'plot.pairs: columns must be at most 6, or chosen by options.names; got 7.'],
    ['no columns', () => plot.pairs({}), 'plot.pairs: columns must hold at least one column; got none.'],
    ['an empty column', () => plot.pairs({ a: [], b: [] }), 'plot.pairs: columns.a must hold at least one number; got none.'],
    ['NaN', () => plot.pairs({ a: [NaN], b: [1] }), 'plot.pairs: columns.a must be finite and at most 1e+300 in size; got NaN at index 0.'],
    ['other lengths', () => plot.pairs({ a: [1], b: [1, 2] }), 'plot.pairs: columns.b must have the length of a, 1; got 2.'],
    ['an unknown name', () => plot.pairs(columns, { names: ['x', 'w'] }), "plot.pairs: names must be among x, y, z; got 'w'."],
    ['narrow', () => plot.pairs(seven, { names: Object.keys(seven), width: 270 }), 'plot.pairs: width must be an integer of at least 280; got 270.'],
    ['null', () => plot.pairs(null as never), 'plot.pairs: columns must be an object of columns by name; got null.'],
    ['an unknown option', () => plot.pairs(columns, { height: 3 } as never), "plot.pairs: options must be among title, width, names; got 'height'."],
  ])('refuses %s', (_, call, message) => expect(call).toThrow(message)); // prettier-ignore
});

import { describe, expect, it } from 'vitest';
import { plot } from '../../src/index.js';
import { normals } from './draws.js';
import { parse, texts, withClass } from './xml.js';

/** A fit that plunges to `low` in its first steps and ends at `end`. */
const fit = (end: number, low = -1e6, steps = 2000): Float64Array =>
  normals(steps).map((z, i) => end + 0.5 * z + low * Math.exp(-i / 10) - 20 * Math.exp(-i / 150));

const numbers = (svg: string): number[] =>
  texts(parse(svg))
    .filter((label) => /^−?[\d.]+$/.test(label))
    .map((label) => Number(label.replace('−', '-')));

describe('plot.trace', () => {
  it('is a picture that says what it is', () => {
    const root = parse(plot.trace([fit(-31)], { title: 'Eight < schools & "more"' }));
    expect(root.attributes).toMatchObject({ role: 'img', viewBox: '0 0 480 284', width: '480', height: '284' });
    expect(root.children[0]).toMatchObject({ name: 'title', text: 'Eight < schools & "more"' });
    expect(texts(root)).toContain('Eight < schools & "more"');
    expect(parse(plot.trace([fit(-31)])).children[0].text).toBe('ELBO over the steps of a fit');
  });

  it('shows where a fit ends, whatever it plunged from', () => {
    for (const low of [-1e3, -1e6, -1e12]) {
      const heights = numbers(plot.trace([fit(-31, low)])).filter((value) => value < 0);
      expect(Math.min(...heights)).toBeGreaterThan(-60);
      expect(Math.max(...heights)).toBeGreaterThan(-32);
    }
  });

  it('has a colour and a name for each restart, dashed from the seventh on', () => {
    const root = parse(plot.trace(Array.from({ length: 8 }, (_, i) => fit(-31 - i))));
    expect(texts(root).filter((label) => label.startsWith('restart'))).toEqual(
      [1, 2, 3, 4, 5, 6, 7, 8].map((i) => `restart ${i}`),
    );
    expect(withClass(root, 'raw')).toHaveLength(8);
    expect(withClass(root, 'line')).toHaveLength(16);
    expect(withClass(root, 's5')).toHaveLength(3);
    expect(withClass(root, 's0').map(({ attributes }) => attributes.class)).toContain('s0 dashed');
    expect(texts(parse(plot.trace([fit(0)], { labels: ['mine'] })))).toContain('mine');
    expect(texts(parse(plot.trace([fit(0)])))).not.toContain('restart 1');
  });

  it('marks a restart that ends out of sight, and does not flatten the others for it', () => {
    const svg = plot.trace([fit(-31), fit(-31.5), fit(-5000)]);
    expect(texts(parse(svg))).toEqual(expect.arrayContaining(['restart 2', 'restart 3 ↓']));
    expect(Math.min(...numbers(svg))).toBeGreaterThan(-60);
    expect(texts(parse(plot.trace([fit(-31), fit(-40)])))).toContain('restart 2');
  });

  it('smooths by the mean of a window: of ±1 in turn, 0 within 1/33', () => {
    const root = parse(plot.trace([Float64Array.from({ length: 960 }, (_, i) => (i % 2 === 0 ? 1 : -1))], { height: 266 }));
    const [line] = withClass(root, 'line');
    const heights = [...line.attributes.d.matchAll(/[\d.]+ ([\d.]+)/g)].map(([, y]) => Number(y));
    // 200 pixels are 2.12 high, their middle is 0
    expect(Math.max(...heights.slice(20, -20).map((y) => Math.abs(y - 100)))).toBeLessThan(200 / 2.12 / 30);
  });

  it('leaves gaps where a step had no finite ELBO', () => {
    const svg = plot.trace([Float64Array.of(-3, -2, -Infinity, -1.5, -Infinity, -1.2, -1)]);
    const d = withClass(parse(svg), 'line')[0].attributes.d;
    expect(d.match(/M/g)).toHaveLength(3);
    expect(d.match(/h0/g)).toHaveLength(1);
    const sparse = fit(-31).map((value, i) => (i > 500 && i < 1000 ? -Infinity : value));
    expect(withClass(parse(plot.trace([sparse])), 'raw')[0].attributes.d.match(/M/g)).toHaveLength(2);
  });

  it('stays small: 200 000 steps take no more than 2000', () => {
    expect(plot.trace([fit(-31, -1e6, 200_000)]).length).toBeLessThan(20_000);
  });

  it.each([
    ['one value', [[-3]]],
    ['one value again and again', [new Array(100).fill(-3)]],
    ['values that rounding alone tells apart', [[1e15, 1e15 + 0.125, 1e15]]],
    ['the largest and the smallest', [[-1e300, 1e300]]],
    ['tiny ones', [[5e-324, 0, 1e-310]]],
  ])('draws %s', (_, traces) => {
    const svg = plot.trace(traces.map((each) => Float64Array.from(each)));
    expect(parse(svg).name).toBe('svg');
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('has the steps it is given', () => {
    const svg = plot.trace([fit(-31, -1e6, 20)], { steps: Array.from({ length: 20 }, (_, i) => 500 * (i + 1)) });
    expect(texts(parse(svg))).toEqual(expect.arrayContaining(['2000', '10000']));
  });

  it.each<[string, () => unknown, string]>([
    ['no list', () => plot.trace(3 as never), 'plot.trace: traces must be an array of traces; got 3.'],
    ['no trace', () => plot.trace([]), 'plot.trace: traces must hold at least one trace; got none.'],
    ['an empty trace', () => plot.trace([fit(0), new Float64Array(0)]), 'plot.trace: traces[1] must hold a finite number; got no number.'],
    ['−∞ alone', () => plot.trace([Float64Array.of(-Infinity)]), 'plot.trace: traces[0] must hold a finite number; got -Infinity alone.'],
    ['NaN', () => plot.trace([Float64Array.of(0, NaN)]), 'plot.trace: traces[0] must be -Infinity, or finite and at most 1e+300 in size; got NaN at index 1.'],
    ['∞', () => plot.trace([Float64Array.of(Infinity)]), 'plot.trace: traces[0] must be -Infinity, or finite and at most 1e+300 in size; got Infinity at index 0.'],
    ['text', () => plot.trace([['a'] as never]), "plot.trace: traces[0] must hold numbers; got 'a' at index 0."],
    ['few steps', () => plot.trace([fit(0)], { steps: [1, 2] }), 'plot.trace: steps must hold 2000 numbers; got 2.'],
    ['steps back', () => plot.trace([Float64Array.of(1, 2)], { steps: [1, 1] }), 'plot.trace: steps must ascend; got 1 at index 1.'],
    ['few labels', () => plot.trace([fit(0)], { labels: [] }), 'plot.trace: labels must have length 1; got 0.'],
    ['other labels', () => plot.trace([fit(0)], { labels: [3 as never] }), 'plot.trace: labels must be an array of texts; got Array of length 1.'],
    ['another title', () => plot.trace([fit(0)], { title: 3 as never }), 'plot.trace: title must be text; got 3.'],
    ['narrow', () => plot.trace([fit(0)], { width: 100 }), 'plot.trace: width must be an integer of at least 160; got 100.'],
    ['low', () => plot.trace([fit(0)], { height: 100 }), 'plot.trace: height must be an integer of at least 120; got 100.'],
    ['too wide', () => plot.trace([fit(0)], { width: 1e6 }), 'plot.trace: width must be at most 10000; got 1000000.'],
    ['an unknown option', () => plot.trace([fit(0)], { colour: 'red' } as never), "plot.trace: options must be among title, width, height, steps, labels; got 'colour'."],
  ])('refuses %s', (_, call, message) => expect(call).toThrow(message)); // prettier-ignore
});

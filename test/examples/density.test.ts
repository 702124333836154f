// The example runs as a newcomer runs it, only shorter; the mixture it compares with is held against what it must find.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

interface Random {
  uniform(): number;
  normal(): number;
}
type LogProb = (rows: Float64Array) => Float64Array;

/** A module of the example, which is JavaScript. */
const load = (name: string) => import(new URL(`../../examples/density/${name}.mjs`, import.meta.url).href);
const { fitMixture } = (await load('gaussian-mixture')) as {
  fitMixture(data: Float64Array, dim: number, components: number, seed: number): LogProb;
};
const { generator } = (await load('random')) as { generator(seed: number): Random };
const { drawToy, TOYS } = (await load('toys')) as {
  drawToy(name: string, count: number, seed: number): Float64Array;
  TOYS: Record<string, { half: number; goal: number }>;
};

let out: string;
beforeAll(() => {
  out = mkdtempSync(join(tmpdir(), 'density-'));
});
afterAll(() => rmSync(out, { recursive: true }));

describe('examples/density/main.mjs', () => {
  it('prints a row for each toy, with its goal, and draws it', () => {
    const { status, stdout } = run(['--only', 'toys', '--steps', '20', '--seeds', '2', '--out', out]);
    expect(status).toBe(0);
    for (const [name, { goal }] of Object.entries(TOYS)) {
      expect(stdout).toMatch(new RegExp(`\\n${name} +\\d\\.\\d{3} +≤ ${goal} .*( +\\d\\.\\d{3}){2}\\n`));
      const svg = readFileSync(join(out, `${name.replace(' ', '-')}.svg`), 'utf8');
      expect(svg.match(/href="data:image\/png;base64,/g)).toHaveLength(3);
    }
  });

  it('prints validation and test of a flow and a mixture for each table', () => {
    const { status, stdout } = run(['--only', 'tables', '--epochs', '1']);
    expect(status).toBe(0);
    for (const name of ['power-plant', 'wine-quality-red'])
      expect(stdout).toMatch(new RegExp(`\\n${name} .*( +−?\\d+\\.\\d{3} ± \\d\\.\\d{3}){2}\\n`));
  });
});

describe('toys', () => {
  it.each(Object.keys(TOYS))('draws %s: the same rows for a seed, inside the picture', (name) => {
    const rows = drawToy(name, 1000, 3);
    expect(drawToy(name, 1000, 3)).toEqual(rows);
    const { half } = TOYS[name];
    expect(rows.every((value) => Math.abs(value) < half)).toBe(true);
  });

  it('fills the black squares of the checkerboard, all eight alike', () => {
    const rows = drawToy('checkerboard', 80_000, 1);
    const squares = new Map<string, number>();
    for (let i = 0; i < rows.length; i += 2) {
      const [line, column] = [Math.floor((rows[i] + 4) / 2), Math.floor((rows[i + 1] + 4) / 2)];
      expect((line + column) % 2).toBe(0);
      squares.set(`${line} ${column}`, (squares.get(`${line} ${column}`) ?? 0) + 1);
    }
    expect(squares.size).toBe(8);
    // Five standard deviations of a count of 10 000.
    for (const count of squares.values()) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });
});

describe('fitMixture', () => {
  it('has the closed density of the one Gaussian that its moments give', () => {
    const rows = Float64Array.of(0, 0, 2, 1, 4, 5, 2, 2); // mean (2, 2), covariance [[2, 2.5], [2.5, 3.5]], determinant 0.75
    const logProb = fitMixture(rows, 2, 1, 1)(Float64Array.of(2, 2));
    expect(logProb[0]).toBeCloseTo(-Math.log(2 * Math.PI) - 0.5 * Math.log(0.75), 4);
  });

  it('finds two clusters, to the entropy of the mixture that they come from', () => {
    const { uniform, normal } = generator(5);
    const rows = new Float64Array(8000);
    for (let i = 0; i < rows.length; i += 2) {
      rows[i] = (uniform() < 0.25 ? -6 : 6) + normal();
      rows[i + 1] = 0.5 * normal();
    }
    const logProb = fitMixture(rows, 2, 2, 1)(rows);
    const nll = -logProb.reduce((sum, value) => sum + value, 0) / 4000;
    const entropy = Math.log(2 * Math.PI * Math.E) + Math.log(0.5) - 0.25 * Math.log(0.25) - 0.75 * Math.log(0.75);
    // Three standard errors of 4000 rows.
    expect(Math.abs(nll - entropy)).toBeLessThan(0.06);
  });
});

function run(args: string[]): { status: number | null; stdout: string } {
  return spawnSync(process.execPath, [join('examples', 'density', 'main.mjs'), ...args], { encoding: 'utf8' });
}

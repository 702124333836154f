// The pictures of docs/transforms and docs/maps, what a regular grid of z becomes, or a map of one number as a curve; those of docs/plots.md,
// which its example draws; and those of docs/examples, which the programs of examples/models draw.
//
//   node docs/pictures.mjs                   draws them
//   node docs/pictures.mjs --check           says whether the files are what would be drawn
//   node docs/pictures.mjs transforms maps   only those of some folders: transforms, maps, plots, examples

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import ts from 'typescript';
import * as library from '../dist/index.js';
import {
  actNorm,
  affine,
  autoregressive,
  chain,
  conditional,
  coupling,
  elementwise,
  Flow,
  householder,
  invert,
  fullAffine,
  lu,
  maps,
  normal,
  planar,
  plu,
  radial,
  reversal,
  supports,
  sylvester,
} from '../dist/index.js';

const SIZE = 240;
const RANGE = 3;
const LINES = 13;
const POINTS = 61;

/** Parameters that bend visibly, the same everywhere. */
function wavy(flow, size) {
  flow.setParameters(flow.getParameters().map((_, k) => size * Math.sin(7 * k + 1)));
  return flow;
}

const NETWORK = { hidden: [8], activation: 'tanh' };
const GRIDS = {
  'transforms/planar': { transform: planar(2), parameters: [1.5, 1, 1.5, 1, 0] },
  'transforms/radial': { transform: radial(2), parameters: [0.5, 0.5, 1, 2.5] },
  'transforms/affine': { transform: affine(2), parameters: [0.5, -0.5, 0.4, -0.5] },
  'transforms/act-norm': { transform: actNorm(2), parameters: [-0.3, 0.4, 0.5, -0.5, 1] },
  'transforms/chain': { transform: chain([planar(2), radial(2)]), parameters: [1, -1, 1, -1, 0, -0.5, 0.5, 1, 2] },
  'transforms/sylvester': { transform: sylvester(2, { kind: 'orthogonal' }), size: 1 },
  'transforms/full-affine': { transform: fullAffine(2), parameters: [0.3, -0.2, 0.2, -0.3, 0.8] },
  'transforms/lu': { transform: lu(2), parameters: [0.4, -0.6, 0.9, 0.3, 0, 0] },
  'transforms/plu': { transform: plu(2), parameters: [0.5, -0.4, 0.3, -0.2] },
  'transforms/householder': { transform: householder(2, { reflections: 2 }), parameters: [1, 0.2, 1, 0.6] },
  'transforms/permutation': { transform: chain([affine(2), reversal(2)]), parameters: [0.8, 0, 0, -0.6] },
  'transforms/invert': { transform: invert(planar(2)), parameters: [1.5, 1, 1.5, 1, 0] },
  'transforms/elementwise': { transform: elementwise(2, maps.spline({ bins: 4 })), size: 2 },
  'transforms/coupling': { transform: coupling(2, NETWORK), size: 0.9 },
  'transforms/autoregressive': { transform: autoregressive(2, NETWORK), size: 0.9 },
  'transforms/conditional': { transform: conditional(planar(2), { context: 1, ...NETWORK }), size: 1.2, context: [[0.7]] },
  'transforms/ordered': { transform: supports.ordered(2), window: [-3, 4] },
  'transforms/simplex': { transform: supports.simplex(3), window: [-0.1, 1.1] },
  'transforms/supports': { transform: supports.interval(2, 0, 1), window: [-0.1, 1.1] },
};

const CURVES = {
  'maps/affine': { map: maps.affine(), parameters: [0.5, 0.5] },
  'maps/additive': { map: maps.additive(), parameters: [1] },
  'maps/spline': { map: maps.spline({ bins: 5 }), parameters: [0, 1, -1, 2, 0, 1, 0, 2, -1, 1, -2, 2, -1, 1] },
  'maps/bound': { map: maps.exp() },
  'maps/interval': { map: maps.interval({ low: -1, high: 2 }) },
  'maps/softplus': { map: maps.softplus() },
  'maps/tanh': { map: maps.tanh() },
  'maps/leaky-relu': { map: maps.leakyRelu({ slope: 0.2 }) },
};

function grid({ transform, parameters, size = 1, window: [low, high] = [-4, 4], context }) {
  const flow = new Flow({ base: normal(transform.dim), transforms: [transform] });
  if (parameters !== undefined) flow.setParameters(parameters);
  else wavy(flow, size);
  const place = (value) => ((value - low) / (high - low)) * SIZE;
  const paths = [0, 1].flatMap((axis) =>
    Array.from({ length: LINES }, (_, line) => {
      const fixed = -RANGE + (2 * RANGE * line) / (LINES - 1);
      const z = Array.from({ length: POINTS }, (_, k) => {
        const running = -RANGE + (2 * RANGE * k) / (POINTS - 1);
        return axis === 0 ? [running, fixed] : [fixed, running];
      });
      const { x } = flow.forward(z, context === undefined ? {} : { context });
      const points = z.map((_, k) => [place(x[flow.dim * k]), SIZE - place(x[flow.dim * k + 1])]);
      return { colour: axis === 0 ? '#2f6f9f' : '#c2553a', points };
    }),
  );
  flow.dispose();
  return svg(paths);
}

function curve({ map, parameters = [] }) {
  const flow = new Flow({ base: normal(1), transforms: [elementwise(1, map)] });
  flow.setParameters(parameters);
  const z = Array.from({ length: 121 }, (_, k) => [-4 + (8 * k) / 120]);
  const { x } = flow.forward(z);
  flow.dispose();
  const place = (value) => ((value + 4) / 8) * SIZE;
  const points = z.map(([value], k) => [place(value), SIZE - place(x[k])]);
  const axes = [
    {
      colour: '#bbbbbb',
      points: [
        [0, SIZE / 2],
        [SIZE, SIZE / 2],
      ],
    },
    {
      colour: '#bbbbbb',
      points: [
        [SIZE / 2, 0],
        [SIZE / 2, SIZE],
      ],
    },
  ];
  return svg([...axes, { colour: '#2f6f9f', points }]);
}

function svg(paths) {
  const lines = paths.map(
    ({ colour, points }) => `<path stroke="${colour}" d="M${points.map((p) => p.map(rounded).join(' ')).join('L')}"/>`,
  );
  const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIZE} ${SIZE}" width="${SIZE}" height="${SIZE}">`;
  return `${head}\n<rect width="${SIZE}" height="${SIZE}" fill="white"/>\n<g fill="none" stroke-width="1">\n${lines.join('\n')}\n</g>\n</svg>\n`;
}

/** To a tenth of a pixel, and not far outside. */
function rounded(value) {
  return Math.round(10 * Math.min(Math.max(value, -SIZE), 2 * SIZE)) / 10;
}

/** What the example of docs/plots.md draws, run as it stands there. */
async function plots() {
  const [, code] = /```js\n([^]*?)```/.exec(readFileSync(new URL('plots.md', import.meta.url), 'utf8'));
  const names = Object.keys(library);
  const script = ts.transpile(code.replace(/^import .*$/m, ''), { target: ts.ScriptTarget.ES2022 });
  const AsyncFunction = Object.getPrototypeOf(plots).constructor;
  const run = new AsyncFunction(...names, `${script}; return { traces, marginals, pairs };`);
  const { traces, marginals, pairs } = await run(...names.map((name) => library[name]));
  return Object.entries({ 'plots/trace': traces, 'plots/marginals': marginals, 'plots/pairs': pairs });
}

/** What each program of examples/models draws. */
async function examples() {
  const pages = readdirSync(new URL('examples', import.meta.url)).filter((file) => file.endsWith('.md'));
  const drawn = [];
  for (const name of pages.map((page) => page.replace('.md', ''))) {
    const { run } = await import(new URL(`../examples/models/${name}.mjs`, import.meta.url).href);
    drawn.push([`examples/${name}`, (await run()).picture]);
  }
  return drawn;
}

const FOLDERS = {
  transforms: () => Object.entries(GRIDS).map(([name, setting]) => [name, grid(setting)]),
  maps: () => Object.entries(CURVES).map(([name, setting]) => [name, curve(setting)]),
  plots,
  examples,
};

const { values: options, positionals } = parseArgs({ options: { check: { type: 'boolean' } }, allowPositionals: true });
const pictures = [];
for (const folder of positionals.length > 0 ? positionals : Object.keys(FOLDERS)) pictures.push(...(await FOLDERS[folder]()));
let stale = 0;
for (const [name, picture] of pictures) {
  const file = new URL(`${name}.svg`, import.meta.url);
  if (!options.check) writeFileSync(file, picture);
  else if (!existsSync(file) || readFileSync(file, 'utf8') !== picture) {
    console.error(`docs/${name}.svg is not what node docs/pictures.mjs draws.`);
    stale++;
  }
}
process.exitCode = stale > 0 ? 1 : 0;

// Flows fitted to two tables of measurements, beside mixtures of Gaussians. Architectures and learning rates were chosen by the
// validation part alone, which also stops the fits; the test part is only scored.

import { readFileSync } from 'node:fs';
import { adam, autoregressive, coupling, cosineDecay, fitToData, Flow, invert, lu, maps, normal } from 'normalizing-flows';
import { fixed, table } from '../paper/table.mjs';
import { fitMixture } from './gaussian-mixture.mjs';

const PATIENCE = 40;
/** Runs of expectation maximisation; the validation part chooses among them. */
const MIXTURES = 5;

/** `layers(dim)` from base to data; `components` of the mixture to beat, in the mean of paired differences. */
const TABLES = [
  {
    name: 'power-plant',
    dim: 5,
    goal: '≥ −3.45',
    epochs: 60,
    batchSize: 256,
    learningRate: 3e-3,
    components: 20,
    layers(dim) {
      const map = maps.spline({ bins: 16, bound: 5 });
      return Array.from({ length: 8 }, (_, k) => invert(coupling(dim, { map, mask: k % 2 === 0 ? 'even' : 'odd' })));
    },
  },
  {
    name: 'wine-quality-red',
    dim: 11,
    goal: 'the mixture',
    epochs: 40,
    batchSize: 128,
    learningRate: 2e-3,
    components: 10,
    layers(dim) {
      const map = maps.spline({ bins: 8, bound: 5 });
      const orders = [Array.from({ length: dim }, (_, j) => j), Array.from({ length: dim }, (_, j) => dim - 1 - j)];
      return orders.flatMap((order) => [invert(autoregressive(dim, { map, hidden: [64], activation: 'tanh', order })), lu(dim)]);
    },
  },
];

/** Fits a flow and a mixture to each table. */
export async function fitTables({ epochs, onFit }) {
  const rows = [];
  for (const options of TABLES) {
    const { name, goal, dim } = options;
    const [training, validation, test] = ['train', 'val', 'test'].map((part) => read(`${name}-${part}`));
    const flow = new Flow({ base: normal(dim), transforms: options.layers(dim), seed: 1 });
    try {
      const { bestStep } = await fitToData(flow, training, {
        epochs: epochs ?? options.epochs,
        batchSize: options.batchSize,
        validation,
        patience: PATIENCE,
        optimizer: adam({ learningRate: options.learningRate }),
        schedule: cosineDecay(),
      });
      onFit(`${name}, flow, best step ${bestStep}`, -mean(flow.logProb(validation)).value);
      const mixture = bestMixture(training, validation, options);
      onFit(`${name}, mixture`, -mean(mixture(validation)).value);
      const [own, other] = [flow.logProb(test), mixture(test)];
      const lead = own.map((value, row) => value - other[row]);
      const cells = [flow.logProb(validation), own, other, lead].map(withError);
      rows.push([name, String(flow.parameterCount), ...cells.slice(0, 2), goal, String(options.components), ...cells.slice(2)]);
    } finally {
      flow.dispose();
    }
  }
  return table([['table', 'parameters', 'validation', 'test', 'goal', 'K', 'mixture, test', 'flow − mixture, test'], ...rows]);
}

function bestMixture(training, validation, { dim, components }) {
  const runs = Array.from({ length: MIXTURES }, (_, k) => fitMixture(training, dim, components, k + 1));
  return runs.reduce((best, run) => (mean(run(validation)).value > mean(best(validation)).value ? run : best));
}

/** [rows × columns] of a file. */
function read(file) {
  const lines = readFileSync(new URL(`data/${file}.csv`, import.meta.url), 'utf8')
    .trim()
    .split('\n');
  return Float64Array.from(lines.flatMap((line) => line.split(',').map(Number)));
}

function mean(values) {
  const value = values.reduce((sum, each) => sum + each, 0) / values.length;
  const variance = values.reduce((sum, each) => sum + (each - value) ** 2, 0) / (values.length - 1);
  return { value, error: Math.sqrt(variance / values.length) };
}

function withError(values) {
  const { value, error } = mean(values);
  return `${fixed(value, 3)} ± ${fixed(error, 3)}`;
}

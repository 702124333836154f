import { normal } from '../bases/normal.js';
import { Flow } from '../flow.js';
import { requireFlow } from '../inference/fit-options.js';
import { elementwise } from '../transforms/elementwise.js';
import { naturalLog } from '../runtime/math.js';
import { affine } from '../transforms/affine.js';
import { autoregressive } from '../transforms/autoregressive.js';
import { fullAffine } from '../transforms/full-affine.js';
import type { Transform } from '../transforms/transform.js';
import type { PosteriorFlow } from './options.js';
import type { Approximation } from './pathfinder.js';
import { quantileMap } from './quantiles.js';

const HIDDEN = 32;
/** Above, layers grow with the square of the dimension faster than they help. */
const MANY = 64;

/**
 * The flow that is fitted to a posterior: layers that bend, an affine one, and behind them, not trained, the location and the scale that were
 * found. It starts as that normal distribution, but for a flow of the user's.
 *
 * @throws {TypeError | RangeError} when a function of the user's makes no flow of that dimension
 */
export function approximate(where: string, kind: PosteriorFlow, { location, factor }: Approximation, seed: bigint): Flow {
  const dim = location.length;
  const scale = fullAffine(dim, { trainable: false });
  const [base, transforms, parameters] = partsOf(where, kind, dim, seed);
  const flow = new Flow({ base, transforms: [...transforms, scale], seed });
  const last = `transforms.${transforms.length}`;
  const isDiagonal = kind === 'mean-field';
  const rows = Array.from({ length: dim }, (_, i) => factor.subarray(i * dim, i * dim + i + 1));
  const diagonal = rows.map((row, i) => row[i]);
  const lower = rows.flatMap((row, i) => Array.from(row.subarray(0, i), (entry) => (isDiagonal ? 0 : entry / row[i])));
  try {
    if (parameters !== undefined) flow.setParameters([...parameters, ...flow.getParameters().subarray(parameters.length)]);
    flow.setParameters({ [`${last}.shift`]: location, [`${last}.logScale`]: diagonal.map(naturalLog), [`${last}.lower`]: lower });
    return flow;
  } catch (error) {
    flow.dispose();
    throw error;
  }
}

/** Base, layers, and parameters where they are not the initial ones. */
function partsOf(
  where: string,
  kind: PosteriorFlow,
  dim: number,
  seed: bigint,
): [Flow['base'], readonly Transform[], Float64Array?] {
  if (kind === 'mean-field') return [normal(dim), [affine(dim)]];
  if (kind === 'full-rank') return [normal(dim), [fullAffine(dim)]];
  if (kind === 'autoregressive') return [normal(dim), [...bendingLayers(dim), fullAffine(dim)]];
  const made = kind({ dim, seed });
  requireFlow(where, made);
  const { base, transforms } = made;
  const parameters = made.getParameters();
  made.dispose();
  if (made.dim !== dim || made.context > 0)
    throw new RangeError(
      `${where}: flow must make a flow of dim ${dim} without a context; got dim ${made.dim}, context ${made.context}.`,
    );
  return [base, transforms, parameters];
}

/** One feature has no other to depend on: a spline bends it. */
function bendingLayers(dim: number): Transform[] {
  if (dim === 1) return [elementwise(1, quantileMap())];
  const [layers, hidden] = dim > MANY ? [2, dim] : [4, Math.max(HIDDEN, 2 * dim)];
  return Array.from({ length: layers }, (_, k) => {
    const order = Array.from({ length: dim }, (__, j) => (k % 2 === 0 ? j : dim - 1 - j));
    return autoregressive(dim, { order, hidden: [hidden], activation: 'silu' });
  });
}

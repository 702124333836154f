import { requireFinite } from '../arguments.js';
import { normal } from '../bases/normal.js';
import { flowConstants } from '../flow.js';
import { type Architecture, mapProgram } from '../flow-programs.js';
import { Execution, ParameterStore } from '../program/execution.js';
import { layersOf } from '../transforms/chain.js';
import { type Transform, dataDimOf, parameterCount } from '../transforms/transform.js';
import { type Sample, withoutDensity } from './likelihood.js';

/**
 * Lets layers choose their initial parameters by data, the last first: each sees the rows as they come out of the inverses of those
 * behind it.
 *
 * @param parameters of the flow; changed in place
 * @throws {RangeError} for a row that an inverse takes to what is not finite, or when a layer chooses parameters it refuses
 */
export function initializeFromData(where: string, { transforms }: Architecture, parameters: Float64Array, sample: Sample): void {
  const [x, ...context] = sample.rows(0, sample.count);
  const layers = transforms.flatMap(layersOf);
  const first = layers.findIndex((layer) => layer.initializeFromData !== undefined);
  let end = parameters.length;
  let rows = x;
  for (let k = layers.length - 1; k >= first && first >= 0; k--) {
    const layer = layers[k];
    const own = parameters.subarray(end - parameterCount(layer.parameters), end);
    const chosen = layer.initializeFromData?.(rows.slice(), own.slice(), sample.weights?.slice());
    if (chosen !== undefined) {
      requireFinite(where, 'initial parameters', chosen);
      layer.validate(where, chosen);
      own.set(chosen);
    }
    if (k > first) rows = pulledBack(layer, own, rows, context);
    const at = rows.findIndex((value) => !Number.isFinite(value));
    if (at >= 0)
      throw withoutDensity(
        where,
        sample,
        Math.floor(at / layer.dim),
        `which the inverse of '${layer.describe().type}' takes to ${rows[at]}`,
      );
    end -= own.length;
  }
}

/** f⁻¹(x) of one layer */
function pulledBack(layer: Transform, own: Float64Array, x: Float64Array, context: readonly Float64Array[]): Float64Array {
  const store = new ParameterStore(own.length);
  try {
    store.write(own);
    const architecture = { base: normal(layer.dim), transforms: [layer] };
    const execution = new Execution(mapProgram(architecture, 'inverse'), store, flowConstants(architecture));
    try {
      const rows = x.length / dataDimOf(layer);
      const z = new Float64Array(rows * layer.dim);
      execution.run(rows, [x, ...(layer.context ? context : [])], [z, new Float64Array(rows)]);
      return z;
    } finally {
      execution.dispose();
    }
  } finally {
    store.dispose();
  }
}

import { requireFinite } from '../arguments.js';
import { normal } from '../bases/normal.js';
import { flowConstants } from '../flow.js';
import { type Architecture, mapProgram } from '../flow-programs.js';
import { Execution, ParameterStore } from '../program/execution.js';
import { layersOf } from '../transforms/chain.js';
import { type Transform, dataDimOf, parameterCount } from '../transforms/transform.js';
import { type Sample, withoutDensity } from './likelihood.js';

/**
 * Lets the context's layer choose its initial parameters by the context, and layers theirs by data, the last first: each sees the rows as they
 * come out of the inverses of those behind it.
 *
 * @param parameters of the flow; changed in place
 * @param sample the rows that they choose by
 * @throws {RangeError} for a row that an inverse takes to what is not finite, or when a layer chooses parameters it refuses
 */
export function initializeFromData(
  where: string,
  { transforms, contextLayer }: Architecture,
  parameters: Float64Array,
  sample: Sample,
): void {
  const [x, ...given] = sample.rows(0, sample.count);
  let end = parameters.length;
  let context = given;
  if (contextLayer !== undefined) {
    const own = parameters.subarray(end - parameterCount(contextLayer.parameters), end);
    initializeLayer(where, contextLayer, own, given[0], sample.weights);
    context = [pulledBack(contextLayer, own, given[0], [])];
    end -= own.length;
  }
  const layers = transforms.flatMap(layersOf);
  const first = layers.findIndex((layer) => layer.initializeFromData !== undefined);
  let rows = x;
  for (let k = layers.length - 1; k >= first && first >= 0; k--) {
    const layer = layers[k];
    const own = parameters.subarray(end - parameterCount(layer.parameters), end);
    initializeLayer(where, layer, own, rows, sample.weights);
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

function initializeLayer(where: string, layer: Transform, own: Float64Array, rows: Float64Array, weights?: Float64Array): void {
  const chosen = layer.initializeFromData?.(rows.slice(), own.slice(), weights?.slice());
  if (chosen === undefined) return;
  requireFinite(where, 'initial parameters', chosen);
  layer.validate(where, chosen);
  own.set(chosen);
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

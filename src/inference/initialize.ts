import { requireFinite } from '../arguments.js';
import type { Base } from '../bases/base.js';
import { flowConstants } from '../flow.js';
import { type Architecture, mapProgram } from '../flow-programs.js';
import { Execution, ParameterStore } from '../program/execution.js';
import { layersOf } from '../transforms/chain.js';
import { type Transform, parameterCount } from '../transforms/transform.js';

/**
 * Lets layers choose their initial parameters by data, the last first: each sees the rows as they come out of the inverses of those
 * behind it.
 *
 * @param parameters of the flow; changed in place
 * @param x [n × dim]
 * @throws {RangeError} when an inverse overflows, or a layer chooses parameters it refuses
 */
export function initializeFromData(
  where: string,
  { base, transforms }: Architecture,
  parameters: Float64Array,
  x: Float64Array,
): void {
  const layers = transforms.flatMap(layersOf);
  const first = layers.findIndex((layer) => layer.initializeFromData !== undefined);
  let end = parameters.length;
  let rows = x;
  for (let k = layers.length - 1; k >= first && first >= 0; k--) {
    const layer = layers[k];
    const own = parameters.subarray(end - parameterCount(layer.parameters), end);
    const chosen = layer.initializeFromData?.(rows.slice(), own.slice());
    if (chosen !== undefined) {
      requireFinite(where, 'initial parameters', chosen);
      layer.validate(where, chosen);
      own.set(chosen);
    }
    if (k > first) rows = pulledBack(base, layer, own, rows);
    requireFinite(where, 'rows on their way back to the base', rows);
    end -= own.length;
  }
}

/** f⁻¹(x) of one layer */
function pulledBack(base: Base, layer: Transform, own: Float64Array, x: Float64Array): Float64Array {
  const before = parameterCount(base.parameters);
  const store = new ParameterStore(before + own.length);
  try {
    const vector = new Float64Array(store.count);
    vector.set(own, before);
    store.write(vector);
    const architecture = { base, transforms: [layer] };
    const execution = new Execution(mapProgram(architecture, 'inverse'), store, flowConstants(architecture));
    try {
      const z = new Float64Array(x.length);
      const rows = x.length / layer.dim;
      execution.run(rows, [x], [z, new Float64Array(rows)]);
      return z;
    } finally {
      execution.dispose();
    }
  } finally {
    store.dispose();
  }
}

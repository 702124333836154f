import { describe } from '../arguments.js';
import type { LogDet, Operand, Recorder } from '../program/recorder.js';

/** What `Flow.load` needs to make the same map again. JSON. */
export interface MapDescription {
  readonly type: string;
  readonly [setting: string]: unknown;
}

/**
 * A monotone function of one number, x_j = f(z_j; θ_j), for every feature with parameters of its own: what element-wise, coupling and
 * autoregressive transforms apply. An immutable description, like a transform.
 *
 * The parameters of a block of m features are m · parameterCount numbers, feature by feature: θ_jk stands at j · parameterCount + k.
 */
export interface ElementwiseMap {
  /** Numbers that the map of one feature depends on. */
  readonly parameterCount: number;
  /** [parameterCount] Where the map is the identity, or as near to it as it can be. */
  readonly identity: readonly number[];
  /** The absolute value beyond which a parameter makes no map; see `ParameterSpec.limit`. */
  readonly limit?: number;
  describe(): MapDescription;
  /**
   * Record x = f(z) of a block, and ln |∂x_j/∂z_j| of every feature.
   *
   * @param parameters [z.rows · parameterCount] doubles shared by all rows, or a block that gives each row its own
   */
  recordForward(recorder: Recorder, z: Operand, parameters: Operand, logDet: LogDet): Operand;
  /** Record z = f⁻¹(x), and ln |∂z_j/∂x_j|. */
  recordInverse(recorder: Recorder, x: Operand, parameters: Operand, logDet: LogDet): Operand;
}

/** @throws {TypeError} unless it is an element-wise map */
export function requireMap(where: string, map: ElementwiseMap): ElementwiseMap {
  if (typeof map?.recordForward === 'function' && typeof map.parameterCount === 'number') return map;
  throw new TypeError(`${where}: map must be an element-wise map, such as maps.affine(); got ${describe(map)}.`);
}

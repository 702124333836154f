import type { LogDet, Operand, Operands, Recorder } from '../program/recorder.js';

/** A parameter of a transform: unconstrained, as it is trained and saved. */
export interface ParameterSpec {
  readonly name: string;
  /** `[]` for a scalar. */
  readonly shape: readonly number[];
  /** The absolute value beyond which a fit has diverged; `validate` accepts what is below. Default 2^490, whose square is finite. */
  readonly limit?: number;
  /** Whether gradients reach it; one that is not trained has the gradient 0. Default true. */
  readonly trainable?: boolean;
  /** Whether all rows must share it, as the weights of a network, which are packed once. Default false. */
  readonly shared?: boolean;
}

/** What `Flow.load` needs to make the same transform again. JSON. */
export interface TransformDescription {
  readonly type: string;
  readonly [setting: string]: unknown;
}

/**
 * One invertible layer, as an immutable description: the flow owns the parameters, so the same description twice means two layers
 * with parameters of their own.
 */
export interface Transform {
  /** Dimension of z, and of x unless `dataDim` says otherwise. */
  readonly dim: number;
  /** Dimension of x where it is another: log-determinants are then those of its first `dim` coordinates, which determine the rest. */
  readonly dataDim?: number;
  /** Numbers of a row of the context that the layer depends on; none where left out. */
  readonly context?: number;
  readonly parameters: readonly ParameterSpec[];
  describe(): TransformDescription;
  /** Initial parameters, in order, from uniform numbers in (0, 1): as many as there are parameters. */
  initialize(uniforms: Float64Array): Float64Array;
  /**
   * Refuses parameter values for which the map is undefined.
   *
   * @throws {RangeError}
   */
  validate(where: string, parameters: Float64Array): void;
  /**
   * Record x = f(z) and ln |det ∂x/∂z|.
   *
   * @param parameters by name: doubles shared by all rows, or blocks that give each row its own
   * @param context [context] the rows' context, for a layer that has one
   */
  recordForward(recorder: Recorder, z: Operand, parameters: Operands, logDet: LogDet, context?: Operand): Operand;
  /** Record z = f⁻¹(x) and ln |det ∂z/∂x|. */
  recordInverse(recorder: Recorder, x: Operand, parameters: Operands, logDet: LogDet, context?: Operand): Operand;
  /**
   * Parameters set from the first data, where a transform has such: `actNorm`, `standardize`. A chain has none: whoever has data goes through its
   * members, the last first, each seeing what those behind it make of the data (`layersOf`).
   *
   * @param rows [n × dim] on this transform's data side
   * @param parameters those it has
   * @param weights [n] of the rows, positive; 1 each where there are none. Only their ratios count
   * @returns new ones, or undefined where data have set them already
   * @throws {RangeError} when the data do not determine them
   */
  initializeFromData?(rows: Float64Array, parameters: Float64Array, weights?: Float64Array): Float64Array | undefined;
}

/** Dimension of x. */
export function dataDimOf({ dim, dataDim }: Pick<Transform, 'dim' | 'dataDim'>): number {
  return dataDim ?? dim;
}

/**
 * Numbers of a row of the context that all of these take, 0 for none.
 *
 * @throws {RangeError} when they differ
 */
export function contextOf(where: string, parts: readonly { readonly context?: number }[]): number {
  const widths = [...new Set(parts.flatMap(({ context = 0 }) => (context > 0 ? [context] : [])))];
  if (widths.length > 1) throw new RangeError(`${where}: layers must share one context width; got ${widths.join(' and ')}.`);
  return widths[0] ?? 0;
}

/** Doubles of one parameter. */
export function sizeOf({ shape }: ParameterSpec): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** Doubles of all parameters. */
export function parameterCount(parameters: readonly ParameterSpec[]): number {
  return parameters.reduce((sum, parameter) => sum + sizeOf(parameter), 0);
}

const DEFAULT_LIMIT = 2 ** 490;

/** The limit of each parameter's each double. */
export function limitsOf(parameters: readonly ParameterSpec[]): Float64Array {
  const limits = new Float64Array(parameters.reduce((sum, parameter) => sum + sizeOf(parameter), 0));
  let at = 0;
  for (const parameter of parameters) limits.fill(parameter.limit ?? DEFAULT_LIMIT, at, (at += sizeOf(parameter)));
  return limits;
}

/** Splits the operand of a whole parameter vector into one operand per parameter. */
export function parameterOperands(parameters: readonly ParameterSpec[], vector: Operand): Operands {
  const operands: Record<string, Operand> = {};
  let { offset } = vector;
  for (const parameter of parameters) {
    const rows = sizeOf(parameter);
    operands[parameter.name] = { ...vector, rows, offset, constant: vector.constant || parameter.trainable === false };
    offset += rows;
  }
  return operands;
}

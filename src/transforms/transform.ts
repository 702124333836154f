import type { LogDet, Operand, Operands, Recorder } from '../program/recorder.js';

/** A parameter of a transform: unconstrained, as it is trained and saved. */
export interface ParameterSpec {
  readonly name: string;
  /** `[]` for a scalar. */
  readonly shape: readonly number[];
  /** The absolute value beyond which a fit has diverged; `validate` accepts what is below. Default 2^490, whose square is finite. */
  readonly limit?: number;
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
  /** Dimension of both sides. */
  readonly dim: number;
  readonly parameters: readonly ParameterSpec[];
  describe(): TransformDescription;
  /** Initial parameters, in order, from uniform numbers in (0, 1): as many as there are parameters. */
  initialize(uniforms: Float64Array): Float64Array;
  /**
   * Parameters chosen by data, before a fit to it.
   *
   * @param rows [n × dim] the data side's, as the layers behind this one send them back
   * @param parameters those that it has
   * @returns the new ones, or undefined where these are to stay
   */
  initializeFromData?(rows: Float64Array, parameters: Float64Array): Float64Array | undefined;
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
   */
  recordForward(recorder: Recorder, z: Operand, parameters: Operands, logDet: LogDet): Operand;
  /** Record z = f⁻¹(x) and ln |det ∂z/∂x|. */
  recordInverse(recorder: Recorder, x: Operand, parameters: Operands, logDet: LogDet): Operand;
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
export function limitsOf(parameters: readonly ParameterSpec[]): number[] {
  return parameters.flatMap((parameter) => new Array<number>(sizeOf(parameter)).fill(parameter.limit ?? DEFAULT_LIMIT));
}

/** Splits the operand of a whole parameter vector into one operand per parameter. */
export function parameterOperands(parameters: readonly ParameterSpec[], vector: Operand): Operands {
  const operands: Record<string, Operand> = {};
  let { offset } = vector;
  for (const parameter of parameters) {
    const rows = sizeOf(parameter);
    operands[parameter.name] = { ...vector, rows, offset };
    offset += rows;
  }
  return operands;
}

import type { Operand, Operands, Recorder } from '../program/recorder.js';
import type { ParameterSpec } from '../transforms/transform.js';

/** What `Flow.load` needs to make the same base again. JSON. */
export interface BaseDescription {
  readonly type: string;
  readonly [setting: string]: unknown;
}

/** The simple distribution that a flow transforms: an immutable description, like a transform. */
export interface Base {
  readonly dim: number;
  /** Numbers of a row of the context that it depends on; none where left out. */
  readonly context?: number;
  /** Trainable parameters; none for a fixed base. */
  readonly parameters: readonly ParameterSpec[];
  /** Fixed numbers that its programs read, such as a location that is not trained. */
  readonly constants: Float64Array;
  describe(): BaseDescription;
  /** Initial parameters, in order, from uniform numbers in (0, 1): as many as there are parameters. */
  initialize(uniforms: Float64Array): Float64Array;
  /** @throws {RangeError} for parameter values without a density. */
  validate(where: string, parameters: Float64Array): void;
  /** A parameter that the samples do not move with, so that gradients through samples miss it: it can be fitted to data only. */
  readonly notThroughSamples?: string;
  /** Record z ~ base and ln q₀(z), from the random numbers of a stream. */
  recordSample(
    recorder: Recorder,
    stream: number,
    parameters: Operands,
    constants: Operand,
    context?: Operand,
  ): { z: Operand; logProb: Operand };
  /** Record ln q₀(z). */
  recordLogProb(recorder: Recorder, z: Operand, parameters: Operands, constants: Operand, context?: Operand): Operand;
}

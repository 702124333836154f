import { Scalar, Space } from '../assembly/opcodes.js';
import type { Base } from './bases/base.js';
import { type Program, assemble } from './program/program.js';
import { LogDet, type Operand, type Operands, Recorder } from './program/recorder.js';
import { type Transform, contextOf, dataDimOf, parameterCount, parameterOperands } from './transforms/transform.js';

/** What a flow is made of: base, transforms, and where their parameters stand in the one vector. */
export interface Architecture {
  readonly base: Base;
  readonly transforms: readonly Transform[];
  /** What the context passes on its way to base and transforms, from data to base. */
  readonly contextLayer?: Transform | undefined;
}

/** Everything a program of a flow needs to refer to while it is recorded. */
export interface FlowRecording {
  readonly recorder: Recorder;
  readonly baseParameters: Operands;
  readonly transformParameters: readonly Operands[];
  readonly contextParameters: Operands | undefined;
  readonly constants: Operand;
  /** The rows' context, where the flow takes one: as given, and as base and transforms take it; see {@link withContext}. */
  readonly givenContext?: Operand;
  readonly context?: Operand;
}

/** Dimensions of a flow: of z, of x, and of a row of the context, 0 for none. */
export function dimsOf({ base, transforms }: Architecture): { z: number; x: number; context: number } {
  return { z: base.dim, x: dataDimOf(transforms[transforms.length - 1]), context: contextOf('Flow', [base, ...transforms]) };
}

/** Whose parameters the one vector holds, in its order. */
export function ownersOf({ base, transforms, contextLayer }: Architecture): (Base | Transform)[] {
  return [base, ...transforms, ...(contextLayer === undefined ? [] : [contextLayer])];
}

/** A recorder on the parameters and constants of a flow. */
export function recordFlow(architecture: Architecture): FlowRecording {
  const { base, transforms } = architecture;
  const owners = ownersOf(architecture);
  const counts = owners.map(({ parameters }) => parameterCount(parameters));
  const recorder = new Recorder(
    counts.reduce((sum, count) => sum + count, 0),
    Scalar.Count + base.constants.length,
  );
  let offset = 0;
  const [baseParameters, ...others] = owners.map(({ parameters }, k) => {
    const operands = parameterOperands(parameters, { space: Space.Parameter, rows: counts[k], offset });
    offset += counts[k];
    return operands;
  });
  const constants = { space: Space.Data, rows: base.constants.length, offset: Scalar.Count, constant: true };
  const transformParameters = others.slice(0, transforms.length);
  return { recorder, baseParameters, transformParameters, contextParameters: others[transforms.length], constants };
}

/** The recording with parameters that no gradient flows to. */
export function withoutGradients(recording: FlowRecording): FlowRecording {
  const freeze = (operands: Operands): Operands =>
    Object.fromEntries(Object.entries(operands).map(([name, operand]) => [name, { ...operand, constant: true }]));
  const { baseParameters, transformParameters } = recording;
  return { ...recording, baseParameters: freeze(baseParameters), transformParameters: transformParameters.map(freeze) };
}

/** The recording with the rows of the context, the next input of the batch, where the flow takes one. */
export function recordContext(architecture: Architecture, recording: FlowRecording): FlowRecording {
  const { recorder } = recording;
  const { context } = dimsOf(architecture);
  return context === 0 ? recording : withContext(architecture, recording, recorder.load(recorder.batch(context), context));
}

/** The recording with the rows of the context, given as a block [context]: base and transforms take what its layer makes of it. */
export function withContext({ contextLayer }: Architecture, recording: FlowRecording, givenContext: Operand): FlowRecording {
  const { recorder, contextParameters } = recording;
  if (contextLayer === undefined || contextParameters === undefined) return { ...recording, givenContext, context: givenContext };
  const context = contextLayer.recordInverse(recorder, givenContext, contextParameters, new LogDet(recorder));
  return { ...recording, givenContext, context };
}

/** x = f(z) through all transforms. */
export function recordForward({ transforms }: Architecture, recording: FlowRecording, z: Operand, logDet: LogDet): Operand {
  const { recorder, transformParameters, context } = recording;
  return transforms.reduce((x, transform, k) => transform.recordForward(recorder, x, transformParameters[k], logDet, context), z);
}

/** z = f⁻¹(x) through all transforms, last first. */
export function recordInverse({ transforms }: Architecture, recording: FlowRecording, x: Operand, logDet: LogDet): Operand {
  const { recorder, transformParameters, context } = recording;
  return transforms.reduceRight(
    (z, transform, k) => transform.recordInverse(recorder, z, transformParameters[k], logDet, context),
    x,
  );
}

/** x ~ q and ln q(x) = ln q₀(z) − ln |det|, from a stream of random numbers. */
export function recordSample(
  architecture: Architecture,
  recording: FlowRecording,
  stream: number,
): { x: Operand; logProb: Operand } {
  const { recorder, baseParameters, constants, context } = recording;
  const start = architecture.base.recordSample(recorder, stream, baseParameters, constants, context);
  const logDet = new LogDet(recorder);
  const x = recordForward(architecture, recording, start.z, logDet);
  return { x, logProb: recorder.combine(start.logProb, logDet.finish(), -1) };
}

/** ln q(x) = ln q₀(f⁻¹(x)) + ln |det ∂f⁻¹/∂x| */
export function recordLogProb(architecture: Architecture, recording: FlowRecording, x: Operand): Operand {
  const { recorder, baseParameters, constants, context } = recording;
  const logDet = new LogDet(recorder);
  const z = recordInverse(architecture, recording, x, logDet);
  const density = architecture.base.recordLogProb(recorder, z, baseParameters, constants, context);
  return recorder.combine(density, logDet.finish(), 1);
}

export type Direction = 'forward' | 'inverse';
const RECORD = { forward: recordForward, inverse: recordInverse } as const;

/** Dimensions of what a direction takes and gives. */
function sidesOf(architecture: Architecture, direction: Direction): { from: number; to: number } {
  const { z, x } = dimsOf(architecture);
  return direction === 'forward' ? { from: z, to: x } : { from: x, to: z };
}

/** One way through the transforms: rows in, rows and log-determinants out. Batch: input, context; output, logDet. */
export function mapProgram(architecture: Architecture, direction: Direction): Program {
  const bare = recordFlow(architecture);
  const { recorder } = bare;
  const { from, to } = sidesOf(architecture, direction);
  const input = recorder.load(recorder.batch(from), from);
  const recording = recordContext(architecture, bare);
  const logDet = new LogDet(recorder);
  const output = RECORD[direction](architecture, recording, input, logDet);
  recorder.store(recorder.batch(to), output, to);
  recorder.store(recorder.batch(1), logDet.finish(), 1);
  return assemble(recorder, false);
}

/** The vector-Jacobian product of one way. Batch: input, ∂L/∂output, ∂L/∂logDet, context; ∂L/∂input, ∂L/∂context. */
export function vjpProgram(architecture: Architecture, direction: Direction): Program {
  const bare = recordFlow(architecture);
  const { recorder } = bare;
  const { from, to } = sidesOf(architecture, direction);
  const [inputRows, dOutputRows, dLogDetRows] = [recorder.batch(from), recorder.batch(to), recorder.batch(1)];
  const recording = recordContext(architecture, bare);
  const input = recorder.load(inputRows, from);
  const logDet = new LogDet(recorder);
  const output = RECORD[direction](architecture, recording, input, logDet);
  const seeds = new Map([
    [output, recorder.load(dOutputRows, to)],
    [logDet.finish(), recorder.load(dLogDetRows, 1)],
  ]);
  storeGradients(recording, seeds, input);
  return assemble(recorder, true);
}

/** Batch: context; x, and with the log density ln q. */
export function sampleProgram(architecture: Architecture, stream: number, withLogProb: boolean): Program {
  const recording = recordContext(architecture, recordFlow(architecture));
  const { recorder } = recording;
  const { x: dim } = dimsOf(architecture);
  const rows = recorder.batch(dim);
  const { x, logProb } = recordSample(architecture, recording, stream);
  recorder.store(rows, x, dim);
  if (withLogProb) recorder.store(recorder.batch(1), logProb, 1);
  return assemble(recorder, false);
}

/** Batch: x, context; ln q. */
export function logProbProgram(architecture: Architecture): Program {
  const bare = recordFlow(architecture);
  const { recorder } = bare;
  const { x: dim } = dimsOf(architecture);
  const x = recorder.load(recorder.batch(dim), dim);
  const recording = recordContext(architecture, bare);
  recorder.store(recorder.batch(1), recordLogProb(architecture, recording, x), 1);
  return assemble(recorder, false);
}

/**
 * Batch: x, weights of the rows, context; ln q, ∂(weight · ln q)/∂x, ∂(weight · ln q)/∂context. The parameters' gradients are of
 * Σ weight · ln q.
 */
export function logProbGradientProgram(architecture: Architecture): Program {
  const bare = recordFlow(architecture);
  const { recorder } = bare;
  const { x: dim } = dimsOf(architecture);
  const [input, weights] = [recorder.batch(dim), recorder.batch(1)];
  const recording = recordContext(architecture, bare);
  const x = recorder.load(input, dim);
  const logProb = recordLogProb(architecture, recording, x);
  recorder.store(recorder.batch(1), logProb, 1);
  storeGradients(recording, new Map([[logProb, recorder.load(weights, 1)]]), x);
  return assemble(recorder, true);
}

/** Gradients of the input and, where there is one, of the context: the last outputs of the batch. */
function storeGradients({ recorder, givenContext }: FlowRecording, seeds: ReadonlyMap<Operand, Operand>, input: Operand): void {
  const wanted = givenContext === undefined ? [input] : [input, givenContext];
  recorder.differentiate(seeds, wanted, true);
  for (const block of wanted) recorder.store(recorder.batch(block.rows), recorder.gradientOf(block), block.rows);
}

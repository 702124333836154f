import { Scalar, Space } from '../assembly/opcodes.js';
import type { Base } from './bases/base.js';
import { type Program, assemble } from './program/program.js';
import { LogDet, type Operand, type Operands, Recorder } from './program/recorder.js';
import { type Transform, parameterCount, parameterOperands } from './transforms/transform.js';

/** What a flow is made of: base, transforms, and where their parameters stand in the one vector. */
export interface Architecture {
  readonly base: Base;
  readonly transforms: readonly Transform[];
}

/** Everything a program of a flow needs to refer to while it is recorded. */
export interface FlowRecording {
  readonly recorder: Recorder;
  readonly baseParameters: Operands;
  readonly transformParameters: readonly Operands[];
  readonly constants: Operand;
}

/** A recorder on the parameters and constants of a flow. */
export function recordFlow({ base, transforms }: Architecture): FlowRecording {
  const counts = [base, ...transforms].map(({ parameters }) => parameterCount(parameters));
  const recorder = new Recorder(
    counts.reduce((sum, count) => sum + count, 0),
    Scalar.Count + base.constants.length,
  );
  let offset = 0;
  const [baseParameters, ...transformParameters] = [base, ...transforms].map(({ parameters }, k) => {
    const operands = parameterOperands(parameters, { space: Space.Parameter, rows: counts[k], offset });
    offset += counts[k];
    return operands;
  });
  const constants = { space: Space.Data, rows: base.constants.length, offset: Scalar.Count, constant: true };
  return { recorder, baseParameters, transformParameters, constants };
}

/** x = f(z) through all transforms. */
export function recordForward({ transforms }: Architecture, recording: FlowRecording, z: Operand, logDet: LogDet): Operand {
  const { recorder, transformParameters } = recording;
  return transforms.reduce((x, transform, k) => transform.recordForward(recorder, x, transformParameters[k], logDet), z);
}

/** z = f⁻¹(x) through all transforms, last first. */
export function recordInverse({ transforms }: Architecture, recording: FlowRecording, x: Operand, logDet: LogDet): Operand {
  const { recorder, transformParameters } = recording;
  return transforms.reduceRight((z, transform, k) => transform.recordInverse(recorder, z, transformParameters[k], logDet), x);
}

/** x ~ q and ln q(x) = ln q₀(z) − ln |det|, from a stream of random numbers. */
export function recordSample(
  architecture: Architecture,
  recording: FlowRecording,
  stream: number,
): { x: Operand; logProb: Operand } {
  const { recorder, baseParameters, constants } = recording;
  const start = architecture.base.recordSample(recorder, stream, baseParameters, constants);
  const logDet = new LogDet(recorder);
  const x = recordForward(architecture, recording, start.z, logDet);
  return { x, logProb: recorder.combine(start.logProb, logDet.finish(), -1) };
}

/** ln q(x) = ln q₀(f⁻¹(x)) + ln |det ∂f⁻¹/∂x| */
export function recordLogProb(architecture: Architecture, recording: FlowRecording, x: Operand): Operand {
  const { recorder, baseParameters, constants } = recording;
  const logDet = new LogDet(recorder);
  const z = recordInverse(architecture, recording, x, logDet);
  const density = architecture.base.recordLogProb(recorder, z, baseParameters, constants);
  return recorder.combine(density, logDet.finish(), 1);
}

/** One way through the transforms: rows in, rows and log-determinants out. Batch: input, output, logDet. */
export function mapProgram(architecture: Architecture, direction: Direction): Program {
  const recording = recordFlow(architecture);
  const { recorder } = recording;
  const { dim } = architecture.base;
  const [input, output, logDetRows] = [recorder.batch(dim), recorder.batch(dim), recorder.batch(1)];
  const logDet = new LogDet(recorder);
  const result = RECORD[direction](architecture, recording, recorder.load(input, dim), logDet);
  recorder.store(output, result, dim);
  recorder.store(logDetRows, logDet.finish(), 1);
  return assemble(recorder, false);
}

export type Direction = 'forward' | 'inverse';
const RECORD = { forward: recordForward, inverse: recordInverse } as const;

/** The vector-Jacobian product of one way. Batch: input, ∂L/∂output, ∂L/∂logDet, then ∂L/∂input. */
export function vjpProgram(architecture: Architecture, direction: Direction): Program {
  const recording = recordFlow(architecture);
  const { recorder } = recording;
  const { dim } = architecture.base;
  const [input, dOutput, dLogDet, dInput] = [recorder.batch(dim), recorder.batch(dim), recorder.batch(1), recorder.batch(dim)];
  const start = recorder.load(input, dim);
  const logDet = new LogDet(recorder);
  const result = RECORD[direction](architecture, recording, start, logDet);
  const total = logDet.finish();
  const seeds = new Map([
    [result, recorder.load(dOutput, dim)],
    [total, recorder.load(dLogDet, 1)],
  ]);
  recorder.differentiate(seeds, [start], true);
  recorder.store(dInput, recorder.gradientOf(start), dim);
  return assemble(recorder, true);
}

/** Batch: x, and with the log density ln q. */
export function sampleProgram(architecture: Architecture, stream: number, withLogProb: boolean): Program {
  const recording = recordFlow(architecture);
  const { recorder } = recording;
  const { dim } = architecture.base;
  const rows = recorder.batch(dim);
  const { x, logProb } = recordSample(architecture, recording, stream);
  recorder.store(rows, x, dim);
  if (withLogProb) recorder.store(recorder.batch(1), logProb, 1);
  return assemble(recorder, false);
}

/** Batch: x, ln q. */
export function logProbProgram(architecture: Architecture): Program {
  const recording = recordFlow(architecture);
  const { recorder } = recording;
  const { dim } = architecture.base;
  const [input, output] = [recorder.batch(dim), recorder.batch(1)];
  recorder.store(output, recordLogProb(architecture, recording, recorder.load(input, dim)), 1);
  return assemble(recorder, false);
}

/** Batch: x, weights of the rows, then ln q and ∂(weight · ln q)/∂x. The parameters' gradients are of Σ weight · ln q. */
export function logProbGradientProgram(architecture: Architecture): Program {
  const recording = recordFlow(architecture);
  const { recorder } = recording;
  const { dim } = architecture.base;
  const [input, weights, output, dInput] = [recorder.batch(dim), recorder.batch(1), recorder.batch(1), recorder.batch(dim)];
  const x = recorder.load(input, dim);
  const logProb = recordLogProb(architecture, recording, x);
  recorder.store(output, logProb, 1);
  recorder.differentiate(new Map([[logProb, recorder.load(weights, 1)]]), [x], true);
  recorder.store(dInput, recorder.gradientOf(x), dim);
  return assemble(recorder, true);
}

import { Scalar, Space } from '../../assembly/opcodes.js';
import type { Target } from '../densities/target.js';
import {
  type Architecture,
  dimsOf,
  recordFlow,
  recordLogProb,
  recordSample,
  withContext,
  withoutGradients,
} from '../flow-programs.js';
import { type Program, STAGED_ROWS_UNIT, assemble } from '../program/program.js';
import type { Operand, Recorder } from '../program/recorder.js';
import { Stream } from '../runtime/random.js';

// The free energy of a batch and its gradient (Rezende & Mohamed 2015, eq. 15 and, annealed, eq. 20 with its missing β_t restored):
//
//   F_β = E_q[ln q(x) − β ln p̃(x)],   x = f(z), z ~ q₀
//
// The gradient seeds are ∂F/∂ln q = 1/n and ∂F/∂ln p̃ = −β/n for every row, scalars that the training loop writes before each step.
//
// The path estimator leaves out what the parameters do to ln q at a fixed x, whose mean is zero: E_q[∇_φ ln q_φ(x)] = 0. ln q is then taken
// of x, by the inverse, with parameters that have no gradient (Roeder, Wu & Duvenaud 2017, arXiv:1703.09194, eq. 6).

/** Of the gradient of a free energy. */
export type Estimator = 'total' | 'path';

/** Samples, their free energy and its gradient. With an external target the batch holds: ln p̃, ∇ ln p̃. */
export function trainingProgram(architecture: Architecture, target: Target, batchSize: number, estimator: Estimator): Program {
  const recording = recordFlow(architecture);
  const { recorder } = recording;
  const { x, logProb } = recordSample(architecture, recording, Stream.Fit);
  const logTarget = recordTarget(recorder, target, x);
  recorder.sumDifference(logProb, logTarget);
  const seed = (offset: Scalar): Operand => recorder.constant({ space: Space.Data, rows: 1, offset });
  const ofX = estimator === 'path' ? recordLogProb(architecture, withoutGradients(recording), x) : logProb;
  const seeds = new Map([
    [ofX, seed(Scalar.LogQ)],
    [logTarget, seed(Scalar.LogP)],
  ]);
  recorder.differentiate(seeds, [], true);
  return assemble(recorder, true, wholeBatch(batchSize));
}

/**
 * Rows of a dataset, drawn by the training loop, and the gradient of their mean negative log likelihood
 *
 *   L = −1/n Σ_r w_r ln q(x_r)
 *
 * The dataset's columns: x, the context of a flow that takes one, and with weights w, whose mean over all its rows is 1.
 */
export function dataTrainingProgram(architecture: Architecture, batchSize: number, isWeighted: boolean): Program {
  const bare = recordFlow(architecture);
  const { recorder } = bare;
  const dims = dimsOf(architecture);
  const width = dims.x + dims.context + (isWeighted ? 1 : 0);
  const x = recorder.loadIndexed(dims.x, width);
  const recording = dims.context === 0 ? bare : withContext(architecture, bare, recorder.loadIndexed(dims.context, width));
  const weight = isWeighted ? recorder.loadIndexed(1, width) : recorder.constant(recorder.one);
  const logProb = recordLogProb(architecture, recording, x);
  const seed = recorder.weightedNll(logProb, weight, { space: Space.Data, rows: 1, offset: Scalar.LogP });
  recorder.differentiate(new Map([[logProb, seed]]), [], true);
  return assemble(recorder, true, wholeBatch(batchSize));
}

/** The samples of a training step alone: what an external target is evaluated at. Batch: x. */
export function trainingSamplesProgram(architecture: Architecture, batchSize: number): Program {
  const recording = recordFlow(architecture);
  const { recorder } = recording;
  const { x } = recordSample(architecture, recording, Stream.Fit);
  recorder.store(recorder.batch(x.rows), x, x.rows);
  return assemble(recorder, false, wholeBatch(batchSize));
}

function recordTarget(recorder: Recorder, target: Target, x: Operand): Operand {
  if (target.record !== undefined) return target.record(recorder, x);
  const [values, gradient] = [recorder.batch(1), recorder.batch(target.dim)];
  return recorder.emit('external', { x, values, gradient }, { dim: target.dim }).logProb;
}

/** A training step is one phase: its whole batch is staged. */
function wholeBatch(batchSize: number): number {
  return Math.ceil(batchSize / STAGED_ROWS_UNIT) * STAGED_ROWS_UNIT;
}

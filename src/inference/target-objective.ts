import { type Target, type TargetFunction, evaluateTarget } from '../densities/target.js';
import { type Flow, flowConstants } from '../flow.js';
import { Execution, type ParameterStore } from '../program/execution.js';
import type { Program } from '../program/program.js';
import { arena } from '../runtime/memory.js';
import { keyOf } from '../runtime/random.js';
import type { TargetSettings } from './target-options.js';
import { trainingProgram, trainingSamplesProgram } from './fit-programs.js';
import type { Objective } from './objective.js';

/** The free energy of a flow with regard to a target. */
export class TargetObjective implements Objective {
  readonly program: Program;
  readonly stage: Objective['stage'];
  readonly #flow: Flow;
  readonly #settings: TargetSettings;
  /** Draws the samples that a function of the user's is asked about. */
  #samples: Execution | undefined;

  constructor(flow: Flow, target: Target, settings: TargetSettings) {
    this.#flow = flow;
    this.#settings = settings;
    this.program = trainingProgram(flow, target, settings.batchSize, settings.estimator);
    const { record, evaluate } = target;
    this.stage = record === undefined ? (...step) => this.#ask(evaluate!, ...step) : undefined;
  }

  dispose(): void {
    this.#samples?.dispose();
  }

  /** Draw the step's samples, ask the user's function, and stage its answer for the training program. */
  #ask(evaluate: TargetFunction, execution: Execution, parameters: ParameterStore, step: number): void {
    const { batchSize, key, where } = this.#settings;
    const { dim } = this.#flow;
    this.#samples ??= new Execution(trainingSamplesProgram(this.#flow, batchSize), parameters, flowConstants(this.#flow));
    const x = new Float64Array(batchSize * dim);
    this.#samples.run(batchSize, [], [x], keyOf(key, step));
    const { logProb, dx } = evaluateTarget(where, evaluate, x, dim);
    execution.prepare(batchSize);
    const { f64 } = arena();
    f64.set(logProb, execution.staged(0) / 8);
    f64.set(dx, execution.staged(1) / 8);
  }
}

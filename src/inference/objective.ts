import type { Execution, ParameterStore } from '../program/execution.js';
import type { Program } from '../program/program.js';
import type { Dataset } from './dataset.js';

/** What a training loop minimises: the mean, over the rows of a batch, of what its program sums. */
export interface Objective {
  /** The loss of a batch and its gradient. */
  readonly program: Program;
  /** Where the program draws its rows from, unless it samples them. */
  readonly dataset?: Dataset;
  /** Where a function of the user's takes part: stages, before each step, what the program takes from it. */
  readonly stage?: (execution: Execution, parameters: ParameterStore, step: number) => void;
  dispose(): void;
}

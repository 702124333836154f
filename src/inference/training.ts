import { Training } from '../../assembly/opcodes.js';
import { type Flow, flowConstants } from '../flow.js';
import { ownersOf } from '../flow-programs.js';
import { Execution, ParameterStore, Workspace } from '../program/execution.js';
import { arena } from '../runtime/memory.js';
import { mayBlock } from '../runtime/platform.js';
import { isLedByWorkers, lead, ledRun, seeThrough, shareLedWork, shareWork } from '../runtime/pool.js';
import { keyOf } from '../runtime/random.js';
import { wasm } from '../runtime/wasm.js';
import { limitsOf } from '../transforms/transform.js';
import type { Dataset } from './dataset.js';
import type { FitSettings } from './fit-options.js';
import type { Objective } from './objective.js';

/** Steps in one call of the training loop at the most: the length of its schedule arrays. */
export const MAX_RUN_STEPS = 4096;

/** Everything besides the parameters that the next step depends on. */
export interface TrainingState {
  readonly step: number;
  readonly skipped: number;
  readonly skippedInARow: number;
  readonly powers: Float64Array;
  readonly firstMoment: Float64Array;
  readonly secondMoment: Float64Array;
  /** The parameters that the last finite step was taken from. */
  readonly lastGood: Float64Array;
}

/** Training in WebAssembly memory, on a private copy of a flow's parameters. */
export class TrainingLoop {
  readonly parameters: ParameterStore;
  readonly #objective: Objective;
  readonly #settings: FitSettings;
  readonly #execution: Execution;
  /** One allocation: the training record, both moments, the last good parameters, their limits, then three schedule arrays. */
  readonly #memory: number;
  readonly #moments: number;
  readonly #lastGood: number;
  readonly #limits: number;
  readonly #schedules: number;
  readonly #owned: { dispose(): void }[] = [];
  #step = 0;
  #failure: { readonly error: unknown } | undefined;

  /** @param objective disposed of with the loop, but for its dataset */
  constructor(flow: Flow, objective: Objective, settings: FitSettings) {
    this.#objective = this.#own(objective);
    this.#settings = settings;
    const count = flow.parameterCount;
    const vector = 8 * (count + 1);
    this.#moments = 2 * Math.ceil(vector / 16) * 8;
    try {
      this.parameters = this.#own(new ParameterStore(count));
      this.parameters.write(flow.getParameters());
      const scratch = this.#own(new Workspace());
      this.#execution = this.#own(new Execution(objective.program, this.parameters, flowConstants(flow), scratch));
      const memory = arena().allocate(Training.Bytes + 4 * this.#moments + 3 * 8 * MAX_RUN_STEPS);
      this.#own({ dispose: () => arena().free(memory) });
      this.#memory = memory;
    } catch (error) {
      this.dispose(); // out of memory: what was had goes back
      throw error;
    }
    this.#lastGood = this.#memory + Training.Bytes + 2 * this.#moments;
    this.#limits = this.#lastGood + this.#moments;
    this.#schedules = this.#limits + this.#moments;
    const { f64 } = arena();
    f64.fill(0, this.#memory / 8, this.#schedules / 8);
    const setDouble = (field: Training, value: number): void => void (f64[(this.#memory + field) / 8] = value);
    this.#setWord(Training.Job, this.#execution.job);
    this.#setWord(Training.Optimizer, settings.optimizer.code);
    this.#setWord(Training.ParameterCount, count);
    this.#setWord(Training.FirstMoment, this.#memory + Training.Bytes);
    this.#setWord(Training.SecondMoment, this.#memory + Training.Bytes + this.#moments);
    this.#setWord(Training.LastGood, this.#lastGood);
    this.#setWord(Training.Limits, this.#limits);
    this.#setWord(Training.LearningRates, this.#schedules);
    this.#setWord(Training.Annealing, this.#schedules + 8 * MAX_RUN_STEPS);
    this.#setWord(Training.Trace, this.#schedules + 16 * MAX_RUN_STEPS);
    this.#setWord(Training.SkipLimit, settings.skipLimit);
    setDouble(Training.ClipNorm, settings.clipNorm);
    settings.optimizer.hyper.forEach((value, k) => setDouble(Training.Hyper0 + 8 * k, value));
    setDouble(Training.Power0, 1);
    setDouble(Training.Power1, 1);
    f64.set(this.parameters.values, this.#lastGood / 8);
    if (objective.dataset !== undefined) this.#readFrom(objective.dataset);
    f64.set(limitsOf(ownersOf(flow).flatMap(({ parameters }) => parameters)), this.#limits / 8);
  }

  get step(): number {
    return this.#step;
  }
  get skipped(): number {
    return arena().i32[(this.#memory + Training.Skipped) / 4];
  }
  get skippedInARow(): number {
    return arena().i32[(this.#memory + Training.SkippedInARow) / 4];
  }
  /** Place of the first parameter that the last step took beyond its limit, if any. */
  get escaped(): number | undefined {
    const { i32, f64 } = arena();
    if (i32[(this.#memory + Training.Escaped) / 4] === 0) return undefined;
    return this.parameters.values.findIndex((value, k) => !(Math.abs(value) <= f64[this.#limits / 8 + k]));
  }

  /** What the target's function threw, if it did. */
  get failure(): { readonly error: unknown } | undefined {
    return this.#failure;
  }

  /**
   * Runs the next steps, one per learning rate; fewer when too many in a row had to be skipped, a parameter went beyond its limit, or the
   * target's function threw.
   *
   * @param learningRates at most {@link MAX_RUN_STEPS}
   * @param annealing weight of a row's ln p in the loss, the β of a free energy; 1 in a fit to data
   * @returns the losses of the steps run, unannealed; a promise where workers run them, as on a page
   */
  run(learningRates: readonly number[], annealing: readonly number[]): Float64Array | Promise<Float64Array> {
    const { f64 } = arena();
    const steps = learningRates.length;
    f64.set(learningRates, this.#schedules / 8);
    f64.set(annealing, this.#schedules / 8 + MAX_RUN_STEPS);
    const { stage } = this.#objective;
    if (stage === undefined) return isLedByWorkers() ? this.#lead(steps) : this.#train(0, steps);
    const trace = new Float64Array(steps);
    for (let k = 0; k < trace.length; k++) {
      try {
        stage(this.#execution, this.parameters, this.#step);
      } catch (error) {
        this.#failure = { error };
        return trace.slice(0, k);
      }
      trace.set(this.#train(k, 1), k);
      if (this.skippedInARow >= this.#settings.skipLimit || this.escaped !== undefined) return trace.slice(0, k + 1);
    }
    return trace;
  }

  /** The parameters that gave the last finite step go back in place. */
  restoreLastGood(): void {
    this.parameters.write(this.state().lastGood);
  }

  state(): TrainingState {
    const { f64 } = arena();
    const slice = (address: number, count: number): Float64Array => f64.slice(address / 8, address / 8 + count);
    return {
      step: this.#step,
      skipped: this.skipped,
      skippedInARow: this.skippedInARow,
      powers: slice(this.#memory + Training.Power0, 2),
      firstMoment: slice(this.#memory + Training.Bytes, this.parameters.count),
      secondMoment: slice(this.#memory + Training.Bytes + this.#moments, this.parameters.count),
      lastGood: slice(this.#lastGood, this.parameters.count),
    };
  }

  restore(parameters: Float64Array, state: TrainingState): void {
    this.parameters.write(parameters);
    const { f64, i32 } = arena();
    this.#step = state.step;
    i32[(this.#memory + Training.Escaped) / 4] = 0;
    i32[(this.#memory + Training.Skipped) / 4] = state.skipped;
    i32[(this.#memory + Training.SkippedInARow) / 4] = state.skippedInARow;
    f64.set(state.powers, (this.#memory + Training.Power0) / 8);
    f64.set(state.firstMoment, (this.#memory + Training.Bytes) / 8);
    f64.set(state.secondMoment, (this.#memory + Training.Bytes + this.#moments) / 8);
    f64.set(state.lastGood, this.#lastGood / 8);
  }

  dispose(): void {
    for (const part of this.#owned.reverse()) part.dispose();
  }

  #own<T extends { dispose(): void }>(part: T): T {
    this.#owned.push(part);
    return part;
  }

  /** Steps from place `first` of the schedule arrays on, by this thread with what help there is. @returns their trace */
  #train(first: number, steps: number): Float64Array {
    this.#prepare(first, steps);
    this.#execution.share(this.#settings.batchSize, shareWork);
    this.#execution.mayBlock = mayBlock();
    this.#goOn();
    return this.#finish(first);
  }

  /** The same from the first place on, by workers alone. */
  async #lead(steps: number): Promise<Float64Array> {
    for (let other = ledRun(); other !== undefined; other = ledRun()) await other;
    if (!isLedByWorkers()) return this.#train(0, steps);
    this.#prepare(0, steps);
    this.#execution.share(this.#settings.batchSize, shareLedWork);
    this.#execution.mayBlock = true;
    if (!(await lead(this.#settings.where, this.#memory))) {
      this.#recover();
      this.#execution.mayBlock = false;
      this.#goOn();
    }
    return this.#finish(0);
  }

  #readFrom({ table, order, scratch, count }: Dataset): void {
    this.#execution.dataset = table;
    this.#setWord(Training.Order, order);
    this.#setWord(Training.OrderCount, count);
    this.#setWord(Training.Epoch, -1);
    this.#setWord(Training.ShuffleScratch, scratch);
  }

  #prepare(first: number, steps: number): void {
    this.#execution.prepare(this.#settings.batchSize, keyOf(this.#settings.key, this.#step));
    this.#setWord(Training.LearningRates, this.#schedules + 8 * first);
    this.#setWord(Training.Annealing, this.#schedules + 8 * (MAX_RUN_STEPS + first));
    this.#setWord(Training.Trace, this.#schedules + 8 * (2 * MAX_RUN_STEPS + first));
    this.#setWord(Training.Steps, steps);
    this.#setWord(Training.StepsDone, 0);
  }

  #goOn(): void {
    const { kernels } = wasm();
    seeThrough(
      () => kernels.train(this.#memory, 0) !== 0,
      () => this.#recover(),
    );
  }

  #recover(): void {
    this.#execution.goOnAlone();
    this.#setWord(Training.Job, this.#execution.job);
  }

  #finish(first: number): Float64Array {
    const { i32, f64 } = arena();
    const run = i32[(this.#memory + Training.StepsDone) / 4];
    this.#step += run;
    this.parameters.version++;
    const trace = this.#schedules / 8 + 2 * MAX_RUN_STEPS + first;
    return f64.slice(trace, trace + run);
  }

  #setWord(field: Training, value: number): void {
    arena().i32[(this.#memory + field) / 4] = value;
  }
}

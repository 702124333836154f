// The bound of a flow, raised until it no longer rises
//
//   rounds of Adam's steps at one rate; the mean of a round's parameters is what counts, and its bound is that of the same draws each time.
//   After a round that gains less than TOLERANCE, the rate is divided by 4, from the best mean on; after the third such round it is over.
//
// The first rate is the one of RATES that gains most in a few steps.
//
// Source: rates that fall once the bound stands still, and averaged iterates, as in Welandawe, Andersen, Vehtari & Huggins 2024, "A framework for
// improving the reliability of black-box variational inference", JMLR 25:219; the tests are simpler here.

import type { Target } from '../densities/target.js';
import type { Flow } from '../flow.js';
import { DivergenceError, publish } from '../inference/divergence.js';
import { estimateFreeEnergy } from '../inference/free-energy.js';
import { Pace } from '../inference/pace.js';
import { TargetObjective } from '../inference/target-objective.js';
import type { TargetSettings } from '../inference/target-options.js';
import { TrainingLoop } from '../inference/training.js';
import { keyOf } from '../runtime/random.js';

/** How the bound of a flow rose. */
export interface Ascent {
  /** [steps] The bound of each step's batch, in nats; −∞ where it was not a number. Of one parameter, whose flow is not trained, ln Z by quadrature. */
  readonly trace: Float64Array;
  /** Whether it ended because the bound no longer rose. */
  readonly isConverged: boolean;
  /** The rate of the first steps; 0 where there was no training. */
  readonly learningRate: number;
  /** Gradients of the target that it took, those of steps that only chose the rate included. */
  readonly gradients: number;
  /** What ended it early: too many steps in a row that were not finite, at every rate. The flow has the best parameters all the same. */
  readonly failure: DivergenceError | undefined;
}

const RATES = [0.03, 0.01, 0.003, 0.001];
const TRIAL_STEPS = 40;
const ROUND_STEPS = 100;
/** Of a round, what its mean leaves out. */
const SETTLING = 1 / 3;
/** Steps between two of the parameters that a mean is made of. */
const STRIDE = 5;
/** In nats. */
const TOLERANCE = 0.002;
const DIVISOR = 4;
const DIVISIONS = 2;
/** Draws of a round's bound. */
const DRAWS = 1000;

/**
 * Leaves the best parameters in the flow.
 *
 * @param rate the first learning rate; undefined to find one
 * @param pause lets other code run
 * @param report called after each round
 */
export async function ascend(
  flow: Flow,
  target: Target,
  settings: TargetSettings,
  rate: number | undefined,
  pause: () => Promise<void>,
  report: (step: number, elbo: number) => void,
): Promise<Ascent> {
  const climb = new Climb(flow, target, settings, pause);
  try {
    const learningRate = rate ?? (await climb.findRate());
    const isConverged = Number.isFinite(learningRate) && (await climb.run(learningRate, report));
    const { gradients, failure } = climb;
    return { trace: climb.trace(), isConverged, learningRate, gradients, failure };
  } finally {
    climb.dispose();
  }
}

interface Point {
  readonly bound: number;
  readonly parameters: Float64Array;
}

class Climb {
  gradients = 0;
  failure: DivergenceError | undefined;
  readonly #loop: TrainingLoop;
  readonly #pace = new Pace(1);

  constructor(
    readonly flow: Flow,
    readonly target: Target,
    readonly settings: TargetSettings,
    readonly pause: () => Promise<void>,
  ) {
    this.#loop = new TrainingLoop(flow, new TargetObjective(flow, target, settings), settings);
  }

  /** From the same parameters, with the same draws, each. @returns NaN where none leads to a finite bound */
  async findRate(): Promise<number> {
    const start = this.#loop.parameters.values.slice();
    const state = this.#loop.state();
    let best = { bound: -Infinity, rate: NaN };
    for (const rate of RATES) {
      const point = await this.#attempt(TRIAL_STEPS, rate);
      if (point !== undefined && point.bound > best.bound) best = { bound: point.bound, rate };
      this.#loop.restore(start, state);
    }
    this.flow.setParameters(start);
    if (Number.isNaN(best.rate)) {
      const message = `${this.settings.where}: the bound must be finite after ${TRIAL_STEPS} steps at some learning rate; it was at none.`;
      this.failure ??= new DivergenceError(message, TRIAL_STEPS, 0);
    } else this.failure = undefined;
    return best.rate;
  }

  /** @returns whether the bound stopped rising before the steps were over */
  async run(rate: number, report: (step: number, elbo: number) => void): Promise<boolean> {
    const { steps } = this.settings;
    const loop = this.#loop;
    let best = await this.#pointOf(loop.parameters.values.slice());
    let state = loop.state();
    let divisions = 0;
    let isConverged = false;
    while (loop.step < steps && !isConverged) {
      const point = await this.#attempt(Math.min(ROUND_STEPS, steps - loop.step), rate);
      const gain = point === undefined ? -Infinity : point.bound - best.bound;
      if (point !== undefined && point.bound > best.bound) {
        best = point;
        this.failure = undefined;
        state = loop.state();
      }
      report(loop.step, best.bound);
      if (gain > TOLERANCE) continue;
      if (divisions++ === DIVISIONS) {
        isConverged = this.failure === undefined;
        break;
      }
      rate /= DIVISOR;
      const { step, skipped } = loop;
      loop.restore(best.parameters, { ...state, step, skipped, skippedInARow: 0, lastGood: best.parameters });
    }
    this.flow.setParameters(best.parameters);
    return isConverged;
  }

  trace(): Float64Array {
    return this.settings.trace.slice(0, this.#loop.step);
  }

  dispose(): void {
    this.#loop.dispose();
  }

  /** A round; undefined where it diverges. */
  async #attempt(steps: number, rate: number): Promise<Point | undefined> {
    try {
      return await this.#round(steps, rate);
    } catch (error) {
      if (!(error instanceof DivergenceError)) throw error;
      this.failure = error;
      return undefined;
    }
  }

  /** Steps at one rate. @returns the mean of their parameters but for the first third */
  async #round(steps: number, rate: number): Promise<Point> {
    const loop = this.#loop;
    const mean = new Float64Array(this.flow.parameterCount);
    let count = 0;
    for (let done = 0; done < steps;) {
      const part = Math.min(STRIDE, steps - done);
      await this.#steps(part, rate);
      done += part;
      if (done > SETTLING * steps) {
        count++;
        const { values } = loop.parameters;
        for (let i = 0; i < mean.length; i++) mean[i] += (values[i] - mean[i]) / count;
      }
    }
    return this.#pointOf(mean);
  }

  /** As many at a time as fill the time between two breaths. */
  async #steps(steps: number, rate: number): Promise<void> {
    const loop = this.#loop;
    const { batchSize, trace } = this.settings;
    const last = loop.step + steps;
    while (loop.step < last) {
      const first = loop.step;
      const count = Math.min(this.#pace.count, last - first);
      const begin = performance.now();
      const losses = await loop.run(new Array<number>(count).fill(rate), new Array<number>(count).fill(1));
      this.#pace.took(count, performance.now() - begin);
      losses.forEach((loss, k) => (trace[first + k] = Number.isFinite(loss) ? -loss : -Infinity));
      publish(this.flow, loop, this.settings);
      if (loop.failure !== undefined) throw loop.failure.error;
      this.gradients += count * batchSize;
      await this.pause();
    }
  }

  /** With the bound of the same draws each time. */
  async #pointOf(parameters: Float64Array): Promise<Point> {
    const { where, key } = this.settings;
    const store = this.#loop.parameters;
    const current = store.values.slice();
    store.write(parameters);
    const differences = new Float64Array(DRAWS);
    let bound = -Infinity;
    try {
      const estimate = await estimateFreeEnergy(where, this.flow, store, this.target, differences, keyOf(key, 0), this.pause);
      bound = -estimate.freeEnergy;
    } catch (error) {
      if (differences.every((difference) => difference > -Infinity)) throw error; // else: draws that overflow, no bound
    } finally {
      store.write(current);
    }
    return { bound, parameters };
  }
}

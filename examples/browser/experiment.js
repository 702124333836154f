// What is fitted to what, and how far it has come.

import { energies, fitToTarget, Flow, normal, planar, radial } from 'normalizing-flows';

const TRANSFORMS = { planar, radial };
/** The fit's own default: where the weight of the target reaches 1. */
const RAMP_END = 2 / 3;
const CHECKPOINT_EVERY = 100;

export class Experiment {
  /** 'ready', 'fitting', 'stopped', 'done' or 'failed'. */
  state = 'ready';
  step = 0;
  /** Of the last report, in nats; at the end the estimate on fresh samples. */
  freeEnergy = NaN;
  standardError = NaN;
  msPerStep = NaN;
  error;
  /** `{ step, freeEnergy }` of each report. */
  trace = [];
  #checkpoint;
  #abort = new AbortController();
  #running = Promise.resolve();

  constructor({ energy, transform, layers, seed, steps, batchSize }) {
    this.settings = { steps, batchSize, seed };
    this.target = energies[energy];
    this.logZ = logNormalizer(energy);
    this.flow = new Flow({ base: normal(2), transforms: Array.from({ length: layers }, () => TRANSFORMS[transform](2)), seed });
  }

  get steps() {
    return this.settings.steps;
  }

  get rampEnd() {
    return RAMP_END * this.steps;
  }

  /** Begins, or goes on from the last checkpoint. Resolves when the fit is done, stopped or has failed. */
  run(onChange) {
    this.#abort = new AbortController();
    this.state = 'fitting';
    this.#running = this.#fit(onChange);
    return this.#running;
  }

  stop() {
    this.#abort.abort();
    return this.#running;
  }

  async dispose() {
    await this.stop();
    this.flow.dispose();
  }

  async #fit(onChange) {
    const { signal } = this.#abort;
    if (this.#checkpoint !== undefined) {
      this.step = this.#checkpoint.step;
      this.trace = this.trace.filter(({ step }) => step <= this.step);
    }
    let then = performance.now();
    try {
      const { freeEnergy, standardError } = await fitToTarget(this.flow, this.target, {
        ...this.settings,
        signal,
        resume: this.#checkpoint?.bytes,
        checkpointEvery: CHECKPOINT_EVERY,
        onCheckpoint: (bytes, step) => (this.#checkpoint = { bytes, step }),
        onProgress: ({ step, freeEnergy }) => {
          const now = performance.now();
          this.msPerStep = (now - then) / (step - this.step);
          then = now;
          this.step = step;
          this.freeEnergy = freeEnergy;
          this.trace.push({ step, freeEnergy });
          onChange();
        },
      });
      Object.assign(this, { state: 'done', freeEnergy, standardError });
    } catch (error) {
      if (signal.aborted) this.state = 'stopped';
      else Object.assign(this, { state: 'failed', error });
    }
    onChange();
  }
}

const known = new Map();
const GRID = { half: 8, cells: 256 };

/** ln Z = ln ∫ exp(−U) by the midpoint rule: the integrand is smooth and vanishes at the edges, so it is exact to rounding. */
function logNormalizer(energy) {
  if (!known.has(energy)) {
    const { half, cells } = GRID;
    const size = (2 * half) / cells;
    const x = new Float64Array(2 * cells * cells);
    for (let cell = 0; cell < cells * cells; cell++) {
      x[2 * cell] = -half + ((cell % cells) + 0.5) * size;
      x[2 * cell + 1] = -half + (Math.floor(cell / cells) + 0.5) * size;
    }
    const sum = energies[energy].logProb(x).reduce((total, logProb) => total + Math.exp(logProb), 0);
    known.set(energy, Math.log(sum * size * size));
  }
  return known.get(energy);
}

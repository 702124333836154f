import { describe } from '../arguments.js';
import { requireOutsideCallback } from '../runtime/callback.js';
import { cosine } from '../runtime/math.js';

/** A number per training step: `step` counts from 0, `steps` is their total. */
export type Schedule = (step: number, steps: number) => number;

/** The library's own, by what made them: checkpoints say which a fit had. */
const names = new WeakMap<Schedule, string>();

function named(name: string, schedule: Schedule): Schedule {
  names.set(schedule, name);
  return schedule;
}

/** What a checkpoint says of a schedule. Functions of the user's are not told apart. */
export function nameOfSchedule(schedule: Annealing): string {
  return typeof schedule === 'string' ? schedule : (names.get(schedule) ?? 'a function');
}

/**
 * Always 1: the learning rate as the optimizer has it.
 *
 * @example
 * ```ts
 * await fitToTarget(flow, energies.u2, { steps: 100, schedule: constant });
 * ```
 */
export const constant: Schedule = named('constant', () => 1);

/**
 * 1 up to the fraction `from` of the steps, then linearly to 0.
 *
 * @throws {RangeError} when `from` is not in [0, 1)
 * @throws {TypeError} when it is no number
 * @example
 * ```ts
 * await fitToTarget(flow, energies.u2, { steps: 100, schedule: linearDecay(0.8) });
 * ```
 */
export function linearDecay(from = 0.5): Schedule {
  requireFraction('linearDecay', from);
  return named(`linearDecay(${from})`, (step, steps) => {
    const progress = step / steps;
    return progress <= from ? 1 : (1 - progress) / (1 - from);
  });
}

/**
 * ½ (1 + cos(π t)) from the fraction `from` of the steps, t running from 0 to 1 over the rest; 1 before.
 *
 * @throws {RangeError} when `from` is not in [0, 1)
 * @throws {TypeError} when it is no number
 * @example
 * ```ts
 * await fitToTarget(flow, energies.u2, { steps: 100, schedule: cosineDecay() });
 * ```
 */
export function cosineDecay(from = 0): Schedule {
  requireFraction('cosineDecay', from);
  return named(`cosineDecay(${from})`, (step, steps) => {
    requireOutsideCallback('cosineDecay');
    const progress = step / steps;
    return progress <= from ? 1 : 0.5 * (1 + cosine((Math.PI * (progress - from)) / (1 - from)));
  });
}

/** The weight β_t of the target's log density in the annealed free energy: a rule of the library's, or any schedule. */
export type Annealing = 'ramp' | 'paper' | 'none' | Schedule;

const START = 0.01;
/** The fraction of the steps at which the default ramp reaches the target itself. */
const RAMP_END = 2 / 3;
const PAPER_STEPS = 10_000;

/**
 * `'ramp'`: min(1, 0.01 + 0.99 · step / (⅔ steps)), so that no fit ends on the wrong density; `'paper'`: min(1, 0.01 + step / 10000)
 * as in Rezende & Mohamed 2015, eq. 20 and §6.1; `'none'`: 1.
 */
export function annealingSchedule(annealing: Annealing): Schedule | undefined {
  if (typeof annealing === 'function') return annealing;
  switch (annealing) {
    case 'ramp':
      return (step, steps) => Math.min(1, START + ((1 - START) * step) / (RAMP_END * steps));
    case 'paper':
      return (step) => Math.min(1, START + step / PAPER_STEPS);
    case 'none':
      return constant;
    default:
      return undefined;
  }
}

function requireFraction(where: string, from: number): void {
  if (typeof from !== 'number') throw new TypeError(`${where}: from must be a number; got ${describe(from)}.`);
  if (!(from >= 0 && from < 1)) throw new RangeError(`${where}: from must lie in [0, 1); got ${from}.`);
}

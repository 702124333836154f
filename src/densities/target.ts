import { type Rows, describe, requireCount, requireRows } from '../arguments.js';
import { type Program, assemble } from '../program/program.js';
import { type Operand, Recorder } from '../program/recorder.js';
import { requireOutsideCallback, runCallback } from '../runtime/callback.js';
import { runAgain } from '../program/execution.js';

/**
 * An unnormalised log density that a flow is fitted to. Either it records itself as instructions (`record`), so that fitting stays
 * inside WebAssembly, or it is a function of the user's (`evaluate`), called between the phases of a step.
 */
export interface Target {
  readonly dim: number;
  /** What it is, where the library knows: a fit is resumed with the target of this name. */
  readonly name?: string;
  /**
   * @returns [n] ln p̃(x) of rows x [n × dim]
   * @throws {RangeError} for rows of another length, values that are not finite, or NaN of a target's function
   * @throws {TypeError} for rows of another kind
   */
  logProb(x: Rows): Float64Array;
  /** `logProb` [n], and `dx` [n × dim] = ∇ ln p̃(x) */
  logProbAndGradient(x: Rows): { logProb: Float64Array; dx: Float64Array };
  /** Record ln p̃ of a block x [dim]. */
  readonly record?: (recorder: Recorder, x: Operand) => Operand;
  /** Fill `logProb` [n] and `gradient` [n × dim] for rows `x` [n × dim]. */
  readonly evaluate?: TargetFunction;
}

/** Fills `logProb` [n] and `gradient` [n × dim], both row-major, for the rows `x` [n × dim]. */
export type TargetFunction = (x: Float64Array, logProb: Float64Array, gradient: Float64Array) => void;

/**
 * A target from a JavaScript function on a whole batch. Its gradient is part of it: the library differentiates only what it records
 * itself. It must not call the library.
 *
 * @param dim dimension of x
 * @param evaluate fills the log densities (up to a constant, natural logarithms) and their gradients
 * @throws {RangeError} when `dim` is no positive integer
 * @throws {TypeError} when `evaluate` is no function
 * @example
 * ```ts
 * // A normal distribution with mean 3 and standard deviation 0.5.
 * const target = targetFromFunction(1, (x, logProb, gradient) => {
 *   for (let i = 0; i < x.length; i++) {
 *     logProb[i] = -2 * (x[i] - 3) ** 2;
 *     gradient[i] = -4 * (x[i] - 3);
 *   }
 * });
 * ```
 */
export function targetFromFunction(dim: number, evaluate: TargetFunction): Target {
  requireCount('targetFromFunction', 'dim', dim, 1);
  if (typeof evaluate !== 'function')
    throw new TypeError(`targetFromFunction: evaluate must be a function; got ${describe(evaluate)}.`);
  const call = (where: string, x: Rows): { logProb: Float64Array; dx: Float64Array } => {
    requireOutsideCallback(where);
    const rows = requireRows(where, 'x', x, dim);
    return evaluateTarget(where, evaluate, rows === x ? rows.slice() : rows, dim);
  };
  return {
    dim,
    evaluate,
    logProb: (x) => {
      const { logProb } = call('Target.logProb', x);
      requireNumbers('Target.logProb', 'logProb', logProb, 1);
      return logProb;
    },
    logProbAndGradient: (x) => {
      const { logProb, dx } = call('Target.logProbAndGradient', x);
      requireNumbers('Target.logProbAndGradient', 'logProb', logProb, 1);
      requireNumbers('Target.logProbAndGradient', 'gradient', dx, dim);
      return { logProb, dx };
    },
  };
}

/**
 * Has a target's function fill ln p̃ and its gradient for rows x [n × dim], whatever they are. It may keep or change x, too.
 *
 * @throws {TypeError} when it is asynchronous
 */
export function evaluateTarget(
  where: string,
  evaluate: TargetFunction,
  x: Float64Array,
  dim: number,
): { logProb: Float64Array; dx: Float64Array } {
  const logProb = new Float64Array(x.length / dim);
  const dx = new Float64Array(x.length);
  const answer = runCallback("the target's function", () => evaluate(x, logProb, dx)) as unknown;
  if (typeof (answer as PromiseLike<unknown> | undefined)?.then === 'function') {
    Promise.resolve(answer).catch(() => undefined); // too late for anybody to hear of
    throw new TypeError(`${where}: the target's function must fill its arrays before it returns; got a promise.`);
  }
  return { logProb, dx };
}

function requireNumbers(where: string, name: string, values: Float64Array, width: number): void {
  const at = values.findIndex(Number.isNaN);
  if (at < 0) return;
  throw new RangeError(`${where}: ${name} must hold numbers; got NaN of the target's function at row ${Math.floor(at / width)}.`);
}

/** A target that the machine computes itself. */
export class RecordedTarget implements Target {
  #program: Program | undefined;

  constructor(
    readonly name: string,
    readonly dim: number,
    readonly record: (recorder: Recorder, x: Operand) => Operand,
  ) {}

  logProb(x: Rows): Float64Array {
    return this.#run('Target.logProb', x).logProb;
  }

  logProbAndGradient(x: Rows): { logProb: Float64Array; dx: Float64Array } {
    return this.#run('Target.logProbAndGradient', x);
  }

  #run(where: string, x: Rows): { logProb: Float64Array; dx: Float64Array } {
    requireOutsideCallback(where);
    const rows = requireRows(where, 'x', x, this.dim);
    const n = rows.length / this.dim;
    const logProb = new Float64Array(n);
    const dx = new Float64Array(rows.length);
    this.#program ??= this.#assemble();
    // Nobody disposes of a target: none but the last one has memory between calls.
    runAgain(this.#program, n, [rows], [logProb, dx]);
    return { logProb, dx };
  }

  /** Batch: x, then ln p̃ and its gradient. */
  #assemble(): Program {
    const recorder = new Recorder(0, 0);
    const [input, output, gradient] = [recorder.batch(this.dim), recorder.batch(1), recorder.batch(this.dim)];
    const x = recorder.load(input, this.dim);
    const logProb = this.record(recorder, x);
    recorder.store(output, logProb, 1);
    recorder.differentiate(new Map([[logProb, recorder.constant(recorder.one)]]), [x], false);
    recorder.store(gradient, recorder.gradientOf(x), this.dim);
    return assemble(recorder, false);
  }
}

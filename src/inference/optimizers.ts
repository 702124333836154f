import { Optimizer as OptimizerCode } from '../../assembly/opcodes.js';
import { describe, requireOptions } from '../arguments.js';

/** How gradients become steps: an immutable description, made by {@link adam}, {@link rmsProp} or {@link sgd}. */
export interface Optimizer {
  readonly name: string;
  readonly code: OptimizerCode;
  readonly learningRate: number;
  /** The numbers that the kernel takes, in its order. */
  readonly hyper: readonly [number, number, number];
}

/**
 * Adam: θ ← θ − η m̂ / (√v̂ + ε).
 *
 * Source: Kingma & Ba 2015, arXiv:1412.6980, Algorithm 1.
 *
 * @param options `learningRate` 0.01, `beta1` 0.9, `beta2` 0.999, `epsilon` 1e-8
 * @throws {RangeError} for a value out of range
 * @throws {TypeError} for an unknown option, or what is no number
 * @example
 * ```ts
 * await fitToTarget(flow, energies.u1, { steps: 100, optimizer: adam({ learningRate: 3e-3 }) });
 * ```
 */
export function adam(options: { learningRate?: number; beta1?: number; beta2?: number; epsilon?: number } = {}): Optimizer {
  requireOptions('adam', options, ['learningRate', 'beta1', 'beta2', 'epsilon']);
  const { learningRate = 0.01, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options;
  requirePositive('adam', 'learningRate', learningRate);
  requireFraction('adam', 'beta1', beta1);
  requireFraction('adam', 'beta2', beta2);
  requirePositive('adam', 'epsilon', epsilon);
  return { name: 'adam', code: OptimizerCode.Adam, learningRate, hyper: [beta1, beta2, epsilon] };
}

/**
 * RMSprop with momentum: v ← ρ v + (1 − ρ) g², m ← μ m + g / (√v + ε), θ ← θ − η m. The optimizer of Rezende & Mohamed 2015, §6.
 *
 * Source: Tieleman & Hinton 2012, lecture 6.5.
 *
 * @param options `learningRate` 1e-3, `decay` ρ 0.9, `momentum` μ 0.9, `epsilon` 1e-8
 * @throws {RangeError} for a value out of range
 * @throws {TypeError} for an unknown option, or what is no number
 * @example
 * ```ts
 * await fitToTarget(flow, energies.u1, { steps: 100, optimizer: rmsProp({ learningRate: 1e-3 }) });
 * ```
 */
export function rmsProp(options: { learningRate?: number; decay?: number; momentum?: number; epsilon?: number } = {}): Optimizer {
  requireOptions('rmsProp', options, ['learningRate', 'decay', 'momentum', 'epsilon']);
  const { learningRate = 1e-3, decay = 0.9, momentum = 0.9, epsilon = 1e-8 } = options;
  requirePositive('rmsProp', 'learningRate', learningRate);
  requireFraction('rmsProp', 'decay', decay);
  requireFraction('rmsProp', 'momentum', momentum);
  requirePositive('rmsProp', 'epsilon', epsilon);
  return { name: 'rmsProp', code: OptimizerCode.RmsProp, learningRate, hyper: [decay, momentum, epsilon] };
}

/**
 * Stochastic gradient descent: m ← μ m + g, θ ← θ − η m.
 *
 * @param options `learningRate` 1e-3, `momentum` μ 0
 * @throws {RangeError} for a value out of range
 * @throws {TypeError} for an unknown option, or what is no number
 * @example
 * ```ts
 * await fitToTarget(flow, energies.u1, { steps: 100, optimizer: sgd({ learningRate: 0.01, momentum: 0.9 }) });
 * ```
 */
export function sgd(options: { learningRate?: number; momentum?: number } = {}): Optimizer {
  requireOptions('sgd', options, ['learningRate', 'momentum']);
  const { learningRate = 1e-3, momentum = 0 } = options;
  requirePositive('sgd', 'learningRate', learningRate);
  requireFraction('sgd', 'momentum', momentum);
  return { name: 'sgd', code: OptimizerCode.Sgd, learningRate, hyper: [momentum, 0, 0] };
}

const MAKERS: Readonly<Record<string, (learningRate: number, hyper: Optimizer['hyper']) => Optimizer>> = {
  adam: (learningRate, [beta1, beta2, epsilon]) => adam({ learningRate, beta1, beta2, epsilon }),
  rmsProp: (learningRate, [decay, momentum, epsilon]) => rmsProp({ learningRate, decay, momentum, epsilon }),
  sgd: (learningRate, [momentum]) => sgd({ learningRate, momentum }),
};

/**
 * The optimizer, made anew: what comes in may be anything, and may change later.
 *
 * @throws {TypeError | RangeError} unless it is one of the library's, with numbers in their ranges
 */
export function requireOptimizer(where: string, optimizer: Optimizer): Optimizer {
  const { name, learningRate, hyper } = Object(optimizer) as Partial<Optimizer>;
  if (!Object.hasOwn(MAKERS, name ?? '') || !Array.isArray(hyper) || hyper.length !== 3) {
    throw new TypeError(`${where}: optimizer must be an optimizer; got ${describe(optimizer)}.`);
  }
  return MAKERS[name!](learningRate!, optimizer.hyper);
}

function requirePositive(where: string, name: string, value: number): void {
  requireNumber(where, name, value);
  if (!(value > 0 && value < Infinity)) throw new RangeError(`${where}: ${name} must be positive and finite; got ${value}.`);
}

function requireFraction(where: string, name: string, value: number): void {
  requireNumber(where, name, value);
  if (!(value >= 0 && value < 1)) throw new RangeError(`${where}: ${name} must lie in [0, 1); got ${value}.`);
}

function requireNumber(where: string, name: string, value: unknown): void {
  if (typeof value !== 'number') throw new TypeError(`${where}: ${name} must be a number; got ${describe(value)}.`);
}

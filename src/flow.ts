import { Scalar } from '../assembly/opcodes.js';
import {
  type Rows,
  apartFrom,
  describe,
  requireBoolean,
  requireCount,
  requireFinite,
  requireRoom,
  requireOptions,
  requireOut,
  requireRows,
  vectorOf,
} from './arguments.js';
import type { Base } from './bases/base.js';
import {
  type Architecture,
  type Direction,
  dimsOf,
  logProbGradientProgram,
  logProbProgram,
  mapProgram,
  ownersOf,
  sampleProgram,
  vjpProgram,
} from './flow-programs.js';
import { type Audit, audit } from './audit.js';
import { FlowFileError, decodeFlow, encodeFlow } from './io/flow-file.js';
import type { Program } from './program/program.js';
import { requireOutsideCallback } from './runtime/callback.js';
import { Execution, type Input, ParameterStore } from './program/execution.js';
import { type RandomKey, type Seed, Stream, keyOf, splitSeed, uniforms } from './runtime/random.js';
import { contextStandardization } from './transforms/act-norm.js';
import { requireTransforms } from './transforms/chain.js';
import { type Transform, parameterCount, sizeOf } from './transforms/transform.js';

export interface FlowOptions {
  /** The distribution that z comes from. */
  readonly base: Base;
  /** Applied in this order from z to x. */
  readonly transforms: readonly Transform[];
  /**
   * Whether the context is standardised on its way to base and transforms, whose networks learn best from numbers around 1: `fitToData` sets
   * it to the context's mean and deviation, and training leaves it. Default false, and true of the presets for data.
   */
  readonly standardizeContext?: boolean;
  /** An integer in [0, 2^53), or a bigint below 2^64; initial parameters and samples depend on it alone. Default 0. */
  readonly seed?: number | bigint;
}

export interface SampleOptions {
  /** Draw with this seed instead of the flow's own next numbers. The same seed gives the same rows; fewer rows are a prefix of more. */
  readonly seed?: number | bigint;
  /** [n × flow.context] or one row for all: what a conditional flow is conditioned on. */
  readonly context?: Rows;
  /** [n × dim] array to fill instead of a new one. */
  readonly out?: Float64Array;
}

export interface MapOptions {
  /** [n × flow.context] or one row for all: what a conditional flow is conditioned on. */
  readonly context?: Rows;
  /** Array of the result's length to fill instead of a new one; may be the input. */
  readonly out?: Float64Array;
}

/**
 * Writes all parameters of a flow that is not disposed, known to be valid: what a fit shows between its steps. Copied within WebAssembly memory where
 * they come from there.
 */
export let showParameters: (flow: Flow, values: Float64Array) => void;

/** The programs of a flow, each recorded when it is first run. */
type Programs =
  'forward' | 'inverse' | 'forwardVjp' | 'inverseVjp' | 'sample' | 'sampleAndLogProb' | 'logProb' | 'logProbGradient';

/**
 * A base distribution pushed through a chain of invertible transforms: itself a distribution, with an exact density in both directions,
 *
 *   x = f_K(… f_1(z)),   ln q(x) = ln q₀(z) − Σ_k ln |det ∂f_k/∂z_{k−1}|
 *
 * Batches are row-major `Float64Array`s of rows × dim (arrays of rows are taken too); results are plain arrays that the caller owns.
 * Natural logarithms, float64. The flow owns its parameters in WebAssembly memory: `dispose()` it, or declare it with `using`.
 *
 * Source: Rezende & Mohamed 2015, arXiv:1505.05770, eq. 5–7.
 *
 * @example
 * ```ts
 * const flow = new Flow({ base: normal(2), transforms: [planar(2), planar(2)], seed: 1 });
 * const { x, logProb } = flow.sampleAndLogProb(1000);
 * const again = flow.logProb(x); // the same numbers, to rounding
 * flow.dispose();
 * ```
 */
export class Flow {
  static {
    showParameters = (flow, values) => flow.#store?.write(values);
  }

  /** Dimension of x. That of z is the base's. */
  readonly dim: number;
  /** Numbers of a row of the context; 0 where the flow takes none. */
  readonly context: number;
  readonly base: Base;
  readonly transforms: readonly Transform[];
  /** Whether the context is standardised on its way to base and transforms. */
  readonly standardizeContext: boolean;
  /** What standardises the context, where the flow does. */
  readonly contextLayer: Transform | undefined;
  readonly seed: number | bigint;
  readonly #seed: Seed;
  readonly #parts: readonly Part[];
  readonly #executions = new Map<Programs, Execution>();
  #store: ParameterStore | undefined;
  #calls = 0;

  /**
   * @throws {RangeError} when dimensions or context widths differ, there is no transform, or the seed is out of range
   * @throws {TypeError} for an unknown option, or what is no base or no transform
   * @throws {OutOfMemoryError} when WebAssembly memory cannot grow
   */
  constructor(options: FlowOptions) {
    requireOutsideCallback('Flow');
    requireOptions('Flow', options, ['base', 'transforms', 'standardizeContext', 'seed']);
    const { base, standardizeContext = false, seed = 0 } = options;
    if (typeof base?.recordSample !== 'function')
      throw new TypeError(`Flow: base must be a base distribution; got ${describe(base)}.`);
    this.transforms = requireTransforms('Flow', options.transforms);
    if (this.transforms[0].dim !== base.dim) {
      throw new RangeError(`Flow: transforms must have the base's dim ${base.dim}; got ${this.transforms[0].dim}.`);
    }
    this.base = base;
    const dims = dimsOf(this);
    this.dim = dims.x;
    this.context = dims.context;
    this.standardizeContext = requireBoolean('Flow', 'standardizeContext', standardizeContext);
    if (standardizeContext && dims.context === 0)
      throw new RangeError('Flow: standardizeContext must be left out, as the flow takes no context; got true.');
    this.contextLayer = standardizeContext ? contextStandardization(dims.context) : undefined;
    this.seed = seed;
    this.#seed = splitSeed('Flow', seed);
    this.#parts = partsOf(this);
    const initial = this.#initialParameters();
    this.#store = new ParameterStore(initial.length);
    this.#store.write(initial);
  }

  /** Number of parameters. */
  get parameterCount(): number {
    return this.#parts.reduce((sum, { count }) => sum + count, 0);
  }

  // --- maps ------------------------------------------------------------------------------------------------------------------

  /**
   * x = f(z), base side to data side.
   *
   * @param z [n × base.dim]
   * @returns `x` [n × dim] and `logDet` [n] = ln |det ∂x/∂z|
   * @throws {RangeError} for rows of another length, values that are not finite, a context missing or where none is taken
   * @throws {TypeError} for rows or an `out` of another kind, or an unknown option
   * @throws {OutOfMemoryError} when WebAssembly memory cannot grow
   * @throws {Error} after `dispose`, inside a target's function, or where a result overflows
   * @example
   * ```ts
   * const { x, logDet } = flow.forward([[0, 0], [1, -1]]);
   * ```
   */
  forward(z: Rows, options: MapOptions = {}): { x: Float64Array; logDet: Float64Array } {
    const { output, logDet } = this.#map('forward', 'z', z, options);
    return { x: output, logDet };
  }

  /**
   * z = f⁻¹(x), data side to base side.
   *
   * @param x [n × dim]
   * @returns `z` [n × base.dim] and `logDet` [n] = ln |det ∂z/∂x|
   * @throws as {@link forward}
   * @example
   * ```ts
   * const { z, logDet } = flow.inverse([[0.5, 0.5]]);
   * ```
   */
  inverse(x: Rows, options: MapOptions = {}): { z: Float64Array; logDet: Float64Array } {
    const { output, logDet } = this.#map('inverse', 'x', x, options);
    return { z: output, logDet };
  }

  /**
   * The vector-Jacobian product of `forward`: gradients of L = Σ (dxᵀ x + dLogDet · logDet).
   *
   * @param z [n × base.dim]
   * @param seeds `dx` [n × dim] and `dLogDet` [n], zeros where left out; `context`
   * @returns `dz` [n × base.dim], `dParameters` in the order of `getParameters`, summed over rows, and `dContext` [n × flow.context]
   * @throws as {@link forward}
   * @example
   * ```ts
   * // The gradient of Σ logDet.
   * const { dz, dParameters } = flow.forwardVjp([[0, 0], [1, -1]], { dLogDet: Float64Array.of(1, 1) });
   * ```
   */
  forwardVjp(
    z: Rows,
    seeds: { dx?: Float64Array; dLogDet?: Float64Array; context?: Rows },
  ): { dz: Float64Array; dParameters: Float64Array; dContext: Float64Array } {
    requireOptions('Flow.forwardVjp', seeds, ['dx', 'dLogDet', 'context']);
    const { dInput, ...rest } = this.#vjp('forward', z, 'z', seeds.dx, seeds);
    return { dz: dInput, ...rest };
  }

  /**
   * The vector-Jacobian product of `inverse`: gradients of L = Σ (dzᵀ z + dLogDet · logDet).
   *
   * @param x [n × dim]
   * @param seeds `dz` [n × base.dim] and `dLogDet` [n], zeros where left out; `context`
   * @returns `dx` [n × dim], `dParameters` in the order of `getParameters`, summed over rows, and `dContext` [n × flow.context]
   * @throws as {@link forward}
   * @example
   * ```ts
   * // The gradient of the first coordinate of z.
   * const { dx } = flow.inverseVjp([[0.5, 0.5]], { dz: Float64Array.of(1, 0) });
   * ```
   */
  inverseVjp(
    x: Rows,
    seeds: { dz?: Float64Array; dLogDet?: Float64Array; context?: Rows },
  ): { dx: Float64Array; dParameters: Float64Array; dContext: Float64Array } {
    requireOptions('Flow.inverseVjp', seeds, ['dz', 'dLogDet', 'context']);
    const { dInput, ...rest } = this.#vjp('inverse', x, 'x', seeds.dz, seeds);
    return { dx: dInput, ...rest };
  }

  // --- distribution ------------------------------------------------------------------------------------------------------------

  /**
   * Log density, in nats.
   *
   * @param x [n × dim]
   * @returns [n] ln q(x)
   * @throws as {@link forward}
   * @example
   * ```ts
   * const [score] = flow.logProb([[0.5, 0.5]]);
   * ```
   */
  logProb(x: Rows, options: MapOptions = {}): Float64Array {
    const where = 'Flow.logProb';
    const rows = requireRows(where, 'x', x, this.dim);
    requireOptions(where, options, ['context', 'out']);
    const n = rows.length / this.dim;
    const context = this.#context(where, options.context, n);
    const logProb = requireOut(where, 'out', options.out, n);
    this.#run(
      'logProb',
      where,
      n,
      [apartFrom(rows, logProb), ...context.map((input) => inputApartFrom(input, logProb))],
      [logProb],
    );
    requireNumbers(where, logProb, 1);
    return logProb;
  }

  /**
   * The score and the gradient of the log likelihood.
   *
   * @param x [n × dim]
   * @param options `weights` [n], default 1 each; `context`
   * @returns `logProb` [n], `dx` [n × dim] = ∇ₓ ln q(x), `dContext` [n × flow.context], and `dParameters` = ∇ Σ_i weights_i ln q(x_i), in
   *   the order of `getParameters`
   * @throws as {@link forward}
   * @example
   * ```ts
   * const { dParameters } = flow.logProbAndGradient([[0.5, 0.5], [1, 2]], { weights: Float64Array.of(1, 0.5) });
   * const { 'transforms.0.u': du } = flow.namedParameters(dParameters);
   * ```
   */
  logProbAndGradient(
    x: Rows,
    options: { weights?: Float64Array; context?: Rows } = {},
  ): { logProb: Float64Array; dx: Float64Array; dParameters: Float64Array; dContext: Float64Array } {
    const where = 'Flow.logProbAndGradient';
    const rows = requireRows(where, 'x', x, this.dim);
    requireOptions(where, options, ['weights', 'context']);
    const n = rows.length / this.dim;
    const context = this.#context(where, options.context, n);
    const weights = options.weights === undefined ? undefined : requireVector(where, 'weights', options.weights, n);
    const logProb = new Float64Array(n);
    const dx = new Float64Array(n * this.dim);
    const dContext = new Float64Array(n * this.context);
    const outputs = this.context === 0 ? [logProb, dx] : [logProb, dx, dContext];
    const execution = this.#run('logProbGradient', where, n, [rows, new Float64Array(n).fill(1), ...context], outputs);
    requireNumbers(where, logProb, 1);
    requireNumbers(where, dx, this.dim);
    requireNumbers(where, dContext, this.context);
    if (weights !== undefined)
      execution.run(
        n,
        [rows, weights, ...context],
        outputs.map(({ length }) => new Float64Array(length)),
      );
    return { logProb, dx, dParameters: requireGradient(where, execution.gradient()), dContext };
  }

  /**
   * @param n number of rows
   * @returns [n × dim] rows drawn from the flow
   * @throws {RangeError} when `n` is no non-negative integer, or too large for the memory; for a seed out of range
   * @throws {TypeError} for an `out` of another kind, or an unknown option
   * @throws {OutOfMemoryError} when WebAssembly memory cannot grow
   * @throws {Error} after `dispose`, inside a target's function, or where a result overflows
   * @example
   * ```ts
   * const x = flow.sample(100, { seed: 7 }); // rows of x are x.subarray(2 * i, 2 * i + 2)
   * ```
   */
  sample(n: number, options: SampleOptions = {}): Float64Array {
    return this.#sample('sample', n, options).x;
  }

  /**
   * Draws rows, and their log densities at no further cost.
   *
   * @param n number of rows
   * @returns `x` [n × dim], `logProb` [n] in nats
   * @throws as {@link sample}
   * @example
   * ```ts
   * const { x, logProb } = flow.sampleAndLogProb(100);
   * ```
   */
  sampleAndLogProb(n: number, options: SampleOptions = {}): { x: Float64Array; logProb: Float64Array } {
    return this.#sample('sampleAndLogProb', n, options);
  }

  /**
   * Audits the flow at the given rows, so that a trained one can be trusted: the worst |f(f⁻¹(x)) − x|, and the worst difference
   * between the log-determinant and that of the Jacobian matrix, put together from vector-Jacobian products.
   *
   * @param x [n × dim], such as rows of `sample`
   * @param options `context`
   * @throws as {@link forward}
   * @example
   * ```ts
   * const { worstRoundTrip, worstLogDet } = flow.check(flow.sample(1000));
   * ```
   */
  check(x: Rows, options: { context?: Rows } = {}): Audit {
    this.#alive('Flow.check');
    requireOptions('Flow.check', options, ['context']);
    return audit(this, requireRows('Flow.check', 'x', x, this.dim), options);
  }

  // --- parameters --------------------------------------------------------------------------------------------------------------

  /**
   * A copy of the parameter vector: the base's, then each transform's, in the order of `namedParameters`.
   *
   * @throws {Error} after `dispose`
   * @example
   * ```ts
   * const halved = flow.getParameters().map((value) => value / 2);
   * flow.setParameters(halved);
   * ```
   */
  getParameters(): Float64Array {
    return this.#alive('Flow.getParameters').values.slice();
  }

  /**
   * The parameters by name (`transforms.0.u`), or another vector of theirs, such as a gradient.
   *
   * @param vector default: the parameters
   * @throws {RangeError} when it has another length
   * @throws {Error} after `dispose`, when the parameters are asked for
   * @example
   * ```ts
   * const { 'transforms.0.u': u, 'transforms.0.b': b } = flow.namedParameters();
   * ```
   */
  namedParameters(vector: Float64Array = this.#alive('Flow.namedParameters').values.slice()): Record<string, Float64Array> {
    requireLength('Flow.namedParameters', 'vector', vector, this.parameterCount);
    return Object.fromEntries(this.#names().map(({ name, offset, count }) => [name, vector.slice(offset, offset + count)]));
  }

  /**
   * Writes all parameters, or some by name.
   *
   * @throws {RangeError} for another length, an unknown name, values that are not finite, or such that the map is undefined (a planar
   *   w of 0); nothing is written then
   * @throws {TypeError} for what is neither a vector nor an object of them
   * @throws {Error} after `dispose`
   * @example
   * ```ts
   * flow.setParameters({ 'transforms.0.b': [0.5] });
   * ```
   */
  setParameters(parameters: ArrayLike<number> | Readonly<Record<string, ArrayLike<number>>>): void {
    const where = 'Flow.setParameters';
    const store = this.#alive(where);
    const vector = isVector(parameters)
      ? vectorOf(where, 'parameters', parameters, this.parameterCount)
      : this.#merge(where, parameters);
    requireParameters(where, this, vector);
    store.write(vector);
  }

  // --- files and life ----------------------------------------------------------------------------------------------------------

  /**
   * The flow as a safetensors file: its architecture as metadata, its parameters as float64 tensors, exactly.
   *
   * @throws {Error} after `dispose`
   * @example
   * ```ts
   * const file = new Blob([flow.save()]); // for a download, or to write to disk
   * ```
   */
  save(): Uint8Array<ArrayBuffer> {
    this.#alive('Flow.save');
    return encodeFlow(this);
  }

  /**
   * The flow that `save` wrote.
   *
   * @throws {SafetensorsError | FlowFileError} for bytes that are not a flow's, with what is wrong
   * @throws {TypeError} for what is no Uint8Array
   * @example
   * ```ts
   * const again = Flow.load(flow.save());
   * ```
   */
  static load(bytes: Uint8Array): Flow {
    const where = 'Flow.load';
    requireOutsideCallback(where);
    if (!(bytes instanceof Uint8Array)) throw new TypeError(`${where}: bytes must be a Uint8Array; got ${describe(bytes)}.`);
    const { base, transforms, standardizeContext, seed, parameters } = decodeFlow(where, bytes);
    return flowFrom(where, { base, transforms, standardizeContext, seed }, parameters);
  }

  /**
   * Frees the memory, and ends a fit that is under way. Afterwards every method throws. `using` does it at
   * the end of a block.
   *
   * @throws {Error} inside a target's function
   * @example
   * ```ts
   * const scratch = new Flow({ base: normal(1), transforms: [planar(1)] });
   * const { length } = scratch.sample(10);
   * scratch.dispose();
   * ```
   */
  dispose(): void {
    requireOutsideCallback('Flow.dispose');
    for (const execution of this.#executions.values()) execution.dispose();
    this.#executions.clear();
    this.#store?.dispose();
    this.#store = undefined;
  }

  get disposed(): boolean {
    return this.#store === undefined;
  }

  // --- inside ------------------------------------------------------------------------------------------------------------------

  #map(direction: Direction, name: string, input: Rows, options: MapOptions): { output: Float64Array; logDet: Float64Array } {
    const where = `Flow.${direction}`;
    const { from, to } = this.#sides(direction);
    const rows = requireRows(where, name, input, from);
    requireOptions(where, options, ['context', 'out']);
    const n = rows.length / from;
    const context = this.#context(where, options.context, n);
    const output = requireOut(where, 'out', options.out, n * to);
    const logDet = new Float64Array(n);
    this.#run(
      direction,
      where,
      n,
      [apartFrom(rows, output), ...context.map((input) => inputApartFrom(input, output))],
      [output, logDet],
    );
    requireNumbers(where, output, to);
    requireNumbers(where, logDet, 1);
    return { output, logDet };
  }

  #vjp(
    direction: Direction,
    input: Rows,
    name: string,
    dOutput: Float64Array | undefined,
    { dLogDet, context }: { dLogDet?: Float64Array; context?: Rows },
  ): { dInput: Float64Array; dParameters: Float64Array; dContext: Float64Array } {
    const where = `Flow.${direction}Vjp`;
    const { from, to } = this.#sides(direction);
    const rows = requireRows(where, name, input, from);
    const n = rows.length / from;
    const seeds = [
      requireVector(where, direction === 'forward' ? 'dx' : 'dz', dOutput ?? new Float64Array(n * to), n * to),
      requireVector(where, 'dLogDet', dLogDet ?? new Float64Array(n), n),
    ];
    const dInput = new Float64Array(rows.length);
    const dContext = new Float64Array(n * this.context);
    const outputs = this.context === 0 ? [dInput] : [dInput, dContext];
    const execution = this.#run(`${direction}Vjp`, where, n, [rows, ...seeds, ...this.#context(where, context, n)], outputs);
    requireNumbers(where, dInput, from);
    requireNumbers(where, dContext, this.context);
    return { dInput, dParameters: requireGradient(where, execution.gradient()), dContext };
  }

  #sides(direction: Direction): { from: number; to: number } {
    return direction === 'forward' ? { from: this.base.dim, to: this.dim } : { from: this.dim, to: this.base.dim };
  }

  /** The context as inputs of a program: none, or one. */
  #context(where: string, context: Rows | undefined, n: number): Input[] {
    const width = this.context;
    if (width === 0) {
      if (context === undefined) return [];
      throw new RangeError(`${where}: context must be left out, as the flow takes none; got ${describe(context)}.`);
    }
    if (context === undefined)
      throw new RangeError(`${where}: context must hold one row of ${width} numbers, or ${n}; got none.`);
    const rows = requireRows(where, 'context', context, width);
    if (rows.length === n * width) return [rows];
    if (rows.length === width) return [{ row: rows }];
    throw new RangeError(`${where}: context must hold one row of ${width} numbers, or ${n}; got ${rows.length / width}.`);
  }

  #sample(program: 'sample' | 'sampleAndLogProb', n: number, options: SampleOptions): { x: Float64Array; logProb: Float64Array } {
    const where = `Flow.${program}`;
    requireCount(where, 'n', n, 0);
    requireOptions(where, options, ['seed', 'context', 'out']);
    const context = this.#context(where, options.context, n);
    const seed = options.seed === undefined ? this.#seed : splitSeed(where, options.seed);
    const x =
      options.out === undefined ? requireRoom(where, 'n', n, this.dim) : requireOut(where, 'out', options.out, n * this.dim);
    const logProb = requireRoom(where, 'n', n, program === 'sample' ? 0 : 1);
    const step = options.seed === undefined ? this.#calls + 1 : 0;
    this.#run(
      program,
      where,
      n,
      context.map((input) => inputApartFrom(input, x)),
      program === 'sample' ? [x] : [x, logProb],
      keyOf(seed, step),
    );
    if (options.seed === undefined) this.#calls = step;
    requireNumbers(where, x, this.dim);
    requireNumbers(where, logProb, 1);
    return { x, logProb };
  }

  #alive(where: string): ParameterStore {
    requireOutsideCallback(where);
    if (this.#store === undefined) throw new Error(`${where}: the flow must not be disposed; it is.`);
    return this.#store;
  }

  /** Runs a program over a batch, and keeps it in memory for the next one, unless it failed at once, as for want of memory. */
  #run(name: Programs, where: string, rows: number, inputs: Input[], outputs: Float64Array[], key?: RandomKey): Execution {
    const store = this.#alive(where);
    const kept = this.#executions.get(name);
    const execution = kept ?? new Execution(PROGRAMS[name](this), store, flowConstants(this));
    try {
      execution.run(rows, inputs, outputs, key);
    } catch (error) {
      if (kept === undefined) execution.dispose();
      throw error;
    }
    this.#executions.set(name, execution);
    return execution;
  }

  #names(): { name: string; offset: number; count: number }[] {
    return this.#parts.flatMap((part) => {
      let { offset } = part;
      return part.owner.parameters.map((parameter) => {
        const count = sizeOf(parameter);
        const entry = { name: `${part.name}.${parameter.name}`, offset, count };
        offset += count;
        return entry;
      });
    });
  }

  #merge(where: string, named: Readonly<Record<string, ArrayLike<number>>>): Float64Array {
    if (named === null || typeof named !== 'object') {
      throw new TypeError(`${where}: parameters must be a vector or an object of named arrays; got ${describe(named)}.`);
    }
    const vector = this.getParameters();
    const known = new Map(this.#names().map((entry) => [entry.name, entry]));
    for (const [name, values] of Object.entries(named)) {
      const entry = known.get(name);
      if (entry === undefined)
        throw new RangeError(`${where}: names must be among ${[...known.keys()].join(', ')}; got '${name}'.`);
      vector.set(vectorOf(where, name, values, entry.count), entry.offset);
    }
    return vector;
  }

  #initialParameters(): Float64Array {
    const vector = new Float64Array(this.parameterCount);
    this.#parts.forEach(({ owner, offset, count }, k) => vector.set(owner.initialize(this.#uniforms(k, count)), offset));
    return vector;
  }

  #uniforms(step: number, count: number): Float64Array {
    return uniforms(keyOf(this.#seed, step), Stream.Initialization, count);
  }
}

/**
 * A flow with the given parameters, all of them.
 *
 * @throws {FlowFileError} when one is missing, surplus or refused
 */
export function flowFrom(where: string, options: FlowOptions, parameters: Readonly<Record<string, Float64Array>>): Flow {
  let flow: Flow | undefined;
  try {
    flow = new Flow(options);
    const missing = Object.keys(flow.namedParameters()).filter((name) => !(name in parameters));
    if (missing.length > 0) throw new RangeError(`tensors must hold every parameter; ${missing.join(', ')} missing.`);
    flow.setParameters(parameters);
    return flow;
  } catch (cause) {
    flow?.dispose();
    throw new FlowFileError(`${where}: the file must describe a valid flow; got: ${(cause as Error).message}`, { cause });
  }
}

// `using flow = …` where the runtime knows it.
if (Symbol.dispose !== undefined) {
  Object.defineProperty(Flow.prototype, Symbol.dispose, {
    value(this: Flow) {
      this.dispose();
    },
  });
}
export interface Flow extends Disposable {}

// As TypeScript's `lib.esnext.disposable` says it, for those whose `lib` has it not: with both, the declarations merge.
declare global {
  interface SymbolConstructor {
    readonly dispose: unique symbol;
  }
  interface Disposable {
    [Symbol.dispose](): void;
  }
}

/** The numbers that the programs of a flow read from the head of their data space. */
export function flowConstants({ base }: Architecture): Float64Array {
  const constants = new Float64Array(Scalar.Count + base.constants.length);
  constants.set(base.constants, Scalar.Count);
  return constants;
}

const PROGRAMS: Record<Programs, (architecture: Architecture) => Program> = {
  forward: (architecture) => mapProgram(architecture, 'forward'),
  inverse: (architecture) => mapProgram(architecture, 'inverse'),
  forwardVjp: (architecture) => vjpProgram(architecture, 'forward'),
  inverseVjp: (architecture) => vjpProgram(architecture, 'inverse'),
  sample: (architecture) => sampleProgram(architecture, Stream.Sample, false),
  sampleAndLogProb: (architecture) => sampleProgram(architecture, Stream.Sample, true),
  logProb: logProbProgram,
  logProbGradient: logProbGradientProgram,
};

/** A base, a transform or the context's layer, and its stretch of the parameter vector. */
interface Part {
  readonly name: string;
  readonly owner: Base | Transform;
  readonly offset: number;
  readonly count: number;
}

function partsOf(architecture: Architecture): Part[] {
  const { base, contextLayer } = architecture;
  let offset = 0;
  return ownersOf(architecture).map((owner, k) => {
    const count = parameterCount(owner.parameters);
    const name = owner === base ? 'base' : owner === contextLayer ? 'context' : `transforms.${k - 1}`;
    const part = { name, owner, offset, count };
    offset += count;
    return part;
  });
}

/** @throws {RangeError} when a parameter is not finite, or a map is undefined. */
export function requireParameters(where: string, architecture: Architecture, vector: Float64Array): void {
  requireFinite(where, 'parameters', vector);
  for (const { owner, name, offset, count } of partsOf(architecture)) {
    owner.validate(`${where}: ${name}`, vector.subarray(offset, offset + count));
  }
}

function isVector(parameters: ArrayLike<number> | Readonly<Record<string, ArrayLike<number>>>): parameters is ArrayLike<number> {
  return Array.isArray(parameters) || ArrayBuffer.isView(parameters);
}

function requireLength(where: string, name: string, values: ArrayLike<number>, length: number): void {
  if (typeof values === 'object' && values !== null && values.length === length) return;
  throw new RangeError(`${where}: ${name} must have length ${length}; got ${describe(values)}.`);
}

function requireVector(where: string, name: string, values: Float64Array, length: number): Float64Array {
  if (!(values instanceof Float64Array))
    throw new TypeError(`${where}: ${name} must be a Float64Array; got ${describe(values)}.`);
  requireLength(where, name, values, length);
  requireFinite(where, name, values);
  return values;
}

/** NaN is never returned: it can only come of an overflow on the way. */
function requireNumbers(where: string, values: Float64Array, width: number): void {
  if (!mayHoldNaN(values)) return;
  const at = values.findIndex(Number.isNaN);
  if (at < 0) return;
  throw new Error(
    `${where}: the result must be a number; row ${Math.floor(at / width)} overflowed on the way. Its values or the parameters are too large.`,
  );
}

/** @throws {Error} where a parameter's gradient is NaN, which can only come of an overflow */
function requireGradient(where: string, gradient: Float64Array): Float64Array {
  if (!mayHoldNaN(gradient)) return gradient;
  const at = gradient.findIndex(Number.isNaN);
  if (at < 0) return gradient;
  throw new Error(
    `${where}: the gradient of the parameters must hold numbers; that of parameter ${at} overflowed on the way. Values, seeds or parameters are too large.`,
  );
}

/** The context of a call, or a copy of it where `out` shares its memory: it is read again for every part of a long batch. */
function inputApartFrom(input: Input, out: Float64Array): Input {
  const values = 'row' in input ? input.row : input;
  if (values.buffer !== out.buffer) return input;
  return 'row' in input ? { row: input.row.slice() } : input.slice();
}

/** 0 · v is 0 for finite v and NaN otherwise: four sums, no comparison. */
function mayHoldNaN(values: Float64Array): boolean {
  let [a, b, c, d] = [0, 0, 0, 0];
  const whole = values.length & ~3;
  for (let i = 0; i < whole; i += 4) {
    a += 0 * values[i];
    b += 0 * values[i + 1];
    c += 0 * values[i + 2];
    d += 0 * values[i + 3];
  }
  for (let i = whole; i < values.length; i++) a += 0 * values[i];
  return Number.isNaN(a + b + c + d);
}

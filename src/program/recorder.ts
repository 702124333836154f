import { Space } from '../../assembly/opcodes.js';
import { type KernelName, kernels } from './kernels.js';
import { type Kernel, type Rows, differentiated } from './kernels/kernel.js';

/**
 * A place for values, as the recorder sees it: a block of a tile, or a run of doubles in another space.
 * Tile blocks have no offset until the program is planned.
 */
export interface Operand {
  readonly space: Space;
  /** Block rows in a tile, doubles elsewhere. */
  readonly rows: number;
  /** In doubles. */
  offset: number;
  /** No gradient flows through: what makes the path estimator. */
  readonly constant?: boolean;
  /** For an accumulator of a log-determinant: the block of the total, whose gradient serves it. */
  readonly total?: Operand;
  /** For some rows of a tile block: the block, and the first of them. It lives, and has its gradient, with the block. */
  readonly within?: { readonly block: Operand; readonly row: number };
}

export type Operands = Readonly<Record<string, Operand>>;
/** The words of an instruction by name: sizes, and the list of a kernel that takes one. */
export type Sizes = Readonly<Record<string, number | readonly number[]>>;

export interface Instruction {
  readonly kernel: Kernel;
  readonly opcode: number;
  readonly isBackward: boolean;
  readonly operands: readonly Operand[];
  /** Operands that hold something already, which an instruction before wrote: gradients are added to it. */
  readonly accumulates: readonly boolean[];
  readonly sizes: readonly number[];
  /** Tile blocks first written here, and pairs [written, read] that may share a buffer. */
  readonly writes: readonly Operand[];
  readonly inPlace: readonly (readonly [Operand, Operand])[];
}

/** Doubles of a slot between the gradients of parameters and those of derived values: what a phase sums over all rows. */
export const SUMS = 1;

export const NONE: Operand = { space: Space.None, rows: 0, offset: 0 };

/** The block that an operand is, or is a part of. */
export function wholeOf(operand: Operand): Operand {
  return operand.within?.block ?? operand;
}

/** The sum of ln |det| over a chain, as a number of accumulators, one per multiplicity. */
export class LogDet {
  /** [1] Its value, once finished. */
  readonly total: Operand;
  readonly #recorder: Recorder;
  readonly #accumulators = new Map<number, { operand: Operand; factors: number }>();

  constructor(recorder: Recorder) {
    this.#recorder = recorder;
    this.total = recorder.block(1);
  }

  /** The accumulator whose logarithm counts `multiplicity` times; every call stands for that many factors to come. */
  times(multiplicity: number, factors = 1): Operand {
    let accumulator = this.#accumulators.get(multiplicity);
    if (accumulator === undefined) {
      accumulator = { operand: { ...this.#recorder.block(3), total: this.total }, factors: 0 };
      this.#recorder.push('logDetBegin', { accumulator: accumulator.operand }, {});
      this.#accumulators.set(multiplicity, accumulator);
    }
    accumulator.factors += factors;
    return accumulator.operand;
  }

  /** A term that is a logarithm already, as the affine scale's: no factor is multiplied. */
  plus(multiplicity: number): Operand {
    return this.times(multiplicity, 0);
  }

  /** @returns [1] Σ multiplicity · ln(product) */
  finish(): Operand {
    if (this.#accumulators.size === 0) this.#recorder.push('fill', { block: this.total, value: this.#recorder.zero }, { dim: 1 });
    let first = true;
    for (const [multiplicity, { operand, factors }] of this.#accumulators) {
      this.#recorder.push('logDetFinish', { logDet: this.total, accumulator: operand }, { multiplicity, factors }, !first);
      first = false;
    }
    return this.total;
  }
}

export interface Recorded {
  readonly name: KernelName;
  readonly operands: Operands;
  readonly sizes: Sizes;
  /** Whether the first operand holds something to add to. */
  readonly accumulate?: boolean;
}

/** Instructions on some of the data, on blocks of their own, and the parts [1] of the sums that they end in. */
export interface Slice {
  readonly recorded: readonly Recorded[];
  readonly parts: readonly Operand[];
}

/**
 * Sums that are computed slice by slice. Where gradients are wanted, the reverse pass through a slice follows at once, while its blocks are
 * there, for a gradient of 1: it adds up slopes ∂Σ/∂Q of the blocks Q from outside. What is left for later is to multiply them with the gradient.
 */
export interface Region {
  /** [1] The sums. Where there are several, nothing is done with them but to add them up: their gradients are the same. */
  readonly totals: readonly Operand[];
  readonly slices: readonly Slice[];
}

/**
 * Records what a call computes, as instructions of the machine: a prologue (once per version of the parameters), a body (per tile)
 * and, after {@link differentiate}, an epilogue. An instruction whose operands do not depend on the row goes to the prologue by itself.
 */
export class Recorder {
  readonly prologue: Instruction[] = [];
  body: Instruction[] = [];
  readonly epilogue: Instruction[] = [];
  /** Doubles used of each space but the tile. */
  readonly used = new Map<Space, number>();
  readonly parameterCount: number;
  /** What stands in the data space behind what the caller fills, by offset. */
  readonly data = new Map<number, Float64Array>();
  readonly zero: Operand;
  readonly one: Operand;
  readonly #tape: (Recorded | Region)[] = [];
  readonly #constrained = new Map<string, Operands>();
  #gradients = new Map<Operand, Operand>();
  /** Gradients that hold something: their next writer adds. */
  #written = new Set<Operand>();
  /** The last instruction of each slice, and what the reverse pass puts behind it. */
  readonly #ends = new Map<Slice, Instruction>();
  readonly #behind = new Map<Instruction, Instruction[]>();
  #wanted = new Set<Operand>();
  #wantsParameters = false;

  /**
   * @param parameterCount doubles of raw parameters
   * @param dataCount doubles at the head of the data space that the caller fills; constants follow
   */
  constructor(parameterCount: number, dataCount: number) {
    this.parameterCount = parameterCount;
    this.used.set(Space.Parameter, parameterCount);
    this.used.set(Space.Data, dataCount);
    this.zero = this.datum(Float64Array.of(0));
    this.one = this.datum(Float64Array.of(1));
  }

  /** A tile block of `rows` features. */
  block(rows: number): Operand {
    return { space: Space.Tile, rows, offset: 0 };
  }

  /** `count` rows of a block from `first` on. */
  rows(block: Operand, first: number, count: number): Operand {
    const { block: whole, row } = block.within ?? { block, row: 0 };
    return { space: Space.Tile, rows: count, offset: 0, within: { block: whole, row: row + first } };
  }

  allocate(space: Space, rows: number): Operand {
    const offset = this.used.get(space) ?? 0;
    this.used.set(space, offset + rows);
    return { space, rows, offset };
  }

  /** Constants of the program, in its data space. */
  datum(values: Float64Array): Operand {
    const operand = { ...this.allocate(Space.Data, values.length), constant: true };
    this.data.set(operand.offset, values);
    return operand;
  }

  /** Record a kernel that creates outputs. */
  emit(name: KernelName, inputs: Operands, sizes: Sizes = {}): Operands {
    const kernel: Kernel = kernels[name];
    const space = this.#outputSpace(kernel, inputs);
    const constant = Object.values(inputs).every((input) => input.constant === true);
    const key = isOncePerVersion(space) ? derivedKey(name, inputs) : '';
    const known = this.#constrained.get(key);
    if (known !== undefined) {
      // Constant now, though not before: the same values, without their gradients. The other way round, they are computed once more.
      const outputs = Object.keys(kernel.outputs);
      const frozen = (): Operands => Object.fromEntries(outputs.map((output) => [output, { ...known[output], constant }]));
      if (constant) return { ...known, ...frozen() };
      if (!outputs.some((output) => known[output].constant)) return known;
    }
    const operands: Record<string, Operand> = { ...inputs };
    for (const [output, rows] of Object.entries(kernel.outputs)) {
      const count = countOf(rows, sizes);
      operands[output] = space === Space.Tile ? this.block(count) : { ...this.allocate(space, count), constant };
    }
    this.push(name, operands, sizes);
    if (key !== '') this.#constrained.set(key, operands);
    return operands;
  }

  /** Record a kernel on operands that exist. */
  push(name: KernelName, operands: Operands, sizes: Sizes, accumulate = false): void {
    const recorded = { name, operands, sizes, accumulate };
    this.#tape.push(recorded);
    this.#write(recorded);
  }

  #write({ name, operands, sizes, accumulate = false }: Recorded): void {
    const kernel: Kernel = kernels[name];
    const list = kernel.operands.map((operand) => operands[operand] ?? NONE);
    const instruction: Instruction = {
      kernel,
      opcode: kernel.opcode,
      isBackward: false,
      operands: list,
      accumulates: list.map((_, k) => accumulate && k === 0),
      sizes: encodeSizes(kernel, operands, sizes),
      writes: Object.keys(kernel.outputs).map((output) => wholeOf(operands[output])),
      inPlace: pairs(kernel.inPlace, (operand) => operands[operand]),
    };
    this.#section(kernel, operands).push(instruction);
  }

  /** How much has been recorded. */
  get length(): number {
    return this.#tape.length;
  }

  /** Takes back what was recorded behind the first `length`, to be recorded in another way. All of it belongs to the body, and none to a region. */
  takeBack(length: number): Recorded[] {
    const taken = this.#tape.splice(length) as Recorded[];
    this.body.length -= taken.length;
    return taken;
  }

  /** Record sums slice by slice. */
  pushRegion(region: Region): void {
    this.#tape.push(region);
    const { totals, slices } = region;
    let sums: readonly Operand[] = slices[0].parts;
    for (const slice of slices) {
      for (const recorded of slice.recorded) this.#write(recorded);
      this.#ends.set(slice, this.body[this.body.length - 1]);
      if (slice === slices[0]) continue;
      const next = slice === slices[slices.length - 1] ? totals : totals.map(() => this.block(1));
      next.forEach((out, k) => {
        this.#write({ name: 'addScaled', operands: { out, x: sums[k], y: slice.parts[k] }, sizes: { dim: 1, sign: 1 } });
      });
      sums = next;
    }
  }

  /** Row-major rows of `width` doubles among the staged inputs and outputs. Their offset is in doubles per row until encoded. */
  batch(width: number): Operand {
    return this.allocate(Space.Batch, width);
  }

  /** sum += Σ_rows (x − y), over all rows of the call. */
  sumDifference(x: Operand, y: Operand): void {
    this.push('sumDifference', { sum: this.#sum(), x, y }, {});
  }

  /**
   * sum −= Σ_rows weight · logProb, over all rows of the call.
   *
   * @param scale a double of the data space
   * @returns [1] scale · weight: the seed of the loss `−scale · sum`
   */
  weightedNll(logProb: Operand, weight: Operand, scale: Operand): Operand {
    return this.emit('weightedNll', { sum: this.#sum(), logProb, weight, scale }).seed;
  }

  /** Rows `[rows × dim]` of the batch as a block. */
  load(rows: Operand, dim: number): Operand {
    return this.emit('loadRows', { rows }, { dim }).block;
  }

  /** The next `dim` columns of a dataset of `width` columns as a block, of the rows that are the batch. */
  loadIndexed(dim: number, width: number): Operand {
    return this.emit('loadRowsIndexed', { rows: this.allocate(Space.Dataset, dim) }, { dim, width }).block;
  }

  store(rows: Operand, block: Operand, dim: number): void {
    this.push('storeRows', { rows, block }, { dim });
  }

  /** A block of one row that is the double at `value` everywhere. */
  constant(value: Operand, dim = 1): Operand {
    const block = this.block(dim);
    this.push('fill', { block, value }, { dim });
    return block;
  }

  /** x + sign · y of two blocks. */
  combine(x: Operand, y: Operand, sign: 1 | -1): Operand {
    return this.emit('addScaled', { x, y }, { dim: x.rows, sign }).out;
  }

  /** The rows of x in the given order, or some of them. */
  select(x: Operand, indices: readonly number[]): Operand {
    return this.merge(x, NONE, indices);
  }

  /** Rows of two blocks as one: place j takes row indices[j] of x or, where it is ~k, row k of y. */
  merge(x: Operand, y: Operand, indices: readonly number[]): Operand {
    return this.emit('mergeRows', { x, y }, { dim: indices.length, xRows: x.rows, yRows: y.rows, indices }).out;
  }

  /** Write x into rows of a block that is put together part by part; see {@link rows}. */
  put(into: Operand, x: Operand): void {
    const indices = Array.from({ length: x.rows }, (_, j) => j);
    this.push('mergeRows', { out: into, x, y: NONE }, { dim: x.rows, xRows: x.rows, yRows: 0, indices });
  }

  // --- the reverse pass --------------------------------------------------------------------------------------------------------

  /**
   * Record the backward kernels of everything recorded so far, last first.
   *
   * @param seeds ∂L/∂Q of the outputs Q: blocks that hold them
   * @param inputs blocks whose gradients are wanted
   * @param parameters whether gradients of parameters are: they go to the gradient space, parameter k at offset k, derived
   *   values behind the sums, and the epilogue turns the second into the first
   */
  differentiate(seeds: ReadonlyMap<Operand, Operand>, inputs: readonly Operand[], parameters: boolean): void {
    this.#wantsParameters = parameters;
    this.#findWanted(inputs);
    for (const [output, gradient] of seeds) {
      this.#gradients.set(output, gradient);
      this.#written.add(gradient);
    }
    for (const recorded of [...this.#tape].reverse()) {
      if ('slices' in recorded) this.#backwardOfRegion(recorded);
      else this.#backward(recorded);
    }
    if (this.#behind.size > 0) this.body = this.body.flatMap((each) => [each, ...(this.#behind.get(each) ?? [])]);
    this.#behind.clear();
  }

  /** ∂L/∂input after {@link differentiate}; zeros where nothing reached it. */
  gradientOf(input: Operand): Operand {
    return this.#partOf(input, this.#gradientAdded(wholeOf(input)));
  }

  #findWanted(inputs: readonly Operand[]): void {
    this.#wanted = new Set(inputs);
    for (const recorded of this.#tape) {
      if ('slices' in recorded) {
        const { slices, totals } = recorded;
        for (const slice of slices) for (const each of slice.recorded) this.#wantOutputs(each);
        if (slices.some(({ parts }) => parts.some((part) => this.#isWanted(part))))
          for (const total of totals) this.#wanted.add(total);
      } else this.#wantOutputs(recorded);
    }
  }

  #wantOutputs({ name, operands }: Recorded): void {
    const kernel: Kernel = kernels[name];
    if (kernel.backward === undefined) return;
    const outputs = Object.keys(kernel.outputs);
    const entries = Object.entries(operands);
    if (!entries.some(([operand, value]) => !outputs.includes(operand) && this.#isWanted(value))) return;
    for (const output of outputs) this.#wanted.add(wholeOf(operands[output]));
    for (const [, value] of entries) if (value.total !== undefined) this.#wanted.add(value.total);
  }

  #isWanted(operand: Operand): boolean {
    if (operand.constant || operand.total !== undefined) return false;
    if (operand.space === Space.Parameter || operand.space === Space.Derived) return this.#wantsParameters;
    return this.#wanted.has(wholeOf(operand));
  }

  #backward({ name, operands, sizes }: Recorded): void {
    const kernel: Kernel = kernels[name];
    const { backward } = kernel;
    if (backward === undefined) return;
    const outputs = Object.keys(kernel.outputs);
    const section = this.#section(kernel, operands) === this.prologue ? this.epilogue : this.body;
    const isRead = (of: string): boolean => outputs.includes(of) || operands[of].total !== undefined;
    const scratchRows = Object.entries(backward.scratch ?? {});
    const gradients = backward.operands.map((operand) =>
      operand in (backward.scratch ?? {}) ? undefined : differentiated(kernel, operand, operands),
    );
    const reached = gradients.some((of) => of !== undefined && isRead(of) && this.#holdsGradient(operands[of]));
    const wanted = gradients.some((of) => of !== undefined && !isRead(of) && this.#isWanted(operands[of]));
    if (!reached || !wanted) return;

    // In an epilogue, where no tile is under way, scratch is the beginning of the tile: one such block, shorter than the batch's own.
    const scratch: Record<string, Operand> = Object.fromEntries(
      scratchRows.map(([name, rows]) => [name, this.block(countOf(rows, sizes))]),
    );
    const writes: Operand[] = Object.values(scratch);
    const resolved: Record<string, Operand> = {};
    const accumulates: boolean[] = [];
    const list = backward.operands.map((operand, k) => {
      const of = gradients[k];
      if (of === undefined) {
        accumulates.push(false);
        const known = scratch[operand] ?? operands[operand];
        if (known === undefined && !kernel.operands.includes(operand))
          throw new Error(`Recorder: ${name} has no operand ${operand}.`);
        return known ?? NONE;
      }
      const gradient = isRead(of) ? this.#gradientRead(operands[of]) : this.#gradientWritten(operands[of], writes);
      accumulates.push(!isRead(of) && !writes.includes(gradient));
      resolved[operand] = gradient;
      return gradient;
    });
    section.push({
      kernel,
      opcode: backward.opcode,
      isBackward: true,
      operands: list,
      accumulates,
      sizes: encodeSizes(kernel, operands, sizes),
      writes,
      inPlace: pairs(backward.inPlace, (operand) => resolved[operand] ?? operands[operand]),
    });
  }

  #backwardOfRegion({ totals, slices }: Region): void {
    const [total] = totals;
    if (!this.#holdsGradient(total) || !this.#isWanted(total)) return;
    const slopes = this.#slopesOf(slices);
    for (const [block, slope] of slopes) {
      const writes: Operand[] = [];
      const gradient = this.#gradientWritten(block, writes);
      const operands = { out: gradient, x: slope, factor: this.#gradientRead(total) };
      this.push('scale', operands, { dim: block.rows }, writes.length === 0);
    }
  }

  /** Record the reverse pass of every slice behind it. @returns for each block from outside, the block of its slopes */
  #slopesOf(slices: readonly Slice[]): ReadonlyMap<Operand, Operand> {
    const [gradients, written] = [this.#gradients, this.#written];
    const slopes = new Map<Operand, Operand>();
    this.#gradients = slopes;
    this.#written = new Set();
    let begin = this.body.length;
    const one = this.constant(this.one);
    for (const slice of slices) {
      for (const part of slice.parts) slopes.set(part, one);
      for (const recorded of [...slice.recorded].reverse()) this.#backward(recorded);
      for (const { name, operands } of slice.recorded)
        for (const output of Object.keys(kernels[name].outputs)) slopes.delete(operands[output]);
      this.#behind.set(this.#ends.get(slice)!, this.body.splice(begin));
      begin = this.body.length;
    }
    [this.#gradients, this.#written] = [gradients, written];
    return slopes;
  }

  #holdsGradient(operand: Operand): boolean {
    if (operand.space === Space.Derived) return this.#wantsParameters;
    return this.#gradients.has(operand.total ?? wholeOf(operand));
  }

  /** The gradient of an output, zeros where nothing uses the output. */
  #gradientRead(operand: Operand): Operand {
    if (operand.space === Space.Derived) return this.#inGradientSpace(operand);
    return this.#partOf(operand, this.#gradientAdded(operand.total ?? wholeOf(operand)));
  }

  /** The gradient of a block that something may be added to, zeros at first. */
  #gradientAdded(block: Operand): Operand {
    let gradient = this.#gradients.get(block);
    if (gradient === undefined) {
      gradient = this.constant(this.zero, block.rows);
      this.#gradients.set(block, gradient);
      this.#written.add(gradient);
    }
    return gradient;
  }

  /** The rows of a block's gradient that are those of the operand. */
  #partOf({ within, rows }: Operand, gradient: Operand): Operand {
    return within === undefined ? gradient : this.rows(gradient, within.row, rows);
  }

  /** Where the gradient of an input goes; a block written for the first time is put on `writes`. */
  #gradientWritten(operand: Operand, writes: Operand[]): Operand {
    if (!this.#isWanted(operand)) return NONE;
    if (operand.space !== Space.Tile) return this.#inGradientSpace(operand);
    if (operand.within !== undefined) return this.#partOf(operand, this.#gradientAdded(operand.within.block));
    let gradient = this.#gradients.get(operand);
    if (gradient === undefined) {
      gradient = this.block(operand.rows);
      this.#gradients.set(operand, gradient);
    }
    if (!this.#written.has(gradient)) {
      this.#written.add(gradient);
      writes.push(gradient);
    }
    return gradient;
  }

  #inGradientSpace(operand: Operand): Operand {
    const offset = operand.space === Space.Parameter ? operand.offset : this.parameterCount + SUMS + operand.offset;
    return { space: Space.Gradient, rows: operand.rows, offset };
  }

  #sum(): Operand {
    return { space: Space.Gradient, rows: 1, offset: this.parameterCount };
  }

  // --- sections ----------------------------------------------------------------------------------------------------------------

  #outputSpace(kernel: Kernel, inputs: Operands): Space {
    if (kernel.space !== undefined) return kernel.space;
    const constant = kernel.parameters?.every((name) => inputs[name].space !== Space.Tile) ?? false;
    return constant && isConstraint(kernel) ? Space.Derived : Space.Tile;
  }

  #section(kernel: Kernel, operands: Operands): Instruction[] {
    const derived =
      isConstraint(kernel) && Object.keys(kernel.outputs).every((output) => isOncePerVersion(operands[output].space));
    return derived ? this.prologue : this.body;
  }
}

/** A kernel of parameters alone: computed once where they are shared. */
function isConstraint(kernel: Kernel): boolean {
  const { parameters } = kernel;
  if (parameters === undefined) return false;
  return kernel.operands.every((operand) => operand in kernel.outputs || parameters.includes(operand));
}

function isOncePerVersion(space: Space): boolean {
  return space === Space.Derived || space === Space.Packed;
}

function derivedKey(name: string, inputs: Operands): string {
  const places = Object.entries(inputs).map(([operand, { space, offset }]) => `${operand}:${space}:${offset}`);
  return `${name} ${places.join(' ')}`;
}

function countOf(rows: Rows, sizes: Sizes): number {
  return typeof rows === 'number' ? rows : (sizes[rows] as number);
}

/** The sizes in the kernel's order, behind them whether its parameters are per sample, and behind that its doubles and its list. */
function encodeSizes(kernel: Kernel, operands: Operands, sizes: Sizes): number[] {
  const words = kernel.sizes.map((size) => (size === 'one' ? 1 : (sizes[size] as number)));
  const list = kernel.list === undefined ? [] : (sizes[kernel.list] as readonly number[]);
  const numbers = Float64Array.from(kernel.numbers ?? [], (name) => sizes[name] as number);
  const rest = [...new Int32Array(numbers.buffer), ...list];
  if (kernel.parameters === undefined) return [...words, ...rest];
  const perSample = kernel.parameters.filter((name) => operands[name].space === Space.Tile).length;
  if (perSample !== 0 && perSample !== kernel.parameters.length) {
    throw new Error(
      `Recorder: the parameters of a layer must be all shared or all per sample; got ${perSample} of ${kernel.parameters.length} per sample.`,
    );
  }
  return [...words, perSample === 0 ? 0 : 1, ...rest];
}

function pairs(
  names: readonly (readonly [string, string])[] | undefined,
  resolve: (name: string) => Operand | undefined,
): (readonly [Operand, Operand])[] {
  return (names ?? []).flatMap(([to, from]) => {
    const target = resolve(to);
    const source = resolve(from);
    return target === undefined || source === undefined ? [] : [[target, source] as const];
  });
}

import { Frame, Job, SMALL_SLOT_BYTES } from '../../assembly/opcodes.js';
import { arena } from '../runtime/memory.js';
import { mayBlock } from '../runtime/platform.js';
import { type Sharing, scratchAreas, seeThrough, shareWork } from '../runtime/pool.js';
import type { RandomKey } from '../runtime/random.js';
import { type Kernels, wasm } from '../runtime/wasm.js';
import type { Program } from './program.js';

/** Tiles in a chunk of a long batch, and the number of tiles from which a batch is long. */
const LONG_CHUNK_TILES = 8;
const LONG_BATCH_TILES = 64;
/** Where slots are large, chunks are fewer: each clears and folds one. */
const LARGE_SLOT_CHUNKS = 8;
/** Chunks whose gradients are held at a time. */
const WINDOW_CHUNKS = 64;
const WINDOW_BYTES = 32 * 1024 * 1024;

/** A parameter vector in shared memory. Whoever writes it raises the version, so that nothing derived from it is stale. */
export class ParameterStore {
  readonly address: number;
  readonly count: number;
  version = 0;

  constructor(count: number) {
    this.count = count;
    this.address = arena().allocate(8 * (count + 1));
  }

  /** A view, good until the next allocation. */
  get values(): Float64Array {
    return arena().f64.subarray(this.address / 8, this.address / 8 + this.count);
  }

  write(values: Float64Array): void {
    arena().f64.set(values, this.address / 8);
    this.version++;
  }

  dispose(): void {
    arena().free(this.address);
  }
}

/** Memory that no call keeps between runs: it only grows. */
export class Workspace {
  #address = 0;
  #bytes = 0;

  atLeast(bytes: number): number {
    if (bytes <= this.#bytes) return this.#address;
    const address = arena().allocate(bytes);
    this.dispose();
    this.#address = address;
    this.#bytes = bytes;
    return address;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Back to fewer bytes, which there is always room for. */
  shrink(bytes: number): void {
    if (bytes >= this.#bytes) return;
    this.dispose();
    this.atLeast(bytes);
  }

  /** The same content elsewhere. */
  move(): void {
    if (this.#bytes === 0) return;
    const address = arena().allocate(this.#bytes);
    arena().u8.copyWithin(address, this.#address, this.#address + this.#bytes);
    arena().free(this.#address);
    this.#address = address;
  }

  dispose(): void {
    if (this.#bytes > 0) arena().free(this.#address);
    this.#bytes = 0;
  }
}

/** Rows of a call, row-major, or one row that stands for all. */
export type Input = Float64Array | { readonly row: Float64Array };

const sharedScratch = new Workspace();
const staging = new Workspace();

const LINE_BYTES = 64;
/**
 * Between the scratch areas of two threads. Kernels walk blocks in long strides, and processors read ahead of them, past the end and into
 * the next thread's area, whose lines another core then has to fetch back: side by side, two threads were as slow as one.
 */
const GUARD_BYTES = 64 * 1024;

/** A program in memory, bound to a parameter vector, ready to run over batches. */
export class Execution {
  readonly program: Program;
  readonly #parameters: ParameterStore;
  readonly #kernels: Kernels;
  readonly #scratch: Workspace;
  readonly #layout: ReturnType<typeof layOut>;
  readonly #stagingBytes: number;
  readonly #scratchBytes: number;
  /** One allocation: job, instructions, data, derived and packed values, folded gradients, slots. */
  #memory: number;
  #derivedVersion = -1;
  #stagingAreas = 1;
  /** The block that is being computed. */
  #block = 0;

  /**
   * @param constants the head of the data space
   * @param scratch the threads' tile blocks; of its own where another thread than the caller runs it
   * @throws {OutOfMemoryError}
   */
  constructor(program: Program, parameters: ParameterStore, constants: ArrayLike<number> = [], scratch = sharedScratch) {
    this.program = program;
    this.#parameters = parameters;
    this.#kernels = wasm().kernels;
    this.#scratch = scratch;
    this.#layout = layOut(program);
    this.#stagingBytes = 8 * program.batchWidth * program.stagedRows;
    const sumsOffset = lines(Frame.Bytes + 8 * program.tileSize);
    const slotBytes = 8 * program.slotSize;
    this.#scratchBytes = GUARD_BYTES + lines(sumsOffset + (slotBytes <= SMALL_SLOT_BYTES ? slotBytes : 0));
    this.#memory = arena().allocate(this.#layout.bytes);

    const { i32, f64 } = arena();
    const { prologue, body, epilogue, data } = this.#layout;
    i32.fill(0, this.#memory / 4, this.#memory / 4 + Job.Bytes / 4);
    i32.set(program.prologue, (this.#memory + prologue) / 4);
    i32.set(program.body, (this.#memory + body) / 4);
    i32.set(program.epilogue, (this.#memory + epilogue) / 4);
    const dataAt = (this.#memory + data) / 8;
    f64.fill(0, dataAt, dataAt + program.dataCount);
    f64.set(constants, dataAt);
    for (const [offset, values] of program.data) f64.set(values, dataAt + offset);
    this.#setAddresses();
    this.#set(Job.Parameters, parameters.address);
    this.#set(Job.SlotCount, this.#layout.window);
    this.#set(Job.SlotSize, program.slotSize);
    this.#set(Job.TileRows, program.tileRows);
    this.#set(Job.Stride, 8 * program.stride);
    this.#set(Job.ScratchBytes, this.#scratchBytes);
    this.#set(Job.SumsOffset, sumsOffset);
    this.#set(Job.MayBlock, mayBlock() ? 1 : 0);
  }

  /** What it takes, beside the threads' tile blocks. */
  get bytes(): number {
    return this.#layout.bytes;
  }

  /** Address of the job, for the training loop. */
  get job(): number {
    return this.#memory;
  }

  /** Byte address of staged input or output `column` (doubles per row before it). Call after {@link prepare}. */
  staged(column: number): number {
    return this.#area(0) + 8 * column * this.program.stagedRows;
  }

  /** Set up the job for batches of `rows` rows in all. */
  prepare(rows: number, key: RandomKey = { low: 0, high: 0, step: 0 }): void {
    const stagingAddress = this.#area(0);
    const { i32 } = arena();
    const job = this.#memory / 4;
    i32[job + Job.ChunkTiles / 4] = chunkTiles(this.program, rows);
    i32[job + Job.Batch / 4] = stagingAddress;
    i32[job + Job.Rows / 4] = rows;
    i32[job + Job.FirstRow / 4] = 0;
    i32[job + Job.KeyLow / 4] = key.low;
    i32[job + Job.KeyHigh / 4] = key.high;
    i32[job + Job.Step / 4] = key.step;
  }

  /** Set up whom to share the next phase over `rows` rows with. @param share asks for help with so many nanoseconds of work */
  share(rows: number, share: (nanoseconds: number) => Sharing = shareWork): void {
    const { crew, helpers } = share(rows * this.program.rowNanoseconds);
    // Also where the caller works alone: it may be a worker, in an area of its own.
    const scratch = GUARD_BYTES + this.#scratch.atLeast(GUARD_BYTES + scratchAreas() * this.#scratchBytes);
    const { i32 } = arena();
    const job = this.#memory / 4;
    i32[job + Job.Scratch / 4] = scratch;
    i32[job + Job.Crew / 4] = crew;
    i32[job + Job.Helpers / 4] = helpers;
  }

  /** Address of the rows that batches are drawn from, where the program reads such; which ones, the training loop says. */
  set dataset(address: number) {
    this.#set(Job.Dataset, address);
  }

  /** Whether the thread that runs the job may sleep. */
  set mayBlock(value: boolean) {
    this.#set(Job.MayBlock, value ? 1 : 0);
  }

  /**
   * Run the program over `rows` rows, streaming inputs and outputs through the staging area.
   *
   * @param inputs row-major arrays, or one row for all, in the order in which the recorder's `batch` was called
   * @param outputs row-major arrays to fill, after them
   * @param firstRow number of the first row, as random numbers count them
   */
  run(rows: number, inputs: readonly Input[], outputs: readonly Float64Array[], key?: RandomKey, firstRow = 0): void {
    const { slotSize, stagedRows } = this.program;
    const blocks = Math.ceil(rows / stagedRows);
    const { bytes } = staging;
    this.#stagingAreas = blocks > 1 ? 2 : 1;
    try {
      this.prepare(rows, key);
      this.share(Math.min(rows, stagedRows));
    } catch (error) {
      staging.shrink(bytes); // out of memory: what was had goes back
      throw error;
    }
    if (this.#derivedVersion !== this.#parameters.version) {
      this.#kernels.runPrologue(this.#memory);
      this.#derivedVersion = this.#parameters.version;
    }
    if (slotSize > 0) this.#kernels.clearTotal(this.#memory);
    if (blocks > 0) this.#stage(inputs, rows, 0);
    for (let block = 0; block < blocks; block++) {
      this.#open(rows, block, firstRow);
      // Meanwhile workers compute this block, if there are any.
      if (block > 0) this.#unstage(inputs, outputs, rows, block - 1);
      if (block + 1 < blocks) this.#stage(inputs, rows, block + 1);
      if (this.#kernels.runPhase(this.#memory, 0) === 0) this.#awaitPhase();
    }
    if (blocks > 0) this.#unstage(inputs, outputs, rows, blocks - 1);
    if (slotSize > 0) this.#kernels.runEpilogue(this.#memory);
  }

  /** After a worker was lost: move all that it may still write, and do the open window again without help. */
  goOnAlone(): void {
    this.#scratch.move();
    staging.move();
    const memory = arena().allocate(this.#layout.bytes);
    arena().u8.copyWithin(memory, this.#memory, this.#memory + this.#layout.bytes);
    arena().free(this.#memory);
    this.#memory = memory;
    this.#setAddresses();
    this.#set(Job.Batch, this.#area(this.#block));
    this.#set(Job.Scratch, GUARD_BYTES + this.#scratch.atLeast(GUARD_BYTES + this.#scratchBytes));
    this.#set(Job.Crew, 0);
    this.#set(Job.WindowIsOpen, 0);
  }

  /** A copy of the folded gradients of the parameters, after a run. */
  gradient(): Float64Array {
    const total = (this.#memory + this.#layout.total) / 8;
    return arena().f64.slice(total, total + this.program.parameterCount);
  }

  dispose(): void {
    arena().free(this.#memory);
  }

  #awaitPhase(): void {
    seeThrough(
      () => this.#kernels.runPhase(this.#memory, 0) !== 0,
      () => this.goOnAlone(),
    );
  }

  /** Byte address of a block's staging area: two take turns. */
  #area(block: number): number {
    return staging.atLeast(this.#stagingAreas * this.#stagingBytes) + (block % 2) * this.#stagingBytes;
  }

  /** Rows of a staged block. */
  #count(rows: number, block: number): number {
    return Math.min(this.program.stagedRows, rows - block * this.program.stagedRows);
  }

  #open(rows: number, block: number, firstRow: number): void {
    const count = this.#count(rows, block);
    if (block > 0) this.share(count);
    this.#block = block;
    const { i32 } = arena();
    const job = this.#memory / 4;
    i32[job + Job.Batch / 4] = this.#area(block);
    i32[job + Job.Rows / 4] = count;
    i32[job + Job.FirstRow / 4] = firstRow + block * this.program.stagedRows;
    this.#kernels.openPhase(this.#memory);
  }

  #stage(inputs: readonly Input[], rows: number, block: number): void {
    const { stagedRows } = this.program;
    const { f64 } = arena();
    const count = this.#count(rows, block);
    let at = this.#area(block) / 8;
    for (const input of inputs) {
      const width = widthOf(input, rows);
      const first = block * stagedRows * width;
      if ('row' in input) for (let r = 0; r < count; r++) f64.set(input.row, at + r * width);
      else f64.set(count === rows ? input : input.subarray(first, first + count * width), at);
      at += width * stagedRows;
    }
  }

  #unstage(inputs: readonly Input[], outputs: readonly Float64Array[], rows: number, block: number): void {
    const { stagedRows } = this.program;
    const { f64 } = arena();
    const count = this.#count(rows, block);
    let at = this.#area(block) / 8;
    for (const input of inputs) at += widthOf(input, rows) * stagedRows;
    for (const output of outputs) {
      const width = output.length / rows;
      output.set(f64.subarray(at, at + count * width), block * stagedRows * width);
      at += width * stagedRows;
    }
  }

  #set(field: Job, value: number): void {
    arena().i32[(this.#memory + field) / 4] = value;
  }

  #setAddresses(): void {
    const { prologue, body, epilogue, data, derived, total, slots } = this.#layout;
    const { program } = this;
    this.#set(Job.Prologue, this.#memory + prologue);
    this.#set(Job.PrologueEnd, this.#memory + prologue + 4 * program.prologue.length);
    this.#set(Job.Body, this.#memory + body);
    this.#set(Job.BodyEnd, this.#memory + body + 4 * program.body.length);
    this.#set(Job.Epilogue, this.#memory + epilogue);
    this.#set(Job.EpilogueEnd, this.#memory + epilogue + 4 * program.epilogue.length);
    this.#set(Job.Data, this.#memory + data);
    this.#set(Job.Derived, this.#memory + derived);
    this.#set(Job.Total, this.#memory + total);
    this.#set(Job.Slots, this.#memory + slots);
  }
}

let noParameters: ParameterStore | undefined;

function withoutParameters(program: Program): Execution {
  return new Execution(program, (noParameters ??= new ParameterStore(0)));
}

/** Runs a program without parameters over all rows, in memory that is free again afterwards. @throws {OutOfMemoryError} */
export function runOnce(program: Program, rows: number, inputs: readonly Input[], outputs: readonly Float64Array[]): void {
  const execution = withoutParameters(program);
  try {
    execution.run(rows, inputs, outputs);
  } finally {
    execution.dispose();
  }
}

/** What a program may take that stays in memory. */
const KEPT_BYTES = 16 * 1024 * 1024;
let kept: Execution | undefined;

/**
 * The same for a program that is likely to run again: it stays in memory, its data with it, until another one does.
 *
 * @throws {OutOfMemoryError}
 */
export function runAgain(program: Program, rows: number, inputs: readonly Input[], outputs: readonly Float64Array[]): void {
  if (kept?.program === program) return kept.run(rows, inputs, outputs);
  const execution = withoutParameters(program);
  let released: Execution | undefined = execution;
  try {
    execution.run(rows, inputs, outputs);
    if (execution.bytes <= KEPT_BYTES) [released, kept] = [kept, execution];
  } finally {
    released?.dispose();
  }
}

/** Tiles in a chunk: a function of the program and the rows alone. */
function chunkTiles({ tileRows, slotSize }: Program, rows: number): number {
  const tiles = Math.ceil(rows / tileRows);
  if (tiles > LONG_BATCH_TILES) return LONG_CHUNK_TILES;
  if (8 * slotSize <= SMALL_SLOT_BYTES) return 1;
  return [8, 4, 2].find((count) => tiles >= count * LARGE_SLOT_CHUNKS) ?? 1;
}

/** Where the parts of an execution's memory begin, each on a cache line of its own. */
function layOut(program: Program) {
  const slotBytes = 8 * program.slotSize;
  const window = slotBytes === 0 ? 2 ** 30 : Math.max(1, Math.min(WINDOW_CHUNKS, Math.floor(WINDOW_BYTES / slotBytes)));
  let bytes: number = Job.Bytes;
  const add = (size: number): number => {
    const at = lines(bytes);
    bytes = at + size;
    return at;
  };
  const prologue = add(4 * program.prologue.length);
  const body = add(4 * program.body.length);
  const epilogue = add(4 * program.epilogue.length);
  const data = add(8 * program.dataCount);
  const derived = add(8 * (program.derivedCount + program.packedCount));
  const total = add(slotBytes);
  const slots = add(slotBytes === 0 ? 0 : slotBytes * window);
  return { window, prologue, body, epilogue, data, derived, total, slots, bytes };
}

function widthOf(input: Input, rows: number): number {
  return 'row' in input ? input.row.length : input.length / rows;
}

/** Rounded up to whole cache lines. */
function lines(bytes: number): number {
  return Math.ceil(bytes / LINE_BYTES) * LINE_BYTES;
}

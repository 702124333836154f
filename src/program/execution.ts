import { Job } from '../../assembly/opcodes.js';
import { arena } from '../runtime/memory.js';
import type { RandomKey } from '../runtime/random.js';
import { type Kernels, wasm } from '../runtime/wasm.js';
import type { Program } from './program.js';

/** Tiles in a chunk of a long batch, and the number of tiles from which a batch is long. A function of the rows alone. */
const LONG_CHUNK_TILES = 8;
const LONG_BATCH_TILES = 64;
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

/** Memory that no call keeps between runs, shared by all: it only grows. */
class Shared {
  #address = 0;
  #bytes = 0;

  atLeast(bytes: number): number {
    if (bytes <= this.#bytes) return this.#address;
    const address = arena().allocate(bytes);
    if (this.#bytes > 0) arena().free(this.#address);
    this.#address = address;
    this.#bytes = bytes;
    return address;
  }
}

const scratch = new Shared();
const staging = new Shared();

const FRAME_BYTES = 64;

/** A program in memory, bound to a parameter vector, ready to run over batches. */
export class Execution {
  readonly program: Program;
  readonly #parameters: ParameterStore;
  readonly #kernels: Kernels;
  /** One allocation: job, instructions, data, derived values, folded gradients, slots. */
  readonly #memory: number;
  readonly #data: number;
  readonly #total: number;
  readonly #stagingBytes: number;
  readonly #scratchBytes: number;
  #derivedVersion = -1;

  /**
   * @param constants the head of the data space
   * @throws {OutOfMemoryError}
   */
  constructor(program: Program, parameters: ParameterStore, constants: ArrayLike<number> = []) {
    this.program = program;
    this.#parameters = parameters;
    this.#kernels = wasm().kernels;
    const slotBytes = 8 * program.slotSize;
    const window = slotBytes === 0 ? 2 ** 30 : Math.max(1, Math.min(WINDOW_CHUNKS, Math.floor(WINDOW_BYTES / slotBytes)));
    const layout = new Layout(Job.Bytes);
    const prologue = layout.add(4 * program.prologue.length);
    const body = layout.add(4 * program.body.length);
    const epilogue = layout.add(4 * program.epilogue.length);
    const data = layout.add(8 * program.dataCount);
    const derived = layout.add(8 * program.derivedCount);
    const total = layout.add(slotBytes);
    const slots = layout.add(slotBytes === 0 ? 0 : slotBytes * window);
    this.#memory = arena().allocate(layout.bytes);
    this.#data = this.#memory + data;
    this.#total = this.#memory + total;
    this.#stagingBytes = 8 * program.batchWidth * program.stagedRows;
    this.#scratchBytes = FRAME_BYTES + 8 * program.tileSize;

    const { i32, f64 } = arena();
    i32.fill(0, this.#memory / 4, this.#memory / 4 + Job.Bytes / 4);
    i32.set(program.prologue, (this.#memory + prologue) / 4);
    i32.set(program.body, (this.#memory + body) / 4);
    i32.set(program.epilogue, (this.#memory + epilogue) / 4);
    f64.fill(0, this.#data / 8, this.#data / 8 + program.dataCount);
    f64.set(constants, this.#data / 8);
    f64[this.#data / 8 + program.dataCount - 1] = 1;
    const set = (field: Job, value: number): void => {
      i32[(this.#memory + field) / 4] = value;
    };
    set(Job.Prologue, this.#memory + prologue);
    set(Job.PrologueEnd, this.#memory + prologue + 4 * program.prologue.length);
    set(Job.Body, this.#memory + body);
    set(Job.BodyEnd, this.#memory + body + 4 * program.body.length);
    set(Job.Epilogue, this.#memory + epilogue);
    set(Job.EpilogueEnd, this.#memory + epilogue + 4 * program.epilogue.length);
    set(Job.Parameters, parameters.address);
    set(Job.Derived, this.#memory + derived);
    set(Job.Data, this.#data);
    set(Job.Slots, this.#memory + slots);
    set(Job.SlotCount, window);
    set(Job.SlotSize, program.slotSize);
    set(Job.Total, this.#total);
    set(Job.TileRows, program.tileRows);
    set(Job.Stride, 8 * program.stride);
    set(Job.ScratchBytes, this.#scratchBytes);
  }

  /** Address of the job, for the training loop. */
  get job(): number {
    return this.#memory;
  }

  /** Byte address of staged input or output `column` (doubles per row before it). Call after {@link prepare}. */
  staged(column: number): number {
    return staging.atLeast(this.#stagingBytes) + 8 * column * this.program.stagedRows;
  }

  /** Set up the job for batches of `rows` rows in all. */
  prepare(rows: number, key: RandomKey = { low: 0, high: 0, step: 0 }): void {
    const scratchAddress = scratch.atLeast(this.#scratchBytes);
    const stagingAddress = staging.atLeast(this.#stagingBytes);
    const { i32 } = arena();
    const job = this.#memory / 4;
    const tiles = Math.ceil(rows / this.program.tileRows);
    i32[job + Job.ChunkTiles / 4] = tiles > LONG_BATCH_TILES ? LONG_CHUNK_TILES : 1;
    i32[job + Job.Scratch / 4] = scratchAddress;
    i32[job + Job.Batch / 4] = stagingAddress;
    i32[job + Job.Rows / 4] = rows;
    i32[job + Job.FirstRow / 4] = 0;
    i32[job + Job.KeyLow / 4] = key.low;
    i32[job + Job.KeyHigh / 4] = key.high;
    i32[job + Job.Step / 4] = key.step;
  }

  /**
   * Run the program over `rows` rows, streaming inputs and outputs through the staging area.
   *
   * @param inputs row-major arrays, in the order in which the recorder's `batch` was called
   * @param outputs row-major arrays to fill, after them
   */
  run(rows: number, inputs: readonly Float64Array[], outputs: readonly Float64Array[], key?: RandomKey): void {
    this.prepare(rows, key);
    if (this.#derivedVersion !== this.#parameters.version) {
      this.#kernels.runPrologue(this.#memory);
      this.#derivedVersion = this.#parameters.version;
    }
    const { stagedRows, slotSize } = this.program;
    if (slotSize > 0) this.#kernels.clearTotal(this.#memory);
    const { f64, i32 } = arena();
    const job = this.#memory / 4;
    for (let first = 0; first < rows; first += stagedRows) {
      const count = Math.min(stagedRows, rows - first);
      let at = this.staged(0) / 8;
      for (const input of inputs) {
        const width = input.length / rows;
        f64.set(count === rows ? input : input.subarray(first * width, (first + count) * width), at);
        at += width * stagedRows;
      }
      i32[job + Job.Rows / 4] = count;
      i32[job + Job.FirstRow / 4] = first;
      this.#kernels.runPhase(this.#memory);
      for (const output of outputs) {
        const width = output.length / rows;
        output.set(f64.subarray(at, at + count * width), first * width);
        at += width * stagedRows;
      }
    }
    if (slotSize > 0) this.#kernels.runEpilogue(this.#memory);
  }

  /** A copy of the folded gradients of the parameters, after a run. */
  gradient(): Float64Array {
    return arena().f64.slice(this.#total / 8, this.#total / 8 + this.program.parameterCount);
  }

  dispose(): void {
    arena().free(this.#memory);
  }
}

/** Sizes of consecutive parts of one allocation, each on its own cache line. */
class Layout {
  bytes: number;

  constructor(head: number) {
    this.bytes = head;
  }

  add(bytes: number): number {
    const at = Math.ceil(this.bytes / 64) * 64;
    this.bytes = at + bytes;
    return at;
  }
}

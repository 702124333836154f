import { wasm } from './wasm.js';

const PAGE_BYTES = 65536;
/** A cache line: no two allocations share one. */
const ALIGNMENT = 64;

interface Span {
  start: number;
  bytes: number;
}

/** The library's memory could not grow. The arena is as it was before the call. */
export class OutOfMemoryError extends Error {
  override readonly name = 'OutOfMemoryError';
}

/**
 * The one arena over the shared memory: first fit over an address-ordered list of free spans, neighbours merged on `free`.
 * Kernels never allocate, so everything that lives in the memory was handed out here.
 */
export class Arena {
  readonly #memory: WebAssembly.Memory;
  #free: Span[] = [];
  #allocated = new Map<number, number>();
  #holds = 0;
  #held: number[] = [];
  #end: number;
  #f64!: Float64Array;
  #i32!: Int32Array;
  #u8!: Uint8Array;

  constructor(memory: WebAssembly.Memory, heapBase: number) {
    this.#memory = memory;
    this.#end = memory.buffer.byteLength;
    const start = align(heapBase);
    this.#free.push({ start, bytes: this.#end - start });
    this.#makeViews();
  }

  /** Views of the whole memory. Take them anew after an allocation: growing makes the old ones too short. */
  get f64(): Float64Array {
    return this.#f64;
  }
  get i32(): Int32Array {
    return this.#i32;
  }
  get u8(): Uint8Array {
    return this.#u8;
  }

  /** Bytes handed out and not yet freed. */
  get allocatedBytes(): number {
    let total = 0;
    for (const bytes of this.#allocated.values()) total += bytes;
    return total;
  }

  /**
   * @returns the address of `bytes` bytes, aligned to 64; their content is undefined.
   * @throws {OutOfMemoryError} when the memory cannot grow to hold them.
   */
  allocate(bytes: number): number {
    const size = align(Math.max(bytes, 1));
    let index = this.#free.findIndex((span) => span.bytes >= size);
    if (index < 0) {
      this.#grow(size);
      index = this.#free.length - 1;
    }
    const span = this.#free[index];
    const { start } = span;
    span.start += size;
    span.bytes -= size;
    if (span.bytes === 0) this.#free.splice(index, 1);
    this.#allocated.set(start, size);
    return start;
  }

  free(start: number): void {
    const bytes = this.#allocated.get(start);
    if (bytes === undefined || this.#held.includes(start))
      throw new Error(`Arena.free: start must be an allocated address; got ${start}.`);
    if (this.#holds > 0) {
      this.#held.push(start);
      return;
    }
    this.#allocated.delete(start);
    let index = this.#free.findIndex((span) => span.start > start);
    if (index < 0) index = this.#free.length;
    this.#free.splice(index, 0, { start, bytes });
    this.#mergeWithNext(index);
    if (index > 0) this.#mergeWithNext(index - 1);
  }

  /**
   * Until the returned function is called, what is freed is not handed out again: a thread that was lost may still write it.
   */
  hold(): () => void {
    this.#holds++;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      if (--this.#holds > 0) return;
      const held = this.#held;
      this.#held = [];
      for (const start of held) this.free(start);
    };
  }

  #mergeWithNext(index: number): void {
    const span = this.#free[index];
    const next = this.#free[index + 1];
    if (next === undefined || span.start + span.bytes !== next.start) return;
    span.bytes += next.bytes;
    this.#free.splice(index + 1, 1);
  }

  /** Makes the last free span at least `size` bytes long. */
  #grow(size: number): void {
    const last = this.#free.at(-1);
    const tail = last !== undefined && last.start + last.bytes === this.#end ? last.bytes : 0;
    const pages = Math.ceil((size - tail) / PAGE_BYTES);
    try {
      this.#memory.grow(pages);
    } catch (cause) {
      throw new OutOfMemoryError(
        `normalizing-flows: memory must fit the device's limit; ${size} more bytes were asked for with ${this.allocatedBytes} in use. ` +
          'Use smaller batches, or dispose() flows that are no longer needed.',
        { cause },
      );
    }
    const grown = pages * PAGE_BYTES;
    if (tail > 0) last!.bytes += grown;
    else this.#free.push({ start: this.#end, bytes: grown });
    this.#end += grown;
    this.#makeViews();
  }

  #makeViews(): void {
    const { buffer } = this.#memory;
    this.#f64 = new Float64Array(buffer);
    this.#i32 = new Int32Array(buffer);
    this.#u8 = new Uint8Array(buffer);
  }
}

function align(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

let shared: Arena | undefined;

/** The arena of this thread's instance. */
export function arena(): Arena {
  if (shared === undefined) {
    const { kernels, memory } = wasm();
    shared = new Arena(memory, kernels.heapBase());
  }
  return shared;
}

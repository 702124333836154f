import { Shuffle } from '../../assembly/opcodes.js';
import { arena } from './memory.js';
import { wasm } from './wasm.js';

/**
 * Random numbers are a function of (key, row, element, step, stream): Philox4x32-10 with the 64-bit seed as key. The streams keep
 * the uses of one seed apart, and are part of what a version promises.
 */
export enum Stream {
  /** `sample` and `sampleAndLogProb`; the step is the call number, 0 where a seed is given. */
  Sample = 0,
  /** `fitToTarget`; the step is the training step. */
  Fit = 1,
  /** The final estimate of a fit. */
  Estimate = 2,
  /** Initial parameters; the step is the transform's place in the flow. */
  Initialization = 3,
  /** The order of rows in `fitToData`; the step is 0 for which of them validate, else the epoch, from 1. */
  Order = Shuffle.Stream,
  /** Where the paths of `fitPosterior` begin; the step is the number of the trial. */
  Starts = 5,
  /** The draws that judge their normal approximations. */
  Candidates = 6,
  /** Which draws of a fit importance resampling takes, and what `generate` adds to them. */
  Resampling = 7,
  Generation = 8,
  GenerationNormals = 9,
}

/** Where a run's random numbers come from: the key is the seed, the step distinguishes runs. */
export interface RandomKey {
  readonly low: number;
  readonly high: number;
  readonly step: number;
}

/** The two 32-bit halves of a seed. */
export interface Seed {
  readonly low: number;
  readonly high: number;
}

/** @throws {RangeError} unless the seed is an integer in [0, 2^53) or a bigint in [0, 2^64). */
export function splitSeed(where: string, seed: number | bigint): Seed {
  const isSeed = typeof seed === 'bigint' ? seed >= 0n && seed < 1n << 64n : Number.isSafeInteger(seed) && seed >= 0;
  if (!isSeed)
    throw new RangeError(`${where}: seed must be an integer in [0, 2^53), or a bigint in [0, 2^64); got ${String(seed)}.`);
  const bits = BigInt(seed);
  return { low: Number(bits & 0xffffffffn) | 0, high: Number(bits >> 32n) | 0 };
}

export function keyOf(seed: Seed, step: number): RandomKey {
  return { low: seed.low, high: seed.high, step };
}

/** `count` uniform numbers in (0, 1), a function of the key; the first of them are those of a shorter array. */
export function uniforms(key: RandomKey, stream: Stream, count: number): Float64Array {
  return filled('fillUniform', key, stream, count);
}

/** `count` standard normals, likewise. */
export function normals(key: RandomKey, stream: Stream, count: number): Float64Array {
  return filled('fillNormal', key, stream, count);
}

function filled(kernel: 'fillUniform' | 'fillNormal', key: RandomKey, stream: Stream, count: number): Float64Array {
  const memory = arena();
  const stride = 8 * (count + 8);
  const address = memory.allocate(2 * stride);
  wasm().kernels[kernel](address, address + stride, stride, 1, count, 0, key.low, key.high, key.step, stream);
  const values = memory.f64.slice(address / 8, address / 8 + count);
  memory.free(address);
  return values;
}

/** The numbers 0 … count − 1 in a random order, a function of the key. */
export function permutation(key: RandomKey, stream: Stream, count: number): Int32Array {
  const memory = arena();
  const scratch = memory.allocate(Shuffle.ScratchBytes + 4 * count);
  const order = scratch + Shuffle.ScratchBytes;
  wasm().kernels.shuffle(order, scratch, count, key.low, key.high, key.step, stream);
  const numbers = memory.i32.slice(order / 4, order / 4 + count);
  memory.free(scratch);
  return numbers;
}

// Products with sparse rows, as what leaves a ReLU is: half of it zeros, and more after training
//
//   y_i = Σ_{k: x_k ≠ 0} x_k P_ik
//
// A tile's vectors run over rows of the batch, which are not zero together. Here they run over outputs: each row first becomes a list of
// its entries that are not 0, then P, packed as [i / 4][k][4], is gone through by the list, three panels at a time. One accumulator per
// output, k ascending, and never −0: a product that is left out would add ±0, so that the bits are those of the dense product.
//
// An entry is a double and where its k stands in a panel, 16 bytes.

/** What becomes of sums: they are y; y where above 0; they begin as what y holds; they are added to it. */
export enum Put {
  Store,
  Rectify,
  Continue,
  Add,
}

/** Lists at a time, at most. */
const MOST_LISTS: i32 = 32;
/** Bytes of the lists' ends, before the lists, each of which begins where the one before ends. */
const ENDS: usize = 4 * MOST_LISTS;
const ENTRY_SHIFT: usize = 4;
const PANEL_SHIFT: usize = 5;

/**
 * Lists at a time, so that they stay in the first cache: an eighth of a tile's rows, an even number for the padding's part of the stride.
 * All of them together then take at most a quarter of `stride` for every entry of a full list.
 */
// @ts-ignore: decorator
@inline
function groupSize(stride: usize): i32 {
  return min(MOST_LISTS, max(2, <i32>((stride >> 6) & ~1)));
}

/** Whether lists pay: not where more than two thirds of the entries are not 0, by every fourth feature. */
export function isSparse(x: usize, dim: i32, bytes: usize, stride: usize): bool {
  const zero = f64x2.splat(0);
  let zeros = i64x2.splat(0);
  for (let k = 0; k < dim; k += 4) {
    for (let lane: usize = 0; lane < bytes; lane += 16) zeros = i64x2.sub(zeros, f64x2.eq(v128.load(x + lane), zero));
    x += 4 * stride;
  }
  const count = i64x2.extract_lane(zeros, 0) + i64x2.extract_lane(zeros, 1);
  return 3 * count >= <i64>((dim + 3) >> 2) * <i64>(bytes >> 3);
}

/** For every row of the tile, y_i (+)= Σ_k x_k P_ik, or bias_i more where `bias` is not 0. */
export function multiplySparse(
  y: usize, // [outputs]
  x: usize, // [inputs]
  packed: usize, // [⌈outputs / 4⌉][inputs][4]
  bias: usize, // [outputs]
  room: usize,
  inputs: i32,
  outputs: i32,
  bytes: usize,
  stride: usize,
  put: Put,
): void {
  const rows = <i32>(bytes >> 3);
  const group = groupSize(stride);
  for (let r = 0; r < rows; r += group) {
    const count = min(group, rows - r);
    const shift = <usize>r << 3;
    list(room, x + shift, 8, count, stride, inputs);
    multiplyLists(y + shift, stride, room, count, inputs, packed, bias, outputs, put);
  }
}

/** dW_ik += Σ_rows dy_i x_k, of a sparse x. */
export function weightsSparse(
  dWeight: usize, // [outputs × inputs]
  dy: usize, // [outputs]
  x: usize, // [inputs]
  room: usize,
  inputs: i32,
  outputs: i32,
  rows: i32,
  stride: usize,
): void {
  const group = groupSize(stride);
  const packed = room + ENDS + ((<usize>group * <usize>rows) << ENTRY_SHIFT);
  packRows(packed, dy, outputs, rows, stride);
  for (let k = 0; k < inputs; k += group) {
    const count = min(group, inputs - k);
    list(room, x + <usize>k * stride, stride, count, 8, rows);
    multiplyLists(dWeight + (<usize>k << 3), <usize>inputs << 3, room, count, rows, packed, 0, outputs, Put.Add);
  }
}

/** dy as panels [⌈outputs / 4⌉][rows][4]; behind the last output stands what is not used. */
function packRows(packed: usize, dy: usize, outputs: i32, rows: i32, stride: usize): void {
  for (let i = 0; i < outputs; i += 4) {
    const d0 = dy + <usize>i * stride;
    const d1 = i + 1 < outputs ? d0 + stride : d0;
    const d2 = i + 2 < outputs ? d1 + stride : d0;
    const d3 = i + 3 < outputs ? d2 + stride : d0;
    for (let r: usize = 0; r < <usize>rows << 3; r += 8) {
      v128.store(packed, v128.load64_lane(d1 + r, v128.load64_zero(d0 + r), 1));
      v128.store(packed, v128.load64_lane(d3 + r, v128.load64_zero(d2 + r), 1), 16);
      packed += 32;
    }
  }
}

/** Lists of `count` rows of `length` entries: from one row to the next it is `rowStep` bytes, from one entry to the next `entryStep`. */
function list(room: usize, x: usize, rowStep: usize, count: i32, entryStep: usize, length: i32): void {
  const last = <usize>length << PANEL_SHIFT;
  const fours = last & ~127;
  let end = room + ENDS;
  for (let r = 0; r < count; r++) {
    let from = x;
    let at: usize = 0;
    for (; at < fours; at += 4 << PANEL_SHIFT) {
      end = append(end, from, at);
      end = append(end, from + entryStep, at + 32);
      end = append(end, from + 2 * entryStep, at + 64);
      end = append(end, from + 3 * entryStep, at + 96);
      from += 4 * entryStep;
    }
    for (; at < last; at += 1 << PANEL_SHIFT) {
      end = append(end, from, at);
      from += entryStep;
    }
    store<u32>(room + (<usize>r << 2), <u32>end);
    x += rowStep;
  }
}

/** Writes an entry, to be written over where it is 0; −0 has a sign to keep. */
// @ts-ignore: decorator
@inline
function append(end: usize, from: usize, at: usize): usize {
  const value = load<i64>(from);
  store<i64>(end, value);
  store<u32>(end, <u32>at, 8);
  return end + (<usize>(value != 0) << ENTRY_SHIFT);
}

/** y of every list, 8 bytes from one list to the next, `step` from one output to the next. */
function multiplyLists(
  y: usize,
  step: usize,
  room: usize,
  count: i32,
  length: i32,
  packed: usize,
  bias: usize,
  outputs: i32,
  put: Put,
): void {
  const panelBytes = <usize>length << PANEL_SHIFT;
  let i = 0;
  for (; i + 12 <= outputs; i += 12) {
    panels3(y, step, room, count, panelBytes, packed, bias, put);
    y += 12 * step;
    packed += 3 * panelBytes;
    if (bias) bias += 96;
  }
  for (; i < outputs; i += 4) {
    panel(y, step, room, count, packed, bias, outputs - i, put);
    y += 4 * step;
    packed += panelBytes;
    if (bias) bias += 32;
  }
}

/** Twelve outputs: six accumulators, as V8 loads all that a round needs before it multiplies, and would spill eight. */
function panels3(y: usize, step: usize, room: usize, count: i32, panelBytes: usize, packed: usize, bias: usize, put: Put): void {
  let entry = room + ENDS;
  for (let r = 0; r < count; r++) {
    let a0 = start(y, step, bias, 0, 12, put);
    let a1 = start(y, step, bias, 2, 12, put);
    let b0 = start(y, step, bias, 4, 12, put);
    let b1 = start(y, step, bias, 6, 12, put);
    let c0 = start(y, step, bias, 8, 12, put);
    let c1 = start(y, step, bias, 10, 12, put);
    const end = <usize>load<u32>(room + (<usize>r << 2));
    for (; entry < end; entry += 1 << ENTRY_SHIFT) {
      const x = v128.load64_splat(entry);
      const a = packed + <usize>load<u32>(entry, 8);
      const b = a + panelBytes;
      const c = b + panelBytes;
      a0 = f64x2.add(a0, f64x2.mul(x, v128.load(a)));
      a1 = f64x2.add(a1, f64x2.mul(x, v128.load(a, 16)));
      b0 = f64x2.add(b0, f64x2.mul(x, v128.load(b)));
      b1 = f64x2.add(b1, f64x2.mul(x, v128.load(b, 16)));
      c0 = f64x2.add(c0, f64x2.mul(x, v128.load(c)));
      c1 = f64x2.add(c1, f64x2.mul(x, v128.load(c, 16)));
    }
    putPair(y, step, a0, 0, 12, put);
    putPair(y, step, a1, 2, 12, put);
    putPair(y, step, b0, 4, 12, put);
    putPair(y, step, b1, 6, 12, put);
    putPair(y, step, c0, 8, 12, put);
    putPair(y, step, c1, 10, 12, put);
    y += 8;
  }
}

/** Four outputs, or the `left` that there are. */
function panel(y: usize, step: usize, room: usize, count: i32, packed: usize, bias: usize, left: i32, put: Put): void {
  let entry = room + ENDS;
  for (let r = 0; r < count; r++) {
    let a0 = start(y, step, bias, 0, left, put);
    let a1 = start(y, step, bias, 2, left, put);
    const end = <usize>load<u32>(room + (<usize>r << 2));
    for (; entry < end; entry += 1 << ENTRY_SHIFT) {
      const x = v128.load64_splat(entry);
      const a = packed + <usize>load<u32>(entry, 8);
      a0 = f64x2.add(a0, f64x2.mul(x, v128.load(a)));
      a1 = f64x2.add(a1, f64x2.mul(x, v128.load(a, 16)));
    }
    putPair(y, step, a0, 0, left, put);
    putPair(y, step, a1, 2, left, put);
    y += 8;
  }
}

/** Of outputs i and i + 1, as far as they are there. */
// @ts-ignore: decorator
@inline
function start(y: usize, step: usize, bias: usize, i: i32, left: i32, put: Put): v128 {
  if (i >= left) return f64x2.splat(0);
  const isPair = i + 1 < left;
  if (put == Put.Continue) {
    const first = y + <usize>i * step;
    const value = v128.load64_zero(first);
    return isPair ? v128.load64_lane(first + step, value, 1) : value;
  }
  if (!bias) return f64x2.splat(0);
  const at = bias + (<usize>i << 3);
  return f64x2.add(isPair ? v128.load(at) : v128.load64_zero(at), f64x2.splat(0)); // not −0, which a product of 0 would change
}

/** Outputs i and i + 1, as far as they are there. */
// @ts-ignore: decorator
@inline
function putPair(y: usize, step: usize, sum: v128, i: i32, left: i32, put: Put): void {
  if (i >= left) return;
  if (put == Put.Rectify) sum = f64x2.pmax(sum, f64x2.splat(0));
  const first = y + <usize>i * step;
  const isPair = i + 1 < left;
  if (put == Put.Add) {
    const value = v128.load64_zero(first);
    sum = f64x2.add(sum, isPair ? v128.load64_lane(first + step, value, 1) : value);
  }
  v128.store64_lane(first, sum, 0);
  if (isPair) v128.store64_lane(first + step, sum, 1);
}

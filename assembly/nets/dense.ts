// Dense layer
//
//   y_i = b_i + Σ_{k < ends_i} W_ik x_k,   or max(that, 0), rectified
//
// ends_i is the number of inputs that output i may see: all of them, or fewer in a masked network (MADE), whose units stand in order of
// degree, so that what the mask leaves of a row of W is its beginning, and of a column its end. ends does not fall with i. What the mask makes zero is
// skipped, by panels of four rows.
//
// One accumulator per output, k ascending, whatever the tiling: any range of outputs, computed by itself, has the same bits.
//
// Packed, once per version of the parameters: W as [outputs / 4][inputs][4], Wᵀ as [inputs / 4][outputs][4], zeros outside the mask.

import { addTo, rowBytes, sumLanes } from '../vm/parameter';
import { isSparse, multiplySparse, Put, weightsSparse } from './sparse';

/** Where the accumulators of a panel begin. */
enum Begin {
  Zero,
  Bias,
  Add,
}

/** What becomes of them. */
enum End {
  Sum,
  Rectified,
}

/** Pack W [outputs × inputs] for the forward pass, and for the one back. */
export function densePack(packed: usize, transposed: usize, weight: usize, outputs: i32, inputs: i32, ends: usize): void {
  memory.fill(packed, 0, (<usize>((outputs + 3) & ~3) * <usize>inputs) << 3);
  memory.fill(transposed, 0, (<usize>((inputs + 3) & ~3) * <usize>outputs) << 3);
  for (let i = 0; i < outputs; i++) {
    const end = load<i32>(ends + (<usize>i << 2));
    const row = weight + (<usize>(i * inputs) << 3);
    const forward = packed + (<usize>((i >> 2) * inputs * 4 + (i & 3)) << 3);
    for (let k = 0; k < end; k++) {
      const value = f64.load(row + (<usize>k << 3));
      f64.store(forward + (<usize>k << 5), value);
      f64.store(transposed + (<usize>(((k >> 2) * outputs + i) * 4 + (k & 3)) << 3), value);
    }
  }
}

/**
 * Outputs first … first + count − 1 of the layer.
 *
 * @param ends where that of output 0 would stand: only those of the range are there
 * @param room for the lists of a sparse x, of a layer that is computed as a whole and without a mask; 0 where x is not sparse
 */
export function dense(
  y: usize, // [count]
  x: usize, // [inputs]
  packed: usize,
  bias: usize, // [outputs]
  room: usize,
  inputs: i32,
  first: i32,
  count: i32,
  ends: usize,
  rows: i32,
  stride: usize,
  rectified: bool,
): void {
  const bytes = rowBytes(rows);
  if (room && isSparse(x, inputs, bytes, stride)) {
    multiplySparse(y, x, packed, bias, room, inputs, count, bytes, stride, rectified ? Put.Rectify : Put.Store);
    return;
  }
  const end = rectified ? End.Rectified : End.Sum;
  const last = first + count;
  const panelBytes = <usize>inputs << 5;
  for (let i = first; i < last; ) {
    const panel = packed + <usize>(i >> 2) * panelBytes;
    const out = y + <usize>(i - first) * stride;
    const b = bias + (<usize>i << 3);
    const lane = i & 3;
    if (lane == 0 && i + 4 <= last) {
      rows4(out, x, panel, b, load<i32>(ends + (<usize>i << 2), 12), bytes, stride, Begin.Bias, end);
      i += 4;
    } else if (lane < 3 && i + 2 <= last) {
      rows2(out, x, panel + (<usize>lane << 3), b, load<i32>(ends + (<usize>i << 2), 4), bytes, stride, Begin.Bias, end);
      i += 2;
    } else {
      rows1(out, x, panel + (<usize>lane << 3), b, load<i32>(ends + (<usize>i << 2)), bytes, stride, Begin.Bias, end);
      i += 1;
    }
  }
}

// Backward of dense: dx_k += Σ_i W_ik dy_i,   dW_ik += Σ_rows dy_i x_k,   db_i += Σ_rows dy_i,   rectified with dy_i = 0 where y_i ≤ 0

export function denseBackward(
  dx: usize,
  dWeight: usize, // [outputs × inputs]
  dBias: usize, // [outputs]
  dy: usize, // [count]
  x: usize,
  transposed: usize,
  y: usize, // [count], or 0 where it was not rectified
  room: usize,
  outputs: i32,
  inputs: i32,
  first: i32,
  count: i32,
  ends: usize,
  rows: i32,
  stride: usize,
  add: bool,
): void {
  const bytes = rowBytes(rows);
  const sparseWeights = room && dWeight && isSparse(x, inputs, bytes, stride);
  for (let i = 0; i < count; i += 2) {
    const isPair = i + 1 < count;
    const g = dy + <usize>i * stride;
    if (y) {
      maskRectified(g, y + <usize>i * stride, bytes);
      if (isPair) maskRectified(g + stride, y + <usize>(i + 1) * stride, bytes);
    }
    if (dWeight && !sparseWeights) {
      const row = dWeight + (<usize>((first + i) * inputs) << 3);
      const end = load<i32>(ends + (<usize>(first + i) << 2));
      if (isPair) weights2(row, g, x, inputs, end, load<i32>(ends + (<usize>(first + i + 1) << 2)), rows, stride);
      else weights1(row, g, x, 0, end, rows, stride);
    }
    if (dBias) {
      const sum = dBias + (<usize>(first + i) << 3);
      if (isPair) addSums2(sum, g, g + stride, rows);
      else addSum(sum, g, rows);
    }
  }
  if (sparseWeights) weightsSparse(dWeight, dy, x, room, inputs, outputs, rows, stride);
  if (!dx) return;
  if (room && y && isSparse(dy, outputs, bytes, stride)) {
    multiplySparse(dx, dy, transposed, 0, room, outputs, inputs, bytes, stride, add ? Put.Continue : Put.Store);
  } else {
    if (!add) clearUnseen(dx, load<i32>(ends + (<usize>(first + count - 1) << 2)), inputs, bytes, stride);
    backwardInputs(dx, dy, transposed, outputs, inputs, first, count, ends, bytes, stride, add);
  }
}

/** What was 0 passes no gradient on. */
function maskRectified(dy: usize, y: usize, bytes: usize): void {
  const zero = f64x2.splat(0);
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    v128.store(dy + lane, v128.and(v128.load(dy + lane), f64x2.gt(v128.load(y + lane), zero)));
  }
}

/** Inputs that no output of the range sees get 0 from the first writer. */
function clearUnseen(dx: usize, from: i32, inputs: i32, bytes: usize, stride: usize): void {
  for (let k = from; k < inputs; k++) memory.fill(dx + <usize>k * stride, 0, bytes);
}

/** dx_k (+)= Σ_i W_ik dy_i over the outputs of the range that see k, which are its last ones. */
function backwardInputs(
  dx: usize,
  dy: usize,
  transposed: usize,
  outputs: i32,
  inputs: i32,
  first: i32,
  count: i32,
  ends: usize,
  bytes: usize,
  stride: usize,
  add: bool,
): void {
  const begin = add ? Begin.Add : Begin.Zero;
  const last = first + count;
  const seen = load<i32>(ends + (<usize>(last - 1) << 2));
  let i = first; // the first output that sees input k
  for (let k = 0; k < seen; ) {
    while (load<i32>(ends + (<usize>i << 2)) <= k) i++;
    const panel = transposed + (<usize>((k >> 2) * outputs + i) << 5) + (<usize>(k & 3) << 3);
    const out = dx + <usize>k * stride;
    const from = dy + <usize>(i - first) * stride;
    const lane = k & 3;
    if (lane == 0 && k + 4 <= seen) {
      rows4(out, from, panel, 0, last - i, bytes, stride, begin, End.Sum);
      k += 4;
    } else if (lane < 3 && k + 2 <= seen) {
      rows2(out, from, panel, 0, last - i, bytes, stride, begin, End.Sum);
      k += 2;
    } else {
      rows1(out, from, panel, 0, last - i, bytes, stride, begin, End.Sum);
      k += 1;
    }
  }
}

// --- y (+)= W x: four rows by two vectors, two by four, one by four --------------------------------------------------------------

// @ts-ignore: decorator
@inline
function beginning(begin: Begin, y: usize, bias: usize): v128 {
  if (begin == Begin.Bias) return f64x2.add(v128.load64_splat(bias), f64x2.splat(0)); // not −0, which a product of 0 would change
  return begin == Begin.Add ? v128.load(y) : f64x2.splat(0);
}

// @ts-ignore: decorator
@inline
function ending(to: End, sum: v128): v128 {
  return to == End.Rectified ? f64x2.pmax(sum, f64x2.splat(0)) : sum;
}

function rows4(y: usize, x: usize, panel: usize, bias: usize, count: i32, bytes: usize, stride: usize, begin: Begin, to: End): void {
  const y1 = y + stride;
  const y2 = y1 + stride;
  const y3 = y2 + stride;
  const end = panel + (<usize>count << 5);
  let lane: usize = 0;
  for (; lane + 32 <= bytes; lane += 32) {
    let a0 = beginning(begin, y + lane, bias);
    let a1 = beginning(begin, y + lane + 16, bias);
    let b0 = beginning(begin, y1 + lane, bias + 8);
    let b1 = beginning(begin, y1 + lane + 16, bias + 8);
    let c0 = beginning(begin, y2 + lane, bias + 16);
    let c1 = beginning(begin, y2 + lane + 16, bias + 16);
    let d0 = beginning(begin, y3 + lane, bias + 24);
    let d1 = beginning(begin, y3 + lane + 16, bias + 24);
    let from = x + lane;
    for (let w = panel; w < end; w += 32) {
      const x0 = v128.load(from);
      const x1 = v128.load(from, 16);
      const wa = v128.load64_splat(w);
      const wb = v128.load64_splat(w + 8);
      const wc = v128.load64_splat(w + 16);
      const wd = v128.load64_splat(w + 24);
      a0 = f64x2.add(a0, f64x2.mul(wa, x0));
      a1 = f64x2.add(a1, f64x2.mul(wa, x1));
      b0 = f64x2.add(b0, f64x2.mul(wb, x0));
      b1 = f64x2.add(b1, f64x2.mul(wb, x1));
      c0 = f64x2.add(c0, f64x2.mul(wc, x0));
      c1 = f64x2.add(c1, f64x2.mul(wc, x1));
      d0 = f64x2.add(d0, f64x2.mul(wd, x0));
      d1 = f64x2.add(d1, f64x2.mul(wd, x1));
      from += stride;
    }
    v128.store(y + lane, ending(to, a0));
    v128.store(y + lane, ending(to, a1), 16);
    v128.store(y1 + lane, ending(to, b0));
    v128.store(y1 + lane, ending(to, b1), 16);
    v128.store(y2 + lane, ending(to, c0));
    v128.store(y2 + lane, ending(to, c1), 16);
    v128.store(y3 + lane, ending(to, d0));
    v128.store(y3 + lane, ending(to, d1), 16);
  }
  if (lane == bytes) return;
  let a = beginning(begin, y + lane, bias);
  let b = beginning(begin, y1 + lane, bias + 8);
  let c = beginning(begin, y2 + lane, bias + 16);
  let d = beginning(begin, y3 + lane, bias + 24);
  let from = x + lane;
  for (let w = panel; w < end; w += 32) {
    const x0 = v128.load(from);
    a = f64x2.add(a, f64x2.mul(v128.load64_splat(w), x0));
    b = f64x2.add(b, f64x2.mul(v128.load64_splat(w + 8), x0));
    c = f64x2.add(c, f64x2.mul(v128.load64_splat(w + 16), x0));
    d = f64x2.add(d, f64x2.mul(v128.load64_splat(w + 24), x0));
    from += stride;
  }
  v128.store(y + lane, ending(to, a));
  v128.store(y1 + lane, ending(to, b));
  v128.store(y2 + lane, ending(to, c));
  v128.store(y3 + lane, ending(to, d));
}

function rows2(y: usize, x: usize, panel: usize, bias: usize, count: i32, bytes: usize, stride: usize, begin: Begin, to: End): void {
  const y1 = y + stride;
  const end = panel + (<usize>count << 5);
  let lane: usize = 0;
  for (; lane + 64 <= bytes; lane += 64) {
    let a0 = beginning(begin, y + lane, bias);
    let a1 = beginning(begin, y + lane + 16, bias);
    let a2 = beginning(begin, y + lane + 32, bias);
    let a3 = beginning(begin, y + lane + 48, bias);
    let b0 = beginning(begin, y1 + lane, bias + 8);
    let b1 = beginning(begin, y1 + lane + 16, bias + 8);
    let b2 = beginning(begin, y1 + lane + 32, bias + 8);
    let b3 = beginning(begin, y1 + lane + 48, bias + 8);
    let from = x + lane;
    for (let w = panel; w < end; w += 32) {
      const x0 = v128.load(from);
      const x1 = v128.load(from, 16);
      const x2 = v128.load(from, 32);
      const x3 = v128.load(from, 48);
      const wa = v128.load64_splat(w);
      const wb = v128.load64_splat(w + 8);
      a0 = f64x2.add(a0, f64x2.mul(wa, x0));
      a1 = f64x2.add(a1, f64x2.mul(wa, x1));
      a2 = f64x2.add(a2, f64x2.mul(wa, x2));
      a3 = f64x2.add(a3, f64x2.mul(wa, x3));
      b0 = f64x2.add(b0, f64x2.mul(wb, x0));
      b1 = f64x2.add(b1, f64x2.mul(wb, x1));
      b2 = f64x2.add(b2, f64x2.mul(wb, x2));
      b3 = f64x2.add(b3, f64x2.mul(wb, x3));
      from += stride;
    }
    v128.store(y + lane, ending(to, a0));
    v128.store(y + lane, ending(to, a1), 16);
    v128.store(y + lane, ending(to, a2), 32);
    v128.store(y + lane, ending(to, a3), 48);
    v128.store(y1 + lane, ending(to, b0));
    v128.store(y1 + lane, ending(to, b1), 16);
    v128.store(y1 + lane, ending(to, b2), 32);
    v128.store(y1 + lane, ending(to, b3), 48);
  }
  for (; lane < bytes; lane += 16) {
    let a = beginning(begin, y + lane, bias);
    let b = beginning(begin, y1 + lane, bias + 8);
    let from = x + lane;
    for (let w = panel; w < end; w += 32) {
      const x0 = v128.load(from);
      a = f64x2.add(a, f64x2.mul(v128.load64_splat(w), x0));
      b = f64x2.add(b, f64x2.mul(v128.load64_splat(w + 8), x0));
      from += stride;
    }
    v128.store(y + lane, ending(to, a));
    v128.store(y1 + lane, ending(to, b));
  }
}

function rows1(y: usize, x: usize, panel: usize, bias: usize, count: i32, bytes: usize, stride: usize, begin: Begin, to: End): void {
  const end = panel + (<usize>count << 5);
  let lane: usize = 0;
  for (; lane + 64 <= bytes; lane += 64) {
    let a0 = beginning(begin, y + lane, bias);
    let a1 = beginning(begin, y + lane + 16, bias);
    let a2 = beginning(begin, y + lane + 32, bias);
    let a3 = beginning(begin, y + lane + 48, bias);
    let from = x + lane;
    for (let w = panel; w < end; w += 32) {
      const wa = v128.load64_splat(w);
      a0 = f64x2.add(a0, f64x2.mul(wa, v128.load(from)));
      a1 = f64x2.add(a1, f64x2.mul(wa, v128.load(from, 16)));
      a2 = f64x2.add(a2, f64x2.mul(wa, v128.load(from, 32)));
      a3 = f64x2.add(a3, f64x2.mul(wa, v128.load(from, 48)));
      from += stride;
    }
    v128.store(y + lane, ending(to, a0));
    v128.store(y + lane, ending(to, a1), 16);
    v128.store(y + lane, ending(to, a2), 32);
    v128.store(y + lane, ending(to, a3), 48);
  }
  for (; lane < bytes; lane += 16) {
    let a = beginning(begin, y + lane, bias);
    let from = x + lane;
    for (let w = panel; w < end; w += 32) {
      a = f64x2.add(a, f64x2.mul(v128.load64_splat(w), v128.load(from)));
      from += stride;
    }
    v128.store(y + lane, ending(to, a));
  }
}

// --- dW += dy xᵀ: two outputs by four inputs ---------------------------------------------------------------------------------------

/** Two rows of dW: the first sees `end0` inputs, the second `end1` ≥ `end0`. */
function weights2(dWeight: usize, dy: usize, x: usize, inputs: i32, end0: i32, end1: i32, rows: i32, stride: usize): void {
  const dy1 = dy + stride;
  const even = <usize>(rows >> 1) << 4;
  const next = dWeight + (<usize>inputs << 3);
  let k = 0;
  for (; k + 4 <= end0; k += 4) {
    const x0 = x + <usize>k * stride;
    const x1 = x0 + stride;
    const x2 = x1 + stride;
    const x3 = x2 + stride;
    let a0 = f64x2.splat(0);
    let a1 = f64x2.splat(0);
    let a2 = f64x2.splat(0);
    let a3 = f64x2.splat(0);
    let b0 = f64x2.splat(0);
    let b1 = f64x2.splat(0);
    let b2 = f64x2.splat(0);
    let b3 = f64x2.splat(0);
    for (let lane: usize = 0; lane < even; lane += 16) {
      const ga = v128.load(dy + lane);
      const gb = v128.load(dy1 + lane);
      const v0 = v128.load(x0 + lane);
      const v1 = v128.load(x1 + lane);
      const v2 = v128.load(x2 + lane);
      const v3 = v128.load(x3 + lane);
      a0 = f64x2.add(a0, f64x2.mul(ga, v0));
      a1 = f64x2.add(a1, f64x2.mul(ga, v1));
      a2 = f64x2.add(a2, f64x2.mul(ga, v2));
      a3 = f64x2.add(a3, f64x2.mul(ga, v3));
      b0 = f64x2.add(b0, f64x2.mul(gb, v0));
      b1 = f64x2.add(b1, f64x2.mul(gb, v1));
      b2 = f64x2.add(b2, f64x2.mul(gb, v2));
      b3 = f64x2.add(b3, f64x2.mul(gb, v3));
    }
    if (rows & 1) {
      const ga = v128.load64_zero(dy + even);
      const gb = v128.load64_zero(dy1 + even);
      const v0 = v128.load64_zero(x0 + even);
      const v1 = v128.load64_zero(x1 + even);
      const v2 = v128.load64_zero(x2 + even);
      const v3 = v128.load64_zero(x3 + even);
      a0 = f64x2.add(a0, f64x2.mul(ga, v0));
      a1 = f64x2.add(a1, f64x2.mul(ga, v1));
      a2 = f64x2.add(a2, f64x2.mul(ga, v2));
      a3 = f64x2.add(a3, f64x2.mul(ga, v3));
      b0 = f64x2.add(b0, f64x2.mul(gb, v0));
      b1 = f64x2.add(b1, f64x2.mul(gb, v1));
      b2 = f64x2.add(b2, f64x2.mul(gb, v2));
      b3 = f64x2.add(b3, f64x2.mul(gb, v3));
    }
    addLaneSums(dWeight + (<usize>k << 3), a0, a1);
    addLaneSums(dWeight + (<usize>k << 3) + 16, a2, a3);
    addLaneSums(next + (<usize>k << 3), b0, b1);
    addLaneSums(next + (<usize>k << 3) + 16, b2, b3);
  }
  weights1(dWeight, dy, x, k, end0, rows, stride);
  weights1(next, dy1, x, k, end1, rows, stride);
}

/** One row of dW, inputs `from` … `end` − 1. */
function weights1(dWeight: usize, dy: usize, x: usize, from: i32, end: i32, rows: i32, stride: usize): void {
  const even = <usize>(rows >> 1) << 4;
  for (let k = from; k < end; k++) {
    const row = x + <usize>k * stride;
    let sum = f64x2.splat(0);
    for (let lane: usize = 0; lane < even; lane += 16) {
      sum = f64x2.add(sum, f64x2.mul(v128.load(dy + lane), v128.load(row + lane)));
    }
    if (rows & 1) sum = f64x2.add(sum, f64x2.mul(v128.load64_zero(dy + even), v128.load64_zero(row + even)));
    const at = dWeight + (<usize>k << 3);
    f64.store(at, f64.load(at) + sumLanes(sum));
  }
}

/** Add the lane sums of a and b to two doubles. */
// @ts-ignore: decorator
@inline
function addLaneSums(at: usize, a: v128, b: v128): void {
  const low = v128.shuffle<i64>(a, b, 0, 2);
  const high = v128.shuffle<i64>(a, b, 1, 3);
  addTo(at, f64x2.add(low, high), true);
}

/** The sums of two rows, side by side, as an addition has to wait for the one before. */
function addSums2(at: usize, dy0: usize, dy1: usize, rows: i32): void {
  const even = <usize>(rows >> 1) << 4;
  let a = f64x2.splat(0);
  let b = f64x2.splat(0);
  for (let lane: usize = 0; lane < even; lane += 16) {
    a = f64x2.add(a, v128.load(dy0 + lane));
    b = f64x2.add(b, v128.load(dy1 + lane));
  }
  if (rows & 1) {
    a = f64x2.add(a, v128.load64_zero(dy0 + even));
    b = f64x2.add(b, v128.load64_zero(dy1 + even));
  }
  addLaneSums(at, a, b);
}

function addSum(at: usize, dy: usize, rows: i32): void {
  const even = <usize>(rows >> 1) << 4;
  let sum = f64x2.splat(0);
  for (let lane: usize = 0; lane < even; lane += 16) sum = f64x2.add(sum, v128.load(dy + lane));
  if (rows & 1) sum = f64x2.add(sum, v128.load64_zero(dy + even));
  f64.store(at, f64.load(at) + sumLanes(sum));
}

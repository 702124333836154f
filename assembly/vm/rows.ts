// Rows in and out of tiles, and what combines one block row with another.

import { addTo, rowBytes, rowMask, sumLanes } from './parameter';

/**
 * Row-major rows into a feature-major block; the pad lane of an odd count copies the last row.
 *
 *   block[j, r] = source[r, j]
 */
export function loadRows(block: usize, source: usize, dim: i32, firstRow: i32, rows: i32, stride: usize): void {
  const rowSize = <usize>dim << 3;
  let from = source + <usize>firstRow * rowSize;
  const pairs = rows >> 1;
  for (let pair = 0; pair < pairs; pair++) {
    loadPair(block + (<usize>pair << 4), from, from + rowSize, dim, stride);
    from += rowSize << 1;
  }
  if (rows & 1) loadPair(block + (<usize>pairs << 4), from, from, dim, stride);
}

/**
 * Some columns of some rows of a row-major table, likewise.
 *
 *   block[j, r] = table[order[firstRow + r], j]
 */
export function loadRowsIndexed(
  block: usize, // [dim][stride]
  table: usize, // [any][width], from its first column that is wanted on
  order: usize, // [firstRow + rows] 32-bit numbers of rows
  dim: i32,
  width: i32,
  firstRow: i32,
  rows: i32,
  stride: usize,
): void {
  const rowSize = <usize>width << 3;
  const last = rows - 1;
  let at = order + (<usize>firstRow << 2);
  for (let r = 0; r < rows; r += 2) {
    const first = table + <usize>load<u32>(at) * rowSize;
    const second = r == last ? first : table + <usize>load<u32>(at, 4) * rowSize;
    loadPair(block + (<usize>r << 3), first, second, dim, stride);
    at += 8;
  }
}

/** Two rows into the lanes of a block. */
// @ts-ignore: decorator
@inline
function loadPair(block: usize, first: usize, second: usize, dim: i32, stride: usize): void {
  const even = <usize>(dim & ~1) << 3;
  for (let at: usize = 0; at < even; at += 16) {
    const a = v128.load(first + at);
    const b = v128.load(second + at);
    v128.store(block, v128.shuffle<i64>(a, b, 0, 2));
    v128.store(block + stride, v128.shuffle<i64>(a, b, 1, 3));
    block += stride << 1;
  }
  if (dim & 1) v128.store(block, v128.load64_lane(second + even, v128.load64_splat(first + even), 1));
}

/** A feature-major block into row-major rows: target[r, j] = block[j, r]. */
export function storeRows(target: usize, block: usize, dim: i32, firstRow: i32, rows: i32, stride: usize): void {
  const rowSize = <usize>dim << 3;
  let to = target + <usize>firstRow * rowSize;
  const pairs = rows >> 1;
  const even = <usize>(dim & ~1) << 3;
  for (let pair = 0; pair < pairs; pair++) {
    let from = block + (<usize>pair << 4);
    for (let at: usize = 0; at < even; at += 16) {
      const first = v128.load(from);
      const second = v128.load(from + stride);
      v128.store(to + at, v128.shuffle<i64>(first, second, 0, 2));
      v128.store(to + at + rowSize, v128.shuffle<i64>(first, second, 1, 3));
      from += stride << 1;
    }
    if (dim & 1) {
      const last = v128.load(from);
      v128.store64_lane(to + even, last, 0);
      v128.store64_lane(to + even + rowSize, last, 1);
    }
    to += rowSize << 1;
  }
  if ((rows & 1) == 0) return;
  let from = block + (<usize>pairs << 4);
  for (let j = 0; j < dim; j++) {
    f64.store(to + (<usize>j << 3), f64.load(from));
    from += stride;
  }
}

/** block[j, r] = the double at `value`. */
export function fill(block: usize, value: usize, dim: i32, rows: i32, stride: usize): void {
  const x = v128.load64_splat(value);
  const bytes = rowBytes(rows);
  for (let j = 0; j < dim; j++) {
    for (let lane: usize = 0; lane < bytes; lane += 16) v128.store(block + lane, x);
    block += stride;
  }
}

/** out = x + sign · y. */
export function addScaled(out: usize, x: usize, y: usize, dim: i32, sign: i32, rows: i32, stride: usize): void {
  const scale = f64x2.splat(<f64>sign);
  const bytes = rowBytes(rows);
  for (let j = 0; j < dim; j++) {
    const at = <usize>j * stride;
    for (let lane = at; lane < at + bytes; lane += 16) {
      v128.store(out + lane, f64x2.add(v128.load(x + lane), f64x2.mul(scale, v128.load(y + lane))));
    }
  }
}

/** Backward of addScaled: dx += dOut, dy += sign · dOut. */
export function addScaledBackward(
  dx: usize,
  dy: usize,
  dOut: usize,
  dim: i32,
  sign: i32,
  rows: i32,
  stride: usize,
  addX: bool,
  addY: bool,
): void {
  const scale = f64x2.splat(<f64>sign);
  const bytes = rowBytes(rows);
  for (let j = 0; j < dim; j++) {
    const at = <usize>j * stride;
    for (let lane = at; lane < at + bytes; lane += 16) {
      const g = v128.load(dOut + lane);
      if (dx) addTo(dx + lane, g, addX);
      if (dy) addTo(dy + lane, f64x2.mul(scale, g), addY);
    }
  }
}

/** out_j += x_j · factor, one row for all; 0 where the factor is, whatever x_j. */
export function scale(out: usize, x: usize, factor: usize, dim: i32, rows: i32, stride: usize, add: bool): void {
  const bytes = rowBytes(rows);
  for (let j = 0; j < dim; j++) {
    const at = <usize>j * stride;
    for (let lane: usize = 0; lane < bytes; lane += 16) {
      const by = v128.load(factor + lane);
      addTo(out + at + lane, v128.andnot(f64x2.mul(v128.load(x + at + lane), by), f64x2.eq(by, f64x2.splat(0))), add);
    }
  }
}

/** out[j] = x[indices[j]] or, where indices[j] is ~k, y[k]: rows of two blocks as one. */
export function mergeRows(out: usize, x: usize, y: usize, dim: i32, indices: usize, rows: i32, stride: usize): void {
  const bytes = rowBytes(rows);
  for (let j = 0; j < dim; j++) {
    memory.copy(out + <usize>j * stride, mergedRow(x, y, load<i32>(indices + (<usize>j << 2)), stride), bytes);
  }
}

/** Backward of mergeRows: dx[indices[j]] += dOut[j], dy[k] likewise; rows that were not taken get 0 from the first writer. */
export function mergeRowsBackward(
  dx: usize,
  dy: usize,
  dOut: usize,
  dim: i32,
  xRows: i32,
  yRows: i32,
  indices: usize,
  rows: i32,
  stride: usize,
  addX: bool,
  addY: bool,
): void {
  const bytes = rowBytes(rows);
  if (dx && !addX) clearRows(dx, xRows, bytes, stride);
  if (dy && !addY) clearRows(dy, yRows, bytes, stride);
  for (let j = 0; j < dim; j++) {
    const index = load<i32>(indices + (<usize>j << 2));
    if (!(index < 0 ? dy : dx)) continue;
    const to = mergedRow(dx, dy, index, stride);
    const from = dOut + <usize>j * stride;
    for (let lane: usize = 0; lane < bytes; lane += 16) addTo(to + lane, v128.load(from + lane), true);
  }
}

// @ts-ignore: decorator
@inline
function mergedRow(x: usize, y: usize, index: i32, stride: usize): usize {
  return index < 0 ? y + <usize>~index * stride : x + <usize>index * stride;
}

function clearRows(block: usize, dim: i32, bytes: usize, stride: usize): void {
  for (let j = 0; j < dim; j++) memory.fill(block + <usize>j * stride, 0, bytes);
}

/** sum += Σ_r (x_r − y_r), over the rows of the batch only. */
export function sumDifference(sum: usize, x: usize, y: usize, rows: i32): void {
  let total = f64x2.splat(0);
  const bytes = rowBytes(rows);
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    const difference = f64x2.sub(v128.load(x + lane), v128.load(y + lane));
    total = f64x2.add(total, v128.and(difference, rowMask(lane, rows)));
  }
  f64.store(sum, f64.load(sum) + sumLanes(total));
}

/**
 * The negative log likelihood of weighted rows, and the seed of its gradient.
 *
 *   sum −= Σ_r weight_r ln q_r, over the rows of the batch only,   seed_r = scale · weight_r
 *
 * @param scale address of the double that turns the sum into the loss, with its sign: −1 / rows for a mean
 */
export function weightedNll(seed: usize, sum: usize, logProb: usize, weight: usize, scale: usize, rows: i32): void {
  const factor = v128.load64_splat(scale);
  let total = f64x2.splat(0);
  const bytes = rowBytes(rows);
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    const w = v128.load(weight + lane);
    total = f64x2.add(total, v128.and(f64x2.mul(w, v128.load(logProb + lane)), rowMask(lane, rows)));
    v128.store(seed + lane, f64x2.mul(factor, w));
  }
  f64.store(sum, f64.load(sum) - sumLanes(total));
}

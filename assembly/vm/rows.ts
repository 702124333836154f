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
  const even = <usize>(dim & ~1) << 3;
  for (let pair = 0; pair < pairs; pair++) {
    let to = block + (<usize>pair << 4);
    for (let at: usize = 0; at < even; at += 16) {
      const first = v128.load(from + at);
      const second = v128.load(from + at + rowSize);
      v128.store(to, v128.shuffle<i64>(first, second, 0, 2));
      v128.store(to + stride, v128.shuffle<i64>(first, second, 1, 3));
      to += stride << 1;
    }
    if (dim & 1) v128.store(to, v128.load64_lane(from + even + rowSize, v128.load64_splat(from + even), 1));
    from += rowSize << 1;
  }
  if ((rows & 1) == 0) return;
  let to = block + (<usize>pairs << 4);
  for (let j = 0; j < dim; j++) {
    v128.store(to, v128.load64_splat(from + (<usize>j << 3)));
    to += stride;
  }
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

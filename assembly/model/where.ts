// Choice, element by element: y = c ≠ 0 ? a : b. The condition has no gradient, and what was not chosen gets 0, whatever it is.

import { addTo, rowBytes } from '../vm/parameter';
import { maskOf, stepOf } from './source';

export function where(
  y: usize, // [dim]
  condition: usize,
  a: usize,
  b: usize,
  dim: i32,
  sourceCondition: i32,
  sourceA: i32,
  sourceB: i32,
  rows: i32,
  stride: usize,
): void {
  const bytes = rowBytes(rows);
  const maskC = maskOf(sourceCondition);
  const maskA = maskOf(sourceA);
  const maskB = maskOf(sourceB);
  for (let j: usize = 0; j < <usize>dim; j++) {
    const out = y + j * stride;
    const rowC = condition + j * stepOf(sourceCondition, stride);
    const rowA = a + j * stepOf(sourceA, stride);
    const rowB = b + j * stepOf(sourceB, stride);
    for (let lane: usize = 0; lane < bytes; lane += 16) {
      const isChosen = f64x2.ne(v128.load(rowC + (lane & maskC)), f64x2.splat(0));
      v128.store(out + lane, v128.bitselect(v128.load(rowA + (lane & maskA)), v128.load(rowB + (lane & maskB)), isChosen));
    }
  }
}

export function whereBackward(
  da: usize,
  db: usize,
  dy: usize,
  condition: usize,
  dim: i32,
  sourceCondition: i32,
  sourceA: i32,
  sourceB: i32,
  rows: i32,
  stride: usize,
  addA: bool,
  addB: bool,
): void {
  const bytes = rowBytes(rows);
  const maskC = maskOf(sourceCondition);
  for (let j: usize = 0; j < <usize>dim; j++) {
    const from = dy + j * stride;
    const rowC = condition + j * stepOf(sourceCondition, stride);
    const stepA = stepOf(sourceA, stride);
    const stepB = stepOf(sourceB, stride);
    const addsA = addA || (j > 0 && stepA == 0);
    const addsB = addB || (j > 0 && stepB == 0);
    for (let lane: usize = 0; lane < bytes; lane += 16) {
      const isChosen = f64x2.ne(v128.load(rowC + (lane & maskC)), f64x2.splat(0));
      const d = v128.load(from + lane);
      if (da) addTo(da + j * stepA + lane, v128.and(d, isChosen), addsA);
      if (db) addTo(db + j * stepB + lane, v128.andnot(d, isChosen), addsB);
    }
  }
}

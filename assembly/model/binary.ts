// Functions of two numbers, element by element, y = f(a, b), each operand a block, one row of one for all, or data
//
//                y                    dy/da          dy/db
//   Add          a + b                1              1
//   Subtract     a − b                1              −1
//   Multiply     a b                  b              a
//   Divide       a / b                1 / b          −y / b
//   Power        a^b, a ≥ 0           b y / a        y ln a, 0 at a = 0
//   Maximum      max(a, b)            1 where a ≥ b  1 where a < b
//   LogAddExp    ln(e^a + e^b)        σ(a − b)       σ(b − a)
//   Less         1 where a < b else 0                0
//   Equal        1 where a = b else 0                0
//
// LogAddExp is max(a, b) + softplus(−|a − b|), whose difference is 0 where a = b, infinite ones too.

import { BinaryOperation } from '../opcodes';
import { exp, ONE } from '../math/exp';
import { log } from '../math/log';
import { sigmoid } from '../math/sigmoid';
import { softplus } from '../math/softplus';
import { addTo, rowBytes } from '../vm/parameter';
import { maskOf, stepOf } from './source';

export function binary(
  y: usize, // [dim]
  a: usize,
  b: usize,
  dim: i32,
  operation: i32,
  sourceA: i32,
  sourceB: i32,
  rows: i32,
  stride: usize,
): void {
  const bytes = rowBytes(rows);
  const stepA = stepOf(sourceA, stride);
  const stepB = stepOf(sourceB, stride);
  for (let j = 0; j < dim; j++) {
    binaryRow(y + <usize>j * stride, a + <usize>j * stepA, b + <usize>j * stepB, operation, bytes, maskOf(sourceA), maskOf(sourceB));
  }
}

/** Backward of binary: da += ∂f/∂a dy, db += ∂f/∂b dy, each summed over the rows that one row stood for */
export function binaryBackward(
  da: usize,
  db: usize,
  dy: usize,
  a: usize,
  b: usize,
  y: usize,
  dim: i32,
  operation: i32,
  sourceA: i32,
  sourceB: i32,
  rows: i32,
  stride: usize,
  addA: bool,
  addB: bool,
): void {
  const bytes = rowBytes(rows);
  const stepA = stepOf(sourceA, stride);
  const stepB = stepOf(sourceB, stride);
  const maskA = maskOf(sourceA);
  const maskB = maskOf(sourceB);
  for (let j = 0; j < dim; j++) {
    const row = <usize>j * stride;
    const rowA = <usize>j * stepA;
    const rowB = <usize>j * stepB;
    const addsA = addA || (j > 0 && stepA == 0);
    const addsB = addB || (j > 0 && stepB == 0);
    if (da) slopesA(da + rowA, dy + row, a + rowA, b + rowB, y + row, operation, bytes, maskA, maskB, addsA);
    if (db) slopesB(db + rowB, dy + row, a + rowA, b + rowB, y + row, operation, bytes, maskA, maskB, addsB);
  }
}

// @ts-ignore: decorator
@inline
function isTrue(condition: v128): v128 {
  return v128.and(condition, v128.load(ONE));
}

/** a − b, 0 where they are equal, though infinite. */
// @ts-ignore: decorator
@inline
function difference(a: v128, b: v128): v128 {
  return v128.andnot(f64x2.sub(a, b), f64x2.eq(a, b));
}

function binaryRow(y: usize, a: usize, b: usize, operation: i32, bytes: usize, maskA: usize, maskB: usize): void {
  switch (operation) {
    case BinaryOperation.Add:
      for (let lane: usize = 0; lane < bytes; lane += 16) {
        v128.store(y + lane, f64x2.add(v128.load(a + (lane & maskA)), v128.load(b + (lane & maskB))));
      }
      break;
    case BinaryOperation.Subtract:
      for (let lane: usize = 0; lane < bytes; lane += 16) {
        v128.store(y + lane, f64x2.sub(v128.load(a + (lane & maskA)), v128.load(b + (lane & maskB))));
      }
      break;
    case BinaryOperation.Multiply:
      for (let lane: usize = 0; lane < bytes; lane += 16) {
        v128.store(y + lane, f64x2.mul(v128.load(a + (lane & maskA)), v128.load(b + (lane & maskB))));
      }
      break;
    case BinaryOperation.Divide:
      for (let lane: usize = 0; lane < bytes; lane += 16) {
        v128.store(y + lane, f64x2.div(v128.load(a + (lane & maskA)), v128.load(b + (lane & maskB))));
      }
      break;
    default:
      for (let lane: usize = 0; lane < bytes; lane += 16) {
        v128.store(y + lane, value(operation, v128.load(a + (lane & maskA)), v128.load(b + (lane & maskB))));
      }
  }
}

function value(operation: i32, a: v128, b: v128): v128 {
  switch (operation) {
    case BinaryOperation.Power:
      // 0^0 is 1, and 0 · −∞ would be NaN
      return v128.bitselect(v128.load(ONE), exp(f64x2.mul(b, log(a))), f64x2.eq(b, f64x2.splat(0)));
    case BinaryOperation.Maximum:
      return v128.bitselect(a, b, f64x2.ge(a, b));
    case BinaryOperation.LogAddExp:
      return f64x2.add(f64x2.pmax(a, b), softplus(f64x2.neg(f64x2.abs(difference(a, b)))));
    case BinaryOperation.Less:
      return isTrue(f64x2.lt(a, b));
    default:
      return isTrue(f64x2.eq(a, b));
  }
}

// @ts-ignore: decorator
@inline
function store(at: usize, d: v128, slope: v128, add: bool): void {
  addTo(at, v128.andnot(f64x2.mul(d, slope), f64x2.eq(d, f64x2.splat(0))), add);
}

function slopesA(da: usize, dy: usize, a: usize, b: usize, y: usize, operation: i32, bytes: usize, maskA: usize, maskB: usize, add: bool): void {
  const one = v128.load(ONE);
  switch (operation) {
    case BinaryOperation.Add:
    case BinaryOperation.Subtract:
      for (let lane: usize = 0; lane < bytes; lane += 16) addTo(da + lane, v128.load(dy + lane), add);
      break;
    case BinaryOperation.Multiply:
      for (let lane: usize = 0; lane < bytes; lane += 16) store(da + lane, v128.load(dy + lane), v128.load(b + (lane & maskB)), add);
      break;
    case BinaryOperation.Divide:
      for (let lane: usize = 0; lane < bytes; lane += 16) {
        store(da + lane, v128.load(dy + lane), f64x2.div(one, v128.load(b + (lane & maskB))), add);
      }
      break;
    default:
      for (let lane: usize = 0; lane < bytes; lane += 16) {
        const slope = slopeA(operation, v128.load(a + (lane & maskA)), v128.load(b + (lane & maskB)), v128.load(y + lane));
        store(da + lane, v128.load(dy + lane), slope, add);
      }
  }
}

function slopesB(db: usize, dy: usize, a: usize, b: usize, y: usize, operation: i32, bytes: usize, maskA: usize, maskB: usize, add: bool): void {
  switch (operation) {
    case BinaryOperation.Add:
      for (let lane: usize = 0; lane < bytes; lane += 16) addTo(db + lane, v128.load(dy + lane), add);
      break;
    case BinaryOperation.Subtract:
      for (let lane: usize = 0; lane < bytes; lane += 16) addTo(db + lane, f64x2.neg(v128.load(dy + lane)), add);
      break;
    case BinaryOperation.Multiply:
      for (let lane: usize = 0; lane < bytes; lane += 16) store(db + lane, v128.load(dy + lane), v128.load(a + (lane & maskA)), add);
      break;
    case BinaryOperation.Divide:
      for (let lane: usize = 0; lane < bytes; lane += 16) {
        const slope = f64x2.neg(f64x2.div(v128.load(y + lane), v128.load(b + (lane & maskB))));
        store(db + lane, v128.load(dy + lane), slope, add);
      }
      break;
    default:
      for (let lane: usize = 0; lane < bytes; lane += 16) {
        const slope = slopeB(operation, v128.load(a + (lane & maskA)), v128.load(b + (lane & maskB)), v128.load(y + lane));
        store(db + lane, v128.load(dy + lane), slope, add);
      }
  }
}

function slopeA(operation: i32, a: v128, b: v128, y: v128): v128 {
  const one = v128.load(ONE);
  switch (operation) {
    case BinaryOperation.Power:
      // b = 0 has no slope, at a = 0 neither
      return v128.andnot(f64x2.mul(b, f64x2.div(y, a)), f64x2.eq(b, f64x2.splat(0)));
    case BinaryOperation.Maximum:
      return v128.and(one, f64x2.ge(a, b));
    case BinaryOperation.LogAddExp:
      return sigmoid(difference(a, b));
    default:
      return f64x2.splat(0);
  }
}

function slopeB(operation: i32, a: v128, b: v128, y: v128): v128 {
  const one = v128.load(ONE);
  switch (operation) {
    case BinaryOperation.Power:
      return v128.andnot(f64x2.mul(y, log(a)), f64x2.eq(a, f64x2.splat(0)));
    case BinaryOperation.Maximum:
      return v128.andnot(one, f64x2.ge(a, b));
    case BinaryOperation.LogAddExp:
      return sigmoid(difference(b, a));
    default:
      return f64x2.splat(0);
  }
}

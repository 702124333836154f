// The element-wise functions over a block of doubles.
//
// One loop for each, chosen outside: a loop the engine can keep tight. Two elements at a time: for an odd count the last step reads and
// writes one double past the end, so blocks are padded.

import { UnaryFunction } from '../functions';
import { atan } from './atan';
import { exp, expm1 } from './exp';
import { log, log1p } from './log';
import { normalCdf } from './normal-cdf';
import { sigmoid } from './sigmoid';
import { softplus } from './softplus';
import { tanh } from './tanh';
import { tanhSech2Row } from './tanh-sech2';
import { cos, sin } from './trig';

/** out[i] = fn(x[i]) for i < count; fn is a UnaryFunction; out may be x. */
export function mapUnary(
  fn: i32,
  out: usize, // [count]
  x: usize, // [count]
  count: i32,
): void {
  const bytes = (<usize>count) << 3;
  switch (fn) {
    case UnaryFunction.Exp:
      for (let i: usize = 0; i < bytes; i += 16) v128.store(out + i, exp(v128.load(x + i)));
      break;
    case UnaryFunction.Expm1:
      for (let i: usize = 0; i < bytes; i += 16) v128.store(out + i, expm1(v128.load(x + i)));
      break;
    case UnaryFunction.Log:
      for (let i: usize = 0; i < bytes; i += 16) v128.store(out + i, log(v128.load(x + i)));
      break;
    case UnaryFunction.Log1p:
      for (let i: usize = 0; i < bytes; i += 16) v128.store(out + i, log1p(v128.load(x + i)));
      break;
    case UnaryFunction.Tanh:
      for (let i: usize = 0; i < bytes; i += 16) v128.store(out + i, tanh(v128.load(x + i)));
      break;
    case UnaryFunction.Sigmoid:
      for (let i: usize = 0; i < bytes; i += 16) v128.store(out + i, sigmoid(v128.load(x + i)));
      break;
    case UnaryFunction.Softplus:
      for (let i: usize = 0; i < bytes; i += 16) v128.store(out + i, softplus(v128.load(x + i)));
      break;
    case UnaryFunction.Sqrt:
      for (let i: usize = 0; i < bytes; i += 16) v128.store(out + i, f64x2.sqrt(v128.load(x + i)));
      break;
    case UnaryFunction.NormalCdf:
      for (let i: usize = 0; i < bytes; i += 16) v128.store(out + i, normalCdf(v128.load(x + i)));
      break;
    case UnaryFunction.Sin:
      for (let i: usize = 0; i < bytes; i += 16) v128.store(out + i, sin(v128.load(x + i)));
      break;
    case UnaryFunction.Cos:
      for (let i: usize = 0; i < bytes; i += 16) v128.store(out + i, cos(v128.load(x + i)));
      break;
    case UnaryFunction.Atan:
      for (let i: usize = 0; i < bytes; i += 16) v128.store(out + i, atan(v128.load(x + i)));
      break;
  }
}

/** h[i] = tanh(x[i]), s[i] = 1 − tanh²(x[i]) for i < count; h or s may be x. */
export function mapTanhSech2(
  h: usize, // [count]
  s: usize, // [count]
  x: usize, // [count]
  count: i32,
): void {
  tanhSech2Row(h, s, x, (<usize>count) << 3);
}

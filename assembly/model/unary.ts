// Functions of one number, element by element, y = f(x)
//
//                 y                      dy/dx
//   Identity      x                      1
//   Negate        −x                     −1
//   Abs           |x|                    sign x, 0 at 0
//   Square        x²                     2 x
//   Sqrt          √x                     1 / (2 y)
//   Reciprocal    1 / x                  −y²
//   Exp           e^x                    y
//   Expm1         e^x − 1                y + 1
//   Log           ln x                   1 / x
//   Log1p         ln(1 + x)              1 / (1 + x)
//   Log1mExp      ln(1 − e^x), x < 0     −1 / (e^−x − 1)
//   Sin, Cos      sin x, cos x           cos x, −sin x
//   Atan          atan x                 1 / (1 + x²)
//   Tanh          tanh x                 (1 − y)(1 + y)
//   Sigmoid       σ(x)                   y σ(−x)
//   Softplus      ln(1 + e^x)            σ(x)
//   Lgamma        ln Γ(x)                ψ(x)
//   Digamma       ψ(x)                   ψ′(x)
//   Erf           erf x                  2 e^−x² / √π
//   NormalCdf     Φ(x)                   φ(x)
//   NormalLogCdf  ln Φ(x)                φ(x) / Φ(x)
//   CauchyLogCdf  ln(½ + atan(x) / π)    1 / (π (1 + x²) e^y)
//
// Where a gradient dy is 0, dx is 0, even where the slope is infinite: what a `where` left out has no say.
//
// ln(1 − e^x) is ln(−expm1(x)) above −ln 2 and log1p(−e^x) below: Mächler 2012, "Accurately computing log(1 − exp(−|a|))".

import { UnaryOperation } from '../opcodes';
import { atan } from '../math/atan';
import { cauchyLogCdf, cauchyLogCdfSlope } from '../math/cauchy-cdf';
import { erf } from '../math/erf';
import { exp, expm1, ONE } from '../math/exp';
import { digamma, lgamma, trigamma } from '../math/gamma';
import { log, log1p } from '../math/log';
import { normalCdf, normalDistance, normalKernel, normalLogCdf, normalLogCdfSlope } from '../math/normal-cdf';
import { sigmoid } from '../math/sigmoid';
import { softplus } from '../math/softplus';
import { tanh } from '../math/tanh';
import { cos, sin } from '../math/trig';
import { addTo, rowBytes } from '../vm/parameter';

const TWO_OVER_ROOT_PI: f64 = 1.1283791670955126;
const INVERSE_ROOT_2PI: f64 = 0.3989422804014327;
const LN_2: f64 = 0.6931471805599453;

export function unary(
  y: usize, // [dim], may be x
  x: usize, // [dim]
  dim: i32,
  operation: i32,
  rows: i32,
  stride: usize,
): void {
  const bytes = rowBytes(rows);
  for (let j = 0; j < dim; j++) {
    const shift = <usize>j * stride;
    unaryRow(y + shift, x + shift, operation, bytes);
  }
}

/** Backward of unary: dx += f′(x) dy */
export function unaryBackward(
  dx: usize, // may be dy
  dy: usize,
  x: usize,
  y: usize,
  dim: i32,
  operation: i32,
  rows: i32,
  stride: usize,
  add: bool,
): void {
  if (!dx) return;
  const bytes = rowBytes(rows);
  const zero = f64x2.splat(0);
  for (let j = 0; j < dim; j++) {
    const shift = <usize>j * stride;
    for (let lane: usize = 0; lane < bytes; lane += 16) {
      const at = shift + lane;
      const d = v128.load(dy + at);
      const product = f64x2.mul(d, slope(operation, v128.load(x + at), v128.load(y + at)));
      addTo(dx + at, v128.andnot(product, f64x2.eq(d, zero)), add);
    }
  }
}

function unaryRow(y: usize, x: usize, operation: i32, bytes: usize): void {
  for (let lane: usize = 0; lane < bytes; lane += 16) v128.store(y + lane, value(operation, v128.load(x + lane)));
}

function value(operation: i32, x: v128): v128 {
  switch (operation) {
    case UnaryOperation.Identity:
      return x;
    case UnaryOperation.Negate:
      return f64x2.neg(x);
    case UnaryOperation.Abs:
      return f64x2.abs(x);
    case UnaryOperation.Square:
      return f64x2.mul(x, x);
    case UnaryOperation.Sqrt:
      return f64x2.sqrt(x);
    case UnaryOperation.Reciprocal:
      return f64x2.div(v128.load(ONE), x);
    case UnaryOperation.Exp:
      return exp(x);
    case UnaryOperation.Expm1:
      return expm1(x);
    case UnaryOperation.Log:
      return log(x);
    case UnaryOperation.Log1p:
      return log1p(x);
    case UnaryOperation.Log1mExp:
      return v128.bitselect(log(f64x2.neg(expm1(x))), log1p(f64x2.neg(exp(x))), f64x2.gt(x, f64x2.splat(-LN_2)));
    case UnaryOperation.Sin:
      return sin(x);
    case UnaryOperation.Cos:
      return cos(x);
    case UnaryOperation.Tanh:
      return tanh(x);
    case UnaryOperation.Sigmoid:
      return sigmoid(x);
    case UnaryOperation.Softplus:
      return softplus(x);
    case UnaryOperation.Lgamma:
      return lgamma(x);
    case UnaryOperation.Digamma:
      return digamma(x);
    case UnaryOperation.Erf:
      return erf(x);
    case UnaryOperation.NormalCdf:
      return normalCdf(x);
    case UnaryOperation.NormalLogCdf:
      return normalLogCdf(x);
    case UnaryOperation.Atan:
      return atan(x);
    default:
      return cauchyLogCdf(x);
  }
}

function slope(operation: i32, x: v128, y: v128): v128 {
  const one = v128.load(ONE);
  switch (operation) {
    case UnaryOperation.Identity:
      return one;
    case UnaryOperation.Negate:
      return f64x2.splat(-1);
    case UnaryOperation.Abs: {
      const sign = v128.bitselect(f64x2.splat(-1), one, f64x2.lt(x, f64x2.splat(0)));
      return v128.andnot(sign, f64x2.eq(x, f64x2.splat(0)));
    }
    case UnaryOperation.Square:
      return f64x2.add(x, x);
    case UnaryOperation.Sqrt:
      return f64x2.div(f64x2.splat(0.5), y);
    case UnaryOperation.Reciprocal:
      return f64x2.neg(f64x2.mul(y, y));
    case UnaryOperation.Exp:
      return y;
    case UnaryOperation.Expm1:
      return f64x2.add(y, one);
    case UnaryOperation.Log:
      return f64x2.div(one, x);
    case UnaryOperation.Log1p:
      return f64x2.div(one, f64x2.add(one, x));
    case UnaryOperation.Log1mExp:
      return f64x2.neg(f64x2.div(one, expm1(f64x2.neg(x))));
    case UnaryOperation.Sin:
      return cos(x);
    case UnaryOperation.Cos:
      return f64x2.neg(sin(x));
    case UnaryOperation.Tanh:
      return f64x2.mul(f64x2.sub(one, y), f64x2.add(one, y));
    case UnaryOperation.Sigmoid:
      return f64x2.mul(y, sigmoid(f64x2.neg(x)));
    case UnaryOperation.Softplus:
      return sigmoid(x);
    case UnaryOperation.Lgamma:
      return digamma(x);
    case UnaryOperation.Digamma:
      return trigamma(x);
    case UnaryOperation.Erf:
      return f64x2.mul(f64x2.splat(TWO_OVER_ROOT_PI), exp(f64x2.neg(f64x2.mul(x, x))));
    case UnaryOperation.NormalCdf:
      return f64x2.mul(f64x2.splat(INVERSE_ROOT_2PI), normalKernel(normalDistance(x)));
    case UnaryOperation.NormalLogCdf:
      return normalLogCdfSlope(x);
    case UnaryOperation.Atan:
      return f64x2.div(one, f64x2.add(one, f64x2.mul(x, x)));
    default:
      return cauchyLogCdfSlope(x);
  }
}

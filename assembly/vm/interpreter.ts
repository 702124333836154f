// Interpret a program over one tile.
//
// One instruction is one kernel over one tile, so the cost of the switch (a few nanoseconds) is spread over all its rows.

import { Frame, Opcode } from '../opcodes';
import { boxDensity, boxSample } from '../densities/box';
import { energy, energyBackward } from '../densities/energies';
import { mixtureDensity, mixtureDensityBackward, mixtureSample, mixtureSampleBackward } from '../densities/mixture';
import { standardNormal, standardNormalBackward } from '../densities/standard-normal';
import { additiveMap, additiveMapBackward } from '../maps/additive';
import { affineMapForward, affineMapForwardBackward, affineMapInverse, affineMapInverseBackward } from '../maps/affine';
import { fixedMap, fixedMapBackward } from '../maps/fixed';
import { bernoulliLogit, bernoulliLogitBackward, bernoulliLogitSum, bernoulliLogitSumBackward } from '../model/bernoulli-logit';
import { binary, binaryBackward } from '../model/binary';
import { cholesky, choleskyBackward, lowerSolve, lowerSolveBackward } from '../model/cholesky';
import { logisticRegression } from '../model/logistic-regression';
import { product, productBackward } from '../model/product';
import { reduce, reduceBackward } from '../model/reduce';
import { betaTail, betaTailBackward, tail, tailBackward } from '../model/tail';
import { unary, unaryBackward } from '../model/unary';
import { where, whereBackward } from '../model/where';
import { activation, activationBackward } from '../nets/activation';
import { dense, denseBackward, densePack } from '../nets/dense';
import { splineForward, splineForwardBackward, splineInverse, splineInverseBackward } from '../maps/spline';
import {
  studentConstrain,
  studentDensity,
  studentDensityBackward,
  studentNoise,
  studentNoiseBackward,
} from '../densities/student-t';
import { fillNormal } from '../random/normal';
import { fillPolar } from '../random/polar';
import { fillUniform } from '../random/uniform';
import {
  affineConstrain,
  affineConstrainBackward,
  affineForward,
  affineForwardBackward,
  affineInverse,
  affineInverseBackward,
} from '../transforms/affine';
import { orderedForward, orderedForwardBackward, orderedInverse, orderedInverseBackward } from '../transforms/ordered';
import {
  householderConstrain,
  householderConstrainBackward,
  householderReflect,
  householderReflectBackward,
} from '../transforms/householder';
import {
  addShift,
  addShiftBackward,
  luConstrain,
  luConstrainBackward,
  triangularMultiply,
  triangularMultiplyBackward,
  triangularSolve,
  triangularSolveBackward,
} from '../transforms/lu';
import {
  planarConstrain,
  planarConstrainBackward,
  planarForward,
  planarForwardBackward,
  planarInverse,
  planarInverseBackward,
} from '../transforms/planar';
import { pluConstrain, pluConstrainBackward } from '../transforms/plu';
import {
  radialConstrain,
  radialConstrainBackward,
  radialForward,
  radialForwardBackward,
  radialInverse,
  radialInverseBackward,
} from '../transforms/radial';
import { simplexForward, simplexForwardBackward, simplexInverse, simplexInverseBackward } from '../transforms/simplex';
import {
  sylvesterConstrain,
  sylvesterConstrainBackward,
  sylvesterForward,
  sylvesterForwardBackward,
  sylvesterFrame,
  sylvesterFrameBackward,
  sylvesterInverse,
  sylvesterInverseBackward,
} from '../transforms/sylvester';
import { broadcast, broadcastBackward } from './broadcast';
import { externalBackward } from './external';
import { addLogDet, addLogDetBackward, logDetBegin, logDetFinish } from './log-det';
import {
  addScaled,
  addScaledBackward,
  fill,
  loadRows,
  loadRowsIndexed,
  mergeRows,
  mergeRowsBackward,
  scale,
  storeRows,
  sumDifference,
  weightedNll,
} from './rows';
import { PerSample, Shared } from './parameter';

/** Address of operand k of the instruction at `at`; 0 for Space.None, whose base is 0 and whose offset is 0. */
// @ts-ignore: decorator
@inline
function operand(at: usize, k: i32, frame: usize): usize {
  const word = load<u32>(at + (<usize>k << 2), 8);
  const base = load<usize>(frame + <usize>(((word >> 28) & 7) << 2));
  return base + (<usize>(word & 0x0fffffff) << 3);
}

/** Whether operand k, a gradient, already holds something to add to. */
// @ts-ignore: decorator
@inline
function accumulates(at: usize, k: i32): bool {
  return load<i32>(at + (<usize>k << 2), 8) < 0;
}

/** Word k behind the opcode and the length: a size. */
// @ts-ignore: decorator
@inline
function size(at: usize, k: i32): i32 {
  return load<i32>(at + (<usize>k << 2), 8);
}

/** Words k and k + 1: a double. */
// @ts-ignore: decorator
@inline
function constant(at: usize, k: i32): f64 {
  return load<f64>(at + (<usize>k << 2), 8);
}

/** Address of word k: where a list begins. */
// @ts-ignore: decorator
@inline
function words(at: usize, k: i32): usize {
  return at + 8 + (<usize>k << 2);
}

/** Address of the doubles that begin with word k. */
// @ts-ignore: decorator
@inline
function numbers(at: usize, k: i32): usize {
  return at + (<usize>k << 2) + 8;
}

export function interpret(at: usize, end: usize, frame: usize): void {
  const rows = load<i32>(frame, Frame.Rows);
  const stride = load<usize>(frame, Frame.Stride);
  while (at < end) {
    run(at, frame, rows, stride);
    at += <usize>load<i32>(at, 4) << 2;
  }
}

/** The gradient operands k … k + n − 1 that add to what they hold, as bits. */
// @ts-ignore: decorator
@inline
function accumulateBits(at: usize, n: i32): i32 {
  let bits = 0;
  for (let k = 0; k < n; k++) bits |= <i32>accumulates(at, k) << k;
  return bits;
}

function run(at: usize, frame: usize, rows: i32, stride: usize): void {
  switch (load<i32>(at)) {
    case Opcode.LoadRows:
      return loadRows(operand(at, 0, frame), operand(at, 1, frame), size(at, 2), load<i32>(frame, Frame.FirstRow), rows, stride);
    case Opcode.StoreRows:
      return storeRows(operand(at, 0, frame), operand(at, 1, frame), size(at, 2), load<i32>(frame, Frame.FirstRow), rows, stride);
    case Opcode.Fill:
      return fill(operand(at, 0, frame), operand(at, 1, frame), size(at, 2), rows, stride);
    case Opcode.AddScaled:
      return addScaled(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), size(at, 3), size(at, 4), rows, stride);
    case Opcode.AddScaledBackward:
      return addScaledBackward(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), size(at, 3), size(at, 4), rows, stride, accumulates(at, 0), accumulates(at, 1));
    case Opcode.Scale:
      return scale(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), size(at, 3), rows, stride, accumulates(at, 0));
    case Opcode.MergeRows:
      return mergeRows(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), size(at, 3), words(at, 6), rows, stride);
    case Opcode.MergeRowsBackward:
      return mergeRowsBackward(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), size(at, 3), size(at, 4), size(at, 5), words(at, 6), rows, stride, accumulates(at, 0), accumulates(at, 1));
    case Opcode.SumDifference:
      return sumDifference(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), rows);
    case Opcode.LogDetBegin:
      return logDetBegin(operand(at, 0, frame), rows, stride);
    case Opcode.LogDetFinish:
      return logDetFinish(operand(at, 0, frame), operand(at, 1, frame), size(at, 2), size(at, 3), rows, stride, accumulates(at, 0));
    case Opcode.Normal:
      return fillNormal(operand(at, 0, frame), operand(at, 1, frame), stride, size(at, 2), rows, load<u32>(frame, Frame.GlobalRow), load<u32>(frame, Frame.KeyLow), load<u32>(frame, Frame.KeyHigh), load<u32>(frame, Frame.Step), size(at, 3));
    case Opcode.Uniform:
      return fillUniform(operand(at, 0, frame), operand(at, 1, frame), stride, size(at, 2), rows, load<u32>(frame, Frame.GlobalRow), load<u32>(frame, Frame.KeyLow), load<u32>(frame, Frame.KeyHigh), load<u32>(frame, Frame.Step), size(at, 3));
    case Opcode.Broadcast:
      return broadcast(operand(at, 0, frame), operand(at, 1, frame), size(at, 2), rows, stride);
    case Opcode.BroadcastBackward:
      return broadcastBackward(operand(at, 0, frame), operand(at, 1, frame), size(at, 2), rows, stride);
    case Opcode.ExternalBackward:
      return externalBackward(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), size(at, 4), load<i32>(frame, Frame.FirstRow), rows, stride, accumulates(at, 0));
    case Opcode.PlanarConstrain:
      if (size(at, 6)) return planarConstrain<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), size(at, 5), rows, stride);
      return planarConstrain<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), size(at, 5), rows, stride);
    case Opcode.PlanarConstrainBackward:
      if (size(at, 7)) return planarConstrainBackward<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), size(at, 6), rows, stride, accumulates(at, 0), accumulates(at, 1));
      return planarConstrainBackward<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), size(at, 6), rows, stride, accumulates(at, 0), accumulates(at, 1));
    case Opcode.PlanarForward:
      if (size(at, 14)) return planarForward<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), operand(at, 7, frame), operand(at, 8, frame), operand(at, 9, frame), operand(at, 10, frame), operand(at, 11, frame), operand(at, 12, frame), size(at, 13), rows, stride, accumulates(at, 2));
      return planarForward<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), operand(at, 7, frame), operand(at, 8, frame), operand(at, 9, frame), operand(at, 10, frame), operand(at, 11, frame), operand(at, 12, frame), size(at, 13), rows, stride, accumulates(at, 2));
    case Opcode.PlanarForwardBackward:
      if (size(at, 16)) return planarForwardBackward<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), operand(at, 7, frame), operand(at, 8, frame), operand(at, 9, frame), operand(at, 10, frame), operand(at, 11, frame), operand(at, 12, frame), operand(at, 13, frame), operand(at, 14, frame), size(at, 15), rows, stride, accumulateBits(at, 5));
      return planarForwardBackward<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), operand(at, 7, frame), operand(at, 8, frame), operand(at, 9, frame), operand(at, 10, frame), operand(at, 11, frame), operand(at, 12, frame), operand(at, 13, frame), operand(at, 14, frame), size(at, 15), rows, stride, accumulateBits(at, 5));
    case Opcode.PlanarInverse:
      if (size(at, 11)) return planarInverse<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), operand(at, 7, frame), operand(at, 8, frame), operand(at, 9, frame), size(at, 10), rows, stride);
      return planarInverse<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), operand(at, 7, frame), operand(at, 8, frame), operand(at, 9, frame), size(at, 10), rows, stride);
    case Opcode.PlanarInverseBackward:
      if (size(at, 16)) return planarInverseBackward<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), operand(at, 7, frame), operand(at, 8, frame), operand(at, 9, frame), operand(at, 10, frame), operand(at, 11, frame), operand(at, 12, frame), operand(at, 13, frame), operand(at, 14, frame), size(at, 15), rows, stride, accumulateBits(at, 5));
      return planarInverseBackward<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), operand(at, 7, frame), operand(at, 8, frame), operand(at, 9, frame), operand(at, 10, frame), operand(at, 11, frame), operand(at, 12, frame), operand(at, 13, frame), operand(at, 14, frame), size(at, 15), rows, stride, accumulateBits(at, 5));
    case Opcode.RadialConstrain:
      if (size(at, 5)) return radialConstrain<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), rows, stride);
      return radialConstrain<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), rows, stride);
    case Opcode.RadialConstrainBackward:
      if (size(at, 6)) return radialConstrainBackward<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), rows, stride, accumulates(at, 0), accumulates(at, 1));
      return radialConstrainBackward<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), rows, stride, accumulates(at, 0), accumulates(at, 1));
    case Opcode.RadialForward:
      if (size(at, 13)) return radialForward<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), operand(at, 7, frame), operand(at, 8, frame), operand(at, 9, frame), operand(at, 10, frame), operand(at, 11, frame), size(at, 12), rows, stride, accumulates(at, 1));
      return radialForward<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), operand(at, 7, frame), operand(at, 8, frame), operand(at, 9, frame), operand(at, 10, frame), operand(at, 11, frame), size(at, 12), rows, stride, accumulates(at, 1));
    case Opcode.RadialForwardBackward:
      if (size(at, 15)) return radialForwardBackward<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), operand(at, 7, frame), operand(at, 8, frame), operand(at, 9, frame), operand(at, 10, frame), operand(at, 11, frame), operand(at, 12, frame), operand(at, 13, frame), size(at, 14), rows, stride, accumulateBits(at, 4));
      return radialForwardBackward<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), operand(at, 7, frame), operand(at, 8, frame), operand(at, 9, frame), operand(at, 10, frame), operand(at, 11, frame), operand(at, 12, frame), operand(at, 13, frame), size(at, 14), rows, stride, accumulateBits(at, 4));
    case Opcode.RadialInverse:
      if (size(at, 11)) return radialInverse<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), operand(at, 7, frame), operand(at, 8, frame), operand(at, 9, frame), size(at, 10), rows, stride);
      return radialInverse<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), operand(at, 7, frame), operand(at, 8, frame), operand(at, 9, frame), size(at, 10), rows, stride);
    case Opcode.RadialInverseBackward:
      if (size(at, 14)) return radialInverseBackward<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), operand(at, 7, frame), operand(at, 8, frame), operand(at, 9, frame), operand(at, 10, frame), operand(at, 11, frame), operand(at, 12, frame), size(at, 13), rows, stride, accumulateBits(at, 4));
      return radialInverseBackward<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), operand(at, 7, frame), operand(at, 8, frame), operand(at, 9, frame), operand(at, 10, frame), operand(at, 11, frame), operand(at, 12, frame), size(at, 13), rows, stride, accumulateBits(at, 4));
    case Opcode.AffineConstrain:
      if (size(at, 3)) return affineConstrain<PerSample>(operand(at, 0, frame), operand(at, 1, frame), size(at, 2), rows, stride);
      return affineConstrain<Shared>(operand(at, 0, frame), operand(at, 1, frame), size(at, 2), rows, stride);
    case Opcode.AffineConstrainBackward:
      if (size(at, 3)) return affineConstrainBackward<PerSample>(operand(at, 0, frame), operand(at, 1, frame), size(at, 2), rows, stride, accumulates(at, 0));
      return affineConstrainBackward<Shared>(operand(at, 0, frame), operand(at, 1, frame), size(at, 2), rows, stride, accumulates(at, 0));
    case Opcode.AffineForward:
      if (size(at, 7)) return affineForward<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), size(at, 6), rows, stride);
      return affineForward<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), size(at, 6), rows, stride);
    case Opcode.AffineForwardBackward:
      if (size(at, 9)) return affineForwardBackward<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), operand(at, 7, frame), size(at, 8), rows, stride, accumulateBits(at, 4));
      return affineForwardBackward<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), operand(at, 7, frame), size(at, 8), rows, stride, accumulateBits(at, 4));
    case Opcode.AffineInverse:
      if (size(at, 7)) return affineInverse<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), size(at, 6), rows, stride);
      return affineInverse<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), size(at, 6), rows, stride);
    case Opcode.AffineInverseBackward:
      if (size(at, 9)) return affineInverseBackward<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), operand(at, 7, frame), size(at, 8), rows, stride, accumulateBits(at, 4));
      return affineInverseBackward<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), operand(at, 7, frame), size(at, 8), rows, stride, accumulateBits(at, 4));
    case Opcode.AffineMapForward:
      if (size(at, 8)) return affineMapForward<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), size(at, 6), size(at, 7), rows, stride);
      return affineMapForward<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), size(at, 6), size(at, 7), rows, stride);
    case Opcode.AffineMapForwardBackward:
      if (size(at, 9)) return affineMapForwardBackward<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), size(at, 7), rows, stride, accumulateBits(at, 2));
      return affineMapForwardBackward<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), size(at, 7), rows, stride, accumulateBits(at, 2));
    case Opcode.AffineMapInverse:
      if (size(at, 8)) return affineMapInverse<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), size(at, 6), size(at, 7), rows, stride);
      return affineMapInverse<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), size(at, 6), size(at, 7), rows, stride);
    case Opcode.AffineMapInverseBackward:
      if (size(at, 9)) return affineMapInverseBackward<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), size(at, 7), rows, stride, accumulateBits(at, 2));
      return affineMapInverseBackward<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), size(at, 7), rows, stride, accumulateBits(at, 2));
    case Opcode.AdditiveMap:
      if (size(at, 5)) return additiveMap<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), size(at, 3), size(at, 4), rows, stride);
      return additiveMap<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), size(at, 3), size(at, 4), rows, stride);
    case Opcode.AdditiveMapBackward:
      if (size(at, 5)) return additiveMapBackward<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), size(at, 3), size(at, 4), rows, stride, accumulateBits(at, 2));
      return additiveMapBackward<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), size(at, 3), size(at, 4), rows, stride, accumulateBits(at, 2));
    case Opcode.FixedMap:
      return fixedMap(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), size(at, 5), size(at, 6), constant(at, 7), constant(at, 9), rows, stride);
    case Opcode.FixedMapBackward:
      return fixedMapBackward(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), size(at, 5), rows, stride, accumulates(at, 0));
    case Opcode.OrderedForward:
      return orderedForward(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), size(at, 4), size(at, 5), rows, stride);
    case Opcode.OrderedForwardBackward:
      return orderedForwardBackward(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), size(at, 4), size(at, 5), rows, stride, accumulates(at, 0));
    case Opcode.OrderedInverse:
      return orderedInverse(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), size(at, 4), size(at, 5), rows, stride);
    case Opcode.OrderedInverseBackward:
      return orderedInverseBackward(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), size(at, 4), size(at, 5), rows, stride, accumulates(at, 0));
    case Opcode.SimplexForward:
      return simplexForward(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), size(at, 3), rows, stride);
    case Opcode.SimplexForwardBackward:
      return simplexForwardBackward(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), size(at, 5), rows, stride, accumulates(at, 0));
    case Opcode.SimplexInverse:
      return simplexInverse(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), size(at, 4), rows, stride);
    case Opcode.SimplexInverseBackward:
      return simplexInverseBackward(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), size(at, 5), rows, stride, accumulates(at, 0));
    case Opcode.DensePack:
      return densePack(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), size(at, 3), size(at, 4), words(at, 8));
    case Opcode.Dense:
      return dense(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), size(at, 8), size(at, 9), size(at, 10), words(at, 11 - size(at, 9)), rows, stride, false);
    case Opcode.DenseBackward:
      return denseBackward(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), 0, operand(at, 6, frame), size(at, 7), size(at, 8), size(at, 9), size(at, 10), words(at, 11 - size(at, 9)), rows, stride, accumulates(at, 0));
    case Opcode.RectifiedDense:
      return dense(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), size(at, 8), size(at, 9), size(at, 10), words(at, 11 - size(at, 9)), rows, stride, true);
    case Opcode.RectifiedDenseBackward:
      return denseBackward(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), operand(at, 7, frame), size(at, 8), size(at, 9), size(at, 10), size(at, 11), words(at, 12 - size(at, 10)), rows, stride, accumulates(at, 0));
    case Opcode.Activation:
      return activation(operand(at, 0, frame), operand(at, 1, frame), size(at, 2), size(at, 3), rows, stride);
    case Opcode.ActivationBackward:
      return activationBackward(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), size(at, 3), size(at, 4), rows, stride, accumulates(at, 0));
    case Opcode.SylvesterFrame:
      if (size(at, 5)) return sylvesterFrame<PerSample>(operand(at, 0, frame), operand(at, 1, frame), size(at, 2), size(at, 3), size(at, 4), rows, stride);
      return sylvesterFrame<Shared>(operand(at, 0, frame), operand(at, 1, frame), size(at, 2), size(at, 3), size(at, 4), rows, stride);
    case Opcode.SylvesterFrameBackward:
      if (size(at, 8)) return sylvesterFrameBackward<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), size(at, 5), size(at, 6), size(at, 7), rows, stride, accumulates(at, 0));
      return sylvesterFrameBackward<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), size(at, 5), size(at, 6), size(at, 7), rows, stride, accumulates(at, 0));
    case Opcode.SylvesterConstrain:
      if (size(at, 7)) return sylvesterConstrain<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), size(at, 6), rows, stride);
      return sylvesterConstrain<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), size(at, 6), rows, stride);
    case Opcode.SylvesterConstrainBackward:
      if (size(at, 11)) return sylvesterConstrainBackward<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), operand(at, 7, frame), operand(at, 8, frame), operand(at, 9, frame), size(at, 10), rows, stride, accumulates(at, 0), accumulates(at, 1));
      return sylvesterConstrainBackward<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), operand(at, 7, frame), operand(at, 8, frame), operand(at, 9, frame), size(at, 10), rows, stride, accumulates(at, 0), accumulates(at, 1));
    case Opcode.SylvesterForward:
      if (size(at, 16)) return sylvesterForward<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), operand(at, 7, frame), operand(at, 8, frame), operand(at, 9, frame), operand(at, 10, frame), operand(at, 11, frame), operand(at, 12, frame), size(at, 13), size(at, 14), size(at, 15), rows, stride);
      return sylvesterForward<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), operand(at, 7, frame), operand(at, 8, frame), operand(at, 9, frame), operand(at, 10, frame), operand(at, 11, frame), operand(at, 12, frame), size(at, 13), size(at, 14), size(at, 15), rows, stride);
    case Opcode.SylvesterForwardBackward:
      if (size(at, 24)) return sylvesterForwardBackward<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), operand(at, 7, frame), operand(at, 8, frame), operand(at, 9, frame), operand(at, 10, frame), operand(at, 11, frame), operand(at, 12, frame), operand(at, 13, frame), operand(at, 14, frame), operand(at, 15, frame), operand(at, 16, frame), operand(at, 17, frame), operand(at, 18, frame), operand(at, 19, frame), operand(at, 20, frame), size(at, 21), size(at, 22), size(at, 23), rows, stride, accumulateBits(at, 6));
      return sylvesterForwardBackward<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), operand(at, 7, frame), operand(at, 8, frame), operand(at, 9, frame), operand(at, 10, frame), operand(at, 11, frame), operand(at, 12, frame), operand(at, 13, frame), operand(at, 14, frame), operand(at, 15, frame), operand(at, 16, frame), operand(at, 17, frame), operand(at, 18, frame), operand(at, 19, frame), operand(at, 20, frame), size(at, 21), size(at, 22), size(at, 23), rows, stride, accumulateBits(at, 6));
    case Opcode.SylvesterInverse:
      if (size(at, 16)) return sylvesterInverse<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), operand(at, 7, frame), operand(at, 8, frame), operand(at, 9, frame), operand(at, 10, frame), operand(at, 11, frame), operand(at, 12, frame), size(at, 13), size(at, 14), size(at, 15), rows, stride);
      return sylvesterInverse<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), operand(at, 7, frame), operand(at, 8, frame), operand(at, 9, frame), operand(at, 10, frame), operand(at, 11, frame), operand(at, 12, frame), size(at, 13), size(at, 14), size(at, 15), rows, stride);
    case Opcode.SylvesterInverseBackward:
      if (size(at, 24)) return sylvesterInverseBackward<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), operand(at, 7, frame), operand(at, 8, frame), operand(at, 9, frame), operand(at, 10, frame), operand(at, 11, frame), operand(at, 12, frame), operand(at, 13, frame), operand(at, 14, frame), operand(at, 15, frame), operand(at, 16, frame), operand(at, 17, frame), operand(at, 18, frame), operand(at, 19, frame), operand(at, 20, frame), size(at, 21), size(at, 22), size(at, 23), rows, stride, accumulateBits(at, 6));
      return sylvesterInverseBackward<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), operand(at, 7, frame), operand(at, 8, frame), operand(at, 9, frame), operand(at, 10, frame), operand(at, 11, frame), operand(at, 12, frame), operand(at, 13, frame), operand(at, 14, frame), operand(at, 15, frame), operand(at, 16, frame), operand(at, 17, frame), operand(at, 18, frame), operand(at, 19, frame), operand(at, 20, frame), size(at, 21), size(at, 22), size(at, 23), rows, stride, accumulateBits(at, 6));
    case Opcode.SplineForward:
      if (size(at, 8)) return splineForward<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), numbers(at, 9), size(at, 5), size(at, 6), size(at, 7), rows, stride);
      return splineForward<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), numbers(at, 9), size(at, 5), size(at, 6), size(at, 7), rows, stride);
    case Opcode.SplineForwardBackward:
      if (size(at, 10)) return splineForwardBackward<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), numbers(at, 11), size(at, 7), size(at, 8), size(at, 9), rows, stride, accumulateBits(at, 2));
      return splineForwardBackward<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), numbers(at, 11), size(at, 7), size(at, 8), size(at, 9), rows, stride, accumulateBits(at, 2));
    case Opcode.SplineInverse:
      if (size(at, 8)) return splineInverse<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), numbers(at, 9), size(at, 5), size(at, 6), size(at, 7), rows, stride);
      return splineInverse<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), numbers(at, 9), size(at, 5), size(at, 6), size(at, 7), rows, stride);
    case Opcode.SplineInverseBackward:
      if (size(at, 10)) return splineInverseBackward<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), numbers(at, 11), size(at, 7), size(at, 8), size(at, 9), rows, stride, accumulateBits(at, 2));
      return splineInverseBackward<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), numbers(at, 11), size(at, 7), size(at, 8), size(at, 9), rows, stride, accumulateBits(at, 2));
    case Opcode.StandardNormal:
      return standardNormal(operand(at, 0, frame), operand(at, 1, frame), size(at, 2), rows, stride);
    case Opcode.StandardNormalBackward:
      return standardNormalBackward(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), size(at, 3), rows, stride, accumulates(at, 0));
    case Opcode.Energy:
      return energy(operand(at, 0, frame), operand(at, 1, frame), size(at, 2), rows, stride);
    case Opcode.EnergyBackward:
      return energyBackward(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), size(at, 3), rows, stride, accumulates(at, 0));
    case Opcode.TriangularMultiply:
      if (size(at, 7)) return triangularMultiply<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), size(at, 4), size(at, 5), size(at, 6), rows, stride);
      return triangularMultiply<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), size(at, 4), size(at, 5), size(at, 6), rows, stride);
    case Opcode.TriangularMultiplyBackward:
      if (size(at, 10)) return triangularMultiplyBackward<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), size(at, 7), size(at, 8), size(at, 9), rows, stride, accumulateBits(at, 3));
      return triangularMultiplyBackward<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), size(at, 7), size(at, 8), size(at, 9), rows, stride, accumulateBits(at, 3));
    case Opcode.TriangularSolve:
      if (size(at, 7)) return triangularSolve<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), size(at, 4), size(at, 5), size(at, 6), rows, stride);
      return triangularSolve<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), size(at, 4), size(at, 5), size(at, 6), rows, stride);
    case Opcode.TriangularSolveBackward:
      if (size(at, 11)) return triangularSolveBackward<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), operand(at, 7, frame), size(at, 8), size(at, 9), size(at, 10), rows, stride, accumulateBits(at, 3));
      return triangularSolveBackward<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), operand(at, 7, frame), size(at, 8), size(at, 9), size(at, 10), rows, stride, accumulateBits(at, 3));
    case Opcode.AddShift:
      if (size(at, 5)) return addShift<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), size(at, 3), size(at, 4), rows, stride);
      return addShift<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), size(at, 3), size(at, 4), rows, stride);
    case Opcode.AddShiftBackward:
      if (size(at, 5)) return addShiftBackward<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), size(at, 3), size(at, 4), rows, stride, accumulateBits(at, 2));
      return addShiftBackward<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), size(at, 3), size(at, 4), rows, stride, accumulateBits(at, 2));
    case Opcode.AddLogDet:
      if (size(at, 3)) return addLogDet<PerSample>(operand(at, 0, frame), operand(at, 1, frame), rows, stride);
      return addLogDet<Shared>(operand(at, 0, frame), operand(at, 1, frame), rows, stride);
    case Opcode.AddLogDetBackward:
      if (size(at, 3)) return addLogDetBackward<PerSample>(operand(at, 0, frame), operand(at, 1, frame), size(at, 2), rows, accumulates(at, 0));
      return addLogDetBackward<Shared>(operand(at, 0, frame), operand(at, 1, frame), size(at, 2), rows, accumulates(at, 0));
    case Opcode.LuConstrain:
      if (size(at, 4)) return luConstrain<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), size(at, 3), rows, stride);
      return luConstrain<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), size(at, 3), rows, stride);
    case Opcode.LuConstrainBackward:
      if (size(at, 6)) return luConstrainBackward<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), size(at, 5), rows, stride, accumulates(at, 0));
      return luConstrainBackward<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), size(at, 5), rows, stride, accumulates(at, 0));
    case Opcode.PluConstrain:
      if (size(at, 4)) return pluConstrain<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), size(at, 3), words(at, 5), rows, stride);
      return pluConstrain<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), size(at, 3), words(at, 5), rows, stride);
    case Opcode.PluConstrainBackward:
      if (size(at, 4)) return pluConstrainBackward<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), size(at, 3), rows, stride, accumulates(at, 0));
      return pluConstrainBackward<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), size(at, 3), rows, stride, accumulates(at, 0));
    case Opcode.HouseholderConstrain:
      if (size(at, 5)) return householderConstrain<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), size(at, 3), size(at, 4), rows, stride);
      return householderConstrain<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), size(at, 3), size(at, 4), rows, stride);
    case Opcode.HouseholderConstrainBackward:
      if (size(at, 6)) return householderConstrainBackward<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), size(at, 4), size(at, 5), rows, stride, accumulates(at, 0));
      return householderConstrainBackward<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), size(at, 4), size(at, 5), rows, stride, accumulates(at, 0));
    case Opcode.HouseholderReflect:
      if (size(at, 6)) return householderReflect<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), size(at, 3), size(at, 4), size(at, 5), rows, stride);
      return householderReflect<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), size(at, 3), size(at, 4), size(at, 5), rows, stride);
    case Opcode.HouseholderReflectBackward:
      if (size(at, 11)) return householderReflectBackward<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), operand(at, 7, frame), size(at, 8), size(at, 9), size(at, 10), rows, stride, accumulateBits(at, 2));
      return householderReflectBackward<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), operand(at, 7, frame), size(at, 8), size(at, 9), size(at, 10), rows, stride, accumulateBits(at, 2));
    case Opcode.LoadRowsIndexed:
      return loadRowsIndexed(operand(at, 0, frame), operand(at, 1, frame), load<usize>(frame, Frame.Order), size(at, 2), size(at, 3), load<i32>(frame, Frame.FirstRow), rows, stride);
    case Opcode.WeightedNll:
      return weightedNll(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), rows);
    case Opcode.BoxSample:
      return boxSample(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), size(at, 4), rows, stride);
    case Opcode.BoxDensity:
      return boxDensity(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), size(at, 4), rows, stride);
    case Opcode.Polar:
      return fillPolar(operand(at, 0, frame), operand(at, 1, frame), stride, size(at, 2), rows, load<u32>(frame, Frame.GlobalRow), load<u32>(frame, Frame.KeyLow), load<u32>(frame, Frame.KeyHigh), load<u32>(frame, Frame.Step), size(at, 3));
    case Opcode.StudentConstrain:
      if (size(at, 6)) return studentConstrain<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), size(at, 5), rows, stride);
      return studentConstrain<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), size(at, 5), rows, stride);
    case Opcode.StudentNoise:
      if (size(at, 5)) return studentNoise<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), size(at, 4), rows, stride);
      return studentNoise<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), size(at, 4), rows, stride);
    case Opcode.StudentNoiseBackward:
      if (size(at, 6)) return studentNoiseBackward<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), size(at, 5), rows, stride, accumulates(at, 0));
      return studentNoiseBackward<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), size(at, 5), rows, stride, accumulates(at, 0));
    case Opcode.StudentDensity:
      if (size(at, 6)) return studentDensity<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), size(at, 5), rows, stride);
      return studentDensity<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), size(at, 5), rows, stride);
    case Opcode.StudentDensityBackward:
      if (size(at, 8)) return studentDensityBackward<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), size(at, 7), rows, stride, accumulateBits(at, 2));
      return studentDensityBackward<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), size(at, 7), rows, stride, accumulateBits(at, 2));
    case Opcode.MixtureSample:
      if (size(at, 10)) return mixtureSample<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), size(at, 7), size(at, 8), rows, stride, load<u32>(frame, Frame.GlobalRow), load<u32>(frame, Frame.KeyLow), load<u32>(frame, Frame.KeyHigh), load<u32>(frame, Frame.Step), size(at, 9));
      return mixtureSample<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), size(at, 7), size(at, 8), rows, stride, load<u32>(frame, Frame.GlobalRow), load<u32>(frame, Frame.KeyLow), load<u32>(frame, Frame.KeyHigh), load<u32>(frame, Frame.Step), size(at, 9));
    case Opcode.MixtureSampleBackward:
      if (size(at, 9)) return mixtureSampleBackward<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), size(at, 6), size(at, 7), rows, stride, accumulateBits(at, 2));
      return mixtureSampleBackward<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), size(at, 6), size(at, 7), rows, stride, accumulateBits(at, 2));
    case Opcode.MixtureDensity:
      if (size(at, 10)) return mixtureDensity<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), operand(at, 7, frame), size(at, 8), size(at, 9), rows, stride);
      return mixtureDensity<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), operand(at, 7, frame), size(at, 8), size(at, 9), rows, stride);
    case Opcode.MixtureDensityBackward:
      if (size(at, 12)) return mixtureDensityBackward<PerSample>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), operand(at, 7, frame), operand(at, 8, frame), operand(at, 9, frame), size(at, 10), size(at, 11), rows, stride, accumulateBits(at, 4));
      return mixtureDensityBackward<Shared>(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), operand(at, 7, frame), operand(at, 8, frame), operand(at, 9, frame), size(at, 10), size(at, 11), rows, stride, accumulateBits(at, 4));
    case Opcode.Unary:
      return unary(operand(at, 0, frame), operand(at, 1, frame), size(at, 2), size(at, 3), rows, stride);
    case Opcode.UnaryBackward:
      return unaryBackward(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), size(at, 4), size(at, 5), rows, stride, accumulates(at, 0));
    case Opcode.Binary:
      return binary(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), size(at, 3), size(at, 4), size(at, 5), size(at, 6), rows, stride);
    case Opcode.BinaryBackward:
      return binaryBackward(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), size(at, 6), size(at, 7), size(at, 8), size(at, 9), rows, stride, accumulates(at, 0), accumulates(at, 1));
    case Opcode.Where:
      return where(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), size(at, 4), size(at, 5), size(at, 6), size(at, 7), rows, stride);
    case Opcode.WhereBackward:
      return whereBackward(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), size(at, 4), size(at, 5), size(at, 6), size(at, 7), rows, stride, accumulates(at, 0), accumulates(at, 1));
    case Opcode.Reduce:
      return reduce(operand(at, 0, frame), operand(at, 1, frame), size(at, 2), size(at, 3), size(at, 4), rows, stride);
    case Opcode.ReduceBackward:
      return reduceBackward(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), size(at, 4), size(at, 5), size(at, 6), rows, stride, accumulates(at, 0));
    case Opcode.Product:
      return product(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), size(at, 3), size(at, 4), size(at, 5), size(at, 6), size(at, 7), rows, stride);
    case Opcode.ProductBackward:
      return productBackward(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), size(at, 5), size(at, 6), size(at, 7), size(at, 8), size(at, 9), rows, stride, accumulates(at, 0), accumulates(at, 1));
    case Opcode.Cholesky:
      return cholesky(operand(at, 0, frame), operand(at, 1, frame), size(at, 2), rows, stride);
    case Opcode.CholeskyBackward:
      return choleskyBackward(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), size(at, 4), rows, stride, accumulates(at, 0));
    case Opcode.LowerSolve:
      return lowerSolve(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), size(at, 3), rows, stride);
    case Opcode.LowerSolveBackward:
      return lowerSolveBackward(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), size(at, 6), rows, stride, accumulates(at, 0), accumulates(at, 1));
    case Opcode.BernoulliLogit:
      return bernoulliLogit(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), size(at, 4), size(at, 5), rows, stride);
    case Opcode.BernoulliLogitBackward:
      return bernoulliLogitBackward(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), size(at, 3), rows, stride, accumulates(at, 0));
    case Opcode.BernoulliLogitSum:
      return bernoulliLogitSum(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), size(at, 5), size(at, 6), rows, stride);
    case Opcode.BernoulliLogitSumBackward:
      return bernoulliLogitSumBackward(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), size(at, 3), rows, stride, accumulates(at, 0));
    case Opcode.LogisticRegression:
      return logisticRegression(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), operand(at, 6, frame), operand(at, 7, frame), operand(at, 8, frame), size(at, 9), size(at, 10), size(at, 11), size(at, 12), words(at, 13), rows, stride);
    case Opcode.Tail:
      return tail(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), size(at, 4), size(at, 5), size(at, 6), size(at, 7), rows, stride);
    case Opcode.TailBackward:
      return tailBackward(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), size(at, 4), size(at, 6), size(at, 7), rows, stride, accumulates(at, 0), accumulates(at, 1));
    case Opcode.BetaTail:
      return betaTail(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), size(at, 6), size(at, 7), size(at, 8), size(at, 9), size(at, 10), rows, stride);
    case Opcode.BetaTailBackward:
      return betaTailBackward(operand(at, 0, frame), operand(at, 1, frame), operand(at, 2, frame), operand(at, 3, frame), operand(at, 4, frame), operand(at, 5, frame), size(at, 6), size(at, 7), size(at, 8), size(at, 9), size(at, 10), rows, stride, accumulates(at, 0), accumulates(at, 1), accumulates(at, 2), accumulates(at, 3));
  }
}

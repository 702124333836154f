import { Opcode } from '../../../assembly/opcodes.js';
import type { Kernel } from './kernel.js';

const SPLINE = {
  parameters: ['parameters'],
  sizes: ['dim', 'bins', 'boundary'],
  numbers: ['low', 'high', 'leastWidth', 'spareWidth', 'leastHeight', 'spareHeight', 'minDerivative', 'logitScale'],
  rowNanoseconds: ([dim, bins]: readonly number[]) => dim * (30 + 8 * bins),
} as const;

/** Maps of single features: `assembly/maps`. */
export const mapsKernels = {
  affineMapForward: {
    opcode: Opcode.AffineMapForward,
    operands: ['x', 'scale', 'slope', 'logDet', 'z', 'parameters'],
    outputs: { x: 'dim', scale: 'dim', slope: 'dim' },
    parameters: ['parameters'],
    sizes: ['dim', 'fn'],
    inPlace: [['x', 'z']],
    backward: {
      opcode: Opcode.AffineMapForwardBackward,
      operands: ['dz', 'dParameters', 'dx', 'dLogDet', 'z', 'scale', 'slope'],
      inPlace: [['dz', 'dx']],
    },
  },
  affineMapInverse: {
    opcode: Opcode.AffineMapInverse,
    operands: ['z', 'scale', 'slope', 'logDet', 'x', 'parameters'],
    outputs: { z: 'dim', scale: 'dim', slope: 'dim' },
    parameters: ['parameters'],
    sizes: ['dim', 'fn'],
    inPlace: [['z', 'x']],
    backward: {
      opcode: Opcode.AffineMapInverseBackward,
      operands: ['dx', 'dParameters', 'dz', 'dLogDet', 'z', 'scale', 'slope'],
      inPlace: [['dx', 'dz']],
    },
  },
  additiveMap: {
    opcode: Opcode.AdditiveMap,
    operands: ['out', 'input', 'parameters'],
    outputs: { out: 'dim' },
    parameters: ['parameters'],
    sizes: ['dim', 'sign'],
    inPlace: [['out', 'input']],
    backward: {
      opcode: Opcode.AdditiveMapBackward,
      operands: ['dInput', 'dParameters', 'dOut'],
      inPlace: [['dInput', 'dOut']],
    },
  },
  splineForward: {
    ...SPLINE,
    opcode: Opcode.SplineForward,
    operands: ['x', 'work', 'logDet', 'z', 'parameters'],
    outputs: { x: 'dim', work: 'work' },
    inPlace: [['x', 'z']],
    backward: {
      opcode: Opcode.SplineForwardBackward,
      scratch: { room: 'work' },
      operands: ['dz', 'dParameters', 'room', 'dx', 'dLogDet', 'z', 'parameters'],
      inPlace: [['dz', 'dx']],
    },
  },
  splineInverse: {
    ...SPLINE,
    opcode: Opcode.SplineInverse,
    operands: ['z', 'work', 'logDet', 'x', 'parameters'],
    outputs: { z: 'dim', work: 'work' },
    inPlace: [['z', 'x']],
    backward: {
      opcode: Opcode.SplineInverseBackward,
      scratch: { room: 'work' },
      operands: ['dx', 'dParameters', 'room', 'dz', 'dLogDet', 'x', 'parameters'],
      inPlace: [['dx', 'dz']],
    },
  },
  fixedMap: {
    opcode: Opcode.FixedMap,
    operands: ['out', 'slope', 'bend', 'logDet', 'input'],
    outputs: { out: 'dim', slope: 'dim', bend: 'dim' },
    sizes: ['dim', 'fn', 'first', 'firstHigh', 'second', 'secondHigh'],
    inPlace: [['out', 'input']],
    backward: {
      opcode: Opcode.FixedMapBackward,
      operands: ['dInput', 'dOut', 'dLogDet', 'slope', 'bend'],
      inPlace: [['dInput', 'dOut']],
    },
  },
} as const satisfies Record<string, Kernel>;

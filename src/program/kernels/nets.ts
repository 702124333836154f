import { Opcode, Space } from '../../../assembly/opcodes.js';
import { NANOSECONDS_PER_PRODUCT } from './cost.js';
import type { Kernel } from './kernel.js';

/** `weight` and `transposed` matter to its backward pass only; the layers that go by lists have `room` for them. */
const DENSE = {
  operands: ['y', 'x', 'packed', 'bias', 'room', 'weight', 'transposed'],
  outputs: { y: 'count' },
  sizes: ['outputs', 'inputs', 'first', 'count'],
  list: 'ends',
  slices: { units: 'count', first: 'first', along: {} },
  rowNanoseconds: ([, , , count, ...ends]: readonly number[], isBackward: boolean) => {
    const products = ends.reduce((sum, end) => sum + end, count);
    return (isBackward ? 2 : 1) * NANOSECONDS_PER_PRODUCT * products;
  },
} as const;
const DENSE_GRADIENT = ['dx', 'dWeight', 'dBias', 'dy', 'x', 'transposed'] as const;
/** Of a layer behind a ReLU: a list is of all its inputs, for all its outputs. */
const SPARSE = { outputs: { y: 'count', room: 'room' }, slices: undefined } as const;
const SPARSE_GRADIENT = { scratch: { room: 'roomBack' } } as const;

/** Networks: `assembly/nets`. */
export const netsKernels = {
  densePack: {
    opcode: Opcode.DensePack,
    operands: ['packed', 'transposed', 'weight'],
    outputs: { packed: 'packedSize', transposed: 'transposedSize' },
    space: Space.Packed,
    parameters: ['weight'],
    sizes: ['outputs', 'inputs', 'packedSize', 'transposedSize'],
    list: 'ends',
  },
  dense: {
    opcode: Opcode.Dense,
    ...DENSE,
    backward: { opcode: Opcode.DenseBackward, operands: [...DENSE_GRADIENT, 'room'] },
  },
  /** With ReLU, which costs a pass over y by itself. */
  rectifiedDense: {
    opcode: Opcode.RectifiedDense,
    ...DENSE,
    backward: { opcode: Opcode.RectifiedDenseBackward, operands: [...DENSE_GRADIENT, 'y', 'room'] },
  },
  sparseDense: {
    opcode: Opcode.Dense,
    ...DENSE,
    ...SPARSE,
    backward: { opcode: Opcode.DenseBackward, operands: [...DENSE_GRADIENT, 'room'], ...SPARSE_GRADIENT },
  },
  rectifiedSparseDense: {
    opcode: Opcode.RectifiedDense,
    ...DENSE,
    ...SPARSE,
    backward: { opcode: Opcode.RectifiedDenseBackward, operands: [...DENSE_GRADIENT, 'y', 'room'], ...SPARSE_GRADIENT },
  },
  activation: {
    opcode: Opcode.Activation,
    operands: ['y', 'x'],
    outputs: { y: 'dim' },
    sizes: ['dim', 'fn'],
    inPlace: [['y', 'x']],
    backward: { opcode: Opcode.ActivationBackward, operands: ['dx', 'dy', 'y'], inPlace: [['dx', 'dy']] },
  },
  /** An activation whose derivative is one of its input. */
  smoothActivation: {
    opcode: Opcode.Activation,
    operands: ['y', 'x'],
    outputs: { y: 'dim' },
    sizes: ['dim', 'fn'],
    backward: { opcode: Opcode.ActivationBackward, operands: ['dx', 'dy', 'x'], inPlace: [['dx', 'dy']] },
  },
} as const satisfies Record<string, Kernel>;

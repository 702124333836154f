import { Opcode } from '../../../assembly/opcodes.js';
import type { Kernel } from './kernel.js';

/** Rows and blocks: `assembly/vm`. */
export const vmKernels = {
  loadRows: { opcode: Opcode.LoadRows, operands: ['block', 'rows'], outputs: { block: 'dim' }, sizes: ['dim'] },
  storeRows: { opcode: Opcode.StoreRows, operands: ['rows', 'block'], outputs: {}, sizes: ['dim'] },
  /** Columns of the dataset's rows that are the batch. */
  loadRowsIndexed: {
    opcode: Opcode.LoadRowsIndexed,
    operands: ['block', 'rows'],
    outputs: { block: 'dim' },
    sizes: ['dim', 'width'],
  },
  fill: { opcode: Opcode.Fill, operands: ['block', 'value'], outputs: { block: 'dim' }, sizes: ['dim'] },
  addScaled: {
    opcode: Opcode.AddScaled,
    operands: ['out', 'x', 'y'],
    outputs: { out: 'dim' },
    sizes: ['dim', 'sign'],
    inPlace: [
      ['out', 'x'],
      ['out', 'y'],
    ],
    backward: { opcode: Opcode.AddScaledBackward, operands: ['dx', 'dy', 'dOut'] },
  },
  scale: {
    opcode: Opcode.Scale,
    operands: ['out', 'x', 'factor'],
    outputs: { out: 'dim' },
    sizes: ['dim'],
    inPlace: [['out', 'x']],
  },
  mergeRows: {
    opcode: Opcode.MergeRows,
    operands: ['out', 'x', 'y'],
    outputs: { out: 'dim' },
    sizes: ['dim', 'xRows', 'yRows'],
    list: 'indices',
    slices: { units: 'dim', along: {} },
    backward: { opcode: Opcode.MergeRowsBackward, operands: ['dx', 'dy', 'dOut'] },
  },
  broadcast: {
    opcode: Opcode.Broadcast,
    operands: ['block', 'values'],
    outputs: { block: 'dim' },
    sizes: ['dim'],
    backward: { opcode: Opcode.BroadcastBackward, operands: ['dValues', 'dBlock'] },
  },
  sumDifference: { opcode: Opcode.SumDifference, operands: ['sum', 'x', 'y'], outputs: {}, sizes: [] },
  logDetBegin: { opcode: Opcode.LogDetBegin, operands: ['accumulator'], outputs: { accumulator: 3 }, sizes: [] },
  logDetFinish: {
    opcode: Opcode.LogDetFinish,
    operands: ['logDet', 'accumulator'],
    outputs: { logDet: 1 },
    sizes: ['multiplicity', 'factors'],
  },
  /** A log density whose values and gradient come in as rows; `x` and `gradient` matter to its backward pass only. */
  external: {
    opcode: Opcode.LoadRows,
    operands: ['logProb', 'values'],
    outputs: { logProb: 1 },
    sizes: ['one', 'dim'],
    backward: { opcode: Opcode.ExternalBackward, operands: ['dx', 'dLogProb', 'gradient'] },
  },
  weightedNll: {
    opcode: Opcode.WeightedNll,
    operands: ['seed', 'sum', 'logProb', 'weight', 'scale'],
    outputs: { seed: 1 },
    sizes: [],
  },
} as const satisfies Record<string, Kernel>;

import { Opcode } from '../../../assembly/opcodes.js';
import type { Kernel } from './kernel.js';

/** Random numbers: `assembly/random`. */
export const randomKernels = {
  normal: {
    opcode: Opcode.Normal,
    operands: ['block', 'spare'],
    outputs: { block: 'dim', spare: 1 },
    sizes: ['dim', 'stream'],
  },
  uniform: {
    opcode: Opcode.Uniform,
    operands: ['block', 'spare'],
    outputs: { block: 'dim', spare: 1 },
    sizes: ['dim', 'stream'],
  },
  polar: {
    opcode: Opcode.Polar,
    operands: ['exponential', 'cosine'],
    outputs: { exponential: 'dim', cosine: 'dim' },
    sizes: ['dim', 'stream'],
  },
} as const satisfies Record<string, Kernel>;

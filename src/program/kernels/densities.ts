import { Opcode } from '../../../assembly/opcodes.js';
import type { Kernel } from './kernel.js';

/** Densities, and what draws from them: `assembly/densities`. */
export const densitiesKernels = {
  standardNormal: {
    opcode: Opcode.StandardNormal,
    operands: ['logProb', 'z'],
    outputs: { logProb: 1 },
    sizes: ['dim'],
    backward: { opcode: Opcode.StandardNormalBackward, operands: ['dz', 'dLogProb', 'z'] },
  },
  energy: {
    opcode: Opcode.Energy,
    operands: ['logProb', 'z'],
    outputs: { logProb: 1 },
    sizes: ['which'],
    backward: { opcode: Opcode.EnergyBackward, operands: ['dz', 'dLogProb', 'z'] },
  },
  boxSample: {
    opcode: Opcode.BoxSample,
    operands: ['z', 'u', 'low', 'high'],
    outputs: { z: 'dim' },
    sizes: ['dim'],
    inPlace: [['z', 'u']],
  },
  boxDensity: { opcode: Opcode.BoxDensity, operands: ['logProb', 'z', 'low', 'high'], outputs: { logProb: 1 }, sizes: ['dim'] },
  /** Has no backward kernel: what it computes is differentiated where it is used, by `logNu` itself. */
  studentConstrain: {
    opcode: Opcode.StudentConstrain,
    operands: ['nu', 'root', 'constant', 'slope', 'logNu'],
    outputs: { nu: 'dim', root: 'dim', constant: 'dim', slope: 'dim' },
    parameters: ['logNu'],
    sizes: ['dim'],
  },
  studentNoise: {
    opcode: Opcode.StudentNoise,
    operands: ['t', 'exponential', 'cosine', 'nu'],
    outputs: { t: 'dim' },
    parameters: ['nu'],
    sizes: ['dim'],
    inPlace: [['t', 'cosine']],
    backward: { opcode: Opcode.StudentNoiseBackward, operands: ['dLogNu', 'dt', 't', 'exponential', 'nu'] },
  },
  studentDensity: {
    opcode: Opcode.StudentDensity,
    operands: ['logProb', 't', 'nu', 'root', 'constant'],
    outputs: { logProb: 1 },
    parameters: ['nu', 'root', 'constant'],
    sizes: ['dim'],
    backward: {
      opcode: Opcode.StudentDensityBackward,
      operands: ['dt', 'dLogNu', 'dLogProb', 't', 'nu', 'root', 'slope'],
    },
  },
  mixtureSample: {
    opcode: Opcode.MixtureSample,
    operands: ['z', 'component', 'spare', 'noise', 'mass', 'locations', 'scales'],
    outputs: { z: 'dim', component: 1, spare: 1 },
    parameters: ['mass', 'locations', 'scales'],
    sizes: ['dim', 'components', 'stream'],
    backward: {
      opcode: Opcode.MixtureSampleBackward,
      operands: ['dLocations', 'dLogScales', 'dz', 'component', 'noise', 'scales'],
    },
  },
  mixtureDensity: {
    opcode: Opcode.MixtureDensity,
    operands: ['logProb', 'share', 'z', 'logits', 'mass', 'locations', 'logScales', 'scales'],
    outputs: { logProb: 1, share: 'components' },
    parameters: ['logits', 'mass', 'locations', 'logScales', 'scales'],
    sizes: ['dim', 'components'],
    backward: {
      opcode: Opcode.MixtureDensityBackward,
      operands: ['dz', 'dLogits', 'dLocations', 'dLogScales', 'dLogProb', 'share', 'z', 'mass', 'locations', 'scales'],
    },
  },
} as const satisfies Record<string, Kernel>;

import { Space } from '../../assembly/opcodes.js';
import type { Fusion } from './kernels.js';
import type { Instruction, Operand } from './recorder.js';

/**
 * Lets a layer that is followed by one of its kind begin it: the next layer's first pass over its input is taken while the input is
 * being written. Values keep their bits, as the order of operations is the same.
 */
export function fuse(body: readonly Instruction[]): Instruction[] {
  const fused = [...body];
  for (let k = 0; k + 1 < fused.length; k++) {
    const { fusion } = fused[k].kernel;
    if (fusion === undefined || !follows(fused[k], fused[k + 1], fusion)) continue;
    const next = fused[k + 1];
    fused[k] = withOperands(fused[k], fusion, next);
    fused[k + 1] = {
      ...next,
      accumulates: next.kernel.operands.map((name, at) => name === fusion.begins || next.accumulates[at]),
    };
  }
  return fused;
}

function follows(layer: Instruction, next: Instruction, { input, output }: Fusion): boolean {
  if (next.kernel !== layer.kernel || layer.isBackward || next.isBackward) return false;
  return operandOf(next, input) === operandOf(layer, output) && isShared(layer) && isShared(next);
}

function isShared({ kernel, operands }: Instruction): boolean {
  return (kernel.parameters ?? []).every((name) => operands[kernel.operands.indexOf(name)].space !== Space.Tile);
}

function operandOf({ kernel, operands }: Instruction, name: string): Operand {
  return operands[kernel.operands.indexOf(name)];
}

function withOperands(layer: Instruction, fusion: Fusion, next: Instruction): Instruction {
  const operands = layer.kernel.operands.map((name, at) => {
    const source = fusion.operands[name];
    return source === undefined ? layer.operands[at] : operandOf(next, source);
  });
  return { ...layer, operands, writes: [...layer.writes, operandOf(next, fusion.begins)] };
}

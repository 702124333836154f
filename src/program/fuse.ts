import { Space } from '../../assembly/opcodes.js';
import { kernels } from './kernels.js';
import type { Fusion } from './kernels/kernel.js';
import { type Instruction, NONE, type Operand, wholeOf } from './recorder.js';

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

/**
 * Lets a kernel whose output is at once copied into rows of a block that is put together part by part write there, without the copy.
 * Such rows are written once, so that whoever reads the output later finds it there; not whoever reads some of its rows, so that an output
 * with such readers stays as it is.
 */
export function withoutCopies(body: readonly Instruction[]): readonly Instruction[] {
  const inParts = new Set(body.flatMap(({ operands }) => operands.map(({ within }) => within?.block)));
  const places = new Map<Operand, Operand>();
  const isFree = (block: Operand): boolean => !places.has(block) && !inParts.has(block);
  const kept: Instruction[] = [];
  for (const instruction of body) {
    const copied = copiedWhole(instruction);
    const [place] = instruction.operands;
    if (copied !== undefined && isFree(copied) && isJustWritten(copied, kept.at(-1), wholeOf(place))) places.set(copied, place);
    else kept.push(instruction);
  }
  if (places.size === 0) return body;
  const placeOf = (operand: Operand): Operand => places.get(operand) ?? operand;
  return kept.map((instruction) => ({
    ...instruction,
    operands: instruction.operands.map(placeOf),
    writes: instruction.writes.map((block) => wholeOf(placeOf(block))),
    inPlace: instruction.inPlace.filter((pair) => !pair.some((operand) => places.has(operand))),
  }));
}

/** The block that is copied, as it stands, into rows of another. */
function copiedWhole({ kernel, isBackward, operands, sizes }: Instruction): Operand | undefined {
  if (kernel !== kernels.mergeRows || isBackward) return undefined;
  const [out, x, y] = operands;
  const indices = sizes.slice(-out.rows);
  const isCopy = out.within !== undefined && x.within === undefined && y === NONE && x.rows === out.rows;
  return isCopy && indices.every((index, j) => index === j) ? x : undefined;
}

function isJustWritten(block: Operand, writer: Instruction | undefined, destination: Operand): boolean {
  if (writer === undefined || !writer.writes.includes(block)) return false;
  return !writer.operands.some((operand) => wholeOf(operand) === destination);
}

import type { Opcode, Space } from '../../../assembly/opcodes.js';

/** Rows of a block: a number, or the size of that name the instruction was recorded with, whether or not it is among the kernel's `sizes`. */
export type Rows = number | string;

export interface Kernel {
  readonly opcode: Opcode;
  /** Operands in the order the kernel takes them: outputs, accumulators, inputs, parameters. */
  readonly operands: readonly string[];
  /** Those that the kernel creates, with their rows. */
  readonly outputs: Readonly<Record<string, Rows>>;
  /** Where outputs go that are packed parameters. */
  readonly space?: Space.Packed;
  /** Operands that must be all shared or all per sample; they decide which variant of the kernel runs. */
  readonly parameters?: readonly string[];
  /** Words behind the operands. */
  readonly sizes: readonly string[];
  /** A list of words behind the sizes, as many as there are. */
  readonly list?: string;
  /** Doubles behind those, two words each. */
  readonly numbers?: readonly string[];
  /** Pairs [output, input] that may be one buffer. */
  readonly inPlace?: readonly (readonly [string, string])[];
  readonly fusion?: Fusion;
  readonly slices?: Slices;
  readonly backward?: Backward;
  /** What a row costs, from the words behind the operands, where that is far more than a load or a store for every feature. */
  readonly rowNanoseconds?: (words: readonly number[], isBackward: boolean) => number;
}

/**
 * How a layer can begin the next one of its kind while it writes its output: the kernel then computes the next layer's operand `begins`
 * as well, given as its own `operands`, named here with the next layer's names.
 */
export interface Fusion {
  readonly output: string;
  readonly input: string;
  readonly begins: string;
  readonly operands: Readonly<Record<string, string>>;
}

/** How a kernel is computed in slices: its outputs consist of units, as many rows each; those whose rows are a number are whole in each slice. */
export interface Slices {
  /** The size that counts units. */
  readonly units: string;
  /** The size that numbers the first one, of a kernel that computes a range of them. */
  readonly first?: string;
  /** Operands of which a unit reads its own rows alone, each with the size that says where it comes from, if one does; of others it reads all. */
  readonly along: Readonly<Record<string, string | undefined>>;
  /** The output [1] that is a sum over units. */
  readonly sum?: string;
}

/**
 * A hand-written backward kernel. An operand `dQ` is the gradient of the forward operand `q`; it is written where `q` is an input
 * and read where `q` is an output or an accumulator. Forward operands that are named stay live until here.
 */
export interface Backward {
  readonly opcode: Opcode;
  readonly operands: readonly string[];
  /** Operands that are blocks of its own, with their rows. */
  readonly scratch?: Readonly<Record<string, Rows>>;
  readonly inPlace?: readonly (readonly [string, string])[];
}

/** The forward operand whose gradient `name` is, if it is one: `dUHat` → `uHat`, `dx` → `x`; `delta` is none. */
export function differentiated(kernel: Kernel, name: string, known: Readonly<Record<string, unknown>>): string | undefined {
  if (kernel.operands.includes(name) || !/^d[A-Za-z]/.test(name)) return undefined;
  const exact = name.slice(1);
  const lower = exact[0].toLowerCase() + exact.slice(1);
  return [lower, exact].find((candidate) => candidate in known);
}

import { Source, UnaryOperation } from '../../assembly/opcodes.js';
import { runOnce } from '../program/execution.js';
import type { KernelName } from '../program/kernels.js';
import { assemble } from '../program/program.js';
import { type Operand, Recorder, type Sizes, wholeOf } from '../program/recorder.js';
import { type Shape, Value, broadcastIndices, isTraced, sameShape, sizeOfShape } from './value.js';

/** Instructions of one model: more of them are a loop that should be operations on vectors. */
const INSTRUCTION_LIMIT = 200_000;

/** Records the operations of a model as instructions, and keeps what they need of data. */
export class Trace {
  readonly recorder: Recorder;
  /** The log densities that were asked for, in order. */
  readonly terms: { readonly name: string; readonly value: Value }[] = [];
  /** What is no error, but hardly meant. */
  readonly warnings = new Set<string>();
  readonly #data = new Map<Float64Array, Operand>();

  constructor(recorder: Recorder) {
    this.recorder = recorder;
  }

  emit(where: string, kernel: KernelName, inputs: Readonly<Record<string, Operand>>, sizes: Sizes): Operand {
    if (this.recorder.body.length >= INSTRUCTION_LIMIT) {
      throw new RangeError(
        `${where}: a model must take fewer than ${INSTRUCTION_LIMIT} instructions; write loops over elements as operations on vectors.`,
      );
    }
    const recorded = this.recorder.emit(kernel, inputs, sizes);
    return Object.entries(recorded).find(([name]) => !(name in inputs))![1];
  }

  /** Data as pairs [v, v], once for each array. */
  pairs(values: Float64Array): Operand {
    let operand = this.#data.get(values);
    if (operand === undefined) {
      const pairs = new Float64Array(2 * values.length);
      values.forEach((value, i) => pairs.fill(value, 2 * i, 2 * i + 2));
      operand = this.recorder.datum(pairs);
      this.#data.set(values, operand);
    }
    return operand;
  }

  /** A value as a block of its own. */
  block(value: Value): Operand {
    if (isTraced(value)) return value.content;
    const values = value.content as Float64Array;
    const sizes = { dim: values.length, operation: 0, sourceA: Source.Data, sourceB: Source.Datum };
    return this.emit('model', 'binary', { a: this.pairs(values), b: this.pairs(ZERO) }, sizes);
  }

  /**
   * The same operand once more, as a block of its own, where one of the others is it: no kernel writes two gradients to one place. Rows
   * of a block that was put together may meet others of it, as gradients of such are added to zeros.
   */
  apart(operand: Operand, others: readonly Operand[]): Operand {
    const meets = (other: Operand): boolean =>
      wholeOf(other) === wholeOf(operand) && (other.within === undefined || operand.within === undefined);
    if (!others.some(meets)) return operand;
    return this.emit('model', 'unary', { x: operand }, { dim: operand.rows, operation: UnaryOperation.Identity });
  }

  /** Operand and source of a value that an element-wise operation repeats to a shape. */
  place(value: Value, shape: Shape): { operand: Operand; source: Source } {
    const size = sizeOfShape(shape);
    if (isTraced(value)) {
      const operand = value.content;
      if (value.size === size) return { operand, source: Source.Rows };
      if (value.size === 1) return { operand, source: Source.OneRow };
      return { operand: this.recorder.select(operand, broadcastIndices(value.shape, shape)), source: Source.Rows };
    }
    const values = value.content as Float64Array;
    if (values.length === 1) return { operand: this.pairs(values), source: Source.Datum };
    if (values.length === size) return { operand: this.pairs(values), source: Source.Data };
    return { operand: this.pairs(spread(values, value.shape, shape)), source: Source.Data };
  }
}

const ZERO = Float64Array.of(0);

/** Numbers repeated to a shape. */
export function spread(values: Float64Array, from: Shape, to: Shape): Float64Array {
  if (sameShape(from, to)) return values;
  return Float64Array.from(broadcastIndices(from, to), (index) => values[index]);
}

/**
 * An element-wise operation on numbers, by the kernels that traced values go through: the same bits.
 *
 * @param inputs of one length each
 */
export function evaluate(kernel: KernelName, inputs: Readonly<Record<string, Float64Array>>, sizes: Sizes): Float64Array {
  const recorder = new Recorder(0, 0);
  const [first] = Object.values(inputs);
  const loaded = Object.fromEntries(Object.keys(inputs).map((name) => [name, recorder.load(recorder.batch(1), 1)]));
  const { y } = recorder.emit(kernel, loaded, { ...sizes, dim: 1 });
  recorder.store(recorder.batch(1), y, 1);
  const out = new Float64Array(first.length);
  if (out.length > 0) runOnce(assemble(recorder, false), out.length, Object.values(inputs), [out]);
  return out;
}

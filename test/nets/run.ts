import { Scalar, Space } from '../../assembly/opcodes.js';
import { Execution, ParameterStore } from '../../src/program/execution.js';
import { assemble } from '../../src/program/program.js';
import { type Operand, Recorder } from '../../src/program/recorder.js';

/** A program recorded by hand: blocks in, a block out, and the way back. */
export class Recorded {
  readonly #store: ParameterStore;
  readonly #execution: Execution;
  readonly #widths: number[];

  /**
   * @param inputs rows of the blocks that `record` is given
   * @param record what is computed of them, and of the parameters
   */
  constructor(
    readonly parameters: Float64Array,
    inputs: readonly number[],
    record: (recorder: Recorder, inputs: Operand[], parameters: Operand) => Operand,
  ) {
    const recorder = new Recorder(parameters.length, Scalar.Count);
    const batches = inputs.map((width) => recorder.batch(width));
    const blocks = inputs.map((width, k) => recorder.load(batches[k], width));
    const output = record(recorder, blocks, { space: Space.Parameter, rows: parameters.length, offset: 0 });
    const seeds = recorder.load(recorder.batch(output.rows), output.rows);
    recorder.store(recorder.batch(output.rows), output, output.rows);
    recorder.differentiate(new Map([[output, seeds]]), blocks, true);
    for (const block of blocks) recorder.store(recorder.batch(block.rows), recorder.gradientOf(block), block.rows);
    this.#widths = [output.rows, ...inputs];
    this.#store = new ParameterStore(Math.max(1, parameters.length));
    if (parameters.length > 0) this.#store.write(parameters);
    this.#execution = new Execution(assemble(recorder, true), this.#store);
  }

  /** @returns rows of the output, of each input's gradient, and the gradient of the parameters */
  run(rows: number, inputs: readonly Float64Array[], seeds: Float64Array) {
    const [output, ...dInputs] = this.#widths.map((width) => new Float64Array(rows * width));
    this.#execution.run(rows, [...inputs, seeds], [output, ...dInputs]);
    return { output, dInputs, dParameters: this.#execution.gradient().slice() };
  }

  dispose(): void {
    this.#execution.dispose();
    this.#store.dispose();
  }
}

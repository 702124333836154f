// Where an operand of a model's instruction comes from, and how far it reaches: over a kernel's rows, or one row of it for all.
//
// Data stands as pairs [v, v] of doubles, so that one load gives both lanes what a block would. A row at `at` is read at
// at + (lane & mask): a mask of 0 stays on the pair.

import { Source } from '../opcodes';

/** From one row to the next. */
// @ts-ignore: decorator
@inline
export function stepOf(source: i32, stride: usize): usize {
  return source == Source.Rows ? stride : source == Source.Data ? 16 : 0;
}

// @ts-ignore: decorator
@inline
export function maskOf(source: i32): usize {
  return source <= Source.OneRow ? ~(<usize>0) : 0;
}

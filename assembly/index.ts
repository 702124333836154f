// The whole surface of the module: functions on pointers and sizes, no state.

export { mapUnary } from './math/map';

/** First byte above the module's constants. */
export function heapBase(): usize {
  return __heap_base;
}

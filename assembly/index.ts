// The whole surface of the module: functions on pointers and sizes, no state of its own.

export { mapTanhSech2, mapUnary } from './math/map';
export { fillNormal } from './random/normal';
export { fillWords } from './random/philox';
export { shuffle } from './random/shuffle';
export { fillUniform } from './random/uniform';
export { progress } from './vm/crew';
export { clearTotal, openPhase, runEpilogue, runPhase, runPrologue } from './vm/phase';
export { train } from './vm/training';
export { arrive, closeCrew, fail, orderTraining, reasonAddress, reasonCapacity, serve } from './vm/worker';

/** First byte above the module's constants. */
export function heapBase(): usize {
  return __heap_base;
}

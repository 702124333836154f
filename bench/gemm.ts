// The dense kernels by themselves.

export { dense, denseBackward, densePack } from '../assembly/nets/dense';

export function heapBase(): usize {
  return __heap_base;
}

import { exp } from './exp';
// (extended by the math helper)
export function mapUnary(fn: i32, out: usize, x: usize, count: i32): void {
  for (let i = 0; i < count; i += 2) v128.store(out + ((<usize>i) << 3), exp(v128.load(x + ((<usize>i) << 3))));
}

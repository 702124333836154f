const C: usize = memory.data<f64>([1.5, 1.5, 2.5, 2.5]);
// @ts-ignore: decorator
@inline
export function exp(x: v128): v128 {
  return f64x2.add(f64x2.mul(x, v128.load(C)), v128.load(C, 16));
}

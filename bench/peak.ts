// The most additions and multiplications that wasm SIMD in float64 can do: twelve chains of x ← x m + c, as many as hide the
// processor's latency and still fit its registers.

export function mulAdd(steps: i32, m: f64, c: f64): f64 {
  const vm = f64x2.splat(m);
  const vc = f64x2.splat(c);
  let x0 = f64x2.splat(0.1);
  let x1 = f64x2.splat(0.2);
  let x2 = f64x2.splat(0.3);
  let x3 = f64x2.splat(0.4);
  let x4 = f64x2.splat(0.5);
  let x5 = f64x2.splat(0.6);
  let x6 = f64x2.splat(0.7);
  let x7 = f64x2.splat(0.8);
  let x8 = f64x2.splat(0.9);
  let x9 = f64x2.splat(1.0);
  let x10 = f64x2.splat(1.1);
  let x11 = f64x2.splat(1.2);
  for (let i = 0; i < steps; i++) {
    x0 = f64x2.add(f64x2.mul(x0, vm), vc);
    x1 = f64x2.add(f64x2.mul(x1, vm), vc);
    x2 = f64x2.add(f64x2.mul(x2, vm), vc);
    x3 = f64x2.add(f64x2.mul(x3, vm), vc);
    x4 = f64x2.add(f64x2.mul(x4, vm), vc);
    x5 = f64x2.add(f64x2.mul(x5, vm), vc);
    x6 = f64x2.add(f64x2.mul(x6, vm), vc);
    x7 = f64x2.add(f64x2.mul(x7, vm), vc);
    x8 = f64x2.add(f64x2.mul(x8, vm), vc);
    x9 = f64x2.add(f64x2.mul(x9, vm), vc);
    x10 = f64x2.add(f64x2.mul(x10, vm), vc);
    x11 = f64x2.add(f64x2.mul(x11, vm), vc);
  }
  let sum = f64x2.add(f64x2.add(f64x2.add(x0, x1), f64x2.add(x2, x3)), f64x2.add(f64x2.add(x4, x5), f64x2.add(x6, x7)));
  sum = f64x2.add(sum, f64x2.add(f64x2.add(x8, x9), f64x2.add(x10, x11)));
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

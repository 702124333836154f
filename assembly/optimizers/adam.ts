// Adam
//
//   m ← β₁ m + (1 − β₁) g,   v ← β₂ v + (1 − β₂) g²
//   θ ← θ − η (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε)
//
// Source: Kingma & Ba 2015, arXiv:1412.6980, Algorithm 1. The powers β₁ᵗ and β₂ᵗ are carried as running products.

export function adam(
  parameters: usize,
  m: usize,
  v: usize,
  gradient: usize,
  count: i32,
  learningRate: f64,
  beta1: f64,
  beta2: f64,
  epsilon: f64,
  power1: f64,
  power2: f64,
): void {
  const rate = f64x2.splat(learningRate / (1 - power1));
  const correction = f64x2.splat(1 / (1 - power2));
  const eps = f64x2.splat(epsilon);
  const b1 = f64x2.splat(beta1);
  const b2 = f64x2.splat(beta2);
  const c1 = f64x2.splat(1 - beta1);
  const c2 = f64x2.splat(1 - beta2);
  // The arrays are padded to whole vectors; what lies in the padding is never read as a parameter.
  const bytes = <usize>((count + 1) >> 1) << 4;
  for (let i: usize = 0; i < bytes; i += 16) {
    const g = v128.load(gradient + i);
    const m1 = f64x2.add(f64x2.mul(b1, v128.load(m + i)), f64x2.mul(c1, g));
    const v1 = f64x2.add(f64x2.mul(b2, v128.load(v + i)), f64x2.mul(c2, f64x2.mul(g, g)));
    v128.store(m + i, m1);
    v128.store(v + i, v1);
    const step = f64x2.div(f64x2.mul(rate, m1), f64x2.add(f64x2.sqrt(f64x2.mul(v1, correction)), eps));
    v128.store(parameters + i, f64x2.sub(v128.load(parameters + i), step));
  }
}

// RMSprop with momentum
//
//   v ← ρ v + (1 − ρ) g²,   m ← μ m + g / (√v + ε),   θ ← θ − η m
//
// Source: Tieleman & Hinton 2012, lecture 6.5; with momentum as in Rezende & Mohamed 2015, §6, which used it.

export function rmsProp(
  parameters: usize,
  m: usize,
  v: usize,
  gradient: usize,
  count: i32,
  learningRate: f64,
  decay: f64,
  momentum: f64,
  epsilon: f64,
): void {
  const end = <usize>count << 3;
  for (let i: usize = 0; i < end; i += 8) {
    const g = f64.load(gradient + i);
    const v1 = decay * f64.load(v + i) + (1 - decay) * (g * g);
    const m1 = momentum * f64.load(m + i) + g / (sqrt(v1) + epsilon);
    f64.store(v + i, v1);
    f64.store(m + i, m1);
    f64.store(parameters + i, f64.load(parameters + i) - learningRate * m1);
  }
}

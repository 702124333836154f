// Stochastic gradient descent with momentum
//
//   m ← μ m + g,   θ ← θ − η m
//
// Source: Robbins & Monro 1951; momentum after Polyak 1964.

export function sgd(parameters: usize, m: usize, gradient: usize, count: i32, learningRate: f64, momentum: f64): void {
  const end = <usize>count << 3;
  for (let i: usize = 0; i < end; i += 8) {
    const m1 = momentum * f64.load(m + i) + f64.load(gradient + i);
    f64.store(m + i, m1);
    f64.store(parameters + i, f64.load(parameters + i) - learningRate * m1);
  }
}

/** Every parameter drawn from U(−√3 scale, √3 scale), the same on every run: layers that do something, as after training. */
export function randomizeParameters(flow, scale) {
  let state = 1;
  const uniform = () => (state = (state * 48271) % 2147483647) / 2147483647; // Park & Miller's minimal standard
  flow.setParameters(Float64Array.from(flow.getParameters(), () => Math.sqrt(3) * scale * (2 * uniform() - 1)));
}

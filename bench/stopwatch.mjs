/** How long a call takes, in seconds; a promise is awaited. */
export async function secondsOf(call) {
  const start = performance.now();
  await call();
  return (performance.now() - start) / 1000;
}

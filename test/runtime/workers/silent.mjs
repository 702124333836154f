// A worker that never says that it is ready.

setInterval(() => undefined, 1000);

// What a worker runs. It is bundled by itself, kept as text in the library and as dist/worker.js, so it imports nothing, and works as a
// script and as a module, in Node, Deno, Bun and browsers.

/** What a worker is told at its start. */
export interface Assignment {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Address of the crew's record. */
  readonly crew: number;
  /** The worker's number, from 1. */
  readonly worker: number;
}

/** What a worker says. `gone` comes last: it will not touch the memory any more. */
export type Report =
  { readonly kind: 'arrived' | 'gone' | 'led' | 'stalled' } | { readonly kind: 'failed'; readonly reason: string };

/** What the module exports for workers. */
export interface WorkerKernels {
  arrive(crew: number): void;
  /** @returns a `Service` */
  serve(crew: number, worker: number): number;
  reasonAddress(crew: number): number;
  reasonCapacity(): number;
  fail(crew: number, reasonLength: number): void;
}

interface Port {
  postMessage(report: Report): void;
  /** Deno's port has none; there the worker itself has. */
  close?(): void;
}

/** In the order of `Service`. */
const SERVICES = ['gone', 'led', 'stalled'] as const;

function work({ module, memory, crew, worker }: Assignment, port: Port): void {
  let kernels: WorkerKernels | undefined;
  try {
    kernels = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as WorkerKernels;
    kernels.arrive(crew);
    port.postMessage({ kind: 'arrived' });
    for (;;) {
      const kind = SERVICES[kernels.serve(crew, worker)];
      if (kind === 'gone') break;
      port.postMessage({ kind });
    }
  } catch (error) {
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    port.postMessage({ kind: 'failed', reason });
    if (kernels !== undefined) leaveReason(kernels, memory, crew, reason);
  }
  port.postMessage({ kind: 'gone' });
  if (port.close) port.close();
  else close();
}

/** For a caller that cannot receive messages, as it waits. */
function leaveReason(kernels: WorkerKernels, memory: WebAssembly.Memory, crew: number, reason: string): void {
  const text = new TextEncoder().encode(reason).subarray(0, kernels.reasonCapacity());
  new Uint8Array(memory.buffer).set(text, kernels.reasonAddress(crew));
  kernels.fail(crew, text.length);
}

// Node's port first: there, too, a global postMessage may exist.
const port = globalThis.process?.getBuiltinModule?.('node:worker_threads')?.parentPort;
if (port) {
  port.once('message', (assignment: Assignment) => work(assignment, port));
} else {
  const scope = globalThis as unknown as Port & { onmessage: (event: { data: Assignment }) => void };
  scope.onmessage = ({ data }) => work(data, scope);
}

// A service that scores points under a flow: fitted once, saved, loaded, and asked over HTTP.
//
//   bun examples/bun.ts           fits, answers one request of its own, and ends
//   bun examples/bun.ts 3000      goes on serving at that port:
//     curl -d '[[0, 0], [1, -2]]' http://127.0.0.1:3000
//
// Outside this repository: import … from 'normalizing-flows', after `bun add normalizing-flows`.

import { energies, fitToTarget, Flow, normal, radial } from '../dist/index.js';

const trained = new Flow({ base: normal(2), transforms: Array.from({ length: 16 }, () => radial(2)), seed: 1 });
await fitToTarget(trained, energies.u1, { steps: 4000, batchSize: 128 });
const bytes = trained.save(); // a safetensors file: await Bun.write('flow.safetensors', bytes)
const flow = Flow.load(bytes);

const port = Number(process.argv[2] ?? 0);
const server = Bun.serve({
  hostname: '127.0.0.1',
  port,
  async fetch(request) {
    try {
      return Response.json([...flow.logProb(await request.json())]);
    } catch (error) {
      return new Response((error as Error).message, { status: 400 }); // the library says what is wrong with the rows
    }
  },
});

const ask = (rows: unknown) => fetch(server.url, { method: 'POST', body: JSON.stringify(rows) });
const scores: number[] = await (await ask([[2, 0], [0, 0]])).json(); // prettier-ignore
console.log(`on the ring ${scores[0].toFixed(3)}, in its middle ${scores[1].toFixed(3)} nats`);
console.log(`one number too many: ${await (await ask([[1, 2, 3]])).text()}`);

if (port === 0) await server.stop(true);
else console.log(`listening on ${server.url}`);

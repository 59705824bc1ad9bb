// The server of the benchmarks, in its own process. It serves prepared pages with a fixed latency,
// and gives a token to every client.
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { pageBodies } from './account.ts';

const [agents = 0, pageSize = 0, latencyMs = 0] = process.argv.slice(2).map(Number);
const bodies = pageBodies(agents, pageSize).map((body) => Buffer.from(body));
const token = JSON.stringify({ access_token: 'bench', expires_in: 7200, token_type: 'bearer' });

const server = http.createServer((request, response) => {
  request.resume();
  const page = Number(/[?&]page=(\d+)/.exec(request.url ?? '')?.[1] ?? 1);
  const body = request.method === 'POST' ? token : bodies[page - 1];
  setTimeout(() => {
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body ?? ''),
    });
    response.end(body);
  }, latencyMs);
});
server.listen(0, '127.0.0.1', 1024, () => process.send?.((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit(0));

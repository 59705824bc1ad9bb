// The server of the benchmarks, in its own process. It serves prepared pages with a fixed latency,
// and gives a token to every client.
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { pageBodies } from './account.ts';
import { ongoingItems, queuePages, queueTimeItems, withTime } from './queue-lists.ts';

const [agents = 0, pageSize = 0, latencyMs = 0, ongoing = 0, queueTimes = 0] = process.argv
  .slice(2)
  .map(Number);
/** The API's largest page. */
const largestPage = 5000;
const lists: Record<string, string[]> = {
  '/stats/interactions/ongoing': queuePages(ongoingItems(ongoing), largestPage),
  '/stats/queue-times': queuePages(queueTimeItems(queueTimes), largestPage),
};
const bodies = pageBodies(agents, pageSize).map((body) => Buffer.from(body));
const token = JSON.stringify({ access_token: 'bench', expires_in: 7200, token_type: 'bearer' });

const server = http.createServer((request, response) => {
  request.resume();
  const page = Number(/[?&]page=(\d+)/.exec(request.url ?? '')?.[1] ?? 1);
  const list = lists[new URL(request.url!, 'http://localhost').pathname];
  setTimeout(() => {
    const body =
      request.method === 'POST' ? token : list ? withTime(list[page - 1] ?? '{}') : bodies[page - 1];
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body ?? ''),
    });
    response.end(body);
  }, latencyMs);
});
server.listen(0, '127.0.0.1', 1024, () => process.send?.((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit(0));

import assert from 'node:assert/strict';
import { validateHeaderName, validateHeaderValue } from 'node:http';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { leftMs } from '../../../src/deadline.ts';
import { formats } from '../../../src/exposition/format.ts';
import type { Scraper } from '../../../src/scrape.ts';
import { toDeadline } from '../../../src/serve/deadline.ts';
import { type Answer, toRequest } from '../../../src/serve/message.ts';
import { createRoutes } from '../../../src/serve/routes.ts';
import { agent } from '../../support/agents.ts';
import { readingOf } from '../../support/reading.ts';
import { damagedText, piece } from '../damage.ts';
import { assertUnmarked, mark, target } from '../target.ts';

const reading = readingOf([agent('a')], { account: 'uk "1"' });
const scraper: Scraper = {
  account: reading.account,
  region: 'emea',
  scrape: async () => ({ reading, failure: undefined }),
  close() {},
};
const logs: string[] = [];
const routes = createRoutes({ scrapers: [scraper], log: (line) => logs.push(line) });

const targets = fc.constantFrom(
  ...['/', '/metrics', '/sd', '/-/healthy', '/probe', `/probe?target=${mark}`, '/metrics?a=b&a=c#d'],
  ...['/probe?target=uk%20%221%22', 'http://example.org/metrics?x', '//metrics', '/__proto__', `/${mark}`],
);
const header = fc.tuple(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.constantFrom('accept', 'Accept-Encoding', 'Host', 'Origin', 'Sec-Fetch-Site'),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom('x-prometheus-scrape-timeout-seconds', '__proto__', 'Content-Type'),
    },
  ),
  fc.oneof(
    fc.constantFrom(
      'gzip',
      'application/openmetrics-text',
      'localhost:9000',
      'evil.example',
      'cross-site',
      '10',
    ),
    fc.constantFrom('0', '-1', '1e9', 'Infinity', '0x10', '1e-9'),
    piece,
  ),
);

/**
 * Any request for the routes: an answer that HTTP can carry, and that repeats nothing of the
 * request.
 */
export const request = target(
  'request',
  fc.record({
    method: fc.oneof(fc.constantFrom('GET', 'HEAD', 'POST', 'get', 'OPTIONS'), piece),
    target: damagedText(targets),
    headers: fc.array(header, { maxLength: 4 }),
  }),
  async ({ method, target, headers }) => {
    logs.length = 0;
    const made = toRequest(method, target, headers);
    const deadline = toDeadline(made, 30_000);
    const ms = leftMs(deadline);
    assert(ms >= 0 && ms <= 30_000);
    const answer = await routes(made, deadline);
    deadline.end();
    assert.deepEqual(logs, []);
    assert([200, 400, 403, 404, 405].includes(answer.status), `status ${answer.status}`);
    assertCarried(answer, made.method);
    assertUnmarked(`${answer.body}${JSON.stringify(answer.headers)}`);
    const isMetrics = formats.some(({ contentType }) => contentType === answer.headers['content-type']);
    if (answer.status === 200 && made.path === '/metrics') assert(isMetrics, 'no metrics');
  },
  { share: 0.3 },
);

/** Whether node:http accepts the answer. */
function assertCarried({ headers, body }: Answer, method: string): void {
  for (const [name, value] of Object.entries(headers)) {
    validateHeaderName(name);
    validateHeaderValue(name, value);
  }
  if (method === 'HEAD') {
    assert.equal(body.length, 0);
    return;
  }
  assert.equal(headers['content-length'], String(Buffer.byteLength(body)));
  if (headers['content-encoding'] === 'gzip') assert(gunzipSync(body).length > 0);
}

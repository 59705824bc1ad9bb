import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from '@jest/globals';
import { toAccount } from '../../src/app/accounts.ts';
import { loadSettings } from '../../src/config/load.ts';
import { deadlineIn } from '../../src/deadline.ts';
import { createScraper, toFamilies } from '../../src/scrape.ts';
import { toSeries } from '../support/oracle.ts';
import { startServer, type TestServer } from '../support/server.ts';

interface Documented {
  what: string;
  status: number;
  body: unknown;
  /** Why the scrape fails; null: it succeeds. */
  reason: string | null;
  /** Numbers of a scrape that succeeds, by metric. */
  series?: Record<string, number>;
}
const { token, api } = JSON.parse(
  readFileSync(new URL('../fixtures/documented.json', import.meta.url), 'utf8'),
) as { token: Documented[]; api: Documented[] };
const example = JSON.parse(
  readFileSync(new URL('../fixtures/reference-example.json', import.meta.url), 'utf8'),
) as unknown;

let server: TestServer | undefined;
afterEach(() => server?.close());

/** One scrape of an API with these answers. */
async function scrapeOf(tokenAnswer: Documented, apiAnswer: Pick<Documented, 'status' | 'body'>) {
  server = await startServer((request, response) => {
    const { status, body } = request.method === 'POST' ? tokenAnswer : apiAnswer;
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  const settings = loadSettings({
    VCC_ACCOUNT: 'test',
    VCC_API_URL: server.origin,
    VCC_TOKEN_URL: `${server.origin}/Auth/connect/token`,
    VCC_CLIENT_ID: 'an-id',
    VCC_CLIENT_SECRET: 'a-secret',
    VCC_RETRIES: '0',
  });
  const scraper = createScraper(toAccount(settings));
  const { reading } = await scraper.scrape(deadlineIn(5000));
  scraper.close();
  return { error: reading.error ?? null, series: toSeries(await toFamilies([reading])) };
}

describe('what Vonage documents', () => {
  test.each(token.map((each) => [each.what, each] as const))('for tokens is read: %s', async (_, answer) => {
    expect((await scrapeOf(answer, { status: 200, body: example })).error).toBe(answer.reason);
  });

  test.each(api.map((each) => [each.what, each] as const))(
    'for agent-status is read: %s',
    async (_, answer) => {
      const { error, series } = await scrapeOf(token[0]!, answer);
      expect(error).toBe(answer.reason);
      for (const [name, value] of Object.entries(answer.series ?? {})) {
        expect([name, series.get(`${name}{account="test"}`)]).toEqual([name, value]);
      }
    },
  );
});

import { beforeEach, describe, expect, test } from '@jest/globals';
import { HttpStatusError } from '../../src/http/errors.ts';
import type { Scrape, Scraper } from '../../src/scrape.ts';
import { type LandingFacts, landingPage } from '../../src/serve/landing.ts';
import * as look from '../../src/serve/landing-style.ts';
import { toRequest } from '../../src/serve/message.ts';
import { createRoutes } from '../../src/serve/routes.ts';
import type { Reading } from '../../src/snapshot/reading.ts';
import { agent, interaction, takenAtMs } from '../support/agents.ts';
import { soon } from '../support/deadline.ts';
import { fullReadingOf, readingOf, rosterOf } from '../support/reading.ts';
import { fakeTiming } from '../support/timing.ts';

const build = { version: '1.2.3', revision: 'abc1234', nodejs: 'v24.0.0' };
const scrapedMs = Date.parse('2026-01-15T10:00:01Z');

/** The page of these scrapes, opened a while after them. */
function pageOf(scrapes: (Reading | Scrape)[], agoMs = 0, more: Partial<LandingFacts> = {}): string {
  const last = scrapes.map((each) => ({
    ...('reading' in each ? each : { reading: each, failure: undefined }),
    ageMs: agoMs,
  }));
  return landingPage({
    build,
    homepage: undefined,
    last,
    nowMs: scrapedMs + agoMs,
    look,
    queues: '',
    ...more,
  });
}

const failed = (account: string, failure: Error, error: Reading['error']): Scrape => ({
  reading: readingOf([], { account, error, floor: undefined, pages: 0 }),
  failure,
});
const agents = [
  agent('a', { workloadSinceMs: takenAtMs - 240_000 }),
  agent('b', { presence: 'Away' }),
  agent('c', { live: 1, interactions: [interaction({ state: 'Connected' })] }),
];
const roster = rosterOf({ a: { team: 'Support' }, b: { team: 'Billing' } });
const withTeams = (account: string) => fullReadingOf(agents, roster, { account });

describe('the page', () => {
  test('reloads without a script, and contains its icon', () => {
    const html = pageOf([readingOf(agents)]);
    expect(html).toContain('<meta http-equiv="refresh" content="15">');
    expect(html).toMatch(/<link rel="icon" href="data:image\/svg\+xml,[^"]+">/);
    expect(html).not.toContain('<script');
  });

  test('explains what free means, and names the accounts for which the API does not report it', () => {
    const silent = agents.map((each) => ({ ...each, eligibleForRouting: undefined }));
    const page = pageOf([readingOf(agents), readingOf(silent, { account: 'a&b' })]);
    expect(page).toContain(
      'Free agents are Ready, eligible for routing, and have no work. Other Ready agents',
    );
    expect(page).toContain('The API does not return eligibility for a&amp;b: there, all Ready agents');
    expect(pageOf([readingOf(agents)])).not.toContain('The API does not return');
    expect(pageOf([failed('a', new Error('no'), 'network')])).not.toContain('Free agents');
  });

  test('links to the docs', () => {
    const homepage = 'https://docs.example/?a&b';
    expect(pageOf([readingOf(agents)], 0, { homepage })).toContain(
      '<a href="https://docs.example/?a&amp;b">Docs</a>',
    );
    expect(pageOf([readingOf(agents)])).not.toContain('Docs');
  });

  test.each([
    [0, 'just now'],
    [12_000, '12 s ago'],
    [150_000, '3 min ago'],
  ])('gives the age of the scrape when the page is opened: %i ms are %s', (agoMs, text) => {
    const time = `, <time datetime="2026-01-15T10:00:01.000Z">${text}</time>`;
    expect(pageOf([readingOf(agents)], agoMs)).toContain(`<span class="up">up</span>${time}`);
    expect(pageOf([readingOf(agents), readingOf([])], agoMs)).toContain(`<span class="up">up</span>${time}`);
  });

  test('has for one account what the terminal has, and its teams', () => {
    const html = pageOf([withTeams('acme')]);
    for (const row of [
      '<th scope="row">Ready</th><td>2</td><td>10 min</td>',
      '<th scope="row" class="in">free</th><td>1</td><td>4 min</td>',
      '<th scope="row" class="in">busy</th><td>1</td><td></td>',
      '<th scope="row">Away</th><td>1</td><td>10 min</td>',
      '<th scope="row">Connected</th><td>1</td><td>60 s</td>',
      '<th scope="row">Billing</th><td>1</td><td>0</td><td>0</td><td></td><td>0</td><td>1</td><td>0</td>',
      '<th scope="row">Support</th><td>1</td><td>1</td><td>1</td><td>4 min</td><td>0</td><td>0</td><td>0</td>',
      '<th scope="row">(no team)</th><td>1</td><td>1</td><td>0</td><td></td><td>1</td><td>0</td><td>0</td>',
      '<th scope="row">Scrape took</th><td>0.12 s of 9.5 s</td>',
      '<th scope="row">In the snapshot</th><td>3 agents, 1 interactions</td>',
    ])
      expect(html).toContain(row);
    expect(html.indexOf('>Support<')).toBeLessThan(html.indexOf('>(no team)<'));
  });

  test('has no table of teams where there is no roster', () => {
    expect(pageOf([readingOf(agents)])).not.toContain('>Team<');
  });

  test('has a line for each of several accounts, and for each of its teams', () => {
    const html = pageOf([withTeams('acme-uk'), withTeams('a b&c="d"')]);
    expect(html).toContain('<a href="probe?target=a%20b%26c%3D%22d%22">a b&amp;c=&quot;d&quot;</a>');
    expect(html).toContain(
      '</time></td><td>3</td><td>2</td><td>1</td><td>4 min</td><td>1</td><td>1</td><td>0</td><td>1</td></tr>',
    );
    expect(html.match(/<th scope="row">Support<\/th>/g)).toHaveLength(2);
    const heads = [...html.matchAll(/<th scope="col"[^>]*>([^<]*)</g)].map(([, title]) => title);
    expect(heads.join(', ')).toBe(
      'Account, State, Agents, Ready, Free, Longest free, Busy, Away, Logged out, Inter&shy;actions',
    );
  });

  test('leaves the teams of more than four accounts out', () => {
    const five = ['a', 'b', 'c', 'd', 'e'].map(withTeams);
    expect(pageOf(five)).not.toContain('Support');
    expect(pageOf(five.slice(1))).toContain('Support');
  });
});

describe('a failure', () => {
  const status = failed('acme', new HttpStatusError('GET https://api/<x>: answered 500', 500), 'http_status');
  const sentence =
    '<p class="fault">The API or the token endpoint answered with an error status, also after the retries of a 408 or 5xx. The message has the status. 5xx is an outage at Vonage. 400 is a rejected parameter. 404 is a wrong VCC_API_URL, VCC_TOKEN_URL or VCC_HOSTS.\n<br>Message: <code>GET https://api/&lt;x&gt;: answered 500</code></p>';

  test('is a sentence with what to do and the message, for one account', () => {
    const html = pageOf([status]);
    expect(html).toContain('<span class="down">down: http_status</span>');
    expect(html).toContain(sentence);
    expect(html).not.toContain('In the snapshot');
  });

  test('is below the line of its account', () => {
    const html = pageOf([readingOf(agents), status, readingOf([])]);
    expect(html).toMatch(
      /<tr class="account"><th scope="row"><a href="probe\?target=acme">acme<\/a><\/th><td class="state" colspan="9">.*<\/td><\/tr>\n<tr class="why">/,
    );
    expect(html).toContain(`<tr class="why"><td colspan="10">${sentence}</td></tr>`);
  });

  test('marks settings and fields as code', () => {
    const html = pageOf([failed('acme', new Error('x'), 'forbidden')]);
    expect(html).toContain('names: <code>stats</code>, or <code>users:read</code> for');
  });

  test('shows no message of a bug, which may contain data', () => {
    const html = pageOf([failed('acme', new TypeError('cannot read agent 4711'), 'internal')]);
    expect(html).toContain('<p class="fault">A bug in the exporter. Report it with');
    expect(html).not.toMatch(/4711|Message/);
  });
});

describe('simulated accounts', () => {
  const real = readingOf(agents, { account: 'real' });
  const simulated = (account: string) => readingOf(agents, { account, simulated: true });

  test('have a banner', () => {
    const banner =
      '<p class="simulated"><strong>Simulated accounts.</strong> These numbers come from the built-in simulator, not from Vonage.</p>';
    expect(pageOf([simulated('a')])).toContain(banner);
    expect(pageOf([simulated('a'), simulated('b')])).toContain(banner);
  });

  test('are named where others are real', () => {
    expect(pageOf([simulated('a<'), real, simulated('b')])).toContain(
      '<strong>Simulated accounts: a&lt;, b.</strong> Their numbers come from the built-in simulator, not from Vonage.',
    );
  });

  test('have no banner if there are none', () => {
    expect(pageOf([real])).not.toContain('class="simulated"');
  });
});

describe('opening the page', () => {
  let timing = fakeTiming();
  let scraped: string[] = [];
  const logs: string[] = [];
  beforeEach(() => {
    timing = fakeTiming();
    scraped = [];
    logs.length = 0;
  });
  const scraperOf = (account: string, failure?: Error): Scraper => ({
    account,
    region: 'emea',
    async scrape() {
      scraped.push(account);
      const error = failure && ('network' as const);
      return { reading: readingOf([], { account, error, floor: undefined }), failure };
    },
    close() {},
  });
  const open = () =>
    createRoutes({
      scrapers: [scraperOf('a'), scraperOf('b', new Error('x'))],
      log: (line) => logs.push(line),
      clocks: timing,
    });
  const get = (path: string) => [toRequest('GET', path, []), soon()] as const;

  test('scrapes an account without a scrape yet, and logs failures as a scrape does', async () => {
    expect(await open()(...get('/'))).toMatchObject({ status: 200 });
    expect(scraped).toEqual(['a', 'b']);
    expect(JSON.parse(logs[0]!)).toMatchObject({ event: 'scrape failed', account: 'b' });
  });

  test('shows the last scrape, whatever its cause, until it is 15 s old', async () => {
    const app = open();
    await app(...get('/metrics'));
    timing.pass(14_999);
    expect((await app(...get('/'))).body).toContain('15 s ago');
    expect(scraped).toHaveLength(2);
    timing.pass(1);
    // The clock was set back meanwhile.
    timing.nowMs -= 3_600_000;
    expect((await app(...get('/'))).body).toContain('just now');
    expect(scraped).toHaveLength(4);
  });

  test('scrapes only the accounts that are due', async () => {
    const app = open();
    await app(...get('/'));
    timing.pass(10_000);
    await app(...get('/probe?target=a'));
    timing.pass(10_000);
    scraped = [];
    await app(...get('/'));
    expect(scraped).toEqual(['b']);
  });

  test('is what only / does: the health check and the list of targets scrape nothing', async () => {
    const app = open();
    await app(...get('/-/healthy'));
    await app(...get('/sd'));
    expect(scraped).toEqual([]);
  });
});

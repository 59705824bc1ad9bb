import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { openAccounts, toAccount } from '../src/app/accounts.ts';
import { createScrapers } from '../src/app/scrapers.ts';
import type { Environment } from '../src/config/load.ts';
import { loadSettings } from '../src/config/load.ts';
import { deadlineIn } from '../src/deadline.ts';
import { createScraper, type Scraper, toFamilies } from '../src/scrape.ts';
import type { Fault } from '../src/simulator/faults.ts';
import { type Simulator, startSimulator } from '../src/simulator/server.ts';
import { accountOf } from './support/account.ts';
import { toSeries } from './support/oracle.ts';

let simulator: Simulator;
let scrapers: Scraper[] = [];
afterEach(async () => {
  for (const scraper of scrapers) scraper.close();
  await simulator.close();
});

const logs: string[] = [];

/** Scrapers of these accounts of a simulator, made from a list of accounts. */
async function start(
  names: readonly string[],
  { env = {}, faults = [], fields = {} }: { env?: Environment; faults?: Fault[]; fields?: object } = {},
) {
  logs.length = 0;
  simulator = await startSimulator({ accounts: names.map((name) => ({ name, agents: 30 })), faults });
  const accounts = simulator.accounts.map(({ name, clientId, clientSecret }) => ({
    name,
    client_id: clientId,
    client_secret: clientSecret,
    token_url: simulator.tokenUrl,
    api_url: simulator.apiUrl,
    ...fields,
  }));
  const VCC_CONFIG = JSON.stringify({ accounts });
  const log = (line: string) => logs.push(line);
  scrapers = createScrapers(await openAccounts({ VCC_CONFIG, VCC_RETRIES: '0', ...env }, log), log);
}

const scrapeAll = (ms: number) => Promise.all(scrapers.map((scraper) => scraper.scrape(deadlineIn(ms))));

describe('several accounts', () => {
  test('each have their own agents and their own metrics', async () => {
    await start(['uk', 'us']);
    const scrapes = await scrapeAll(5000);
    const series = toSeries(await toFamilies(scrapes.map(({ reading }) => reading)));
    for (const account of simulator.accounts) {
      const { name } = account;
      const ready = account.items().filter(({ presence }) => presence.name === 'Ready').length;
      expect(series.get(`vcc_agents{account="${name}",presence="Ready"}`)).toBe(ready);
      expect(series.get(`vcc_up{account="${name}"}`)).toBe(1);
    }
  });

  test('are not delayed or hidden by one that is dead and one that is slow', async () => {
    await start(['healthy', 'dead', 'slow'], {
      faults: [
        { kind: 'hang', account: 'dead' },
        { kind: 'delay', value: 400, account: 'slow' },
      ],
      env: { VCC_REQUEST_TIMEOUT: '700ms' },
    });
    const [healthy, dead, slow] = (await scrapeAll(2000)).map(({ reading }) => reading);
    expect([healthy!.error, dead!.error, slow!.error]).toEqual([undefined, 'network', undefined]);
    expect(healthy!.durationMs).toBeLessThan(slow!.durationMs);
    expect(slow!.durationMs).toBeLessThan(dead!.durationMs);
  });

  test.each([
    ['VCC_CONCURRENCY', { VCC_CONCURRENCY: '7' }, 7],
    ['VCC_PAGE_CONCURRENCY', { VCC_PAGE_CONCURRENCY: '60' }, 60],
  ])('ask for as many pages at once as %s says', (_, env, most) => {
    const settings = loadSettings({ VCC_CLIENT_ID: 'a', VCC_CLIENT_SECRET: 'b', ...env });
    expect(toAccount(settings).paging.concurrency).toBe(most);
    // The bound of all accounts together is no lower.
    expect(settings.VCC_CONCURRENCY).toBeGreaterThanOrEqual(most);
  });

  test('share few requests at a time, and a healthy one takes precedence over many dead ones', async () => {
    const dead = Array.from({ length: 12 }, (_, index) => `dead-${index}`);
    await start([...dead, 'healthy'], {
      faults: dead.map((account) => ({ kind: 'hang', account })),
      env: { VCC_CONCURRENCY: '4', VCC_REQUEST_TIMEOUT: '300ms' },
    });
    // No failure is known at first. With four slots, the healthy account may have to wait for the
    // dead ones.
    expect((await scrapeAll(6000)).at(-1)!.reading.error).toBeUndefined();
    const again = await scrapers.map((scraper) => scraper.scrape(deadlineIn(6000))).at(-1);
    expect(again!.reading.error).toBeUndefined();
    // The dead accounts share one of four slots. The others serve the healthy account at once.
    expect(again!.reading.durationMs).toBeLessThan(250);
  });

  test('one that recovers is read whole in one scrape, whatever its pages and however many others hang', async () => {
    const dead = Array.from({ length: 30 }, (_, index) => `dead-${index}`);
    const hang = [...dead, 'healthy'].map((account): Fault => ({ kind: 'hang', account }));
    await start([...dead, 'healthy'], {
      faults: hang,
      env: { VCC_CONCURRENCY: '4', VCC_REQUEST_TIMEOUT: '100ms', VCC_PAGE_SIZE: '5' },
    });
    await scrapeAll(500);
    simulator.faults = hang.slice(0, -1);
    // One of the next scrapes reads it.
    let last = (await scrapeAll(2000)).at(-1)!;
    for (let more = 0; more < 3 && last.failure; more++) last = (await scrapeAll(2000)).at(-1)!;
    expect(last.failure).toBeUndefined();
    expect(last.reading.pages).toBeGreaterThan(1);
  });

  test('have each their own roster and series of single agents, hashed differently', async () => {
    const key = { agent_metrics: 'hashed', agent_key: 'a key of at least 16', roster: 'users-api' };
    await start(['uk', 'us'], { fields: key });
    const scrapes = await scrapeAll(5000);
    const families = await toFamilies(scrapes.map(({ reading }) => reading));
    const info = families.find(({ name }) => name === 'vcc_agent_info')!.values;
    const ids = info.map(({ sharedLabels }) => sharedLabels!.agent_id!);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.every((id) => /^[0-9a-f]{16}$/.test(id))).toBe(true);
    const text = JSON.stringify(families);
    for (const account of simulator.accounts) {
      for (const { agentId } of account.items()) expect(text).not.toContain(`"${agentId}"`);
      for (const { name } of account.users()) expect(text).not.toContain(name);
    }
    for (const { reading } of scrapes) {
      expect(reading.roster).toMatchObject({ up: true });
      expect(reading.teams!.teams.length).toBeGreaterThan(3);
    }
  });
});

describe('a roster', () => {
  test('from a file gives teams, and names if the settings request them', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vcc-roster-'));
    const roster = join(folder, 'roster.csv');
    const fields = {
      roster,
      roster_labels: ['name', 'team'],
      agent_metrics: 'ids',
      agent_logged_out: 'include',
    };
    await start(['uk'], { fields });
    const account = simulator.accounts[0]!;
    writeFileSync(roster, account.rosterCsv());
    const [scrape] = await scrapeAll(5000);
    rmSync(folder, { recursive: true });
    const families = await toFamilies([scrape!.reading]);
    const infos = families.find(({ name }) => name === 'vcc_agent_info')!.values;
    const named = account.users().flatMap(({ active, name, userAccountConfiguration }) => {
      const id = userAccountConfiguration.agentConfiguration?.agentDisplayId;
      return active && id !== undefined ? [[id, name]] : [];
    });
    expect(named.length).toBeGreaterThan(20);
    for (const [id, name] of named) {
      expect(infos.find(({ sharedLabels }) => sharedLabels!.agent_id === id)!.labels).toMatchObject({ name });
    }
  });

  test('that cannot be read leaves the rest of a scrape complete, and the log gives the reason without a name', async () => {
    await start(['uk'], {
      fields: { roster: 'users-api', agent_metrics: 'ids' },
      faults: [{ kind: 'status', value: 500, on: 'users' }],
    });
    const { reading, failure } = (await scrapeAll(5000))[0]!;
    expect(failure).toBeUndefined();
    expect(reading).toMatchObject({ roster: { up: false }, teams: undefined });
    expect(reading.floor!.agents).toBe(30);
    expect(reading.agentSeries!.agents.length).toBeGreaterThan(5);
    expect(JSON.parse(logs[0]!)).toMatchObject({
      event: 'roster not read; metrics of teams are missing',
      account: 'uk',
      code: 'http_status',
    });
  });
});

test('a bug met in one account is reported as its failure with a reason, and does not affect the others', async () => {
  await start(['uk', 'us']);
  scrapers[0]!.close();
  const account = accountOf(simulator);
  scrapers[0] = createScraper({ ...account, floor: { ...account.floor, known: null as never } });
  const [bug, other] = await scrapeAll(5000);
  expect(bug!.reading).toMatchObject({ error: 'internal', floor: undefined, pages: 0 });
  expect(bug!.failure).toBeInstanceOf(TypeError);
  expect(other!.reading.error).toBeUndefined();
  const series = toSeries(await toFamilies([bug!.reading, other!.reading]));
  expect(series.get('vcc_scrape_error{account="test",reason="internal"}')).toBe(1);
});

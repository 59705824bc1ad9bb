import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { AgentStatus } from '../../src/simulator/agent.ts';
import type { Simulator } from '../../src/simulator/server.ts';
import type { TestServer } from '../support/server.ts';
import { awkwardName, frozenMs, richItems, secrets, startFrozen } from './support/account.ts';
import { type Exporter, settingsFor, startExporter } from './support/exporter.ts';
import { describeWith } from './support/parts.ts';
import { poll } from './support/process.ts';
import { keyOf, type Prometheus, startPrometheus, type Vector } from './support/prometheus.ts';
import { startTextProxy } from './support/text-proxy.ts';

const items = richItems;
const legs = items.flatMap((item) => item.interaction);
const timeoutSeconds = 2;

/** How many there are of each kind. Kinds that must be there with 0 are first. */
function countBy<T>(
  rows: readonly T[],
  labels: (row: T) => Record<string, string>,
  always: string[] = [],
): Vector {
  const counts: Vector = Object.fromEntries(always.map((key) => [key, 0]));
  for (const row of rows) {
    const key = keyOf(labels(row));
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

const one = (value: number): Vector => ({ '': value });
const seconds = (time: string) => Date.parse(time) / 1000;
const oldest = (times: string[]) => Math.min(...times.map(seconds));
const presences = ['Ready', 'Away', 'ExtendedAway', 'LoggedOut'];
const states = ['Ringing', 'Connected', 'Wrap', 'Unexpected', 'Failed'];

/** Idle by definition: Ready, workload all 0, and no interaction. */
const idle = items.filter(
  ({ presence, workload, interaction }) =>
    presence.name === 'Ready' &&
    workload.calls === 0 &&
    workload.semiLive === 0 &&
    workload.nonLive === 0 &&
    interaction.length === 0,
);
const ready = items.filter((item) => item.presence.name === 'Ready');
const free = idle.filter((item) => item.presence.eligibleForRouting);
const freeSince = free.map((item) => Math.max(seconds(item.presence.since), seconds(item.workload.since)));
const workloads = {
  live: (item: AgentStatus) => item.workload.calls,
  semi_live: (item: AgentStatus) => item.workload.semiLive,
  non_live: (item: AgentStatus) => item.workload.nonLive,
};
const byWorkload = (value: (of: (item: AgentStatus) => number) => number): Vector =>
  Object.fromEntries(Object.entries(workloads).map(([name, of]) => [`workload=${name}`, value(of)]));
const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);

/** The result of PromQL, counted anew from the API's items. `JOB` stands for the job. */
const questions: [string, string, Vector][] = [
  ['all agents', 'vcc_snapshot_agents{JOB}', one(items.length)],
  [
    'agents by presence',
    'vcc_agents{JOB}',
    countBy(
      items,
      (item) => ({ presence: item.presence.name }),
      presences.map((presence) => `presence=${presence}`),
    ),
  ],
  [
    'agents by description',
    'vcc_agents_by_description{JOB}',
    countBy(items, ({ presence: { name, description } }) =>
      // In Prometheus an empty label is none.
      description === '' ? { presence: name } : { presence: name, description },
    ),
  ],
  ['idle agents', 'vcc_agents_idle{JOB}', one(idle.length)],
  ['free agents: idle ones who may be given a call', 'vcc_agents_available{JOB}', one(free.length)],
  ['busy agents', 'vcc_agents_busy{JOB}', one(ready.length - idle.length)],
  ['agents who are ready, idle or not', 'vcc_agents_idle{JOB} + vcc_agents_busy{JOB}', one(ready.length)],
  [
    'agents by activity, which add up',
    'sum(vcc_agents_by_activity{JOB}) == sum(vcc_snapshot_agents{JOB})',
    one(items.length),
  ],
  [
    'agents with each kind of workload',
    'vcc_agents_with_workload{JOB}',
    byWorkload((of) => items.filter((item) => of(item) > 0).length),
  ],
  ['interactions in hand', 'vcc_workload_interactions{JOB}', byWorkload((of) => sum(items.map(of)))],
  [
    'legs by kind and state',
    'vcc_interactions{JOB}',
    countBy(legs, ({ medium, mediumManager, direction, state }) => ({
      medium,
      medium_manager: mediumManager,
      direction,
      state,
    })),
  ],
  ['legs by state', 'sum by (state) (vcc_interactions{JOB})', countBy(legs, ({ state }) => ({ state }))],
  [
    'legs by state and reason, without empty combinations',
    'vcc_interactions_by_reason{JOB} > 0',
    countBy(legs, ({ state, reason }): Record<string, string> => (reason ? { state, reason } : { state })),
  ],
  [
    'different interactions',
    'vcc_distinct_interactions{JOB}',
    one(new Set(legs.map((leg) => leg.guid)).size),
  ],
  [
    'since when the longest have been in their presence',
    'vcc_presence_oldest_since_timestamp_seconds{JOB}',
    Object.fromEntries(
      presences.map((name) => [
        `presence=${name}`,
        oldest(items.filter((item) => item.presence.name === name).map((item) => item.presence.since)),
      ]),
    ),
  ],
  [
    'since when the longest free agent has been so',
    'vcc_available_oldest_since_timestamp_seconds{JOB}',
    one(Math.min(...freeSince)),
  ],
  [
    'the oldest interaction by state',
    'vcc_interaction_oldest_since_timestamp_seconds{JOB}',
    Object.fromEntries(
      states
        .map((state) => legs.filter((leg) => leg.state === state))
        .filter((inState) => inState.length > 0)
        .map((inState) => [`state=${inState[0]!.state}`, oldest(inState.map((leg) => leg.since))]),
    ),
  ],
  [
    'free agents who have been so for longer than a quarter of an hour',
    'vcc_agents_available_longer_than{JOB,seconds="900"}',
    { 'seconds=900': freeSince.filter((since) => frozenMs / 1000 - since > 900).length },
  ],
  [
    'agents away for longer than five minutes',
    'vcc_agents_longer_than{JOB,presence="Away",seconds="300"}',
    {
      'presence=Away seconds=300': items.filter(
        (item) => item.presence.name === 'Away' && frozenMs - Date.parse(item.presence.since) > 300_000,
      ).length,
    },
  ],
  ['the time of the snapshot', 'vcc_snapshot_timestamp_seconds{JOB}', one(frozenMs / 1000)],
  ['pages of the snapshot', 'vcc_scrape_pages{JOB}', one(Math.ceil(items.length / 25))],
];

/** The queries in the table of docs/use/queries.md. */
function documentedQueries(): string[] {
  const page = readFileSync(new URL('../../docs/use/queries.md', import.meta.url), 'utf8');
  const table = page.slice(page.indexOf('| Question | PromQL |'));
  return [...table.slice(0, table.indexOf('\n\n')).matchAll(/\| `([^`]+)` \|/g)].map(([, query]) => query!);
}

/** About the scrape itself, so they differ between jobs. */
const ofTheScrape =
  'vcc_scrape_duration_seconds|vcc_scrape_api_requests|vcc_scrape_api_retries|vcc_api_clock_skew_seconds';

describeWith(['prometheus'], 'a real Prometheus', ({ prometheus: binaries }) => {
  let folder: string;
  let prometheus: Prometheus;
  let rich: Simulator;
  let faulty: Simulator;
  let proxy: TestServer;
  const exporters: Record<string, Exporter> = {};
  const closers: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vcc-e2e-'));
    closers.push(() => rm(folder, { recursive: true, force: true }));
    rich = await startFrozen({ items });
    closers.push(rich.close);
    faulty = await startFrozen({ agents: 130, seed: 11 });
    closers.push(faulty.close);

    const environments = {
      rich: settingsFor(rich, { VCC_ACCOUNT: awkwardName }),
      faulty: settingsFor(faulty),
      rejected: settingsFor(faulty, { VCC_CLIENT_SECRET: secrets.wrong }),
    };
    for (const [name, env] of Object.entries(environments)) {
      const exporter = await startExporter(env, folder);
      exporters[name] = exporter;
      closers.push(exporter.stop);
    }
    proxy = await startTextProxy(exporters.rich!.origin);
    closers.push(proxy.close);

    const origins = {
      openmetrics: exporters.rich!.origin,
      text: proxy.origin,
      faulty: exporters.faulty!.origin,
      rejected: exporters.rejected!.origin,
    };
    const jobs = Object.entries(origins).map(([name, origin]) => ({
      name,
      origin,
      intervalSeconds: timeoutSeconds,
      timeoutSeconds,
    }));
    prometheus = await startPrometheus(binaries.prometheus, jobs, folder);
    closers.push(prometheus.stop);
    for (const { name } of jobs) await value(`vcc_up{job="${name}"}`, name === 'rejected' ? 0 : 1);
  });

  afterAll(async () => {
    for (const close of closers.reverse()) await close();
  });

  /** Waits until a query has this one value. */
  async function value(expression: string, wanted: number): Promise<void> {
    let last: Vector = {};
    await poll(`${expression} is ${wanted}`, async () => {
      last = await prometheus.query(expression);
      const values = Object.values(last);
      return values.length === 1 && values[0] === wanted;
    }).catch((error) => {
      throw new Error(`${error.message}; it is ${JSON.stringify(last)}`);
    });
  }

  test('has a floor with something to count', () => {
    expect([items.length, idle.length > 5, legs.length > 20]).toEqual([130, true, true]);
    expect(new Set(legs.map((leg) => leg.state)).size).toBeGreaterThanOrEqual(3);
    // Some interactions have two agents.
    expect(new Set(legs.map((leg) => leg.guid)).size).toBeLessThan(legs.length);
    expect(new Set(items.map((item) => item.presence.name))).toEqual(new Set(presences));
    for (const of of Object.values(workloads)) expect(sum(items.map(of))).toBeGreaterThan(0);
  });

  describe.each(['openmetrics', 'text'])('scraping the format %s', (job) => {
    test('accepts the target', async () => {
      expect(await prometheus.query(`up{job="${job}"}`)).toEqual(one(1));
      expect((await prometheus.targets())[job]).toEqual({ health: 'up', lastError: '' });
    });

    test.each(questions)('knows %s', async (_, expression, expected) => {
      expect(await prometheus.query(expression.replaceAll('JOB', `job="${job}"`))).toEqual(expected);
    });

    test('keeps awkward text in labels unchanged', async () => {
      const escaped = JSON.stringify(awkwardName);
      expect(await prometheus.query(`vcc_up{job="${job}",account=${escaped}}`)).toEqual(one(1));
    });
  });

  test('gets exactly the same series from both formats', async () => {
    const all = (job: string) =>
      prometheus.query(`{__name__=~"vcc_.+",__name__!~"${ofTheScrape}",job="${job}"}`);
    const [openMetrics, text] = [await all('openmetrics'), await all('text')];
    expect(Object.keys(openMetrics).length).toBeGreaterThan(150);
    expect(openMetrics).toEqual(text);
  });

  test('learns info from OpenMetrics, a gauge from text', async () => {
    const openMetrics = await prometheus.types('openmetrics');
    const text = await prometheus.types('text');
    expect(openMetrics).toMatchObject({
      vcc_agents: 'gauge',
      vcc_exporter_build: 'info',
    });
    expect(text).toMatchObject({
      vcc_agents: 'gauge',
      vcc_exporter_build_info: 'gauge',
    });
  });

  test.each(documentedQueries())('answers the documented query %s', async (query) => {
    const { '': series = 0 } = await prometheus.query(`count(${query}) or vector(0)`);
    // The query with a condition is about nobody being free, and here some are.
    expect(series > 0).toBe(!query.includes('=='));
  });

  describe('while a page of the API hangs', () => {
    beforeAll(async () => {
      faulty.faults = [{ kind: 'hang', page: 3 }];
      await value('vcc_up{job="faulty"}', 0);
    });

    test('gets the reason in time, by a scrape that succeeds', async () => {
      expect(await prometheus.query('up{job="faulty"}')).toEqual(one(1));
      expect((await prometheus.targets()).faulty).toEqual({ health: 'up', lastError: '' });
      const [durationSeconds] = Object.values(
        await prometheus.query('scrape_duration_seconds{job="faulty"}'),
      );
      expect(durationSeconds).toBeLessThan(timeoutSeconds);
      expect(await prometheus.query('vcc_scrape_deadline_seconds{job="faulty"}')).toEqual(one(1.5));
    });

    test('gets the reason: deadline', async () => {
      expect(await prometheus.query('vcc_scrape_error{job="faulty"} == 1')).toEqual({ 'reason=deadline': 1 });
    });

    test('has no numbers of agents any more, rather than old ones', async () => {
      const floor =
        '{__name__=~"vcc_(agents|interaction|presence|idle|workload|distinct|snapshot).*",job="JOB"}';
      expect(await prometheus.query(floor.replace('JOB', 'faulty'))).toEqual({});
      expect(await prometheus.query(floor.replace('JOB', 'openmetrics'))).not.toEqual({});
    });

    test('sees the account again as soon as the page answers', async () => {
      faulty.faults = [];
      await value('vcc_up{job="faulty"}', 1);
      await value('vcc_snapshot_agents{job="faulty"}', 130);
      expect(await prometheus.query('vcc_scrape_error{job="faulty"} == 1')).toEqual({});
    });
  });

  describe('while the API answers 503', () => {
    beforeAll(async () => {
      faulty.faults = [{ kind: 'status', value: 503 }];
      await value('vcc_scrape_error{job="faulty",reason="http_status"}', 1);
    });

    test('records vcc_up 0 with the reason, and no agents', async () => {
      expect(await prometheus.query('up{job="faulty"}')).toEqual(one(1));
      expect(await prometheus.query('vcc_up{job="faulty"}')).toEqual(one(0));
      expect(await prometheus.query('vcc_scrape_error{job="faulty"} == 1')).toEqual({
        'reason=http_status': 1,
      });
      expect(await prometheus.query('vcc_agents{job="faulty"}')).toEqual({});
    });

    test('sees the account again afterwards', async () => {
      faulty.faults = [];
      await value('vcc_up{job="faulty"}', 1);
    });
  });

  test('gets the reason: rejected credentials', async () => {
    expect(await prometheus.query('up{job="rejected"}')).toEqual(one(1));
    expect(await prometheus.query('vcc_scrape_error{job="rejected"} == 1')).toEqual({
      'reason=credentials_rejected': 1,
    });
  });

  test('lost no scrape in any of these cases', async () => {
    expect(await prometheus.query('min(min_over_time(up[10m]))')).toEqual(one(1));
    expect(await prometheus.query('count(up == 1)')).toEqual(one(4));
  });

  test("leaves only the reason in the exporters' logs: no secret, no token, no agent", () => {
    const output = Object.values(exporters)
      .map((exporter) => exporter.output())
      .join('\n');
    for (const code of ['deadline', 'http_status', 'credentials_rejected']) {
      expect(output).toContain(`"code":"${code}"`);
    }
    const agents = [...items, ...faulty.items()].map((item) => new RegExp(`\\b${item.agentId}\\b`));
    const forbidden = [
      ...Object.values(secrets).map((secret) => new RegExp(secret)),
      // Tokens and interactions.
      /[0-9a-f]{8}-[0-9a-f]{4}-/i,
      /bearer \S/i,
      /page=\d/,
      ...agents,
    ];
    const lines = output.split('\n').filter((line) => forbidden.some((pattern) => pattern.test(line)));
    expect(lines).toEqual([]);
  });

  test('ends exporters with status 0 on a signal', async () => {
    const ends = await Promise.all(Object.values(exporters).map((exporter) => exporter.stop()));
    expect(ends.map(({ status }) => status)).toEqual([0, 0, 0]);
  });
});

import { describe, expect, test } from '@jest/globals';
import packageJson from '../../package.json' with { type: 'json' };
import { allMetrics } from '../../src/catalogue/all.ts';
import { floorGauge, toRegistry } from '../../src/catalogue/metric.ts';
import type { Reading } from '../../src/snapshot/reading.ts';
import { toTeams } from '../../src/snapshot/teams.ts';
import { agent, interaction, snapshotOf } from '../support/agents.ts';
import { familiesOf, fullReadingOf, readingOf, rosterOf } from '../support/reading.ts';

const { version } = packageJson;

const pushed = {
  destination: 'acme',
  success: true,
  samples: 300,
  durationMs: 12,
  oldestMs: 1_700_000_000_000,
};

describe.each(allMetrics.map((metric) => [metric.name, metric] as const))('%s', (name, metric) => {
  test('has a well-formed name, help and source', () => {
    expect(name).toMatch(/^vcc_[a-z]+(_[a-z]+)*$/);
    // OpenMetrics and promlint keep these for counters, histograms and summaries.
    expect(name).not.toMatch(/_(total|count|sum|bucket|created)$/);
    expect(metric.help).toMatch(/^[A-Z1].*\.$/s);
    expect(metric.help).not.toContain('\n');
    expect(metric.source).not.toBe('');
    expect(version.localeCompare(metric.since, 'en', { numeric: true })).toBeGreaterThanOrEqual(0);
  });

  test('has the label account first, or is about the exporter', () => {
    expect(metric.labelNames[0] === 'account' || metric.name.startsWith('vcc_exporter_')).toBe(true);
    for (const label of metric.labelNames) {
      expect(label).toMatch(/^[a-z_]+$/);
      expect([
        'type',
        'region',
        'zone',
        'cluster',
        'service',
        'stage',
        'env',
        'owner',
        'customer',
      ]).not.toContain(label);
    }
  });

  test('has only labels that it declares', async () => {
    const roster = rosterOf({ a: { team: 'Sales', site: 'North' } });
    const families = await familiesOf(
      fullReadingOf([agent('a', { interactions: [interaction()] }), agent('b')], roster, { push: [pushed] }),
    );
    const family = families.find((each) => each.name === name)!;
    expect(family.values.length).toBeGreaterThan(0);
    const type = name.endsWith('_info') ? 'info' : 'gauge';
    expect([metric.type, family.type]).toEqual([type, type]);
    const declared = [...metric.labelNames].sort();
    for (const { labels, sharedLabels } of family.values) {
      const given = Object.keys({ ...sharedLabels, ...labels }).sort();
      if (metric.openLabels) expect(given).toEqual(expect.arrayContaining(declared));
      else expect(given).toEqual(declared);
    }
  });
});

test('without a snapshot there are samples of the scrape and the exporter only', async () => {
  const reading = readingOf([], { error: 'network', floor: undefined });
  const names = (await familiesOf(reading)).filter(({ values }) => values.length > 0).map(({ name }) => name);
  expect(names.toSorted()).toEqual([
    'vcc_api_clock_skew_seconds',
    'vcc_duplicate_agents',
    'vcc_exporter_accounts',
    'vcc_exporter_build_info',
    'vcc_scrape_api_requests',
    'vcc_scrape_api_retries',
    'vcc_scrape_cached',
    'vcc_scrape_deadline_seconds',
    'vcc_scrape_duration_seconds',
    'vcc_scrape_error',
    'vcc_scrape_pages',
    'vcc_semantics_info',
    'vcc_simulated',
    'vcc_up',
  ]);
});

/** The samples of a metric: its labels but for the account, as a text, and the value. */
async function samplesOf(name: string, reading: Reading): Promise<Record<string, number>> {
  const { values } = (await familiesOf(reading)).find((family) => family.name === name)!;
  return Object.fromEntries(
    values.map(
      ({ labels: { account, ...labels }, sharedLabels: { account: shared, ...own } = {}, value }) => [
        Object.values({ ...own, ...labels }).join(' '),
        value,
      ],
    ),
  );
}

test('a scrape that failed has vcc_up 0, and 1 for its reason only', async () => {
  const failed = readingOf([], { error: 'network', floor: undefined });
  expect(await samplesOf('vcc_up', failed)).toEqual({ '': 0 });
  const errors = await samplesOf('vcc_scrape_error', failed);
  expect(Object.entries(errors).filter(([, value]) => value !== 0)).toEqual([['network', 1]]);
  const worked = readingOf([agent('a')]);
  expect(await samplesOf('vcc_up', worked)).toEqual({ '': 1 });
  expect(Object.values(await samplesOf('vcc_scrape_error', worked))).not.toContain(1);
});

test('each destination has its own samples, and there are none before the first push', async () => {
  const reading = readingOf([], { push: [pushed, { ...pushed, destination: 'other', success: false }] });
  expect(await samplesOf('vcc_push_success', reading)).toEqual({ acme: 1, other: 0 });
  expect(await samplesOf('vcc_push_samples', reading)).toEqual({ acme: 300, other: 300 });
  expect(await samplesOf('vcc_push_success', readingOf([]))).toEqual({});
});

test('the question available says whether free agents must be eligible for routing', async () => {
  const answers = async (reading: Reading) => Object.keys(await samplesOf('vcc_semantics_info', reading));
  expect(await answers(readingOf([agent('a')]))).toContain('available idle_and_eligible');
  const withoutEligibility = readingOf([agent('a', { eligibleForRouting: undefined })]);
  expect(await answers(withoutEligibility)).toContain('available idle');
  expect(await answers(readingOf([], { floor: undefined }))).toContain('available unknown');
});

test('teams past the limit are counted as folded', async () => {
  const agents = [agent('a'), agent('b'), agent('c')];
  const roster = rosterOf({ a: { team: 'North' }, b: { team: 'South' }, c: { team: 'West' } });
  const teams = toTeams(snapshotOf(agents), roster, { ageBounds: [], maxTeams: 1 });
  expect(teams.folded).toBeGreaterThan(0);
  const reading = readingOf(agents, { teams });
  expect(await samplesOf('vcc_teams_folded', reading)).toEqual({ '': teams.folded });
});

test('prom-client checks the names of labels', () => {
  const facts = { build: { version: '', revision: '', nodejs: '' }, accounts: 0, readings: [] };
  expect(() => toRegistry([{ ...allMetrics[0]!, labelNames: ['a-b'] }], facts)).toThrow(/label name/);
});

test('names are unique', () => {
  expect(new Set(allMetrics.map(({ name }) => name)).size).toBe(allMetrics.length);
});

test("no agent's id or guid is in any sample unless it is set", async () => {
  const secret = agent('identity-of-an-agent', {
    interactions: [interaction({ guid: 'a-guid' })],
  });
  const text = JSON.stringify(await familiesOf(readingOf([secret])));
  for (const hidden of ['identity-of-an-agent', 'a-guid']) expect(text).not.toContain(hidden);
});

test('with no documented state missing, however empty the floor', async () => {
  const families = await familiesOf(readingOf([]));
  const rows = (name: string) => families.find((each) => each.name === name)!.values.length;
  expect(rows('vcc_agents')).toBe(4);
  expect(rows('vcc_agents_by_activity')).toBe(13);
  expect(rows('vcc_interactions_by_reason')).toBe(2 + 4 + 2 + 7 + 4);
  expect(rows('vcc_scrape_error')).toBe(12);
  expect(rows('vcc_unknown_values')).toBe(6);
  expect(rows('vcc_interactions_longer_than')).toBe(5 * 10);
  // Without agents there is no oldest and no median.
  expect(rows('vcc_available_oldest_since_timestamp_seconds')).toBe(0);
  expect(rows('vcc_available_median_since_timestamp_seconds')).toBe(0);
});

test('a deprecated metric has its successor in the help text', () => {
  const { help, since } = floorGauge({
    name: 'vcc_old',
    help: 'Agents.',
    source: 'items[]',
    since: '0.2.0',
    deprecated: { since: '1.1.0', instead: 'vcc_new' },
    rows: () => [],
    value: () => 0,
  });
  expect([since, help]).toEqual(['0.2.0', 'Agents. Deprecated since 1.1.0: use vcc_new.']);
});

import { describe, expect, test } from '@jest/globals';
import { catalogue } from '../../src/catalogue/index.ts';
import { toRegistry } from '../../src/catalogue/metric.ts';
import { agent, interaction } from '../support/agents.ts';
import { familiesOf, fullReadingOf, readingOf, rosterOf } from '../support/reading.ts';

const pushed = {
  destination: 'acme',
  success: true,
  samples: 300,
  durationMs: 12,
  oldestMs: 1_700_000_000_000,
};

describe.each(catalogue.map((metric) => [metric.name, metric] as const))('%s', (name, metric) => {
  test('has a well-formed name, help and source', () => {
    expect(name).toMatch(/^vcc_[a-z]+(_[a-z]+)*$/);
    // OpenMetrics and promlint keep these for counters, histograms and summaries.
    expect(name).not.toMatch(/_(total|count|sum|bucket|created)$/);
    expect(metric.help).toMatch(/^[A-Z1].*\.$/s);
    expect(metric.help).not.toContain('\n');
    expect(metric.source).not.toBe('');
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

test('prom-client checks the names of labels', () => {
  const facts = { build: { version: '', revision: '', nodejs: '' }, accounts: 0, readings: [] };
  expect(() => toRegistry([{ ...catalogue[0]!, labelNames: ['a-b'] }], facts)).toThrow(/label name/);
});

test('names are unique', () => {
  expect(new Set(catalogue.map(({ name }) => name)).size).toBe(catalogue.length);
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

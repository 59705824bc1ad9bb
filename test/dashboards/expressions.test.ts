import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { load } from 'js-yaml';
import type { AlertRule, RecordingRule, RuleGroup } from '../../alerts/rules.ts';
import { allMetrics } from '../../src/catalogue/all.ts';
import { closedSetOf } from '../support/closed-sets.ts';
import { fillIn, panelsOf, readDashboards } from '../support/dashboards.ts';
import { takeApart } from '../support/promql.ts';
import { problemsIn } from '../support/series-labels.ts';

const readGroups = <Rule>(file: string) =>
  (
    load(readFileSync(new URL(`../../alerts/prometheus/${file}`, import.meta.url), 'utf8')) as {
      groups: RuleGroup<Rule>[];
    }
  ).groups.flatMap(({ rules }) => rules);
const alerts = readGroups<AlertRule>('vcc-alerts.yml');
const recordings = readGroups<RecordingRule>('vcc-recordings.yml');

const ofPanels = readDashboards().flatMap(([uid, dashboard]) =>
  panelsOf(dashboard).flatMap(({ title, targets = [] }) =>
    targets.map(({ refId, expr }) => [`${uid}: ${title} (${refId})`, fillIn(expr)] as const),
  ),
);
const ofVariables = readDashboards().flatMap(([uid, { templating }]) =>
  templating.list
    .filter(({ type }) => type === 'query')
    .map(({ name, query }) => {
      const text = (query as { query: string }).query;
      const [, selector, label] = /^label_values\((.+), (\w+)\)$/.exec(text)!;
      return [`${uid}: variable ${name}`, `sum by (${label}) (${fillIn(selector!)})`] as const;
    }),
);
const all = [
  ...ofPanels,
  ...ofVariables,
  ...alerts.map(({ alert, expr }) => [alert, expr] as const),
  ...recordings.map(({ record, expr }) => [record, expr] as const),
];

test.each(all)('%s parses, names only existing labels and metrics, and can match', (_, expr) => {
  expect(problemsIn(expr)).toEqual([]);
});

test('there are expressions of all kinds', () => {
  expect(ofPanels.length).toBeGreaterThan(70);
  expect(ofVariables.length).toBeGreaterThan(8);
  expect(alerts.length).toBeGreaterThan(20);
  expect(recordings.length).toBeGreaterThan(5);
});

test('an expression that does not parse is refused', () => {
  expect(() => takeApart('sum by (account) (vcc_agents')).toThrow(SyntaxError);
  expect(() => takeApart('vcc_agents{account=$account}')).toThrow(/does not parse at/);
});

test('a label is compared by hand only with its possible values', () => {
  expect(all.flatMap(([title, expr]) => strangeValuesIn(expr).map((each) => `${title}: ${each}`))).toEqual(
    [],
  );
});

test.each([
  ['vcc_agents{presence="Redy"}', 'presence="Redy"'],
  ['vcc_agents{presence!="ready"}', 'presence="ready"'],
  ['sum(vcc_agents{presence=~"Away|Lunch"})', 'presence="Lunch"'],
  ['vcc_interactions{direction="inbound", state="Ringing"}', 'direction="inbound"'],
  ['vcc_scrape_error{reason="NoAnswer"}', 'reason="NoAnswer"'],
  ['vcc_interactions_by_reason{reason="throttled"}', 'reason="throttled"'],
  ['vcc_agents_idle_longer_than{seconds="901"}', 'seconds="901"'],
  ['vcc_queue_waiting_longer_than{seconds="900"}', 'seconds="900"'],
  ['vcc_queue_window_left{category="Answerd"}', 'category="Answerd"'],
])('%s: no series has %s', (expr, value) => {
  expect(strangeValuesIn(expr)).toEqual([value]);
});

/** Words that a label is compared with and never has. */
function strangeValuesIn(expr: string): string[] {
  return takeApart(expr).selectors.flatMap(({ metric, matchers }) =>
    matchers.flatMap(({ label, op, value }) => {
      const words = closedSetOf(metric, label);
      const compared = op.endsWith('~') ? value.split('|') : [value];
      return (
        compared
          // Other patterns need no check: they match any word.
          .filter((word) => words && (!op.endsWith('~') || /^\w+$/.test(word)))
          .filter((word) => word !== '' && !words!.includes(word))
          .map((word) => `${label}="${word}"`)
      );
    }),
  );
}

describe('every metric', () => {
  /** Why no dashboard shows the metric and no alert uses it. */
  const unused: Readonly<Record<string, string>> = {
    vcc_agents_idle: 'agents who are not eligible for routing are in it; vcc_agents_available is shown',
    vcc_agents_idle_longer_than: 'likewise',
    vcc_agents_busy: 'vcc_agents_by_activity has it, apart by activity',
    vcc_agents_ready_without_workload: 'the reading of idle in the reference, which includes wrap-up',
    vcc_agents_eligible_for_routing: 'an optional field, which many accounts do not have',
    vcc_agent_workload_since_timestamp_seconds:
      'how long an agent is in a presence is shown; this is for queries',
    vcc_agent_eligible_for_routing: 'likewise an optional field',
    vcc_agent_interactions: 'the table has workload, which the API counts itself',
    vcc_semantics_info: 'how the settings read the API: to compare accounts',
    vcc_agent_info: 'names and columns of the roster: personal, for your own queries',
  };
  const used = new Set(all.flatMap(([, expr]) => takeApart(expr).selectors.map(({ metric }) => metric)));

  test.each(allMetrics.map(({ name }) => name))(
    '%s is shown, used by an alert, or left out for a reason',
    (name) => {
      expect(used.has(name)).toBe(unused[name] === undefined);
    },
  );

  test('there are no reasons for metrics that do not exist', () => {
    expect(Object.keys(unused).filter((name) => !allMetrics.some((metric) => metric.name === name))).toEqual(
      [],
    );
  });
});

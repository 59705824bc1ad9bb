import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { load } from 'js-yaml';
import type { RecordingRule, RuleGroup } from '../../alerts/rules.ts';
import { closedSets } from '../support/closed-sets.ts';
import {
  type DashboardJson,
  fillIn,
  type PanelJson,
  panelsOf,
  readDashboards,
} from '../support/dashboards.ts';
import { targetLabels } from '../support/promql.ts';
import { followLabels, hasLabel, type Labels } from '../support/series-labels.ts';

const follow = (expr: string) => followLabels(fillIn(expr));
const dashboards = readDashboards();
const recordings = (
  load(readFileSync(new URL('../../alerts/prometheus/vcc-recordings.yml', import.meta.url), 'utf8')) as {
    groups: RuleGroup<RecordingRule>[];
  }
).groups.flatMap(({ rules }) => rules);

describe.each(dashboards)('%s', (_, dashboard) => {
  test('every variable lists a label that its series have', () => {
    expect(problemsOfVariables(dashboard)).toEqual([]);
  });

  test('every legend has the labels by which series differ, and no others', () => {
    expect(panelsOf(dashboard).flatMap(problemsOfLegends)).toEqual([]);
  });

  test('every table names all of its columns, and sorts by one', () => {
    expect(panelsOf(dashboard).flatMap(problemsOfColumns)).toEqual([]);
  });

  test('every override is for a possible column or series', () => {
    expect(panelsOf(dashboard).flatMap(problemsOfOverrides)).toEqual([]);
  });
});

// level:metric:operation, where the level is the label that distinguishes the series.
test.each(recordings.map(({ record, expr }) => [record, expr]))(
  '%s has the level that it names',
  (record, expr) => {
    const level = record!.split(':')[0]!.split('_');
    const own = [...followLabels(expr!).labels!.names].filter((name) => !targetLabels.includes(name));
    expect(own.sort()).toEqual(level.sort());
  },
);

describe('labels in the end', () => {
  test.each([
    ['vcc_agents', ['account', 'instance', 'job', 'presence']],
    ['sum by (presence) (vcc_agents)', ['presence']],
    ['sum(vcc_agents) by ("presence")', ['presence']],
    ['sum(vcc_agents)', []],
    ['sum without (presence, job, instance) (vcc_agents) > 1', ['account']],
    ['bottomk by (job) (1, vcc_agents_idle)', ['account', 'instance', 'job']],
    ['quantile by (job) (0.5, vcc_agents_idle)', ['job']],
    ['max_over_time((vcc_agents_idle > bool 0)[5m:15s] offset 1m)', ['account', 'instance', 'job']],
    ['vcc_agents * on (account) group_left () vcc_agents_idle', ['account', 'instance', 'job', 'presence']],
    ['vcc_agents_idle * on (account) group_right () vcc_agents', ['account', 'instance', 'job', 'presence']],
    ['vcc_agents / on (account) vcc_agents', ['account']],
    ['vcc_agents_idle - ignoring (seconds) vcc_agents_idle_longer_than', ['account', 'instance', 'job']],
    ['vcc_agents and on (account) vcc_agents_idle', ['account', 'instance', 'job', 'presence']],
    ['vcc_agents or vcc_agents_idle', ['account', 'instance', 'job']],
    ['1 - -vcc_agents_idle', ['account', 'instance', 'job']],
    [
      'sum by (account, agent_id) (vcc_agent_workload) * on (account, agent_id) group_left (site) vcc_agent_info',
      ['account', 'agent_id', 'site'],
    ],
    ['absent(vcc_up{account="x", job=~"y"})', ['account']],
    ['label_replace(sum by (account) (vcc_agents), "x", "$1", "account", "(.*)")', ['account', 'x']],
    ['label_join(sum by (account) (vcc_agents), "x", "-", "account")', ['account', 'x']],
    ['count by (account) ({__name__=~"vcc_.+"})', ['account']],
    ['vector(1)', []],
  ])('%s: %j', (expr, labels) => {
    const { labels: found, problems } = followLabels(expr);
    expect([[...found!.names].sort(), problems]).toEqual([labels, []]);
  });

  test.each(['time() - 5', 'scalar(vcc_agents_idle)'])('%s is a number', (expr) => {
    expect(followLabels(expr).labels).toBeUndefined();
  });

  test.each([
    ['vcc_agent', 'no metric vcc_agent'],
    ['{__name__=~"vcc_wave.*"}', 'no metric vcc_wave.*'],
    ['{account="x"}', 'no metric undefined'],
    ['vcc_agents{team="x"}', 'no label team: vcc_agents'],
    ['vcc_idle_age_seconds', 'no metric vcc_idle_age_seconds'],
    ['vcc_agents_idle_bucket', 'no metric vcc_agents_idle_bucket'],
    ['sum by (team) (vcc_agents)', 'no label team: by (team)'],
    ['sum without (le) (vcc_agents)', 'no label le: without (le)'],
    ['sum by (presence) (sum by (account) (vcc_agents))', 'no label presence: by (presence)'],
    ['vcc_agents and on (presence) vcc_agents_idle', 'no label presence: on (presence)'],
    ['vcc_agents - ignoring (le) vcc_agents', 'no label le: ignoring (le)'],
    [
      'vcc_agents * on (account) group_left (presence) vcc_agents_idle',
      'no label presence: on (account) group_left (presence)',
    ],
    ['label_replace(vcc_up, "x", "$1", "team", "(.*)")', 'no label team: label_replace'],
    ['label_join(vcc_up, "x", "-", "account", "team")', 'no label team: label_join'],
    [
      'vcc_agents / vcc_agents_idle',
      '/ never matches: (account, instance, job, presence) and (account, instance, job)',
    ],
    ['sum(vcc_up) unless sum by (account) (vcc_up)', 'unless never matches: () and (account)'],
    ['sum by (job) (vcc_up) - ignoring (job) sum by (account) (vcc_up)', '- never matches: () and (account)'],
  ])('%s: %s', (expr, problem) => {
    expect(followLabels(expr).problems).toEqual([problem]);
  });
});

describe('these tests complain', () => {
  const team = () => structuredClone(dashboards.find(([uid]) => uid === 'vcc-team')![1]);
  const tableOf = (dashboard: DashboardJson) =>
    panelsOf(dashboard).find(({ type, targets }) => type === 'table' && targets!.length > 1)!;
  const byPresence = (dashboard: DashboardJson) =>
    panelsOf(dashboard).find(
      ({ targets, fieldConfig }) =>
        targets?.[0]?.legendFormat === '{{presence}}' && fieldConfig!.overrides.length > 0,
    )!;

  test.each(['label_values(vcc_up, team)', 'label_values(vcc_ups, job)', 'vcc_up'])(
    'of the variable %s',
    (query) => {
      const dashboard = team();
      dashboard.templating.list.find(({ name }) => name === 'job')!.query = { query };
      expect(problemsOfVariables(dashboard)).toHaveLength(1);
    },
  );

  test.each([
    ['agents', 1],
    ['{{team}}', 2],
    ['{{presence}} of {{account}}', 1],
  ])('of the legend %s', (legendFormat, problems) => {
    const panel = byPresence(team());
    panel.targets![0]!.legendFormat = legendFormat;
    expect(problemsOfLegends(panel)).toHaveLength(problems);
  });

  test('of a column without a name, a name without a column, and a sort by a missing column', () => {
    const panel = tableOf(team());
    const names = panel.transformations!.find(({ id }) => id === 'organize')!.options.renameByName!;
    delete names.account;
    names.queue = 'Queue';
    panel.options = { sortBy: [{ displayName: 'Account' }] };
    expect(problemsOfColumns(panel)).toEqual([
      expect.stringContaining('no column queue'),
      expect.stringContaining('nothing names account'),
      expect.stringContaining('sorted by Account'),
    ]);
  });

  test('of a table whose queries have different labels, so that rows do not merge', () => {
    const panel = tableOf(team());
    panel.targets![1]!.expr = 'sum by (account) (vcc_agents)';
    expect(problemsOfColumns(panel)).toEqual([expect.stringContaining('B has other labels')]);
  });

  test('of an override for a missing column or series', () => {
    const [columns, series] = [tableOf(team()), byPresence(team())];
    columns.fieldConfig!.overrides[0]!.matcher.options = 'Acount';
    series.fieldConfig!.overrides[0]!.matcher.options = 'ready';
    expect([problemsOfOverrides(columns), problemsOfOverrides(series)]).toEqual([
      [expect.stringContaining('Acount')],
      [expect.stringContaining('ready')],
    ]);
  });
});

function problemsOfVariables({ templating }: DashboardJson): string[] {
  return templating.list
    .filter(({ type }) => type === 'query')
    .flatMap(({ name, query }) => {
      const text = (query as { query: string }).query;
      const [, selector, label] = /^label_values\((.+), (\w+)\)$/.exec(text) ?? [];
      if (!selector || !label) return [`${name}: not label_values(metric, label)`];
      const { labels, problems } = follow(selector);
      const missing = hasLabel(labels!, label) ? [] : [`no label ${label}`];
      return [...problems, ...missing].map((problem) => `${name}: ${problem}`);
    });
}

/** Two lines of one name are ambiguous, and a missing label leaves a hole. */
function problemsOfLegends({ title, type, targets = [] }: PanelJson): string[] {
  if (type === 'table') return [];
  return targets.flatMap(({ refId, expr, legendFormat = '' }) => {
    const named = [...legendFormat.matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map(([, label]) => label!);
    const labels = [...(follow(expr).labels?.names ?? [])];
    const holes = named.filter((label) => !labels.includes(label)).map((label) => `no ${label}`);
    const untold = labels.filter((label) => !named.includes(label)).map((label) => `does not tell ${label}`);
    return [...holes, ...untold].map((problem) => `${title}, ${refId}: ${problem}`);
  });
}

const renamesOf = ({ transformations = [] }: PanelJson) =>
  transformations.find(({ id }) => id === 'organize')?.options ?? {};

function problemsOfColumns(panel: PanelJson): string[] {
  const { title, type, targets = [], options } = panel;
  if (type !== 'table') return [];
  const { renameByName = {}, excludeByName = {}, indexByName = {} } = renamesOf(panel);
  const keysOf = (labels: Labels | undefined) => [...(labels?.names ?? [])].sort();
  const [first = [], ...rest] = targets.map(({ expr }) => keysOf(follow(expr).labels));
  // Grafana merges rows by all labels that they have.
  const differing = rest.flatMap((labels, index) =>
    String(labels) === String(first) ? [] : [`${targets[index + 1]!.refId} has other labels`],
  );
  const values = targets.length > 1 ? targets.map(({ refId }) => `Value #${refId}`) : ['Value'];
  const columns = ['Time', ...first, ...values];
  const named = [...Object.keys(renameByName), ...Object.keys(excludeByName)];
  const strangers = new Set(
    [...named, ...Object.keys(indexByName)].filter((name) => !columns.includes(name)),
  );
  const { sortBy = [] } = options as { sortBy?: { displayName: string }[] };
  const titles = Object.values(renameByName);
  return [
    ...differing,
    ...[...strangers].map((name) => `no column ${name}`),
    ...columns.filter((name) => !named.includes(name)).map((name) => `nothing names ${name}`),
    ...sortBy
      .filter(({ displayName }) => !titles.includes(displayName))
      .map(({ displayName }) => `sorted by ${displayName}`),
  ].map((problem) => `${title}: ${problem}`);
}

/**
 * An override matches by name: of a column, or of a series whose name is a word that the exporter
 * knows.
 */
function problemsOfOverrides(panel: PanelJson): string[] {
  const { title, type, targets = [], fieldConfig } = panel;
  const names = new Set<unknown>(Object.values(renamesOf(panel).renameByName ?? {}));
  for (const { legendFormat = '' } of type === 'table' ? [] : targets) {
    const [whole, label] = /^\{\{(\w+)\}\}$/.exec(legendFormat) ?? [];
    const words = whole ? closedSets[label!] : legendFormat.includes('{{') ? undefined : [legendFormat];
    // Names that users choose may be any.
    if (!words) return [];
    for (const word of words) names.add(word);
  }
  const queries = new Set<unknown>(targets.map(({ refId }) => refId));
  const there: Readonly<Record<string, Set<unknown>>> = { byName: names, byFrameRefID: queries };
  return (fieldConfig?.overrides ?? [])
    .filter(({ matcher }) => !there[matcher.id]?.has(matcher.options))
    .map(({ matcher }) => `${title}: override ${matcher.id} ${String(matcher.options)}`);
}

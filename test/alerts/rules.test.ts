import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { load } from 'js-yaml';
import type { AlertRule, RuleGroup } from '../../alerts/rules.ts';
import { followLabels, hasLabel } from '../support/series-labels.ts';

const read = <File>(path: string) =>
  load(readFileSync(new URL(`../../alerts/${path}`, import.meta.url), 'utf8')) as File;
const groups = read<{ groups: RuleGroup<AlertRule>[] }>('prometheus/vcc-alerts.yml').groups;
const rules = groups.flatMap((group) => group.rules);

interface GrafanaRule {
  uid: string;
  title: string;
  condition: string;
  data: {
    refId: string;
    datasourceUid: string;
    model: { refId: string; expr?: string; expression?: string };
  }[];
  noDataState: string;
  execErrState: string;
  missing_series_evals_to_resolve: number;
  for: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  isPaused: boolean;
}
const grafana = read<{
  apiVersion: number;
  groups: { orgId: number; name: string; folder: string; interval: string; rules: GrafanaRule[] }[];
}>('grafana/vcc-alerts.yml');

/** Labels that some alerts always have and others may lack. */
const neverEmpty: Readonly<Record<string, readonly string[]>> = {
  // Of `up`, which Prometheus makes.
  VccExporterDown: ['job'],
  // A label that the rule selects by.
  VccAuthFailing: ['reason'],
  // The API's sources have names.
  VccQueueDataStale: ['source'],
  // Labels that the rule makes.
  VccBoundMissing: ['setting'],
};

describe.each(rules.map((rule) => [rule.alert, rule] as const))('%s', (name, rule) => {
  const { expr, labels, annotations } = rule;

  test('says how urgent it is, for whom, what it is about, and where to read on', () => {
    expect(Object.keys(labels).sort()).toEqual(['audience', 'severity']);
    expect(labels.severity).toMatch(/^(critical|warning|info)$/);
    expect(labels.audience).toMatch(/^(supervisor|sre)$/);
    // Without the address of a Grafana there is no link to a dashboard.
    expect(Object.keys(annotations)).toEqual(['summary', 'description', 'runbook_url']);
    expect(annotations.runbook_url).toBe(
      `https://github.com/vcc-exporter/vcc-exporter/blob/main/docs/use/runbook/${name}.md`,
    );
    // What the text describes, and what to do.
    expect(annotations.description).toMatch(/^[^.].*\. [A-Z].*\.$/);
    expect(annotations.summary!.replace(/\{\{.*?\}\}/g, 'acme-uk').length).toBeLessThan(80);
  });

  test('goes on when a scrape fails: it never depends on one sample', () => {
    const rest = expr
      .replace(/\w+_over_time\(\w+(\{[^}]*\})?\[\w+\]\)/g, '')
      // A subquery: the newest sum.
      .replace(/last_over_time\(sum without \([^)]*\) \(\w+(\{[^}]*\})?\)\[\w+:\w+\]\)/g, '');
    expect(rest.match(/\bvcc_\w+/g) ?? []).toEqual([]);
  });

  test('measures no age at the time of the rule, which would add the age of the sample', () => {
    expect(expr.includes('time()')).toBe(/DataStale$/.test(name));
  });

  test('does not flap by ranks, and names no agent', () => {
    expect(expr).not.toMatch(/\b(topk|bottomk)\b/);
    expect(expr).not.toMatch(/vcc_agent_/);
    expect(JSON.stringify(rule)).not.toMatch(/agent_id/);
  });

  test('says how many, how much or for how long, with a unit', () => {
    const words = 'agents|callers|interactions|series|values';
    expect(annotations.description).toMatch(
      new RegExp(`\\$value( \\}\\} (${words})\\b| \\| humanize(Duration|Percentage) )|\\b\\d+ (s|min|h)\\b`),
    );
  });

  test('uses another word where a label may be empty', () => {
    const bare = [...JSON.stringify(annotations).matchAll(/\{\{ \$labels\.(\w+)/g)].map(
      ([, label]) => label!,
    );
    const full = ['account', 'destination', 'field', 'instance', 'seconds', ...(neverEmpty[name] ?? [])];
    expect(bare.filter((label) => !full.includes(label))).toEqual([]);
  });

  test('its texts name only labels of its resulting series', () => {
    const labels = followLabels(expr).labels!;
    const named = [...JSON.stringify(annotations).matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label!);
    expect(named.filter((label) => !hasLabel(labels, label))).toEqual([]);
  });
});

describe('for Grafana', () => {
  test('there are the same alerts in the same groups', () => {
    expect(grafana.apiVersion).toBe(1);
    expect(
      grafana.groups.map(({ name, interval, rules: each }) => [
        name,
        interval,
        each.map(({ title }) => title),
      ]),
    ).toEqual(
      groups.map(({ name, interval, rules: each }) => [name, interval, each.map(({ alert }) => alert)]),
    );
  });

  test('each has a unique uid that Grafana accepts', () => {
    const uids = grafana.groups.flatMap(({ rules: each }) => each.map(({ uid }) => uid));
    expect(new Set(uids).size).toBe(rules.length);
    for (const uid of uids) expect(uid).toMatch(/^[\w-]{1,40}$/);
  });

  test.each(grafana.groups.flatMap((group) => group.rules.map((rule) => [rule.title, rule] as const)))(
    '%s uses the same expression, and treats no data as no alert',
    (title, rule) => {
      const prometheus = rules.find(({ alert }) => alert === title)!;
      const [query, math, threshold] = rule.data;
      expect(query!.model.expr).toBe(prometheus.expr);
      expect(math!.model.expression).toBe(
        `is_number($${query!.refId}) || is_nan($${query!.refId}) || is_inf($${query!.refId})`,
      );
      expect(threshold!.model.expression).toBe(math!.refId);
      expect(rule.data.map(({ refId, model }) => refId === model.refId)).toEqual([true, true, true]);
      expect(rule.data.map(({ datasourceUid }) => datasourceUid)).toEqual([
        'prometheus',
        '__expr__',
        '__expr__',
      ]);
      expect(rule).toMatchObject({
        condition: threshold!.refId,
        noDataState: 'OK',
        execErrState: 'Error',
        missing_series_evals_to_resolve: 1,
        for: prometheus.for ?? '0s',
        labels: prometheus.labels,
        isPaused: false,
      });
      // In a label, Grafana would read $ as a variable of its environment. In annotations it does
      // not.
      expect(JSON.stringify([rule.title, rule.labels])).not.toContain('$');
      const inPrometheus = Object.fromEntries(
        Object.entries(rule.annotations).map(([key, text]) => [
          key,
          text.replaceAll('$values.query.Value', '$value'),
        ]),
      );
      expect(inPrometheus).toEqual(prometheus.annotations);
    },
  );
});

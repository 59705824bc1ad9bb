import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { alerts } from '../../alerts/index.ts';
import type { AlertRule } from '../../alerts/rules.ts';
import { toAlertGroups } from '../../alerts/rules.ts';
import { parseAlertSettings } from '../../alerts/settings.ts';
import { type AlertCase, alertCases } from './support/alert-cases.ts';
import { describeWith } from './support/parts.ts';
import { run, start } from './support/process.ts';

const rulesFolder = fileURLToPath(new URL('../../alerts/prometheus/', import.meta.url));
const cli = fileURLToPath(new URL('../../dist/cli.mjs', import.meta.url));
const shipped = readFileSync(new URL('../../alerts/thresholds.yml', import.meta.url), 'utf8');
/** As shipped, but with the alerts that are off, which are checked too. */
const settings = parseAlertSettings(
  shipped,
  JSON.stringify({ alerts: Object.fromEntries(alerts.map(({ name }) => [name, { enabled: true }])) }),
);
const groups = toAlertGroups(settings);
const rules = groups.flatMap((group) => group.rules);

describeWith(['victoriaMetrics'], 'rules, judged by vmalert', ({ victoriaMetrics: { binary } }) => {
  test('are valid, with their templates', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vcc-vmalert-'));
    const args = ['-dryRun', '-rule.validateTemplates=true', `-rule=${join(rulesFolder, '*.yml')}`];
    const { status, stderr } = await run(join(dirname(binary), 'vmalert'), args, { folder });
    rmSync(folder, { recursive: true, force: true });
    const errors = stderr.split('\n').filter((line) => /\t(error|fatal)\t/.test(line));
    expect({ status, errors }).toEqual({ status: 0, errors: [] });
  });
});

// Prometheus 3 reads ranges without the sample at their beginning.
describeWith(['goTools'], 'rules, judged by promtool 3', ({ goTools: { promtool } }) => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'vcc-rules-'));
    writeFileSync(join(folder, 'all.yml'), JSON.stringify({ groups }));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(['vcc-alerts.yml', 'vcc-recordings.yml'])('%s is valid', async (file) => {
    const args = ['check', 'rules', '--lint=all', '--lint-fatal', join(rulesFolder, file)];
    expect(await run(promtool, args, { folder })).toMatchObject({ status: 0, stderr: '' });
  });

  test('all alerts fire and are silent in the same cases', async () => {
    // Cases of days and hours last half a minute.
    const quick = rules.filter(({ alert }) => alert !== 'VccErrorBudgetBurnSlow');
    const cases = quick.flatMap((rule) => alertCases[rule.alert]!.map((each) => [rule, each] as const));
    const file = join(folder, 'all.test.yml');
    const tests = cases.map(([rule, each]) => toUnitTest(rule, each, '3'));
    writeFileSync(file, JSON.stringify({ rule_files: ['all.yml'], evaluation_interval: '30s', tests }));
    const judged = start(promtool, ['test', 'rules', file], { folder }).end(120_000);
    const { status, stdout, stderr } = await judged;
    expect({ status, said: status === 0 ? '' : stdout + stderr }).toEqual({ status: 0, said: '' });
  }, 130_000);
});

describeWith(['prometheus'], 'rules, judged by promtool', ({ prometheus: { promtool } }) => {
  let folder: string;
  let alertsFile: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'vcc-rules-'));
    alertsFile = join(folder, 'all.yml');
    // JSON is YAML.
    writeFileSync(alertsFile, JSON.stringify({ groups }));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(['vcc-alerts.yml', 'vcc-recordings.yml'])('%s is valid', async (file) => {
    const { status, stdout, stderr } = await run(
      promtool,
      ['check', 'rules', '--lint=all', '--lint-fatal', join(rulesFolder, file)],
      {
        folder,
      },
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/SUCCESS: \d+ rules found/);
  });

  test('the rules that `rules` makes of changed thresholds are valid', async () => {
    const thresholds = {
      interval: '1m30s',
      job: 'acme|vcc.*',
      alerts: {
        VccDataStale: {
          older_than: '2d12h',
          accounts: { 'a "b" \\c': { older_than: '500ms' } },
        },
        VccIdleAgents: { longer_than: '19m60s', for: '0h90s', accounts: { 'acme-night': { agents: 3 } } },
        VccThrottled: { within: '365d' },
        VccWrapTooLong: { enabled: false },
      },
    };
    writeFileSync(join(folder, 'mine.yml'), JSON.stringify(thresholds));
    const args = [cli, 'rules', '--thresholds', 'mine.yml', '--out', 'ours'];
    const written = await run(process.execPath, args, { folder });
    expect(written).toMatchObject({ status: 0, stderr: '' });
    for (const file of ['vcc-alerts.yml', 'vcc-recordings.yml']) {
      const path = join(folder, 'ours', 'prometheus', file);
      expect(
        await run(promtool, ['check', 'rules', '--lint=all', '--lint-fatal', path], { folder }),
      ).toMatchObject({
        status: 0,
        stderr: '',
      });
    }
  });

  /**
   * Cases whose series never change: the alert has to fire whatever the distance of the samples,
   * and although some are missing.
   */
  const steady = rules.flatMap((rule) => {
    const first = alertCases[rule.alert]!.find(({ fires }) => fires)!;
    const values = Object.entries(first.series).map(([series, text]) => [
      series,
      /^(-?[\d.]+)x\d+$/.exec(text)?.[1],
    ]);
    // The age of the data grows with time, and `up` has a sample for each scrape, failed or not.
    const isSteady =
      rule.for !== undefined &&
      !['VccDataStale', 'VccExporterDown'].includes(rule.alert) &&
      values.every(([, value]) => value !== undefined);
    return isSteady ? [{ rule, values: values as [string, string][], fires: first.fires! }] : [];
  });

  test.each([15, 30, 60, 120])(
    'all fire with samples %i s apart, one in 18 of them missing, at every phase of evaluation',
    async (intervalSeconds) => {
      expect(steady.length).toBeGreaterThan(13);
      const samples = (60 * 60) / intervalSeconds;
      const unitTest = {
        rule_files: [alertsFile],
        evaluation_interval: '15s',
        tests: steady.map(({ rule, values, fires }) => ({
          interval: `${intervalSeconds}s`,
          input_series: values.map(([series, value]) => ({
            series,
            values: Array.from({ length: samples }, (_, at) => (at % 18 === 16 ? 'stale' : value)).join(' '),
          })),
          // Also just before and after samples, and where one is missing.
          alert_rule_test: Array.from({ length: 16 }, (_, phase) => ({
            eval_time: `${50 * 60 + phase * 15}s`,
            alertname: rule.alert,
            exp_alerts: fires.map((fire) => toExpected(rule, fire)),
          })),
        })),
      };
      const file = join(folder, `interval-${intervalSeconds}.test.yml`);
      writeFileSync(file, JSON.stringify(unitTest));
      const judged = start(promtool, ['test', 'rules', file], { folder }).end(120_000);
      const { status, stdout, stderr } = await judged;
      expect({ status, said: status === 0 ? '' : (stdout + stderr).slice(0, 3000) }).toEqual({
        status: 0,
        said: '',
      });
    },
  );

  test('there are cases for every alert', () => {
    expect(Object.keys(alertCases).sort()).toEqual(rules.map(({ alert }) => alert).sort());
  });

  describe.each(rules.map((rule) => [rule.alert, rule] as const))('%s', (name, rule) => {
    const noData: AlertCase = {
      title: 'there is no data',
      series: { [name === 'VccExporterAbsent' ? 'vcc_up' : 'node_uname_info']: '1x200' },
      at: '90m',
    };
    const cases = [...alertCases[name]!, noData];

    test('has a case in which it fires and two in which it does not', () => {
      expect(cases.filter(({ fires }) => fires).length).toBeGreaterThan(0);
      expect(cases.filter(({ fires }) => !fires).length).toBeGreaterThan(1);
    });

    test.each(cases.map((each) => [each.fires ? 'fires' : 'is silent', each.title, each] as const))(
      '%s: %s',
      async (_, __, each) => {
        const tests = [toUnitTest(rule, each)];
        const unitTest = { rule_files: [alertsFile], evaluation_interval: '30s', tests };
        const file = join(folder, `${name}.test.yml`);
        // JSON is YAML.
        writeFileSync(file, JSON.stringify(unitTest));
        const { status, stdout, stderr } = await run(promtool, ['test', 'rules', file], { folder });
        const said = status === 0 ? '' : stdout + stderr;
        expect({ status, said }).toEqual({ status: 0, said: '' });
      },
    );
  });
});

/** A case in the form of this major version of promtool. */
function toUnitTest(rule: AlertRule, { series, at, fires = [] }: AlertCase, version: '2' | '3' = '2') {
  const expected = fires.map(({ labels, value, value3 }) =>
    toExpected(rule, {
      labels,
      ...(value !== undefined && { value: version === '3' ? (value3 ?? value) : value }),
    }),
  );
  return {
    interval: '30s',
    input_series: Object.entries(series).map(([each, values]) => ({ series: each, values })),
    alert_rule_test: [{ eval_time: at, alertname: rule.alert, exp_alerts: expected }],
  };
}

/** Whole seconds, from a minute on, as Prometheus' humanizeDuration writes them. */
function humanized(seconds: string): string {
  const minutes = Math.floor(Number(seconds) / 60);
  const hours = Math.floor(minutes / 60);
  return `${hours > 0 ? `${hours}h ` : ''}${minutes % 60}m ${Number(seconds) % 60}s`;
}

/** The expected alert: labels of the series and the rule, and every annotation to the letter. */
function toExpected(
  { labels, annotations }: AlertRule,
  fire: { labels: Readonly<Record<string, string>>; value?: string },
) {
  const expand = (text: string) =>
    text
      .replace(/\{\{ \$labels\.(\w+) \| urlquery \}\}/g, (_, label) =>
        encodeURIComponent(fire.labels[label]!),
      )
      .replace(/\{\{ or \$labels\.(\w+) "([^"]*)" \}\}/g, (_, label, word) => fire.labels[label] || word)
      .replace(/\{\{ \$labels\.(\w+) \}\}/g, (_, label) => fire.labels[label]!)
      .replace(/\{\{ \$labels\.(\w+) \| humanizeDuration \}\}/g, (_, label) => humanized(fire.labels[label]!))
      .replace(/\{\{ \$value[^}]*\}\}/g, fire.value ?? '?');
  return {
    // In Prometheus an empty label is none.
    exp_labels: Object.fromEntries(
      Object.entries({ ...fire.labels, ...labels }).filter(([, value]) => value !== ''),
    ),
    exp_annotations: Object.fromEntries(
      Object.entries(annotations).map(([name, text]) => [name, expand(text)]),
    ),
  };
}

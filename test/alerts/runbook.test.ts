import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import type { Duration } from '../../alerts/alert.ts';
import { alerts } from '../../alerts/index.ts';
import { parseAlertSettings } from '../../alerts/settings.ts';
import { settings } from '../../src/config/settings.ts';
import { generateRuleFiles } from '../../src/rule-files.ts';
import { panelsOf, readDashboards } from '../support/dashboards.ts';
import { headingsOf } from '../support/markdown.ts';
import { expressionsIn, labelsOf } from '../support/promql.ts';
import { problemsIn } from '../support/series-labels.ts';

const docs = fileURLToPath(new URL('../../docs/use/', import.meta.url));
const read = (path: string) => readFileSync(join(docs, path), 'utf8');
const pages = readdirSync(join(docs, 'runbook')).map((file) => `runbook/${file}`);

const shipped = parseAlertSettings(
  readFileSync(new URL('../../alerts/thresholds.yml', import.meta.url), 'utf8'),
);

/** Panels as pages name them, with the path at which Grafana opens each. */
const panels = new Map(
  readDashboards().flatMap(([uid, dashboard]) =>
    panelsOf(dashboard).map(({ id, title }) => [
      `${dashboard.title.replace('Contact centre / ', '')} › ${title}`,
      `/d/${uid}?viewPanel=${id}`,
    ]),
  ),
);

/** What is wrong with a page: names that there are not, expressions that do not parse. */
function faultsOf(text: string): string[] {
  const named = (pattern: RegExp) =>
    [...text.matchAll(pattern)].map(([, name]) => name!.replace(/\s+/g, ' '));
  return [
    ...named(/(?<!:)\b(vcc_[a-z_]+)\b/g)
      .filter((name) => !labelsOf(name))
      .map((name) => `no metric: ${name}`),
    ...named(/\b(VCC_[A-Z_]+)\b/g)
      .filter((name) => !(name in settings))
      .map((name) => `no setting: ${name}`),
    ...named(/\b(Vcc[A-Z]\w+)\b/g)
      .filter((name) => !alerts.some((alert) => alert.name === name))
      .map((name) => `no alert: ${name}`),
    ...named(/\*((?:Floor|Team|Interactions|Exporter) › [^*]+)\*/g)
      .filter((name) => !panels.has(name))
      .map((name) => `no panel: ${name}`),
    ...[...text.matchAll(/\*([^*]+)\*\s\(`(\/d\/[^`]+)`\)/g)]
      .filter(([, name, link]) => panels.get(name!.replace(/\s+/g, ' ')) !== link)
      .map(([, name, link]) => `another panel: ${name}: ${link}`),
    ...expressionsIn(text).flatMap((expression) => {
      try {
        return problemsIn(expression).map((problem) => `${problem}: ${expression}`);
      } catch (error) {
        return [`${(error as Error).message}`];
      }
    }),
  ];
}

test('there is a page for every alert, and none without one', () => {
  expect(pages.sort()).toEqual(alerts.map(({ name }) => `runbook/${name}.md`).sort());
});

/** How a page begins: how soon to act. */
const urgency = {
  critical: { sre: 'Act now', supervisor: 'Act now' },
  warning: { sre: 'Act today', supervisor: 'Act this shift' },
  info: { sre: 'No action', supervisor: 'No action' },
} as const;

/** Labels by which a silence of the alert takes no other one. */
const silencedBy: Partial<Record<string, string>> = {
  VccExporterDown: ' instance=127.0.0.1:9754',
  VccExporterAbsent: '',
  VccAccountMissing: ' job=vcc',
  VccPushFailing: ' account=acme-uk destination=default',
  VccTeamIdleAgents: ' account=acme-uk team=Support',
  VccQueueDataStale: ' account=acme-uk source=ongoing',
  VccWaitTooLong: ' account=acme-uk queue=Billing',
  VccServiceLevelLow: ' account=acme-uk queue=Billing',
};

/** Alerts of which Vonage may not be the cause. */
const neverVonage = [
  'VccExporterDown',
  'VccExporterAbsent',
  'VccAccountMissing',
  'VccBoundMissing',
  'VccSeriesDropped',
  'VccPushFailing',
  'VccRosterFailing',
  'VccThrottled',
  'VccUnknownValues',
  // What agents or those who lead them decide.
  'VccNobodyFree',
  'VccLongestFree',
  'VccAwayTooLong',
  'VccExtendedAwayTooLong',
  'VccWrapTooLong',
  'VccManyWaiting',
  'VccWaitTooLong',
  'VccServiceLevelLow',
];

describe.each(alerts.map((alert) => [alert.name, alert] as const))('%s', (name, alert) => {
  const { severity, audience } = alert;
  const path = `runbook/${name}.md`;
  const text = read(path);
  const sections = new Map(
    text.split(/^## /m).map((part) => [part.slice(0, part.indexOf('\n')), part] as const),
  );

  test('says how soon to act, what to check and what helps, how to silence it and when it is over', () => {
    const [title, ...headings] = headingsOf(text);
    expect(title).toBe(name);
    expect(headings).toEqual(['Diagnosis', 'Mitigation', 'Silence', 'Resolved', 'Meaning']);
    for (const [heading, section] of sections) {
      expect(section.length - heading.length).toBeGreaterThan(40);
    }
    expect(text).toMatch(
      new RegExp(`^# ${name}\n\n\\*\\*${urgency[severity][audience]}\\.\\*\\* [A-Z\\x60]`),
    );
    expect(sections.get('Diagnosis')).toContain('```promql\n');
  });

  test('queries the bounds that the shipped alert uses', () => {
    const setting = shipped.alerts.find((each) => each.alert === alert)!;
    const bounds = Object.entries(alert.kinds)
      .filter(([, kind]) => kind === 'bound' || kind === 'queue_bound')
      .map(([key]) => String((setting.thresholds[key] as Duration).seconds));
    const queried = [...text.matchAll(/\bseconds="(\d+)"/g)].map(([, seconds]) => seconds!);
    expect(queried).toEqual(expect.arrayContaining(bounds));
    const forgotten = String(shipped.forgottenAfter.seconds);
    expect(queried.filter((each) => ![...bounds, forgotten].includes(each))).toEqual([]);
  });

  test('fits one screen', () => {
    const lines = text.trimEnd().split('\n');
    expect(lines.length).toBeLessThan(50);
    expect(lines.filter((line) => line.length > 100)).toEqual([]);
  });

  test('silences this alert and no other', () => {
    const labels = silencedBy[name] ?? ' account=acme-uk';
    expect(sections.get('Silence')).toMatch(
      new RegExp(
        `\namtool silence add alertname=${name}${labels} --duration=\\d+[mh] \\\\\n  --comment=".+"`,
      ),
    );
    expect(sections.get('Silence')).toMatch(/\bfor\b/i);
  });

  test('has the path of every panel that it names', () => {
    const named = [...panels].filter(([panel]) => text.replace(/\s+/g, ' ').includes(`*${panel}*`));
    expect(named.filter(([, link]) => !text.includes(`(\`${link}\`)`))).toEqual([]);
  });

  test('links to the status page of Vonage if Vonage may be the cause', () => {
    expect(text.includes('](https://vonageapi.statuspage.io)')).toBe(!neverVonage.includes(name));
  });

  test('names only what exists', () => {
    expect(faultsOf(text)).toEqual([]);
  });

  test('is in the index', () => {
    expect(read('runbook.md')).toContain(`| [${name}](${path}) | ${severity} |\n`);
  });
});

/** Texts that a page quotes in the first column of its tables, without the alerts that it links. */
function quotedTexts(path: string): string[] {
  const rows = read(path).match(/^\| .*`.* \|$/gm) ?? [];
  return rows.flatMap((row) => [...row.split(' | ')[0]!.matchAll(/`([^`]+)`/g)].map(([, quoted]) => quoted!));
}

/** Errors of Prometheus, which the code does not have. */
const ofPrometheus = [
  'connection refused',
  'no such host',
  'context deadline exceeded',
  'certificate',
  'x509',
];

test.each(['VccExporterDown', 'VccPushFailing'])('%s quotes texts that the code has', (name) => {
  const code = sourceFiles();
  const quoted = quotedTexts(`runbook/${name}.md`).filter((text) => !ofPrometheus.includes(text));
  expect(quoted.length).toBeGreaterThan(5);
  const parts = quoted.flatMap((text) => text.split(/\s*…\s*/)).filter((part) => part !== '');
  expect(parts.filter((part) => !code.includes(part))).toEqual([]);
});

function sourceFiles(): string {
  const root = fileURLToPath(new URL('../../src/', import.meta.url));
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join(root, file), 'utf8'))
    .join('\n');
}

test('the example in alerts.md has the summary that the page shows', () => {
  const page = read('alerts.md');
  const example = /```yaml\n(urls:[\s\S]*?)```/.exec(page)![1]!;
  const made = generateRuleFiles({ name: 'mine.yml', text: example });
  expect(page).toContain(`\`${'summary' in made ? made.summary : made.problems.join()}\``);
});

test('the picture in the README has the number of alerts', () => {
  expect(read('../../README.md')).toContain(`<br>${alerts.length} alerts"]`);
});

test.each(['runbook.md', 'alerts.md', 'alertmanager.md', 'dashboards.md'])(
  '%s names only what exists',
  (path) => {
    const files = /vcc_[a-z]+(?:\.|-)/; // names of files
    expect(faultsOf(read(path)).filter((fault) => !files.test(fault))).toEqual([]);
  },
);

test.each([
  ['`vcc_agent`', 'no metric: vcc_agent'],
  ['`VCC_AGENTS`', 'no setting: VCC_AGENTS'],
  ['VccIdle', 'no alert: VccIdle'],
  ['*Floor › Idle*', 'no panel: Floor › Idle'],
  ['*Floor › Ready* (`/d/vcc-floor?viewPanel=1`)', 'another panel: Floor › Ready: /d/vcc-floor?viewPanel=1'],
  ['```promql\nsum(vcc_agents{team="a"})\n```', 'no label team: vcc_agents: sum(vcc_agents{team="a"})'],
])('%s would be found', (text, fault) => {
  expect(faultsOf(text)).toEqual([fault]);
});

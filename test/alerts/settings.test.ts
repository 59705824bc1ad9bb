import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { dump } from 'js-yaml';
import { alerts } from '../../alerts/index.ts';
import { toAlertGroups } from '../../alerts/rules.ts';
import { parseAlertSettings, thresholdOf } from '../../alerts/settings.ts';
import { ConfigError } from '../../src/config/load.ts';
import { takeApart } from '../support/promql.ts';
import { problemsIn } from '../support/series-labels.ts';

const shipped = readFileSync(new URL('../../alerts/thresholds.yml', import.meta.url), 'utf8');
const withOurs = (ours: unknown) => parseAlertSettings(shipped, dump(ours), 'ours.yml');
const rulesWith = (ours: unknown) => toAlertGroups(withOurs(ours)).flatMap(({ rules }) => rules);
const exprOf = (ours: unknown, name: string) => rulesWith(ours).find(({ alert }) => alert === name)!.expr;

function problemsOf(text: string): readonly string[] {
  try {
    parseAlertSettings(shipped, text, 'ours.yml');
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

test('what is shipped has every alert, and nothing else', () => {
  expect(parseAlertSettings(shipped).alerts.map(({ alert }) => alert.name)).toEqual(
    alerts.map(({ name }) => name),
  );
});

test.each([
  [
    'alert: {}',
    'ours.yml: alert: expected one of urls, job, interval, recent, forgotten_after, remember, age_bounds, queue_bounds, alerts; received a mapping; did you mean alerts?',
  ],
  [
    'accounts: [{ client_secret: s3cr3t }]',
    'ours.yml: accounts: expected one of urls, job, interval, recent, forgotten_after, remember, age_bounds, queue_bounds, alerts; received a list',
  ],
  [
    'client_secret: s3cr3t',
    'ours.yml: client_secret: expected one of urls, job, interval, recent, forgotten_after, remember, age_bounds, queue_bounds, alerts; received a text',
  ],
  [`job: "{${'x'.repeat(70_000)}"`, 'ours.yml: job: expected a regular expression; received another value'],
  [
    `${'x'.repeat(900)}: 1`,
    `ours.yml: ${'x'.repeat(200)}…: expected one of urls, job, interval, recent, forgotten_after, remember, age_bounds, queue_bounds, alerts; received 1`,
  ],
  ['[1]', 'ours.yml: the file: expected a mapping; received a list'],
  [
    'x: 1',
    'ours.yml: x: expected one of urls, job, interval, recent, forgotten_after, remember, age_bounds, queue_bounds, alerts; received 1',
  ],
  ['alerts: [VccIdleAgents]', 'ours.yml: alerts: expected a mapping; received a list'],
  ['urls: x', 'ours.yml: urls: expected a mapping; received "x"'],
  [
    'urls: { grafana: 1 }',
    'ours.yml: urls.grafana: expected an address that begins with https://; received 1',
  ],
  [
    'urls: { grafana: g.example }',
    'ours.yml: urls.grafana: expected an address that begins with https://; received "g.example"',
  ],
  [
    'urls: { runbooks: "https://w.example/{{ x }}" }',
    'ours.yml: urls.runbooks: expected an address or a path; received another value',
  ],
  [
    'alerts: { VccAwayTooLong: { longer_than: 2h } }',
    'ours.yml: alerts.VccAwayTooLong.longer_than: expected shorter than forgotten_after (2h); received "2h"',
  ],
  [
    'alerts: { VccAwayTooLong: { accounts: { acme: { longer_than: 2h } } } }',
    'ours.yml: alerts.VccAwayTooLong.accounts.acme.longer_than: expected shorter than forgotten_after (2h); received "2h"',
  ],
  ['recent: 5', 'ours.yml: recent: expected a duration like 90s, 1m30s, 2h or 1d, at most 365d; received 5'],
  [
    'forgotten_after: 3h',
    'ours.yml: forgotten_after: expected one of 30s, 60s, 300s, 600s, 900s, 1200s, 1800s, 3600s, 4500s, 7200s, or another bound in VCC_AGE_BOUNDS and in age_bounds here; received "3h"',
  ],
  [
    'alerts: { VccErrorBudgetBurn: { objective: 0.9 } }',
    'ours.yml: alerts.VccErrorBudgetBurn.objective: expected more than 0.94; received 0.9',
  ],
  [
    'alerts: { VccIdleAgents: { accounts: { 007: { agents: 2 } } } }',
    'ours.yml: alerts.VccIdleAgents.accounts.007: expected this name in quotes: without them, YAML reads it as another value',
  ],
  [
    'alerts: { VccAuthFailing: { accounts: { acme: {} } } }',
    'ours.yml: alerts.VccAuthFailing.accounts: expected one of for, severity, enabled; received a mapping',
  ],
  ['urls: { wiki: x }', 'ours.yml: urls.wiki: expected grafana or runbooks; received a text'],
  ['job: "a\\"b"', 'ours.yml: job: expected a regular expression; received "a\\"b"'],
  [
    'interval: 30s1m',
    'ours.yml: interval: expected a duration like 90s, 1m30s, 2h or 1d, at most 365d; received "30s1m"',
  ],
  // Prometheus rejects a duration of more than 292 years, and with it all rules of the file.
  [
    'alerts: { VccDataStale: { older_than: 999999d } }',
    'ours.yml: alerts.VccDataStale.older_than: expected a duration like 90s, 1m30s, 2h or 1d, at most 365d; received "999999d"',
  ],
  ['alerts: { VccIdle: {} }', 'ours.yml: alerts.VccIdle: expected the name of an alert; received a mapping'],
  ['alerts: { VccIdleAgents: 5 }', 'ours.yml: alerts.VccIdleAgents: expected a mapping; received 5'],
  [
    'alerts: { VccIdleAgents: { agnets: 5 } }',
    'ours.yml: alerts.VccIdleAgents.agnets: expected one of for, severity, enabled, accounts, agents, share, longer_than; received 5; did you mean agents?',
  ],
  [
    'alerts: { VccIdleAgents: { acounts: {} } }',
    'ours.yml: alerts.VccIdleAgents.acounts: expected one of for, severity, enabled, accounts, agents, share, longer_than; received a mapping; did you mean accounts?',
  ],
  [
    'alerts: { VccIdleAgents: { accounts: { acme: { agent: 5 } } } }',
    'ours.yml: alerts.VccIdleAgents.accounts.acme.agent: expected one of agents, share, longer_than, enabled; received 5; did you mean agents?',
  ],
  [
    'alerts: { VccIdelAgents: null }',
    'ours.yml: alerts.VccIdelAgents: expected the name of an alert; received nothing; did you mean VccIdleAgents?',
  ],
  [
    'age_bound: 1',
    'ours.yml: age_bound: expected one of urls, job, interval, recent, forgotten_after, remember, age_bounds, queue_bounds, alerts; received 1; did you mean age_bounds?',
  ],
  [
    'urls: { runbook: x }',
    'ours.yml: urls.runbook: expected grafana or runbooks; received a text; did you mean runbooks?',
  ],
  [
    'alerts: { VccIdleAgents: { agents: "5" } }',
    'ours.yml: alerts.VccIdleAgents.agents: expected a number above 0; received "5"',
  ],
  [
    'alerts: { VccIdleAgents: { agents: 0 } }',
    'ours.yml: alerts.VccIdleAgents.agents: expected a number above 0; received 0',
  ],
  [
    'alerts: { VccIdleAgents: { longer_than: 15 } }',
    'ours.yml: alerts.VccIdleAgents.longer_than: expected a duration like 90s, 1m30s, 2h or 1d, at most 365d; received 15',
  ],
  [
    'alerts: { VccReadyShareLow: { share: 20 } }',
    'ours.yml: alerts.VccReadyShareLow.share: expected a number between 0 and 1; received 20',
  ],
  [
    'alerts: { VccReadyShareLow: { share: 0 } }',
    'ours.yml: alerts.VccReadyShareLow.share: expected a number between 0 and 1; received 0',
  ],
  [
    'alerts: { VccErrorBudgetBurn: { objective: 1 } }',
    'ours.yml: alerts.VccErrorBudgetBurn.objective: expected a number between 0 and 1; received 1',
  ],
  [
    'alerts: { VccIdleAgents: { agents: .nan } }',
    'ours.yml: alerts.VccIdleAgents.agents: expected a number above 0; received null',
  ],
  [
    'alerts: { VccIdleAgents: { for: -5m } }',
    'ours.yml: alerts.VccIdleAgents.for: expected a duration like 90s, 1m30s, 2h or 1d, at most 365d; received "-5m"',
  ],
  [
    'alerts: { VccTeamIdleAgents: { accounts: { acme: { agents: 2 } } } }',
    'ours.yml: alerts.VccTeamIdleAgents.accounts: expected one of for, severity, enabled, teams, agents, share, longer_than; received a mapping',
  ],
  [
    'alerts: { VccWrapTooLong: { severity: page } }',
    'ours.yml: alerts.VccWrapTooLong.severity: expected critical or warning or info; received "page"',
  ],
  [
    'alerts: { VccWrapTooLong: { enabled: off } }',
    'ours.yml: alerts.VccWrapTooLong.enabled: expected true or false; received "off"',
  ],
  [
    'alerts: { VccIdleAgents: { teams: { Support: { agents: 2 } } } }',
    'ours.yml: alerts.VccIdleAgents.teams: expected one of for, severity, enabled, accounts, agents, share, longer_than; received a mapping',
  ],
  [
    'alerts: { VccExporterDown: { accounts: { acme: {} } } }',
    'ours.yml: alerts.VccExporterDown.accounts: expected one of for, severity, enabled; received a mapping',
  ],
  [
    'alerts: { VccIdleAgents: { accounts: { acme: 3 } } }',
    'ours.yml: alerts.VccIdleAgents.accounts.acme: expected a mapping; received 3',
  ],
  [
    'alerts: { VccIdleAgents: { accounts: { acme: { enabled: no } } } }',
    'ours.yml: alerts.VccIdleAgents.accounts.acme.enabled: expected true or false; received "no"',
  ],
  [
    'alerts: { VccIdleAgents: { accounts: { acme: { for: 2m } } } }',
    'ours.yml: alerts.VccIdleAgents.accounts.acme.for: expected one of agents, share, longer_than, enabled; received a text',
  ],
  [
    'alerts: { VccIdleAgents: { accounts: { acme: { agents: many } } } }',
    'ours.yml: alerts.VccIdleAgents.accounts.acme.agents: expected a number above 0; received "many"',
  ],
])('%s is refused', (text, problem) => {
  expect(problemsOf(text)).toEqual([problem]);
});

// If one rule is invalid, Prometheus rejects the whole file, and no alert fires any more.
test.each([
  ['alerts: { VccThrottled: { within: 0s } }', 'alerts.VccThrottled.within'],
  ['alerts: { VccIdleAgents: { agents: .inf } }', 'alerts.VccIdleAgents.agents'],
  ['job: "("', 'job'],
])('%s, of which no rule can be made, or none that fires, is refused', (text, key) => {
  expect(problemsOf(text)).toEqual([expect.stringContaining(`ours.yml: ${key}: expected`)]);
});

test('a threshold that only JavaScript knows is refused', () => {
  expect(problemsOf('alerts: { VccIdleAgents: { accounts: { acme: { toString: 5 } } } }')).toEqual([
    expect.stringContaining('alerts.VccIdleAgents.accounts.acme.toString'),
  ]);
});

test('an empty file, and an empty list of alerts, change nothing', () => {
  expect(parseAlertSettings(shipped, '{}')).toEqual(parseAlertSettings(shipped));
  expect(parseAlertSettings(shipped, 'alerts: {}')).toEqual(parseAlertSettings(shipped));
});

test('text that is no YAML is refused', () => {
  expect(problemsOf('alerts: {')[0]).toMatch(/^ours\.yml, line \d, column \d+: expected YAML; /);
  // A tag that only one of the two schemas knows.
  expect(problemsOf('job: !!int 5')[0]).toMatch(/^ours\.yml, line \d, column \d+: expected YAML; /);
});

test('refuses aliases that contain themselves, or that expand beyond the memory', () => {
  const levels = Array.from(
    { length: 40 },
    (_, level) => `a${level + 1}: &a${level + 1} [*a${level}, *a${level}]`,
  );
  for (const text of ['&a [*a]', 'job: &a {b: *a}', ['a0: &a0 [x, x]', ...levels].join('\n')]) {
    expect(problemsOf(text)).toEqual(['ours.yml: expected at most 100000 values']);
  }
});

test('all problems are reported at once', () => {
  expect(problemsOf('alerts: { VccIdleAgents: { agents: -1, for: soon }, VccIdle: {} }')).toEqual([
    expect.stringContaining('alerts.VccIdle:'),
    expect.stringContaining('alerts.VccIdleAgents.for:'),
    expect.stringContaining('alerts.VccIdleAgents.agents:'),
  ]);
});

test('thresholds that are left out keep their shipped value', () => {
  const settings = withOurs({ alerts: { VccIdleAgents: { agents: 9 }, VccTeamIdleAgents: null } });
  expect(thresholdOf(settings, 'VccIdleAgents', 'agents')).toBe(9);
  expect(thresholdOf(settings, 'VccIdleAgents', 'longer_than')).toBe(1200);
  expect(thresholdOf(settings, 'VccTeamIdleAgents', 'longer_than')).toBe(1200);
});

test('an alert can be switched off, and be more or less urgent', () => {
  const rules = rulesWith({
    alerts: { VccWrapTooLong: { enabled: false }, VccRingTooLong: { severity: 'critical' } },
  });
  expect(rules.map(({ alert }) => alert)).not.toContain('VccWrapTooLong');
  expect(rules).toHaveLength(rulesWith({}).length - 1);
  expect(rules.find(({ alert }) => alert === 'VccRingTooLong')!.labels.severity).toBe('critical');
});

test.each(alerts.map(({ name }) => name))('without %s the other rules are unchanged', (name) => {
  const others = rulesWith({}).filter(({ alert }) => alert !== name);
  const rules = rulesWith({ alerts: { [name]: { enabled: false } } });
  expect(rules.map(({ alert }) => alert)).toEqual(others.map(({ alert }) => alert));
  for (const { expr } of rules) expect(problemsIn(expr)).toEqual([]);
});

test('without any alert that has a bound, all remaining rules have an expression', () => {
  const off = alerts
    .filter(({ kinds }) => Object.values(kinds).includes('bound'))
    .map(({ name }) => [name, { enabled: false }]);
  expect(off.length).toBeGreaterThan(2);
  for (const { alert, expr } of rulesWith({ alerts: Object.fromEntries(off) })) {
    expect([alert, expr]).toEqual([alert, expect.stringMatching(/\S/)]);
    expect(problemsIn(expr)).toEqual([]);
  }
});

test('without alerts for an audience there is no group for it', () => {
  const off = alerts
    .filter(({ audience }) => audience === 'supervisor')
    .map(({ name }) => [name, { enabled: false }]);
  const groups = toAlertGroups(withOurs({ alerts: Object.fromEntries(off) }));
  expect(groups.map(({ name }) => name)).toEqual(['vcc-exporter']);
});

test.each([
  ['500ms', 0.5],
  ['90s', 90],
  ['1m30s', 90],
  ['90m', 5400],
  ['2h', 7200],
  ['1d', 86_400],
  ['1d12h', 129_600],
  ['365d', 31_536_000],
])('a duration of %s is %d s, and in the rules as it is written', (text, seconds) => {
  const ours = { interval: text, alerts: { VccWrapTooLong: { for: text }, VccThrottled: { within: text } } };
  expect(thresholdOf(withOurs(ours), 'VccThrottled', 'within')).toBe(seconds);
  const { expr } = rulesWith(ours).find(({ alert }) => alert === 'VccThrottled')!;
  expect(expr).toContain(`[${text}]`);
  expect(problemsIn(expr)).toEqual([]);
  expect(rulesWith(ours).find(({ alert }) => alert === 'VccWrapTooLong')).toHaveProperty('for', text);
  expect(toAlertGroups(withOurs(ours))[0]).toHaveProperty('interval', text);
});

test('the jobs, the interval and the wait are as set', () => {
  const ours = {
    job: 'acme|vcc.*',
    interval: '1m',
    alerts: { VccRosterFailing: { for: '0s' }, VccWrapTooLong: { for: '3m' } },
  };
  expect(exprOf(ours, 'VccExporterDown')).toBe('up{job=~"acme|vcc.*"} == 0');
  expect(new Set(toAlertGroups(withOurs(ours)).map(({ interval }) => interval))).toEqual(new Set(['1m']));
  const rules = rulesWith(ours);
  expect(rules.find(({ alert }) => alert === 'VccRosterFailing')).not.toHaveProperty('for');
  expect(rules.find(({ alert }) => alert === 'VccWrapTooLong')).toHaveProperty('for', '3m');
});

/** The matchers with which VccBoundMissing selects bounds. */
function boundsAskedBy(ours: object, metric = 'vcc_agents_available_longer_than'): string[][] {
  const expr = exprOf(ours, 'VccBoundMissing');
  expect(problemsIn(expr)).toEqual([]);
  return takeApart(expr)
    .selectors.filter((selector) => selector.metric === metric)
    .filter(({ matchers }) => matchers.some(({ label }) => label === 'seconds'))
    .map(({ matchers }) => matchers.map(({ label, op, value }) => label + op + value));
}

test('each bound is watched once, and only for the accounts whose alerts need it', () => {
  const ours = {
    alerts: {
      VccIdleAgents: { accounts: { 'acme-night': { longer_than: '30m' } } },
      VccTeamIdleAgents: { teams: { Support: { longer_than: '2h' } } },
    },
  };
  expect(boundsAskedBy(ours)).toEqual([
    ['seconds=60'],
    ['seconds=300'],
    ['seconds=1200', 'account!~acme-night'],
    ['seconds=1200'],
    ['seconds=1800', 'account=acme-night'],
    ['seconds=3600'],
    ['seconds=4500'],
    ['seconds=7200'],
  ]);
});

test('bounds of queues are watched too, for every account if a queue has its own', () => {
  const ours = {
    alerts: {
      VccWaitTooLong: { queues: { Email: { longer_than: '10m' }, Fax: { enabled: false } } },
      VccWaitingWhileFree: { accounts: { 'acme-night': { waiting_longer_than: '1m' } } },
    },
  };
  expect(boundsAskedBy(ours, 'vcc_queue_waiting_longer_than')).toEqual([
    ['seconds=20'],
    ['seconds=60', 'account=acme-night'],
    ['seconds=120', 'account!~acme-night'],
    ['seconds=300'],
    ['seconds=600'],
  ]);
});

test('other bounds of queues are allowed if queue_bounds has them', () => {
  const ours = { alerts: { VccWaitTooLong: { longer_than: '7m' } } };
  expect(() => withOurs(ours)).toThrow(
    'ours.yml: alerts.VccWaitTooLong.longer_than: expected one of 5s, 10s, 20s, 30s, 60s, 120s, 300s, 600s, or another bound in VCC_QUEUE_BOUNDS and in queue_bounds here; received "7m"',
  );
  expect(exprOf({ ...ours, queue_bounds: '20,120,420' }, 'VccWaitTooLong')).toContain('seconds="420"');
  // Agents have other bounds than queues.
  expect(() => withOurs({ alerts: { VccIdleAgents: { longer_than: '2m' } } })).toThrow('in VCC_AGE_BOUNDS');
  expect(() => withOurs({ queue_bounds: '9,5' })).toThrow(
    'ours.yml: queue_bounds: expected up to 30 numbers',
  );
});

test('other bounds are allowed if age_bounds has them', () => {
  const ours = { alerts: { VccIdleAgents: { longer_than: '7m' } } };
  expect(() => withOurs(ours)).toThrow(
    'ours.yml: alerts.VccIdleAgents.longer_than: expected one of 30s, 60s, 300s, 600s, 900s, 1200s, 1800s, 3600s, 4500s, 7200s, or another bound in VCC_AGE_BOUNDS and in age_bounds here; received "7m"',
  );
  const written = { VccIdleAgents: { longer_than: '19m60s' } };
  expect(exprOf({ alerts: written }, 'VccIdleAgents')).toContain('seconds="1200"');
  const age_bounds = '60,300,420,900,1200,3600,4500,7200';
  expect(exprOf({ ...ours, age_bounds }, 'VccIdleAgents')).toContain('seconds="420"');
  expect(() => withOurs({ age_bounds: '9,5' })).toThrow('ours.yml: age_bounds: expected up to 30 numbers');
});

test('the alert of a queue links to its dashboard with the queue', () => {
  const rules = rulesWith({ urls: { grafana: 'https://g.example' } });
  const { annotations } = rules.find(({ alert }) => alert === 'VccWaitTooLong')!;
  expect(annotations.dashboard_url).toBe(
    'https://g.example/d/vcc-queues?var-account={{ $labels.account | urlquery }}&var-queue={{ $labels.queue | urlquery }}',
  );
});

test('addresses lead where they should', () => {
  const [rule] = rulesWith({ urls: { grafana: 'https://g.example/', runbooks: 'https://w.example/vcc/' } });
  expect(rule!.annotations).toMatchObject({
    runbook_url: 'https://w.example/vcc/VccExporterDown.md',
    dashboard_url: 'https://g.example/d/vcc-exporter',
  });
});

describe('thresholds of single accounts and teams', () => {
  const names = ['acme-uk', 'a.b', 'x"y', 'back\\slash', '(c)+[d]|{e}*?^$', 'Back office', 'ünï'];
  /** What one of our matchers accepts, as RE2 reads it. */
  const takes = ({ op, value }: { op: string; value: string }, name: string) => {
    const found = /[~]/.test(op) ? new RegExp(`^(?:${value})$`).test(name) : value === name;
    return op.startsWith('!') ? !found : found;
  };

  test.each([
    ['VccIdleAgents', 'accounts', 'account', { agents: 2, longer_than: '10m' }],
    ['VccTeamIdleAgents', 'teams', 'team', { longer_than: '2h' }],
    ['VccWaitTooLong', 'queues', 'queue', { callers: 1 }],
    ['VccServiceLevelLow', 'queues', 'queue', { share: 0.8, target: '30s' }],
    ['VccWaitingWhileFree', 'accounts', 'account', { callers: 9 }],
    ['VccQueueDataStale', 'accounts', 'account', { older_than: '2h' }],
    ['VccNobodyFree', 'accounts', 'account', { of_at_least: 9 }],
    ['VccDataStale', 'accounts', 'account', { older_than: '1h' }],
    ['VccErrorBudgetBurn', 'accounts', 'account', { objective: 0.99 }],
  ])('%s has one side for each name and none for two', (alert, key, label, own) => {
    const perOne = Object.fromEntries(names.map((name) => [name, own]));
    const expr = exprOf({ alerts: { [alert]: { [key]: perOne } } }, alert);
    expect(problemsIn(expr)).toEqual([]);
    const sides = expr.split('\nor\n(').map((side) => takeApart(side.startsWith('(') ? side : `(${side}`));
    expect(sides).toHaveLength(names.length + 1);
    for (const name of [...names, 'another', 'acmeXuk', 'aXb']) {
      const taken = sides.map(({ selectors }) =>
        selectors.map(({ matchers }) =>
          matchers.filter((matcher) => matcher.label === label).every((matcher) => takes(matcher, name)),
        ),
      );
      // All selectors of a side agree, and exactly one side matches the name.
      expect(taken.map((each) => new Set(each).size)).toEqual(sides.map(() => 1));
      expect(taken.filter(([first]) => first).length).toBe(1);
      expect(taken.findIndex(([first]) => first)).toBe(names.indexOf(name) + 1);
    }
  });

  test.each([
    ['VccNobodyReady', 'accounts', 'account'],
    ['VccTeamIdleAgents', 'teams', 'team'],
    ['VccWaitTooLong', 'queues', 'queue'],
  ])('%s does not fire for names that it is switched off for', (alert, key, label) => {
    const ours = { alerts: { [alert]: { [key]: { 'acme-outbound': { enabled: false } } } } };
    const expr = exprOf(ours, alert);
    expect(problemsIn(expr)).toEqual([]);
    const asked = takeApart(expr).selectors.map(({ matchers }) =>
      matchers.filter((matcher) => matcher.label === label).map(({ op, value }) => op + value),
    );
    expect(new Set(asked.flat())).toEqual(new Set(['!~acme-outbound']));
    expect(asked.filter((each) => each.length !== 1)).toEqual([]);
  });

  test('have their own numbers, and the others the common ones', () => {
    const expr = exprOf(
      { alerts: { VccIdleAgents: { accounts: { 'acme-night': { agents: 3 } } } } },
      'VccIdleAgents',
    );
    expect(expr).toMatch(/account!~"acme-night"\}\[5m\]\) >= 5\n/);
    expect(expr).toMatch(/account="acme-night"\}\[5m\]\) >= 3\n/);
  });
});

test('texts give the minimum duration of the thresholds', () => {
  const ours = { alerts: { VccNobodyFree: { for: '90s' }, VccRosterFailing: { for: '2h' } } };
  const textsOf = (name: string) => rulesWith(ours).find(({ alert }) => alert === name)!.annotations;
  expect(textsOf('VccNobodyFree').summary).toBe(
    'No agent of {{ $labels.account }} has been free for at least 1.5 min',
  );
  expect(textsOf('VccRosterFailing').description).toContain(' has failed for at least 2 h. ');
  expect(JSON.stringify(rulesWith(ours))).not.toContain('$for');
});

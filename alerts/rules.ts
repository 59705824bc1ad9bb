import type { AnyThresholds, Ask, Bound, BoundKind, Common, Duration, Kind, Select } from './alert.ts';
import { abandoned, answered, failedShare, offered } from './promql.ts';
import { type AlertSetting, type AlertSettings, type Override, toWords } from './settings.ts';

/** An alerting rule of Prometheus. */
export interface AlertRule {
  alert: string;
  expr: string;
  for?: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

/** A recording rule of Prometheus. */
export interface RecordingRule {
  record: string;
  expr: string;
}

/** A group of rules, as Prometheus reads it. */
export interface RuleGroup<Rule = AlertRule> {
  name: string;
  interval: string;
  rules: Rule[];
}

/** The alerting rules of these settings: one group for each audience. */
export function toAlertGroups(settings: AlertSettings): RuleGroup[] {
  const enabled = settings.alerts.filter((each) => each.enabled);
  const recent = settings.recent.text;
  const { job, forgottenAfter } = settings;
  const interval = settings.interval.text;
  const common = { job, recent, interval, forgottenAfter, bounds: boundsOf(enabled, recent, forgottenAfter) };
  const rulesOf = (audience: string) =>
    enabled
      .filter(({ alert }) => alert.audience === audience)
      .map((each) => toRule(each, settings, common))
      // Without alerts that use bounds, VccBoundMissing has no expression.
      .filter(({ expr }) => expr !== '');
  return [
    { name: 'vcc-exporter', interval, rules: rulesOf('sre') },
    { name: 'vcc-floor', interval, rules: rulesOf('supervisor') },
  ].filter(({ rules }) => rules.length > 0);
}

function toRule(setting: AlertSetting, { urls, recent }: AlertSettings, common: Common): AlertRule {
  const { alert, severity } = setting;
  const variables = alert.scope === 'exporter' ? '' : '?var-account={{ $labels.account | urlquery }}';
  const forSeconds = setting.for.seconds;
  const withFor = (text: string) =>
    text
      .replaceAll('$for+recent', toWords(forSeconds + recent.seconds))
      .replaceAll('$for', toWords(forSeconds));
  const { scope } = alert;
  const own = scope === 'team' || scope === 'queue' ? `&var-${scope}={{ $labels.${scope} | urlquery }}` : '';
  return {
    alert: alert.name,
    expr: toExpression(setting, common),
    ...(setting.for.seconds > 0 && { for: setting.for.text }),
    labels: { severity, audience: alert.audience },
    annotations: {
      summary: withFor(alert.summary),
      description: withFor(alert.description),
      runbook_url: `${urls.runbooks}/${alert.name}.md`,
      // Without the address of Grafana, the link would not work.
      ...(urls.grafana !== undefined && {
        dashboard_url: `${urls.grafana}/d/${alert.dashboard}${variables}${own}`,
      }),
    },
  };
}

/**
 * Returns one expression for all thresholds. Accounts, teams or queues with thresholds of their own
 * have a part of their own, joined by `or`.
 */
function toExpression(setting: AlertSetting, common: Common): string {
  const expressions = sidesOf(setting, common.recent).map(({ thresholds, ask }) =>
    setting.alert.expr(thresholds, ask, common),
  );
  if (expressions.length === 1) return expressions[0]!;
  return expressions.map((expression) => `(\n${indent(expression)}\n)`).join('\nor\n');
}

/**
 * Returns the sets of thresholds of an alert: one for each account, team or queue that has its own,
 * and one for all others. Those for which the alert is off are in none.
 */
function sidesOf(
  { thresholds, overrides }: AlertSetting,
  recent: string,
): { thresholds: AnyThresholds; ask: Ask }[] {
  const [first] = overrides;
  if (!first) return [{ thresholds, ask: asking(recent) }];
  const names = overrides.map(({ value }) => escapeRegex(value)).join('|');
  return [
    { thresholds, ask: asking(recent, `${first.label}!~${quote(names)}`) },
    ...overrides
      .filter(({ enabled }) => enabled)
      .map((each) => ({ thresholds: each.thresholds, ask: asking(recent, matcherOf(each)) })),
  ];
}

/** Returns the bounds that alerts use. The bound of a team or queue applies to every account. */
function boundsOf(settings: readonly AlertSetting[], recent: string, forgottenAfter: Duration): Bound[] {
  const all = new Map<string, Bound>();
  if (settings.some(({ alert }) => alert.audience === 'supervisor'))
    all.set(`bound ${forgottenAfter.seconds}`, {
      kind: 'bound',
      seconds: forgottenAfter.seconds,
      ask: asking(recent),
    });
  for (const setting of settings) {
    for (const { thresholds, ask } of sidesOf(setting, recent)) {
      for (const [name, kind] of Object.entries(setting.alert.kinds)) {
        if (!isBound(kind)) continue;
        const bound: Bound = {
          kind,
          seconds: (thresholds[name] as Duration).seconds,
          ask: setting.alert.scope === 'account' ? ask : asking(recent),
        };
        all.set(`${kind} ${bound.seconds}${bound.ask.select('')}`, bound);
      }
    }
  }
  return [...all.values()].sort((a, b) => compareKinds(a, b) || a.seconds - b.seconds);
}

const isBound = (kind: Kind): kind is BoundKind => kind === 'bound' || kind === 'queue_bound';
const compareKinds = (a: Bound, b: Bound) =>
  Number(a.kind === 'queue_bound') - Number(b.kind === 'queue_bound');

const matcherOf = ({ label, value }: Override) => `${label}=${quote(value)}`;

function asking(recent: string, limit?: string): Ask {
  const select: Select = (metric, matchers) => {
    const all = [matchers, limit].filter((each) => each !== undefined).join(', ');
    return all === '' ? metric : `${metric}{${all}}`;
  };
  return { select, latest: (metric, matchers) => `last_over_time(${select(metric, matchers)}[${recent}])` };
}

const indent = (text: string) => text.replace(/^/gm, '  ');

/** Returns a string literal of PromQL. */
function quote(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}

function escapeRegex(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/**
 * Returns how long the oldest member of a group has been in it, at the time of the snapshot. With
 * the time of the rule, the age of the sample would be added. Where samples are pushed, `since`
 * keeps its value for five minutes after its group is empty. So the expression checks that somebody
 * is in the group.
 */
function longestOf(since: string, inIt: string, label = ''): string {
  return `vcc_snapshot_timestamp_seconds - ignoring (${label}) group_right () ${since}\nand ${inIt} > 0`;
}

/**
 * Recordings of those who left a queue within the sliding window, by queue and by account. Without
 * VCC_QUEUES they have no series. The service level counts only queues that have a target in VCC.
 */
const queueRecordings: RecordingRule[] = [
  { level: 'account_queue', dropped: 'category, party_role' },
  { level: 'account', dropped: 'queue, category, party_role' },
].flatMap(({ level, dropped }) => {
  const sum = (series: string) => `sum without (${dropped}) (${series})`;
  const record = (name: string) => `${level}:vcc_queue_window_${name}`;
  const all = `vcc_queue_window_left{${offered}}`;
  return [
    { record: record('offered:sum'), expr: sum(all) },
    {
      record: record('service_level:ratio'),
      expr: `${sum(`vcc_queue_window_left_in_target{${answered}}`)}\n  / (${sum(`${all}\n    and ignoring (category, party_role) vcc_queue_window_left_in_target{${answered}}`)} > 0)`,
    },
    {
      record: record('abandoned:ratio'),
      expr: `${sum(`vcc_queue_window_left{${abandoned}}`)}\n  / (${sum(all)} > 0)`,
    },
    {
      record: record('answer_seconds:avg'),
      expr: `${sum(`vcc_queue_window_wait_seconds{${answered}}`)}\n  / (${sum(`vcc_queue_window_left{${answered}}`)} > 0)`,
    },
  ];
});

/**
 * Returns recording rules for long-term storage, for a central Prometheus, and for queries over
 * long ranges. No alert uses them.
 */
export function toRecordingGroups({ interval }: AlertSettings): RuleGroup<RecordingRule>[] {
  const loggedIn = 'sum without (presence) (vcc_agents{presence!="LoggedOut"})';
  const failed = (window: string) => ({
    record: `account:vcc_scrapes_failed:ratio_avg${window}`,
    expr: failedShare('vcc_up', window, 'job, account'),
  });
  return [
    {
      name: 'vcc-recordings',
      interval: interval.text,
      rules: [
        { record: 'account:vcc_agents_logged_in:sum', expr: loggedIn },
        {
          record: 'account:vcc_agents_ready:ratio',
          expr: `sum without (presence) (vcc_agents{presence="Ready"})\n  / (${loggedIn} > 0)`,
        },
        {
          record: 'account:vcc_agents_available:ratio',
          expr: `vcc_agents_available\n  / (${loggedIn} > 0)`,
        },
        {
          record: 'account:vcc_available_seconds:max',
          expr: longestOf('vcc_available_oldest_since_timestamp_seconds', 'vcc_agents_available'),
        },
        {
          record: 'account_presence:vcc_presence_seconds:max',
          expr: longestOf('vcc_presence_oldest_since_timestamp_seconds', 'vcc_agents', 'presence'),
        },
        {
          record: 'account_state:vcc_interaction_seconds:max',
          expr: longestOf(
            'vcc_interaction_oldest_since_timestamp_seconds',
            'sum without (reason) (vcc_interactions_by_reason)',
            'state',
          ),
        },
        {
          record: 'account_state:vcc_interactions:sum',
          expr: 'sum without (reason) (vcc_interactions_by_reason)',
        },
        ...['1h', '1d', '30d'].map(failed),
      ],
    },
    { name: 'vcc-queue-recordings', interval: interval.text, rules: queueRecordings },
  ];
}

import { FAILSAFE_SCHEMA, load } from 'js-yaml';
import { ConfigError, didYouMean, quoteValue } from '../src/config/load.ts';
import { bounds, duration, Unfit } from '../src/config/parse.ts';
import { settings as shipped } from '../src/config/settings.ts';
import { describeYamlError } from '../src/documents/yaml-error.ts';
import type { Alert, AnyThresholds, BoundKind, Duration, Kind, Severity } from './alert.ts';
import { alerts } from './index.ts';

/** The thresholds of one account, team or queue. */
export interface Override {
  label: 'account' | 'team' | 'queue';
  value: string;
  thresholds: AnyThresholds;
  /** If false, the alert never fires for this account, team or queue. */
  enabled: boolean;
}

/** An alert with its thresholds. */
export interface AlertSetting {
  alert: Alert;
  severity: Severity;
  for: Duration;
  thresholds: AnyThresholds;
  overrides: readonly Override[];
  /**
   * If false, the alert has no rule. Dashboards still use its thresholds for their colours.
   */
  enabled: boolean;
}

/** The content of alerts/thresholds.yml. */
export interface AlertSettings {
  /** Without `grafana`, alerts have no links to dashboards. */
  urls: { grafana: string | undefined; runbooks: string };
  /** Regular expression of the jobs that scrape the exporter. */
  job: string;
  interval: Duration;
  /** The maximum age of a sample that an alert uses. */
  recent: Duration;
  /** Agents away for longer than this have probably forgotten to log out. */
  forgottenAfter: Duration;
  /** How long dashboards list an account after its last sample. */
  remember: Duration;
  /** The exporter's VCC_AGE_BOUNDS, in seconds. */
  ageBounds: readonly number[];
  /** The exporter's VCC_QUEUE_BOUNDS, in seconds. */
  queueBounds: readonly number[];
  alerts: readonly AlertSetting[];
}

type Mapping = Readonly<Record<string, unknown>>;

const topKeys = [
  'urls',
  'job',
  'interval',
  'recent',
  'forgotten_after',
  'remember',
  'age_bounds',
  'queue_bounds',
  'alerts',
];

const severities: readonly Severity[] = ['critical', 'warning', 'info'];
const overrideKeys = { account: 'accounts', team: 'teams', queue: 'queues', exporter: undefined } as const;
/** Where the exporter, and these settings, have the bounds of each kind. */
const boundKeys = {
  bound: { setting: 'VCC_AGE_BOUNDS', key: 'age_bounds' },
  queue_bound: { setting: 'VCC_QUEUE_BOUNDS', key: 'queue_bounds' },
} as const satisfies Record<BoundKind, { setting: keyof typeof shipped; key: string }>;

/**
 * Reads thresholds. Keys that are missing in `ours` have the value of `defaults`, the complete file
 * of the project.
 * @throws ConfigError with every problem, by the name of its key
 */
export function parseAlertSettings(defaults: string, ours = '{}', name = 'thresholds'): AlertSettings {
  const problems: string[] = [];
  const fail = (key: string, expected: string, value: unknown) => {
    problems.push(`${name}: ${cut(key)}: expected ${expected}; received ${shown(value)}`);
  };
  /** Reports an unknown key. The file may be of another kind, for example a list of accounts. */
  const refuse = (key: string, expected: string, value: unknown, hint: string) => {
    const received = typeof value === 'string' ? 'a text' : shown(value);
    problems.push(`${name}: ${cut(key)}: expected ${expected}; received ${received}${hint}`);
  };
  /** Returns a mapping. A missing value is an empty mapping. */
  function readMapping(key: string, value: unknown): Mapping {
    if (isMapping(value)) return value;
    if (value !== undefined && value !== null) fail(key, 'a mapping', value);
    return {};
  }
  /** Merges two mappings. Only a mapping can replace a mapping. */
  function merge(base: Mapping, over: Mapping, prefix = ''): Mapping {
    const merged: Record<string, unknown> = { ...base };
    for (const [key, value] of Object.entries(over)) {
      const under = base[key];
      const path = `${prefix}${key}`;
      merged[key] = isMapping(under) ? merge(under, readMapping(path, value), `${path}.`) : value;
    }
    return merged;
  }
  const { parsed, written } = read(ours, name);
  const merged = merge(readMapping('the file', load(defaults)), readMapping('the file', parsed));
  for (const key of misreadKeys(written, parsed)) {
    problems.push(
      `${name}: ${cut(key)}: expected this name in quotes: without them, YAML reads it as another value`,
    );
  }
  const {
    urls,
    job,
    interval,
    recent,
    forgotten_after,
    remember,
    age_bounds,
    queue_bounds,
    alerts: perAlert,
    ...rest
  } = merged;
  for (const [key, value] of Object.entries(rest))
    refuse(key, `one of ${topKeys.join(', ')}`, value, didYouMean(key, topKeys));

  const { grafana, runbooks, ...others } = readMapping('urls', urls);
  for (const [key, value] of Object.entries(others))
    refuse(`urls.${key}`, 'grafana or runbooks', value, didYouMean(key, ['grafana', 'runbooks']));
  if (grafana !== undefined && grafana !== null && !isAddress(grafana, /^https?:/))
    fail('urls.grafana', 'an address that begins with https://', grafana);
  if (!isAddress(runbooks)) fail('urls.runbooks', 'an address or a path', runbooks);
  if (!isRegex(job)) fail('job', 'a regular expression', job);

  /** Reads bounds in the notation of the exporter's setting. */
  function readBounds(kind: BoundKind, value: unknown): readonly number[] {
    const { setting, key } = boundKeys[kind];
    try {
      return bounds(String(value ?? shipped[setting].fallback));
    } catch (error) {
      if (!(error instanceof Unfit)) throw error;
      fail(key, error.expected, value);
      return [];
    }
  }
  const boundsOf: Record<BoundKind, readonly number[]> = {
    bound: readBounds('bound', age_bounds),
    queue_bound: readBounds('queue_bound', queue_bounds),
  };

  function readKind(key: string, kind: Kind, value: unknown): Duration | number {
    if (kind !== 'number' && kind !== 'share') {
      const duration = toDuration(value);
      if (duration && kind !== 'duration' && !boundsOf[kind].includes(duration.seconds)) {
        const { setting, key: ours } = boundKeys[kind];
        const names = boundsOf[kind].map((each) => `${each}s`).join(', ');
        fail(key, `one of ${names}, or another bound in ${setting} and in ${ours} here`, value);
        return duration;
      }
      // PromQL has no range of 0 s. Only `for` can be 0.
      if (duration && (duration.seconds > 0 || key.endsWith('.for'))) return duration;
      fail(key, 'a duration like 90s, 1m30s, 2h or 1d, at most 365d', value);
      return { text: '0s', seconds: 0 };
    }
    const fits = Number.isFinite(value) && Number(value) > 0 && (kind === 'number' || Number(value) < 1);
    if (!fits) fail(key, kind === 'share' ? 'a number between 0 and 1' : 'a number above 0', value);
    return Number(value);
  }

  const forgottenAfter = readKind('forgotten_after', 'bound', forgotten_after) as Duration;

  function readThresholds(key: string, { kinds, objection }: Alert, values: Mapping): AnyThresholds {
    const before = problems.length;
    const thresholds = Object.fromEntries(
      Object.entries(kinds).map(([each, kind]) => [each, readKind(`${key}.${each}`, kind, values[each])]),
    );
    const objects = problems.length === before ? objection?.(thresholds, forgottenAfter) : undefined;
    if (objects) fail(`${key}.${objects.key}`, objects.expected, values[objects.key]);
    return thresholds;
  }

  function readAlert(alert: Alert, values: Mapping): AlertSetting {
    const key = `alerts.${alert.name}`;
    // An alert without thresholds has no overrides.
    const overrideKey = Object.keys(alert.kinds).length > 0 ? overrideKeys[alert.scope] : undefined;
    const known = ['for', 'severity', 'enabled', overrideKey ?? [], ...Object.keys(alert.kinds)].flat();
    for (const [each, value] of Object.entries(values)) {
      if (!known.includes(each))
        refuse(`${key}.${each}`, `one of ${known.join(', ')}`, value, didYouMean(each, known));
    }
    const { severity = alert.severity, enabled = true } = values;
    if (!severities.some((each) => each === severity))
      fail(`${key}.severity`, severities.join(' or '), severity);
    if (typeof enabled !== 'boolean') fail(`${key}.enabled`, 'true or false', enabled);
    const perOne = overrideKey ? readMapping(`${key}.${overrideKey}`, values[overrideKey]) : {};
    const overrides = Object.entries(perOne).map(([value, given]): Override => {
      const where = `${key}.${overrideKey}.${value}`;
      const { enabled = true, ...own } = readMapping(where, given);
      const known = [...Object.keys(alert.kinds), 'enabled'];
      if (typeof enabled !== 'boolean') fail(`${where}.enabled`, 'true or false', enabled);
      for (const [each, given] of Object.entries(own)) {
        if (!known.includes(each))
          refuse(`${where}.${each}`, `one of ${known.join(', ')}`, given, didYouMean(each, known));
      }
      return {
        label: alert.scope === 'exporter' ? 'account' : alert.scope,
        value,
        thresholds: readThresholds(where, alert, { ...values, ...own }),
        enabled: enabled !== false,
      };
    });
    return {
      alert,
      severity: severity as Severity,
      for: readKind(`${key}.for`, 'duration', values.for) as Duration,
      thresholds: readThresholds(key, alert, values),
      overrides,
      enabled: enabled !== false,
    };
  }

  const given = readMapping('alerts', perAlert);
  const names = alerts.map((alert) => alert.name);
  for (const [key, value] of Object.entries(given)) {
    if (!names.some((each) => each === key))
      refuse(`alerts.${key}`, 'the name of an alert', value, didYouMean(key, names));
  }
  const settingsOfAlerts = alerts.map((alert) =>
    readAlert(alert, readMapping(`alerts.${alert.name}`, given[alert.name])),
  );
  const settings: AlertSettings = {
    urls: {
      grafana: grafana === undefined || grafana === null ? undefined : trimSlash(grafana),
      runbooks: trimSlash(runbooks),
    },
    job: String(job),
    interval: readKind('interval', 'duration', interval) as Duration,
    recent: readKind('recent', 'duration', recent) as Duration,
    forgottenAfter,
    remember: readKind('remember', 'duration', remember) as Duration,
    ageBounds: boundsOf.bound,
    queueBounds: boundsOf.queue_bound,
    alerts: settingsOfAlerts,
  };
  if (problems.length > 0) throw new ConfigError(problems);
  return settings;
}

/** Returns a threshold of an alert. Durations are in seconds. */
export function thresholdOf({ alerts: settings }: AlertSettings, name: Alert['name'], key: string): number {
  const value = settings.find(({ alert }) => alert.name === name)?.thresholds[key];
  if (value === undefined) throw new RangeError(`${name} has no threshold ${key}`);
  return typeof value === 'number' ? value : value.seconds;
}

/** Returns a duration in words, for example `15 min`. */
export function toWords(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  return seconds % 3600 === 0 ? `${seconds / 3600} h` : `${Number((seconds / 60).toFixed(1))} min`;
}

/** Parses a duration of at most a year, because Prometheus rejects durations of centuries. */
const parseDuration = duration(0, 365 * 86_400_000);

/**
 * Reads a duration in the notation that settings and PromQL share. A number without a unit is
 * invalid: only settings count in seconds.
 */
function toDuration(value: unknown): Duration | undefined {
  if (typeof value !== 'string' || !/[a-z]$/.test(value)) return undefined;
  try {
    return { text: value, seconds: parseDuration(value) / 1000 };
  } catch (error) {
    if (!(error instanceof Unfit)) throw error;
    return undefined;
  }
}

/** Whether this is a regular expression both in JavaScript and in RE2. */
function isRegex(value: unknown): boolean {
  if (typeof value !== 'string' || !/^[\w.*+?|()[\]:/-]+$/.test(value) || value.includes('(?')) return false;
  try {
    new RegExp(value);
    return true;
  } catch {
    return false;
  }
}

/** Whether this address is valid in an annotation, which is a template of Prometheus. */
function isAddress(value: unknown, beginning = /^/): boolean {
  return typeof value === 'string' && beginning.test(value) && /^[^\s{}"'<>]+$/.test(value);
}

/**
 * Returns keys that YAML reads as another value, such as an account name of digits with a leading
 * 0.
 */
function misreadKeys(written: unknown, taken: unknown, prefix = ''): string[] {
  if (!isMapping(written) || !isMapping(taken)) return [];
  return Object.entries(written).flatMap(([key, value]) =>
    Object.hasOwn(taken, key) ? misreadKeys(value, taken[key], `${prefix}${key}.`) : [`${prefix}${key}`],
  );
}

/**
 * The maximum number of values in a file. A value that aliases repeat counts each time. All
 * thresholds of 1000 accounts are fewer.
 */
const maxValues = 100_000;

/** Returns the parsed text, and the same with all scalars as they are written. */
function read(text: string, name: string): { parsed: unknown; written: unknown } {
  try {
    const [parsed, written] = [load(text), load(text, { schema: FAILSAFE_SCHEMA })];
    if (valuesIn(parsed, maxValues) <= maxValues) return { parsed, written };
  } catch (error) {
    const { where, problem } = describeYamlError(error);
    throw new ConfigError([`${name}${where}: expected YAML; ${problem}`]);
  }
  // A few lines with aliases can expand to more than the memory, or refer to themselves.
  throw new ConfigError([`${name}: expected at most ${maxValues} values`]);
}

/** Counts values, up to `most` + 1. */
function valuesIn(root: unknown, most: number): number {
  const left = [root];
  let values = 0;
  for (let value = left.pop(); values <= most; value = left.pop()) {
    values++;
    if (typeof value === 'object' && value !== null) left.push(...Object.values(value));
    if (left.length === 0) break;
  }
  return values;
}

const isMapping = (value: unknown): value is Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const trimSlash = (url: unknown) => String(url).replace(/\/+$/, '');

const cut = (key: string) => (key.length > 200 ? `${key.slice(0, 200)}…` : key);

/** Quotes numbers and short words. It never quotes a list or mapping: they may contain secrets. */
function shown(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (typeof value === 'object') return Array.isArray(value) ? 'a list' : 'a mapping';
  return typeof value === 'string' ? quoteValue(value, true) : JSON.stringify(value);
}

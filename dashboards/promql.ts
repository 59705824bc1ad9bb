import type { AlertSettings } from '../alerts/settings.ts';
import { allMetrics } from '../src/catalogue/all.ts';

/** The matchers of every selector: the variables of the dashboard. */
const scope = 'job=~"$job", account=~"$account"';

/** Returns a selector of a metric, limited by the variables of the dashboard. */
export function select(metric: string, matchers = ''): string {
  return `${metric}{${[scope, matchers].filter((each) => each !== '').join(', ')}}`;
}

/**
 * Returns an expression with one series for each account and value of the metric's own labels. If
 * several exporters or jobs read the same account, a plain sum would count its agents twice.
 */
export function once(metric: string, matchers = ''): string {
  return `max by (${labelsOf(metric).join(', ')}) (${select(metric, matchers)})`;
}

/** Returns the sum of {@link once} over all chosen accounts, by these labels. */
export function total(metric: string, matchers = '', ...labels: string[]): string {
  return `sum${by(labels)} (${once(metric, matchers)})`;
}

/**
 * Returns the longest time since `since`, over all chosen accounts, by these labels. `inIt` counts
 * the agents or interactions of the state, with the labels of `since`. The time ends at the
 * snapshot, because `time()` would add the age of the sample.
 *
 * - 0 if the state has no agents or interactions
 * - no sample if it has, but the API does not say since when
 */
export function longest(since: string, inIt: string, ...labels: string[]): string {
  return longestAt(once('vcc_snapshot_timestamp_seconds'), since, inIt, ...labels);
}

/** Returns {@link longest} for a time that ends at `at`, which has a series for each account. */
export function longestAt(at: string, since: string, inIt: string, ...labels: string[]): string {
  const age = `${at} - on (account) group_right () ${since}`;
  return `max${by(labels)} ((${age} and ${inIt} > 0) or ${inIt} == 0)`;
}

/**
 * Returns the condition of an alert on a count by account and other labels: the count is at least
 * `least`, and at least this share of the agents on shift.
 */
export function enough(
  count: string,
  least: number,
  share: number,
  { forgottenAfter }: AlertSettings,
): string {
  const forgotten = `presence=~"Away|ExtendedAway", seconds="${forgottenAfter.seconds}"`;
  const loggedIn = total('vcc_agents', 'presence!="LoggedOut"', 'account');
  const onShift = `(${loggedIn} - ${total('vcc_agents_longer_than', forgotten, 'account')})`;
  return `${count} >= ${least} and ${count} / on (account) group_left () ${onShift} >= ${share}`;
}

/** Returns the newest sample of each series within a range of PromQL. */
const newest = (metric: string, range: string) => `last_over_time(${select(metric)}[${range}])`;

/**
 * Returns accounts of the last day (`remember`) that were removed from the configuration. An
 * account counts as removed if all of these are true:
 *
 * - It sends no samples now.
 * - Its job sends samples of as many accounts as it is configured with.
 * - No target of its job is down.
 *
 * VccAccountMissing does not fire for them either.
 */
function removed({ remember, recent }: AlertSettings): string {
  const ofJob = (metric: string) => `last_over_time(${metric}{job=~"$job"}[${recent.text}])`;
  const sending = `count by (job) (count by (job, account) (${ofJob('vcc_up')}))`;
  const complete = `${sending} >= max by (job) (${ofJob('vcc_exporter_accounts')}) unless on (job) up{job=~"$job"} == 0`;
  const silent = `${newest('vcc_up', remember.text)} unless on (job, account) ${newest('vcc_up', recent.text)}`;
  return `((${silent}) and on (job) (${complete}))`;
}

/**
 * Returns the newest sample of the last day by account. It includes accounts whose exporter no
 * longer runs, and excludes {@link removed} accounts.
 */
function remembered(metric: string, settings: AlertSettings): string {
  const all = newest(metric, settings.remember.text);
  return `max by (account) (${all} unless on (job, account) ${removed(settings)})`;
}

/** Returns the age of each account's data, even if its exporter no longer runs. */
export function dataAge(settings: AlertSettings): string {
  return `time() - ${remembered('vcc_snapshot_timestamp_seconds', settings)}`;
}

/** Returns the number of accounts that cannot be read, or whose exporter no longer runs. */
export function missingAccounts(settings: AlertSettings): string {
  const known = remembered('vcc_up', settings);
  return `count(${known}) - (count(${once('vcc_snapshot_timestamp_seconds')}) or vector(0))`;
}

/** Returns the labels of an aggregation, in PromQL. */
export const by = (labels: readonly string[]) => (labels.length > 0 ? ` by (${labels.join(', ')})` : '');

/** Returns the labels of a metric. @throws RangeError if the exporter does not have the metric */
function labelsOf(name: string): readonly string[] {
  const metric = allMetrics.find((each) => each.name === name);
  if (!metric) throw new RangeError(`${name} is no metric of the exporter`);
  return metric.labelNames;
}

/** Replaces an empty label by a word, which a legend can show. */
export function naming(expression: string, label: string, word: string): string {
  return `label_replace(${expression}, "${label}", "${word}", "${label}", "")`;
}

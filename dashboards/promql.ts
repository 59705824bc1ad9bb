import type { AlertSettings } from '../alerts/settings.ts';
import { catalogue } from '../src/catalogue/index.ts';

/** What every selector of a dashboard carries, so that its variables decide what is shown. */
const scope = 'job=~"$job", account=~"$account"';

/** A selector of an exporter's metric, limited by the variables of the dashboard. */
export function select(metric: string, matchers = ''): string {
  return `${metric}{${[scope, matchers].filter((each) => each !== '').join(', ')}}`;
}

/**
 * One series for each account and value of the metric's own labels, even if several exporters or
 * jobs read the same account: adding up the series as they are would count its agents twice.
 */
export function once(metric: string, matchers = ''): string {
  return `max by (${labelsOf(metric).join(', ')}) (${select(metric, matchers)})`;
}

/** Added up over all chosen accounts, apart by these labels. */
export function total(metric: string, matchers = '', ...labels: string[]): string {
  return `sum${by(labels)} (${once(metric, matchers)})`;
}

/**
 * How long it had lasted at the time of the snapshot, over all chosen accounts, apart by these
 * labels: the longest. 0 where nobody is in it, and nothing where it is unknown since when somebody
 * is. `inIt` counts who is, with the labels of `since`. At the time of the query, the age of the
 * sample would be added.
 */
export function longest(since: string, inIt: string, ...labels: string[]): string {
  const age = `${once('vcc_snapshot_timestamp_seconds')} - on (account) group_right () ${since}`;
  return `max${by(labels)} ((${age} and ${inIt} > 0) or ${inIt} == 0)`;
}

/**
 * Has series where an alert about many at once may fire now: at least `least` of a count, by
 * account and other labels, that are at least this share of the agents on shift.
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

/** The newest sample of each series within a range of PromQL. */
const newest = (metric: string, range: string) => `last_over_time(${select(metric)}[${range}])`;

/**
 * Accounts of the last day (`remember`) that were taken out of the configuration: they send nothing
 * any more, while their job sends as many accounts as it is configured with and none of its targets
 * is down. VccAccountMissing is silent about them too.
 */
function removed({ remember, recent }: AlertSettings): string {
  const ofJob = (metric: string) => `last_over_time(${metric}{job=~"$job"}[${recent.text}])`;
  const sending = `count by (job) (count by (job, account) (${ofJob('vcc_up')}))`;
  const complete = `${sending} >= max by (job) (${ofJob('vcc_exporter_accounts')}) unless on (job) up{job=~"$job"} == 0`;
  const silent = `${newest('vcc_up', remember.text)} unless on (job, account) ${newest('vcc_up', recent.text)}`;
  return `((${silent}) and on (job) (${complete}))`;
}

/**
 * By account: the newest sample of the last day, also of those whose exporter is gone, but not of
 * those that were removed.
 */
function remembered(metric: string, settings: AlertSettings): string {
  const all = newest(metric, settings.remember.text);
  return `max by (account) (${all} unless on (job, account) ${removed(settings)})`;
}

/** The age of each account's data, also when its exporter is gone. */
export function dataAge(settings: AlertSettings): string {
  return `time() - ${remembered('vcc_snapshot_timestamp_seconds', settings)}`;
}

/** Accounts whose agents no number has: that cannot be read, or whose exporter is gone. */
export function missingAccounts(settings: AlertSettings): string {
  const known = remembered('vcc_up', settings);
  return `count(${known}) - (count(${once('vcc_snapshot_timestamp_seconds')}) or vector(0))`;
}

const by = (labels: readonly string[]) => (labels.length > 0 ? ` by (${labels.join(', ')})` : '');

/** The labels of a metric. @throws RangeError for one that the exporter does not have */
function labelsOf(name: string): readonly string[] {
  const metric = catalogue.find((each) => each.name === name);
  if (!metric) throw new RangeError(`${name} is no metric of the exporter`);
  return metric.labelNames;
}

/** The same with a word where a label is empty: an empty one has no place in a legend. */
export function naming(expression: string, label: string, word: string): string {
  return `label_replace(${expression}, "${label}", "${word}", "${label}", "")`;
}

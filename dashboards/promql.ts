import type { AlertSettings } from '../alerts/settings.ts';
import { catalogue } from '../src/catalogue/index.ts';

/** What every selector of a dashboard carries, so that its variables decide what is shown. */
const scope = 'job=~"$job", account=~"$account"';

/** A selector of an exporter's metric, limited by the variables of the dashboard. */
export function select(metric: string, matchers = ''): string {
  return `${metric}{${[scope, matchers].filter((each) => each !== '').join(', ')}}`;
}

/**
 * One series for each account and value of the metric's own labels, even if several exporters or jobs read the same account:
 * adding up the series as they are would count its agents twice.
 */
export function once(metric: string, matchers = ''): string {
  return `max by (${labelsOf(metric).join(', ')}) (${select(metric, matchers)})`;
}

/** Added up over all chosen accounts, apart by these labels. */
export function total(metric: string, matchers = '', ...labels: string[]): string {
  return `sum${by(labels)} (${once(metric, matchers)})`;
}

/**
 * How long it had lasted at the time of the snapshot, over all chosen accounts, apart by these labels: the longest. 0 where
 * nobody is in it, and nothing where it is unknown since when somebody is. `inIt` counts who is, with the labels of `since`.
 * At the time of the query, the age of the sample would be added.
 */
export function longest(since: string, inIt: string, ...labels: string[]): string {
  const age = `${once('vcc_snapshot_timestamp_seconds')} - on (account) group_right () ${since}`;
  return `max${by(labels)} ((${age} and ${inIt} > 0) or ${inIt} == 0)`;
}

/** For how long accounts are remembered whose series have ended, as a range of PromQL. */
const memory = ({ remember }: AlertSettings) => remember.text;

/** The age of each account's data, also when its exporter is gone. */
export function dataAge(settings: AlertSettings): string {
  return `time() - max by (account) (last_over_time(${select('vcc_snapshot_timestamp_seconds')}[${memory(settings)}]))`;
}

/** Accounts whose agents no number has: that cannot be read, or whose exporter is gone. */
export function missingAccounts(settings: AlertSettings): string {
  const known = `max by (account) (last_over_time(${select('vcc_up')}[${memory(settings)}]))`;
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

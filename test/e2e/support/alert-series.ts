/** The samples in Prometheus, and the alerts of the rule that must fire. */
export interface AlertCase {
  title: string;
  /** By series: values half a minute apart, in the notation of promtool. */
  series: Readonly<Record<string, string>>;
  /** When to evaluate. */
  at: string;
  /**
   * Labels of each alert that fires, and `$value` as its annotations show it, to Prometheus 3 too
   * unless `value3` is there. Default: none fires.
   */
  fires?: readonly { labels: Readonly<Record<string, string>>; value?: string; value3?: string }[];
}

const target = { job: 'vcc', account: 'a', instance: 'i' };

/** A series of the exporter. */
export function of(metric: string, labels: Readonly<Record<string, string>> = {}): string {
  const pairs = Object.entries({ ...target, ...labels }).map(([name, value]) => `${name}="${value}"`);
  return `${metric}{${pairs.join(', ')}}`;
}

/** The same value for this number of minutes. */
export const hold = (value: number | string, minutes: number) => `${value}x${minutes * 2 - 1}`;
export const one = (labels: Readonly<Record<string, string>> = {}, value?: string) => [
  { labels: { ...target, ...labels }, ...(value !== undefined && { value }) },
];

/** Series about an account, without an instance. */
export const account = (value: string, value3 = value) => [
  { labels: { job: 'vcc', account: 'a' }, value, value3 },
];

/** Agents by presence. `forgotten` of the away agents have been away for hours. */
export const presences = (
  ready: number,
  away: number,
  { loggedOut = 7, notRoutable = 0, forgotten = 0 }: Record<string, number> = {},
) => ({
  [of('vcc_agents', { presence: 'Ready' })]: hold(ready, 60),
  [of('vcc_agents', { presence: 'Away' })]: hold(away, 60),
  [of('vcc_agents', { presence: 'LoggedOut' })]: hold(loggedOut, 60),
  [of('vcc_agents_by_activity', { activity: 'ready_not_routable' })]: hold(notRoutable, 60),
  [of('vcc_agents_longer_than', { presence: 'Away', seconds: '7200' })]: hold(forgotten, 60),
  [of('vcc_agents_longer_than', { presence: 'ExtendedAway', seconds: '7200' })]: hold(0, 60),
});

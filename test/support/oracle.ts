import type { Sample } from '../../src/catalogue/metric.ts';
import type { Agent } from '../../src/snapshot/agent.ts';
import { agentFields } from '../../src/snapshot/gaps.ts';

/** Series by text: `name{a="b",…}` with labels in alphabetical order. */
export type Series = Map<string, number>;

export function seriesKey(name: string, labels: Readonly<Record<string, string>>): string {
  const pairs = Object.keys(labels)
    .sort()
    .map((label) => `${label}=${JSON.stringify(labels[label])}`);
  return `${name}{${pairs.join(',')}}`;
}

/** The samples of families as series; throws on a duplicate. */
export function toSeries(families: readonly { name: string; values: readonly Sample[] }[]): Series {
  const series: Series = new Map();
  for (const { name, values } of families) {
    for (const { labels, sharedLabels, value } of values) {
      const key = seriesKey(name, { ...sharedLabels, ...labels });
      if (series.has(key)) throw new Error(`twice: ${key}`);
      series.set(key, value);
    }
  }
  return series;
}

const presences = ['Ready', 'Away', 'ExtendedAway', 'LoggedOut'];
const pairs: Record<string, string[]> = {
  Ringing: ['', 'Monitor'],
  Connected: ['', 'Resumed', 'Unparked', 'Monitor'],
  Wrap: ['', 'Monitor'],
  Unexpected: [
    '',
    'NumberBusy',
    'NoAnswer',
    'NumberUnobtainable',
    'CallRejected',
    'CallFailed',
    'ConnectionUnavailable',
  ],
  Failed: ['', 'NumberUnobtainable', 'CallRejected', 'CallFailed'],
};
const words: Record<string, string[]> = {
  presence: presences,
  state: Object.keys(pairs),
  reason: [...new Set(Object.values(pairs).flat())],
  direction: ['Inbound', 'Outbound', 'Internal'],
  medium: ['Phone', 'Call', 'Case', 'Email', 'Chat', 'Phone Callback'],
  medium_manager: ['CC', 'UC', 'VCC', 'VBC', 'Salesforce', 'SkypeForBusiness'],
};

/** The times that are known. */
const known = (times: readonly (number | undefined)[]): number[] =>
  times.filter((time) => time !== undefined);

const workOf = ({ live, semiLive, nonLive }: Agent) => [live, semiLive, nonLive];
const hasWork = (agent: Agent) => workOf(agent).some((count) => count !== undefined && count > 0);
const hasNoWork = (agent: Agent) => workOf(agent).every((count) => count === 0);

/** Ready, and the answer has no work and no interaction. */
export const isIdle = (agent: Agent) =>
  agent.presence === 'Ready' && hasNoWork(agent) && agent.interactions?.length === 0;

/** Idle and eligible for routing. All idle agents where the answer has eligibility of none. */
export const freeOf = (agents: readonly Agent[]) => {
  const nobodySays = agents.every(({ eligibleForRouting }) => eligibleForRouting === undefined);
  return agents.filter((agent) => isIdle(agent) && (nobodySays || agent.eligibleForRouting === true));
};

/** Ready, and the answer has some work or interaction. */
export const isBusy = (agent: Agent) =>
  agent.presence === 'Ready' && (hasWork(agent) || (agent.interactions ?? []).length > 0);

/** Since when these agents have been idle, as far as both times of an agent are known. */
export const idleSincesOf = (idle: readonly Agent[]): number[] =>
  known(
    idle.map(({ presenceSinceMs, workloadSinceMs }) =>
      presenceSinceMs === undefined || workloadSinceMs === undefined
        ? undefined
        : Math.max(presenceSinceMs, workloadSinceMs),
    ),
  );

/**
 * Every metric of the floor, counted anew by brute force from the words of the issue: a filter per
 * number, no code shared with the exporter. Assumes fewer unknown words and descriptions than are
 * folded.
 */
export function recount(
  account: string,
  agents: readonly Agent[],
  takenAtMs: number,
  bounds: readonly number[],
): Series {
  const series: Series = new Map();
  const put = (name: string, labels: Record<string, string>, value: number | undefined) => {
    if (value !== undefined) series.set(seriesKey(name, { account, ...labels }), value);
  };
  const count = (fits: (agent: Agent) => unknown) => agents.filter(fits).length;
  const legs = agents.flatMap((agent) => agent.interactions ?? []);
  const min = (times: number[]) =>
    times.length === 0 ? undefined : times.reduce((a, b) => Math.min(a, b)) / 1000;
  const median = (times: number[]) => {
    const sorted = times.toSorted((a, b) => a - b);
    if (sorted.length === 0) return undefined;
    const [upper, lower] = [
      sorted[Math.floor(sorted.length / 2)]!,
      sorted[Math.floor((sorted.length - 1) / 2)]!,
    ];
    return (upper + lower) / 2 / 1000;
  };
  const longerThan = (name: string, labels: Record<string, string>, sinces: number[]) => {
    for (const bound of bounds) {
      const longer = sinces.filter((since) => takenAtMs - since > bound * 1000);
      put(name, { ...labels, seconds: `${bound}` }, longer.length);
    }
  };

  const idle = agents.filter(isIdle);

  put('vcc_snapshot_agents', {}, agents.length);
  put('vcc_snapshot_timestamp_seconds', {}, takenAtMs / 1000);
  for (const presence of new Set([...presences, ...agents.map((agent) => agent.presence)])) {
    const there = agents.filter((agent) => agent.presence === presence);
    const sinces = known(there.map((agent) => agent.presenceSinceMs));
    put('vcc_agents', { presence }, there.length);
    put('vcc_presence_oldest_since_timestamp_seconds', { presence }, min(sinces));
    put('vcc_presence_median_since_timestamp_seconds', { presence }, median(sinces));
    longerThan('vcc_agents_longer_than', { presence }, sinces);
    for (const description of new Set(there.map((agent) => agent.description ?? ''))) {
      const named = there.filter((agent) => (agent.description ?? '') === description);
      put('vcc_agents_by_description', { presence, description }, named.length);
    }
  }
  put('vcc_descriptions_folded', {}, 0);
  put('vcc_duplicate_agents', {}, 0);
  for (const question of ['since_in_connected', 'since_in_wrap', 'eligible_for_routing']) {
    put('vcc_semantics_info', { question, answer: 'unknown' }, 1);
  }
  const nobodySays =
    agents.length > 0 && agents.every(({ eligibleForRouting }) => eligibleForRouting === undefined);
  const answer = nobodySays ? 'idle' : 'idle_and_eligible';
  put('vcc_semantics_info', { question: 'available', answer }, 1);
  put('vcc_flawed_agents', {}, 0);
  put('vcc_agents_idle', {}, idle.length);
  put('vcc_agents_busy', {}, count(isBusy));
  put(
    'vcc_agents_ready_without_workload',
    {},
    count((agent) => agent.presence === 'Ready' && hasNoWork(agent)),
  );
  if (agents.length === 0 || agents.some((agent) => agent.eligibleForRouting !== undefined)) {
    put(
      'vcc_agents_eligible_for_routing',
      {},
      count((agent) => agent.eligibleForRouting === true),
    );
  }
  const free = freeOf(agents);
  const freeSinces = idleSincesOf(free);
  put('vcc_agents_available', {}, free.length);
  longerThan('vcc_agents_available_longer_than', {}, freeSinces);
  put('vcc_available_oldest_since_timestamp_seconds', {}, min(freeSinces));
  put('vcc_available_median_since_timestamp_seconds', {}, median(freeSinces));
  longerThan('vcc_agents_idle_longer_than', {}, idleSincesOf(idle));

  for (const [workload, of] of [
    ['live', (agent: Agent) => agent.live ?? 0],
    ['semi_live', (agent: Agent) => agent.semiLive ?? 0],
    ['non_live', (agent: Agent) => agent.nonLive ?? 0],
  ] as const) {
    put(
      'vcc_agents_with_workload',
      { workload },
      count((agent) => of(agent) > 0),
    );
    put(
      'vcc_workload_interactions',
      { workload },
      agents.reduce((sum, agent) => sum + of(agent), 0),
    );
  }

  const activityOf = (agent: Agent): string => {
    const inState = (state: string) => agent.interactions?.some((leg) => leg.state === state);
    for (const state of ['Failed', 'Unexpected', 'Connected', 'Ringing', 'Wrap']) {
      if (inState(state)) return state.toLowerCase();
    }
    if (hasWork(agent) || agent.interactions?.length) return 'working';
    if (isIdle(agent) && agent.eligibleForRouting === false) return 'ready_not_routable';
    if (free.includes(agent)) return 'idle';
    return (
      { Ready: 'unknown', Away: 'away', ExtendedAway: 'extended_away', LoggedOut: 'logged_out' }[
        agent.presence
      ] ?? 'other'
    );
  };
  const activities =
    'idle ready_not_routable ringing connected wrap unexpected failed working unknown other away extended_away logged_out';
  for (const activity of activities.split(' ')) {
    put(
      'vcc_agents_by_activity',
      { activity },
      count((agent) => activityOf(agent) === activity),
    );
  }

  for (const { medium, mediumManager, direction, state } of legs) {
    const same = legs.filter(
      (leg) =>
        leg.medium === medium &&
        leg.mediumManager === mediumManager &&
        leg.direction === direction &&
        leg.state === state,
    );
    put('vcc_interactions', { medium, medium_manager: mediumManager, direction, state }, same.length);
  }
  const allPairs = [
    ...Object.entries(pairs).flatMap(([state, reasons]) => reasons.map((reason) => ({ state, reason }))),
    ...legs.map((leg) => ({ state: leg.state, reason: leg.reason ?? '' })),
  ];
  for (const { state, reason } of allPairs) {
    const same = legs.filter((leg) => leg.state === state && (leg.reason ?? '') === reason);
    put('vcc_interactions_by_reason', { state, reason }, same.length);
  }
  put(
    'vcc_distinct_interactions',
    {},
    new Set(legs.map((leg) => leg.guid).filter((guid) => guid !== '')).size,
  );
  for (const state of new Set([...Object.keys(pairs), ...legs.map((leg) => leg.state)])) {
    const sinces = known(
      agents.flatMap((agent) => {
        const { interactions = [], workloadSinceMs } = agent;
        const alone = state === 'Wrap' && interactions.length === 1 && hasNoWork(agent);
        return interactions
          .filter((leg) => leg.state === state)
          .map(({ sinceMs }) => {
            if (!alone || sinceMs === undefined || workloadSinceMs === undefined) return sinceMs;
            return sinceMs > workloadSinceMs ? sinceMs : workloadSinceMs;
          });
      }),
    );
    put('vcc_interaction_oldest_since_timestamp_seconds', { state }, min(sinces));
    put('vcc_interaction_median_since_timestamp_seconds', { state }, median(sinces));
    longerThan('vcc_interactions_longer_than', { state }, sinces);
  }

  const unknown = (field: string, values: string[]) =>
    put(
      'vcc_unknown_values',
      { field },
      values.filter((value) => value !== '' && !words[field]!.includes(value)).length,
    );
  unknown(
    'presence',
    agents.map((agent) => agent.presence),
  );
  unknown(
    'state',
    legs.map((leg) => leg.state),
  );
  const foreign = legs.filter(({ state, reason }) => !(pairs[state] ?? words.reason!).includes(reason ?? ''));
  put('vcc_unknown_values', { field: 'reason' }, foreign.length);
  unknown(
    'direction',
    legs.map((leg) => leg.direction),
  );
  unknown(
    'medium',
    legs.map((leg) => leg.medium),
  );
  unknown(
    'medium_manager',
    legs.map((leg) => leg.mediumManager),
  );
  // The snapshots of tests have no gaps: test/vcc/page.test.ts counts those.
  for (const field of agentFields) {
    put('vcc_absent_values', { field }, 0);
    put('vcc_invalid_values', { field }, 0);
  }
  return series;
}

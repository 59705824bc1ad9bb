import { type Alert, type Ask, alert, type Common } from './alert.ts';

const audience = 'supervisor';
const severity = 'warning';

/** Agents logged in, without those who have been away for very long. */
function onShift({ latest }: Ask, { forgottenAfter }: Common): string {
  const bound = `presence=~"Away|ExtendedAway", seconds="${forgottenAfter.seconds}"`;
  return [
    `(sum without (presence) (${latest('vcc_agents', 'presence!="LoggedOut"')})`,
    `    - sum without (presence, seconds) (${latest('vcc_agents_longer_than', bound)}))`,
  ].join('\n');
}

/** Ready agents, without those who are Ready for outbound or offline work: they get no calls. */
const routable = ({ latest }: Ask) =>
  [
    `(sum without (presence) (${latest('vcc_agents', 'presence="Ready"')})`,
    `    - sum without (activity) (${latest('vcc_agents_by_activity', 'activity="ready_not_routable"')}))`,
  ].join('\n');

/** What the agents do: for those who lead them. */
export const supervisorAlerts: readonly Alert[] = [
  alert({
    name: 'VccNobodyReady',
    about:
      'At least N agents (`of_at_least`) are on shift, and nobody is Ready for calls: no call can be taken. Agents who are Ready but not eligible for routing do not count as Ready. Agents who have been away for longer than `forgotten_after` do not count as on shift.',
    audience,
    severity: 'critical',
    scope: 'account',
    dashboard: 'vcc-floor',
    kinds: { of_at_least: 'number' },
    summary: 'Nobody is Ready for calls in {{ $labels.account }}',
    description:
      'No agent of {{ $labels.account }} has been Ready and eligible for routing for at least $for, so no call can be taken. Ask agents back from away.',
    expr: ({ of_at_least }, ask, common) =>
      `${routable(ask)} == 0\nand ${onShift(ask, common)} >= ${of_at_least}`,
  }),
  alert({
    name: 'VccNobodyFree',
    about:
      'No agent has been free for this time (`for`), with at least N agents (`of_at_least`) Ready for calls: each new call had to wait. In a busy hour that is the aim, so it is for information.',
    audience,
    severity: 'info',
    scope: 'account',
    dashboard: 'vcc-floor',
    kinds: { of_at_least: 'number' },
    summary: 'No agent of {{ $labels.account }} has been free for at least $for',
    description:
      'Every agent of {{ $labels.account }} who can take calls has been busy in each snapshot for at least $for. If callers wait too long, ask agents back from breaks.',
    expr: ({ of_at_least }, ask) =>
      `${ask.latest('vcc_agents_available')} == 0\nand ${routable(ask)} >= ${of_at_least}`,
  }),
  alert({
    name: 'VccLongestFree',
    about:
      'The longest free agent has been free for longer than this. It fires for a single agent, and so often on a large floor: it is off until you set `enabled: true`.',
    audience,
    severity: 'info',
    scope: 'account',
    dashboard: 'vcc-floor',
    kinds: { longer_than: 'duration' },
    summary: 'An agent of {{ $labels.account }} has been free for {{ $value | humanizeDuration }}',
    description:
      'The longest free agent of {{ $labels.account }} has had nothing in hand for {{ $value | humanizeDuration }}. Check whether calls reach this agent: skills, line and device.',
    // Where samples are pushed, a `since` stays for minutes after its group is empty: ask whether
    // anybody is in it.
    expr: ({ longer_than }, { latest }) =>
      [
        `${latest('vcc_snapshot_timestamp_seconds')} - ${latest('vcc_available_oldest_since_timestamp_seconds')} > ${longer_than.seconds}`,
        `and ${latest('vcc_agents_available')} > 0`,
      ].join('\n'),
  }),
  freeForLong('VccIdleAgents', 'vcc_agents_available_longer_than', 'account', {
    about:
      'Many agents of an account have been free for longer than this: Ready, eligible for routing, and nothing in hand.',
    summary:
      '{{ $value }} agents of {{ $labels.account }} have been free for longer than {{ $labels.seconds | humanizeDuration }}',
    description:
      '{{ $value }} agents of {{ $labels.account }} are Ready and eligible for routing, and have had nothing in hand for longer than {{ $labels.seconds | humanizeDuration }}. Compare with the queues in VCC: if callers wait, check routing and skills; if none wait, use the time for training or breaks.',
    dashboard: 'vcc-floor',
  }),
  freeForLong('VccTeamIdleAgents', 'vcc_team_agents_available_longer_than', 'team', {
    about: 'Many agents of a team have been free for longer than this. Needs a roster (VCC_ROSTER).',
    summary:
      '{{ $value }} agents of team {{ or $labels.team "(none)" }} ({{ $labels.account }}) have been free for longer than {{ $labels.seconds | humanizeDuration }}',
    description:
      '{{ $value }} agents of team {{ or $labels.team "(none)" }} have had nothing in hand for longer than {{ $labels.seconds | humanizeDuration }}. If other teams are busy, move agents there; otherwise check the routing of the team.',
    dashboard: 'vcc-team',
  }),
  alert({
    name: 'VccReadyShareLow',
    about:
      'Less than this share of the agents on shift is Ready for calls, of at least N (`of_at_least`). Agents who are Ready but not eligible for routing do not count as Ready. Agents who have been away for longer than `forgotten_after` do not count as on shift.',
    audience,
    severity,
    scope: 'account',
    dashboard: 'vcc-floor',
    kinds: { share: 'share', of_at_least: 'number' },
    summary:
      'Only {{ $value | humanizePercentage }} of the agents of {{ $labels.account }} are Ready for calls',
    description:
      'For at least $for too few of the agents on shift in {{ $labels.account }} have been Ready for calls, now {{ $value | humanizePercentage }}. Ask agents back, or spread breaks.',
    expr: ({ share, of_at_least }, ask, common) =>
      [
        `${routable(ask)}`,
        `  / ${onShift(ask, common)} < ${share}`,
        `and ${onShift(ask, common)} >= ${of_at_least}`,
      ].join('\n'),
  }),
  awayTooLong('VccAwayTooLong', 'Away'),
  awayTooLong('VccExtendedAwayTooLong', 'ExtendedAway'),
  lastsTooLong(
    'VccWrapTooLong',
    'Wrap',
    'in wrap-up',
    'Ask the agents to end wrap-up, or to say what takes the time.',
  ),
  lastsTooLong(
    'VccRingTooLong',
    'Ringing',
    'ringing',
    'Check whether the agents are at their desks and their phones ring.',
  ),
  lastsTooLong(
    'VccConnectedVeryLong',
    'Connected',
    'connected',
    'Ask the agents whether these lines are still in use.',
  ),
  atOnce(
    'VccRingNoAnswer',
    'Unexpected',
    'Many agents at once were in the state Unexpected for the same reason (NoAnswer, above all), within this time.',
    'They get no calls until they are Ready again. Ask the agents, and check their phones and network.',
  ),
  atOnce(
    'VccFailedInteractions',
    'Failed',
    'Many interactions at once had failed for the same reason, within this time.',
    'Check phones, network and Vonage’s status page.',
  ),
];

interface Texts {
  about: string;
  summary: string;
  description: string;
  dashboard: string;
}

/**
 * At least so many, and at least so large a share of the base. An alert about the one who has been
 * in a state longest would fire the more, the larger the floor is. `own` are the labels that the
 * base does not have.
 */
function enough(count: string, least: number, base: string, share: number, own: readonly string[]): string {
  const part = `${count}\n  / ignoring (${own.join(', ')}) group_left () ${base}`;
  return `${count} >= ${least}\nand ${part} >= ${share}`;
}

/**
 * Free agents of an account, as a share of those on shift, or of a team, as a share of those logged
 * in.
 */
function freeForLong(name: `Vcc${string}`, metric: string, scope: 'account' | 'team', texts: Texts): Alert {
  return alert({
    ...texts,
    name,
    audience,
    severity,
    scope,
    kinds: { agents: 'number', share: 'share', longer_than: 'bound' },
    expr({ agents, share, longer_than }, ask, common) {
      const loggedIn = ask.latest('vcc_team_agents', 'presence!="LoggedOut"');
      const base = scope === 'team' ? `sum without (presence) (${loggedIn})` : onShift(ask, common);
      const count = ask.latest(metric, `seconds="${longer_than.seconds}"`);
      return enough(count, agents, base, share, ['seconds']);
    },
  });
}

function awayTooLong(name: `Vcc${string}`, presence: string): Alert {
  return alert({
    name,
    about: `Many agents have been ${presence} for longer than this. Agents who have been so for longer than \`forgotten_after\` do not count: they have probably forgotten to log out.`,
    audience,
    severity,
    scope: 'account',
    dashboard: 'vcc-floor',
    kinds: { agents: 'number', share: 'share', longer_than: 'bound' },
    objection: ({ longer_than }, forgottenAfter) =>
      longer_than.seconds >= forgottenAfter.seconds
        ? { key: 'longer_than', expected: `shorter than forgotten_after (${forgottenAfter.text})` }
        : undefined,
    summary: `{{ $value }} agents of {{ $labels.account }} have been ${presence} for longer than {{ $labels.seconds | humanizeDuration }}`,
    description: `{{ $value }} agents of {{ $labels.account }} have been ${presence} for longer than {{ $labels.seconds | humanizeDuration }}. Ask them back, or have those log out who have left.`,
    expr({ agents, share, longer_than }, ask, common) {
      const longer = (seconds: number) =>
        ask.latest('vcc_agents_longer_than', `presence="${presence}", seconds="${seconds}"`);
      const forgotten = longer(common.forgottenAfter.seconds);
      const count = `(${longer(longer_than.seconds)}\n    - ignoring (seconds) group_left () ${forgotten})`;
      return enough(count, agents, onShift(ask, common), share, ['seconds', 'presence']);
    },
  });
}

function lastsTooLong(name: `Vcc${string}`, state: string, words: string, what: string): Alert {
  return alert({
    name,
    about: `Many interactions have been ${words} for longer than this.`,
    audience,
    severity,
    scope: 'account',
    dashboard: 'vcc-interactions',
    kinds: { interactions: 'number', share: 'share', longer_than: 'bound' },
    summary: `{{ $value }} interactions of {{ $labels.account }} have been ${words} for longer than {{ $labels.seconds | humanizeDuration }}`,
    description: `{{ $value }} interactions of {{ $labels.account }} have been ${words} for longer than {{ $labels.seconds | humanizeDuration }}. ${what}`,
    expr({ interactions, share, longer_than }, ask, common) {
      const count = ask.latest(
        'vcc_interactions_longer_than',
        `state="${state}", seconds="${longer_than.seconds}"`,
      );
      return enough(count, interactions, onShift(ask, common), share, ['seconds', 'state']);
    },
  });
}

function atOnce(name: `Vcc${string}`, state: string, about: string, what: string): Alert {
  return alert({
    name,
    about,
    audience,
    severity,
    scope: 'account',
    dashboard: 'vcc-interactions',
    kinds: { interactions: 'number', share: 'share', within: 'duration' },
    summary: `{{ $value }} interactions of {{ $labels.account }} are ${state}: {{ or $labels.reason "no reason given" }}`,
    description: `Up to {{ $value }} interactions of {{ $labels.account }} at once were in the state ${state} with the reason {{ or $labels.reason "none" }}. ${what}`,
    // They come and go between scrapes.
    expr({ interactions, share, within }, ask, common) {
      const most = `max_over_time(${ask.select('vcc_interactions_by_reason', `state="${state}"`)}[${within.text}])`;
      return enough(most, interactions, onShift(ask, common), share, ['state', 'reason']);
    },
  });
}

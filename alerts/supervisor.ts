import { type Alert, type Ask, alert, type Common } from './alert.ts';

const audience = 'supervisor';
const severity = 'warning';

/** Returns the agents logged in, except those away for longer than `forgotten_after`. */
export function onShift({ latest }: Ask, { forgottenAfter }: Common): string {
  const bound = `presence=~"Away|ExtendedAway", seconds="${forgottenAfter.seconds}"`;
  return [
    `(sum without (presence) (${latest('vcc_agents', 'presence!="LoggedOut"')})`,
    `    - sum without (presence, seconds) (${latest('vcc_agents_longer_than', bound)}))`,
  ].join('\n');
}

/** Ready agents, except those Ready for outbound or offline work only: they get no calls. */
const routable = ({ latest }: Ask) =>
  [
    `(sum without (presence) (${latest('vcc_agents', 'presence="Ready"')})`,
    `    - sum without (activity) (${latest('vcc_agents_by_activity', 'activity="ready_not_routable"')}))`,
  ].join('\n');

/** Alerts about agents and interactions, for supervisors. */
export const supervisorAlerts: readonly Alert[] = [
  alert({
    name: 'VccNobodyReady',
    about:
      'At least `of_at_least` agents are on shift, and none is Ready for calls. Nobody can answer a call.',
    audience,
    severity: 'critical',
    scope: 'account',
    dashboard: 'vcc-floor',
    kinds: { of_at_least: 'number' },
    summary: 'Nobody is Ready for calls in {{ $labels.account }}',
    description:
      'No agent of {{ $labels.account }} has been Ready and eligible for routing for at least $for, so nobody can answer a call. Ask agents who are away to go back to Ready.',
    expr: ({ of_at_least }, ask, common) =>
      `${routable(ask)} == 0\nand ${onShift(ask, common)} >= ${of_at_least}`,
  }),
  alert({
    name: 'VccNobodyFree',
    about:
      'No snapshot during the time `for` had a free agent, with at least `of_at_least` agents Ready for calls. New calls had to wait. In a busy hour that is the aim, so this alert is for information.',
    audience,
    severity: 'info',
    scope: 'account',
    dashboard: 'vcc-floor',
    kinds: { of_at_least: 'number' },
    summary: 'No agent of {{ $labels.account }} has been free for at least $for',
    description:
      'In each snapshot for at least $for, every agent of {{ $labels.account }} who can take calls was busy. If callers wait too long, ask agents to come back from breaks.',
    expr: ({ of_at_least }, ask) =>
      `${ask.latest('vcc_agents_available')} == 0\nand ${routable(ask)} >= ${of_at_least}`,
  }),
  alert({
    name: 'VccLongestFree',
    about:
      'One agent has been free for longer than `longer_than`. On a large floor that is often true, so this alert is off until you set `enabled: true`.',
    audience,
    severity: 'info',
    scope: 'account',
    dashboard: 'vcc-floor',
    kinds: { longer_than: 'duration' },
    summary: 'An agent of {{ $labels.account }} has been free for {{ $value | humanizeDuration }}',
    description:
      'The agent of {{ $labels.account }} who has been free longest has been free for {{ $value | humanizeDuration }}. Check whether calls can reach this agent: skills, line and device.',
    // Where samples are pushed, the `since` metric keeps its value for minutes after its group is
    // empty. So check that somebody is in the group.
    expr: ({ longer_than }, { latest }) =>
      [
        `${latest('vcc_snapshot_timestamp_seconds')} - ${latest('vcc_available_oldest_since_timestamp_seconds')} > ${longer_than.seconds}`,
        `and ${latest('vcc_agents_available')} > 0`,
      ].join('\n'),
  }),
  freeForLong('VccIdleAgents', 'vcc_agents_available_longer_than', 'account', {
    about: 'Many agents of an account have been free for longer than `longer_than`.',
    summary:
      '{{ $value }} agents of {{ $labels.account }} have been free for longer than {{ $labels.seconds | humanizeDuration }}',
    description:
      '{{ $value }} agents of {{ $labels.account }} have been free (Ready, eligible for routing, no work) for longer than {{ $labels.seconds | humanizeDuration }}. Check the queues in VCC. If callers wait, check routing and skills. If nobody waits, use the time for training or breaks.',
    dashboard: 'vcc-floor',
  }),
  freeForLong('VccTeamIdleAgents', 'vcc_team_agents_available_longer_than', 'team', {
    about:
      'Many agents of a team have been free for longer than `longer_than`. Needs a roster (`VCC_ROSTER`).',
    summary:
      '{{ $value }} agents of team {{ or $labels.team "(none)" }} ({{ $labels.account }}) have been free for longer than {{ $labels.seconds | humanizeDuration }}',
    description:
      '{{ $value }} agents of team {{ or $labels.team "(none)" }} have been free for longer than {{ $labels.seconds | humanizeDuration }}. If other teams are busy, move agents there. If not, check the routing of the team.',
    dashboard: 'vcc-team',
  }),
  alert({
    name: 'VccReadyShareLow',
    about:
      'Fewer than `share` of the agents on shift are Ready for calls, and at least `of_at_least` agents are on shift.',
    audience,
    severity,
    scope: 'account',
    dashboard: 'vcc-floor',
    kinds: { share: 'share', of_at_least: 'number' },
    summary:
      'Only {{ $value | humanizePercentage }} of the agents of {{ $labels.account }} are Ready for calls',
    description:
      'For at least $for, too few of the agents on shift in {{ $labels.account }} have been Ready for calls. Now {{ $value | humanizePercentage }} of them are Ready. Ask agents to come back, or spread breaks.',
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
    'Ask the agents to end wrap-up, or why it takes long.',
  ),
  lastsTooLong(
    'VccRingTooLong',
    'Ringing',
    'ringing',
    'Check that the agents are at their desks and that their phones ring.',
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
    'At some scrape within the last `within`, many interactions were Unexpected for the same reason. The usual reason is NoAnswer.',
    'The presence of their agents is still Ready, but VCC sends them no calls until they choose Ready again. Ask them to do so, and check their phones and network.',
  ),
  atOnce(
    'VccFailedInteractions',
    'Failed',
    'At some scrape within the last `within`, many interactions were Failed for the same reason.',
    "Check phones, network and Vonage's status page.",
  ),
];

interface Texts {
  about: string;
  summary: string;
  description: string;
  dashboard: string;
}

/**
 * Returns the condition that `count` is at least `least`, and at least `share` of `base`. An alert
 * about a single agent would fire more often on a larger floor. `own` are the labels that `base`
 * does not have.
 */
function enough(count: string, least: number, base: string, share: number, own: readonly string[]): string {
  const part = `${count}\n  / ignoring (${own.join(', ')}) group_left () ${base}`;
  return `${count} >= ${least}\nand ${part} >= ${share}`;
}

/**
 * Declares an alert about free agents. The share is of the account's agents on shift, or of the
 * team's agents logged in.
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
    about: `Many agents have been ${presence} for longer than \`longer_than\`, but no longer than \`forgotten_after\`.`,
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
    description: `{{ $value }} agents of {{ $labels.account }} have been ${presence} for longer than {{ $labels.seconds | humanizeDuration }}. Ask them to come back. Ask agents who have left to log out.`,
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
    about: `Many interactions have been ${words} for longer than \`longer_than\`.`,
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
    summary: `Up to {{ $value }} interactions of {{ $labels.account }} were ${state} at once: {{ or $labels.reason "no reason given" }}`,
    description: `Up to {{ $value }} interactions of {{ $labels.account }} were in the state ${state} at once. Their reason: {{ or $labels.reason "none" }}. ${what}`,
    // The state may end between two scrapes, so use the highest count.
    expr({ interactions, share, within }, ask, common) {
      const most = `max_over_time(${ask.select('vcc_interactions_by_reason', `state="${state}"`)}[${within.text}])`;
      return enough(most, interactions, onShift(ask, common), share, ['state', 'reason']);
    },
  });
}

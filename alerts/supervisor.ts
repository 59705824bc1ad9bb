import { type Alert, alert, type Select } from './alert.ts';

const audience = 'supervisor';
const severity = 'warning';
const loggedIn = (select: Select) =>
  `sum without (presence) (${select('vcc_agents', 'presence!="LoggedOut"')})`;
const loggedInOfTeam = (select: Select) =>
  `sum without (presence) (${select('vcc_team_agents', 'presence!="LoggedOut"')})`;

/** Ready agents, without those who are Ready for outbound or offline work: they get no calls. */
const routable = (select: Select) =>
  [
    `sum without (presence) (${select('vcc_agents', 'presence="Ready"')})`,
    `  - sum without (activity) (${select('vcc_agents_by_activity', 'activity="ready_not_routable"')})`,
  ].join('\n');

/** What the agents do: for those who lead them. */
export const supervisorAlerts: readonly Alert[] = [
  alert({
    name: 'VccNobodyReady',
    about:
      'At least N agents (`of_at_least`) are logged in, and nobody is Ready for calls: no call can be taken. Agents who are Ready but not eligible for routing do not count as Ready.',
    audience,
    severity: 'critical',
    scope: 'account',
    dashboard: 'vcc-floor',
    kinds: { of_at_least: 'number' },
    summary: 'Nobody is Ready for calls in {{ $labels.account }}',
    description:
      'Agents of {{ $labels.account }} are logged in, and none is Ready and eligible for routing, or at work.',
    expr: ({ of_at_least }, select) =>
      `(${routable(select)}) == 0\nand ${loggedIn(select)} >= ${of_at_least}`,
  }),
  alert({
    name: 'VccNobodyFree',
    about:
      'For all of this time (`within`) no agent was free, with at least N agents (`of_at_least`) Ready: each new call had to wait. In a busy hour that is the aim, so it is for information.',
    audience,
    severity: 'info',
    scope: 'account',
    dashboard: 'vcc-floor',
    kinds: { of_at_least: 'number', within: 'duration' },
    objection: ({ within }) =>
      within.seconds < 60
        ? { key: 'within', expected: 'at least 1m, and three scrape intervals' }
        : undefined,
    summary: 'No agent of {{ $labels.account }} has been free for minutes',
    description:
      'Every agent of {{ $labels.account }} who can take calls has been busy in each snapshot of the last minutes. New calls wait; agent-status does not say how many.',
    // A scrape may have failed in between. At least two must have succeeded: one moment without a free agent is nothing.
    expr: ({ of_at_least, within }, select) =>
      [
        `max_over_time(${select('vcc_agents_available')}[${within.text}]) == 0`,
        `and count_over_time(${select('vcc_agents_available')}[${within.text}]) >= 2`,
        `and (${routable(select)}) >= ${of_at_least}`,
      ].join('\n'),
  }),
  manyForLong('VccIdleAgents', {
    about:
      'Many agents of an account have been free for longer than this: Ready, eligible for routing, and nothing in hand.',
    words:
      'agents of {{ $labels.account }} have been free for longer than {{ $labels.seconds | humanizeDuration }}',
    description:
      '{{ $value }} agents of {{ $labels.account }} are Ready and eligible for routing, and have had nothing in hand for longer than {{ $labels.seconds | humanizeDuration }}.',
    dashboard: 'vcc-floor',
    counted: 'agents',
    metric: 'vcc_agents_available_longer_than',
  }),
  manyForLong('VccTeamIdleAgents', {
    about: 'Many agents of a team have been free for longer than this. Needs a roster (VCC_ROSTER).',
    words:
      'agents of team {{ $labels.team }} ({{ $labels.account }}) have been free for longer than {{ $labels.seconds | humanizeDuration }}',
    description:
      '{{ $value }} agents of team {{ $labels.team }} are Ready and eligible for routing, and have had nothing in hand for longer than {{ $labels.seconds | humanizeDuration }}.',
    dashboard: 'vcc-team',
    counted: 'agents',
    metric: 'vcc_team_agents_available_longer_than',
    scope: 'team',
  }),
  alert({
    name: 'VccReadyShareLow',
    about:
      'Less than this share of the agents logged in is Ready, of at least N (`of_at_least`). Agents who are Ready but not eligible for routing do not count as Ready.',
    audience,
    severity,
    scope: 'account',
    dashboard: 'vcc-floor',
    kinds: { share: 'share', of_at_least: 'number' },
    summary: 'Only {{ $value | humanizePercentage }} of {{ $labels.account }} are Ready for calls',
    description:
      'Of the agents logged in to {{ $labels.account }} {{ $value | humanizePercentage }} are Ready for calls. The others are away, or not eligible for routing.',
    expr: ({ share, of_at_least }, select) =>
      [
        `(${routable(select)})`,
        `  / ${loggedIn(select)} < ${share}`,
        `and ${loggedIn(select)} >= ${of_at_least}`,
      ].join('\n'),
  }),
  awayTooLong('VccAwayTooLong', 'Away'),
  awayTooLong('VccExtendedAwayTooLong', 'ExtendedAway'),
  lastsTooLong('VccWrapTooLong', 'Wrap', 'Many wrap-ups last longer than this.', 'in wrap-up'),
  lastsTooLong(
    'VccRingTooLong',
    'Ringing',
    'Many interactions have been ringing at an agent for longer than this.',
    'ringing',
  ),
  lastsTooLong(
    'VccConnectedVeryLong',
    'Connected',
    'Many interactions have been connected for longer than this.',
    'connected',
  ),
  atOnce(
    'VccRingNoAnswer',
    'Unexpected',
    'At least N agents (`at_once`) at once were in the state Unexpected for the same reason (NoAnswer, above all), within this time.',
  ),
  atOnce(
    'VccFailedInteractions',
    'Failed',
    'At least N interactions (`at_once`) at once had failed for the same reason, within this time.',
  ),
];

/**
 * At least so many, and at least so large a share of the agents logged in, for longer than a bound. An alert about the one
 * who has been so longest would fire the more, the larger the floor is.
 */
function manyForLong<const Counted extends 'agents' | 'interactions'>(
  name: `Vcc${string}`,
  {
    words,
    counted,
    metric,
    matchers,
    scope = 'account',
    ...texts
  }: {
    about: string;
    /** What follows the number in the summary. */
    words: string;
    description: string;
    dashboard: string;
    counted: Counted;
    metric: string;
    matchers?: string;
    scope?: 'account' | 'team';
  },
): Alert {
  const kinds = { [counted]: 'number', share: 'share', longer_than: 'bound' } as const;
  return alert({
    ...texts,
    name,
    audience,
    severity,
    scope,
    kinds,
    summary: `{{ $value }} ${words}`,
    expr({ [counted]: least, share, longer_than }, select) {
      const all = [matchers, `seconds="${longer_than.seconds}"`].filter((each) => each !== undefined);
      const label = matchers?.split('=')[0];
      const count = select(metric, all.join(', '));
      const others = ['seconds', ...(label ? [label] : [])].join(', ');
      return [
        `${count} >= ${least}`,
        `and ignoring (${others}) ${count}`,
        `  / ignoring (${others}) ${scope === 'team' ? loggedInOfTeam(select) : loggedIn(select)} >= ${share}`,
      ].join('\n');
    },
  });
}

function awayTooLong(name: `Vcc${string}`, presence: string): Alert {
  return manyForLong(name, {
    about: `Many agents have been ${presence} for longer than this.`,
    words: `agents of {{ $labels.account }} have been ${presence} for longer than {{ $labels.seconds | humanizeDuration }}`,
    description: `{{ $value }} agents of {{ $labels.account }} have been ${presence} for longer than {{ $labels.seconds | humanizeDuration }}. That is at least the share of the agents logged in that the threshold needs.`,
    dashboard: 'vcc-floor',
    counted: 'agents',
    metric: 'vcc_agents_longer_than',
    matchers: `presence="${presence}"`,
  });
}

function lastsTooLong(name: `Vcc${string}`, state: string, about: string, words: string): Alert {
  return manyForLong(name, {
    about,
    words: `interactions of {{ $labels.account }} have been ${words} for longer than {{ $labels.seconds | humanizeDuration }}`,
    description: `{{ $value }} interactions of {{ $labels.account }} have been ${words} for longer than {{ $labels.seconds | humanizeDuration }}. They are at least the share of the agents logged in that the threshold needs.`,
    dashboard: 'vcc-interactions',
    counted: 'interactions',
    metric: 'vcc_interactions_longer_than',
    matchers: `state="${state}"`,
  });
}

function atOnce(name: `Vcc${string}`, state: string, about: string): Alert {
  return alert({
    name,
    about,
    audience,
    severity,
    scope: 'account',
    dashboard: 'vcc-interactions',
    kinds: { at_once: 'number', within: 'duration' },
    summary: `{{ $value }} interactions of {{ $labels.account }} are ${state}: {{ or $labels.reason "no reason given" }}`,
    description: `Up to {{ $value }} interactions of {{ $labels.account }} at once were in the state ${state} with the reason {{ or $labels.reason "none" }}.`,
    // They come and go between scrapes.
    expr: ({ at_once, within }, select) =>
      `max_over_time(${select('vcc_interactions_by_reason', `state="${state}"`)}[${within.text}]) >= ${at_once}`,
  });
}

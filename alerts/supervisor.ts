import { toLe } from '../src/catalogue/metric.ts';
import { alert, type Select, type Thresholds } from './alert.ts';

const audience = 'supervisor';
const severity = 'warning';
const loggedIn = (select: Select) =>
  `sum without (presence) (${select('vcc_agents', 'presence!="LoggedOut"')})`;
const ready = (select: Select) => `sum without (presence) (${select('vcc_agents', 'presence="Ready"')})`;

/** What the agents do: for those who lead them. */
export const supervisorAlerts = [
  alert({
    name: 'VccNobodyReady',
    about: 'At least so many agents are logged in, and nobody is Ready: no call can be taken.',
    audience,
    severity: 'critical',
    scope: 'account',
    dashboard: 'vcc-floor',
    kinds: { of_at_least: 'number' },
    summary: 'Nobody is Ready in {{ $labels.account }}',
    description: 'Agents of {{ $labels.account }} are logged in, and none is Ready.',
    expr: ({ of_at_least }, select) => `${ready(select)} == 0\nand ${loggedIn(select)} >= ${of_at_least}`,
  }),
  alert({
    name: 'VccNobodyFreeWhileRinging',
    about:
      'Inbound interactions ring and nobody is idle, in at least this share of the looks within this time.',
    audience,
    severity: 'critical',
    scope: 'account',
    dashboard: 'vcc-floor',
    kinds: { share: 'share', within: 'duration' },
    objection: ({ within }) =>
      within.seconds < 60
        ? { key: 'within', expected: 'at least 1m, and three scrape intervals' }
        : undefined,
    summary: 'It rings in {{ $labels.account }} and nobody is free',
    description:
      'Inbound interactions ring in {{ $labels.account }} while no agent is idle. Callers wait; the API does not tell how many.',
    // Ringing blinks from scrape to scrape, so that a plain `for` never gets there. Of all looks that fit, not of those that
    // found something: the first scrape of an exporter that has just started is not "all the time".
    expr({ share, within }, select) {
      const ringing = `sum without (medium, medium_manager, direction, state) (${select('vcc_interactions', 'direction="Inbound", state="Ringing"')})`;
      return [
        `count_over_time((${ringing} > 0)[${within.text}:15s]) / ${within.seconds / 15} >= ${share}`,
        `and max_over_time(${select('vcc_agents_idle')}[${within.text}:15s]) == 0`,
      ].join('\n');
    },
  }),
  alert({
    name: 'VccIdleAgents',
    about: 'At least so many agents of an account have been idle for longer than this.',
    audience,
    severity,
    scope: 'account',
    dashboard: 'vcc-floor',
    kinds: { agents: 'number', longer_than: 'duration' },
    histogram: 'vcc_idle_age_seconds',
    summary: '{{ $value }} agents of {{ $labels.account }} have been idle for long',
    description:
      '{{ $value }} agents of {{ $labels.account }} are Ready and have had nothing to do for longer than the threshold.',
    expr: (thresholds, select) => idleLongerThan(select, 'vcc_idle_age_seconds', thresholds),
  }),
  alert({
    name: 'VccIdleTooLong',
    about: 'The longest idle agent of an account has been idle for longer than this.',
    audience,
    severity,
    scope: 'account',
    dashboard: 'vcc-floor',
    kinds: { longer_than: 'duration' },
    summary: 'An agent of {{ $labels.account }} has been idle for {{ $value | humanizeDuration }}',
    description:
      'The longest idle agent of {{ $labels.account }} has had nothing to do for {{ $value | humanizeDuration }}.',
    expr: ({ longer_than }, select) =>
      longest(
        select('vcc_idle_oldest_since_timestamp_seconds'),
        longer_than.seconds,
        select('vcc_agents_idle'),
      ),
  }),
  alert({
    name: 'VccTeamIdleAgents',
    about:
      'At least so many agents of a team have been idle for longer than this. Needs a roster (VCC_ROSTER).',
    audience,
    severity,
    scope: 'team',
    dashboard: 'vcc-team',
    kinds: { agents: 'number', longer_than: 'duration' },
    histogram: 'vcc_team_idle_age_seconds',
    summary: '{{ $value }} agents of team {{ $labels.team }} ({{ $labels.account }}) have been idle for long',
    description:
      '{{ $value }} agents of team {{ $labels.team }} are Ready and have had nothing to do for longer than the threshold.',
    expr: (thresholds, select) => idleLongerThan(select, 'vcc_team_idle_age_seconds', thresholds),
  }),
  alert({
    name: 'VccTeamIdleTooLong',
    about:
      'The longest idle agent of a team has been idle for longer than this. Needs a roster (VCC_ROSTER).',
    audience,
    severity,
    scope: 'team',
    dashboard: 'vcc-team',
    kinds: { longer_than: 'duration' },
    summary:
      'An agent of team {{ $labels.team }} ({{ $labels.account }}) has been idle for {{ $value | humanizeDuration }}',
    description:
      'The longest idle agent of team {{ $labels.team }} has had nothing to do for {{ $value | humanizeDuration }}.',
    expr: ({ longer_than }, select) =>
      longest(
        select('vcc_team_idle_oldest_since_timestamp_seconds'),
        longer_than.seconds,
        select('vcc_team_agents_idle'),
      ),
  }),
  alert({
    name: 'VccAvailableShareLow',
    about: 'Less than this share of those logged in is Ready, of at least so many agents.',
    audience,
    severity,
    scope: 'account',
    dashboard: 'vcc-floor',
    kinds: { share: 'share', of_at_least: 'number' },
    summary: 'Only {{ $value | humanizePercentage }} of {{ $labels.account }} are Ready',
    description:
      'Of the agents logged in to {{ $labels.account }} {{ $value | humanizePercentage }} are Ready; the others are away.',
    expr: ({ share, of_at_least }, select) =>
      [
        `${ready(select)}`,
        `  / ${loggedIn(select)} < ${share}`,
        `and ${loggedIn(select)} >= ${of_at_least}`,
      ].join('\n'),
  }),
  awayTooLong('VccAwayTooLong', 'Away'),
  awayTooLong('VccExtendedAwayTooLong', 'ExtendedAway'),
  lastsTooLong('VccWrapTooLong', 'Wrap', 'The longest wrap-up lasts longer than this.', 'in wrap-up'),
  lastsTooLong(
    'VccRingTooLong',
    'Ringing',
    'An agent’s interaction has been ringing for longer than this.',
    'ringing',
  ),
  lastsTooLong(
    'VccConnectedVeryLong',
    'Connected',
    'An interaction has been connected for longer than this.',
    'connected',
  ),
  atOnce(
    'VccRingNoAnswer',
    'Unexpected',
    'At least so many agents at once were in the state Unexpected for the same reason (NoAnswer, above all), within this time.',
  ),
  atOnce(
    'VccFailedInteractions',
    'Failed',
    'At least so many interactions at once had failed for the same reason, within this time.',
  ),
];

/** All in a histogram without those up to a bound. */
function idleLongerThan(
  select: Select,
  metric: string,
  { agents, longer_than }: Thresholds<{ agents: 'number'; longer_than: 'duration' }>,
): string {
  return [
    select(`${metric}_gcount`),
    `  - ignoring (le) ${select(`${metric}_bucket`, `le="${toLe(longer_than.seconds)}"`)} >= ${agents}`,
  ].join('\n');
}

/** Where samples are pushed, a `since` stays for five minutes after its group is empty: ask whether anybody is in it. */
function longest(since: string, seconds: number, inIt: string): string {
  return `time() - ${since} > ${seconds}\nand ${inIt} > 0`;
}

function awayTooLong(name: `Vcc${string}`, presence: string) {
  return alert({
    name,
    about: `An agent has been ${presence} for longer than this.`,
    audience,
    severity,
    scope: 'account',
    dashboard: 'vcc-floor',
    kinds: { longer_than: 'duration' },
    summary: `An agent of {{ $labels.account }} has been ${presence} for {{ $value | humanizeDuration }}`,
    description: `The agent of {{ $labels.account }} who has been ${presence} longest has been so for {{ $value | humanizeDuration }}.`,
    expr({ longer_than }, select) {
      const matcher = `presence="${presence}"`;
      const since = select('vcc_presence_oldest_since_timestamp_seconds', matcher);
      return longest(since, longer_than.seconds, select('vcc_agents', matcher));
    },
  });
}

function lastsTooLong(name: `Vcc${string}`, state: string, about: string, words: string) {
  return alert({
    name,
    about,
    audience,
    severity,
    scope: 'account',
    dashboard: 'vcc-interactions',
    kinds: { longer_than: 'duration' },
    summary: `An interaction of {{ $labels.account }} has been ${words} for {{ $value | humanizeDuration }}`,
    description: `The oldest interaction ${words} in {{ $labels.account }} has been so for {{ $value | humanizeDuration }}.`,
    expr({ longer_than }, select) {
      const matcher = `state="${state}"`;
      const since = select('vcc_interaction_oldest_since_timestamp_seconds', matcher);
      const inIt = `sum without (reason) (${select('vcc_interactions_by_reason', matcher)})`;
      return longest(since, longer_than.seconds, inIt);
    },
  });
}

function atOnce(name: `Vcc${string}`, state: string, about: string) {
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

import { type AlertSettings, thresholdOf, toWords } from '../alerts/settings.ts';
import { activityColours, presenceColours, stateColours } from './colours.ts';
import { percent, toDashboard } from './dashboard.ts';
import { bars, lines, type Step, stat } from './panels.ts';
import { dataAge, longest, missingAccounts, once, total } from './promql.ts';
import {
  abandonedShare,
  abandonedSteps,
  freeBeside,
  longestWaitOfAll,
  serviceLevel,
  serviceSteps,
  waiting,
  waitSteps,
} from './queue-numbers.ts';

const nobody = { 0: { text: 'nobody', colour: 'green' } };
const nothing = { 0: { text: 'none', colour: 'green' } };

/**
 * Returns steps that are orange from a threshold of an alert. They are never red, because the alert
 * has more conditions: a number of agents, and a share of the agents on shift.
 */
export function fromBound(bound: number): Step[] {
  return [
    [null, 'green'],
    [bound, 'orange'],
  ];
}

/** The colours of a number of free agents. */
const freeSteps: readonly Step[] = [
  [null, 'red'],
  [1, 'orange'],
  [3, 'green'],
];

/** The text of an empty panel whose metric needs a bound in VCC_AGE_BOUNDS. */
export const noBound = (seconds: number) => `VCC_AGE_BOUNDS lacks ${seconds}, or no data`;

/** Returns the longest time that an agent has been in a presence. */
export function longestPresence(presence: string): string {
  const matcher = `presence="${presence}"`;
  return longest(once('vcc_presence_oldest_since_timestamp_seconds', matcher), once('vcc_agents', matcher));
}

/** Returns the longest time that an interaction has been in a state. */
export function longestInteraction(state: string): string {
  const matcher = `state="${state}"`;
  const since = once('vcc_interaction_oldest_since_timestamp_seconds', matcher);
  return longest(since, total('vcc_interactions_by_reason', matcher, 'account', 'state'));
}

/** The longest time that an agent has been free. */
export const longestFree = longest(
  once('vcc_available_oldest_since_timestamp_seconds'),
  once('vcc_agents_available'),
);

/** Ready agents, without idle agents who are not eligible for routing. */
const routable = `(${total('vcc_agents', 'presence="Ready"')} - ${total('vcc_agents_by_activity', 'activity="ready_not_routable"')})`;

/** Returns the dashboard for a screen on the wall, with large numbers and no names. */
export function floorDashboard(settings: AlertSettings) {
  const limit = (name: `Vcc${string}`, key: string) => thresholdOf(settings, name, key);
  const share = limit('VccReadyShareLow', 'share');
  const loggedIn = total('vcc_agents', 'presence!="LoggedOut"');
  return toDashboard(settings, {
    uid: 'vcc-floor',
    title: 'Contact centre / Floor',
    description:
      'What all agents are doing now, for a screen on the wall. It shows no names of agents. With VCC_QUEUES, the last line shows who waits in the queues.',
    tag: 'floor',
    sections: [
      {
        title: 'Now',
        panels: [
          stat({
            title: 'Free now',
            description:
              'Agents who are Ready, eligible for routing, and have no workload and no interaction (not even in wrap-up). They can take the next call. Red if agents are logged in and nobody is free: the next caller waits. If the API does not return eligibility, all Ready agents without workload and interaction count.',
            width: 4,
            height: 5,
            decimals: 0,
            noValue: 'nobody logged in, or no data',
            background: true,
            steps: freeSteps,
            queries: [{ expr: `${total('vcc_agents_available')} and on () ${loggedIn} > 0` }],
          }),
          stat({
            title: 'Longest free',
            description: `The longest time that an agent of the chosen accounts has been free. May include the last wrap-up. Orange from ${toWords(limit('VccIdleAgents', 'longer_than'))}, the time limit of VccIdleAgents.`,
            width: 4,
            height: 5,
            unit: 'dthms',
            background: true,
            meanings: nobody,
            steps: fromBound(limit('VccIdleAgents', 'longer_than')),
            queries: [{ expr: longestFree }],
          }),
          stat({
            title: 'Longest away',
            description: `The longest time that an agent has been Away (not ExtendedAway). Orange from ${toWords(limit('VccAwayTooLong', 'longer_than'))}, the time limit of VccAwayTooLong.`,
            width: 4,
            height: 5,
            unit: 'dthms',
            background: true,
            meanings: nobody,
            steps: fromBound(limit('VccAwayTooLong', 'longer_than')),
            queries: [{ expr: longestPresence('Away') }],
          }),
          stat({
            title: 'Longest ringing',
            description: `The longest time that an interaction has been ringing at an agent. Orange from ${toWords(limit('VccRingTooLong', 'longer_than'))}, the time limit of VccRingTooLong. A scrape may miss calls that ring for less than the scrape interval.`,
            width: 4,
            height: 5,
            unit: 'dthms',
            background: true,
            meanings: nothing,
            steps: fromBound(limit('VccRingTooLong', 'longer_than')),
            queries: [{ expr: longestInteraction('Ringing') }],
          }),
          stat({
            title: 'Ready share',
            description:
              'The share of the logged-in agents who are Ready, busy or not. Ready agents without workload and interaction who are not eligible for routing do not count. Red below the threshold of VccReadyShareLow.',
            width: 4,
            height: 5,
            unit: 'percentunit',
            decimals: 0,
            noValue: 'nobody logged in, or no data',
            background: true,
            steps: [
              [null, 'red'],
              [share, 'orange'],
              [2 * share, 'green'],
            ],
            queries: [{ expr: `${routable} / (${loggedIn} > 0)` }],
          }),
          stat({
            title: 'Data age',
            description:
              'The age of the last good snapshot, for the account with the oldest one. Red from the threshold of VccDataStale: the numbers are out of date.',
            width: 4,
            height: 5,
            unit: 'dthms',
            background: true,
            steps: [
              [null, 'green'],
              [limit('VccDataStale', 'older_than') / 2, 'orange'],
              [limit('VccDataStale', 'older_than'), 'red'],
            ],
            queries: [{ expr: `max(${dataAge(settings)})` }],
          }),
          stat({
            title: 'Ready',
            description: 'Agents whose presence is Ready, busy or not.',
            width: 4,
            height: 3,
            queries: [{ expr: total('vcc_agents', 'presence="Ready"') }],
          }),
          stat({
            title: 'Handling work',
            description:
              'Agents who work now: ringing, connected, in wrap-up, or with other workload. Agents with an Unexpected or Failed interaction do not count.',
            width: 4,
            height: 3,
            queries: [
              {
                expr: total('vcc_agents_by_activity', 'activity=~"ringing|connected|wrap|working"'),
              },
            ],
          }),
          stat({
            title: 'Away, extended away',
            description: 'Agents whose presence is Away or ExtendedAway.',
            width: 4,
            height: 3,
            queries: [{ expr: total('vcc_agents', 'presence=~"Away|ExtendedAway"') }],
          }),
          stat({
            title: 'Ringing',
            description: 'Interactions that are ringing at an agent now.',
            width: 4,
            height: 3,
            queries: [{ expr: total('vcc_interactions_by_reason', 'state="Ringing"') }],
          }),
          stat({
            title: 'Logged in',
            description: 'Agents whose presence is not LoggedOut.',
            width: 4,
            height: 3,
            queries: [{ expr: loggedIn }],
          }),
          stat({
            title: 'Accounts missing',
            description:
              'Accounts that had samples in the last day (`remember` in the thresholds) and cannot be read now. The numbers do not include their agents. The dashboard Exporter shows the reason. An account that you remove from the configuration may count for some minutes, and for a day if you remove its whole exporter.',
            width: 4,
            height: 3,
            background: true,
            steps: [
              [null, 'green'],
              [1, 'red'],
            ],
            queries: [{ expr: missingAccounts(settings) }],
          }),
        ],
      },
      {
        title: 'Trends and details',
        panels: [
          lines({
            title: 'Agents by presence',
            description: 'Logged-in agents, stacked by presence. A gap is a time without data.',
            width: 12,
            height: 7,
            stacked: true,
            colours: presenceColours,
            queries: [
              { expr: total('vcc_agents', 'presence!="LoggedOut"', 'presence'), legend: '{{presence}}' },
            ],
          }),
          bars({
            title: 'Why people are away',
            description:
              'Agents who are Away or ExtendedAway, by the description that the account\'s admin gave to the presence. If there are more descriptions than VCC_MAX_DESCRIPTIONS, "other" is the sum of the rest.',
            width: 6,
            height: 7,
            noValue: 'nobody is away, or no data',
            queries: [
              {
                expr: `sort_desc(${total('vcc_agents_by_description', 'presence=~"Away|ExtendedAway"', 'description')} > 0)`,
                legend: '{{description}}',
              },
            ],
          }),
          bars({
            title: 'Interactions by state',
            description:
              'The interactions of all agents now. An agent with an Unexpected or Failed interaction gets no other work. The dashboard Interactions shows the reasons.',
            width: 6,
            height: 7,
            colours: stateColours,
            queries: [
              {
                expr: `sort_desc(${total('vcc_interactions_by_reason', '', 'state')})`,
                legend: '{{state}}',
              },
            ],
          }),
          lines({
            title: 'What everybody is doing',
            description:
              'Logged-in agents by activity. Each agent has one. "idle": free for the next call. "ready_not_routable": Ready for outbound or offline work only. "unexpected" and "failed": the agent needs help.',
            width: 12,
            height: 7,
            stacked: true,
            colours: activityColours,
            queries: [
              {
                expr: total('vcc_agents_by_activity', 'activity!="logged_out"', 'activity'),
                legend: '{{activity}}',
              },
            ],
          }),
          lines({
            title: 'Free for long, by account',
            noValue: noBound(limit('VccIdleAgents', 'longer_than')),
            description: `Agents of each account who have been free for longer than ${toWords(limit('VccIdleAgents', 'longer_than'))}. VccIdleAgents fires from the dashed line, if these agents are also at least ${percent(limit('VccIdleAgents', 'share'))} of the account's agents on shift.`,
            width: 12,
            height: 7,
            steps: [
              [null, 'transparent'],
              [limit('VccIdleAgents', 'agents'), 'red'],
            ],
            queries: [
              {
                expr: total(
                  'vcc_agents_available_longer_than',
                  `seconds="${limit('VccIdleAgents', 'longer_than')}"`,
                  'account',
                ),
                legend: '{{account}}',
              },
            ],
          }),
          // The last panel: where it is invisible, it moves no other.
          stat({
            title: '',
            description:
              'The queues of the chosen accounts; only with VCC_QUEUES. "Service level" and "Abandoned": of those who left a queue within the sliding window (VCC_QUEUE_WINDOW). "Free agents": of the accounts whose queues are read. The dashboard Queues explains the numbers.',
            width: 24,
            height: 4,
            steps: [[null, 'blue']],
            background: true,
            invisible: true,
            queries: [
              { legend: 'Waiting in queues', expr: waiting('') },
              {
                legend: 'Longest wait',
                expr: longestWaitOfAll(''),
                unit: 'dthms',
                meanings: nobody,
                steps: waitSteps(settings),
              },
              {
                legend: 'Service level',
                expr: serviceLevel(''),
                unit: 'percentunit',
                decimals: 0,
                steps: serviceSteps(settings),
              },
              {
                legend: 'Abandoned',
                expr: abandonedShare(''),
                unit: 'percentunit',
                decimals: 0,
                steps: abandonedSteps,
              },
              { legend: 'Free agents', expr: freeBeside, steps: freeSteps },
            ],
          }),
        ],
      },
    ],
  });
}

import { type AlertSettings, thresholdOf, toWords } from '../alerts/settings.ts';
import { activityColours, presenceColours, stateColours } from './colours.ts';
import { toDashboard } from './dashboard.ts';
import { bars, lines, type Step, stat } from './panels.ts';
import { dataAge, longest, missingAccounts, once, total } from './promql.ts';

const nobody = { 0: { text: 'nobody', colour: 'green' } };
const nothing = { 0: { text: 'none', colour: 'green' } };

/**
 * Orange from a number of an alert on. Never red: the alert needs more, as a share of the agents on
 * shift, or several of them.
 */
export function fromBound(bound: number): Step[] {
  return [
    [null, 'green'],
    [bound, 'orange'],
  ];
}

/** What a panel says whose count may be missing since the exporter has other bounds. */
export const noBound = (seconds: number) => `No bound of ${seconds} s in VCC_AGE_BOUNDS, or no data`;

/** How long agents have been in a presence. */
export function longestPresence(presence: string): string {
  const matcher = `presence="${presence}"`;
  return longest(once('vcc_presence_oldest_since_timestamp_seconds', matcher), once('vcc_agents', matcher));
}

/** How long interactions have been in a state. */
export function longestInteraction(state: string): string {
  const matcher = `state="${state}"`;
  const since = once('vcc_interaction_oldest_since_timestamp_seconds', matcher);
  return longest(since, total('vcc_interactions_by_reason', matcher, 'account', 'state'));
}

/** How long the longest free agent has been free. */
export const longestFree = longest(
  once('vcc_available_oldest_since_timestamp_seconds'),
  once('vcc_agents_available'),
);

/** Ready agents, without those who are not eligible for routing. */
const routable = `(${total('vcc_agents', 'presence="Ready"')} - ${total('vcc_agents_by_activity', 'activity="ready_not_routable"')})`;

/** For a screen on the wall: large numbers, no names. */
export function floorDashboard(settings: AlertSettings) {
  const limit = (name: `Vcc${string}`, key: string) => thresholdOf(settings, name, key);
  const share = limit('VccReadyShareLow', 'share');
  const loggedIn = total('vcc_agents', 'presence!="LoggedOut"');
  return toDashboard(settings, {
    uid: 'vcc-floor',
    title: 'Contact center / Floor',
    description:
      'What all agents are doing now, for a screen on the wall: no names. agent-status knows agents, not queues: no queue length, waiting time, service level or abandoned calls.',
    tag: 'floor',
    sections: [
      {
        title: 'Now',
        panels: [
          stat({
            title: 'Free now',
            description:
              'Agents who are Ready, eligible for routing, and have no workload and no interaction (wrap-up is one): they can take the next call. Red at 0 while somebody is logged in: the next caller waits. If the API leaves out eligibility, all idle agents.',
            width: 4,
            height: 5,
            decimals: 0,
            noValue: 'nobody, or no data',
            background: true,
            steps: [
              [null, 'red'],
              [1, 'orange'],
              [3, 'green'],
            ],
            queries: [{ expr: `${total('vcc_agents_available')} and on () ${loggedIn} > 0` }],
          }),
          stat({
            title: 'Longest free',
            description: `How long the longest free agent has had nothing in hand, of all chosen accounts. Orange from ${toWords(limit('VccIdleAgents', 'longer_than'))} on, the bound of VccIdleAgents. May be too long by the last wrap-up.`,
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
            description: `The longest that an agent has been Away (not ExtendedAway). Orange from ${toWords(limit('VccAwayTooLong', 'longer_than'))} on, the bound of VccAwayTooLong.`,
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
            description: `How long the oldest interaction has been ringing at an agent. Orange from ${toWords(limit('VccRingTooLong', 'longer_than'))} on, the bound of VccRingTooLong. Snapshots miss what rings for a shorter time than they are apart.`,
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
              'Of the agents logged in, the share that is Ready for calls, busy or not. Agents who are Ready but not eligible for routing do not count. Red below VccReadyShareLow.',
            width: 4,
            height: 5,
            unit: 'percentunit',
            decimals: 0,
            noValue: 'nobody, or no data',
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
              'How old the last good snapshot is, of the account with the oldest. Red from VccDataStale on: what stands here is history.',
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
            title: 'Working',
            description:
              'Agents with an interaction in hand: ringing, connected, in wrap-up, or workload without a listed interaction.',
            width: 4,
            height: 3,
            queries: [
              {
                expr: total('vcc_agents_by_activity', 'activity=~"ringing|connected|wrap|working"'),
              },
            ],
          }),
          stat({
            title: 'Away',
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
              'Chosen accounts that had samples in the last day (`remember` in the thresholds) and cannot be read now: their agents are in none of these numbers. The Exporter dashboard has the reason. An account that was taken out of the configuration does not count.',
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
        title: 'How it got there',
        panels: [
          lines({
            title: 'Agents by presence',
            description: 'Agents logged in, on top of each other by presence. A gap is a time without data.',
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
              'Agents who are Away or ExtendedAway, by the description that the account’s admin gave to it. "other" adds up those past VCC_MAX_DESCRIPTIONS.',
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
              'What agents have in hand now. Unexpected and Failed keep agents from work: the Interactions dashboard has the reasons.',
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
              'Agents logged in by the one thing they are doing. idle is free for the next call, ready_not_routable is Ready for outbound or offline work. unexpected and failed need help.',
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
            description: `Agents of each account who have been free for longer than ${toWords(limit('VccIdleAgents', 'longer_than'))}. From the dashed line on VccIdleAgents may fire.`,
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
        ],
      },
    ],
  });
}

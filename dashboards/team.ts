import { type AlertSettings, thresholdOf, toWords } from '../alerts/settings.ts';
import { presenceColours, workloadColours } from './colours.ts';
import { queryVariable, toDashboard } from './dashboard.ts';
import { fromBound, longestFree, longestPresence, noBound } from './floor.ts';
import { bars, lines, minutes, stat, states, words } from './panels.ts';
import { enough, longest, naming, once, select, total } from './promql.ts';
import { table } from './table.ts';

const noRoster = 'No teams: set VCC_ROSTER (docs/use/teams.md)';
const noAgents = 'No single agents: set VCC_AGENT_METRICS (docs/use/teams.md)';
const noTeam = '(no team)';
const team = 'team=~"$team"';
const agent = 'agent_id=~"$agent"';

/** The text and colour of each presence. */
const presences = Object.fromEntries(
  Object.entries(presenceColours).map(([text, colour]) => [text, { text, colour }]),
);

/** The number of each presence on the timeline. */
const presenceNumbers = ['LoggedOut', 'Ready', 'Away', 'ExtendedAway'] as const;

/** Returns the dashboard for team leaders. Teams need a roster; agents need VCC_AGENT_METRICS. */
export function teamDashboard(settings: AlertSettings) {
  const limit = (name: `Vcc${string}`, key: string) => thresholdOf(settings, name, key);
  const idleLimit = limit('VccIdleAgents', 'longer_than');
  const away = limit('VccAwayTooLong', 'longer_than');
  const extendedAway = limit('VccExtendedAwayTooLong', 'longer_than');
  return toDashboard(settings, {
    uid: 'vcc-team',
    title: 'Contact centre / Team',
    description:
      'For team leaders: which agents are in which presence, and for how long. Teams need a roster (VCC_ROSTER). Single agents need VCC_AGENT_METRICS. Without these settings, the panels are empty and name the setting.',
    tag: 'team',
    variables: [
      queryVariable('team', 'Team', 'label_values(vcc_team_agents{job=~"$job", account=~"$account"}, team)'),
      queryVariable(
        'agent',
        'Agent',
        'label_values(vcc_agent_presence{job=~"$job", account=~"$account"}, agent_id)',
      ),
    ],
    sections: [
      {
        title: 'The whole account',
        panels: [
          stat({
            title: 'Agents by presence',
            description: 'Agents of the chosen accounts now, by presence. Ignores the variable Team.',
            width: 6,
            height: 4,
            colours: presenceColours,
            queries: [{ expr: total('vcc_agents', '', 'presence'), legend: '{{presence}}' }],
          }),
          stat({
            title: 'Free for long',
            description: `Agents who have been free for longer than ${toWords(idleLimit)}, the time limit of VccIdleAgents. Orange when one account has enough of them for the alert to fire. Ignores the variable Team.`,
            width: 4,
            height: 4,
            noValue: noBound(idleLimit),
            background: true,
            alarm: enough(
              total('vcc_agents_available_longer_than', `seconds="${idleLimit}"`, 'account'),
              limit('VccIdleAgents', 'agents'),
              limit('VccIdleAgents', 'share'),
              settings,
            ),
            queries: [{ expr: total('vcc_agents_available_longer_than', `seconds="${idleLimit}"`) }],
          }),
          stat({
            title: 'Longest free',
            description:
              'The longest time that an agent has been free. May include the last wrap-up. Orange from the time limit of VccIdleAgents. Ignores the variable Team.',
            width: 4,
            height: 4,
            unit: 'dthms',
            background: true,
            meanings: { 0: { text: 'nobody', colour: 'green' } },
            steps: fromBound(idleLimit),
            queries: [{ expr: longestFree }],
          }),
          stat({
            title: 'Longest away',
            description:
              'The longest time that an agent has been Away (not ExtendedAway). Orange from the time limit of VccAwayTooLong. Ignores the variable Team.',
            width: 5,
            height: 4,
            unit: 'dthms',
            background: true,
            meanings: { 0: { text: 'nobody', colour: 'green' } },
            steps: fromBound(away),
            queries: [{ expr: longestPresence('Away') }],
          }),
          stat({
            title: 'Longest extended away',
            description:
              'The longest time that an agent has been ExtendedAway (lunch, meetings, training). Orange from the time limit of VccExtendedAwayTooLong. Ignores the variable Team.',
            width: 5,
            height: 4,
            unit: 'dthms',
            background: true,
            meanings: { 0: { text: 'nobody', colour: 'green' } },
            steps: fromBound(extendedAway),
            queries: [{ expr: longestPresence('ExtendedAway') }],
          }),
        ],
      },
      {
        title: 'By team',
        panels: [
          table({
            title: 'Teams',
            description:
              'Agents of each team now. The row "(no team)" counts agents without a team or not in the roster. "Away" includes ExtendedAway. "Longest free" is orange from the time limit of VccTeamIdleAgents. "Calls": live workload. "Chats, cases": semi-live and non-live workload.',
            width: 16,
            height: 9,
            noValue: noRoster,
            sortBy: 'Free',
            columns: [
              { title: 'Account', from: { label: 'account' }, width: 105 },
              { title: 'Team', from: { label: 'team' } },
              {
                title: 'Logged in',
                from: { expr: byTeam('vcc_team_agents', 'presence!="LoggedOut"') },
                width: 90,
              },
              { title: 'Ready', from: { expr: byTeam('vcc_team_agents', 'presence="Ready"') }, width: 75 },
              { title: 'Free', from: { expr: byTeam('vcc_team_agents_available') }, width: 75 },
              {
                title: 'Away',
                from: { expr: byTeam('vcc_team_agents', 'presence=~"Away|ExtendedAway"') },
                width: 75,
              },
              {
                title: 'Calls',
                from: { expr: byTeam('vcc_team_workload_interactions', 'workload="live"') },
                width: 75,
              },
              {
                title: 'Chats, cases',
                from: { expr: byTeam('vcc_team_workload_interactions', 'workload!="live"') },
                width: 100,
              },
              {
                title: 'Longest free',
                from: {
                  expr: naming(
                    longest(
                      once('vcc_team_available_oldest_since_timestamp_seconds', team),
                      once('vcc_team_agents_available', team),
                      'account',
                      'team',
                    ),
                    'team',
                    noTeam,
                  ),
                },
                unit: 'dthms',
                meanings: { 0: { text: 'nobody' } },
                steps: fromBound(limit('VccTeamIdleAgents', 'longer_than')),
                width: 110,
              },
            ],
          }),
          lines({
            title: 'Free agents by team',
            description:
              'Agents of each team who are Ready, eligible for routing, and have no workload and no interaction.',
            width: 8,
            height: 9,
            noValue: noRoster,
            queries: [
              {
                expr: naming(total('vcc_team_agents_available', team, 'team'), 'team', noTeam),
                legend: '{{team}}',
              },
            ],
          }),
        ],
      },
      {
        title: 'By agent',
        panels: [
          table({
            title: 'Agents',
            description:
              'Each logged-in agent, by id or by pseudonym (VCC_AGENT_METRICS). Ignores the variable Team. "% of limit": the time in presence as a percentage of the time limit of VccAwayTooLong or VccExtendedAwayTooLong. "Calls": live workload. "Chats": semi-live. "Cases": non-live.',
            width: 16,
            height: 12,
            noValue: noAgents,
            sortBy: '% of limit',
            columns: [
              { title: 'Account', from: { label: 'account' }, width: 105 },
              { title: 'Agent', from: { label: 'agent_id' }, width: 110 },
              { title: 'Presence', from: { label: 'presence' }, meanings: presences, width: 115 },
              { title: 'Description', from: { label: 'description' } },
              {
                title: 'Duration',
                from: { expr: lasting('presence!="LoggedOut"') },
                unit: 'dthms',
                width: 100,
              },
              {
                title: '% of limit',
                from: {
                  expr: `(${lasting('presence="Away"')}) / ${away} or (${lasting('presence="ExtendedAway"')}) / ${extendedAway}`,
                },
                unit: 'percentunit',
                decimals: 0,
                steps: fromBound(1),
                width: 110,
              },
              {
                title: 'Calls',
                from: { expr: ofAgents('vcc_agent_workload', 'workload="live"') },
                width: 65,
              },
              {
                title: 'Chats',
                from: { expr: ofAgents('vcc_agent_workload', 'workload="semi_live"') },
                width: 80,
              },
              {
                title: 'Cases',
                from: { expr: ofAgents('vcc_agent_workload', 'workload="non_live"') },
                width: 80,
              },
            ],
          }),
          states({
            title: 'Presence over time',
            description:
              'The presence of each chosen agent (VCC_AGENT_METRICS). Ignores the variable Team. Select a few agents at the top: with all agents the panel is too full.',
            width: 8,
            height: 12,
            noValue: noAgents,
            meanings: Object.fromEntries(
              presenceNumbers.map((name, index) => [index, { text: name, colour: presenceColours[name] }]),
            ),
            queries: [
              {
                expr: presenceNumbers
                  .map((name, index) => `${index} * ${ofAgent('vcc_agent_presence', `presence="${name}"`)}`)
                  .join(' or '),
                legend: '{{account}} {{agent_id}}',
              },
            ],
          }),
        ],
      },
      {
        title: 'Time in state',
        panels: [
          lines({
            title: 'Longest, by presence',
            description:
              'The longest time that an agent has been in each presence. Ignores the variable Team.',
            width: 8,
            height: 8,
            unit: minutes,
            colours: presenceColours,
            queries: [
              {
                expr: longest(
                  once('vcc_presence_oldest_since_timestamp_seconds', 'presence!="LoggedOut"'),
                  once('vcc_agents', 'presence!="LoggedOut"'),
                  'presence',
                ),
                legend: '{{presence}}',
              },
            ],
          }),
          lines({
            title: 'Median, by presence',
            description:
              'Half of the agents of an account have been in the presence for longer than this. Ignores the variable Team.',
            width: 8,
            height: 8,
            unit: minutes,
            queries: [
              {
                expr: longest(
                  once('vcc_presence_median_since_timestamp_seconds', 'presence!="LoggedOut"'),
                  once('vcc_agents', 'presence!="LoggedOut"'),
                  'account',
                  'presence',
                ),
                legend: '{{account}} {{presence}}',
              },
            ],
          }),
          lines({
            title: 'Median time free, by account',
            description:
              'Half of the free agents of an account have been free for longer than this. Ignores the variable Team.',
            width: 8,
            height: 8,
            unit: minutes,
            queries: [
              {
                expr: longest(
                  once('vcc_available_median_since_timestamp_seconds'),
                  once('vcc_agents_available'),
                  'account',
                ),
                legend: '{{account}}',
              },
            ],
          }),
          bars({
            title: 'Free for longer than',
            description:
              'Agents who have been free for longer than each time. A bar also counts the agents of all longer times. The times are `age_bounds` of the thresholds, and VCC_AGE_BOUNDS must have them. Ignores the variable Team.',
            width: 12,
            height: 9,
            many: true,
            noValue: 'VCC_AGE_BOUNDS has none of these times, or no data',
            queries: settings.ageBounds.map((seconds) => ({
              expr: total('vcc_agents_available_longer_than', `seconds="${seconds}"`),
              legend: toWords(seconds),
            })),
          }),
          lines({
            title: 'Agents with workload, by kind',
            description:
              'Agents with at least one live (calls), semi-live (chats) or non-live (cases, e-mails) interaction. An agent may have several kinds. Ignores the variable Team.',
            width: 12,
            height: 9,
            colours: workloadColours,
            queries: [{ expr: total('vcc_agents_with_workload', '', 'workload'), legend: '{{workload}}' }],
          }),
        ],
      },
      {
        title: 'What this cannot show',
        panels: [
          words({
            title: 'Limits',
            description: 'What the API does not report.',
            width: 24,
            height: 3,
            content:
              'A scrape sees only the current moment: with a 30 s interval, it sees about half of the calls that ring for 15 s. The dashboard Queues shows who waits (VCC_QUEUES). The free time may include the last wrap-up.',
          }),
        ],
      },
    ],
  });
}

const byTeam = (metric: string, matchers = '') =>
  naming(
    total(metric, [team, matchers].filter((each) => each !== '').join(', '), 'account', 'team'),
    'team',
    noTeam,
  );

/**
 * Adds the labels of the agent's presence, so that all columns of the table have the same rows. By
 * default it excludes agents who are logged out.
 */
function ofAgents(metric: string, matchers = '', presences = 'presence!="LoggedOut"'): string {
  const presence = select('vcc_agent_presence', `${agent}, ${presences}`);
  const rows = `max by (account, agent_id, presence, description) (${presence})`;
  return `${rows} * on (account, agent_id) group_left () ${ofAgent(metric, matchers)}`;
}

/** Returns how long each agent has been in one of these presences. */
const lasting = (presences: string) =>
  `${once('vcc_snapshot_timestamp_seconds')} - on (account) group_right () ${ofAgents('vcc_agent_presence_since_timestamp_seconds', '', presences)}`;

function ofAgent(metric: string, matchers = ''): string {
  const all = [agent, matchers].filter((each) => each !== '').join(', ');
  return `max by (account, agent_id) (${select(metric, all)})`;
}

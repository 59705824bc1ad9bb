import { type AlertSettings, thresholdOf, toWords } from '../alerts/settings.ts';
import { presenceColours, workloadColours } from './colours.ts';
import { queryVariable, toDashboard } from './dashboard.ts';
import { fromBound, longestFree, longestPresence, noBound } from './floor.ts';
import { bars, lines, minutes, stat, states, table, words } from './panels.ts';
import { enough, longest, naming, once, select, total } from './promql.ts';

const noRoster = 'No teams: set VCC_ROSTER (docs/use/teams.md)';
const noAgents = 'No single agents: set VCC_AGENT_METRICS (docs/use/teams.md)';
const noTeam = '(no team)';
const team = 'team=~"$team"';
const agent = 'agent_id=~"$agent"';

/** Each presence in its colour. */
const presences = Object.fromEntries(
  Object.entries(presenceColours).map(([text, colour]) => [text, { text, colour }]),
);

/** The number of each presence on the timeline. */
const presenceNumbers = ['LoggedOut', 'Ready', 'Away', 'ExtendedAway'] as const;

/** For who leads a team: by team where there is a roster, by agent where that was asked for. */
export function teamDashboard(settings: AlertSettings) {
  const limit = (name: `Vcc${string}`, key: string) => thresholdOf(settings, name, key);
  const idleLimit = limit('VccIdleAgents', 'longer_than');
  const away = limit('VccAwayTooLong', 'longer_than');
  const extendedAway = limit('VccExtendedAwayTooLong', 'longer_than');
  return toDashboard(settings, {
    uid: 'vcc-team',
    title: 'Contact center / Team',
    description:
      'For who leads a team: who is in which presence and for how long. Teams need a roster (VCC_ROSTER), the tables of agents VCC_AGENT_METRICS; where either is off, its panels say so.',
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
            description: 'Agents now, by presence, over the chosen accounts. Not limited to the chosen team.',
            width: 6,
            height: 4,
            colours: presenceColours,
            queries: [{ expr: total('vcc_agents', '', 'presence'), legend: '{{presence}}' }],
          }),
          stat({
            title: 'Free for long',
            description: `Agents who have been free for longer than ${toWords(idleLimit)}, the bound of VccIdleAgents. Not limited to the chosen team. Orange while so many of an account are that the alert fires.`,
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
              'How long the longest free agent has had nothing in hand. Not limited to the chosen team. Orange from the bound of VccIdleAgents on.',
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
              'The longest that anybody has been Away. Not limited to the chosen team. Orange from the bound of VccAwayTooLong on.',
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
              'The longest that anybody has been ExtendedAway (lunch, meetings, training). Not limited to the chosen team. Orange from the bound of VccExtendedAwayTooLong on.',
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
              'Agents of each team now. The row without a name is who is in no team, or not in the roster. Longest free is orange from the bound of VccTeamIdleAgents on.',
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
                title: 'Live',
                from: { expr: byTeam('vcc_team_workload_interactions', 'workload="live"') },
                width: 75,
              },
              {
                title: 'Other work',
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
            description: 'Agents of each team who are Ready, eligible for routing, and have nothing in hand.',
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
              'Each agent who is logged in. Only with VCC_AGENT_METRICS; by its id or, hashed, by a pseudonym. For is how long the agent has been in this presence. Of its limit is the share of what VccAwayTooLong or VccExtendedAwayTooLong allows.',
            width: 16,
            height: 12,
            noValue: noAgents,
            sortBy: 'Of its limit',
            columns: [
              { title: 'Account', from: { label: 'account' }, width: 105 },
              { title: 'Agent', from: { label: 'agent_id' }, width: 110 },
              { title: 'Presence', from: { label: 'presence' }, meanings: presences, width: 115 },
              { title: 'Description', from: { label: 'description' } },
              {
                title: 'For',
                from: { expr: lasting('presence!="LoggedOut"') },
                unit: 'dthms',
                width: 100,
              },
              {
                title: 'Of its limit',
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
                title: 'Semi-live',
                from: { expr: ofAgents('vcc_agent_workload', 'workload="semi_live"') },
                width: 80,
              },
              {
                title: 'Non-live',
                from: { expr: ofAgents('vcc_agent_workload', 'workload="non_live"') },
                width: 80,
              },
            ],
          }),
          states({
            title: 'Presence over time',
            description:
              'The presence of each chosen agent. Only with VCC_AGENT_METRICS; choose some agents at the top, since all of them are many.',
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
            description: 'How long the agent has been in a presence who has been in it longest.',
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
              'Half of the agents of an account in a presence have been in it for longer than this.',
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
              'Half of the free agents of an account have had nothing in hand for longer than this.',
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
              'Free agents by how long they have had nothing in hand. Each line includes those below it. The bounds are those of VCC_AGE_BOUNDS.',
            width: 12,
            height: 9,
            many: true,
            noValue: 'None of these bounds in VCC_AGE_BOUNDS, or no data',
            queries: settings.ageBounds.map((seconds) => ({
              expr: total('vcc_agents_available_longer_than', `seconds="${seconds}"`),
              legend: toWords(seconds),
            })),
          }),
          lines({
            title: 'Agents at work, by kind of workload',
            description:
              'Agents with at least one live (calls), semi-live (chats) or non-live (cases, e-mails) interaction in hand. An agent may have several kinds.',
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
            description: 'What agent-status does not tell.',
            width: 24,
            height: 3,
            content:
              'Snapshots see what is, not what happened in between: of calls that ring for 15 s, a scrape every 60 s sees a quarter. agent-status has no queue length, waiting time, service level or abandoned calls. Time free may be too long by the last wrap-up.',
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
 * With what the agent is in, so that all columns of the table are about the same rows; agents who
 * are logged out are not in it.
 */
function ofAgents(metric: string, matchers = '', presences = 'presence!="LoggedOut"'): string {
  const presence = select('vcc_agent_presence', `${agent}, ${presences}`);
  const rows = `max by (account, agent_id, presence, description) (${presence})`;
  return `${rows} * on (account, agent_id) group_left () ${ofAgent(metric, matchers)}`;
}

/** For how long agents have been in one of these presences. */
const lasting = (presences: string) =>
  `${once('vcc_snapshot_timestamp_seconds')} - on (account) group_right () ${ofAgents('vcc_agent_presence_since_timestamp_seconds', '', presences)}`;

function ofAgent(metric: string, matchers = ''): string {
  const all = [agent, matchers].filter((each) => each !== '').join(', ');
  return `max by (account, agent_id) (${select(metric, all)})`;
}

import { type AlertSettings, thresholdOf } from '../alerts/settings.ts';
import { toLe } from '../src/catalogue/metric.ts';
import { presenceColours, workloadColours } from './colours.ts';
import { queryVariable, toDashboard } from './dashboard.ts';
import { longestIdle, longestPresence, untilLimit } from './floor.ts';
import { bars, lines, minutes, stat, states, table, words } from './panels.ts';
import { longest, naming, once, select, total } from './promql.ts';

const noRoster = 'No teams: set VCC_ROSTER (docs/teams.md)';
const noAgents = 'No single agents: set VCC_AGENT_METRICS (docs/teams.md)';
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
  // Two numbers of the same snapshot, before the highest is taken.
  const idleOver = `sum(max by (account) (${select('vcc_idle_age_seconds_gcount')} - ignoring (le) ${select('vcc_idle_age_seconds_bucket', `le="${toLe(idleLimit)}"`)}))`;
  const quantile = (q: number, presence: string) =>
    `histogram_quantile(${q}, ${total('vcc_presence_age_seconds_bucket', `presence="${presence}"`, 'le')})`;
  return toDashboard({
    uid: 'vcc-team',
    title: 'Contact center / Team',
    description:
      'For who leads a team: who is in which presence and for how long. Teams need a roster (VCC_ROSTER), the tables of agents VCC_AGENT_METRICS; where either is off, its panels say so.',
    tag: 'team',
    variables: [
      // Agents in no team have an empty one.
      queryVariable(
        'team',
        'Team',
        'label_values(vcc_team_agents{job=~"$job", account=~"$account"}, team)',
        '.*',
      ),
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
            title: 'Idle for long',
            description: `Agents who have been idle for longer than VccIdleAgents allows (${idleLimit / 60} minutes). Not limited to the chosen team. Red from as many on as the alert asks for.`,
            width: 4,
            height: 4,
            noValue: `no bucket of ${idleLimit} s`,
            background: true,
            steps: untilLimit(limit('VccIdleAgents', 'agents')),
            queries: [{ expr: idleOver }],
          }),
          stat({
            title: 'Longest idle',
            description:
              'How long the longest idle agent has had nothing to do. Not limited to the chosen team. Red from VccIdleTooLong on.',
            width: 4,
            height: 4,
            unit: 'dthms',
            background: true,
            meanings: { 0: { text: 'nobody', colour: 'green' } },
            steps: untilLimit(limit('VccIdleTooLong', 'longer_than')),
            queries: [{ expr: longestIdle }],
          }),
          stat({
            title: 'Longest away',
            description:
              'The longest that anybody has been Away. Not limited to the chosen team. Red from VccAwayTooLong on.',
            width: 5,
            height: 4,
            unit: 'dthms',
            background: true,
            meanings: { 0: { text: 'nobody', colour: 'green' } },
            steps: untilLimit(away),
            queries: [{ expr: longestPresence('Away') }],
          }),
          stat({
            title: 'Longest extended away',
            description:
              'The longest that anybody has been ExtendedAway (lunch, meetings, training). Not limited to the chosen team. Red from VccExtendedAwayTooLong on.',
            width: 5,
            height: 4,
            unit: 'dthms',
            background: true,
            meanings: { 0: { text: 'nobody', colour: 'green' } },
            steps: untilLimit(extendedAway),
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
              'Agents of each team now. The row without a name is who is in no team, or not in the roster. Longest idle is red from VccTeamIdleTooLong on.',
            width: 16,
            height: 9,
            noValue: noRoster,
            sortBy: 'Idle',
            columns: [
              { title: 'Account', from: { label: 'account' }, width: 105 },
              { title: 'Team', from: { label: 'team' } },
              {
                title: 'Logged in',
                from: { expr: byTeam('vcc_team_agents', 'presence!="LoggedOut"') },
                width: 90,
              },
              { title: 'Ready', from: { expr: byTeam('vcc_team_agents', 'presence="Ready"') }, width: 75 },
              { title: 'Idle', from: { expr: byTeam('vcc_team_agents_idle') }, width: 75 },
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
                title: 'Longest idle',
                from: {
                  expr: naming(
                    longest(
                      once('vcc_team_idle_oldest_since_timestamp_seconds', team),
                      once('vcc_team_agents_idle', team),
                      'account',
                      'team',
                    ),
                    'team',
                    noTeam,
                  ),
                },
                unit: 'dthms',
                steps: untilLimit(limit('VccTeamIdleTooLong', 'longer_than')),
                width: 110,
              },
            ],
          }),
          lines({
            title: 'Idle agents by team',
            description: 'Agents of each team who are Ready and have nothing to do.',
            width: 8,
            height: 9,
            noValue: noRoster,
            queries: [
              {
                expr: naming(total('vcc_team_agents_idle', team, 'team'), 'team', noTeam),
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
              { title: 'Agent', from: { label: 'agent_id' }, width: 120 },
              { title: 'Presence', from: { label: 'presence' }, meanings: presences, width: 120 },
              { title: 'Description', from: { label: 'description' } },
              {
                title: 'For',
                from: { expr: lasting('presence!="LoggedOut"') },
                unit: 'dthms',
                width: 110,
              },
              {
                title: 'Of its limit',
                from: {
                  expr: `(${lasting('presence="Away"')}) / ${away} or (${lasting('presence="ExtendedAway"')}) / ${extendedAway}`,
                },
                unit: 'percentunit',
                decimals: 0,
                steps: untilLimit(1),
                width: 110,
              },
              {
                title: 'Calls',
                from: { expr: ofAgents('vcc_agent_workload', 'workload="live"') },
                width: 75,
              },
              {
                title: 'Semi-live',
                from: { expr: ofAgents('vcc_agent_workload', 'workload="semi_live"') },
                width: 85,
              },
              {
                title: 'Non-live',
                from: { expr: ofAgents('vcc_agent_workload', 'workload="non_live"') },
                width: 85,
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
            title: 'Mean, by presence',
            description:
              'How long agents have been in their presence on average, accounts by their number of agents.',
            width: 8,
            height: 8,
            unit: minutes,
            colours: presenceColours,
            queries: [
              {
                expr: mean(
                  'vcc_presence_mean_since_timestamp_seconds',
                  'vcc_agents',
                  'presence!="LoggedOut"',
                ),
                legend: '{{presence}}',
              },
            ],
          }),
          lines({
            title: 'Mean idle time, by account',
            description: 'How long idle agents have had nothing to do on average.',
            width: 8,
            height: 8,
            unit: minutes,
            queries: [
              {
                expr: longest(
                  once('vcc_idle_mean_since_timestamp_seconds'),
                  once('vcc_agents_idle'),
                  'account',
                ),
                legend: '{{account}}',
              },
            ],
          }),
          lines({
            title: 'Away for: median and 90 %',
            description:
              'Half of those who are Away (ExtendedAway) have been so for less than the median, nine in ten for less than the other. Between the bounds of VCC_AGE_BUCKETS it is an estimate.',
            width: 8,
            height: 9,
            unit: minutes,
            noValue: 'nobody is away, or no data',
            queries: [
              { expr: quantile(0.5, 'Away'), legend: 'Away, median' },
              { expr: quantile(0.9, 'Away'), legend: 'Away, 90 %' },
              { expr: quantile(0.5, 'ExtendedAway'), legend: 'ExtendedAway, median' },
              { expr: quantile(0.9, 'ExtendedAway'), legend: 'ExtendedAway, 90 %' },
            ],
          }),
          bars({
            title: 'Idle for how long',
            description:
              'Idle agents by how long they have been so: up to so many seconds, and longer than the line before.',
            width: 8,
            height: 9,
            buckets: true,
            queries: [{ expr: total('vcc_idle_age_seconds_bucket', '', 'le'), legend: '{{le}}' }],
          }),
          lines({
            title: 'Agents at work, by kind of workload',
            description:
              'Agents with at least one live (calls), semi-live (chats) or non-live (cases, e-mails) interaction in hand. An agent may have several kinds.',
            width: 8,
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
              'Snapshots see what is, not what happened in between: of calls that ring for 15 s, a scrape every 60 s sees a quarter. agent-status has no queue length, waiting time, service level or abandoned calls. Idle time may be too long by the last wrap-up.',
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

/** With what the agent is in, so that all columns of the table are about the same rows; agents who are logged out are not in it. */
function ofAgents(metric: string, matchers = '', presences = 'presence!="LoggedOut"'): string {
  const presence = select('vcc_agent_presence', `${agent}, ${presences}`);
  const rows = `max by (account, agent_id, presence, description) (${presence})`;
  return `${rows} * on (account, agent_id) group_left () ${ofAgent(metric, matchers)}`;
}

/** For how long agents have been in one of these presences. */
const lasting = (presences: string) =>
  `time() - ${ofAgents('vcc_agent_presence_since_timestamp_seconds', '', presences)}`;

function ofAgent(metric: string, matchers = ''): string {
  const all = [agent, matchers].filter((each) => each !== '').join(', ');
  return `max by (account, agent_id) (${select(metric, all)})`;
}

/** How long on average, over accounts: each counts as often as it has agents there. */
function mean(since: string, count: string, matchers: string): string {
  const agents = once(count, matchers);
  return `sum by (presence) ((time() - ${once(since, matchers)}) * ${agents}) / sum by (presence) (${agents} > 0)`;
}

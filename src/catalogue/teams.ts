import { teamAgeHistogram, teamGauge, toSeconds } from './metric.ts';

/**
 * Metrics of teams. Every team of the roster has series. team="" has the agents without a team or without a roster
 * entry.
 */
export const teamMetrics = [
  teamGauge({
    name: 'vcc_team_agents',
    help: 'Agents by team and presence; adds up to vcc_agents. Only with VCC_ROSTER.',
    source: 'presence.name, roster',
    rows: ({ teams }) =>
      teams.flatMap((team) => team.presences.map(({ name, agents }) => ({ team: team.name, name, agents }))),
    labels: { team: (row) => row.team, presence: (row) => row.name },
    value: (row) => row.agents,
  }),
  teamGauge({
    name: 'vcc_team_agents_idle',
    help: 'Agents by team who are Ready with no workload and no current interaction.',
    source: 'presence.name, workload, interaction[], roster',
    rows: ({ teams }) => teams,
    labels: { team: (row) => row.name },
    value: (row) => row.idle.count,
  }),
  teamGauge({
    name: 'vcc_team_workload_interactions',
    help: 'Live, semi-live and non-live interactions in hand, added up over the agents of a team.',
    source: 'workload.calls, workload.semiLive, workload.nonLive, roster',
    rows: ({ teams }) =>
      teams.flatMap((team) => team.workloads.map((workload) => ({ team: team.name, ...workload }))),
    labels: { team: (row) => row.team, workload: (row) => row.name },
    value: (row) => row.interactions,
  }),
  teamGauge({
    name: 'vcc_team_idle_oldest_since_timestamp_seconds',
    help: 'Since when the longest idle agent of the team has been idle. No sample when no such time is known.',
    source: 'presence.since, workload.since, roster',
    rows: ({ teams }) => teams,
    labels: { team: (row) => row.name },
    value: (row) => toSeconds(row.idle.oldestMs),
  }),
  teamAgeHistogram({
    name: 'vcc_team_idle_age_seconds',
    help: 'How long the idle agents of a team have been idle at the time of the snapshot. A picture of now: no rate() over it.',
    source: 'upTo - the later of presence.since and workload.since, roster',
    rows: ({ teams }) => teams,
    labels: { team: (row) => row.name },
    ages: (row) => row.idle,
  }),
  teamGauge({
    name: 'vcc_teams_folded',
    help: 'Teams past VCC_MAX_TEAMS, which the other metrics of teams add up under "other".',
    source: 'roster',
    rows: (teams) => [teams],
    value: (teams) => teams.folded,
  }),
];

import { longerThan, teamGauge, toSeconds } from './metric.ts';

/**
 * Metrics of teams. Every team of the roster has series. team="" has the agents without a team or
 * without a roster entry.
 */
export const teamMetrics = [
  teamGauge({
    name: 'vcc_team_agents',
    help: 'Agents by team and presence. Adds up to vcc_agents. Only with VCC_ROSTER.',
    source: 'presence.name, roster',
    rows: ({ teams }) =>
      teams.flatMap((team) => team.presences.map(({ name, agents }) => ({ team: team.name, name, agents }))),
    labels: { team: (row) => row.team, presence: (row) => row.name },
    value: (row) => row.agents,
  }),
  teamGauge({
    name: 'vcc_team_agents_available',
    help: 'Free agents by team. Adds up to vcc_agents_available.',
    source: 'presence.name, presence.eligibleForRouting, workload, interaction[], roster',
    rows: ({ teams }) => teams,
    labels: { team: (row) => row.name },
    value: (row) => row.available.count,
  }),
  teamGauge({
    name: 'vcc_team_workload_interactions',
    help: 'Live, semi-live and non-live interactions, as the API counts workload, by team.',
    source: 'workload.calls, workload.semiLive, workload.nonLive, roster',
    rows: ({ teams }) =>
      teams.flatMap((team) => team.workloads.map((workload) => ({ team: team.name, ...workload }))),
    labels: { team: (row) => row.team, workload: (row) => row.name },
    value: (row) => row.interactions,
  }),
  teamGauge({
    name: 'vcc_team_available_oldest_since_timestamp_seconds',
    help: 'By team, as vcc_available_oldest_since_timestamp_seconds. No sample without a known time.',
    source: 'the later of presence.since and workload.since, roster',
    rows: ({ teams }) => teams,
    labels: { team: (row) => row.name },
    value: (row) => toSeconds(row.available.oldestMs),
  }),
  teamGauge({
    name: 'vcc_team_agents_available_longer_than',
    help: 'Free agents by team, as vcc_agents_available_longer_than.',
    source: 'upTo - the later of presence.since and workload.since, roster',
    rows: ({ teams, ageBounds }) =>
      teams.flatMap(({ name, available }) =>
        longerThan(ageBounds, available).map((row) => ({ name, ...row })),
      ),
    labels: { team: (row) => row.name, seconds: (row) => row.seconds },
    value: (row) => row.count,
  }),
  teamGauge({
    name: 'vcc_teams_folded',
    help: 'Teams beyond VCC_MAX_TEAMS. The other metrics of teams add them up under "other".',
    source: 'roster',
    rows: (teams) => [teams],
    value: (teams) => teams.folded,
  }),
];

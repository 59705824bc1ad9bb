import { floorGauge, longerThan, toSeconds } from './metric.ts';

/**
 * Metrics of interactions. A leg is one agent's part in an interaction. An interaction may have
 * several legs.
 */
export const interactionMetrics = [
  floorGauge({
    name: 'vcc_interactions',
    help: 'Legs of interactions by medium, medium manager, direction and state. A leg is the part of one agent, so an interaction with two agents counts twice. Combinations without a leg have no series.',
    source: 'interaction[].medium, mediumManager, direction, state',
    rows: (floor) => floor.legs,
    labels: {
      medium: (row) => row.medium,
      medium_manager: (row) => row.mediumManager,
      direction: (row) => row.direction,
      state: (row) => row.state,
    },
    value: (row) => row.legs,
  }),
  floorGauge({
    name: 'vcc_interactions_by_reason',
    help: `Legs of interactions by state and reason. reason="" means no reason. Every documented pair has a series.`,
    source: 'interaction[].state, reason',
    rows: (floor) => floor.reasons,
    labels: { state: (row) => row.state, reason: (row) => row.reason },
    value: (row) => row.legs,
  }),
  floorGauge({
    name: 'vcc_distinct_interactions',
    help: 'Interactions that agents have in hand. An interaction with several agents counts once.',
    source: 'interaction[].guid',
    rows: (floor) => [floor],
    value: (floor) => floor.distinctInteractions,
  }),
  floorGauge({
    name: 'vcc_interaction_oldest_since_timestamp_seconds',
    help: 'Start of the oldest interaction in this state. In Wrap: the start of wrap-up, if the agent has no other work; else docs/reference/metrics.md explains it. No sample without a known time.',
    source: 'interaction[].since, in Wrap workload.since too',
    rows: (floor) => floor.states,
    labels: { state: (row) => row.name },
    value: (row) => toSeconds(row.ages.oldestMs),
  }),
  floorGauge({
    name: 'vcc_interaction_median_since_timestamp_seconds',
    help: 'Median of the times of interactions in this state, as in vcc_interaction_oldest_since_timestamp_seconds. No sample without a known time.',
    source: 'interaction[].since, in Wrap workload.since too',
    rows: (floor) => floor.states,
    labels: { state: (row) => row.name },
    value: (row) => toSeconds(row.ages.medianMs),
  }),
  floorGauge({
    name: 'vcc_interactions_longer_than',
    help: 'Legs of interactions in this state that have lasted longer than `seconds` at the time of the snapshot. Legs start as in vcc_interaction_oldest_since_timestamp_seconds.',
    source: 'upTo - interaction[].since, in Wrap workload.since too',
    rows: (floor) =>
      floor.states.flatMap(({ name, ages }) =>
        longerThan(floor.ageBounds, ages).map((row) => ({ name, ...row })),
      ),
    labels: { state: (row) => row.name, seconds: (row) => row.seconds },
    value: (row) => row.count,
  }),
];

import { scrapeErrorCodes } from '../errors.ts';
import type { QueueReading } from '../snapshot/queue-reading.ts';
import type { LeftCounts, OngoingCounts } from '../snapshot/queues.ts';
import type { LeftCategory } from '../snapshot/queues-left.ts';
import type { Skills } from '../snapshot/skills.ts';
import { asInfo, type GaugeDeclaration, longerThan, type Metric, scrapeGauge, toSeconds } from './metric.ts';

/** Declares a gauge of the queues. Without VCC_QUEUES it has no samples. */
function queueGauge<Row>({ rows, ...declaration }: GaugeDeclaration<QueueReading, Row>): Metric {
  return scrapeGauge<Row>({ ...declaration, rows: ({ queues }) => (queues ? rows(queues) : []) });
}

/** Declares a gauge of the ongoing interactions. While they are unknown, it has no samples. */
function ongoingGauge<Row>({
  rows,
  ...declaration
}: GaugeDeclaration<OngoingCounts & { bounds: readonly number[] }, Row>): Metric {
  return queueGauge<Row>({
    ...declaration,
    rows: ({ counts: { ongoing, bounds } }) => (ongoing ? rows({ ...ongoing, bounds }) : []),
  });
}

/** Declares a gauge of those who left. While they are unknown, it has no samples. */
function leftGauge<Row>({
  rows,
  ...declaration
}: GaugeDeclaration<LeftCounts & { bounds: readonly number[] }, Row>): Metric {
  return queueGauge<Row>({
    ...declaration,
    rows: ({ counts: { left, bounds } }) => (left ? rows({ ...left, bounds }) : []),
  });
}

/** Declares a gauge of the skills. While they are unknown, it has no samples. */
function skillGauge<Row>({ rows, ...declaration }: GaugeDeclaration<Skills, Row>): Metric {
  return queueGauge<Row>({ ...declaration, rows: ({ skills }) => (skills ? rows(skills) : []) });
}

type LeftRow = LeftCategory & { queue: string };

const leftRows = ({ queues }: LeftCounts): LeftRow[] =>
  queues.flatMap(({ name, categories }) => categories.map((row) => ({ queue: name, ...row })));

const ofCategory = {
  queue: (row: LeftRow) => row.queue,
  category: (row: LeftRow) => row.category,
  party_role: (row: LeftRow) => row.partyRole,
};

/**
 * Metrics of queues, only with VCC_QUEUES. Names with `_queue_window_` are gauges of a window that
 * slides: all that left a queue within the last VCC_QUEUE_WINDOW. No rate() over them.
 */
export const queueMetrics = [
  queueGauge({
    name: 'vcc_queue_up',
    help: '1 if the last read of this source of queue data succeeded, else 0: ongoing (who waits now), queue_times (who left), skills. It says nothing about vcc_up. Only with VCC_QUEUES.',
    source: 'exporter',
    rows: ({ sources }) => sources,
    labels: { source: (row) => row.source },
    value: (row) => row.error === undefined,
  }),
  queueGauge({
    name: 'vcc_queue_error',
    help: '1 for the reason why the last read of this source failed, 0 for all others. docs/reference/errors.md explains them.',
    source: 'exporter',
    rows: ({ sources }) =>
      sources.flatMap(({ source, error }) =>
        scrapeErrorCodes.map((reason) => ({ source, reason, failed: error === reason })),
      ),
    labels: { source: (row) => row.source, reason: (row) => row.reason },
    value: (row) => row.failed,
  }),
  queueGauge({
    name: 'vcc_queue_api_requests',
    help: "HTTP requests of the last read of this source, including retries. Each counts against the account's fair-use budget. Reads that several scrapes share are reported by each of them.",
    source: 'exporter',
    rows: ({ sources }) => sources,
    labels: { source: (row) => row.source },
    value: (row) => row.requests,
  }),
  queueGauge({
    name: 'vcc_queue_snapshot_timestamp_seconds',
    help: "The time of the data in use: by the API's clock, for skills by the exporter's. No sample while there is none.",
    source: 'upTo',
    rows: ({ sources }) => sources,
    labels: { source: (row) => row.source },
    value: (row) => toSeconds(row.takenAtMs),
  }),
  queueGauge({
    name: 'vcc_queue_flawed_items',
    help: 'Interactions or queue times with a value that is invalid, or absent although the API reference has it. One without a usable time in the queue is in no vcc_queue_window metric.',
    source: 'items[]',
    rows: ({ sources }) => sources,
    labels: { source: (row) => row.source },
    value: (row) => row.flawed,
  }),
  queueGauge({
    name: 'vcc_queues_folded',
    help: 'Queues beyond VCC_MAX_QUEUES. The other metrics of queues add them up under "other".',
    source: 'exporter',
    rows: ({ counts }) => (counts.ongoing || counts.left ? [counts] : []),
    value: (counts) => counts.folded,
  }),
  ongoingGauge({
    name: 'vcc_ongoing_interactions',
    help: 'All ongoing interactions by direction, status and medium: those who wait, those with agents, and all others.',
    source: 'items[].direction, status, medium',
    rows: ({ kinds }) => kinds,
    labels: {
      direction: (row) => row.direction,
      status: (row) => row.status,
      medium: (row) => row.medium,
    },
    value: (row) => row.interactions,
  }),
  ongoingGauge({
    name: 'vcc_ongoing_by_last_event',
    help: 'External channels of ongoing interactions by the type of their last event. Channels that have ended count too. Compare event="Queue" (in a queue) with vcc_queue_waiting and vcc_queue_unclear. event="" means no event.',
    source: 'items[].channels[].events[].type',
    rows: ({ lastEvents }) => lastEvents,
    labels: { event: (row) => row.event },
    value: (row) => row.channels,
  }),
  ongoingGauge({
    name: 'vcc_queue_unclear',
    help: 'Ongoing interactions that may wait in a queue, but differ from the rule for who waits. They do not count in vcc_queue_waiting. docs/use/queues.md explains the reasons.',
    source: 'items[].channels[]',
    rows: ({ unclear }) => unclear,
    labels: { reason: (row) => row.reason },
    value: (row) => row.interactions,
  }),
  ongoingGauge({
    name: 'vcc_queue_waiting',
    help: 'Interactions that wait in this queue now. A queue that somebody left within VCC_QUEUE_WINDOW has a series even if nobody waits. queue="" means that the API gave no name.',
    source: 'items[].channels[].events[].name, properties.interactionPlan',
    rows: ({ waiting }) => waiting,
    labels: {
      queue: (row) => row.queue,
      interaction_plan: (row) => row.plan,
      medium: (row) => row.medium,
    },
    value: (row) => row.interactions,
  }),
  ongoingGauge({
    name: 'vcc_queue_oldest_since_timestamp_seconds',
    help: 'When the interaction that has waited longest entered this queue. No sample while nobody waits.',
    source: 'items[].start + channels[].events[].offset',
    rows: ({ queues }) => queues,
    labels: { queue: (row) => row.name },
    value: (row) => toSeconds(row.ages.oldestMs),
  }),
  ongoingGauge({
    name: 'vcc_queue_waiting_longer_than',
    help: 'Interactions that had waited in this queue for longer than `seconds` when the API answered.',
    source: 'upTo - (items[].start + channels[].events[].offset)',
    rows: ({ queues, bounds }) =>
      queues.flatMap(({ name, ages }) => longerThan(bounds, ages).map((row) => ({ name, ...row }))),
    labels: { queue: (row) => row.name, seconds: (row) => row.seconds },
    value: (row) => row.count,
  }),
  leftGauge({
    name: 'vcc_queue_window_seconds',
    help: 'Length of the sliding window of the vcc_queue_window metrics (VCC_QUEUE_WINDOW). It ends at vcc_queue_snapshot_timestamp_seconds{source="queue_times"}.',
    source: 'VCC_QUEUE_WINDOW',
    rows: (left) => [left],
    value: (left) => toSeconds(left.windowMs),
  }),
  leftGauge({
    name: 'vcc_queue_window_left',
    help: 'Interactions that left this queue within the sliding window, by what became of them. A gauge, not a counter. party_role="Agent" means an agent who waited for a transfer. An interaction that queued twice counts twice.',
    source: 'items[].queue, category, party.role',
    rows: leftRows,
    labels: ofCategory,
    value: (row) => row.left,
  }),
  leftGauge({
    name: 'vcc_queue_window_wait_seconds',
    help: 'The waiting times of the interactions in vcc_queue_window_left, added up. A gauge of the sliding window.',
    source: 'items[].duration',
    rows: leftRows,
    labels: ofCategory,
    value: (row) => toSeconds(row.waitMs),
  }),
  leftGauge({
    name: 'vcc_queue_window_left_within',
    help: 'Interactions in vcc_queue_window_left that waited at most `seconds`. A gauge of the sliding window.',
    source: 'items[].duration',
    rows: (left) =>
      leftRows(left).flatMap((row) =>
        left.bounds.map((bound, index) => ({ ...row, seconds: String(bound), count: row.within[index]! })),
      ),
    labels: {
      queue: (row) => row.queue,
      category: (row) => row.category,
      party_role: (row) => row.partyRole,
      seconds: (row) => row.seconds,
    },
    value: (row) => row.count,
  }),
  leftGauge({
    name: 'vcc_queue_window_left_in_target',
    help: 'Interactions in vcc_queue_window_left that waited at most as long as the target of their queue. A gauge of the sliding window. No sample if none of the queue has a target, or if one of this queue and category, of any party_role, has none.',
    source: 'items[].duration, targets.targetTimeToAnswer',
    rows: leftRows,
    labels: ofCategory,
    value: (row) => row.inTarget,
  }),
  leftGauge({
    name: 'vcc_queue_target_seconds',
    help: "The queue's target for the time to answer, from the interaction within the window that entered last and has one. No sample without a target.",
    source: 'items[].targets.targetTimeToAnswer',
    rows: ({ queues }) => queues,
    labels: { queue: (row) => row.name },
    value: (row) => toSeconds(row.targetMs),
  }),
  asInfo(
    leftGauge({
      name: 'vcc_queue_skill_info',
      help: 'A constant 1 for each skill that an interaction of this queue asked for within the sliding window. It joins queues with the vcc_skill metrics.',
      source: 'items[].presentedSkills',
      rows: ({ skills }) => skills,
      labels: { queue: (row) => row.queue, skill: (row) => row.skill },
      value: () => 1,
    }),
  ),
  leftGauge({
    name: 'vcc_queue_window_other_types',
    help: 'Queue times of another type than ACD, which are left out: the same interaction has one of type ACD too. The exporter asks for ACD only, so this should be 0.',
    source: 'items[].type',
    rows: (left) => [left],
    value: (left) => left.otherTypes,
  }),
  skillGauge({
    name: 'vcc_skill_agents_available',
    help: 'Free agents with this skill, as in vcc_agents_available. An agent counts under each skill. Only with VCC_SKILLS.',
    source: 'User Admin API, presence.name, presence.eligibleForRouting, workload, interaction[]',
    rows: ({ skills }) => skills,
    labels: { skill: (row) => row.name },
    value: (row) => row.available,
  }),
  skillGauge({
    name: 'vcc_skill_agents_idle',
    help: 'Idle agents with this skill, as in vcc_agents_idle. An agent counts under each skill.',
    source: 'User Admin API, presence.name, workload, interaction[]',
    rows: ({ skills }) => skills,
    labels: { skill: (row) => row.name },
    value: (row) => row.idle.count,
  }),
  skillGauge({
    name: 'vcc_skill_idle_oldest_since_timestamp_seconds',
    help: 'For the agent with this skill who has been idle longest: when presence or workload last changed. No sample without a known time.',
    source: 'User Admin API, the later of presence.since and workload.since',
    rows: ({ skills }) => skills,
    labels: { skill: (row) => row.name },
    value: (row) => toSeconds(row.idle.oldestMs),
  }),
  skillGauge({
    name: 'vcc_skills_folded',
    help: 'Skills beyond VCC_MAX_QUEUES. The other metrics of skills count the agents who have any of them under "other".',
    source: 'User Admin API',
    rows: (skills) => [skills],
    value: (skills) => skills.folded,
  }),
];

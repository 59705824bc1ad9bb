import { lines, minutes, type Panel, states } from './panels.ts';
import { naming, once, total } from './promql.ts';
import { waiting } from './queue-numbers.ts';

/** The text of an empty panel that needs the queues. */
export const noQueues = 'Queues are not read: set VCC_QUEUES (docs/use/queues.md), or no data';

/** The same for a panel with a large number. A longer text is too small to read there. */
export const noQueuesShort = 'VCC_QUEUES is off, or no data';

/** The panels about reading the sources of queue data, for Queues and Exporter. */
export const queueReads: readonly Panel[] = [
  states({
    title: 'Reads of queue data',
    description:
      'Whether the last read of each source succeeded: "ongoing" (who waits now), "queue_times" (who left), "skills". If one fails, the numbers about agents are not affected.',
    width: 8,
    height: 7,
    noValue: noQueues,
    meanings: { 0: { text: 'failed', colour: 'red' }, 1: { text: 'read', colour: 'green' } },
    queries: [{ expr: once('vcc_queue_up'), legend: '{{account}} {{source}}' }],
  }),
  lines({
    title: 'Failures of queue data, by reason',
    description:
      'Sources of queue data whose last read failed, by reason. docs/reference/errors.md explains each reason and what to do. With "forbidden" for skills, the credentials lack the scope users:read.',
    width: 8,
    height: 7,
    noValue: noQueues,
    stacked: true,
    queries: [
      {
        expr: `${total('vcc_queue_error', '', 'reason')} > 0 or ${total('vcc_queue_error', 'reason="network"', 'reason')}`,
        legend: '{{reason}}',
      },
    ],
  }),
  lines({
    title: 'Requests for queue data',
    description:
      'HTTP requests of the last read of each source, including retries, over all chosen accounts. Each counts against the fair-use budget of its account, as the requests for agents do.',
    width: 8,
    height: 7,
    noValue: noQueues,
    queries: [{ expr: total('vcc_queue_api_requests', '', 'source'), legend: '{{source}}' }],
  }),
];

/** The panels about the quality of queue data. */
export const queueQuality: readonly Panel[] = [
  ...queueReads,
  lines({
    title: 'Age of the data, by source',
    description:
      'The age of the data in use, of the account with the oldest. "queue_times" is read once per VCC_QUEUE_INTERVAL, "skills" once per VCC_ROSTER_TTL. A gap: there is no data.',
    width: 8,
    height: 7,
    unit: minutes,
    noValue: noQueues,
    queries: [
      {
        expr: `time() - min by (source) (${once('vcc_queue_snapshot_timestamp_seconds')})`,
        legend: '{{source}}',
      },
    ],
  }),
  lines({
    title: 'Unclear interactions',
    description:
      'Interactions that seem to wait in a queue, but differ from the rule for who waits. They do not count as waiting. Many of them mean that Vonage does something that the exporter does not know: please report it. docs/use/queues.md explains the reasons.',
    width: 8,
    height: 7,
    noValue: noQueues,
    stacked: true,
    queries: [{ expr: total('vcc_queue_unclear', '', 'reason'), legend: '{{reason}}' }],
  }),
  lines({
    title: 'Channels by last event',
    description:
      'External channels of all ongoing interactions, by their last event. "Queue" is about "counted as waiting", the number of those who wait by the rule. If the two differ much, the rule does not fit the account. Ignores the variable Queue.',
    width: 8,
    height: 7,
    noValue: noQueues,
    colours: { Connected: 'blue', Ringing: 'purple', Queue: 'orange', 'counted as waiting': 'text' },
    queries: [
      {
        expr: naming(total('vcc_ongoing_by_last_event', '', 'event'), 'event', '(no event)'),
        legend: '{{event}}',
      },
      { expr: waiting(''), legend: 'counted as waiting' },
    ],
  }),
  lines({
    title: 'Ongoing interactions',
    description:
      'All interactions that the API lists as ongoing: those who wait, those with agents, and all others.',
    width: 12,
    height: 7,
    noValue: noQueues,
    stacked: true,
    legend: 'table',
    queries: [
      {
        expr: total('vcc_ongoing_interactions', '', 'direction', 'medium', 'status'),
        legend: '{{direction}} {{medium}} {{status}}',
      },
    ],
  }),
  lines({
    title: 'Flawed, folded and other items',
    description:
      '"flawed": items with a missing or invalid value. "folded": queues and skills beyond VCC_MAX_QUEUES, added up under "other". "of other types": queue times that are not of type ACD; there should be none.',
    width: 12,
    height: 7,
    noValue: noQueues,
    queries: [
      { expr: total('vcc_queue_flawed_items', '', 'source'), legend: 'flawed: {{source}}' },
      { expr: total('vcc_queues_folded'), legend: 'queues folded' },
      { expr: total('vcc_skills_folded'), legend: 'skills folded' },
      { expr: total('vcc_queue_window_other_types'), legend: 'of other types' },
    ],
  }),
];

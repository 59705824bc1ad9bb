import type { PushStatus, Reading } from '../snapshot/reading.ts';
import { scrapeGauge, toSeconds } from './metric.ts';

const destinations = ({ push = [] }: Reading): readonly PushStatus[] => push;
const labels = { destination: (row: PushStatus) => row.destination };

/**
 * Metrics of the previous push. They are pushed too, and exist only in the process that pushes.
 * With a queue in SQS, a push succeeds when its batches are in the queue. SQS' own metrics show the
 * rest.
 */
export const pushMetrics = [
  scrapeGauge({
    name: 'vcc_push_success',
    help: '1 if the previous push delivered all of its samples to the destination, or to its queue in SQS, else 0. No sample in a process until its first push.',
    source: 'exporter',
    rows: destinations,
    labels,
    value: (row) => row.success,
  }),
  scrapeGauge({
    name: 'vcc_push_samples',
    help: 'Samples of the previous push that were delivered.',
    source: 'exporter',
    rows: destinations,
    labels,
    value: (row) => row.samples,
  }),
  scrapeGauge({
    name: 'vcc_push_duration_seconds',
    help: 'How long the previous push took, including retries but not the waits between them.',
    source: 'exporter',
    rows: destinations,
    labels,
    value: (row) => toSeconds(row.durationMs),
  }),
  scrapeGauge({
    name: 'vcc_push_queue_oldest_timestamp_seconds',
    help: "Time of the oldest sample in the exporter's queue on disk. No sample while that queue is empty. For a queue in SQS, see the CloudWatch metric ApproximateAgeOfOldestMessage.",
    source: 'exporter',
    rows: destinations,
    labels,
    value: (row) => toSeconds(row.oldestMs),
  }),
];

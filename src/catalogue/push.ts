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
    help: 'Whether the push before this sample arrived as a whole at the destination, or in the queue before it. No sample before a process’s first push.',
    source: 'exporter',
    rows: destinations,
    labels,
    value: (row) => row.success,
  }),
  scrapeGauge({
    name: 'vcc_push_samples',
    help: 'Samples of the push before this one that arrived.',
    source: 'exporter',
    rows: destinations,
    labels,
    value: (row) => row.samples,
  }),
  scrapeGauge({
    name: 'vcc_push_duration_seconds',
    help: 'How long the push before this one took, repeats included, waits between them not.',
    source: 'exporter',
    rows: destinations,
    labels,
    value: (row) => toSeconds(row.durationMs),
  }),
  scrapeGauge({
    name: 'vcc_push_queue_oldest_timestamp_seconds',
    help: 'Time of the oldest sample that waits in the exporter’s own queue on disk. No sample while none waits, nor with SQS, whose ApproximateAgeOfOldestMessage says it.',
    source: 'exporter',
    rows: destinations,
    labels,
    value: (row) => toSeconds(row.oldestMs),
  }),
];

import { type Deadline, deadlineIn } from '../deadline.ts';
import type { QueueReads, Queues } from '../queue-reader.ts';
import { noAgents } from '../queue-source.ts';
import { rosterReadMs } from '../roster/roster.ts';
import { toDuration } from '../snapshot/overview.ts';
import type { QueueReading, QueueSource } from '../snapshot/queue-reading.ts';
import type { LeftCounts, OngoingCounts } from '../snapshot/queues.ts';
import { printable } from './floor-table.ts';
import type { Terminal } from './terminal.ts';

/** What {@link checkQueues} uses. */
interface CheckPorts {
  terminal: Terminal;
  stop: Deadline;
  /** Prints the failure of a step with the advice. Throws the error again if it is a bug. */
  fail(name: string, error: unknown): void;
}

const sourceNames: Readonly<Record<QueueSource, string>> = {
  ongoing: 'Ongoing interactions',
  queue_times: 'Queue times',
  skills: 'Skills',
};

/**
 * Reads each source of queue data, and prints what it returned or why it failed, without names of
 * queues. Returns the names of the sources that failed.
 */
export async function checkQueues(queues: Queues, { terminal, stop, fail }: CheckPorts): Promise<string[]> {
  // The longest read is that of the skills, which takes as long as a roster.
  const deadline = deadlineIn(rosterReadMs, { until: stop });
  const reads = await queues.read(noAgents, deadline);
  deadline.end();
  const failed: string[] = [];
  const report = (name: string, error: unknown, lines: () => string[]) => {
    if (error !== undefined) {
      fail(name, error);
      terminal.print('        Agents are not affected: their metrics do not depend on this.');
      failed.push(name);
      return;
    }
    const [first, ...more] = lines();
    terminal.print(`ok      ${name}: ${first}`);
    for (const line of more) terminal.print(`        ${line}`);
  };

  const { labelOfNumber } = reads;
  if (typeof labelOfNumber === 'object') report('Names of queues', labelOfNumber.error, () => []);
  // Only the number of queues is printed, so any label will do.
  const counted = queues.count({ ...reads, labelOfNumber: (name) => name }, undefined, false);
  report(sourceNames.ongoing, reads.ongoing.error, () => [
    ...toOngoing(counted.counts.ongoing!),
    ...toFlawed(counted, 'ongoing'),
  ]);
  report(sourceNames.queue_times, reads.queueTimes.error, () => [
    ...toLeft(counted.counts.left!),
    ...toFlawed(counted, 'queue_times'),
  ]);
  if (reads.skills) report(sourceNames.skills, reads.skills.error, () => [toSkills(reads.skills!)]);
  return failed;
}

const plural = (count: number, one: string, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

function toOngoing({ kinds, waiting, queues, unclear }: OngoingCounts): string[] {
  const sum = (rows: readonly { interactions: number }[]) =>
    rows.reduce((total, { interactions }) => total + interactions, 0);
  const waitingQueues = queues.filter(({ ages }) => ages.count > 0).length;
  const inQueues = sum(waiting) > 0 ? ` in ${plural(waitingQueues, 'queue')}` : '';
  const reasons = unclear
    .filter(({ interactions }) => interactions > 0)
    .map(({ reason, interactions }) => `${reason} ${interactions}`);
  return [
    `${sum(kinds)} in total, ${sum(waiting)} waiting${inQueues}`,
    ...(reasons.length > 0
      ? [
          `Unclear whether ${plural(sum(unclear), 'more waits', 'more wait')}, by reason: ${reasons.join(', ')}. They do not count as waiting (vcc_queue_unclear).`,
        ]
      : []),
  ];
}

function toLeft({ windowMs, queues, otherTypes }: LeftCounts): string[] {
  const rows = queues.flatMap(({ categories }) => categories);
  const ofCategory = new Map<string, number>();
  for (const { category, left } of rows) ofCategory.set(category, (ofCategory.get(category) ?? 0) + left);
  const categories = [...ofCategory].map(
    ([category, left]) => `${printable(category) || 'no category'} ${left}`,
  );
  const total = rows.reduce((sum, { left }) => sum + left, 0);
  const what = total > 0 ? ` ${plural(queues.length, 'queue')}: ${categories.join(', ')}` : ' a queue';
  return [
    `${total} left${what}, in the last ${toDuration(windowMs)}`,
    ...(otherTypes > 0
      ? [
          `${plural(otherTypes, 'item')} of another type than ACD, which was requested. They do not count (vcc_queue_window_other_types).`,
        ]
      : []),
  ];
}

/** Says how many items have values that are absent or invalid. */
function toFlawed({ sources }: QueueReading, name: QueueSource): string[] {
  const flawed = sources.find(({ source }) => source === name)?.flawed ?? 0;
  return flawed > 0
    ? [
        `${plural(flawed, 'item has', 'items have')} values that are absent or invalid (vcc_queue_flawed_items).`,
      ]
    : [];
}

function toSkills({ value }: NonNullable<QueueReads['skills']>): string {
  const { names, skillsOf } = value!.table;
  return `${plural(names.size, 'skill')}, and ${plural(skillsOf.size, 'agent has', 'agents have')} at least one`;
}

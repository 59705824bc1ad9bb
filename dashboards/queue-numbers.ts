import { answered, customers, offered as ended } from '../alerts/promql.ts';
import { type AlertSettings, thresholdOf } from '../alerts/settings.ts';
import type { Step } from './panels.ts';
import { by, longestAt, once, select, total } from './promql.ts';

/** The matcher of the variable for queues. */
export const chosenQueues = 'queue=~"$queue"';

/** Returns the colours of a waiting time: orange from the time limit of VccWaitTooLong. */
export function waitSteps(settings: AlertSettings): Step[] {
  return [
    [null, 'green'],
    [thresholdOf(settings, 'VccWaitTooLong', 'longer_than'), 'orange'],
  ];
}

/** Returns the colours of a service level: red below the threshold of VccServiceLevelLow. */
export function serviceSteps(settings: AlertSettings): Step[] {
  const share = thresholdOf(settings, 'VccServiceLevelLow', 'share');
  return [
    [null, 'red'],
    [share, 'orange'],
    [2 * share, 'green'],
  ];
}

/** The colours of the share of customers who gave up. */
export const abandonedSteps: readonly Step[] = [
  [null, 'green'],
  [0.1, 'orange'],
];

const and = (...matchers: string[]) => matchers.filter((each) => each !== '').join(', ');

/** Returns 0 where an account has no queue, and so no series, while the source can be read. */
function orNone(expr: string, source: 'ongoing' | 'queue_times'): string {
  return `${expr} or 0 * sum(${once('vcc_queue_up', `source="${source}"`)} == 1)`;
}

/** Returns how many interactions wait. All functions take a matcher of the label `queue`, or "". */
export const waiting = (queue: string) => orNone(total('vcc_queue_waiting', queue), 'ongoing');

/** Returns the longest time that an interaction has waited: 0 if nobody waits. */
export function longestWait(queue: string, ...labels: string[]): string {
  const at = `max by (account) (${select('vcc_queue_snapshot_timestamp_seconds', 'source="ongoing"')})`;
  const since = once('vcc_queue_oldest_since_timestamp_seconds', queue);
  const inIt = total('vcc_queue_waiting', queue, 'account', 'queue');
  return longestAt(at, since, inIt, ...labels);
}

/** Returns {@link longestWait} over all queues, also if there are none. */
export const longestWaitOfAll = (queue: string) => `${longestWait(queue)} or (${waiting(queue)}) == 0`;

/** Returns how many customers of a category left a queue within the window. */
export const leftAs = (category: string, queue: string, ...labels: string[]) =>
  total('vcc_queue_window_left', and(queue, `category="${category}"`, customers), ...labels);

/** Returns how many customers left a queue within the window: answered, abandoned, breakouts. */
export const offered = (queue: string, ...labels: string[]) =>
  total('vcc_queue_window_left', and(queue, ended), ...labels);

/** Returns a number of the window, or 0 if no queue has a series. */
export const inWindow = (expr: string) => orNone(expr, 'queue_times');

/**
 * Returns the service level by Vonage's formula: the customers who were answered within the target
 * of their queue, as a share of those who were answered, gave up or broke out. Queues without a
 * target do not count. No sample if nobody left a queue.
 */
export function serviceLevel(queue: string, ...labels: string[]): string {
  const inTarget = (...by: string[]) => total('vcc_queue_window_left_in_target', and(queue, answered), ...by);
  const ofTheirs = `${offered(queue, 'account', 'queue')} and ${inTarget('account', 'queue')}`;
  return `${inTarget(...labels)} / (sum${by(labels)} (${ofTheirs}) > 0)`;
}

/** Returns the service level as if the target of every queue were this number of seconds. */
export const answeredWithin = (seconds: number, queue: string) =>
  `${total('vcc_queue_window_left_within', and(queue, answered, `seconds="${seconds}"`))} / (${offered(queue)} > 0)`;

/** Returns the customers who gave up as a share of those who left. No sample if nobody left. */
export const abandonedShare = (queue: string, ...labels: string[]) =>
  `${leftAs('Abandoned', queue, ...labels)} / (${offered(queue, ...labels)} > 0)`;

/** Returns how long answered customers waited on average. No sample if nobody was answered. */
export const speedOfAnswer = (queue: string, ...labels: string[]) =>
  `${total('vcc_queue_window_wait_seconds', and(queue, answered), ...labels)} / (${leftAs('Answered', queue, ...labels)} > 0)`;

/** Free agents of the accounts whose queues are read. */
export const freeBeside = `sum(${once('vcc_agents_available')} and on (account) ${once('vcc_queue_up', 'source="ongoing"')})`;

/**
 * Returns the free agents with a skill that interactions of the queue asked for. An agent counts
 * once per skill.
 */
export function freeForQueue(queue: string, ...labels: string[]): string {
  const free = once('vcc_skill_agents_available');
  return `sum${by(labels)} (${once('vcc_queue_skill_info', queue)} * on (account, skill) group_left () ${free})`;
}

import type { SimulatedAccount } from './account.ts';
import { type Answer, badPaging, problem, takePage } from './answer.ts';
import type { Pass } from './places.ts';
import type { Quirks } from './quirks.ts';

/** The path of the passes through queues. */
export const queueTimesPath = '/stats/queue-times';

const includes = ['Started', 'StartedOrEnded', 'Processed'] as const;
const queueTypes = ['ACD', 'Virtual', 'All'] as const;
const longestWindowMs = 31 * 24 * 60 * 60_000;
/** How long after its end a pass is processed. We assume it: the reference states no delay. */
const usualLagMs = 1000;
/** After how long some passes are processed a second time. */
const againMs = 30_000;

/** What a request selects. */
interface Window {
  startMs: number;
  endMs: number;
  include: (typeof includes)[number];
  isSelected: (pass: Pass) => boolean;
}

/**
 * Answers a request for the passes through queues, by the time of entry, then by the queue. None
 * without customers. Where the reference is silent, we assume:
 *
 * - Both ends of a window are inclusive.
 * - A pass whose end is not processed yet still waits: its duration, category and reason are null.
 *   Only `include=Started` lists it.
 * - A ringing that nobody answers ends a pass as Answered with the reason Delivered. The customer
 *   then queues again.
 * - A place with a callback has a pass of each type, ACD and Virtual. Both end at the same time.
 *
 * One in twenty passes is processed twice. `repeats`: every item is returned twice (fault
 * `repeat`).
 */
export function queueTimes(
  account: SimulatedAccount,
  query: URLSearchParams,
  nowMs: number,
  { maxPage, queueLagMs = usualLagMs }: Quirks,
  repeats = false,
): Answer {
  const window = readWindow(query, nowMs);
  if ('status' in window) return window;
  const passes: [Pass, object][] = [];
  const { callers } = account;
  const untilMs = account.nowMs - queueLagMs;
  for (const pass of callers?.passes() ?? []) {
    const isProcessed = pass.leftMs !== undefined && pass.leftMs <= untilMs;
    if (!window.isSelected(pass) || !isWithin(pass, isProcessed, window, queueLagMs, account.nowMs)) continue;
    const item: [Pass, object] = [pass, toItem(pass, isProcessed)];
    passes.push(item);
    if (repeats) passes.push(item);
  }
  passes.sort(([a], [b]) => a.enteredMs - b.enteredMs || byName(a.queueName, b.queueName));
  const page = takePage(passes, query, account.shifted['queue-times'], maxPage);
  if (!page) return badPaging;
  const items = page.items.map(([, item]) => item);
  return { status: 200, body: { items, meta: page.meta, upTo: new Date(nowMs).toISOString() } };
}

function readWindow(query: URLSearchParams, nowMs: number): Window | Answer {
  const refuse = (message: string) => problem(400, 'Bad Request', message);
  const startMs = timeOf(query.get('start') ?? '');
  const endMs = query.has('end') ? timeOf(query.get('end')!) : nowMs;
  if (startMs === undefined) return refuse('Invalid start! Expected a UTC time in ISO 8601');
  if (endMs === undefined || endMs < startMs) return refuse('Invalid end! Expected a UTC time after start');
  if (endMs - startMs > longestWindowMs) {
    return { status: 400, body: { message: 'Request window size limit exceeded 31 days' } };
  }
  const include = includes.find((each) => each === (query.get('include') ?? 'Started'));
  if (!include) return refuse(`Invalid include! Valid values: ${includes.join(',')}`);
  const type = queueTypes.find((each) => each === (query.get('queueType') ?? 'ACD'));
  if (!type) return refuse(`Invalid queueType! Valid values: ${queueTypes.join(',')}`);
  const names = query
    .get('queues')
    ?.split(',')
    .map((name) => name.trim());
  const isSelected = (pass: Pass) =>
    (type === 'All' || pass.type === type) && (names?.includes(pass.queueName) ?? true);
  return { startMs, endMs, include, isSelected };
}

function isWithin(
  { enteredMs, leftMs, again }: Pass,
  isProcessed: boolean,
  { startMs, endMs, include }: Window,
  lagMs: number,
  nowMs: number,
): boolean {
  const isIn = (atMs: number) => atMs >= startMs && atMs <= endMs;
  if (include === 'Started') return isIn(enteredMs);
  if (!isProcessed) return false;
  if (include === 'StartedOrEnded') return isIn(enteredMs) || isIn(leftMs!);
  const processedMs = leftMs! + lagMs;
  const secondMs = processedMs + againMs;
  return isIn(processedMs) || (again && secondMs <= nowMs && isIn(secondMs));
}

function toItem(pass: Pass, isProcessed: boolean): object {
  const { queue, enteredMs, leftMs, type, category, reason } = pass;
  return {
    start: new Date(enteredMs).toISOString(),
    interactionGuid: pass.guid,
    medium: pass.medium,
    mediumManager: pass.mediumManager,
    interactionPlan: pass.plan,
    queue: pass.queueName,
    type,
    presentedSkills: [queue.name],
    category: isProcessed ? category : null,
    reason: isProcessed ? reason : null,
    duration: isProcessed ? leftMs! - enteredMs : null,
    targets: queue.targetMs === undefined ? null : { targetTimeToAnswer: queue.targetMs },
    party: { role: pass.party },
  };
}

function timeOf(text: string): number | undefined {
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,7})?)?Z$/.test(text);
  const timeMs = isTime ? Date.parse(text) : Number.NaN;
  return Number.isNaN(timeMs) ? undefined : timeMs;
}

function byName(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

import type { Context } from 'aws-lambda';
import { type LambdaPushers, openLambdaPushers } from '../app/lambda-pushers.ts';
import type { Environment } from '../config/load.ts';
import { type Deadline, deadlineIn } from '../deadline.ts';
import { logLine } from '../log.ts';
import { pushSlots, type ScheduleResult, toSlots } from '../push/schedule/push-slots.ts';
import { isStoredTime } from '../push/stored.ts';
import { systemTiming } from '../timing.ts';
import { openOnce } from './opening.ts';

/** A Lambda handler for a schedule, and for the queue of accounts. */
export type PushHandler = (
  event: unknown,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
) => Promise<void>;

/** Time reserved for saving the state and for the answer. */
const marginMs = 4000;

/** A message of the queue of accounts: the account to scrape, and the start of the period. */
interface Order {
  account: string;
  timeMs: number;
}

/**
 * Creates the handler that scrapes accounts at the slots in the period of the schedule. It delivers
 * the samples to the destinations, or to their queue. With a queue of accounts, it sends each
 * account to that queue, which starts one invocation per account. If a scrape or delivery failed,
 * the invocation fails at the end, so that alarms and the on-failure destination report it.
 */
export function createPushHandler(env: Environment, log: (line: string) => void): PushHandler {
  const open = openOnce(() => openLambdaPushers(env, log));

  return async (event, context) => {
    const deadline = deadlineIn(context.getRemainingTimeInMillis() - marginMs);
    try {
      await push(await open(deadline), event, deadline);
    } finally {
      deadline.end();
    }
  };

  async function push(
    { settings, pushers, accountsQueue }: LambdaPushers,
    event: unknown,
    deadline: Deadline,
  ): Promise<void> {
    const orders = toOrders(event);
    const startMs = orders?.[0]?.timeMs ?? startOf(event, settings.VCC_PUSH_PERIOD);
    if (!orders && accountsQueue && pushers.length > 1) {
      const bodies = pushers.map(({ account }) =>
        JSON.stringify({ account, timeMs: startMs } satisfies Order),
      );
      await accountsQueue.putAll(bodies, deadline);
      log(logLine('info', 'accounts handed out', { accounts: bodies.length }));
      return;
    }
    const chosen = orders
      ? pushers.filter(({ account }) => orders.some((each) => each.account === account))
      : pushers;
    // Another Lambda environment may have scraped the account in the meantime.
    for (const pusher of chosen) pusher.renew();
    const intervalMs = settings.VCC_PUSH_INTERVAL;
    const slots = toSlots(startMs, intervalMs, settings.VCC_PUSH_PERIOD);
    const schedule = { slots, intervalMs, timing: systemTiming, deadline };
    report(await Promise.all(chosen.map((pusher) => pushSlots(pusher, schedule))));
  }

  function report(results: readonly ScheduleResult[]): void {
    for (const { account, taken, due, failures } of results) {
      log(logLine('info', 'account pushed', { account, scrapes: taken, due, failures: failures.length }));
    }
    const failures = results.flatMap((result) => result.failures);
    if (failures.length > 0) throw failures[0]!;
  }
}

/**
 * Returns the accounts in messages of the queue of accounts. Undefined for other events, since a
 * schedule may send any JSON.
 * @throws TypeError for an invalid message, so that SQS keeps it
 */
function toOrders(event: unknown): Order[] | undefined {
  const records = (event as { Records?: unknown } | null)?.Records;
  if (!Array.isArray(records)) return undefined;
  return records.map((record) => {
    const { account, timeMs } = toOrder((record as { body?: unknown } | null)?.body) ?? {};
    if (typeof account === 'string' && isStoredTime(timeMs)) return { account, timeMs };
    throw new TypeError(
      'expected account and timeMs in each message of the queue of accounts (VCC_PUSH_ACCOUNTS_URL)',
    );
  });
}

function toOrder(body: unknown): Partial<Order> | null {
  try {
    return JSON.parse(String(body)) as Partial<Order> | null;
  } catch {
    // The message of a SyntaxError quotes the text.
    return null;
  }
}

/**
 * Returns the scheduled start. Events without a time, or with a time more than a period away (sent
 * by hand), start now.
 */
function startOf(event: unknown, periodMs: number): number {
  const time = (event as { time?: unknown } | null)?.time;
  const timeMs = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  const nowMs = Math.floor(Date.now() / 1000) * 1000;
  return Math.abs(timeMs - nowMs) <= periodMs ? timeMs : nowMs;
}

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import {
  atHour,
  type DeliveredMessage,
  startAlertmanager,
  startInbox,
  toTestConfig,
} from './alertmanager.ts';
import type { Fire } from './fires.ts';

/**
 * The wait after which no message can arrive any more: group_interval, and the delay of a busy
 * machine.
 */
const restMs = 3000;

/** A message about something, and its time of the day. */
export interface Told extends DeliveredMessage {
  atMs: number;
}

/** From one evaluation of the rules to the next. */
const evaluationMs = 30_000;

/** How a day is played. */
export interface Replay {
  /** Alertmanager's program, its configuration, and a folder of its own. */
  alertmanager: string;
  example: string;
  folder: string;
  /**
   * How many times as fast as in reality: Alertmanager's clock cannot be set. All waits of the
   * configuration are shorter by the same factor.
   */
  speed: number;
}

/**
 * Replays the alerts of a day to a real Alertmanager, within opening hours, and returns the
 * messages about firing alerts, in order. Messages that only report an end are left out.
 */
export async function tell(
  fires: readonly Fire[],
  { alertmanager, example, folder, speed }: Replay,
): Promise<Told[]> {
  const events = fires
    .flatMap(({ labels, fromMs, toMs }) => [
      { atMs: fromMs, labels, over: false },
      { atMs: toMs + evaluationMs, labels, over: true },
    ])
    .sort((a, b) => a.atMs - b.atMs);
  if (events.length === 0) return [];
  const inbox = await startInbox();
  const own = join(folder, 'replay');
  await mkdir(own);
  const config = atHour(toTestConfig(example, inbox, speed), 'wednesday', 12);
  const server = await startAlertmanager(alertmanager, config, own).catch(async (error) => {
    await inbox.close();
    throw error;
  });
  const [{ atMs: firstMs }] = events as [(typeof events)[0]];
  const startsAt = new Map<object, string>();
  const begunMs = Date.now();
  try {
    for (const { atMs, labels, over } of events) {
      await wait(Math.max(0, begunMs + (atMs - firstMs) / speed - Date.now()));
      const now = new Date().toISOString();
      if (!over) startsAt.set(labels, now);
      await server.post([{ labels, startsAt: startsAt.get(labels)!, ...(over && { endsAt: now }) }]);
    }
    await wait(restMs);
  } finally {
    await server.stop();
    await inbox.close();
  }
  return inbox.messages
    .filter(({ status }) => status === 'firing')
    .map((message) => ({ ...message, atMs: firstMs + (message.receivedMs - begunMs) * speed }));
}

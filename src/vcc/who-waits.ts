import type { UnclearReason } from '../snapshot/ongoing.ts';

/** One event of a channel. */
export interface ChannelEvent {
  type: string;
  /** Milliseconds after the start of the interaction. */
  offsetMs: number | undefined;
  /** The API's `name` and `properties.interactionPlan`, trimmed. */
  name: string;
  plan: string;
}

/** One channel of an ongoing interaction, in the API's words. */
export interface Channel {
  role: string;
  touchpoint: unknown;
  endReason: unknown;
  duration: unknown;
  events: readonly ChannelEvent[];
}

/** The parts of an ongoing interaction that show who waits. */
export interface Conversation {
  direction: string;
  status: string;
  connectFrom: unknown;
  channels: readonly Channel[];
}

/** The event of entering the queue, or why it is unclear who waits. Undefined: nobody waits. */
export type Verdict = { queued: ChannelEvent } | { unclear: UnclearReason } | undefined;

/**
 * Decides whether the caller of an ongoing interaction waits in a queue. The API reference does not
 * say how to see this. The rule is that of one public program that reads the real API:
 * - the interaction is Inbound and Ongoing
 * - a channel of the role External has the touchpoint that the interaction comes from
 *   (`connectFrom`), and has not ended (`endReason` is null, and `duration` is no number)
 * - the last event of this channel has the type Queue; its `name` is the queue
 *
 * The rule is strict. If a channel seems to be in a queue, and the whole rule holds for no channel
 * or for several, the interaction is unclear and does not count as waiting.
 */
export function whoWaits({ direction, status, connectFrom, channels }: Conversation): Verdict {
  const external = channels.filter(({ role, endReason }) => role === 'External' && !isText(endReason));
  if (external.some(isOutOfOrder)) return { unclear: 'event_order' };
  const queued = external.filter(({ events }) => events.at(-1)?.type === 'Queue');
  if (queued.length === 0) return undefined;
  if (direction !== 'Inbound') return { unclear: 'direction' };
  if (status !== 'Ongoing') return { unclear: 'status' };
  const callers = queued.filter(({ touchpoint }) => isText(connectFrom) && touchpoint === connectFrom);
  if (callers.length === 0) return { unclear: 'touchpoint' };
  if (callers.length > 1) return { unclear: 'several_channels' };
  const [{ endReason, duration, events }] = callers as [Channel];
  const goesOn = endReason === null && typeof duration !== 'number';
  return goesOn ? { queued: events.at(-1)! } : { unclear: 'end_reason' };
}

const isText = (value: unknown) => typeof value === 'string' && value !== '';

/**
 * Whether a channel was in a queue, and its events are not in the order of time. An unknown time
 * does not say.
 */
function isOutOfOrder({ events }: Channel): boolean {
  if (!events.some(({ type }) => type === 'Queue')) return false;
  const known = events.flatMap(({ offsetMs }) => offsetMs ?? []);
  return known.slice(1).some((offsetMs, index) => offsetMs < known[index]!);
}

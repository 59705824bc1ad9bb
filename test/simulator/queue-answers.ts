/** A channel, as the API returns it. */
interface OngoingChannel {
  guid: string;
  offset: number;
  duration: number | null;
  endReason: string | null;
  party: { id: string | null; role: string; touchpoint: string | null };
  events: OngoingEvent[];
}

interface OngoingEvent {
  type: string;
  offset: number;
  name: string | null;
  duration: number | null;
  properties: { interactionPlan: string } | null;
}

/** An interaction that is going on, as the API returns it. */
export interface OngoingItem {
  guid: string;
  medium: string;
  start: string;
  direction: string;
  connectTo: string | null;
  connectFrom: string | null;
  interactionPlanMapping: object | null;
  channels: OngoingChannel[];
}

/** A pass through a queue, as the API returns it. */
export interface QueueItem {
  start: string;
  interactionGuid: string;
  interactionPlan: string;
  queue: string;
  type: string;
  category: string | null;
  reason: string | null;
  duration: number | null;
  party: { role: string };
}

/** The channels of this role that did not end. */
export const openChannels = (channels: readonly OngoingChannel[], role: string) =>
  channels.filter(({ endReason, party }) => endReason === null && party.role === role);

/** The event by which a customer waits in a queue. Undefined: the customer does not wait. */
export function isWaiting({ direction, connectFrom, channels }: OngoingItem): OngoingEvent | undefined {
  if (direction !== 'Inbound') return undefined;
  const customers = openChannels(channels, 'External').filter(
    ({ party }) => party.touchpoint === connectFrom,
  );
  return customers.map(({ events }) => events.at(-1)!).find(({ type }) => type === 'Queue');
}

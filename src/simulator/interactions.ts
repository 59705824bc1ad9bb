import type { Leg } from './agent.ts';
import type { Place } from './places.ts';
import type { SimulatedQueue } from './queues.ts';

/** Who is at the end of a channel. `id` is that of an agent. */
interface Party {
  id: string | null;
  role: 'External' | 'Agent';
  touchpoint: string | null;
}

interface ChannelEvent {
  type: string;
  sinceMs: number;
  untilMs: number | undefined;
  name: string | null;
  /** The interaction plan, for an event of type Queue. */
  plan: string | undefined;
}

/** A customer's, an agent's or a third party's part in an interaction. */
export class Channel {
  readonly guid: string;
  readonly startMs: number;
  readonly party: Party;
  readonly events: ChannelEvent[] = [];
  endMs: number | undefined;
  endReason: string | null = null;

  constructor(guid: string, startMs: number, party: Party) {
    this.guid = guid;
    this.startMs = startMs;
    this.party = party;
  }

  get isOpen(): boolean {
    return this.endMs === undefined;
  }

  /** The type of the current event. Undefined after the end. */
  get current(): string | undefined {
    return this.isOpen ? this.events.at(-1)?.type : undefined;
  }

  /** Begins another event. Does nothing after the end, or for the type of the current event. */
  enter(type: string, nowMs: number, name: string | null = null, plan?: string): void {
    if (!this.isOpen || (this.current === type && type !== 'Queue')) return;
    this.#endEvent(nowMs);
    this.events.push({ type, sinceMs: nowMs, untilMs: undefined, name, plan });
  }

  end(nowMs: number, reason: string): void {
    if (!this.isOpen) return;
    this.#endEvent(nowMs);
    this.endMs = nowMs;
    this.endReason = reason;
  }

  #endEvent(nowMs: number): void {
    const last = this.events.at(-1);
    if (last) last.untilMs ??= nowMs;
  }
}

/** An agent's part in an interaction. */
export interface Part {
  channel: Channel;
  /** Whether the agent only listens. */
  monitors: boolean;
}

/** An interaction that is going on. */
export interface Interaction {
  guid: string;
  conversationGuid: string;
  medium: string;
  mediumManager: string;
  startMs: number;
  direction: 'Inbound' | 'Outbound' | 'Internal';
  connectTo: string | null;
  connectFrom: string | null;
  /** The queue of its interaction plan. Undefined without a plan. */
  origin: SimulatedQueue | undefined;
  /** In no order. */
  channels: Channel[];
  /** The channel of the customer. Undefined for an internal call. */
  customer: Channel | undefined;
  /** The parts of agents, until they end. */
  parts: Map<Leg, Part>;
  /** Its place in a queue, if it has one. */
  place: Place | undefined;
  /** The queue in which it was last. */
  lastQueue: SimulatedQueue | undefined;
}

/** Returns an interaction as the API does. Offsets count from the start of the interaction. */
export function toOngoing(interaction: Interaction): object {
  const { startMs, mediumManager, origin } = interaction;
  return {
    status: 'Ongoing',
    medium: interaction.medium,
    // The example of the reference has this name here, and CC in the other answers.
    mediumManager: mediumManager === 'CC' ? 'VCC' : mediumManager,
    guid: interaction.guid,
    conversationGuid: interaction.conversationGuid,
    start: new Date(startMs).toISOString(),
    duration: null,
    direction: interaction.direction,
    serviceName: origin ? groupOf(origin) : null,
    connectTo: interaction.connectTo,
    connectFrom: interaction.connectFrom,
    categorizedAt: null,
    interactionPlanMapping: origin
      ? {
          addressName: `Main ${origin.name} Number`,
          mappingName: `${origin.name} mapping`,
          interactionPlanName: origin.plan,
          reportingGroup: groupOf(origin),
        }
      : null,
    channels: interaction.channels.map((channel) => ({
      guid: channel.guid,
      offset: channel.startMs - startMs,
      duration: channel.endMs === undefined ? null : channel.endMs - channel.startMs,
      endReason: channel.endReason,
      integrationType: null,
      party: { ...channel.party },
      events: channel.events.map(({ type, sinceMs, untilMs, name, plan }) => ({
        type,
        offset: sinceMs - startMs,
        name,
        duration: untilMs === undefined ? null : untilMs - sinceMs,
        properties: plan === undefined ? null : { interactionPlan: plan },
      })),
    })),
  };
}

function groupOf({ name }: SimulatedQueue): string {
  return `Reports ${name}`;
}

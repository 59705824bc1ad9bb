import type { Leg, SimulatedAgent } from './agent.ts';
import type { ContactCentre } from './contact-centre.ts';
import { Channel, type Interaction } from './interactions.ts';
import type { Place } from './places.ts';
import type { SimulatedQueue } from './queues.ts';
import type { Random } from './random.ts';
import type { Touchpoints } from './touchpoints.ts';

const seconds = 1000;
/** The number that customers see when they are called. */
const ownNumber = '08001230000';
const emailMedia = ['Email', 'Case', 'Chat'];

/** What conversations need of queues. */
interface ConversationsOptions {
  /** The share of calls that are transferred to another queue. */
  transfers: number;
  /** A customer queues, or an agent by this channel for the customer. */
  enter: (interaction: Interaction, queue: SimulatedQueue, agentChannel?: Channel) => void;
  /** An agent stops queueing. */
  leave: (place: Place) => void;
  /** Returns another queue than this one. Undefined: there is only one. */
  another: (queue: SimulatedQueue) => SimulatedQueue | undefined;
}

/** The fields of an interaction that differ at its start. */
interface Beginning {
  medium: string;
  mediumManager?: string;
  direction: Interaction['direction'];
  origin: SimulatedQueue | undefined;
  /** The customer's. Undefined for an internal call. */
  touchpoint: string | undefined;
  guid?: string;
}

/**
 * The interactions that are going on, with a channel for each party. The channels of agents follow
 * the states of their legs, so both endpoints always agree. The channel of the customer follows
 * the agents.
 */
export class Conversations {
  readonly #centre: ContactCentre;
  readonly #dice: Random;
  readonly #touchpoints: Touchpoints;
  readonly #options: ConversationsOptions;
  readonly #ongoing = new Map<string, Interaction>();

  constructor(centre: ContactCentre, dice: Random, touchpoints: Touchpoints, options: ConversationsOptions) {
    this.#centre = centre;
    this.#dice = dice;
    this.#touchpoints = touchpoints;
    this.#options = options;
  }

  /** Returns all, by the time of the start. */
  all(): readonly Interaction[] {
    return [...this.#ongoing.values()];
  }

  open({ medium, mediumManager = 'CC', direction, origin, touchpoint, guid }: Beginning): Interaction {
    const isOurs = direction === 'Outbound';
    const dice = this.#dice;
    const interaction: Interaction = {
      guid: guid ?? dice.guid(),
      conversationGuid: dice.guid(),
      medium,
      mediumManager,
      startMs: this.#nowMs,
      direction,
      connectTo: (isOurs ? touchpoint : origin?.address) ?? ownNumber,
      connectFrom: (isOurs ? ownNumber : touchpoint) ?? null,
      origin,
      channels: [],
      customer: undefined,
      parts: new Map(),
      place: undefined,
      lastQueue: origin,
    };
    if (touchpoint !== undefined) {
      // In the example of the reference, an interaction and its first channel have the same guid.
      interaction.customer = this.#addChannel(interaction, interaction.guid, touchpoint);
      interaction.customer.enter('Ringing', interaction.startMs);
    }
    this.#ongoing.set(interaction.guid, interaction);
    return interaction;
  }

  /** The customer is gone. Third parties leave too. */
  hangUp(interaction: Interaction, reason: string): void {
    for (const channel of interaction.channels) {
      if (channel.party.role === 'External') channel.end(this.#nowMs, reason);
    }
    this.#closeIfOver(interaction);
  }

  /** The channel of an agent who queued has the state of the agent's leg again. */
  stopQueueing({ parts }: Interaction, channel: Channel): void {
    for (const [leg, part] of parts)
      if (part.channel === channel) channel.enter(leg.state ?? 'Parked', this.#nowMs);
  }

  changed(agent: SimulatedAgent, leg: Leg): void {
    const interaction = this.#ongoing.get(leg.guid) ?? this.#openFor(leg);
    let part = interaction.parts.get(leg);
    const isNew = part === undefined;
    if (!part) {
      const isTaken = interaction.channels.some(({ guid }) => guid === leg.channelGuid);
      const guid = leg.channelGuid !== null && !isTaken ? leg.channelGuid : this.#dice.guid();
      const channel = this.#addChannel(interaction, guid, null, agent.id);
      part = { channel, monitors: leg.reason === 'Monitor' };
      interaction.parts.set(leg, part);
    }
    const wasRinging = part.channel.current === 'Ringing';
    const nowMs = this.#nowMs;
    part.channel.enter(leg.state ?? 'Parked', nowMs);
    if (part.monitors) return;
    const { customer } = interaction;
    if (leg.state === 'Ringing') {
      // While an agent talks to the one who gets the customer, the customer is held.
      if (isNew && customer?.current !== 'Held') customer?.enter('Ringing', nowMs);
    } else if (leg.state === 'Connected') {
      if (!interaction.place) customer?.enter('Connected', nowMs);
      if (wasRinging) this.#converse(interaction, leg, part.channel);
    } else if (leg.state !== undefined) this.#settle(interaction, part.channel, leg.state);
    else if (!interaction.place) customer?.enter('Parked', nowMs);
  }

  ended(leg: Leg): void {
    const interaction = this.#ongoing.get(leg.guid);
    const part = interaction?.parts.get(leg);
    if (!interaction || !part) return;
    interaction.parts.delete(leg);
    part.channel.end(this.#nowMs, 'Disconnected');
    if (!part.monitors) this.#settle(interaction, part.channel, 'Ended');
    this.#closeIfOver(interaction);
  }

  get #nowMs(): number {
    return Math.floor(this.#centre.nowMs);
  }

  /** An agent began an interaction without a queue. */
  #openFor({ guid, medium, mediumManager, direction }: Leg): Interaction {
    const isInternal = direction === 'Internal';
    const touchpoint = () =>
      emailMedia.includes(medium) ? this.#touchpoints.email() : this.#touchpoints.phone();
    return this.open({
      guid,
      medium,
      mediumManager,
      direction,
      origin: undefined,
      touchpoint: isInternal ? undefined : touchpoint(),
    });
  }

  /** An agent no longer handles an interaction, or never did. What becomes of the customer? */
  #settle(
    interaction: Interaction,
    ofAgent: Channel,
    state: 'Wrap' | 'Unexpected' | 'Failed' | 'Ended',
  ): void {
    const { customer, place, lastQueue } = interaction;
    const { transfers, enter, leave, another } = this.#options;
    const [active] = [...interaction.parts].filter(([leg, part]) => !part.monitors && isActive(leg));
    const canQueue = lastQueue !== undefined && interaction.direction === 'Inbound';
    if (place?.agentChannel === ofAgent) {
      leave(place);
      if (active) customer?.enter('Connected', this.#nowMs);
    } else if (active) {
      const [leg, { channel }] = active;
      // The one who would have got the customer did not answer.
      const isAgain = state === 'Unexpected' && canQueue && !place && leg.state === 'Connected';
      if (isAgain) enter(interaction, lastQueue, channel);
      else if (customer?.current === 'Held' && leg.state === undefined) customer.enter('Parked', this.#nowMs);
    }
    if (active || interaction.place) return;
    if (!customer?.isOpen || customer.current === 'Ivr' || customer.current === 'Voicemail') return;
    const isTransfer = state === 'Wrap' && canQueue && this.#dice.chance(transfers);
    const next = isTransfer ? another(lastQueue) : undefined;
    if (state === 'Unexpected' && canQueue) enter(interaction, lastQueue);
    else if (next) enter(interaction, next);
    else this.hangUp(interaction, state === 'Wrap' || state === 'Ended' ? 'HungUp' : state);
  }

  /** What happens in a call: the customer is held, somebody else joins, or the agent queues. */
  #converse(interaction: Interaction, leg: Leg, channel: Channel): void {
    const { customer, medium } = interaction;
    if (!customer || leg.grade !== 'live' || medium === 'Email') return;
    const dice = this.#dice;
    const isTalking = () => leg.state === 'Connected' && customer.current === 'Connected';
    if (dice.chance(0.15)) {
      this.#centre.after(dice.around(25 * seconds), () => {
        if (!isTalking()) return;
        customer.enter('Held', this.#nowMs);
        this.#centre.after(dice.around(15 * seconds), () => {
          if (customer.current === 'Held' && leg.state === 'Connected' && !interaction.place)
            customer.enter('Connected', this.#nowMs);
        });
      });
    }
    if (dice.chance(0.08)) {
      this.#centre.after(dice.around(20 * seconds), () => {
        if (isTalking()) this.#consult(interaction);
      });
    }
    const { lastQueue, direction } = interaction;
    if (!lastQueue || direction !== 'Inbound' || !dice.chance(this.#options.transfers)) return;
    const next = this.#options.another(lastQueue);
    if (!next) return;
    this.#centre.after(dice.around(40 * seconds), () => {
      if (isTalking() && !interaction.place && interaction.parts.get(leg)?.channel === channel)
        this.#options.enter(interaction, next, channel);
    });
  }

  /** A third party joins for a while. */
  #consult(interaction: Interaction): void {
    const dice = this.#dice;
    const third = this.#addChannel(interaction, dice.guid(), this.#touchpoints.phone());
    third.enter('Ringing', this.#nowMs);
    this.#centre.after(dice.around(6 * seconds), () => third.enter('Connected', this.#nowMs));
    this.#centre.after(dice.around(60 * seconds), () => {
      third.end(this.#nowMs, 'HungUp');
      this.#closeIfOver(interaction);
    });
  }

  /** Channels are in no order, as far as the reference says. */
  #addChannel(interaction: Interaction, guid: string, touchpoint: string | null, id: string | null = null) {
    const role = id === null ? 'External' : 'Agent';
    const channel = new Channel(guid, this.#nowMs, { id, role, touchpoint });
    interaction.channels.splice(this.#dice.below(interaction.channels.length + 1), 0, channel);
    return channel;
  }

  #closeIfOver(interaction: Interaction): void {
    if (interaction.place || interaction.channels.some((channel) => channel.isOpen)) return;
    this.#ongoing.delete(interaction.guid);
  }
}

/** Whether an agent still has the customer. */
function isActive({ state }: Leg): boolean {
  return state === undefined || state === 'Ringing' || state === 'Connected';
}

import type { Grade, Leg, SimulatedAgent } from './agent.ts';
import type { ContactCentre } from './contact-centre.ts';
import { Conversations } from './conversations.ts';
import type { Channel, Interaction } from './interactions.ts';
import { type Pass, Passes, type Place, type QueueingParty } from './places.ts';
import {
  type CallerMedium,
  type CallersOptions,
  drawSkills,
  ordinaryArrivals,
  ordinaryMedia,
  ordinaryQueues,
  type SimulatedQueue,
} from './queues.ts';
import { Random } from './random.ts';
import { Routing } from './routing.ts';
import { Touchpoints } from './touchpoints.ts';

const seconds = 1000;
const minutes = 60_000;
/** The rate of arrivals is constant for this time. */
const steadyMs = 10 * seconds;
const dayMs = 24 * 60 * minutes;
const grades: Readonly<Record<CallerMedium, Grade>> = { Phone: 'live', Chat: 'semiLive', Email: 'nonLive' };

/** Somebody who waits. Plans are without the blanks that the API returns around them. */
export interface Waiting {
  queue: string;
  plan: string;
  medium: string;
  /** With Virtual the customer has hung up, and waits in a queue of its own to be called back. */
  type: 'ACD' | 'Virtual';
  party: QueueingParty;
  sinceMs: number;
  guid: string;
}

/** Somebody who left a queue. */
export interface Left extends Waiting {
  leftMs: number;
  waitedMs: number;
  category: string;
  reason: string;
  targetMs: number | undefined;
}

/** What is true about the queues, whatever the API's answers say. */
export interface QueueTruth {
  /** Who waits, by the time of entry. A place with a callback is listed once, with type Virtual. */
  waiting: readonly Waiting[];
  /** Who left, by the time of entry. A place with a callback is listed twice: ACD and Virtual. */
  left: readonly Left[];
  /** The skills of each agent, by agentId. */
  skills: ReadonlyMap<string, readonly string[]>;
}

/**
 * The customers of a contact centre. They arrive, hear a menu, and queue. Then they give up, are
 * sent away by the plan, accept a callback, or are delivered to an idle agent. The agent may not
 * answer, or may transfer them to another queue.
 *
 * It also records the interactions that agents begin themselves, since the API lists all.
 */
export class Callers {
  readonly #centre: ContactCentre;
  readonly #dice: Random;
  readonly #seed: number;
  readonly #options: CallersOptions;
  readonly #arrivals: (atMs: number) => number;
  readonly #passes: Passes;
  readonly #routing: Routing;
  readonly #conversations: Conversations;
  readonly #touchpoints: Touchpoints;
  readonly #skills = new Map<string, readonly string[]>();
  /** Its queues, each with a skill of the same name. */
  readonly queues: readonly SimulatedQueue[];

  constructor(centre: ContactCentre, options: CallersOptions, seed: number, agents: number) {
    this.#centre = centre;
    this.#options = options;
    this.#seed = seed;
    this.#dice = Random.of(`${seed}/callers`);
    this.queues = options.queues ?? ordinaryQueues;
    this.#arrivals = options.arrivalsPerMinute ?? ordinaryArrivals(agents);
    this.#passes = new Passes(options.keepMs ?? dayMs, options.keepPasses ?? 500_000);
    this.#touchpoints = new Touchpoints(seed);
    this.#routing = new Routing(centre, {
      skillsOf: (agentId) => this.skillsOf(agentId),
      delivers: options.delivers ?? (() => true),
      deliver: (place, agent) => this.#deliver(place, agent),
    });
    this.#conversations = new Conversations(centre, this.#dice, this.#touchpoints, {
      transfers: options.transfers ?? 0.08,
      enter: (interaction, queue, agent) => this.#enter(interaction, queue, agent),
      leave: (place) => this.#leave(place, 'Abandoned', 'AgentLeft'),
      another: (queue) => {
        const others = this.queues.filter((each) => each !== queue);
        return others.length > 0 ? this.#pickQueue(others) : undefined;
      },
    });
    this.#awaitNext();
  }

  /** Returns what is true at a time, and who left in the window that ends then. Default: all. */
  truth(atMs: number, windowMs = Number.POSITIVE_INFINITY): QueueTruth {
    if (atMs > this.#centre.nowMs) throw new RangeError('this time is in the future of the contact centre');
    const waiting = new Map<string, Waiting>();
    const left: Left[] = [];
    for (const pass of this.#passes.known()) {
      if (pass.enteredMs > atMs) break;
      const { leftMs, category = '', reason = '' } = pass;
      const one: Waiting = {
        queue: pass.queueName,
        plan: pass.plan.trim(),
        medium: pass.medium,
        type: pass.type,
        party: pass.party,
        sinceMs: pass.enteredMs,
        guid: pass.guid,
      };
      // An interaction has one place at a time. The virtual pass comes after the other one.
      if (leftMs === undefined || leftMs > atMs) waiting.set(pass.guid, one);
      else if (leftMs > atMs - windowMs) {
        const waitedMs = leftMs - pass.enteredMs;
        left.push({ ...one, leftMs, waitedMs, category, reason, targetMs: pass.queue.targetMs });
      }
    }
    const skills = new Map(this.#centre.staff().map(({ agentId }) => [agentId, this.skillsOf(agentId)]));
    return { waiting: [...waiting.values()], left, skills };
  }

  /** Returns every phone number and email address that a customer or a third party ever had. */
  touchpoints(): Iterable<string> {
    return this.#touchpoints.all();
  }

  /** Returns what is going on, by the time of the start. */
  ongoing(): readonly Interaction[] {
    return this.#conversations.all();
  }

  /** Returns the passes through queues that it knows, by the time of entry. */
  passes(): Iterable<Pass> {
    return this.#passes.known();
  }

  /** Returns the skills of an agent. */
  skillsOf(agentId: string): readonly string[] {
    const known = this.#skills.get(agentId);
    if (known) return known;
    const draw = () => drawSkills(Random.of(`${this.#seed}/skills/${agentId}`), this.queues);
    const skills = this.#options.skillsOf?.(agentId) ?? draw();
    this.#skills.set(agentId, skills);
    return skills;
  }

  /** See {@link ContactCentre.idle}. */
  idle(agent: SimulatedAgent, durationMs: number): Generator<number, Leg | undefined, void> {
    return this.#routing.idle(agent, durationMs);
  }

  /** Delivers the call that waits for the longest time to an agent who has other work. */
  take(agent: SimulatedAgent): Leg | undefined {
    return this.#routing.take(agent);
  }

  /** An agent's leg has a new state. */
  changed(agent: SimulatedAgent, leg: Leg): void {
    this.#conversations.changed(agent, leg);
  }

  /** An agent's leg is over. */
  ended(leg: Leg): void {
    this.#conversations.ended(leg);
  }

  /** A customer on the phone queues now. */
  arrive(): void {
    const queue = this.#pickQueue(this.queues);
    this.#enter(this.#newCustomer('Phone', queue), queue);
  }

  /** The customer who queued last gives up now. Does nothing if nobody waits. */
  giveUp(): void {
    const place = this.#routing.waiting().findLast((each) => each.party === 'External' && !each.isVirtual);
    if (place) this.#abandon(place);
  }

  /** The API's times are whole milliseconds. Scripts may wait for fractions. */
  get #nowMs(): number {
    return Math.floor(this.#centre.nowMs);
  }

  /** Arrivals are as random as those of many customers who do not know of each other. */
  #awaitNext(): void {
    const perMs = this.#arrivals(this.#nowMs) / minutes;
    const gapMs = perMs > 0 ? -Math.log(1 - this.#dice.next()) / perMs : Number.POSITIVE_INFINITY;
    this.#centre.after(Math.min(gapMs, steadyMs), () => {
      if (gapMs <= steadyMs) this.#begin();
      this.#awaitNext();
    });
  }

  /** A customer arrives. On the phone there is a menu before the queue. */
  #begin(): void {
    const medium = this.#dice.weighted(this.#options.media ?? ordinaryMedia);
    const queue = this.#pickQueue(this.queues);
    const interaction = this.#newCustomer(medium, queue);
    if (medium !== 'Phone') {
      this.#enter(interaction, queue);
      return;
    }
    interaction.customer!.enter('Ivr', this.#nowMs, `${queue.name} menu`);
    const hangsUp = this.#dice.chance(0.03);
    this.#centre.after(this.#dice.around(12 * seconds), () => {
      if (hangsUp) this.#conversations.hangUp(interaction, 'HungUp');
      else this.#enter(interaction, queue);
    });
  }

  #newCustomer(medium: CallerMedium, queue: SimulatedQueue): Interaction {
    const touchpoint = medium === 'Phone' ? this.#touchpoints.phone() : this.#touchpoints.email();
    return this.#conversations.open({ medium, direction: 'Inbound', origin: queue, touchpoint });
  }

  /** A customer queues, or an agent for the customer. */
  #enter(interaction: Interaction, queue: SimulatedQueue, agentChannel?: Channel): void {
    const nowMs = this.#nowMs;
    const party = agentChannel ? 'Agent' : 'External';
    const place: Place = { interaction, queue, party, agentChannel, passes: [], isVirtual: false };
    this.#addPass(place, 'ACD');
    interaction.place = place;
    interaction.lastQueue = queue;
    const channel = agentChannel ?? interaction.customer!;
    channel.enter('Queue', nowMs, queue.name, (interaction.origin ?? queue).plan);
    if (agentChannel) interaction.customer!.enter('Held', nowMs);
    this.#routing.add(place);
    const { patienceMs = 4 * minutes, longestWaitMs = 10 * minutes, callbacks = 0.15 } = this.#options;
    const longestMs = interaction.medium === 'Email' ? 120 * minutes : longestWaitMs;
    const patientMs =
      interaction.medium === 'Email'
        ? Number.POSITIVE_INFINITY
        : this.#dice.around(agentChannel ? 90 * seconds : patienceMs);
    this.#centre.after(Math.min(patientMs, longestMs), () => {
      if (!this.#routing.isWaiting(place) || place.isVirtual) return;
      if (patientMs < longestMs) this.#abandon(place);
      else this.#breakOut(place);
    });
    if (interaction.medium !== 'Phone' || agentChannel || !this.#dice.chance(callbacks)) return;
    this.#centre.after(this.#dice.between(40, 80) * seconds, () => {
      if (this.#routing.isWaiting(place)) this.#acceptCallback(place);
    });
  }

  #addPass(place: Place, type: Pass['type']): void {
    const { interaction, queue, party } = place;
    const { guid, medium, mediumManager, origin } = interaction;
    const pass: Pass = {
      guid,
      medium,
      mediumManager,
      queue,
      queueName: type === 'ACD' ? queue.name : `${queue.name} Callback`,
      plan: (origin ?? queue).plan,
      type,
      party,
      enteredMs: this.#nowMs,
      leftMs: undefined,
      category: undefined,
      reason: undefined,
      again: this.#dice.chance(0.05),
    };
    place.passes.push(pass);
    this.#passes.add(pass);
  }

  #leave(place: Place, category: NonNullable<Pass['category']>, reason: string): void {
    this.#routing.remove(place);
    place.interaction.place = undefined;
    for (const pass of place.passes) Object.assign(pass, { leftMs: this.#nowMs, category, reason });
  }

  /** The customer hangs up and keeps the place, or the agent stops queueing. */
  #acceptCallback(place: Place): void {
    place.isVirtual = true;
    this.#addPass(place, 'Virtual');
    place.interaction.customer!.end(this.#nowMs, 'CallbackAccepted');
    this.#centre.after(45 * minutes, () => {
      if (this.#routing.isWaiting(place)) this.#breakOut(place);
    });
  }

  #abandon(place: Place): void {
    const { interaction, agentChannel } = place;
    this.#leave(place, 'Abandoned', agentChannel ? 'AgentCancelled' : 'CallerHungUp');
    if (!agentChannel) {
      this.#conversations.hangUp(interaction, 'HungUp');
      return;
    }
    this.#conversations.stopQueueing(interaction, agentChannel);
    interaction.customer!.enter(agentChannel.current!, this.#nowMs);
  }

  /** The plan ends the waiting. A customer on the phone can then leave a message. */
  #breakOut(place: Place): void {
    const { interaction } = place;
    this.#leave(place, 'Breakout', 'NoAgentsBreakout');
    if (place.isVirtual || interaction.medium !== 'Phone') {
      this.#conversations.hangUp(interaction, 'Breakout');
      return;
    }
    interaction.customer!.enter('Voicemail', this.#nowMs);
    this.#centre.after(this.#dice.around(20 * seconds), () =>
      this.#conversations.hangUp(interaction, 'HungUp'),
    );
  }

  #deliver(place: Place, agent: SimulatedAgent): Leg {
    this.#leave(place, 'Answered', 'Delivered');
    const { interaction, agentChannel } = place;
    // The agent who queued now talks to the one who gets it.
    if (agentChannel) this.#conversations.stopQueueing(interaction, agentChannel);
    let delivered = interaction;
    if (place.isVirtual) {
      const touchpoint = interaction.customer!.party.touchpoint!;
      const origin = interaction.origin;
      this.#conversations.hangUp(interaction, 'Callback');
      delivered = this.#conversations.open({
        medium: 'Phone Callback',
        direction: 'Outbound',
        origin,
        touchpoint,
      });
    }
    const { guid, medium, mediumManager, direction } = delivered;
    const channelGuid = this.#dice.chance(0.5) ? this.#dice.guid() : null;
    const grade = grades[medium as CallerMedium] ?? 'live';
    return this.#centre.begin(agent, { guid, channelGuid, medium, mediumManager, direction, grade });
  }

  #pickQueue(queues: readonly SimulatedQueue[]): SimulatedQueue {
    const shares = Object.fromEntries(queues.map(({ name, share }) => [name, share]));
    const name = this.#dice.weighted(shares);
    return queues.find((each) => each.name === name)!;
  }
}

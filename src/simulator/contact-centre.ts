import { Random } from './random.ts';
import { Schedule } from './schedule.ts';

/** How a stand-in contact centre is set up. */
export interface ContactCentreOptions {
  seed: number;
  agents: number;
  /** When it is first looked at; it has been open for a while by then. */
  startMs: number;
  /** With other contact centres beside it: the agents of all. */
  allAgents?: number;
}

/** One item of the API's answer, in the API's spelling. */
export interface AgentStatus {
  agentId: string;
  presence: { since: string; name: string; description: string; eligibleForRouting: boolean };
  workload: { since: string; calls: number; semiLive: number; nonLive: number };
  interaction: {
    guid: string;
    channelGuid: string | null;
    since: string;
    medium: string;
    mediumManager: string;
    direction: string;
    state: string;
    reason: string | null;
  }[];
}

type Grade = 'live' | 'semiLive' | 'nonLive';
type State = 'Ringing' | 'Connected' | 'Wrap' | 'Unexpected' | 'Failed';

/** What a leg keeps for its whole life. */
interface Interaction {
  guid: string;
  channelGuid: string | null;
  medium: string;
  mediumManager: string;
  direction: 'Inbound' | 'Outbound' | 'Internal';
  grade: Grade;
}

interface Leg extends Interaction {
  sinceMs: number;
  /** Undefined: in hand but not listed (parked, or interrupted by a call). */
  state: State | undefined;
  reason: string | null;
}

interface SimulatedAgent {
  id: string;
  presence: string;
  description: string;
  presenceSinceMs: number;
  workloadSinceMs: number;
  legs: Leg[];
  left: boolean;
  /** Taken by another agent's internal call until then. */
  engagedUntilMs: number;
}

const minutes = 60_000;
const seconds = 1000;
/** How long an agent lives before the first look, bounded by the work that it takes for all of them. */
const warmUpMs = 3 * 60 * minutes;
const warmUpAgentMinutes = 600_000;

const readyDescriptions = { Ready: 9, 'Ready (Outbound)': 1 };
const awayDescriptions = { Break: 5, 'Comfort break': 3, 'Speaking to supervisor': 1 };
const extendedAwayDescriptions = { Lunch: 5, Meeting: 2, Training: 1, Coaching: 1 };
const unansweredReasons = {
  NoAnswer: 10,
  NumberBusy: 4,
  NumberUnobtainable: 1,
  CallRejected: 2,
  CallFailed: 1,
  ConnectionUnavailable: 2,
};
const failedReasons = { NumberUnobtainable: 2, CallRejected: 2, CallFailed: 1 };

/** A step of an agent's life: does something now, then gives the milliseconds until the next step. */
type Life = Generator<number, void, void>;

/**
 * A contact centre that lives: each agent's day is a script that yields how long it waits, and one schedule runs
 * all of them in the order of time, so that every moment is consistent (no `since` in the future, workload that
 * agrees with interactions, one guid with both agents of an internal call).
 */
export class ContactCentre {
  readonly #random: Random;
  readonly #schedule = new Schedule();
  readonly #agents: SimulatedAgent[] = [];
  #nowMs: number;
  #hired = 0;

  constructor({ seed, agents, startMs, allAgents = agents }: ContactCentreOptions) {
    this.#random = new Random(seed);
    const warmUp = Math.min(warmUpMs, (warmUpAgentMinutes / allAgents) * minutes);
    this.#nowMs = startMs - Math.round(warmUp);
    for (let index = 0; index < agents; index++) this.hire();
    this.advanceTo(startMs);
  }

  get size(): number {
    return this.#agents.length;
  }

  /** Lets time pass; never backwards. */
  advanceTo(nowMs: number): void {
    for (;;) {
      const due = this.#schedule.takeDue(nowMs);
      if (!due) break;
      this.#nowMs = due.atMs;
      due.run();
    }
    this.#nowMs = Math.max(this.#nowMs, nowMs);
  }

  /** Adds an agent, who has yet to log in. */
  hire(): void {
    const agent: SimulatedAgent = {
      id: String(100_001 + this.#hired++),
      presence: 'LoggedOut',
      description: 'Logged Out',
      presenceSinceMs: this.#nowMs - this.#random.around(10 * 60 * minutes),
      workloadSinceMs: this.#nowMs - this.#random.around(20 * 60 * minutes),
      legs: [],
      left: false,
      engagedUntilMs: 0,
    };
    this.#agents.push(agent);
    const life = this.#life(agent);
    const step = () => {
      const { value, done } = life.next();
      if (!done) this.#schedule.add(this.#nowMs + Math.max(1, value), step);
    };
    step();
  }

  /** Removes the agent who came last. */
  dismiss(): void {
    this.#agents.pop();
  }

  /** All agents as the API would give them now, by agentId. */
  items(from = 0, to = this.#agents.length): AgentStatus[] {
    return this.#agents.slice(from, to).map(toStatus);
  }

  /** Whom the API lists, and whether they have left the company. */
  staff(): { agentId: string; left: boolean }[] {
    return this.#agents.map(({ id, left }) => ({ agentId: id, left }));
  }

  *#life(agent: SimulatedAgent): Life {
    const random = this.#random;
    // One in twelve has left the company; the API goes on listing them.
    if (random.chance(1 / 12)) {
      agent.left = true;
      agent.presenceSinceMs -= random.around(60 * 24 * 60 * minutes);
      return;
    }
    if (random.chance(0.2)) yield random.around(300 * minutes);
    else yield random.around(5 * minutes);
    for (;;) {
      this.#setPresence(agent, 'Ready', random.weighted(readyDescriptions));
      yield* this.#shift(agent, random.between(60, 480) * minutes);
      this.#setPresence(agent, 'LoggedOut', 'Logged Out');
      yield random.around(120 * minutes);
    }
  }

  *#shift(agent: SimulatedAgent, lengthMs: number): Life {
    const random = this.#random;
    const endMs = this.#nowMs + lengthMs;
    while (this.#nowMs < endMs) {
      yield random.around(2 * minutes);
      while (agent.engagedUntilMs > this.#nowMs) yield agent.engagedUntilMs - this.#nowMs;
      const outboundOnly = agent.description !== 'Ready';
      const next = random.weighted({
        inbound: outboundOnly ? 0 : 44,
        outbound: outboundOnly ? 60 : 10,
        chats: outboundOnly ? 0 : 10,
        deskWork: outboundOnly ? 0 : 14,
        internal: 5,
        monitor: 3,
        away: 10,
        extendedAway: 4,
      });
      if (next === 'away') yield* this.#pause(agent, 'Away', random.weighted(awayDescriptions), 9 * minutes);
      else if (next === 'extendedAway') {
        yield* this.#pause(agent, 'ExtendedAway', random.weighted(extendedAwayDescriptions), 35 * minutes);
      } else if (next === 'inbound') yield* this.#call(agent, 'Inbound');
      else if (next === 'outbound') yield* this.#call(agent, 'Outbound');
      else if (next === 'chats') yield* this.#chats(agent);
      else if (next === 'deskWork') yield* this.#deskWork(agent);
      else if (next === 'internal') yield* this.#internalCall(agent);
      else yield* this.#monitor(agent);
    }
  }

  *#pause(agent: SimulatedAgent, presence: string, description: string, meanMs: number): Life {
    this.#setPresence(agent, presence, description);
    yield this.#random.around(meanMs);
    this.#setPresence(agent, 'Ready', this.#random.weighted(readyDescriptions));
  }

  /** A phone call: rings, is answered or not, may be parked, may break, ends in wrap-up. */
  *#call(agent: SimulatedAgent, direction: 'Inbound' | 'Outbound'): Life {
    const random = this.#random;
    const leg = this.#begin(agent, {
      ...this.#newInteraction(random.chance(0.85) ? 'Phone' : 'Call', 'live', direction),
      mediumManager: random.chance(0.1) ? 'UC' : 'CC',
    });
    yield random.around(8 * seconds);
    if (random.chance(0.1)) return yield* this.#unanswered(agent, leg);
    this.#set(agent, leg, 'Connected');
    yield random.around(150 * seconds);
    if (random.chance(0.04)) return yield* this.#broken(agent, leg);
    if (random.chance(0.15)) {
      this.#set(agent, leg, undefined);
      yield random.around(30 * seconds);
      this.#set(agent, leg, 'Connected', 'Unparked');
      yield random.around(90 * seconds);
    }
    yield* this.#wrapUp(agent, leg);
  }

  *#unanswered(agent: SimulatedAgent, leg: Leg): Life {
    this.#set(agent, leg, 'Unexpected', this.#random.weighted(unansweredReasons));
    // Some accounts leave agents in "no answer" until they do something about it.
    yield this.#random.chance(0.05) ? this.#random.around(30 * minutes) : this.#random.around(20 * seconds);
    this.#end(agent, leg);
  }

  *#broken(agent: SimulatedAgent, leg: Leg): Life {
    this.#set(agent, leg, 'Failed', this.#random.weighted(failedReasons));
    yield this.#random.around(15 * seconds);
    this.#end(agent, leg);
  }

  *#wrapUp(agent: SimulatedAgent, leg: Leg, reason: string | null = null): Life {
    this.#set(agent, leg, 'Wrap', reason);
    yield this.#random.around(50 * seconds);
    this.#end(agent, leg);
  }

  /** Two chats side by side. */
  *#chats(agent: SimulatedAgent): Life {
    const random = this.#random;
    const first = this.#begin(agent, this.#newInteraction('Chat', 'semiLive', 'Inbound'));
    yield random.around(10 * seconds);
    this.#set(agent, first, 'Connected');
    yield random.around(60 * seconds);
    const second = this.#begin(agent, this.#newInteraction('Chat', 'semiLive', 'Inbound'));
    yield random.around(10 * seconds);
    this.#set(agent, second, 'Connected');
    yield random.around(200 * seconds);
    this.#set(agent, second, 'Wrap');
    yield random.around(20 * seconds);
    this.#end(agent, second);
    yield* this.#wrapUp(agent, first);
  }

  /** A case or an e-mail, now and then interrupted by a call. */
  *#deskWork(agent: SimulatedAgent): Life {
    const random = this.#random;
    const medium = random.pick(['Case', 'Email']);
    const leg = this.#begin(agent, this.#newInteraction(medium, 'nonLive', 'Inbound'));
    yield random.around(15 * seconds);
    this.#set(agent, leg, 'Connected');
    yield random.around(200 * seconds);
    if (random.chance(0.4)) {
      this.#set(agent, leg, undefined);
      yield* this.#call(agent, 'Inbound');
      this.#set(agent, leg, 'Connected', 'Resumed');
      yield random.around(120 * seconds);
    }
    yield* this.#wrapUp(agent, leg);
  }

  /** One agent calls another: one guid, two legs. */
  *#internalCall(agent: SimulatedAgent): Life {
    const colleague = this.#find((other) => other !== agent && this.#isFree(other));
    if (!colleague) return;
    const random = this.#random;
    const interaction = this.#newInteraction('Phone', 'live', 'Internal');
    const ringMs = random.around(6 * seconds);
    const talkMs = random.around(90 * seconds);
    colleague.engagedUntilMs = this.#nowMs + ringMs + talkMs + 1;
    const legs = [agent, colleague].map((each) => [each, this.#begin(each, interaction)] as const);
    yield ringMs;
    for (const [each, leg] of legs) this.#set(each, leg, 'Connected');
    yield talkMs;
    for (const [each, leg] of legs) this.#end(each, leg);
  }

  /** A supervisor listens in to somebody's call. */
  *#monitor(agent: SimulatedAgent): Life {
    const watched = this.#find((other) =>
      other.legs.some((leg) => leg.grade === 'live' && leg.state === 'Connected' && leg.reason !== 'Monitor'),
    );
    const source = watched?.legs.find((leg) => leg.grade === 'live' && leg.state === 'Connected');
    if (!source || watched === agent) return;
    const random = this.#random;
    const { guid, channelGuid, medium, mediumManager, direction, grade } = source;
    const leg = this.#begin(agent, { guid, channelGuid, medium, mediumManager, direction, grade }, 'Monitor');
    yield random.around(4 * seconds);
    this.#set(agent, leg, 'Connected', 'Monitor');
    yield random.around(80 * seconds);
    yield* this.#wrapUp(agent, leg, 'Monitor');
  }

  #isFree(agent: SimulatedAgent): boolean {
    return agent.presence === 'Ready' && agent.legs.length === 0 && agent.engagedUntilMs <= this.#nowMs;
  }

  /** A few random tries, not a search: 50,000 agents look for each other. */
  #find(fits: (agent: SimulatedAgent) => boolean): SimulatedAgent | undefined {
    for (let tries = 0; tries < 12; tries++) {
      const agent = this.#random.pick(this.#agents);
      if (fits(agent)) return agent;
    }
    return undefined;
  }

  #newInteraction(medium: string, grade: Grade, direction: Interaction['direction']): Interaction {
    const random = this.#random;
    const channelGuid = random.chance(0.5) ? random.guid() : null;
    return { guid: random.guid(), channelGuid, medium, mediumManager: 'CC', direction, grade };
  }

  #begin(agent: SimulatedAgent, interaction: Interaction, reason: string | null = null): Leg {
    const leg: Leg = { ...interaction, sinceMs: this.#nowMs, state: undefined, reason: null };
    agent.legs.push(leg);
    agent.workloadSinceMs = this.#nowMs;
    this.#set(agent, leg, 'Ringing', reason);
    return leg;
  }

  #set(agent: SimulatedAgent, leg: Leg, state: State | undefined, reason: string | null = null): void {
    const wasWork = isWork(leg);
    Object.assign(leg, { state, reason, sinceMs: this.#nowMs });
    if (wasWork !== isWork(leg)) agent.workloadSinceMs = this.#nowMs;
  }

  #end(agent: SimulatedAgent, leg: Leg): void {
    if (isWork(leg)) agent.workloadSinceMs = this.#nowMs;
    agent.legs.splice(agent.legs.indexOf(leg), 1);
  }

  #setPresence(agent: SimulatedAgent, presence: string, description: string): void {
    Object.assign(agent, { presence, description, presenceSinceMs: this.#nowMs });
  }
}

/** Workload rises when an interaction rings and falls when wrap-up begins; parked and interrupted work still counts. */
function isWork(leg: Leg): boolean {
  return leg.state === undefined || leg.state === 'Ringing' || leg.state === 'Connected';
}

function toStatus(agent: SimulatedAgent): AgentStatus {
  const workload = { live: 0, semiLive: 0, nonLive: 0 };
  for (const leg of agent.legs) if (isWork(leg)) workload[leg.grade]++;
  return {
    agentId: agent.id,
    presence: {
      since: new Date(agent.presenceSinceMs).toISOString(),
      name: agent.presence,
      description: agent.description,
      eligibleForRouting: agent.presence === 'Ready' && agent.description === 'Ready' && workload.live === 0,
    },
    workload: {
      since: new Date(agent.workloadSinceMs).toISOString(),
      calls: workload.live,
      semiLive: workload.semiLive,
      nonLive: workload.nonLive,
    },
    interaction: agent.legs.flatMap(
      ({ guid, channelGuid, sinceMs, medium, mediumManager, direction, state, reason }) =>
        state === undefined
          ? []
          : [
              {
                guid,
                channelGuid,
                since: new Date(sinceMs).toISOString(),
                medium,
                mediumManager,
                direction,
                state,
                reason,
              },
            ],
    ),
  };
}

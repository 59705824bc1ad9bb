import type { Leg, SimulatedAgent } from './agent.ts';
import type { ContactCentre, Life, Live } from './contact-centre.ts';
import type { Random } from './random.ts';

const minutes = 60_000;
const seconds = 1000;

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

/** Random shifts, calls, chats, desk work and breaks, without end. */
export const ordinaryLife: Live = (centre, agent) => new OrdinaryLife(centre).live(agent);

class OrdinaryLife {
  readonly #centre: ContactCentre;
  readonly #random: Random;

  constructor(centre: ContactCentre) {
    this.#centre = centre;
    this.#random = centre.random;
  }

  *live(agent: SimulatedAgent): Life {
    const random = this.#random;
    // One in twelve agents has left the company. The API still lists them.
    if (random.chance(1 / 12)) {
      agent.left = true;
      agent.presenceSinceMs -= random.around(60 * 24 * 60 * minutes);
      return;
    }
    if (random.chance(0.2)) yield random.around(300 * minutes);
    else yield random.around(5 * minutes);
    for (;;) {
      this.#centre.setPresence(agent, 'Ready', random.weighted(readyDescriptions));
      yield* this.#shift(agent, random.between(60, 480) * minutes);
      this.#centre.setPresence(agent, 'LoggedOut', 'Logged Out');
      yield random.around(120 * minutes);
    }
  }

  *#shift(agent: SimulatedAgent, lengthMs: number): Life {
    const random = this.#random;
    const endMs = this.#centre.nowMs + lengthMs;
    while (this.#centre.nowMs < endMs) {
      const delivered = yield* this.#centre.idle(agent, random.around(2 * minutes));
      if (delivered) {
        yield* this.#answer(agent, delivered);
        continue;
      }
      while (agent.engagedUntilMs > this.#centre.nowMs) yield agent.engagedUntilMs - this.#centre.nowMs;
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
      } else if (next === 'inbound') yield* this.#inbound(agent);
      else if (next === 'outbound') yield* this.#call(agent, 'Outbound');
      else if (next === 'chats') yield* this.#chats(agent);
      else if (next === 'deskWork') yield* this.#deskWork(agent);
      else if (next === 'internal') yield* this.#internalCall(agent);
      else yield* this.#monitor(agent);
    }
  }

  *#pause(agent: SimulatedAgent, presence: string, description: string, meanMs: number): Life {
    this.#centre.setPresence(agent, presence, description);
    yield this.#random.around(meanMs);
    this.#centre.setPresence(agent, 'Ready', this.#random.weighted(readyDescriptions));
  }

  /** A call from outside. With customers it is one who waits, if there is one. */
  *#inbound(agent: SimulatedAgent): Life {
    const { callers } = this.#centre;
    if (!callers) return yield* this.#call(agent, 'Inbound');
    const leg = callers.take(agent);
    if (leg) yield* this.#answer(agent, leg);
  }

  *#call(agent: SimulatedAgent, direction: 'Inbound' | 'Outbound'): Life {
    const random = this.#random;
    const leg = this.#centre.begin(agent, {
      ...this.#centre.newInteraction(random.chance(0.85) ? 'Phone' : 'Call', 'live', direction),
      mediumManager: random.chance(0.1) ? 'UC' : 'CC',
    });
    yield* this.#answer(agent, leg);
  }

  /** A phone call: rings, may stay unanswered, may break, may be parked, and ends in wrap-up. */
  *#answer(agent: SimulatedAgent, leg: Leg): Life {
    const random = this.#random;
    yield random.around(8 * seconds);
    if (random.chance(0.1)) return yield* this.#unanswered(agent, leg);
    this.#centre.set(agent, leg, 'Connected');
    yield random.around(150 * seconds);
    if (random.chance(0.04)) return yield* this.#broken(agent, leg);
    if (random.chance(0.15)) {
      this.#centre.set(agent, leg, undefined);
      yield random.around(30 * seconds);
      this.#centre.set(agent, leg, 'Connected', 'Unparked');
      yield random.around(90 * seconds);
    }
    yield* this.#wrapUp(agent, leg);
  }

  *#unanswered(agent: SimulatedAgent, leg: Leg): Life {
    this.#centre.set(agent, leg, 'Unexpected', this.#random.weighted(unansweredReasons));
    // In some accounts agents stay in "no answer" until they change it.
    yield this.#random.chance(0.05) ? this.#random.around(30 * minutes) : this.#random.around(20 * seconds);
    this.#centre.end(agent, leg);
  }

  *#broken(agent: SimulatedAgent, leg: Leg): Life {
    this.#centre.set(agent, leg, 'Failed', this.#random.weighted(failedReasons));
    yield this.#random.around(15 * seconds);
    this.#centre.end(agent, leg);
  }

  *#wrapUp(agent: SimulatedAgent, leg: Leg, reason: string | null = null): Life {
    this.#centre.set(agent, leg, 'Wrap', reason);
    yield this.#random.around(50 * seconds);
    this.#centre.end(agent, leg);
  }

  /** Two chats at the same time. */
  *#chats(agent: SimulatedAgent): Life {
    const random = this.#random;
    const first = this.#centre.begin(agent, this.#centre.newInteraction('Chat', 'semiLive', 'Inbound'));
    yield random.around(10 * seconds);
    this.#centre.set(agent, first, 'Connected');
    yield random.around(60 * seconds);
    const second = this.#centre.begin(agent, this.#centre.newInteraction('Chat', 'semiLive', 'Inbound'));
    yield random.around(10 * seconds);
    this.#centre.set(agent, second, 'Connected');
    yield random.around(200 * seconds);
    this.#centre.set(agent, second, 'Wrap');
    yield random.around(20 * seconds);
    this.#centre.end(agent, second);
    yield* this.#wrapUp(agent, first);
  }

  /** A case or an email, sometimes interrupted by a call. */
  *#deskWork(agent: SimulatedAgent): Life {
    const random = this.#random;
    const medium = random.pick(['Case', 'Email']);
    const leg = this.#centre.begin(agent, this.#centre.newInteraction(medium, 'nonLive', 'Inbound'));
    yield random.around(15 * seconds);
    this.#centre.set(agent, leg, 'Connected');
    yield random.around(200 * seconds);
    if (random.chance(0.4)) {
      this.#centre.set(agent, leg, undefined);
      yield* this.#inbound(agent);
      this.#centre.set(agent, leg, 'Connected', 'Resumed');
      yield random.around(120 * seconds);
    }
    yield* this.#wrapUp(agent, leg);
  }

  /** One agent calls another: one guid, two legs. */
  *#internalCall(agent: SimulatedAgent): Life {
    const colleague = this.#centre.find((other) => other !== agent && this.#isFree(other));
    if (!colleague) return;
    const random = this.#random;
    const interaction = this.#centre.newInteraction('Phone', 'live', 'Internal');
    const ringMs = random.around(6 * seconds);
    const talkMs = random.around(90 * seconds);
    colleague.engagedUntilMs = this.#centre.nowMs + ringMs + talkMs + 1;
    const legs = [agent, colleague].map((each) => [each, this.#centre.begin(each, interaction)] as const);
    yield ringMs;
    for (const [each, leg] of legs) this.#centre.set(each, leg, 'Connected');
    yield talkMs;
    for (const [each, leg] of legs) this.#centre.end(each, leg);
  }

  /** A supervisor listens to another agent's call. */
  *#monitor(agent: SimulatedAgent): Life {
    const watched = this.#centre.find((other) =>
      other.legs.some((leg) => leg.grade === 'live' && leg.state === 'Connected' && leg.reason !== 'Monitor'),
    );
    const source = watched?.legs.find((leg) => leg.grade === 'live' && leg.state === 'Connected');
    if (!source || watched === agent) return;
    const random = this.#random;
    const { guid, channelGuid, medium, mediumManager, direction, grade } = source;
    const leg = this.#centre.begin(
      agent,
      { guid, channelGuid, medium, mediumManager, direction, grade },
      'Monitor',
    );
    yield random.around(4 * seconds);
    this.#centre.set(agent, leg, 'Connected', 'Monitor');
    yield random.around(80 * seconds);
    yield* this.#wrapUp(agent, leg, 'Monitor');
  }

  #isFree(agent: SimulatedAgent): boolean {
    return (
      agent.presence === 'Ready' && agent.legs.length === 0 && agent.engagedUntilMs <= this.#centre.nowMs
    );
  }
}

import type { Leg, SimulatedAgent } from '../../../src/simulator/agent.ts';
import type { ContactCentre, Life, Live } from '../../../src/simulator/contact-centre.ts';
import { Random } from '../../../src/simulator/random.ts';

const minute = 60_000;
const second = 1000;

/** A stretch of the workday, in minutes from its beginning. */
export interface Stretch {
  from: number;
  to: number;
}

/** When things happen in a workday of 15 hours, in minutes from its beginning. */
export const workday = {
  /** The first ten are briefed, away, before they begin. */
  briefing: { from: 30, to: 35 },
  /** The others come, a few seconds apart. */
  shiftStart: { from: 36, to: 50 },
  /** No call arrives, and three of four agents have nothing to do. */
  lull: { from: 120, to: 180 },
  /** Nine of ten go to lunch at the same time. */
  lunch: { from: 270, to: 310 },
  /** Eight of them stay. */
  longLunches: { from: 270, to: 365 },
  /** Eight are away for long. */
  longBreaks: { from: 390, to: 418 },
  /** Everybody has a call, and the next one rings as soon as it ends. */
  storm: { from: 435, to: 445 },
  /** At the beginning of the storm eight do not pick up. */
  longRings: { from: 436, to: 440 },
  /** Six do not notice that they are in "no answer". */
  stuck: { from: 460, to: 475 },
  /** Four calls cannot be put through, at the same time. */
  failed: { from: 485, to: 488 },
  /** Eight take long to wrap up. */
  longWraps: { from: 500, to: 512 },
  /** Eight are on the phone for long. */
  longCalls: { from: 510, to: 580 },
  /** Everybody leaves, a few seconds apart. */
  shiftEnd: { from: 890, to: 900 },
} as const satisfies Record<string, Stretch>;

/** The agents of a stretch, by their number. */
const groups = {
  longLunches: [11, 36, 37, 38, 39, 40, 41, 42],
  longBreaks: [12, 43, 44, 45, 46, 47, 48, 49],
  longRings: [13, 50, 51, 52, 53, 54, 55, 56],
  longWraps: [14, 36, 37, 38, 39, 40, 41, 42],
  longCalls: [15, 43, 44, 45, 46, 47, 48, 49],
} as const;
const stuckAgents = [21, 22, 23, 24, 25, 26];
const failedAgents = [31, 32, 33, 34];

/**
 * A workday with something in it for every alert of a supervisor, and no other cause of an alert:
 * outside of its stretches no wait, call, break or wrap-up is long. Without `eventful` it is a
 * quiet day. For one account: it numbers the agents in order of arrival.
 */
export function createWorkday(beginMs: number, eventful: boolean): Live {
  let agents = 0;
  return (centre, agent) => new Workday(centre, agent, agents++, beginMs, eventful).live();
}

class Workday {
  readonly #centre: ContactCentre;
  readonly #agent: SimulatedAgent;
  readonly #index: number;
  readonly #beginMs: number;
  readonly #eventful: boolean;
  readonly #dice: Random;
  #nextBreak: number;

  constructor(
    centre: ContactCentre,
    agent: SimulatedAgent,
    index: number,
    beginMs: number,
    eventful: boolean,
  ) {
    this.#centre = centre;
    this.#agent = agent;
    this.#index = index;
    this.#beginMs = beginMs;
    this.#eventful = eventful;
    // A separate generator: what one agent does must not change what the others do.
    this.#dice = Random.of(`workday/${agent.id}`);
    this.#nextBreak = workday.shiftStart.to + 40 + ((index * 7) % 50);
  }

  *live(): Life {
    const { briefing, shiftStart, shiftEnd } = workday;
    const late = this.#nowMinutes() > shiftStart.to;
    if (late) yield minute;
    else if (this.#eventful && this.#index < 10) {
      yield this.#until(briefing.from);
      this.#presence('Away', 'Briefing');
      yield this.#until(briefing.to);
    } else yield this.#until(shiftStart.from) + this.#index * 10 * second;
    this.#presence('Ready', 'Ready');
    while (this.#nowMinutes() < shiftEnd.from) yield* this.#next();
    // Nobody leaves later than the last one of fifty.
    yield (this.#index % 50) * 10 * second;
    this.#presence('LoggedOut', 'Logged Out');
    for (;;) yield 24 * 60 * minute;
  }

  /** What an agent does next, from being idle to being idle. */
  *#next(): Life {
    const now = this.#nowMinutes();
    if (this.#eventful) {
      const event = this.#event(now);
      if (event) return yield* event;
    }
    if (now >= this.#nextBreak) return yield* this.#break();
    // One in five has little to do, so that somebody is always free, except in the storm.
    const pause = this.#index % 5 === 0 ? this.#between(120, 400) : this.#between(30, 110);
    const storm = this.#until(workday.storm.from);
    yield this.#eventful && storm > 0 ? Math.min(pause, storm + 1) : pause;
    if (this.#nowMinutes() - now > 2 && this.#eventful && this.#event(this.#nowMinutes())) return;
    const kind = this.#dice.weighted({ inbound: 70, outbound: 12, chat: 10, desk: 8 });
    if (kind === 'chat') yield* this.#handle('Chat', 'semiLive', 'Inbound');
    else if (kind === 'desk') yield* this.#handle('Case', 'nonLive', 'Inbound');
    else yield* this.#handle('Phone', 'live', kind === 'inbound' ? 'Inbound' : 'Outbound');
  }

  /** The current event of the eventful day for this agent. */
  #event(now: number): Life | undefined {
    const within = ({ from, to }: Stretch) => now >= from && now < to;
    const isMember = (members: readonly number[]) => members.includes(this.#index);
    const { lull, lunch, storm, stuck, failed } = workday;
    for (const [name, members] of Object.entries(groups)) {
      const stretch = workday[name as keyof typeof groups];
      if (isMember(members) && within(stretch) && stretch.to - now > 1) return this.#solo(name, stretch.to);
    }
    if (within(storm)) return this.#call(20, 40, 3);
    if (within(lull) && this.#index % 4 !== 0) return this.#idle(lull.to);
    if (within(lunch) && this.#index % 10 !== 0) return this.#away('ExtendedAway', 'Lunch', lunch.to);
    if (within(stuck) && stuckAgents.includes(this.#index))
      return this.#trouble('Unexpected', 'NoAnswer', stuck.to);
    if (within(failed) && failedAgents.includes(this.#index))
      return this.#trouble('Failed', 'NumberUnobtainable', failed.to);
    // Free in time for the next event.
    if (stuckAgents.includes(this.#index) && now >= stuck.from - 8 && now < stuck.from)
      return this.#idle(stuck.from);
    if (failedAgents.includes(this.#index) && now >= failed.from - 8 && now < failed.from)
      return this.#idle(failed.from);
    for (const [name, members] of Object.entries(groups)) {
      const { from } = workday[name as keyof typeof groups];
      if (isMember(members) && now >= from - 8 && now < from) return this.#idle(from);
    }
    return undefined;
  }

  *#solo(name: string, to: number): Life {
    if (name === 'longLunches') return yield* this.#away('ExtendedAway', 'Lunch', to);
    if (name === 'longBreaks') return yield* this.#away('Away', 'Comfort break', to);
    const leg = this.#begin('Phone', 'live', 'Inbound');
    if (name === 'longRings') return yield* this.#lasting(leg, to);
    yield 10 * second;
    this.#centre.set(this.#agent, leg, 'Connected');
    if (name === 'longCalls') return yield* this.#lasting(leg, to);
    yield 20 * second;
    this.#centre.set(this.#agent, leg, 'Wrap');
    yield* this.#lasting(leg, to);
  }

  *#lasting(leg: Leg, to: number): Life {
    yield this.#until(to);
    this.#centre.end(this.#agent, leg);
  }

  *#trouble(state: 'Unexpected' | 'Failed', reason: string, to: number): Life {
    const leg = this.#begin('Phone', 'live', 'Inbound');
    yield 12 * second;
    this.#centre.set(this.#agent, leg, state, reason);
    yield* this.#lasting(leg, to);
  }

  *#idle(to: number): Life {
    yield this.#until(to) + this.#between(1, 40);
  }

  *#away(presence: string, description: string, to: number): Life {
    this.#presence(presence, description);
    yield this.#until(to) + (this.#index % 20) * second;
    this.#presence('Ready', 'Ready');
  }

  *#break(): Life {
    this.#nextBreak += 55;
    // No break that would reach into a stretch in which all agents are needed.
    const quiet = [workday.lull, workday.lunch, workday.storm, workday.longRings];
    const now = this.#nowMinutes();
    if (this.#eventful && quiet.some(({ from, to }) => now > from - 15 && now < to)) return;
    const [presence, description] = this.#dice.pick([
      ['Away', 'Break'],
      ['Away', 'Comfort break'],
      ['ExtendedAway', 'Meeting'],
      ['ExtendedAway', 'Coaching'],
    ]);
    this.#presence(presence!, description!);
    yield this.#between(300, 540);
    this.#presence('Ready', 'Ready');
  }

  *#handle(medium: string, grade: 'live' | 'semiLive' | 'nonLive', direction: 'Inbound' | 'Outbound'): Life {
    const leg = this.#begin(medium, grade, direction);
    yield this.#between(4, 16);
    this.#centre.set(this.#agent, leg, 'Connected');
    yield this.#between(90, 300);
    this.#centre.set(this.#agent, leg, 'Wrap');
    yield this.#between(15, 60);
    this.#centre.end(this.#agent, leg);
  }

  /** A call of the storm, all of its lengths in seconds; the next one follows at once. */
  *#call(ring: number, talk: number, wrap: number): Life {
    const leg = this.#begin('Phone', 'live', 'Inbound');
    yield ring * second;
    this.#centre.set(this.#agent, leg, 'Connected');
    yield (talk + (this.#index % 7)) * second;
    this.#centre.set(this.#agent, leg, 'Wrap');
    yield wrap * second;
    this.#centre.end(this.#agent, leg);
  }

  #begin(medium: string, grade: 'live' | 'semiLive' | 'nonLive', direction: 'Inbound' | 'Outbound'): Leg {
    return this.#centre.begin(this.#agent, this.#centre.newInteraction(medium, grade, direction));
  }

  #presence(name: string, description: string): void {
    this.#centre.setPresence(this.#agent, name, description);
  }

  #nowMinutes(): number {
    return (this.#centre.nowMs - this.#beginMs) / minute;
  }

  /** Milliseconds until a minute of the day. */
  #until(to: number): number {
    return Math.max(0, this.#beginMs + to * minute - this.#centre.nowMs);
  }

  #between(min: number, max: number): number {
    return Math.round(this.#dice.between(min, max) * second);
  }
}

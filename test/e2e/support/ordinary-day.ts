import type { Leg, SimulatedAgent } from '../../../src/simulator/agent.ts';
import type { ContactCentre, Life, Live } from '../../../src/simulator/contact-centre.ts';
import type { CallersOptions } from '../../../src/simulator/queues.ts';
import { Random } from '../../../src/simulator/random.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/** How long an ordinary day lasts: from 7 to 23 o'clock. */
export const ordinaryHours = 16;
/**
 * When the last shift ends, in hours from the beginning. Then those who forgot to log out are most
 * of the agents logged in, so supervisors' alerts are true only until then.
 */
export const lastShiftEnds = 15.5;

/**
 * The share of an agent's time on calls, by the hour from 7 o'clock: slow mornings and evenings,
 * two peaks.
 */
const occupancies = [
  0.45, 0.6, 0.8, 0.88, 0.85, 0.75, 0.7, 0.8, 0.86, 0.82, 0.75, 0.65, 0.55, 0.5, 0.45, 0.4,
];
/**
 * Stretches with hardly any calls, as hours from the beginning. They are normal, and no reason for
 * an alert.
 */
const lulls = [
  { from: 3.2, to: 3.45 },
  { from: 8.6, to: 8.9 },
];
/** When shifts begin and end, as hours from the beginning, and how many of ten agents have them. */
const shifts = [
  { from: 0, to: 8, of: 4 },
  { from: 2, to: 10.5, of: 3 },
  { from: 7, to: lastShiftEnds, of: 3 },
];

/** A shift or a pause of an agent, in hours from the beginning. */
interface Stretch {
  from: number;
  to: number;
}

/** A pause that an agent plans. */
interface Pause {
  at: number;
  presence: string;
  description: string;
  minutes: number;
}

/** The shift of an agent, by the agent's number. */
function shiftOf(index: number, seed: number): Stretch {
  const kinds = shifts.flatMap((shift) => Array<Stretch>(shift.of).fill(shift));
  return kinds[(index * 7 + seed) % 10]!;
}

function pausesOf({ from, to }: Stretch, index: number, seed: number): Pause[] {
  const length = to - from;
  return [
    { at: from + length * 0.25, presence: 'Away', description: 'Break', minutes: 15 },
    // Lunch is staggered over two hours, and meetings are those of a team.
    {
      at: from + length * 0.42 + ((index * 13) % 120) / 60,
      presence: 'ExtendedAway',
      description: 'Lunch',
      minutes: 42,
    },
    { at: from + length * 0.85, presence: 'Away', description: 'Break', minutes: 15 },
    ...(Math.floor(index / 12) % 5 === seed % 5
      ? [{ at: from + length * 0.65, presence: 'ExtendedAway', description: 'Meeting', minutes: 35 }]
      : []),
  ];
}

/** Customers may call between these hours from the beginning. */
const open = { from: 0.3, to: 15.4 };
/** The share of planned agents who are there, and not ill, late or on outbound work. */
const present = 0.77;
/** How long an agent is busy with one interaction, on average. */
const handlingMs = 400 * second;

/**
 * The customers of an ordinary day. Staff are planned for them, but each half hour brings some more
 * or fewer than planned: in peaks some customers wait for minutes and give up.
 */
export function ordinaryCallers(seed: number, agents: number, beginMs: number): CallersOptions {
  const plans = Array.from({ length: agents }, (_, index) => {
    const shift = shiftOf(index, seed);
    return { shift, pauses: pausesOf(shift, index, seed) };
  });
  const planned = (hours: number) =>
    plans.filter(
      ({ shift, pauses }) =>
        hours >= shift.from &&
        hours < shift.to &&
        // Pauses begin earlier and later than planned.
        !pauses.some(({ at, minutes }) => hours >= at - 0.1 && hours < at + minutes / 60 + 0.1),
    ).length;
  const dice = Random.of(`forecast/${seed}`);
  const forecasts = Array.from({ length: 2 * ordinaryHours }, (_, half) => ({
    agents: planned(half / 2 + 0.25),
    error: 1 + dice.between(-0.08, 0.08),
  }));
  return {
    arrivalsPerMinute(atMs) {
      const hours = (atMs - beginMs) / hour;
      if (hours < open.from || hours >= open.to) return 0;
      const { agents: staff, error } = forecasts[Math.floor(hours * 2)]!;
      const isLull = lulls.some(({ from, to }) => hours >= from && hours < to);
      const busy = staff * present * occupancies[Math.floor(hours)]! * error;
      return (busy * minute * (isLull ? 0.2 : 1)) / handlingMs;
    },
  };
}

/**
 * An ordinary day of a contact centre, in which nothing is wrong. Another seed is another day.
 * - Agents have shifts, breaks, lunch, and meetings of whole teams. Some are ill or Ready for
 *   outbound work only. Some return late from a break, or forget to log out.
 * - Calls and wrap-ups are long and short. Some calls are not answered or fail, at a natural rate.
 *   Agents have the calls of {@link ordinaryCallers}, and at times work of their own.
 */
export function createOrdinaryDay(seed: number, beginMs: number): Live {
  let agents = 0;
  return (centre, agent) => new OrdinaryDay(centre, agent, agents++, seed, beginMs).live();
}

class OrdinaryDay {
  readonly #centre: ContactCentre;
  readonly #agent: SimulatedAgent;
  readonly #index: number;
  readonly #seed: number;
  readonly #beginMs: number;
  readonly #dice: Random;

  constructor(centre: ContactCentre, agent: SimulatedAgent, index: number, seed: number, beginMs: number) {
    this.#centre = centre;
    this.#agent = agent;
    this.#index = index;
    this.#seed = seed;
    this.#beginMs = beginMs;
    this.#dice = Random.of(`ordinary day/${seed}/${agent.id}`);
  }

  *live(): Life {
    const dice = this.#dice;
    // Some forgot to log out yesterday evening.
    if (dice.chance(0.02)) this.#presence('Away', 'Break');
    yield Math.max(0, this.#beginMs - this.#centre.nowMs);
    // One in eight is ill, on holiday, or has left.
    if (dice.chance(0.12)) return;
    const shift = shiftOf(this.#index, this.#seed);
    const late = Math.abs(this.#normal()) * 5 * minute;
    yield* this.#until(shift.from * hour + late);
    this.#presence('Away', 'Setting up');
    yield dice.between(20, 150) * second;
    const outboundOnly = this.#index % 20 === 7;
    yield* this.#work(shift, outboundOnly ? 'Ready (Outbound)' : 'Ready');
    if (dice.chance(0.03)) {
      this.#presence('Away', 'Break');
      return;
    }
    this.#presence('LoggedOut', 'Logged Out');
  }

  *#work({ from, to }: Stretch, ready: string): Life {
    const dice = this.#dice;
    const pauses = pausesOf({ from, to }, this.#index, this.#seed).map((pause) => ({
      ...pause,
      at: pause.at + this.#normal() * 0.15,
    }));
    this.#presence('Ready', ready);
    while (this.#hours() < to) {
      const due = pauses.findIndex(({ at }) => this.#hours() >= at);
      if (due >= 0) {
        const [{ presence, description, minutes }] = pauses.splice(due, 1) as [Pause];
        this.#presence(presence, description);
        // One in thirty returns late.
        const more = dice.chance(0.03) ? dice.between(8, 25) : Math.max(-4, this.#normal() * 2);
        yield Math.max(2, minutes + more) * minute;
        this.#presence('Ready', ready);
      } else if (dice.chance(0.02)) {
        this.#presence('Away', 'Comfort break');
        yield dice.between(2, 7) * minute;
        this.#presence('Ready', ready);
      }
      const next = pauses.reduce((first, { at }) => Math.min(first, at), to);
      const untilNext = Math.max(second, (next - this.#hours()) * hour);
      // Sooner or later, agents without calls begin something themselves.
      const untilOwn = (ready === 'Ready' ? 40 : 3) * minute * -Math.log(1 - dice.next());
      const leg = yield* this.#centre.idle(this.#agent, Math.min(untilNext, untilOwn));
      if (leg) yield* this.#handle(leg);
      else if (untilOwn < untilNext) yield* this.#handle(this.#begin());
    }
  }

  #begin(): Leg {
    const isCall = this.#dice.chance(0.7);
    const interaction = isCall
      ? this.#centre.newInteraction('Phone', 'live', 'Outbound')
      : this.#centre.newInteraction('Case', 'nonLive', 'Inbound');
    return this.#centre.begin(this.#agent, interaction);
  }

  *#handle(leg: Leg): Life {
    const dice = this.#dice;
    const kind = leg.grade === 'live' ? 'call' : leg.grade === 'semiLive' ? 'chats' : 'desk';
    // One call in fifty rings until VCC withdraws it, and one in a thousand fails.
    if (kind === 'call' && dice.chance(0.02)) {
      yield 20 * second;
      this.#centre.set(this.#agent, leg, 'Unexpected', 'NoAnswer');
      yield 10 * second;
      this.#centre.end(this.#agent, leg);
      return;
    }
    yield dice.between(2, 14) * second;
    if (kind === 'call' && dice.chance(0.001)) {
      this.#centre.set(this.#agent, leg, 'Failed', 'CallFailed');
      yield 5 * second;
      this.#centre.end(this.#agent, leg);
      return;
    }
    this.#centre.set(this.#agent, leg, 'Connected');
    yield this.#logNormal(kind === 'call' ? 230 : kind === 'chats' ? 420 : 900, 0.75) * second;
    this.#centre.set(this.#agent, leg, 'Wrap');
    yield this.#logNormal(40, 0.8) * second;
    this.#centre.end(this.#agent, leg);
  }

  #presence(name: string, description: string): void {
    this.#centre.setPresence(this.#agent, name, description);
  }

  #hours(): number {
    return (this.#centre.nowMs - this.#beginMs) / hour;
  }

  *#until(atMs: number): Life {
    yield Math.max(0, this.#beginMs + atMs - this.#centre.nowMs);
  }

  #normal(): number {
    const dice = this.#dice;
    return Math.sqrt(-2 * Math.log(1 - dice.next())) * Math.cos(2 * Math.PI * dice.next());
  }

  #logNormal(median: number, sigma: number): number {
    return median * Math.exp(sigma * this.#normal());
  }
}

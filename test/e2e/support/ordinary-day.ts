import type { SimulatedAgent } from '../../../src/simulator/agent.ts';
import type { ContactCentre, Life, Live } from '../../../src/simulator/contact-centre.ts';
import { Random } from '../../../src/simulator/random.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/** How long an ordinary day lasts: from 7 to 23 o'clock. */
export const ordinaryHours = 16;

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
  { from: 7, to: 15.5, of: 3 },
];

/**
 * An ordinary day of a contact centre, in which nothing is wrong. Another seed is another day.
 * - Agents have shifts, breaks, lunch, and meetings of whole teams. Some are ill or Ready for
 *   outbound work only. Some return late from a break, or forget to log out.
 * - Calls and wrap-ups are long and short, with lulls. Some calls are not answered or fail, at a
 *   natural rate.
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
    const shift = this.#shift();
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

  #shift() {
    const at = (this.#index * 7 + this.#seed) % 10;
    const kinds = shifts.flatMap((shift) => Array<typeof shift>(shift.of).fill(shift));
    return kinds[at]!;
  }

  *#work({ from, to }: { from: number; to: number }, ready: string): Life {
    const dice = this.#dice;
    const length = to - from;
    const pauses = [
      { at: from + length * 0.25, presence: 'Away', description: 'Break', minutes: 15 },
      // Lunch is staggered over two hours, and meetings are those of a team.
      {
        at: from + length * 0.42 + ((this.#index * 13) % 120) / 60,
        presence: 'ExtendedAway',
        description: 'Lunch',
        minutes: 42,
      },
      { at: from + length * 0.85, presence: 'Away', description: 'Break', minutes: 15 },
      ...(Math.floor(this.#index / 12) % 5 === this.#seed % 5
        ? [{ at: from + length * 0.65, presence: 'ExtendedAway', description: 'Meeting', minutes: 35 }]
        : []),
    ].map((pause) => ({ ...pause, at: pause.at + this.#normal() * 0.15 }));
    this.#presence('Ready', ready);
    while (this.#hours() < to) {
      const due = pauses.findIndex(({ at }) => this.#hours() >= at);
      if (due >= 0) {
        const [{ presence, description, minutes }] = pauses.splice(due, 1) as [(typeof pauses)[0]];
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
      yield this.#idleMs();
      yield* this.#handle(ready === 'Ready');
    }
  }

  /**
   * Routing gives a call to the agent who has waited longest, so waits differ less than with dice.
   */
  #idleMs(): number {
    const hours = this.#hours();
    const lull = lulls.find(({ from, to }) => hours >= from && hours < to);
    const occupancy = occupancies[Math.min(occupancies.length - 1, Math.max(0, Math.floor(hours)))]!;
    const meanMs = (6 * minute * (1 - occupancy)) / occupancy;
    const shape = 4;
    let sum = 0;
    for (let part = 0; part < shape; part++) sum -= Math.log(1 - this.#dice.next());
    const waitMs = (sum / shape) * meanMs;
    // In a lull almost nothing arrives until it ends.
    return lull && this.#dice.chance(0.8) ? (lull.to - hours) * hour + waitMs / 2 : waitMs;
  }

  *#handle(inbound: boolean): Life {
    const dice = this.#dice;
    const kind = dice.weighted({ call: 78, chats: 12, desk: 10 });
    const [medium, grade] = (
      { call: ['Phone', 'live'], chats: ['Chat', 'semiLive'], desk: ['Case', 'nonLive'] } as const
    )[kind];
    const direction = inbound && !dice.chance(0.1) ? 'Inbound' : 'Outbound';
    const leg = this.#centre.begin(this.#agent, this.#centre.newInteraction(medium, grade, direction));
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

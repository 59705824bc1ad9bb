import type { Random } from './random.ts';

/** A queue of the simulator. Its name is also the name of the skill that its agents have. */
export interface SimulatedQueue {
  name: string;
  /** The name of the interaction plan that leads to it, with the blanks that the API returns. */
  plan: string;
  /** The relative frequency of its callers. */
  share: number;
  /** The target for the time to answer. Undefined: none, and the API returns null for `targets`. */
  targetMs?: number;
  /** The number or address that its customers use. */
  address: string;
}

/** How customers behave, and how the contact centre treats them. Every option has a default. */
export interface CallersOptions {
  /**
   * How many customers arrive in a minute, at a time, in all queues together. Default: about what
   * the agents can handle, with peaks in which customers wait and times in which agents do.
   */
  arrivalsPerMinute?: (atMs: number) => number;
  queues?: readonly SimulatedQueue[];
  /** The relative frequencies of the media. */
  media?: Readonly<Record<CallerMedium, number>>;
  /** After this time, on average, a customer who calls or chats gives up. Default: 4 minutes. */
  patienceMs?: number;
  /** After this time the plan sends away those who call or chat. Default: 10 minutes. */
  longestWaitMs?: number;
  /**
   * Whether customers of a queue are delivered to agents, at a time. Default: always. An episode in
   * which customers wait while agents are idle returns false.
   */
  delivers?: (atMs: number, queue: string) => boolean;
  /** The share of customers on the phone who accept a callback after a while. Default: 0.15. */
  callbacks?: number;
  /** The share of calls that are transferred to another queue. Default: 0.08. */
  transfers?: number;
  /** The skills of an agent, which are names of queues. Default: 1 to 3 of them, by the seed. */
  skillsOf?: (agentId: string) => readonly string[];
  /** How long it is known who left a queue. Default: 24 hours. */
  keepMs?: number;
  /** How many passes through queues are known at most, also within `keepMs`. Default: 500,000. */
  keepPasses?: number;
}

/** The media in which customers arrive. */
export type CallerMedium = 'Phone' | 'Chat' | 'Email';

/** The media of an ordinary contact centre. */
export const ordinaryMedia: Readonly<Record<CallerMedium, number>> = { Phone: 84, Chat: 10, Email: 6 };

/** As in the example of the reference, plans have blanks around them, and one is a number. */
export const ordinaryQueues: readonly SimulatedQueue[] = [
  { name: 'Billing', plan: ' Billing Plan', share: 30, targetMs: 20_000, address: '08001230001' },
  { name: 'Sales', plan: 'Sales Plan ', share: 25, targetMs: 15_000, address: '08001230002' },
  { name: 'Support', plan: 'Customer Support Plan', share: 35, targetMs: 30_000, address: '08001230003' },
  { name: 'Complaints', plan: '0123456789', share: 10, address: '0123456789' },
];

/** Returns arrivals per minute: waves of 50 minutes around what these agents can handle. */
export function ordinaryArrivals(agents: number): (atMs: number) => number {
  return (atMs) => agents * 0.08 * (1 + 0.6 * Math.sin((2 * Math.PI * atMs) / (50 * 60_000)));
}

/** Returns 1 to 3 skills. */
export function drawSkills(dice: Random, queues: readonly SimulatedQueue[]): string[] {
  const shares = Object.fromEntries(queues.map(({ name, share }) => [name, share]));
  const count = Math.min(queues.length, 1 + dice.below(3));
  const skills: string[] = [];
  while (skills.length < count) {
    const skill = dice.weighted(shares);
    delete shares[skill];
    skills.push(skill);
  }
  return skills;
}

import {
  type AgentStatus,
  defaultWorld,
  type Grade,
  type Interaction,
  isWork,
  type Leg,
  restartsSince,
  type SimulatedAgent,
  type State,
  toStatus,
  type World,
} from './agent.ts';
import { Callers } from './callers.ts';
import { ordinaryLife } from './ordinary-life.ts';
import type { CallersOptions } from './queues.ts';
import { Random } from './random.ts';
import { Schedule } from './schedule.ts';

/**
 * An agent's life. Each step does something now, then yields the milliseconds until the next step.
 */
export type Life = Generator<number, void, void>;

/** The script of an agent. Called once for each agent, in the order in which they are added. */
export type Live = (centre: ContactCentre, agent: SimulatedAgent) => Life;

/** How a simulated contact centre is set up. */
interface ContactCentreOptions {
  seed: number;
  agents: number;
  /** The start of the simulator. The contact centre has been open for a while by then. */
  startMs: number;
  /** The number of agents of all contact centres. Default: only this one. */
  allAgents?: number;
  /** The script of its agents. Default: an ordinary day that never ends. */
  live?: Live;
  /** Answers that differ from the {@link defaultWorld}. */
  world?: World | undefined;
  /** Customers who queue. Default: none, and agents begin all interactions themselves. */
  callers?: true | CallersOptions | undefined;
}

const minutes = 60_000;
/** How long to simulate before `startMs`, if there are few agents. */
const warmUpMs = 3 * 60 * minutes;
/** With more agents the time is shorter: at most this many minutes of all agents together. */
const warmUpAgentMinutes = 600_000;

/**
 * A simulated contact centre. Each agent's day is a script that yields how long to wait. One
 * schedule runs all scripts in the order of time, so that every moment is consistent:
 *
 * - No `since` is in the future.
 * - Workload agrees with interactions.
 * - Both agents of an internal call have the same guid.
 */
export class ContactCentre {
  readonly random: Random;
  /** Its customers, if it has any. */
  readonly callers: Callers | undefined;
  readonly #schedule = new Schedule();
  readonly #agents: SimulatedAgent[] = [];
  readonly #live: Live;
  readonly #world: World;
  /** Functions that set the time of an agent's next step, instead of the one set before. */
  readonly #resume = new WeakMap<SimulatedAgent, (atMs: number) => void>();
  #nowMs: number;
  #hired = 0;

  constructor(options: ContactCentreOptions) {
    const { seed, agents, startMs, allAgents = agents, live = ordinaryLife, world, callers } = options;
    this.#world = { ...defaultWorld, ...world };
    this.random = new Random(seed);
    this.#live = live;
    const warmUp = Math.min(warmUpMs, (warmUpAgentMinutes / allAgents) * minutes);
    this.#nowMs = startMs - Math.round(warmUp);
    if (callers) this.callers = new Callers(this, callers === true ? {} : callers, seed, agents);
    for (let index = 0; index < agents; index++) this.hire();
    this.advanceTo(startMs);
  }

  /** The time of the current step. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** Runs all steps until this time. Does nothing for an earlier time than now. */
  advanceTo(nowMs: number): void {
    for (;;) {
      const due = this.#schedule.takeDue(nowMs);
      if (!due) break;
      this.#nowMs = due.atMs;
      due.run();
    }
    this.#nowMs = Math.max(this.#nowMs, nowMs);
  }

  /** Adds an agent, who is logged out at first. */
  hire(): void {
    const agent: SimulatedAgent = {
      id: String(100_001 + this.#hired++),
      presence: 'LoggedOut',
      description: 'Logged Out',
      presenceSinceMs: this.#nowMs - this.random.around(10 * 60 * minutes),
      workloadSinceMs: this.#nowMs - this.random.around(20 * 60 * minutes),
      legs: [],
      left: false,
      engagedUntilMs: 0,
    };
    this.#agents.push(agent);
    const life = this.#live(this, agent);
    let turn = 0;
    const resume = (atMs: number) => {
      const own = ++turn;
      this.#schedule.add(atMs, () => {
        if (own === turn) step();
      });
    };
    const step = () => {
      const { value, done } = life.next();
      if (!done) resume(this.#nowMs + Math.max(1, value));
    };
    this.#resume.set(agent, resume);
    step();
  }

  /** Removes the agent added last. */
  dismiss(): void {
    const agent = this.#agents.pop();
    // No more customers for an agent whom the API does not list.
    if (agent) agent.left = true;
  }

  /** Runs a function later. */
  after(delayMs: number, run: () => void): void {
    this.#schedule.add(this.#nowMs + Math.max(1, Math.round(delayMs)), run);
  }

  /** Runs an agent's next step now, whatever it waits for. */
  wake(agent: SimulatedAgent): void {
    this.#resume.get(agent)?.(this.#nowMs);
  }

  /**
   * Is idle for a time, in a script: `const leg = yield* centre.idle(agent, 60_000)`. If a customer
   * is delivered meanwhile, it ends at once and returns the agent's leg, which rings. The script
   * then handles it like a leg of {@link begin}: to Connected and Wrap, or to Unexpected, after
   * which the customer queues again. Only agents who are Ready when they begin to be idle in this
   * way, and have no interaction, get customers. Without customers it only waits.
   */
  *idle(agent: SimulatedAgent, durationMs: number): Generator<number, Leg | undefined, void> {
    if (this.callers) return yield* this.callers.idle(agent, durationMs);
    yield durationMs;
    return undefined;
  }

  /** Returns all agents as the API would return them now, in the order of agentId. */
  items(): AgentStatus[] {
    return this.#agents.map((agent) => toStatus(agent, this.#world));
  }

  /** Returns all agents that the API lists, and whether they have left the company. */
  staff(): { agentId: string; left: boolean }[] {
    return this.#agents.map(({ id, left }) => ({ agentId: id, left }));
  }

  /** Tries a few random agents. A full search would be too slow for 50,000 agents. */
  find(fits: (agent: SimulatedAgent) => boolean): SimulatedAgent | undefined {
    for (let tries = 0; tries < 12; tries++) {
      const agent = this.random.pick(this.#agents);
      if (fits(agent)) return agent;
    }
    return undefined;
  }

  /** Returns a new interaction with random ids. */
  newInteraction(medium: string, grade: Grade, direction: Interaction['direction']): Interaction {
    const random = this.random;
    const channelGuid = random.chance(0.5) ? random.guid() : null;
    return { guid: random.guid(), channelGuid, medium, mediumManager: 'CC', direction, grade };
  }

  /** Gives an agent a ringing interaction. */
  begin(agent: SimulatedAgent, interaction: Interaction, reason: string | null = null): Leg {
    const leg: Leg = {
      ...interaction,
      sinceMs: this.#nowMs,
      state: undefined,
      reason: null,
    };
    agent.legs.push(leg);
    agent.workloadSinceMs = this.#nowMs;
    this.set(agent, leg, 'Ringing', reason);
    return leg;
  }

  /**
   * Changes the state of an interaction. Undefined: the agent has it, but the API does not list it.
   */
  set(agent: SimulatedAgent, leg: Leg, state: State | undefined, reason: string | null = null): void {
    const wasWork = isWork(leg, this.#world);
    Object.assign(leg, { state, reason });
    if (state !== undefined && restartsSince(state, this.#world)) leg.sinceMs = this.#nowMs;
    if (wasWork !== isWork(leg, this.#world)) agent.workloadSinceMs = this.#nowMs;
    this.callers?.changed(agent, leg);
  }

  /** Removes an agent's interaction. */
  end(agent: SimulatedAgent, leg: Leg): void {
    if (isWork(leg, this.#world)) agent.workloadSinceMs = this.#nowMs;
    agent.legs.splice(agent.legs.indexOf(leg), 1);
    this.callers?.ended(leg);
  }

  /** Changes an agent's presence. */
  setPresence(agent: SimulatedAgent, presence: string, description: string): void {
    Object.assign(agent, { presence, description, presenceSinceMs: this.#nowMs });
  }
}

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
import { ordinaryLife } from './ordinary-life.ts';
import { Random } from './random.ts';
import { Schedule } from './schedule.ts';

/**
 * A step of an agent's life: does something now, then gives the milliseconds until the next step.
 */
export type Life = Generator<number, void, void>;

/** The script of an agent; called once for each, in the order in which they are hired. */
export type Live = (centre: ContactCentre, agent: SimulatedAgent) => Life;

/** How a simulated contact centre is set up. */
interface ContactCentreOptions {
  seed: number;
  agents: number;
  /** When it is first looked at; it has been open for a while by then. */
  startMs: number;
  /** With other contact centres beside it: the agents of all. */
  allAgents?: number;
  /** The script of its agents; default: an ordinary day that never ends. */
  live?: Live;
  /** Answers that differ from the {@link defaultWorld}. */
  world?: World | undefined;
}

const minutes = 60_000;
/**
 * How long an agent lives before the first look, bounded by the work that it takes for all of them.
 */
const warmUpMs = 3 * 60 * minutes;
const warmUpAgentMinutes = 600_000;

/**
 * A contact centre that lives: each agent's day is a script that yields how long it waits, and one
 * schedule runs all of them in the order of time, so that every moment is consistent (no `since` in
 * the future, workload that agrees with interactions, one guid with both agents of an internal
 * call).
 */
export class ContactCentre {
  readonly random: Random;
  readonly #schedule = new Schedule();
  readonly #agents: SimulatedAgent[] = [];
  readonly #live: Live;
  readonly #world: World;
  #nowMs: number;
  #hired = 0;

  constructor(options: ContactCentreOptions) {
    const { seed, agents, startMs, allAgents = agents, live = ordinaryLife, world } = options;
    this.#world = { ...defaultWorld, ...world };
    this.random = new Random(seed);
    this.#live = live;
    const warmUp = Math.min(warmUpMs, (warmUpAgentMinutes / allAgents) * minutes);
    this.#nowMs = startMs - Math.round(warmUp);
    for (let index = 0; index < agents; index++) this.hire();
    this.advanceTo(startMs);
  }

  /** The moment that the running step is in. */
  get nowMs(): number {
    return this.#nowMs;
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
      presenceSinceMs: this.#nowMs - this.random.around(10 * 60 * minutes),
      workloadSinceMs: this.#nowMs - this.random.around(20 * 60 * minutes),
      legs: [],
      left: false,
      engagedUntilMs: 0,
    };
    this.#agents.push(agent);
    const life = this.#live(this, agent);
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
  items(): AgentStatus[] {
    return this.#agents.map((agent) => toStatus(agent, this.#world));
  }

  /** Whom the API lists, and whether they have left the company. */
  staff(): { agentId: string; left: boolean }[] {
    return this.#agents.map(({ id, left }) => ({ agentId: id, left }));
  }

  /** A few random tries, not a search: 50,000 agents look for each other. */
  find(fits: (agent: SimulatedAgent) => boolean): SimulatedAgent | undefined {
    for (let tries = 0; tries < 12; tries++) {
      const agent = this.random.pick(this.#agents);
      if (fits(agent)) return agent;
    }
    return undefined;
  }

  /** Invents an interaction. */
  newInteraction(medium: string, grade: Grade, direction: Interaction['direction']): Interaction {
    const random = this.random;
    const channelGuid = random.chance(0.5) ? random.guid() : null;
    return { guid: random.guid(), channelGuid, medium, mediumManager: 'CC', direction, grade };
  }

  /** Gives an agent an interaction, which rings. */
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

  /** Moves an interaction on; no state is in hand but not listed. */
  set(agent: SimulatedAgent, leg: Leg, state: State | undefined, reason: string | null = null): void {
    const wasWork = isWork(leg, this.#world);
    Object.assign(leg, { state, reason });
    if (state !== undefined && restartsSince(state, this.#world)) leg.sinceMs = this.#nowMs;
    if (wasWork !== isWork(leg, this.#world)) agent.workloadSinceMs = this.#nowMs;
  }

  /** Takes an interaction from an agent. */
  end(agent: SimulatedAgent, leg: Leg): void {
    if (isWork(leg, this.#world)) agent.workloadSinceMs = this.#nowMs;
    agent.legs.splice(agent.legs.indexOf(leg), 1);
  }

  /** Sends an agent somewhere else. */
  setPresence(agent: SimulatedAgent, presence: string, description: string): void {
    Object.assign(agent, { presence, description, presenceSinceMs: this.#nowMs });
  }
}

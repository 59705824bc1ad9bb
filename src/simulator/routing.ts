import type { Leg, SimulatedAgent } from './agent.ts';
import type { ContactCentre } from './contact-centre.ts';
import type { Place } from './places.ts';

/** From one attempt to deliver to the next, while somebody waits. */
const routeEveryMs = 1000;

/** What routing needs to know, and what it does. */
interface RoutingOptions {
  skillsOf: (agentId: string) => readonly string[];
  delivers: (atMs: number, queue: string) => boolean;
  /** Delivers a place to an agent, who then has this leg. */
  deliver: (place: Place, agent: SimulatedAgent) => Leg;
}

function takesInbound({ presence, description, left }: SimulatedAgent): boolean {
  return presence === 'Ready' && description === 'Ready' && !left;
}

/** Whether an agent has no work and can get some. In wrap-up an agent has work. */
function isRoutable(agent: SimulatedAgent): boolean {
  return takesInbound(agent) && agent.legs.length === 0;
}

/**
 * Delivers those who wait to agents who are idle: every second, the longest wait first. Each goes
 * to the agent with the skill who has been idle for the longest time.
 */
export class Routing {
  readonly #centre: ContactCentre;
  readonly #options: RoutingOptions;
  readonly #waiting = new Set<Place>();
  /** Agents who are idle, by skill, the longest first. */
  readonly #idle = new Map<string, Set<SimulatedAgent>>();
  readonly #delivered = new Map<SimulatedAgent, Leg>();
  #isScheduled = false;

  constructor(centre: ContactCentre, options: RoutingOptions) {
    this.#centre = centre;
    this.#options = options;
  }

  /** Returns all who wait, the longest first. */
  waiting(): readonly Place[] {
    return [...this.#waiting];
  }

  isWaiting(place: Place): boolean {
    return this.#waiting.has(place);
  }

  add(place: Place): void {
    this.#waiting.add(place);
    this.#routeSoon();
  }

  remove(place: Place): void {
    this.#waiting.delete(place);
  }

  /** Is idle for a time. Returns the leg of what was delivered meanwhile, which rings. */
  *idle(agent: SimulatedAgent, durationMs: number): Generator<number, Leg | undefined, void> {
    // Others would be skipped in each search.
    if (takesInbound(agent)) {
      for (const skill of this.#options.skillsOf(agent.id)) this.#agentsWith(skill).add(agent);
      this.#routeSoon();
    }
    yield durationMs;
    this.#unlist(agent);
    const leg = this.#delivered.get(agent);
    this.#delivered.delete(agent);
    return leg;
  }

  /** Delivers the call that waits for the longest time to an agent who has other work. */
  take(agent: SimulatedAgent): Leg | undefined {
    const skills = this.#options.skillsOf(agent.id);
    const fits = ({ interaction, queue, party, isVirtual }: Place) =>
      interaction.medium === 'Phone' &&
      party === 'External' &&
      !isVirtual &&
      skills.includes(queue.name) &&
      this.#options.delivers(this.#centre.nowMs, queue.name);
    for (const place of this.#waiting) if (fits(place)) return this.#options.deliver(place, agent);
    return undefined;
  }

  #routeSoon(): void {
    if (this.#isScheduled || this.#waiting.size === 0) return;
    this.#isScheduled = true;
    this.#centre.after(routeEveryMs, () => {
      this.#isScheduled = false;
      this.#route();
      this.#routeSoon();
    });
  }

  #route(): void {
    const nowMs = this.#centre.nowMs;
    /** Queues for which nobody is idle. */
    const without = new Set<string>();
    for (const place of this.#waiting) {
      const { name } = place.queue;
      if (without.has(name)) continue;
      const agent = this.#options.delivers(nowMs, name) ? this.#findIdle(name) : undefined;
      if (!agent) {
        without.add(name);
        continue;
      }
      this.#unlist(agent);
      this.#delivered.set(agent, this.#options.deliver(place, agent));
      this.#centre.wake(agent);
    }
  }

  #findIdle(skill: string): SimulatedAgent | undefined {
    for (const agent of this.#agentsWith(skill)) if (isRoutable(agent)) return agent;
    return undefined;
  }

  #unlist(agent: SimulatedAgent): void {
    for (const skill of this.#options.skillsOf(agent.id)) this.#agentsWith(skill).delete(agent);
  }

  #agentsWith(skill: string): Set<SimulatedAgent> {
    const agents = this.#idle.get(skill) ?? new Set();
    this.#idle.set(skill, agents);
    return agents;
  }
}

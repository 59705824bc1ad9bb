import type { Channel, Interaction } from './interactions.ts';
import type { SimulatedQueue } from './queues.ts';

/** Who queues: a customer, or an agent for a customer. */
export type QueueingParty = 'External' | 'Agent';

/** One pass through a queue. */
export interface Pass {
  guid: string;
  medium: string;
  mediumManager: string;
  queue: SimulatedQueue;
  /** A virtual queue has its own name. */
  queueName: string;
  /** As the API returns it, with blanks. */
  plan: string;
  type: 'ACD' | 'Virtual';
  party: QueueingParty;
  enteredMs: number;
  /** Undefined while it waits. */
  leftMs: number | undefined;
  category: 'Answered' | 'Abandoned' | 'Breakout' | undefined;
  reason: string | undefined;
  /** Whether the API processes it a second time, later. */
  again: boolean;
}

/** A place in a queue. With a callback, the same place has a second pass in a virtual queue. */
export interface Place {
  interaction: Interaction;
  queue: SimulatedQueue;
  party: QueueingParty;
  /** The channel of the agent who queues. */
  agentChannel: Channel | undefined;
  passes: Pass[];
  /** Whether the customer has hung up, and waits to be called back. */
  isVirtual: boolean;
}

/** All passes through queues, by the time of entry. It forgets those that ended long ago. */
export class Passes {
  readonly #keepMs: number;
  readonly #most: number;
  #all: Pass[] = [];
  #forgotten = 0;

  constructor(keepMs: number, most: number) {
    this.#keepMs = keepMs;
    this.#most = most;
  }

  add(pass: Pass): void {
    this.#all.push(pass);
    this.#forget(pass.enteredMs);
  }

  /** Returns all that it knows, by the time of entry. */
  *known(): Generator<Pass, void, void> {
    for (let index = this.#forgotten; index < this.#all.length; index++) yield this.#all[index]!;
  }

  #forget(nowMs: number): void {
    for (;;) {
      const first = this.#all[this.#forgotten];
      if (first?.leftMs === undefined) break;
      if (first.leftMs > nowMs - this.#keepMs && this.#all.length - this.#forgotten <= this.#most) break;
      this.#forgotten++;
    }
    // Moving the rest costs as much as the rest is long.
    if (this.#forgotten > 1000 && this.#forgotten > this.#all.length / 2) {
      this.#all = this.#all.slice(this.#forgotten);
      this.#forgotten = 0;
    }
  }
}

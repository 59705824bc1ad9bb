import type { Recording } from '../recording/format.ts';
import type { AgentStatus, World } from './agent.ts';
import type { Callers } from './callers.ts';
import { ContactCentre, type Live } from './contact-centre.ts';
import type { Endpoint } from './faults.ts';
import type { CallersOptions } from './queues.ts';
import { type AnswerPage, serveRecording } from './recorded.ts';
import {
  type Directory,
  deriveDirectory,
  deriveSkills,
  type SimulatedGroup,
  type SimulatedSkill,
  type SimulatedUser,
  toRosterCsv,
} from './users.ts';

/** How one account of the simulator is set up. */
export interface SimulatedAccountOptions {
  name: string;
  /** Default: the simulator's number of agents. */
  agents?: number;
  /** Default: the simulator's seed, plus 1 for each account before this one. */
  seed?: number;
  clientId?: string;
  clientSecret?: string;
  /** Serve exactly these agents. Default: agents of a simulated contact centre. */
  items?: readonly AgentStatus[];
  /**
   * Answer requests for agent-status from this recording. The account then has no users who are
   * agents.
   */
  recording?: Recording | undefined;
  /** The script of its agents. Default: an ordinary day that never ends. */
  live?: Live;
  world?: World | undefined;
  /** Whether its client may request the scope users:read. Default: true. */
  usersApi?: boolean;
  /**
   * Customers who queue. Default: none, and the answers about queues and skills are empty, as they
   * are with `items` or a recording.
   */
  callers?: true | CallersOptions | undefined;
}

/**
 * Counts of requests by endpoint. Those of the endpoints for queues are absent until the first
 * request.
 */
export type RequestCounts = Record<'token' | 'api' | 'users', number> & Partial<Record<Endpoint, number>>;

/** An account's options, with the simulator's defaults filled in. */
interface SimulatedAccountSetup extends SimulatedAccountOptions {
  agents: number;
  /** The number of agents of all accounts. */
  allAgents: number;
  seed: number;
  clientId: string;
  clientSecret: string;
  now: () => number;
}

/**
 * One account of a running simulator. Its contact centre is created when it is first needed, as if
 * it had run since the start of the simulator.
 */
export class SimulatedAccount {
  readonly name: string;
  /** The credentials can be changed at any time. The simulator then rejects the former ones. */
  clientId: string;
  clientSecret: string;
  readonly usersApi: boolean;
  /** Answers requests for agent-status. Undefined for an account without a recording. */
  readonly answerPage: AnswerPage | undefined;
  /** Counts of requests whose credentials or token belong to this account. */
  readonly requests: RequestCounts = { token: 0, api: 0, users: 0 };
  /** How often the first item of a list was moved to the end (fault `shift`). */
  readonly shifted: Record<Endpoint, number> = { token: 0, api: 0, users: 0, ongoing: 0, 'queue-times': 0 };
  readonly #setup: SimulatedAccountSetup;
  readonly #startMs: number;
  #centre: ContactCentre | undefined;
  #directory: (Directory & { of: string }) | undefined;

  constructor(setup: SimulatedAccountSetup) {
    this.#setup = setup.recording ? { ...setup, items: [] } : setup;
    this.answerPage = setup.recording && serveRecording(setup.recording, setup.now());
    this.#startMs = setup.now();
    this.name = setup.name;
    this.clientId = setup.clientId;
    this.clientSecret = setup.clientSecret;
    this.usersApi = setup.usersApi ?? true;
  }

  /** Returns all agents as the API would return them now. */
  items(): readonly AgentStatus[] {
    if (this.#setup.items) return this.#setup.items;
    const centre = this.#open();
    centre.advanceTo(this.#setup.now());
    return centre.items();
  }

  /** The time of its answers. */
  get nowMs(): number {
    return this.#setup.now();
  }

  /** Its customers as they are now. Undefined for an account without customers. */
  get callers(): Callers | undefined {
    if (this.#setup.items || !this.#setup.callers) return undefined;
    const centre = this.#open();
    centre.advanceTo(this.#setup.now());
    return centre.callers;
  }

  /** Returns all skills, with the active agents who have them. */
  skills(): readonly SimulatedSkill[] {
    const { callers } = this;
    return callers ? deriveSkills(this.#setup.seed, this.#people(), callers) : [];
  }

  /** Returns all users, including archived ones. */
  users(): readonly SimulatedUser[] {
    return this.#people().users;
  }

  groups(): readonly SimulatedGroup[] {
    return this.#people().groups;
  }

  /** Returns the active agents as CSV: agentId,name,team,site. */
  rosterCsv(): string {
    return toRosterCsv(this.#people());
  }

  /** Adds an agent. Does nothing for an account with `items` or a recording. */
  hire(): void {
    if (!this.#setup.items) this.#open().hire();
  }

  /** Removes the agent added last. Does nothing for an account with `items` or a recording. */
  dismiss(): void {
    if (!this.#setup.items) this.#open().dismiss();
  }

  /** Creates the contact centre now, so that the first request does not wait for it. */
  prepare(): void {
    if (!this.#setup.items) this.#open();
  }

  #open(): ContactCentre {
    this.#centre ??= new ContactCentre({ ...this.#setup, startMs: this.#startMs });
    return this.#centre;
  }

  #people(): Directory {
    const { items, seed } = this.#setup;
    const staff = items ? items.map(({ agentId }) => ({ agentId, left: false })) : this.#open().staff();
    // Agents are added and removed at the end of the list only, so this identifies the list.
    const of = `${staff.length}/${staff.at(-1)?.agentId}`;
    if (this.#directory?.of !== of) this.#directory = { ...deriveDirectory(seed, staff), of };
    return this.#directory;
  }
}

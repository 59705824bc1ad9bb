import type { Recording } from '../recording/format.ts';
import type { AgentStatus, World } from './agent.ts';
import { ContactCentre, type Live } from './contact-centre.ts';
import { type AnswerPage, serveRecording } from './recorded.ts';
import {
  type Directory,
  deriveDirectory,
  type SimulatedGroup,
  type SimulatedUser,
  toRosterCsv,
} from './users.ts';

/**
 * How one account of the simulator is set up; without agents or seed, those of the simulator count.
 */
export interface SimulatedAccountOptions {
  name: string;
  agents?: number;
  /** Default: the simulator's, and one more for each account before this one. */
  seed?: number;
  clientId?: string;
  clientSecret?: string;
  /** These agents in place of a living contact centre. */
  items?: readonly AgentStatus[];
  /**
   * These answers of agent-status in place of a living contact centre. It has no users who are
   * agents.
   */
  recording?: Recording | undefined;
  /** The script of its agents; default: an ordinary day that never ends. */
  live?: Live;
  world?: World | undefined;
  /** Whether its client may ask for the scope users:read; default: yes. */
  usersApi?: boolean;
}

/** An account's options with the simulator's defaults filled in. */
interface SimulatedAccountSetup extends SimulatedAccountOptions {
  agents: number;
  /** Of all accounts. */
  allAgents: number;
  seed: number;
  clientId: string;
  clientSecret: string;
  now: () => number;
}

/**
 * One account of a running simulator. Its contact centre is made when it is first needed, as if it
 * had been open since.
 */
export class SimulatedAccount {
  readonly name: string;
  /** May be changed at any time: the former ones are rejected from then on. */
  clientId: string;
  clientSecret: string;
  readonly usersApi: boolean;
  /** How it answers for agent-status if it is recorded. */
  readonly answerPage: AnswerPage | undefined;
  /** Counts of what it was asked, as far as the requests showed whose they were. */
  readonly requests = { token: 0, api: 0, users: 0 };
  /** How often the first one moved to the back. */
  readonly shifted = { token: 0, api: 0, users: 0 };
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

  /** All agents as the API would give them now. */
  items(): readonly AgentStatus[] {
    if (this.#setup.items) return this.#setup.items;
    const centre = this.#open();
    centre.advanceTo(this.#setup.now());
    return centre.items();
  }

  /** All users, the archived among them. */
  users(): readonly SimulatedUser[] {
    return this.#people().users;
  }

  groups(): readonly SimulatedGroup[] {
    return this.#people().groups;
  }

  /** A table of the active agents: agentId,name,team,site. */
  rosterCsv(): string {
    return toRosterCsv(this.#people());
  }

  /** Adds an agent; where agents are given, nothing. */
  hire(): void {
    if (!this.#setup.items) this.#open().hire();
  }

  /** Removes the agent who came last; where agents are given, nothing. */
  dismiss(): void {
    if (!this.#setup.items) this.#open().dismiss();
  }

  /** Makes the contact centre now, so that the first request need not wait for it. */
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
    // Agents come and go at the end of the list only.
    const of = `${staff.length}/${staff.at(-1)?.agentId}`;
    if (this.#directory?.of !== of) this.#directory = { ...deriveDirectory(seed, staff), of };
    return this.#directory;
  }
}

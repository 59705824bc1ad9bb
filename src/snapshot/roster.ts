/** One agent's entry in a roster. */
export interface RosterEntry {
  /** Empty when the agent is in no team. */
  team: string;
  /** All columns except the id, by name. */
  columns: Readonly<Record<string, string>>;
  /** The columns in VCC_ROSTER_LABELS. A missing column is an empty text. */
  labels: Readonly<Record<string, string>>;
}

/** The entries of a roster, by agent id. */
export type Roster = ReadonlyMap<string, RosterEntry>;

/** The status of an account's roster. */
export interface RosterStatus {
  /** Whether the last attempt to read the roster succeeded. */
  up: boolean;
  /** Agents in the current roster. Undefined before the first successful read. */
  agents: number | undefined;
  /**
   * When the current roster was read, in ms since 1970. Undefined before the first successful read.
   */
  readAtMs: number | undefined;
  /** Agents that the users API lists in several groups. Their team is the first group by name. */
  inSeveralTeams: number | undefined;
}

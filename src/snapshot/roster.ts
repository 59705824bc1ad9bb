/** What a roster tells of one agent. */
export interface RosterEntry {
  /** Empty: in no team. */
  team: string;
  /** All columns but the id, by name. */
  columns: Readonly<Record<string, string>>;
  /** Those columns that the user wants as labels; one that is empty is an empty text. */
  labels: Readonly<Record<string, string>>;
}

/** Who is who, by agentId. */
export type Roster = ReadonlyMap<string, RosterEntry>;

/** How it stands with the roster of an account. */
export interface RosterStatus {
  /** Whether the last attempt to read it succeeded. */
  up: boolean;
  /** Agents in the roster in use; undefined while none has been read. */
  agents: number | undefined;
  /** When the roster in use was read. */
  readAtMs: number | undefined;
  /** Agents whom the users API has in several groups; the first one by name is their team. */
  inSeveralTeams: number | undefined;
}

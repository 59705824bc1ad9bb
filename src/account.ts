import type { PagingOptions } from './collect.ts';
import type { Secret } from './credentials.ts';
import type { Deadline } from './deadline.ts';
import type { FetchOptions } from './http/fetch.ts';
import type { RosterOptions } from './roster/roster.ts';
import type { AgentSeriesOptions } from './snapshot/agent-series.ts';
import type { FloorOptions } from './snapshot/floor.ts';
import type { ClientOptions } from './vcc/agent-status.ts';
import type { TokenOptions } from './vcc/token.ts';

/** The settings of one account, grouped by the part of the exporter that uses them. */
export interface Account {
  name: string;
  region: string;
  token: Omit<TokenOptions, 'userAgent'>;
  api: Omit<ClientOptions, 'userAgent'>;
  http: FetchOptions;
  paging: PagingOptions;
  floor: FloorOptions;
  /** Undefined when agents have no series of their own. */
  agentSeries: AccountAgentSeries | undefined;
  /** Undefined when there are no team metrics. */
  roster: RosterOptions | undefined;
  maxTeams: number;
  cacheTtlMs: number;
  timeoutMs: number;
}

/** Which agents have series of their own, and how their ids become labels. */
export interface AccountAgentSeries extends Omit<AgentSeriesOptions, 'idOf'> {
  /** Returns the key of the pseudonyms. Undefined when labels show the ids themselves. */
  key: ((deadline: Deadline) => Promise<Secret>) | undefined;
}

import type { PagingOptions } from './collect.ts';
import type { Secret } from './credentials.ts';
import type { Deadline } from './deadline.ts';
import type { FetchOptions } from './http/fetch.ts';
import type { RosterOptions } from './roster/roster.ts';
import type { AgentSeriesOptions } from './snapshot/agent-series.ts';
import type { FloorOptions } from './snapshot/floor.ts';
import type { ClientOptions } from './vcc/agent-status.ts';
import type { TokenOptions } from './vcc/token.ts';

/** Everything needed to read one account, grouped by who needs it. */
export interface Account {
  name: string;
  region: string;
  token: Omit<TokenOptions, 'userAgent'>;
  api: Omit<ClientOptions, 'userAgent'>;
  http: FetchOptions;
  paging: PagingOptions;
  floor: FloorOptions;
  /** Undefined: no series of single agents. */
  agentSeries: AccountAgentSeries | undefined;
  /** Undefined: no teams. */
  roster: RosterOptions | undefined;
  maxTeams: number;
  cacheTtlMs: number;
  timeoutMs: number;
}

/** Which agents have series of their own, and how they are called. */
export interface AccountAgentSeries extends Omit<AgentSeriesOptions, 'idOf'> {
  /** Gives the key of the hash; undefined: ids are shown as they are. */
  key: ((deadline: Deadline) => Promise<Secret>) | undefined;
}

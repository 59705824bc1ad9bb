import type { PagingOptions } from './collect.ts';
import type { Secret } from './credentials.ts';
import type { Deadline } from './deadline.ts';
import type { FetchOptions } from './http/fetch.ts';
import type { AccountQueues } from './queue-reader.ts';
import type { RosterOptions } from './roster/roster.ts';
import type { AgentSeriesOptions } from './snapshot/agent-series.ts';
import type { FloorOptions } from './snapshot/floor.ts';
import type { ClientOptions } from './vcc/fetch-page.ts';
import type { TokenOptions } from './vcc/token.ts';

/** The settings of one account, grouped by the parts of the exporter that use them. */
export interface Account {
  name: string;
  region: string;
  token: Omit<TokenOptions, 'userAgent'>;
  api: Omit<ClientOptions, 'userAgent'>;
  http: FetchOptions;
  paging: PagingOptions;
  floor: FloorOptions;
  /** Undefined without series for single agents. */
  agentSeries: AccountAgentSeries | undefined;
  /** Undefined when there are no team metrics. */
  roster: RosterOptions | undefined;
  maxTeams: number;
  /** Undefined when queues are not read. */
  queues: AccountQueues | undefined;
  cacheTtlMs: number;
  timeoutMs: number;
}

/** Which agents have separate series, and how their ids become labels. */
export interface AccountAgentSeries extends Omit<AgentSeriesOptions, 'idOf'> {
  /** Returns the key of the pseudonyms. Undefined when labels show the ids themselves. */
  key: ((deadline: Deadline) => Promise<Secret>) | undefined;
}

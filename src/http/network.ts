import http from 'node:http';
import https from 'node:https';
import type { ProxyError } from './errors.ts';

/** An agent for each kind of address; whoever opened them destroys them. */
export interface Agents {
  'http:': http.Agent;
  'https:': https.Agent;
}

/** How other machines are reached: directly, or through proxies. */
export interface Network {
  /** Opens agents that keep connections alive, or agents that open one for each request. */
  open(keepAlive: boolean): Agents;
  /** The failure that an answer stands for which comes from a proxy and not from the host of the URL, if it is one. */
  refusalOf(url: URL, status: number): ProxyError | undefined;
}

/**
 * Options of every connection. A name may have several addresses, of IPv6 and IPv4, and Node.js tries one after the other.
 * It gives each 250 ms, and a host that is further away than that is never reached where IPv6 has no route. TCP sends a lost
 * first packet again after one second: an address that is silent for so long is dead, or the packet was lost.
 */
export const connecting = { autoSelectFamilyAttemptTimeout: 1000 } as const;

/** Options of agents. LIFO keeps few connections hot and lets the others time out. */
export const agentOptions = (keepAlive: boolean) =>
  ({ ...connecting, keepAlive, scheduling: 'lifo' }) as const;

/** Every host is reached directly. */
export const directNetwork: Network = {
  open: (keepAlive) => ({
    'http:': new http.Agent(agentOptions(keepAlive)),
    'https:': new https.Agent(agentOptions(keepAlive)),
  }),
  refusalOf: () => undefined,
};

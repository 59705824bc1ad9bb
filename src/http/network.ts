import http from 'node:http';
import https from 'node:https';
import type { ProxyError } from './errors.ts';

/** An agent per scheme. The caller that opened them must destroy them. */
export interface Agents {
  'http:': http.Agent;
  'https:': https.Agent;
}

/** How to connect to hosts: directly, or through proxies. */
export interface Network {
  /**
   * Creates agents. With `keepAlive` they keep connections, otherwise they open one per request.
   */
  open(keepAlive: boolean): Agents;
  /**
   * Returns the error if the answer came from a proxy instead of the URL's host. Undefined
   * otherwise.
   */
  refusalOf(url: URL, status: number): ProxyError | undefined;
}

/**
 * Options of every connection. A name may have several IPv6 and IPv4 addresses, which Node.js tries
 * one after the other. By default it waits 250 ms for each: where IPv6 has no route, it never
 * reaches a more distant host. TCP repeats a lost first packet after one second. After that time
 * without an answer, the address is dead or the packet was lost.
 */
export const connecting = { autoSelectFamilyAttemptTimeout: 1000 } as const;

/** Returns the options of agents. LIFO reuses few connections and lets the others time out. */
export const agentOptions = (keepAlive: boolean) =>
  ({ ...connecting, keepAlive, scheduling: 'lifo' }) as const;

/** The network that connects to all hosts directly. */
export const directNetwork: Network = {
  open: (keepAlive) => ({
    'http:': new http.Agent(agentOptions(keepAlive)),
    'https:': new https.Agent(agentOptions(keepAlive)),
  }),
  refusalOf: () => undefined,
};

import http from 'node:http';
import https from 'node:https';
import type { ProxyError } from './errors.ts';

/** An http.Agent per scheme. The caller that opened them must destroy them. */
export interface Agents {
  'http:': http.Agent;
  'https:': https.Agent;
}

/** How to connect to hosts: directly, or through proxies. */
export interface Network {
  /** Creates agents. Without `keepAlive`, they open a connection for each request. */
  open(keepAlive: boolean): Agents;
  /** Returns an error if a proxy sent the answer instead of the URL's host. Otherwise undefined. */
  refusalOf(url: URL, status: number): ProxyError | undefined;
}

/**
 * Options of every connection. A name may have several IPv6 and IPv4 addresses. Node.js tries them
 * one after the other. By default it waits 250 ms for each. That is too short for a distant host,
 * so where IPv6 has no route, the connection would always fail. One second is enough: TCP repeats a
 * lost first packet only after that time.
 */
export const connecting = { autoSelectFamilyAttemptTimeout: 1000 } as const;

/** Returns the options of agents. With LIFO, few connections are reused and the others time out. */
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

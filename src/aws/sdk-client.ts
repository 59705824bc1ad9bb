import { ProxyError } from '../http/errors.ts';
import type { Network } from '../http/network.ts';

/**
 * Longest that a connection may take: more than what one dead address gets before the next is tried, since the
 * host may have several (src/http/network.ts), and through a proxy also the proxy's own connection.
 */
const connectionTimeout = 3000;

/**
 * What every client of the SDK is opened with, and every provider of credentials. The SDK takes the agents for
 * its own requests; those by which a machine gets credentials from AWS (169.254.169.254, 169.254.170.2) it sends without.
 */
export function clientOptions(network: Network, requestTimeout: number) {
  const agents = network.open(true);
  const requestHandler = {
    connectionTimeout,
    requestTimeout,
    httpAgent: agents['http:'],
    httpsAgent: agents['https:'],
  };
  return { requestHandler };
}

/** Says that a service gave no answer, and why: what the SDK throws may be a proxy's refusal. */
export function describeUnreached(service: string, error: { name?: string; code?: string }): string {
  return error instanceof ProxyError
    ? `${service} was not reached: ${error.message}`
    : `${service} was not reached (${error.code ?? error.name})`;
}

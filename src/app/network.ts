import { ConfigError, type Environment } from '../config/load.ts';
import { ProxyError } from '../http/errors.ts';
import { directNetwork, type Network } from '../http/network.ts';

const variables = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'];

/**
 * Returns the network that HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY describe (docs/proxies.md). Nothing is sent
 * yet.
 * @throws ConfigError that names the variable and does not quote a proxy
 */
export async function openNetwork(env: Environment): Promise<Network> {
  if (!variables.some((name) => env[name]?.trim() || env[name.toLowerCase()]?.trim())) return directNetwork;
  const { createProxied, parseProxies } = await import('../http/proxies.ts');
  const { proxies, problems } = parseProxies(env);
  if (problems.length > 0) throw new ConfigError(problems);
  return createProxied(proxies, (failure) => new ProxyError(failure));
}

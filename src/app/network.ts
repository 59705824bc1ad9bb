import { ConfigError, type Environment } from '../config/load.ts';
import { ProxyError } from '../http/errors.ts';
import { directNetwork, type Network } from '../http/network.ts';
import { remember } from '../redact.ts';

const variables = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'];

/** Variables that the AWS SDK reads and that must stay secret. */
const awsSecrets = ['AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_CONTAINER_AUTHORIZATION_TOKEN'];

/**
 * Returns the network for HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY (docs/run/proxies.md).
 * Nothing is sent yet. From now on no message shows the passwords of proxies or the AWS credentials
 * in the environment.
 * @throws ConfigError that names the variable and does not quote a proxy
 */
export async function openNetwork(env: Environment): Promise<Network> {
  for (const name of awsSecrets) remember(env[name]?.trim() ?? '');
  if (!variables.some((name) => env[name]?.trim() || env[name.toLowerCase()]?.trim())) return directNetwork;
  const { createProxied, parseProxies } = await import('../http/proxies.ts');
  const { proxies, problems } = parseProxies(env);
  if (problems.length > 0) throw new ConfigError(problems);
  for (const proxy of [proxies.http, proxies.https]) {
    const { username = '', password = '' } = proxy?.url ?? {};
    // A proxy may accept a token as the user.
    remember(decodeURIComponent(password || username));
  }
  return createProxied(proxies, (failure) => new ProxyError(failure));
}

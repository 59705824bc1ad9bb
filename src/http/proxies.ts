// In bundles this is a separate file, loaded only when a proxy is set (scripts/build.mjs). It
// contains copies of its imports, and `instanceof` does not recognize the class of a copy. So the
// caller creates the errors.
import type { ClientRequest } from 'node:http';
import { BlockList, isIP, isIPv6 } from 'node:net';
import { HttpProxyAgent } from 'http-proxy-agent';
import { HttpsProxyAgent } from 'https-proxy-agent';
import type { ProxyError, ProxyFailure } from './errors.ts';
import { agentOptions, directNetwork, type Network } from './network.ts';

/** A proxy, and the variable that names it. */
export interface Proxy {
  /** May contain a user and a password, so it must not appear in messages. */
  url: URL;
  /** Host and port, for messages. */
  name: string;
  variable: string;
}

/** The proxies for http and https URLs, and the hosts that bypass them. */
export interface Proxies {
  http: Proxy | undefined;
  https: Proxy | undefined;
  /** Whether to connect to a host directly. An IPv6 address may have brackets. */
  bypasses(host: string, port: number): boolean;
}

const expectedProxy =
  'http://host:port or https://host:port, with user:password@ before the host if the proxy requires them (percent-encode special characters)';

/**
 * Reads the variables that curl and most programs use. As in curl, names in lower case take
 * precedence. Problems never quote a proxy, since it may contain a password.
 */
export function parseProxies(env: Readonly<Record<string, string | undefined>>): {
  proxies: Proxies;
  problems: string[];
} {
  const problems: string[] = [];

  function proxyFor(...names: string[]): Proxy | undefined {
    const variable = names.flatMap((name) => [name.toLowerCase(), name]).find((name) => env[name]?.trim());
    if (variable === undefined) return undefined;
    const url = parseProxy(env[variable]!.trim());
    if (url) {
      const port = url.port || (url.protocol === 'https:' ? '443' : '80');
      return { url, name: `${url.hostname}:${port}`, variable };
    }
    const scheme = /^(?!https?:)([a-z][a-z0-9]{1,8}):\/\//i.exec(env[variable]!.trim())?.[1];
    const received =
      scheme === undefined ? 'another value' : `an address of ${scheme}, which is not supported`;
    const problem = `${variable}: expected ${expectedProxy}; received ${received}`;
    if (!problems.includes(problem)) problems.push(problem);
    return undefined;
  }

  const variable = env.no_proxy?.trim() ? 'no_proxy' : 'NO_PROXY';
  const rules = (env[variable] ?? '').split(/[\s,]+/).flatMap((entry): Rule[] => {
    if (entry === '') return [];
    const rule = toRule(entry.toLowerCase());
    if (rule) return [rule];
    // Do not quote the entry, since it may be a proxy with its password.
    const isNetwork = /^[\d.:/*]+$/.test(entry);
    const other = /@|:\/\//.test(entry) ? 'an address with a scheme or a user' : 'another entry';
    const received = isNetwork ? JSON.stringify(entry) : other;
    problems.push(
      `${variable}: expected host names, addresses and networks such as 10.0.0.0/8; received ${received}`,
    );
    return [];
  });
  const proxies: Proxies = {
    http: proxyFor('HTTP_PROXY', 'ALL_PROXY'),
    https: proxyFor('HTTPS_PROXY', 'ALL_PROXY'),
    bypasses(host, port) {
      const name = host.toLowerCase().replace(/^\[|\]$|\.$/g, '');
      return isLocal(name) || rules.some((rule) => rule(name, port));
    },
  };
  return { proxies, problems };
}

function parseProxy(text: string): URL | undefined {
  try {
    // As in curl, the default scheme is http, even when TLS goes through the proxy.
    const url = new URL(text.includes('://') ? text : `http://${text}`);
    // The agents decode the user and password, and would fail on invalid percent-encoding. HTTP
    // Basic allows no control characters.
    if (/\p{Cc}/u.test(decodeURIComponent(url.username + url.password))) return undefined;
    const bare = url.pathname === '/' && url.search === '' && url.hash === '';
    return bare && (url.protocol === 'http:' || url.protocol === 'https:') ? url : undefined;
  } catch {
    return undefined;
  }
}

type Rule = (host: string, port: number) => boolean;

/** Parses one entry of NO_PROXY. Returns undefined for an invalid one. */
function toRule(entry: string): Rule | undefined {
  if (entry === '*') return () => true;
  const ipv6 = isIPv6(entry.split('/')[0]!);
  const [, name = '', portText] = ipv6 ? [entry, entry] : (/^(.*?)(?::(\d+))?$/.exec(entry) ?? []);
  const fits = toHostRule(name.replace(/^\[|\]$/g, ''));
  return fits && ((host, port) => (portText === undefined || Number(portText) === port) && fits(host));
}

function toHostRule(name: string): ((host: string) => boolean) | undefined {
  const [address = '', bits] = name.split('/');
  if (isIP(address) !== 0) {
    const list = new BlockList();
    try {
      if (bits === undefined) list.addAddress(address, familyOf(address));
      else list.addSubnet(address, Number(bits || Number.NaN), familyOf(address));
    } catch {
      return undefined;
    }
    return (host) => isIn(list, host);
  }
  if (!/^(\*?\.)?[^*/:[\]]+$/.test(name)) return undefined;
  const [, below, domain = ''] = /^(\*?\.)?(.*)$/.exec(name)!;
  return (host) => host.endsWith(`.${domain}`) || (below === undefined && host === domain);
}

const familyOf = (address: string) => (isIPv6(address) ? 'ipv6' : 'ipv4');

const isIn = (list: BlockList, host: string) => isIP(host) !== 0 && list.check(host, familyOf(host));

/**
 * This machine, and the addresses that provide AWS credentials. A proxy would connect to those of
 * its own machine.
 */
const local = new BlockList();
local.addSubnet('127.0.0.0', 8);
local.addAddress('::1', 'ipv6');
local.addSubnet('169.254.0.0', 16);
local.addAddress('fd00:ec2::254', 'ipv6');
local.addAddress('fd00:ec2::23', 'ipv6');

const isLocal = (host: string) => host === 'localhost' || host.endsWith('.localhost') || isIn(local, host);

/** The parts of a proxy that messages may contain. */
const named = ({ name, variable }: Proxy) => ({ name, variable });

/** The property that the agents of both packages have. */
interface Connecting {
  connectOpts: object;
}

/**
 * Creates a network that uses the proxies, except for hosts that bypass them. `toError` creates the
 * errors of a proxy.
 */
export function createProxied(proxies: Proxies, toError: (failure: ProxyFailure) => ProxyError): Network {
  /**
   * Runs an agent's `connect`. Until that ends, the request has no socket. So the request's own
   * `destroy` would neither close the connection to the proxy nor fail the request. This makes
   * `destroy` close the connection.
   */
  async function connectBy<T>(
    agent: Connecting,
    request: ClientRequest,
    proxy: Proxy,
    connect: () => Promise<T>,
  ): Promise<T> {
    if (request.destroyed) throw new Error('the request was ended before it was sent');
    const ending = new AbortController();
    const { destroy } = request;
    request.destroy = (error) => {
      ending.abort(error);
      return destroy.call(request, error);
    };
    try {
      // The agent reads this before its first await.
      agent.connectOpts = { ...agent.connectOpts, signal: ending.signal };
      return await connect();
    } catch (error) {
      throw ending.signal.aborted ? ending.signal.reason : toError({ ...named(proxy), error });
    } finally {
      request.destroy = destroy;
    }
  }

  /** For https addresses: a tunnel. */
  class Tunnel extends HttpsProxyAgent<string> {
    readonly #proxy: Proxy;

    constructor(proxy: Proxy, keepAlive: boolean) {
      super(proxy.url, agentOptions(keepAlive));
      this.#proxy = proxy;
    }

    override async connect(...[request, options]: Parameters<HttpsProxyAgent<string>['connect']>) {
      let status = 200;
      request.once('proxyConnect', ({ statusCode }: { statusCode: number }) => {
        status = statusCode;
      });
      const socket = await connectBy(this, request, this.#proxy, () => super.connect(request, options));
      if (status === 200) return socket;
      // Otherwise the agent would return the proxy's answer as the host's answer.
      socket.destroy();
      throw toError({ ...named(this.#proxy), status });
    }
  }

  /** For http addresses: the request to the proxy has the whole URL. */
  class Forward extends HttpProxyAgent<string> {
    readonly #proxy: Proxy;

    constructor(proxy: Proxy, keepAlive: boolean) {
      super(proxy.url, agentOptions(keepAlive));
      this.#proxy = proxy;
    }

    override connect(...[request, options]: Parameters<HttpProxyAgent<string>['connect']>) {
      return connectBy(this, request, this.#proxy, () => super.connect(request, options));
    }
  }

  /** Makes a direct agent pass all requests to the proxy's agent that do not bypass the proxy. */
  function choosing<T extends object>(direct: T, proxied: object | undefined, secureEndpoint: boolean): T {
    if (!proxied) return direct;
    const [own, through] = [direct as unknown as AgentLike, proxied as AgentLike];
    const { addRequest, destroy } = own;
    own.addRequest = (request, options) =>
      proxies.bypasses(options.host, Number(options.port))
        ? addRequest.call(own, request, options)
        : through.addRequest(request, { ...options, secureEndpoint });
    own.destroy = () => {
      destroy.call(own);
      through.destroy();
    };
    return direct;
  }

  return {
    open(keepAlive) {
      const direct = directNetwork.open(keepAlive);
      const { http, https } = proxies;
      return {
        'http:': choosing(direct['http:'], http && new Forward(http, keepAlive), false),
        'https:': choosing(direct['https:'], https && new Tunnel(https, keepAlive), true),
      };
    },
    refusalOf({ protocol, hostname, port }, status) {
      // Only proxies answer 407. For https addresses, Tunnel detects refusals.
      const proxy = protocol === 'http:' && status === 407 ? proxies.http : undefined;
      return proxy && !proxies.bypasses(hostname, Number(port || 80))
        ? toError({ ...named(proxy), status })
        : undefined;
    },
  };
}

/** The methods of an agent that http.request uses. */
interface AgentLike {
  addRequest(
    request: ClientRequest,
    options: { host: string; port: number | string; secureEndpoint?: boolean },
  ): void;
  destroy(): void;
}

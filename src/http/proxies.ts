// In bundles a file of its own, which is loaded only when a proxy is set (scripts/build.mjs). It holds copies of what it
// imports: errors are made by whoever loads it, since `instanceof` does not know those of a copy.
import type { ClientRequest } from 'node:http';
import { BlockList, isIP, isIPv6 } from 'node:net';
import { HttpProxyAgent } from 'http-proxy-agent';
import { HttpsProxyAgent } from 'https-proxy-agent';
import type { ProxyError, ProxyFailure } from './errors.ts';
import { agentOptions, directNetwork, type Network } from './network.ts';

/** A proxy, and the variable that names it. */
export interface Proxy {
  /** With user and password, if it has some: not for messages. */
  url: URL;
  /** Host and port, for messages. */
  name: string;
  variable: string;
}

/** The proxies for http and for https addresses, and what is reached without them. */
export interface Proxies {
  http: Proxy | undefined;
  https: Proxy | undefined;
  /** Whether a host is reached directly; an IPv6 address may be in brackets. */
  bypasses(host: string, port: number): boolean;
}

const expectedProxy =
  'http://host:port or https://host:port, with user:password@ before the host if the proxy asks for them, and special characters in these percent-encoded';

/** Reads the variables that curl and most programs know; names in lower case take precedence, as in curl. Problems never quote a proxy, which may hold a password. */
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
    const scheme = /^(?!https?:)([a-z][a-z0-9+.-]*):\/\//i.exec(env[variable]!.trim())?.[1];
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
    // A whole proxy there may hold its password.
    const received = /@|:\/\//.test(entry) ? 'an address with a scheme or a user' : JSON.stringify(entry);
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
    // Without a scheme it is http, as for curl, also where TLS goes through it.
    const url = new URL(text.includes('://') ? text : `http://${text}`);
    // The agents decode them; some sequences of % cannot be.
    decodeURIComponent(url.username + url.password);
    const bare = url.pathname === '/' && url.search === '' && url.hash === '';
    return bare && (url.protocol === 'http:' || url.protocol === 'https:') ? url : undefined;
  } catch {
    return undefined;
  }
}

type Rule = (host: string, port: number) => boolean;

/** One entry of NO_PROXY; undefined when it is no rule. */
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

/** This machine, and the addresses by which AWS gives a machine its credentials: a proxy would reach its own. */
const local = new BlockList();
local.addSubnet('127.0.0.0', 8);
local.addAddress('::1', 'ipv6');
local.addSubnet('169.254.0.0', 16);
local.addAddress('fd00:ec2::254', 'ipv6');

const isLocal = (host: string) => host === 'localhost' || host.endsWith('.localhost') || isIn(local, host);

/** A proxy as it may be seen. */
const named = ({ name, variable }: Proxy) => ({ name, variable });

/** What the agents of both packages have in common. */
interface Connecting {
  connectOpts: object;
}

/** A network whose hosts are reached through the proxies, but for those that bypass them. */
export function createProxied(proxies: Proxies, toError: (failure: ProxyFailure) => ProxyError): Network {
  /**
   * Runs an agent's `connect`. As long as that goes on a request has no socket, so that destroying it would neither end
   * the connection to the proxy nor make the request fail. So destroying it is made to end the connection.
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
      // The agent reads it before it waits for anything.
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
      // The agent would have the proxy's answer pass for that of the host.
      socket.destroy();
      throw toError({ ...named(this.#proxy), status });
    }
  }

  /** For http addresses: the proxy is asked for the whole URL. */
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

  /** Makes a direct agent hand on the requests that do not bypass the proxy. */
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
      // Only proxies answer 407. For https addresses that is told apart where the tunnel is opened.
      const proxy = protocol === 'http:' && status === 407 ? proxies.http : undefined;
      return proxy && !proxies.bypasses(hostname, Number(port || 80))
        ? toError({ ...named(proxy), status })
        : undefined;
    },
  };
}

/** What http.request asks of an agent. */
interface AgentLike {
  addRequest(
    request: ClientRequest,
    options: { host: string; port: number | string; secureEndpoint?: boolean },
  ): void;
  destroy(): void;
}

import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { type AgentStatus, ContactCentre } from './contact-centre.ts';
import type { Fault } from './faults.ts';
import { Random } from './random.ts';

/** How the stand-in behaves; everything has a default. */
export interface SimulatorOptions {
  seed?: number;
  agents?: number;
  host?: string;
  port?: number;
  /** Added to every answer. */
  latencyMs?: number;
  /** Life of a token; the real one is 7200 always. */
  tokenSeconds?: number;
  clientId?: string;
  clientSecret?: string;
  /** What a page beyond the last gets; the real API's way is not documented. */
  beyondLastPage?: 'empty' | '404' | '400';
  faults?: Fault[];
  now?: () => number;
  /** These agents in place of a living contact centre. */
  items?: readonly AgentStatus[];
}

/** A running stand-in. */
export interface Simulator {
  tokenUrl: string;
  apiUrl: string;
  /** May be changed at any time: the former ones are rejected from then on. */
  clientId: string;
  clientSecret: string;
  /** Counts of what it was asked. */
  requests: { token: number; api: number };
  /** May be changed at any time. */
  faults: Fault[];
  /** Makes all tokens invalid. */
  revokeTokens(): void;
  /** All agents as the API would give them now. */
  items(): readonly AgentStatus[];
  close(): Promise<void>;
}

const vendorType = 'application/vnd.newvoicemedia';
const knownPath = '/stats/agent-status';

interface Answer {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
}

/** Starts a stand-in for the token endpoint and agent-status: a real HTTP server with an invented contact centre. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { seed = 1, agents = 200, host = '127.0.0.1', port = 0, now = Date.now } = options;
  const { latencyMs = 0, tokenSeconds = 7200, beyondLastPage = 'empty' } = options;
  const { clientId = 'simulated-client', clientSecret = 'simulated-secret' } = options;
  const centre = options.items ? undefined : new ContactCentre({ seed, agents, startMs: now() });
  const dice = new Random(seed + 1);
  const tokens = new Map<string, number>();
  let shifted = 0;

  function currentItems(): readonly AgentStatus[] {
    if (!centre) return options.items!;
    centre.advanceTo(now());
    return centre.items();
  }

  function issueToken(form: URLSearchParams, authorization: string | undefined): Answer {
    const error = (code: string, description: string): Answer => ({
      status: 400,
      body: { error: code, error_description: description },
    });
    if (form.get('grant_type') !== 'client_credentials')
      return error('unsupported_grant_type', 'Unsupported grant type');
    const [id, secret] = basicCredentials(authorization) ?? [
      form.get('client_id'),
      form.get('client_secret'),
    ];
    const known = id === simulator.clientId && secret === simulator.clientSecret;
    if (!known) return error('invalid_client', 'Unknown client');
    if (form.get('scope') !== 'stats') return error('invalid_scope', 'Scope not granted');
    const token = dice.guid();
    tokens.set(token, now() + tokenSeconds * 1000);
    return { status: 200, body: { access_token: token, expires_in: tokenSeconds, token_type: 'bearer' } };
  }

  function agentStatus(request: IncomingMessage, query: URLSearchParams): Answer {
    const { accept = '', authorization = '' } = request.headers;
    if (!accept.startsWith(vendorType)) return problem(400, 'Bad Request', 'Invalid Accept header!');
    if (!/^application\/vnd\.newvoicemedia\.v[23]\+json$/.test(accept)) {
      return problem(400, 'Bad Request', 'Invalid api-version! Valid values: 2,3');
    }
    const token = /^bearer (\S+)$/i.exec(authorization)?.[1] ?? '';
    if (!((tokens.get(token) ?? 0) > now())) return { status: 401, body: { message: 'Unauthorized' } };

    const page = wholeNumber(query.get('page') ?? '1', 1, Number.MAX_SAFE_INTEGER);
    const limit = wholeNumber(query.get('limit') ?? '25', 1, 5000);
    if (page === undefined || limit === undefined)
      return problem(400, 'Bad Request', 'Invalid paging parameters');
    const upTo = new Date(now()).toISOString();
    const all = currentItems();
    const offset = all.length === 0 ? 0 : shifted % all.length;
    const order = offset === 0 ? all : [...all.slice(offset), ...all.slice(0, offset)];
    const items = order.slice((page - 1) * limit, page * limit);
    const pageCount = Math.ceil(all.length / limit);
    if (page > Math.max(1, pageCount) && beyondLastPage !== 'empty') {
      return problem(Number(beyondLastPage), 'Not Found', 'No such page');
    }
    return {
      status: 200,
      body: { meta: { page, count: items.length, pageCount, totalCount: all.length }, items, upTo },
      headers: { 'cache-control': 'max-age=5, must-revalidate, private' },
    };
  }

  const simulator = {
    clientId,
    clientSecret,
    requests: { token: 0, api: 0 },
    faults: [...(options.faults ?? [])],
    items: currentItems,
    revokeTokens: () => tokens.clear(),
  };

  function takeFault(on: 'api' | 'token', page: number): Fault | undefined {
    const fault = simulator.faults.find(
      (candidate) =>
        (candidate.on ?? 'api') === on &&
        candidate.times !== 0 &&
        (candidate.page ?? page) === page &&
        (candidate.rate === undefined || dice.chance(candidate.rate)),
    );
    if (fault?.times !== undefined) fault.times--;
    return fault;
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const token = request.method === 'POST' && url.pathname === '/Auth/connect/token';
    const api = request.method === 'GET' && url.pathname === knownPath;
    if (token) simulator.requests.token++;
    if (api) simulator.requests.api++;
    const page = Number(url.searchParams.get('page') ?? 1);
    const fault = token || api ? takeFault(token ? 'token' : 'api', page) : undefined;
    const form = token ? new URLSearchParams(await text(request)) : new URLSearchParams();
    const delayMs = latencyMs + (fault?.kind === 'delay' ? fault.value! : 0);
    if (delayMs > 0) await wait(delayMs);

    if (fault?.kind === 'hang') return;
    if (fault?.kind === 'grow') centre?.hire();
    if (fault?.kind === 'shrink') centre?.dismiss();
    let answer: Answer;
    if (fault?.kind === 'status') answer = failure(fault);
    else if (token) answer = issueToken(form, request.headers.authorization);
    else if (api) answer = agentStatus(request, url.searchParams);
    else answer = problem(404, 'Not Found', 'Resource not found');
    if (fault?.kind === 'shift') shifted++;
    respond(response, answer, fault, /\bgzip\b/.test(String(request.headers['accept-encoding'])));
  }

  const server = http.createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const origin = `http://${host.includes(':') ? `[${host}]` : host}:${(server.address() as AddressInfo).port}`;
  return Object.assign(simulator, {
    tokenUrl: `${origin}/Auth/connect/token`,
    apiUrl: origin,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}

function respond(response: ServerResponse, answer: Answer, fault: Fault | undefined, gzip: boolean): void {
  if (fault?.kind === 'html') {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html><body>Gateway</body></html>');
    return;
  }
  if (answer.status === 200 && fault?.kind === 'shape') spoil(answer);
  if (answer.status === 200 && fault?.kind === 'unknown') invent(answer);
  const json = JSON.stringify(answer.body);
  const text = fault?.kind === 'json' ? json.slice(0, json.length / 2) : json;
  const compress = gzip && text.length > 1400;
  const body = compress ? gzipSync(text, { level: 1 }) : Buffer.from(text);
  response.writeHead(answer.status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': body.length,
    ...(compress && { 'content-encoding': 'gzip' }),
    ...answer.headers,
  });
  if (fault?.kind === 'cut') response.write(body.subarray(0, body.length / 2), () => response.destroy());
  else response.end(body);
}

function failure({ value = 500, retryAfter }: Fault): Answer {
  const headers: Record<string, string> =
    retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
  return { ...problem(value, http.STATUS_CODES[value] ?? 'Error', `Simulated ${value}`), headers };
}

function problem(statusCode: number, error: string, message: string): Answer {
  return { status: statusCode, body: { statusCode, error, message } };
}

function firstItem(answer: Answer): AgentStatus | undefined {
  const body = answer.body as { items?: AgentStatus[] };
  // A copy: the same agents are asked for again.
  body.items &&= structuredClone(body.items);
  return body.items?.[0];
}

function spoil(answer: Answer): void {
  const item = firstItem(answer);
  if (item) Object.assign(item.presence, { since: null });
}

function invent(answer: Answer): void {
  const item = firstItem(answer);
  if (!item) return;
  Object.assign(item.presence, { name: 'Sabbatical' });
  const { since } = item.presence;
  const words = {
    medium: 'Fax',
    mediumManager: 'XX',
    direction: 'Sideways',
    state: 'Fault',
    reason: 'Eclipse',
  };
  item.interaction.push({ guid: 'ffffffff-0000-4000-8000-000000000000', channelGuid: null, since, ...words });
}

function wholeNumber(value: string, min: number, max: number): number | undefined {
  const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
  return number >= min && number <= max ? number : undefined;
}

function basicCredentials(authorization: string | undefined): [string, string] | undefined {
  const encoded = /^Basic (\S+)$/i.exec(authorization ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const [id = '', secret = ''] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  const decode = (part: string) => decodeURIComponent(part.replaceAll('+', ' '));
  return [decode(id), decode(secret)];
}

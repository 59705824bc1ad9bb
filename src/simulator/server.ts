import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { simulatorServer } from '../simulated.ts';
import { type RequestCounts, SimulatedAccount, type SimulatedAccountOptions } from './account.ts';
import type { AgentStatus, World } from './agent.ts';
import { agentStatus, agentStatusPath } from './agent-status.ts';
import { type Answer, problem, refuseAccept } from './answer.ts';
import type { Endpoint, Fault } from './faults.ts';
import { ongoing, ongoingPath } from './ongoing.ts';
import { queueTimes, queueTimesPath } from './queue-times.ts';
import type { CallersOptions } from './queues.ts';
import type { Quirks } from './quirks.ts';
import { Random } from './random.ts';
import { failure, respond } from './respond.ts';
import { type Client, clientOf, type Scope, Tokens } from './tokens.ts';
import { isUserAdminPath, userAdmin } from './user-admin.ts';

/** How the simulator behaves. Every option has a default. */
export interface SimulatorOptions {
  seed?: number;
  agents?: number;
  port?: number;
  /** Host names that requests may have, besides 127.0.0.1 and localhost. */
  hosts?: readonly string[];
  /** Delay of every answer. */
  latencyMs?: number;
  /** How long a token is valid. The real API always says 7200. */
  tokenSeconds?: number;
  clientId?: string;
  clientSecret?: string;
  faults?: Fault[];
  now?: () => number;
  /**
   * Waits for a delay on the clock of `now`. The header `Date` of answers then has the time of that
   * clock, not of this machine's.
   */
  wait?: (delayMs: number) => Promise<unknown>;
  /** Serve exactly these agents. Default: agents of a simulated contact centre. */
  items?: readonly AgentStatus[];
  quirks?: Quirks;
  /** How it behaves where the API reference is silent. An account can override this. */
  world?: World;
  /** Customers who queue, in all accounts. Default: none. An account can override this. */
  callers?: true | CallersOptions;
  /** At least one account. Default: one with the name `default` and the options above. */
  accounts?: readonly SimulatedAccountOptions[];
}

/** A running simulator. Credentials and `items` are those of the first account. */
export interface Simulator {
  tokenUrl: string;
  apiUrl: string;
  /** The credentials can be changed at any time. The simulator then rejects the former ones. */
  clientId: string;
  clientSecret: string;
  /** All accounts. They share both addresses. */
  accounts: readonly SimulatedAccount[];
  /** Counts of requests to each endpoint, also without valid credentials. */
  requests: RequestCounts;
  /** The faults can be changed at any time. */
  faults: Fault[];
  /** Makes all tokens of all accounts invalid. */
  revokeTokens(): void;
  /** Returns all agents as the API would return them now. */
  items(): readonly AgentStatus[];
  close(): Promise<void>;
}

const tokenPath = '/Auth/connect/token';
/** A website may make any other name resolve to this machine (DNS rebinding). */
const ownHost = /^(?:127\.0\.0\.1|localhost)(?::\d+)?$/i;
const nobody: Client = [null, null];

/**
 * Starts a simulator of tokens, agent-status, users, ongoing interactions and queue times: a real
 * HTTP server with simulated contact centres.
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { seed = 1, port = 0, wait = setTimeout } = options;
  const { latencyMs = 0, tokenSeconds = 7200, quirks = {} } = options;
  const { clockMs = 0, lagMs = 0 } = quirks;
  const now = () => (options.now ?? Date.now)() + clockMs;
  const accounts = openAccounts(options, seed, () => now() - lagMs);
  const [first] = accounts;
  if (!first) throw new RangeError('a simulator needs an account');
  // A single account may be large, so do not let its first request wait. With many accounts, some
  // may never be requested.
  if (accounts.length === 1) first.prepare();
  const dice = new Random(seed + 1);
  const tokens = new Tokens(accounts, dice, tokenSeconds);

  function takeFault(on: Endpoint, page: number, account: SimulatedAccount | undefined): Fault | undefined {
    const fault = simulator.faults.find(
      (candidate) =>
        (candidate.on ?? 'api') === on &&
        candidate.times !== 0 &&
        (candidate.page ?? page) === page &&
        (candidate.account === undefined || candidate.account === account?.name) &&
        (candidate.rate === undefined || dice.chance(candidate.rate)),
    );
    if (fault?.times !== undefined) fault.times--;
    return fault;
  }

  /** Answers a request, or refuses it without a valid token of the scope. */
  function guarded(
    { headers }: IncomingMessage,
    versions: readonly number[],
    scope: Scope,
    answer: (account: SimulatedAccount) => Answer,
  ): Answer {
    const refusal = refuseAccept(headers.accept ?? '', versions);
    if (refusal) return refusal;
    const grant = tokens.find(headers.authorization);
    if (!grant || grant.expiresMs <= now()) return { status: 401, body: { message: 'Unauthorized' } };
    if (grant.scope !== scope) return { status: 403, body: { message: 'Forbidden' } };
    return answer(grant.account);
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { host, 'sec-fetch-site': site = 'none' } = request.headers;
    if (
      !(ownHost.test(host ?? 'localhost') || options.hosts?.includes(host!)) ||
      (site !== 'none' && site !== 'same-origin')
    ) {
      respond(response, problem(403, 'Forbidden', 'No website may use the simulator'), undefined, false);
      return;
    }
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const { authorization } = request.headers;
    const on = endpointOf(request.method, pathname);
    if (on) count(simulator.requests, on);
    const form = on === 'token' ? new URLSearchParams(await text(request)) : new URLSearchParams();
    const client = on === 'token' ? clientOf(form, authorization) : nobody;
    const account =
      on === 'token'
        ? accounts.find(({ clientId }) => clientId === client[0])
        : tokens.find(authorization)?.account;
    if (on && account) count(account.requests, on);
    const fault = on && takeFault(on, Number(searchParams.get('page') ?? 1), account);
    const delayMs = latencyMs + (fault?.kind === 'delay' ? fault.value! : 0);
    if (delayMs > 0) await wait(delayMs);

    if (fault?.kind === 'hang') return;
    if (fault?.kind === 'grow') on === 'ongoing' ? account?.callers?.arrive() : account?.hire();
    if (fault?.kind === 'shrink') on === 'ongoing' ? account?.callers?.giveUp() : account?.dismiss();
    let answer: Answer;
    if (fault?.kind === 'status') answer = failure(fault);
    else if (on === 'token') answer = tokens.issue(form, client, now());
    else if (on === 'api') {
      answer = guarded(request, [2, 3], 'stats', (of) => agentStatus(of, searchParams, now(), quirks));
    } else if (on === 'users') {
      answer = guarded(request, [4], 'users:read', (of) => userAdmin(of, pathname, searchParams));
    } else if (on === 'ongoing') {
      answer = guarded(request, [3], 'stats', (of) => ongoing(of, searchParams, now(), quirks));
    } else if (on === 'queue-times') {
      const repeats = fault?.kind === 'repeat';
      answer = guarded(request, [3], 'stats', (of) => queueTimes(of, searchParams, now(), quirks, repeats));
    } else answer = problem(404, 'Not Found', 'Resource not found');
    if (fault?.kind === 'shift' && on && account) account.shifted[on]++;
    for (const [name, value] of Object.entries(quirks.headers ?? {})) response.setHeader(name, value);
    if (options.wait || clockMs !== 0) response.setHeader('date', new Date(now()).toUTCString());
    respond(response, answer, fault, /\bgzip\b/.test(String(request.headers['accept-encoding'])), on);
  }

  const server = http.createServer((request, response) => {
    response.setHeader('server', simulatorServer);
    handle(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const simulator: Simulator = {
    tokenUrl: `${origin}${tokenPath}`,
    apiUrl: origin,
    get clientId() {
      return first.clientId;
    },
    set clientId(id) {
      first.clientId = id;
    },
    get clientSecret() {
      return first.clientSecret;
    },
    set clientSecret(secret) {
      first.clientSecret = secret;
    },
    accounts,
    requests: { token: 0, api: 0, users: 0 },
    faults: [...(options.faults ?? [])],
    revokeTokens: () => tokens.revoke(),
    items: () => first.items(),
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return simulator;
}

function openAccounts(options: SimulatorOptions, seed: number, now: () => number): SimulatedAccount[] {
  const { agents = 200, clientId = 'simulated-client', clientSecret = 'simulated-secret', items } = options;
  const each = options.accounts ?? [{ name: 'default', ...(items && { items }) }];
  const allAgents = each.reduce((sum, account) => sum + (account.agents ?? agents), 0);
  return each.map((account, index) => {
    const suffix = index === 0 ? '' : `-${index + 1}`;
    return new SimulatedAccount({
      ...account,
      agents: account.agents ?? agents,
      allAgents,
      seed: account.seed ?? seed + index,
      clientId: account.clientId ?? `${clientId}${suffix}`,
      clientSecret: account.clientSecret ?? `${clientSecret}${suffix}`,
      world: account.world ?? options.world,
      callers: account.callers ?? options.callers,
      now,
    });
  });
}

function endpointOf(method: string | undefined, path: string): Endpoint | undefined {
  if (method === 'POST' && path === tokenPath) return 'token';
  if (method === 'GET' && path === agentStatusPath) return 'api';
  if (method === 'GET' && isUserAdminPath(path)) return 'users';
  if (method === 'GET' && path === ongoingPath) return 'ongoing';
  if (method === 'GET' && path === queueTimesPath) return 'queue-times';
  return undefined;
}

function count(requests: RequestCounts, on: Endpoint): void {
  requests[on] = (requests[on] ?? 0) + 1;
}

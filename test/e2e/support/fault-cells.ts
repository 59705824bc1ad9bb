import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Context } from 'aws-lambda';
import { openAccounts } from '../../../src/app/accounts.ts';
import { openLocalPushers } from '../../../src/app/local-pushers.ts';
import { openRejected } from '../../../src/app/rejected.ts';
import { createScrapers } from '../../../src/app/scrapers.ts';
import { deadlineIn, forever, untilAborted } from '../../../src/deadline.ts';
import type { ErrorCode } from '../../../src/errors.ts';
import type { HttpEvent } from '../../../src/lambda/events.ts';
import { createHttpHandler } from '../../../src/lambda/metrics.ts';
import { listen } from '../../../src/serve/listen.ts';
import { createRoutes } from '../../../src/serve/routes.ts';
import type { AgentStatus } from '../../../src/simulator/agent.ts';
import { ContactCentre } from '../../../src/simulator/contact-centre.ts';
import type { Simulator } from '../../../src/simulator/server.ts';
import type { Agent } from '../../../src/snapshot/agent.ts';
import { parseExposition } from '../../conformance/exposition.ts';
import { recount, type Series, seriesKey } from '../../support/oracle.ts';
import { ageBounds } from '../../support/reading.ts';
import { startSecretsServer } from '../../support/secrets-server.ts';
import { frozenMs, startFrozen } from './account.ts';
import { createFront, type Front, type Listening, listenFor } from './fault-front.ts';
import {
  agents as agentCount,
  agentIdOf,
  type Cell,
  type FaultId,
  pageSize,
  type Read,
  type ReceiverPlace,
  receivers,
  retries,
  scrapeSeconds,
} from './fault-matrix.ts';
import {
  hiddenOfQueues,
  placeOfQueues,
  type QueueSource,
  sourceAt,
  truthOfQueues,
  truthOfSkills,
} from './fault-queues.ts';
import { type CountingReceiver, createCountingReceiver } from './fault-receiver.ts';
import { requestOf } from './lambda.ts';
import { poll } from './process.ts';

/** Texts that may only be where they belong, without the characters that encodings change. */
const secrets = {
  clientId: 'matrix-client-"é"/+',
  clientSecret: 'matrix-client-secret-"é"/+&',
  password: 'matrix-password-"e"/+&',
  bearer: 'matrix-bearer-token/+==',
  header: 'matrix-header-secret/+&',
  query: 'matrix-query-secret/+&',
};
const account = 'matrix';
/** By how much a scrape may exceed its time, for a busy machine. */
const roomMs = 2000;

const items: readonly AgentStatus[] = new ContactCentre({ seed: 7, agents: agentCount, startMs: frozenMs })
  .items()
  .slice(0, agentCount)
  .map((item, index) => ({ ...structuredClone(item), agentId: agentIdOf(index) }));

/** What all cells share. */
export interface Shared {
  /** Finds the front for the SDK's requests by the secret's name. */
  secretFronts: Map<string, Front>;
  /** The origin of a host that must never get a request, and the cells that sent one. */
  elsewhere: string;
  strayed: Set<string>;
  /** Does work that mostly waits, outside of the limit for concurrent cells. */
  aside: Pool['aside'];
}

/** Runs one cell. Resolves with the differences from the matrix, in words. */
export async function runCell(cell: Cell, id: string, shared: Shared): Promise<string[]> {
  const problems: string[] = [];
  const logs: string[] = [];
  const ending: (() => unknown)[] = [];
  const bench: Bench = {
    id,
    shared,
    logs,
    log: (line) => void logs.push(line),
    check: (holds, problem) => void (holds || problems.push(problem)),
    later: (end) => void ending.push(end),
  };
  try {
    if (cell.way === 'deliver') await runDelivery(cell, bench);
    else await runRead(cell, bench);
    bench.check(!shared.strayed.has(id), 'another host was asked');
  } catch (error) {
    problems.push(
      `the cell failed: ${error instanceof Error ? error.stack : error}\nlog: ${logs.join('\n')}`,
    );
  } finally {
    for (const end of ending.reverse()) {
      await Promise.resolve(end()).catch((error) => problems.push(`the cell did not end: ${error}`));
    }
  }
  return problems;
}

/** What a cell is run with. */
interface Bench {
  id: string;
  shared: Shared;
  logs: string[];
  log(line: string): void;
  check(holds: boolean, problem: string): void;
  /** Called at the end, the last one first. */
  later(end: () => unknown): void;
}

// --- what must never be seen ---

/**
 * A text as logs, JSON, addresses and base64 may write it. Of base64, the part that is the same
 * wherever the text begins.
 */
function formsOf(text: string): string[] {
  const inBase64 = [0, 1, 2].map((shift) =>
    Buffer.from(`${' '.repeat(shift)}${text}`)
      .toString('base64')
      .replace(/=+$/, '')
      .slice(shift === 0 ? 0 : 4, -4),
  );
  return [
    text,
    JSON.stringify(text).slice(1, -1),
    JSON.stringify(JSON.stringify(text)).slice(3, -3),
    encodeURIComponent(text),
    encodeURIComponent(text).replaceAll('%20', '+'),
    ...inBase64,
  ].filter((form) => form.length >= 6);
}

const guids = items.flatMap(({ interaction }) => interaction.map(({ guid }) => guid));
const hiddenForms = new Map(
  [
    ...Object.values(secrets),
    'do-not-print-this-secret',
    ...items.map(({ agentId }) => agentId),
    ...guids,
    ...hiddenOfQueues,
  ].map((text) => [text, formsOf(text)]),
);

/** The hidden texts, and those of `more`, that `within` contains. */
function readable(within: string, more: readonly string[]): string[] {
  const all = [...hiddenForms, ...more.map((text) => [text, formsOf(text)] as const)];
  return all.filter(([, forms]) => forms.some((form) => within.includes(form))).map(([text]) => text);
}

// --- the truth ---

function toAgent({ agentId, presence, workload, interaction }: AgentStatus): Agent {
  return {
    id: agentId,
    presence: presence.name,
    presenceSinceMs: Date.parse(presence.since),
    description: presence.description,
    eligibleForRouting: presence.eligibleForRouting,
    workloadSinceMs: Date.parse(workload.since),
    live: workload.calls,
    semiLive: workload.semiLive,
    nonLive: workload.nonLive,
    interactions: interaction.map(({ guid, since, medium, mediumManager, direction, state, reason }) => ({
      guid,
      sinceMs: Date.parse(since),
      medium,
      mediumManager,
      direction,
      state,
      reason,
    })),
  };
}

/** The series of the simulator's agents, or of the part of them that an answer kept. */
function truthOf(counted: Read['counted'], place: string): Series {
  const first = place === 'page 2' ? pageSize : 0;
  const all = items.map(toAgent);
  if (counted === 'duplicate') all.splice(first + 1, 1);
  if (counted === 'flawed') all[first] = { ...all[first]!, live: undefined };
  const series = recount(account, all, frozenMs, ageBounds);
  const put = (name: string, labels: Record<string, string>) =>
    series.set(seriesKey(name, { account, ...labels }), 1);
  if (counted === 'duplicate') put('vcc_duplicate_agents', {});
  if (counted === 'flawed') {
    put('vcc_flawed_agents', {});
    put('vcc_invalid_values', { field: 'calls' });
  }
  return series;
}

const nameOf = (key: string) => key.slice(0, key.indexOf('{'));
const truth = truthOf(undefined, '');
const agentsNow = items.map(toAgent);
/** Of a failed scrape these still report the cause. */
const ofScrapes =
  /^vcc_(up|simulated|scrape_.*|api_clock_skew_seconds|semantics_info|exporter_.*|roster_.*|push_.*)$/;
/** The numbers of a source of queue data. Without them it still reports the cause. */
const ofQueueSource: Record<QueueSource, RegExp> = {
  ongoing: /^vcc_(ongoing_.*|queue_(waiting|oldest|unclear).*)$/,
  queue_times: /^vcc_queue_(window_.*|target_seconds)$/,
  skills: /^vcc_skills?_/,
};

/** Differences from these agents. */
function compareWith(expected: Series, seen: Series): string[] {
  const names = new Set([...expected.keys()].map(nameOf));
  const differing = [...expected].flatMap(([key, value]) =>
    seen.get(key) === value ? [] : [`${key} is ${seen.get(key)}, not ${value}`],
  );
  const invented = [...seen.keys()].filter((key) => names.has(nameOf(key)) && !expected.has(key));
  const all = [...differing, ...invented.map((key) => `${key} is invented`)];
  return all.length > 4 ? [...all.slice(0, 3), `${all.length - 3} more`] : all;
}

/** Agents of each team, by the groups of the simulator. */
function teamsOf(simulator: Simulator): Map<string, number> {
  const teamOf = new Map<string, string>();
  const groups = simulator.accounts[0]!.groups();
  for (const { groupName, members } of groups.toSorted((a, b) => (a.groupName < b.groupName ? -1 : 1))) {
    for (const { userAccountConfiguration: its } of members) {
      const id = its.agentConfiguration?.agentDisplayId;
      if (id !== undefined && !teamOf.has(id)) teamOf.set(id, groupName);
    }
  }
  const counts = new Map<string, number>();
  for (const { agentId } of items) {
    const team = teamOf.get(agentId) ?? '';
    counts.set(team, (counts.get(team) ?? 0) + 1);
  }
  return counts;
}

function teamsIn(seen: Series): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [key, value] of seen) {
    if (nameOf(key) !== 'vcc_team_agents') continue;
    // Agents in no team have the team "", which is no label.
    const team = JSON.parse(/team=("(?:[^"\\]|\\.)*")/.exec(key)?.[1] ?? '""') as string;
    counts.set(team, (counts.get(team) ?? 0) + value);
  }
  return new Map([...counts].filter(([, value]) => value > 0));
}

// --- ways to read ---

/** The result of a scrape. */
interface Seen {
  status: number;
  /** Undefined: there is no result, since nothing was pushed. */
  series: Series | undefined;
  text: string;
  tookMs: number;
}

interface Reader {
  scrape(seconds: number): Promise<Seen>;
  close(): Promise<void>;
}

type Env = Record<string, string | undefined>;

function toSeries(text: string): Series {
  return new Map(
    parseExposition(text, 'text').map(({ name, labels, value }) => [
      seriesKey(name, Object.fromEntries(Object.entries(labels).filter(([, each]) => each !== ''))),
      value,
    ]),
  );
}

/** Labels without a value are none for receivers of samples. */
const plain = (series: Series): Series =>
  new Map(
    [...series].map(([key, value]) => [key.replaceAll(/(?<=[{,])\w+="",?/g, '').replace(/,\}$/, '}'), value]),
  );

async function openServe(env: Env, log: Bench['log']): Promise<Reader> {
  const scrapers = createScrapers(await openAccounts(env, log), log);
  const server = await listen(createRoutes({ scrapers, log }), '127.0.0.1', 0);
  return {
    async scrape(seconds) {
      const startMs = performance.now();
      const response = await fetch(`${server.url}/metrics`, {
        headers: { 'x-prometheus-scrape-timeout-seconds': String(seconds), connection: 'close' },
      });
      const text = await response.text();
      const tookMs = performance.now() - startMs;
      return { status: response.status, series: toSeries(text), text, tookMs };
    },
    async close() {
      for (const scraper of scrapers) scraper.close();
      await server.close();
    },
  };
}

async function openLambda(env: Env, log: Bench['log']): Promise<Reader> {
  const handler = createHttpHandler(env, log);
  return {
    async scrape(seconds) {
      const startMs = performance.now();
      const headers = { 'x-prometheus-scrape-timeout-seconds': String(seconds) };
      const event = requestOf(headers) as unknown as HttpEvent;
      const context = { getRemainingTimeInMillis: () => 30_000 } as Context;
      const result = (await handler(event, context)) as { statusCode: number; body: string };
      const tookMs = performance.now() - startMs;
      return { status: result.statusCode, series: toSeries(result.body), text: result.body, tookMs };
    },
    // An environment is frozen, and abandoned.
    async close() {},
  };
}

/** `vcc-exporter push` with a receiver that has no faults. */
async function openPush(env: Env, { log, later, logs }: Bench): Promise<Reader> {
  const receiver = createCountingReceiver('remote write 1');
  const server = await listenFor(receiver.handle);
  later(() => server.stop());
  const folder = await mkdtemp(join(tmpdir(), 'vcc-faults-'));
  later(() => rm(folder, { recursive: true, force: true }));
  const all = { ...env, VCC_PUSH_URL: `${server.origin}/api/v1/write` };
  const opened = await openAccounts(all, log);
  const local = await openLocalPushers(all, opened, folder, forever, { log, print: log });
  const [pusher] = local.pushers;
  let slotMs = Math.floor(Date.now() / 1000) * 1000;
  return {
    async scrape(seconds) {
      slotMs += 1000;
      const startMs = performance.now();
      // What `serve` keeps for its answer.
      await pusher!.scrape(slotMs, deadlineIn(seconds * 1000 - 500));
      const tookMs = performance.now() - startMs;
      await pusher!.send(deadlineIn(5000));
      if (receiver.conflicts.length > 0) throw new Error(`a sample was changed: ${receiver.conflicts[0]}`);
      return { status: 200, series: receiver.slots.get(slotMs), text: logs.join('\n'), tookMs };
    },
    close: () => local.close(),
  };
}

// --- a fault where an account is read ---

function toApiPlace(request: IncomingMessage, body: Buffer): string {
  const url = new URL(request.url!, 'http://localhost');
  const path = url.pathname.replace('/moved', '');
  if (request.method === 'POST') return body.includes('users') ? 'users token' : 'token';
  const ofQueues = placeOfQueues(path, url.searchParams.get('page'));
  if (ofQueues !== undefined) return ofQueues;
  if (path === '/stats/agent-status') return `page ${url.searchParams.get('page')}`;
  return path === '/useradmin/users' && url.searchParams.get('page') === '1'
    ? 'roster'
    : 'more of the roster';
}

/** The simulated account of a cell, whose numbers do not change. */
async function startAccount({ later }: Bench): Promise<Simulator> {
  const { clientId, clientSecret } = secrets;
  const simulator = await startFrozen({ items, clientId, clientSecret });
  later(() => simulator.close());
  return simulator;
}

async function runRead(cell: Cell & { way: 'serve' | 'lambda' | 'push' }, bench: Bench): Promise<void> {
  const { fault, place, way, row, expected } = cell;
  const { shared, check, later, id, log, logs } = bench;
  const queueSource = sourceAt(place);
  const simulator = await startAccount(bench);
  const front = createFront(simulator.apiUrl, `${shared.elsewhere}/${id}`, toApiPlace);
  const tokenHost = await listenFor(front.handle);
  const apiHost = await listenFor(front.handle);
  later(() => Promise.all([tokenHost.stop(), apiHost.stop()]));

  const env: Env = {
    VCC_ACCOUNT: account,
    VCC_API_URL: apiHost.origin,
    VCC_TOKEN_URL: `${tokenHost.origin}/Auth/connect/token`,
    VCC_SCRAPE_AUTH: 'none',
    VCC_RETRIES: String(retries),
    VCC_PAGE_SIZE: String(pageSize),
    VCC_TIMEOUT: `${scrapeSeconds}s`,
    ...(place === 'roster' && { VCC_ROSTER: 'users-api', VCC_ROSTER_TTL: '1s' }),
    ...(queueSource && { VCC_QUEUES: 'on', VCC_QUEUE_INTERVAL: '5s' }),
    ...(place === 'skills' && { VCC_SKILLS: 'users-api' }),
    ...row.settings,
  };
  let faulty = front;
  if (place === 'secret') {
    const { clientId, clientSecret } = secrets;
    const server = await startSecretsServer({ values: { AWSCURRENT: { clientId, clientSecret } } });
    later(() => server.close());
    faulty = createFront(server.origin, `${shared.elsewhere}/${id}`, () => 'secret');
    shared.secretFronts.set(id, faulty);
    env.VCC_SECRET_ID = id;
  } else Object.assign(env, { VCC_CLIENT_ID: secrets.clientId, VCC_CLIENT_SECRET: secrets.clientSecret });

  const host = place === 'token' ? tokenHost : apiHost;
  const openWith = (its: Env) =>
    way === 'serve' ? openServe(its, log) : way === 'lambda' ? openLambda(its, log) : openPush(its, bench);
  const people = place === 'roster' ? simulator.accounts[0]!.users() : [];
  const names = people.flatMap(({ name, email, username }) => [name, email, username]);
  /** Lines of answers, each once. */
  const shown = new Set<string>();

  const scrape = async (
    reader: Reader,
    what: string,
  ): Promise<{ seen: Seen; asked: number; sent: number; sentForQueues: number | undefined }> => {
    const before = [front.seen.length, faulty.seen.length] as const;
    const seconds = (faulty.active && row.seconds) ?? scrapeSeconds;
    const scrapeAndCount = async () => {
      const result = await reader.scrape(seconds);
      const isAsked = (each: { place: string }) => each.place === place;
      const since = front.seen.slice(before[0]).map((each) => each.place);
      const tokens = since.filter((each) => each === 'token').length;
      // If queues replace a rejected token, either of them may send that request.
      const renewals = queueSource ? Math.max(0, tokens - 1) : 0;
      const pages = since.filter((each) => /^page \d+$/.test(each)).length;
      const own = [place, `more of ${place}`, ...(place === 'skills' ? ['users token'] : [])];
      const ofQueues = since.filter((each) => own.includes(each)).length;
      return {
        seen: result,
        asked: faulty.seen.slice(before[1]).filter(isAsked).length,
        sent: pages + tokens - renewals,
        sentForQueues: renewals > 0 ? undefined : ofQueues,
      };
    };
    // Requests that time out are mostly waiting.
    const waits =
      faulty.active && row.seconds === undefined && row.settings?.VCC_REQUEST_TIMEOUT !== undefined;
    const { seen, asked, sent, sentForQueues } = await (waits
      ? shared.aside(scrapeAndCount)
      : scrapeAndCount());
    for (const line of seen.text.split('\n')) if (!line.startsWith('#')) shown.add(line);
    check(seen.status === 200, `${what}: status ${seen.status}`);
    // Queues may delay a scrape by a second at most.
    const limitMs = (queueSource ? Math.min(3000, seconds * 1000 - 500) : seconds * 1000 - 500) + roomMs;
    check(seen.tookMs < limitMs, `${what}: took ${Math.round(seen.tookMs)} ms`);
    const counted = seen.series?.get(seriesKey('vcc_scrape_api_requests', { account }));
    // Requests over refused connections reach no server. A pending fetch of a token belongs to the
    // scrape before.
    const differs = fault === 'refused' || fault === 'tls' || (!faulty.active && row.seconds !== undefined);
    if (seen.series && !differs) {
      const came = front.seen.slice(before[0]).map((each) => each.place);
      check(
        counted === sent ||
          (queueSource !== undefined && sentForQueues === undefined && counted === sent + 1),
        `${what}: vcc_scrape_api_requests is ${counted}, and ${sent} requests came (${came})`,
      );
    }
    return { seen, asked, sent, sentForQueues };
  };
  const up = (seen: Series) => seen.get(seriesKey('vcc_up', { account }));
  const checkServed = (series: Series | undefined, numbers: Series, what: string) => {
    if (!series) return check(false, `${what}: nothing was pushed`);
    check(up(series) === 1, `${what}: vcc_up is ${up(series)}`);
    for (const problem of compareWith(plain(numbers), series)) check(false, `${what}: ${problem}`);
  };
  const checkFailed = (series: Series | undefined, what: string) => {
    if (!series) return check(false, `${what}: nothing was pushed`);
    check(up(series) === 0, `${what}: vcc_up is ${up(series)}`);
    const reasons = [...series].filter(([key, value]) => nameOf(key) === 'vcc_scrape_error' && value === 1);
    const reason = reasons.map(([key]) => /reason="(\w+)"/.exec(key)![1]).join();
    check(reason === expected.reason, `${what}: the reason is ${reason}`);
    const numbers = [...series.keys()].map(nameOf).filter((name) => !ofScrapes.test(name));
    check(numbers.length === 0, `${what}: there are numbers: ${[...new Set(numbers)].slice(0, 3)}`);
  };
  const checkTeams = (series: Series | undefined, there: boolean, what: string) => {
    if (!series) return;
    const rosterUp = series.get(seriesKey('vcc_roster_up', { account }));
    check(rosterUp === (there ? 1 : 0), `${what}: vcc_roster_up is ${rosterUp}`);
    const [seen, real] = [teamsIn(series), there ? teamsOf(simulator) : new Map<string, number>()];
    const same = seen.size === real.size && [...real].every(([team, count]) => seen.get(team) === count);
    check(same, `${what}: teams are ${JSON.stringify([...seen])}`);
  };
  /** The agents are as ever, and each source of queue data has its own outcome. */
  const checkQueues = (
    series: Series | undefined,
    failing: Partial<Record<QueueSource, Read['reason']>>,
    what: string,
    counted?: Read['counted'],
  ) => {
    checkServed(series, truth, what);
    if (!series) return;
    const all = ['ongoing', 'queue_times', ...(place === 'skills' ? (['skills'] as const) : [])] as const;
    for (const source of all) {
      const reason = failing[source];
      const queueUp = series.get(seriesKey('vcc_queue_up', { account, source }));
      check(queueUp === (reason ? 0 : 1), `${what}: vcc_queue_up of ${source} is ${queueUp}`);
      const reasons = [...series].filter(
        ([key, value]) => nameOf(key) === 'vcc_queue_error' && value === 1 && key.includes(`"${source}"`),
      );
      const seenReason = reasons.map(([key]) => /reason="(\w+)"/.exec(key)![1]).join();
      check(seenReason === (reason ?? ''), `${what}: the reason of ${source} is "${seenReason}"`);
      if (reason) {
        const numbers = [...series.keys()].map(nameOf).filter((name) => ofQueueSource[source].test(name));
        check(numbers.length === 0, `${what}: there are numbers: ${[...new Set(numbers)].slice(0, 3)}`);
      } else {
        const own = source === queueSource ? counted : undefined;
        const numbers =
          source === 'skills' ? truthOfSkills(account, agentsNow) : truthOfQueues(source, account, own);
        const others = [...series].filter(
          ([key]) => nameOf(key) !== 'vcc_queue_flawed_items' || key.includes(`"${source}"`),
        );
        for (const problem of compareWith(plain(numbers), new Map(others)))
          check(false, `${what}: ${problem}`);
      }
    }
  };
  const linesOf = (event: string) =>
    logs
      .map((line) => JSON.parse(line) as { event: string; code?: string; level: string })
      .filter((line) => line.event.startsWith(event));

  // The fault.
  faulty.active = { place, fault, met: 0 };
  let broken = env;
  if (fault === 'refused') await host.stop();
  if (fault === 'tls') {
    const tls = await listenFor(front.handle, true);
    later(() => tls.stop());
    broken =
      place === 'token'
        ? { ...env, VCC_TOKEN_URL: `${tls.origin}/Auth/connect/token` }
        : { ...env, VCC_API_URL: tls.origin };
  }
  let reader = await openWith(broken);
  later(() => reader.close());
  const { seen, asked, sentForQueues } = await scrape(reader, 'with the fault');
  const [least, most] = [expected.requests].flat() as [number, number?];
  if (expected.apart !== undefined) {
    const times = faulty.seen.filter((each) => each.place === place).map(({ atMs }) => atMs);
    const apart = Math.min(...times.slice(1).map((atMs, index) => atMs - times[index]!));
    check(apart >= expected.apart * 1000 - 5, `requests were ${Math.round(apart)} ms apart`);
  }
  // On a busy machine, repeated requests may take longer than the second that a scrape waits.
  const isLate =
    queueSource !== undefined &&
    (most ?? least) >= 3 &&
    seen.series?.get(seriesKey('vcc_queue_error', { account, source: queueSource, reason: 'deadline' })) ===
      1;
  const reasonNow = isLate ? 'deadline' : expected.reason;
  check((asked >= least || isLate) && asked <= (most ?? least), `${asked} requests to the place`);
  const failsRoster = place === 'roster' && expected.reason !== undefined;
  if (queueSource) {
    checkQueues(seen.series, { [queueSource]: reasonNow }, 'with the fault', expected.counted);
    check(linesOf('scrape failed').length === 0, 'there is a log line of a failed scrape');
    // A read that the scrape did not wait for continues, and may have failed meanwhile.
    const ended = reasonNow !== undefined && reasonNow !== 'deadline';
    const lines = linesOf('queues not read') as { code?: string; source?: string }[];
    const reasons = ended ? [expected.reason] : reasonNow === 'deadline' ? [expected.reason, 'network'] : [];
    check(
      (ended ? lines.length === 1 : lines.length <= 1) &&
        lines.every(({ code, source }) => reasons.includes(code as ErrorCode) && source === queueSource),
      `log lines: ${JSON.stringify(lines)}`,
    );
    if (ended) {
      const counted = seen.series?.get(seriesKey('vcc_queue_api_requests', { account, source: queueSource }));
      check(
        sentForQueues === undefined || counted === sentForQueues,
        `vcc_queue_api_requests is ${counted}, and ${sentForQueues} requests came`,
      );
    }
  } else if (expected.clocksDiffer) checkClocks(seen.series);
  else if (expected.reason === undefined || failsRoster) {
    checkServed(seen.series, expected.counted ? truthOf(expected.counted, place) : truth, 'with the fault');
    if (place === 'roster') checkTeams(seen.series, !failsRoster, 'with the fault');
    check(linesOf('scrape failed').length === 0, 'there is a log line of a failure');
  } else {
    checkFailed(seen.series, 'with the fault');
    const lines = linesOf('scrape failed');
    check(lines.length === 1 && lines[0]!.code === expected.reason, `log lines: ${JSON.stringify(lines)}`);
  }
  if (failsRoster) {
    const lines = linesOf('roster not read');
    check(lines.length === 1 && lines[0]!.code === expected.reason, `log lines: ${JSON.stringify(lines)}`);
  }

  function checkClocks(series: Series | undefined): void {
    if (way === 'push') {
      check(series === undefined, 'samples were pushed with the time of a wrong clock');
      check(linesOf('scrape not pushed').length === 1, 'there is no log line of it');
      return;
    }
    checkServed(series, truth, 'with the fault');
    const skew = series!.get(seriesKey('vcc_api_clock_skew_seconds', { account }))!;
    const hours = fault === 'date-ahead' ? 3 : -3;
    check(Math.abs(skew - hours * 3600) < 5, `vcc_api_clock_skew_seconds is ${skew}`);
  }

  // The pause after it.
  const { pause } = expected;
  const readAgain = pause !== undefined && place !== 'roster' && fault !== 'tls';
  if (readAgain) {
    const { seen: paused, sent, asked: pausedAsked } = await scrape(reader, 'in the pause');
    if (queueSource) {
      // A pause after a 429 is for all sources, but queue times that were read before stay in use.
      const all = expected.reason === 'throttled' && { ongoing: expected.reason };
      const failing = { ...all, [queueSource]: expected.reason };
      checkQueues(paused.series, failing, 'in the pause');
      check(pausedAsked === 0, `in the pause: ${pausedAsked} requests to the place`);
    } else {
      check(sent === 0, `in the pause: ${sent} requests`);
      checkFailed(paused.series, 'in the pause');
    }
  }

  // The fault is gone.
  faulty.active = undefined;
  if (fault === 'refused') await host.start();
  if (pause === 'restart') {
    await reader.close();
    reader = await openWith(env);
  } else {
    // A secret and a roster are read again after a second at the earliest.
    const least = ['secret', 'roster'].includes(place) && expected.reason ? 1 : 0;
    // The read of queues that is still running must end.
    const running = queueSource && reasonNow === 'deadline' ? scrapeSeconds : 0;
    const seconds = Math.max(least, running, pause ?? 0);
    if (seconds > 0) await shared.aside(() => wait(seconds * 1000 + 100));
  }
  const errorsBefore = logs.length;
  const { seen: after } = await scrape(reader, 'after the fault');
  if (queueSource) {
    // Queue times of a read that went well are used for VCC_QUEUE_INTERVAL.
    const kept = place === 'queue times' && expected.reason === undefined && pause === undefined;
    checkQueues(after.series, {}, 'after the fault', kept ? expected.counted : undefined);
  } else checkServed(after.series, truth, 'after the fault');
  if (place === 'roster') checkTeams(after.series, true, 'after the fault');
  const said = logs.slice(errorsBefore).filter((line) => line.includes('"level":"error"'));
  check(said.length === 0, `after the fault: log lines ${said}`);

  // The same fault again, when pages and token are known: no old number may be shown.
  if (way === 'serve' && place.startsWith('page') && expected.reason && pause === undefined) {
    faulty.active = { place, fault, met: 0 };
    if (fault === 'refused') await host.stop();
    const { seen: again, asked: askedAgain } = await scrape(reader, 'with the fault again');
    checkFailed(again.series, 'with the fault again');
    check(askedAgain <= (most ?? least) + 1, `with the fault again: ${askedAgain} requests to the place`);
    if (fault === 'refused') await host.start();
    faulty.active = undefined;
    const { seen: last } = await scrape(reader, 'after the second fault');
    checkServed(last.series, truth, 'after the second fault');
  }
  const hidden = [...front.tokens, ...names];
  const leaked = readable([...logs, ...shown].join('\n'), hidden);
  check(leaked.length === 0, `can be read in the log or the answer: ${leaked.slice(0, 3).join(', ')}`);
}

// --- a fault where samples are pushed ---

const typeOf: Record<ReceiverPlace, Env> = {
  'remote write 1': { VCC_PUSH_TYPE: 'remote-write', VCC_PUSH_VERSION: '1.0' },
  'remote write 2': { VCC_PUSH_TYPE: 'remote-write', VCC_PUSH_VERSION: '2.0' },
  otlp: { VCC_PUSH_TYPE: 'otlp' },
  pushgateway: { VCC_PUSH_TYPE: 'pushgateway' },
};

async function runDelivery(cell: Cell & { way: 'deliver' }, bench: Bench): Promise<void> {
  const { fault, place, row, expected } = cell;
  const { shared, check, later, id, log, logs } = bench;
  const simulator = await startAccount(bench);
  const receiver = createCountingReceiver(place);
  const upstream = await listenFor(receiver.handle);
  later(() => upstream.stop());
  const front = createFront(upstream.origin, `${shared.elsewhere}/${id}`, () => place);
  const host = await listenFor(front.handle);
  later(() => host.stop());
  const folder = await mkdtemp(join(tmpdir(), 'vcc-faults-'));
  later(() => rm(folder, { recursive: true, force: true }));

  const basic = receivers.indexOf(place) % 2 === 0;
  const lasting = place !== 'pushgateway';
  const envOf = (origin: string): Env => ({
    VCC_ACCOUNT: account,
    VCC_API_URL: simulator.apiUrl,
    VCC_TOKEN_URL: simulator.tokenUrl,
    VCC_CLIENT_ID: secrets.clientId,
    VCC_CLIENT_SECRET: secrets.clientSecret,
    VCC_PUSH_URL: `${origin}/write?key=${encodeURIComponent(secrets.query)}`,
    VCC_PUSH_HEADERS: `X-Key=${secrets.header}`,
    VCC_PUSH_AUTH: basic ? 'basic' : 'bearer',
    ...(basic
      ? { VCC_PUSH_USER: 'matrix-user', VCC_PUSH_PASSWORD: secrets.password }
      : { VCC_PUSH_TOKEN: secrets.bearer }),
    ...typeOf[place],
    ...row.settings,
  });

  async function openPusher(origin: string) {
    const env = envOf(origin);
    const opened = await openAccounts(env, log);
    const local = await openLocalPushers(env, opened, folder, forever, { log, print: log });
    const stop = new AbortController();
    const deadline = untilAborted(stop.signal);
    const pusher = local.pushers[0]!;
    let sending: Promise<void> = Promise.resolve();
    return {
      async take(slotMs: number) {
        await pusher.scrape(slotMs, deadlineIn(scrapeSeconds * 1000));
        sending = pusher.send(deadline);
      },
      isEmpty: () => pusher.status().every(({ oldestMs }) => oldestMs === undefined),
      async settled() {
        await sending;
      },
      async close() {
        stop.abort(new Error('stopped'));
        await sending;
        await local.close();
      },
    };
  }

  const startMs = Math.floor(Date.now() / 1000) * 1000;
  const slots = [startMs, startMs + 1000, startMs + 2000];
  const events = (event: string) =>
    logs.filter((line) => (JSON.parse(line) as { event: string }).event === event);
  const faultyRequests = () => front.seen.length;
  /** The checks that follow find what is not delivered in time. */
  const until = (holds: () => boolean) =>
    shared.aside(() => poll('what is waited for', holds, 15_000)).catch(() => {});
  const settled = () =>
    shared.aside(() => Promise.race([pusher.settled(), wait(15_000, undefined, { ref: false })]));

  front.active = { place, fault, met: 0 };
  let origin = host.origin;
  if (fault === 'refused') await host.stop();
  if (fault === 'tls') {
    const tls = await listenFor(front.handle, true);
    later(() => tls.stop());
    origin = tls.origin;
  }
  let pusher = await openPusher(origin);
  let open = true;
  later(() => open && pusher.close());
  await pusher.take(slots[0]!);

  const { outcome } = expected;
  const expectedEvent = {
    delivered: undefined,
    retried: 'push attempt failed',
    held: 'push held',
    rejected: 'push failed',
  }[outcome];
  if (outcome === 'delivered') {
    await settled();
    const failures = fault === 'status-503-once' ? 1 : 0;
    check(logs.length === failures, `log lines: ${logs}`);
  } else {
    const failures = outcome === 'retried' && expected.requests === undefined ? 2 : 1;
    await until(() => events(expectedEvent!).length >= failures);
    check(events(expectedEvent!).length >= failures, `log lines: ${logs}`);
    const others = logs.filter((line) => !line.includes(`"event":"${expectedEvent}"`));
    check(others.length === 0, `other log lines: ${others}`);
  }
  if (outcome === 'rejected' || outcome === 'held') await settled();
  const times = front.seen.map(({ atMs }) => atMs);
  if (expected.requests !== undefined) {
    check(times.length === expected.requests, `${times.length} requests with the first batch`);
  }
  if (expected.apart !== undefined) {
    const apart = times[1]! - times[0]!;
    check(apart >= expected.apart * 1000 - 5, `requests were ${Math.round(apart)} ms apart`);
  }

  // A second scrape meanwhile waits behind the first, in order.
  const sentBefore = faultyRequests();
  await pusher.take(slots[1]!);
  if (outcome === 'held') {
    await settled();
    check(faultyRequests() === sentBefore, 'a request was sent while the queue was held');
  }
  if (outcome === 'rejected' || outcome === 'delivered') await settled();
  const mustNotHave = outcome === 'delivered' ? [] : slots;
  check(
    fault.startsWith('cut') || mustNotHave.every((slotMs) => !receiver.slots.has(slotMs)),
    'samples came although the fault keeps them away',
  );

  // The fault is gone.
  front.active = undefined;
  if (fault === 'refused') await host.start();
  const longWait = expected.requests === 1 && outcome === 'retried';
  if (outcome === 'held' || fault === 'tls' || longWait) {
    open = false;
    await pusher.close();
    pusher = await openPusher(host.origin);
    open = true;
  }
  await pusher.take(slots[2]!);
  await until(() => pusher.isEmpty() && receiver.slots.size > 0);
  await settled();
  open = false;
  await pusher.close();

  if (outcome === 'rejected' && lasting) {
    const { settings, network } = await openAccounts(envOf(host.origin), log);
    const walk = openRejected(settings, folder, network, deadlineIn(30_000), log);
    const walked: string[] = [];
    await walk((batch, reason) => walked.push(`${batch?.timestampMs} ${reason}`), true);
    check(walked.length >= 2, `rejected batches: ${walked}`);
    check(readable(walked.join('\n'), []).length === 0, `the reasons contain secrets: ${walked}`);
    pusher = await openPusher(host.origin);
    open = true;
    await pusher.take(startMs + 3000);
    await until(() => pusher.isEmpty());
    await settled();
  }

  checkArrived(receiver, lasting ? slots : [0]);

  function checkArrived(
    { conflicts, repeats, order, slots: arrived }: CountingReceiver,
    expectedSlots: number[],
  ): void {
    check(conflicts.length === 0, `changed on the way: ${conflicts[0]}`);
    const numbers = plain(truth);
    for (const slotMs of expectedSlots) {
      const series = arrived.get(slotMs);
      const what = `samples of slot ${(slotMs - startMs) / 1000}`;
      if (!series) {
        check(false, `${what} are lost`);
        continue;
      }
      check(series.get(seriesKey('vcc_up', { account })) === 1, `${what}: vcc_up is not 1`);
      for (const problem of compareWith(numbers, series)) check(false, `${what}: ${problem}`);
    }
    // Replayed samples arrive late.
    const inOrder = order.every((slotMs, at) => slotMs >= (order[at - 1] ?? 0));
    check(inOrder || outcome === 'rejected', `samples came in the order ${order}`);
    // Only stored samples may arrive twice: then the answer was lost, or an older protocol follows.
    const maybeStored =
      (stored(fault) && (outcome === 'retried' || place === 'remote write 2')) ||
      // A busy machine may need longer than this to answer.
      row.settings?.VCC_PUSH_TIMEOUT !== undefined;
    check(maybeStored || repeats === 0, `${repeats} samples came twice`);
  }
  const leaked = readable(logs.join('\n'), []);
  check(leaked.length === 0, `can be read in the log: ${leaked.slice(0, 3).join(', ')}`);
}

/** Whether the receiver had stored the samples before the fault. */
function stored(fault: FaultId): boolean {
  return !/^(status-(?!204)|hang$|reset|closed|redirect)/.test(fault);
}

// --- what all cells share ---

/** Starts what all cells share. `pool` bounds how many run at once. */
export async function openShared(pool: Pool): Promise<Shared & { close(): Promise<void> }> {
  const secretFronts = new Map<string, Front>();
  const strayed = new Set<string>();
  const router = await listenFor((request: IncomingMessage, response: ServerResponse, body) => {
    const { SecretId } = JSON.parse(body.toString()) as { SecretId: string };
    secretFronts.get(SecretId)!.handle(request, response, body);
  });
  const elsewhere: Listening = await listenFor((request, response) => {
    strayed.add(request.url!.split('/')[1]!);
    response.end('{}');
  });
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_SECRETS_MANAGER: router.origin,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'an-aws-secret-access-key-of-nobody',
  });
  return {
    secretFronts,
    strayed,
    elsewhere: elsewhere.origin,
    aside: pool.aside,
    async close() {
      await Promise.all([router.stop(), elsewhere.stop()]);
    },
  };
}

/** Runs at most a fixed number of pieces of work at once. */
export interface Pool {
  run<T>(work: () => Promise<T>): Promise<T>;
  /**
   * Gives up the place of the running work until this is done. Then the work continues before any
   * that has not begun.
   */
  aside<T>(work: () => Promise<T>): Promise<T>;
}

/** Creates a pool with this number of places. */
export function createPool(places: number): Pool {
  // Work that returns is first.
  const back: (() => void)[] = [];
  const waiting: (() => void)[] = [];
  let free = places;
  const enter = async (line: (() => void)[]) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => line.push(resolve));
  };
  const leave = () => {
    const next = back.shift() ?? waiting.shift();
    if (next) next();
    else free++;
  };
  return {
    async run(work) {
      await enter(waiting);
      try {
        return await work();
      } finally {
        leave();
      }
    },
    async aside(work) {
      leave();
      try {
        return await work();
      } finally {
        await enter(back);
      }
    },
  };
}

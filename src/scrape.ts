import type { Account } from './account.ts';
import { build } from './build.ts';
import { catalogue } from './catalogue/index.ts';
import type { Family, Metric } from './catalogue/metric.ts';
import { toRegistry } from './catalogue/metric.ts';
import { createCollect, type ReadOutcome, shareReads } from './collect.ts';
import { before, type Deadline, DeadlineError, sinceStart, untilAborted } from './deadline.ts';
import type { ReadText } from './documents/errors.ts';
import { toScrapeErrorCode } from './errors.ts';
import { holdOff } from './hold-off.ts';
import { type Budget, createBudget } from './http/budget.ts';
import { createFetch } from './http/fetch.ts';
import { createGate, type Gate } from './http/gate.ts';
import { directNetwork, type Network } from './http/network.ts';
import { createSend, type HttpRequest, type HttpResponse, type Send } from './http/send.ts';
import { logLine, toLogFields } from './log.ts';
import { createPseudonyms } from './pseudonyms.ts';
import type { AccountQueues, Queues } from './queue-reader.ts';
import { createFetchRosterByApi } from './roster/directory.ts';
import { createFetchRosterFrom } from './roster/document.ts';
import { createRoster, type FetchRoster, type GetRoster } from './roster/roster.ts';
import { simulatedPrefix, simulatorServer } from './simulated.ts';
import { knowsEligibility } from './snapshot/activity.ts';
import { toAgentSeries } from './snapshot/agent-series.ts';
import { agentListing } from './snapshot/assemble.ts';
import { toFloor } from './snapshot/floor.ts';
import type { Snapshot } from './snapshot/page.ts';
import type { Reading } from './snapshot/reading.ts';
import type { Roster } from './snapshot/roster.ts';
import { toAnsweredQuestions } from './snapshot/semantics.ts';
import { toTeams } from './snapshot/teams.ts';
import { systemTiming, type Timing } from './timing.ts';
import { agentStatus } from './vcc/agent-status.ts';
import { createFetchPage, type FetchPage } from './vcc/fetch-page.ts';
import { createTokenSource, type TokenSource } from './vcc/token.ts';

/** The result of a scrape of one account. */
export interface Scrape {
  reading: Reading;
  /** Why the read failed, for the log. The metrics have only its code. */
  failure: Error | undefined;
}

/**
 * Scrapes one account. It keeps connections, tokens, the page count, the roster and pseudonyms
 * between scrapes.
 */
export interface Scraper {
  account: string;
  region: string;
  /**
   * Scrapes once. It ends at the latest at the deadline, or VCC_TIMEOUT after the deadline's start.
   * Never throws: a failure is a result, even a bug in the exporter. Scrapes that share a read or a
   * cached snapshot get the same object. Its durations are those of the first of these scrapes.
   */
  scrape(deadline: Deadline): Promise<Scrape>;
  /** Cancels reads that are running and closes all connections. */
  close(): void;
}

/** The connection to the API of one account. */
export interface Connection {
  tokens: TokenSource;
  fetchPage: FetchPage;
  /** Reads the roster from the User Admin API, with separate tokens. */
  fetchRoster: FetchRoster;
  /** Loads the code for queues, and creates the account's queues. */
  openQueues(options: AccountQueues, log: (line: string) => void): Promise<Queues>;
  /**
   * Records whether the last read failed. Accounts that failed share few of the request slots
   * ({@link Lane}).
   */
  setTroubled(troubled: boolean): void;
  close(): void;
}

/** The shared parts of the scrapers of several accounts, and the output of log lines. */
export interface ScraperOptions extends ConnectOptions {
  timing?: Timing;
  /** Reads rosters from files or S3. Required for accounts with one of these rosters. */
  readText?: ReadText;
}

/** The shared parts of the connections of several accounts. */
export interface ConnectOptions {
  /** Limits the concurrent requests of all accounts together. No limit by default. */
  gate?: Gate;
  /** The same for requests about queues, so that they do not take the slots of the agents. */
  queueGate?: Gate;
  /** Limits the answers that are read at the same time, of all accounts together. */
  budget?: Budget;
  /** The same for answers about queues, so that they do not use up what the agents need. */
  queueBudget?: Budget;
  /** How to reach the API: directly by default. */
  network?: Network;
  log?: (line: string) => void;
  /** Called with every answer, of any status, before it is parsed. */
  onAnswer?: (request: HttpRequest, response: HttpResponse) => void;
}

/**
 * Creates the connection to the API of an account. It sends no request yet. Background fetches end
 * at `until`.
 */
export function connect(
  account: Account,
  timing: Timing,
  until: Deadline,
  {
    gate = createGate(Number.POSITIVE_INFINITY),
    queueGate = createGate(Number.POSITIVE_INFINITY),
    budget = createBudget(),
    queueBudget = createBudget(),
    network = directNetwork,
    log = () => {},
    onAnswer = () => {},
  }: ConnectOptions = {},
): Connection {
  const userAgent = `vcc-exporter/${build.version}`;
  const send = createSend(network, timing.now);
  const lane = gate.addLane();
  const watched: Send = async (request, limits) => {
    const response = await send(request, limits);
    onAnswer(request, response);
    return response;
  };
  const fetch = createFetch(watched, account.http, timing, lane.enter, budget);
  const token = { ...account.token, userAgent };
  const api = { ...account.api, userAgent, maxPages: account.paging.maxPages };
  const tokens = createTokenSource(fetch, token, timing, until);
  const fetchPage = createFetchPage(fetch, tokens, agentStatus, api, timing, (size) =>
    log(logLine('info', 'page size', { account: account.name, agents: size ?? 'as the API chooses' })),
  );
  return {
    tokens,
    async fetchPage(number, trip) {
      const page = await fetchPage(number, trip);
      // An account that answers again must not wait for accounts that hang: its next page is
      // requested in the same scrape.
      lane.setTroubled(false);
      return page;
    },
    fetchRoster: createFetchRosterByApi(fetch, token, api, timing, until),
    async openQueues(options, log) {
      const queueLane = queueGate.addLane();
      const { createQueues } = await import('./queues.ts');
      return createQueues({
        account: account.name,
        options,
        fetch: createFetch(watched, account.http, timing, queueLane.enter, queueBudget),
        tokens,
        token,
        api,
        paging: account.paging,
        timeoutMs: account.timeoutMs,
        cacheTtlMs: account.cacheTtlMs,
        timing,
        until,
        log,
      });
    },
    setTroubled: lane.setTroubled,
    close: send.close,
  };
}

/**
 * Creates the scraper of an account: pages -> snapshot -> floor, teams and agent series. {@link
 * toFamilies} turns its readings into metrics.
 * @throws TypeError when the account's roster needs `readText` and the options have none
 */
export function createScraper(account: Account, options: ScraperOptions = {}): Scraper {
  const { timing = systemTiming, log = () => {} } = options;
  const closing = new AbortController();
  const until = untilAborted(closing.signal);
  const connection = connect(account, timing, until, options);
  const collect = createCollect(connection.fetchPage, agentListing, account.paging, timing);
  const read = shareReads(holdOff(collect, timing), account.cacheTtlMs, timing, closing.signal);
  const getRoster = openRoster();
  const pseudonyms = createPseudonyms(account.name);
  const queues = account.queues && openQueues(account.queues);
  const semantics = toAnsweredQuestions(account.floor.semantics);
  // Real account names never start with this prefix. The `server` header identifies the other
  // simulated accounts.
  let simulated = account.name.startsWith(simulatedPrefix);
  // By outcome: until all scrapes of the read have ended, or as long as the snapshot is cached.
  const made = new WeakMap<ReadOutcome, { by: readonly unknown[]; scrape: Scrape }>();
  let loggedDuplicates = 0;
  let eligibilitySeen = false;

  function openRoster(): GetRoster | undefined {
    if (!account.roster) return undefined;
    const { source } = account.roster;
    const byApi = source === 'users-api';
    const fetch = byApi ? connection.fetchRoster : createFetchRosterFrom(readText(), source.location);
    return createRoster(fetch, account.roster, {
      timing,
      until,
      log: (event, fields) => log(logLine('error', event, { account: account.name, ...fields })),
    });
  }

  function readText(): ReadText {
    if (options.readText) return options.readText;
    throw new TypeError('a roster in a file or in S3 needs readText');
  }

  async function scrape(given: Deadline): Promise<Scrape> {
    const startedMs = timing.monotonic();
    const deadline = sinceStart(given, account.timeoutMs);
    const budgetMs = Math.round(deadline.atMs - deadline.startMs);
    const agents = read(deadline);
    const [outcome, roster, idOf, queued] = await Promise.all([
      agents,
      getRoster?.(deadline),
      openIds(deadline),
      readQueues(agents, deadline),
    ]);
    deadline.end();
    const { ongoing, queueTimes, skills, labelOfNumber } = queued?.reads ?? {};
    const by = [
      ...[roster?.roster, roster?.status.up, roster?.status.readAtMs, idOf],
      ...[ongoing, queueTimes, skills, labelOfNumber],
    ];
    const shared = made.get(outcome);
    if (shared?.by.every((each, index) => each === by[index])) return shared.scrape;
    const { result, traffic, cached } = outcome;
    const found = 'snapshot' in result ? count(result.snapshot, roster?.roster, idOf) : result;
    const failure = 'error' in found ? (found.error as Error) : undefined;
    connection.setTroubled(failure !== undefined);
    if (failure) queued?.queues.stepBack(failure);
    // Remember it: a failed scrape may receive no answer.
    simulated ||= traffic.server === simulatorServer;
    if ('snapshot' in result && !cached) noteOddities(result.snapshot);
    const reading: Reading = {
      account: account.name,
      error: failure && (toScrapeErrorCode(failure) ?? 'internal'),
      ...('error' in found ? nothing : found),
      roster: roster?.status,
      queues: queued?.queues.count(
        queued.reads,
        'snapshot' in result && !failure ? result.snapshot : undefined,
        eligibilitySeen,
      ),
      durationMs: timing.monotonic() - startedMs,
      budgetMs,
      requests: traffic.requests,
      retries: traffic.retries,
      clockSkewMs: traffic.clockSkewMs,
      semantics,
      simulated,
      cached,
    };
    const scrape = { reading, failure };
    made.set(outcome, { by, scrape });
    return scrape;
  }

  /** The agents must be read even if the code for queues cannot be loaded. */
  function openQueues(options: AccountQueues): Promise<Queues | undefined> {
    return connection.openQueues(options, log).catch((error) => {
      log(logLine('error', 'queues not loaded', { account: account.name, ...toLogFields(error) }));
      return undefined;
    });
  }

  async function readQueues(agents: Promise<unknown>, deadline: Deadline) {
    const opened = await queues;
    return opened && { queues: opened, reads: await opened.read(agents, deadline) };
  }

  /** Logs the differences between the answer and the API reference. */
  function noteOddities({ duplicates, gaps }: Snapshot): void {
    if (gaps.flawed > 0) {
      const some = (values: Readonly<Record<string, number>>) =>
        Object.fromEntries(Object.entries(values).filter(([, count]) => count > 0));
      const fields = { agents: gaps.flawed, absent: some(gaps.absent), invalid: some(gaps.invalid) };
      log(logLine('info', 'values missing or invalid', { account: account.name, ...fields }));
    }
    // Log only changes, since the API may return them at every scrape.
    if (duplicates !== loggedDuplicates) {
      log(logLine('info', 'agents returned more than once', { account: account.name, records: duplicates }));
    }
    loggedDuplicates = duplicates;
  }

  /**
   * Returns the function that turns ids into labels, or the error of the key. Undefined without
   * agent series.
   */
  async function openIds(deadline: Deadline): Promise<IdOf | { error: unknown } | undefined> {
    if (!account.agentSeries) return undefined;
    const { key } = account.agentSeries;
    if (!key) return asItIs;
    return before(key(deadline), deadline).then(pseudonyms, (error) => ({ error }));
  }

  /** A bug here fails only this account, so that the other accounts are still served. */
  function count(snapshot: Snapshot, roster: Roster | undefined, idOf: Awaited<ReturnType<typeof openIds>>) {
    if (typeof idOf === 'object') return idOf;
    const { maxTeams, agentSeries, name } = account;
    try {
      // The meaning of "free" must not change between scrapes if the API leaves the field out where
      // it is false.
      eligibilitySeen ||= snapshot.items.length > 0 && knowsEligibility(snapshot.items);
      const floor = { ...account.floor, eligibilitySeen };
      return {
        floor: toFloor(snapshot, floor),
        agentSeries: agentSeries && idOf && toAgentSeries(snapshot, name, roster, { ...agentSeries, idOf }),
        teams: roster && toTeams(snapshot, roster, { ...floor, maxTeams }),
        pages: snapshot.pages,
        duplicates: snapshot.duplicates,
      };
    } catch (error) {
      return { error };
    }
  }

  return {
    account: account.name,
    region: account.region,
    scrape,
    close() {
      closing.abort(new DeadlineError('the exporter is stopping'));
      connection.close();
    },
  };
}

type IdOf = (agentId: string) => string;

const asItIs: IdOf = (id) => id;

/** The values without a snapshot: none, rather than old or partial ones. */
const nothing = {
  floor: undefined,
  agentSeries: undefined,
  teams: undefined,
  pages: 0,
  duplicates: undefined,
};

/**
 * Returns the metric families of all readings, made with a new registry. `accounts` is the number
 * of accounts in the settings, which may be larger than the number of readings.
 */
export async function toFamilies(
  readings: readonly Reading[],
  accounts = readings.length,
): Promise<Family[]> {
  const withQueues = readings.some(({ queues }) => queues !== undefined);
  const metrics = withQueues ? await loadAllMetrics() : catalogue;
  const registry = toRegistry(metrics, { build, accounts, readings });
  return (await registry.getMetricsAsJSON()) as unknown as Family[];
}

/** Loads the metrics of queues too. */
export async function loadAllMetrics(): Promise<readonly Metric[]> {
  const { queueMetrics } = await import('./queues.ts');
  return [...catalogue, ...queueMetrics];
}

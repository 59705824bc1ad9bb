import { build } from './build.ts';
import type { Family } from './catalogue/metric.ts';
import { toRegistry } from './catalogue/registry.ts';
import { createCollect } from './collect/collect.ts';
import { shareReads } from './collect/share.ts';
import type { Account } from './config/account.ts';
import type { ReadText } from './documents/errors.ts';
import { toScrapeErrorCode } from './errors.ts';
import { DeadlineError } from './http/errors.ts';
import { createFetch, outOfTime, systemTiming, type Timing } from './http/fetch.ts';
import { createGate, type Gate } from './http/gate.ts';
import { directNetwork, type Network } from './http/network.ts';
import { createSend } from './http/send.ts';
import { logLine } from './log.ts';
import { createPseudonyms } from './pseudonyms.ts';
import { createFetchRosterByApi } from './roster/directory.ts';
import { createFetchRosterFrom } from './roster/document.ts';
import { createRoster, type FetchRoster, type GetRoster } from './roster/roster.ts';
import { simulatedPrefix, simulatorServer } from './simulated.ts';
import type { Snapshot } from './snapshot/agent.ts';
import { toFloor } from './snapshot/floor.ts';
import type { Reading } from './snapshot/reading.ts';
import type { Roster } from './snapshot/roster.ts';
import { toSingles } from './snapshot/singles.ts';
import { toTeams } from './snapshot/teams.ts';
import { createFetchPage, type FetchPage } from './vcc/client.ts';
import { createTokenSource, type TokenSource } from './vcc/token.ts';

/** What one scrape of an account found out. */
export interface Scrape {
  reading: Reading;
  /** Why the reading failed, for the log; the metrics have the reason only. */
  failure: Error | undefined;
}

/** Scrapes one account for as long as it lives; keeps connections, tokens, the page count and the roster. */
export interface Scraper {
  account: string;
  region: string;
  /** Longest that a scrape of this account may take. */
  timeoutMs: number;
  /** One scrape, done within `budgetMs`. Never throws: a failure is a result, the exporter's own bugs included. */
  scrape(budgetMs: number): Promise<Scrape>;
  /** Ends what is under way and drops all connections. */
  close(): void;
}

/** What is needed to ask the API of one account. */
export interface Connection {
  tokens: TokenSource;
  fetchPage: FetchPage;
  /** The roster by the User Admin API, which has tokens of its own. */
  fetchRoster: FetchRoster;
  /** Says how the last read ended, since accounts that fail wait for the others. */
  setTroubled(troubled: boolean): void;
  close(): void;
}

/** What scrapers of several accounts share, and where their log lines go. */
export interface ScraperOptions extends ConnectOptions {
  timing?: Timing;
  /** Reads rosters from where they are kept; needed for accounts that have one in a file or in S3. */
  readText?: ReadText;
  log?: (line: string) => void;
}

/** What connections of several accounts share. */
export interface ConnectOptions {
  /** Bounds the requests of all accounts together. */
  gate?: Gate;
  /** How the API is reached; directly by default. */
  network?: Network;
}

/** Connects to an account's API; nothing is sent yet. */
export function connect(
  account: Account,
  timing: Timing,
  { gate = createGate(Number.POSITIVE_INFINITY), network = directNetwork }: ConnectOptions = {},
): Connection {
  const userAgent = `vcc-exporter/${build.version}`;
  const send = createSend(network);
  const lane = gate.addLane();
  const fetch = createFetch(send, account.http, timing, lane.enter);
  const token = { ...account.token, userAgent };
  const api = { ...account.api, userAgent, maxPages: account.paging.maxPages };
  const tokens = createTokenSource(fetch, token, timing.now);
  return {
    tokens,
    fetchPage: createFetchPage(fetch, tokens, api),
    fetchRoster: createFetchRosterByApi(fetch, token, api, timing.now),
    setTroubled: lane.setTroubled,
    close: send.close,
  };
}

/** The main path: pages -> snapshot -> floor, teams, singles. {@link toFamilies} makes metrics of them. */
export function createScraper(account: Account, options: ScraperOptions = {}): Scraper {
  const { timing = systemTiming, log = () => {} } = options;
  const connection = connect(account, timing, options);
  const collect = createCollect(connection.fetchPage, account.paging, timing);
  const closing = new AbortController();
  const read = shareReads(collect, account.cacheTtlMs, timing, closing.signal);
  const getRoster = openRoster();
  const pseudonyms = createPseudonyms(account.name);
  // A name that begins so is never that of a real account; others are known by their answers.
  let simulated = account.name.startsWith(simulatedPrefix);

  function openRoster(): GetRoster | undefined {
    if (!account.roster) return undefined;
    const { source } = account.roster;
    const byApi = source === 'users-api';
    const fetch = byApi
      ? connection.fetchRoster
      : createFetchRosterFrom(readText(), source.location, timing.now);
    return createRoster(fetch, account.roster, timing.now, (event, fields) =>
      log(logLine('error', event, { account: account.name, ...fields })),
    );
  }

  function readText(): ReadText {
    if (options.readText) return options.readText;
    throw new TypeError('a roster that is kept somewhere needs readText');
  }

  async function scrape(budgetMs: number): Promise<Scrape> {
    const startedMs = timing.now();
    const [{ result, traffic, cached }, roster, idOf] = await Promise.all([
      read(budgetMs),
      getRoster?.(budgetMs),
      openIds(budgetMs),
    ]);
    const found = 'snapshot' in result ? count(result.snapshot, roster?.roster, idOf) : result;
    const failure = 'error' in found ? (found.error as Error) : undefined;
    connection.setTroubled(failure !== undefined);
    // Remembered: a scrape that fails may not have got any answer.
    simulated ||= traffic.server === simulatorServer;
    const reading: Reading = {
      account: account.name,
      error: failure && (toScrapeErrorCode(failure) ?? 'internal'),
      ...('error' in found ? nothing : found),
      roster: roster?.status,
      durationMs: timing.now() - startedMs,
      budgetMs,
      requests: traffic.requests,
      retries: traffic.retries,
      clockSkewMs: traffic.clockSkewMs,
      simulated,
      cached,
    };
    return { reading, failure };
  }

  /** How agents are called in labels, or why that cannot be said. */
  async function openIds(budgetMs: number): Promise<IdOf | { error: unknown } | undefined> {
    if (!account.singles) return undefined;
    const { key } = account.singles;
    if (!key) return (id) => id;
    const signal = AbortSignal.timeout(budgetMs);
    return key(signal).then(pseudonyms, (error) => ({
      error: signal.aborted ? outOfTime(budgetMs) : error,
    }));
  }

  /** A bug in here is a failure like others: one account's must not hide the others. */
  function count(snapshot: Snapshot, roster: Roster | undefined, idOf: Awaited<ReturnType<typeof openIds>>) {
    if (typeof idOf === 'object') return idOf;
    const { floor, maxTeams, singles, name } = account;
    try {
      return {
        floor: toFloor(snapshot, floor),
        singles: singles && idOf && toSingles(snapshot, name, roster, { ...singles, idOf }),
        teams: roster && toTeams(snapshot, roster, { ...floor, maxTeams }),
        pages: snapshot.pages,
      };
    } catch (error) {
      return { error };
    }
  }

  return {
    account: account.name,
    region: account.region,
    timeoutMs: account.timeoutMs,
    scrape,
    close() {
      closing.abort(new DeadlineError('the exporter is being stopped'));
      connection.close();
    },
  };
}

type IdOf = (agentId: string) => string;

/** What there is without a snapshot: no number is better than an old or partial one. */
const nothing = { floor: undefined, singles: undefined, teams: undefined, pages: 0 };

/** The metrics of these readings side by side, on a registry of their own. */
export async function toFamilies(readings: readonly Reading[]): Promise<Family[]> {
  return (await toRegistry({ build, readings }).getMetricsAsJSON()) as unknown as Family[];
}

import type { Account } from './account.ts';
import { build } from './build.ts';
import type { Family } from './catalogue/metric.ts';
import { toRegistry } from './catalogue/registry.ts';
import { createCollect } from './collect/collect.ts';
import { shareReads } from './collect/share.ts';
import { before, type Deadline, DeadlineError, sinceStart, untilAborted } from './deadline.ts';
import type { ReadText } from './documents/errors.ts';
import { toScrapeErrorCode } from './errors.ts';
import { createFetch } from './http/fetch.ts';
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
import { toAgentSeries } from './snapshot/agent-series.ts';
import { toFloor } from './snapshot/floor.ts';
import type { Reading } from './snapshot/reading.ts';
import type { Roster } from './snapshot/roster.ts';
import { toTeams } from './snapshot/teams.ts';
import { systemTiming, type Timing } from './timing.ts';
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
  /**
   * One scrape, done before the deadline, and VCC_TIMEOUT after the deadline's start at the latest. Never throws: a failure
   * is a result, the exporter's own bugs included.
   */
  scrape(deadline: Deadline): Promise<Scrape>;
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

/** Connects to an account's API; nothing is sent yet. `until`: what is fetched in the background ends then. */
export function connect(
  account: Account,
  timing: Timing,
  until: Deadline,
  { gate = createGate(Number.POSITIVE_INFINITY), network = directNetwork }: ConnectOptions = {},
): Connection {
  const userAgent = `vcc-exporter/${build.version}`;
  const send = createSend(network, timing.now);
  const lane = gate.addLane();
  const fetch = createFetch(send, account.http, timing, lane.enter);
  const token = { ...account.token, userAgent };
  const api = { ...account.api, userAgent, maxPages: account.paging.maxPages };
  const tokens = createTokenSource(fetch, token, timing, until);
  return {
    tokens,
    fetchPage: createFetchPage(fetch, tokens, api),
    fetchRoster: createFetchRosterByApi(fetch, token, api, timing, until),
    setTroubled: lane.setTroubled,
    close: send.close,
  };
}

/** The main path: pages -> snapshot -> floor, teams, agentSeries. {@link toFamilies} makes metrics of them. */
export function createScraper(account: Account, options: ScraperOptions = {}): Scraper {
  const { timing = systemTiming, log = () => {} } = options;
  const closing = new AbortController();
  const until = untilAborted(closing.signal);
  const connection = connect(account, timing, until, options);
  const collect = createCollect(connection.fetchPage, account.paging, timing);
  const read = shareReads(collect, account.cacheTtlMs, timing, closing.signal);
  const getRoster = openRoster();
  const pseudonyms = createPseudonyms(account.name);
  // A name that begins so is never that of a real account; others are known by their answers.
  let simulated = account.name.startsWith(simulatedPrefix);

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
    throw new TypeError('a roster that is kept somewhere needs readText');
  }

  async function scrape(given: Deadline): Promise<Scrape> {
    const startedMs = timing.monotonic();
    const deadline = sinceStart(given, account.timeoutMs);
    const budgetMs = Math.round(deadline.atMs - deadline.startMs);
    const [{ result, traffic, cached }, roster, idOf] = await Promise.all([
      read(deadline),
      getRoster?.(deadline),
      openIds(deadline),
    ]);
    deadline.end();
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
      durationMs: timing.monotonic() - startedMs,
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
  async function openIds(deadline: Deadline): Promise<IdOf | { error: unknown } | undefined> {
    if (!account.agentSeries) return undefined;
    const { key } = account.agentSeries;
    if (!key) return (id) => id;
    return before(key(deadline), deadline).then(pseudonyms, (error) => ({ error }));
  }

  /** A bug in here is a failure like others: one account's must not hide the others. */
  function count(snapshot: Snapshot, roster: Roster | undefined, idOf: Awaited<ReturnType<typeof openIds>>) {
    if (typeof idOf === 'object') return idOf;
    const { floor, maxTeams, agentSeries, name } = account;
    try {
      return {
        floor: toFloor(snapshot, floor),
        agentSeries: agentSeries && idOf && toAgentSeries(snapshot, name, roster, { ...agentSeries, idOf }),
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
    scrape,
    close() {
      closing.abort(new DeadlineError('the exporter is stopping'));
      connection.close();
    },
  };
}

type IdOf = (agentId: string) => string;

/** What there is without a snapshot: no number is better than an old or partial one. */
const nothing = { floor: undefined, agentSeries: undefined, teams: undefined, pages: 0 };

/** The metrics of these readings side by side, on a registry of their own. */
export async function toFamilies(readings: readonly Reading[]): Promise<Family[]> {
  return (await toRegistry({ build, readings }).getMetricsAsJSON()) as unknown as Family[];
}

import type { Timing } from '../http/fetch.ts';
import { logLine, toLogFields } from '../log.ts';
import { type Scraper, toFamilies } from '../scrape.ts';
import type { PushStatus } from '../snapshot/reading.ts';
import { PushError } from './errors.ts';
import { encodeState, parseState, type State, type StateStore } from './state.ts';
import { createWay, type Route, type Way } from './way.ts';

/** A clock that is further off would spoil series: a receiver that has taken a sample of the future refuses all that follow. */
const maxClockSkewMs = 60_000;

/** Longest that reading or writing the state may take: pushing can do without. */
const stateMs = 3000;

/** What a pusher needs. */
export interface PusherOptions {
  scraper: Scraper;
  routes: readonly Route[];
  timing: Timing;
  /** Where the state is kept; without it each process begins anew. */
  store: StateStore | undefined;
  log: (line: string) => void;
}

/** Samples one account and brings the samples to its destinations. */
export interface Pusher {
  account: string;
  /** Longest that a scrape of this account may take. */
  timeoutMs: number;
  /** Whether the sample of a slot has been taken, by this process or another one. */
  isTaken(slotMs: number): Promise<boolean>;
  /**
   * Takes the sample of a slot and hands it over to all lines. Never throws.
   */
  sample(slotMs: number, budgetMs: number): Promise<void>;
  /** Empties all lines side by side, up to `deadlineMs`; resolves when that is done. Never throws. */
  send(signal: AbortSignal, deadlineMs: number): Promise<void>;
  /** How the last push to each destination went, and what still waits. */
  status(): readonly PushStatus[];
  /** Saves the state. Never throws. */
  save(): Promise<void>;
  /** Gives up what did not get into good hands, and saves the state. Never throws. */
  finish(): Promise<void>;
  /** What could not be read or brought on its way since the last call. */
  takeFailures(): Error[];
  /** Reads the state anew before the next sample: another process may have taken the last ones. */
  renew(): void;
  close(): void;
}

/** Opens a pusher; the state is read with the first sample. */
export function createPusher({ scraper, routes, timing, store, log }: PusherOptions): Pusher {
  const { account } = scraper;
  let ways: Way[] | undefined;
  let opening: Promise<Way[]> | undefined;
  let lastSlotMs = Number.NEGATIVE_INFINITY;
  let clockSkewMs: number | undefined;
  let failures: Error[] = [];

  function report(event: string, error: unknown, more: Record<string, unknown> = {}): void {
    log(logLine('error', event, { account, ...more, ...toLogFields(error) }));
  }

  async function open(): Promise<Way[]> {
    let state: State | undefined;
    try {
      state = parseState(await store?.load(account, AbortSignal.timeout(stateMs)));
    } catch (error) {
      // Series that have ended are not marked then; receivers forget them after five minutes.
      report('state not read', error);
    }
    lastSlotMs = Math.max(lastSlotMs, state?.timestampMs ?? lastSlotMs);
    return routes.map((route) =>
      createWay(
        account,
        route,
        seriesOf(state, route.destination.name),
        timing,
        (destination, error, final) => {
          if (final) failures.push(error);
          report(final ? 'push failed' : 'push attempt failed', error, { destination });
        },
      ),
    );
  }

  /** Once, whoever asks first: two ways on one line would get in each other’s way. */
  async function openOnce(): Promise<Way[]> {
    opening ??= open();
    ways = await opening;
    return ways;
  }

  /** Why this clock’s time must not go into samples. */
  function clockProblem(): PushError | undefined {
    if (clockSkewMs === undefined || Math.abs(clockSkewMs) <= maxClockSkewMs) return undefined;
    const seconds = Math.round(Math.abs(clockSkewMs) / 1000);
    const way = clockSkewMs < 0 ? 'ahead of' : 'behind';
    return new PushError(`nothing is pushed, since the clock here is ${seconds} s ${way} the API’s`);
  }

  async function sample(slotMs: number, budgetMs: number): Promise<void> {
    const all = await openOnce();
    const { reading, failure } = await scraper.scrape(budgetMs);
    clockSkewMs = reading.clockSkewMs ?? clockSkewMs;
    const problem = clockProblem();
    for (const error of [failure, problem]) {
      if (error === undefined) continue;
      failures.push(error);
      report(error === problem ? 'sample not pushed' : 'scrape failed', error);
    }
    if (problem) return;
    // Not before: a time of the future would make all slots up to it taken.
    lastSlotMs = slotMs;
    const push = all.map((way) => way.status());
    const families = await toFamilies([{ ...reading, push }]);
    for (const way of all) {
      try {
        await way.add(families, slotMs);
      } catch (error) {
        failures.push(error as Error);
        report('sample not queued', error);
      }
    }
  }

  async function save(): Promise<void> {
    if (!store || !ways || lastSlotMs === Number.NEGATIVE_INFINITY) return;
    const series = Object.fromEntries(ways.map((way) => [way.status().destination, way.save()]));
    const content = encodeState({ timestampMs: lastSlotMs, series });
    try {
      await store.save(account, content, AbortSignal.timeout(stateMs));
    } catch (error) {
      report('state not saved', error);
    }
  }

  return {
    account,
    timeoutMs: scraper.timeoutMs,
    async isTaken(slotMs) {
      await openOnce();
      return slotMs <= lastSlotMs;
    },
    sample,
    async send(signal, deadlineMs) {
      const all = await openOnce();
      await Promise.all(
        all.map((way) =>
          way.send(signal, deadlineMs).catch((error) => {
            failures.push(error as Error);
            report('queue not read', error);
          }),
        ),
      );
    },
    status: () => (ways ?? []).map((way) => way.status()),
    save,
    async finish() {
      for (const way of ways ?? []) way.abandon();
      await save();
    },
    takeFailures() {
      const taken = failures;
      failures = [];
      return taken;
    },
    renew() {
      opening = undefined;
    },
    close: scraper.close,
  };
}

function seriesOf(state: State | undefined, destination: string): State['series'][string] | undefined {
  // A destination may be called constructor.
  return state && Object.hasOwn(state.series, destination) ? state.series[destination] : undefined;
}

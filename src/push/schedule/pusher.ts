import { catalogue } from '../../catalogue/index.ts';
import { type Deadline, deadlineIn, isCancelled } from '../../deadline.ts';
import { logLine, toLogFields } from '../../log.ts';
import { loadAllMetrics, type Scraper, toFamilies } from '../../scrape.ts';
import type { PushStatus } from '../../snapshot/reading.ts';
import type { Timing } from '../../timing.ts';
import { PushError } from '../errors.ts';
import { createOutbox, type Failure, type Outbox, type Route } from '../outbox/outbox.ts';
import { encodeState, parseState, type State, type StateStore, type StoredState } from './state.ts';

/**
 * The largest difference from the API's clock at which to push. After a sample with a future time,
 * destinations reject all samples with earlier times.
 */
const maxClockSkewMs = 60_000;

/** Longest time for reading or writing the state. Pushing works without a state. */
const stateMs = 3000;

const stateDeadline = () =>
  deadlineIn(stateMs, { toReason: () => new PushError(`no answer within ${stateMs / 1000} s`) });

/** What a pusher needs. */
export interface PusherOptions {
  scraper: Scraper;
  /** The number of accounts that the exporter is configured with. Default: 1. */
  accounts?: number;
  routes: readonly Route[];
  timing: Timing;
  /** Where to keep the state. Without a store, each process starts with no state. */
  store: StateStore | undefined;
  log: (line: string) => void;
}

/**
 * Scrapes one account and pushes the samples to its destinations. Failures are logged and kept, not
 * thrown.
 */
export interface Pusher {
  account: string;
  /** Whether a slot was scraped already, by this process or an earlier one. */
  isTaken(slotMs: number): Promise<boolean>;
  /**
   * Scrapes, and queues the samples with the time of the slot. Queues nothing if the scrape was
   * cancelled, or if this machine's clock is wrong by more than a minute.
   */
  scrape(slotMs: number, deadline: Deadline): Promise<void>;
  /** Records that a slot is not scraped. */
  skip(slotMs: number, reason: string): void;
  /**
   * Sends all queues concurrently. Resolves when they are empty or cannot be sent now, or at the
   * deadline.
   */
  send(deadline: Deadline): Promise<void>;
  /** Returns the status of the last push to each destination. */
  status(): readonly PushStatus[];
  /**
   * Queues an end for every tracked series. Without an end, destinations show the series for five
   * minutes after this process has stopped. The first scrape of a later process starts them again.
   * Queues nothing if this machine's clock is wrong by more than a minute.
   */
  endSeries(): Promise<void>;
  /** Saves the state. */
  save(): Promise<void>;
  /** Drops undelivered in-memory batches and saves the state. */
  finish(): Promise<void>;
  /** Returns the failures since the last call. */
  takeFailures(): Error[];
  /**
   * Makes the next slot read the state again, since another process may have scraped in the
   * meantime. Nothing changes if the state cannot be read, or is older than this process's state.
   */
  renew(): void;
  close(): void;
}

/** Creates a pusher. It reads the state at the first slot. */
export function createPusher({ scraper, accounts = 1, routes, timing, store, log }: PusherOptions): Pusher {
  const { account } = scraper;
  let outboxes: Outbox[] | undefined;
  let opening: Promise<Outbox[]> | undefined;
  let lastSlotMs = Number.NEGATIVE_INFINITY;
  /** The API's time in the last answer, and our monotonic time at that moment. */
  let apiClock: { atMs: number; monotonicMs: number } | undefined;
  let failures: Error[] = [];

  function report(event: string, error: unknown, more: Record<string, unknown> = {}): void {
    log(logLine('error', event, { account, ...more, ...toLogFields(error) }));
  }

  function fail(event: string, error: Error): void {
    failures.push(error);
    report(event, error);
  }

  async function open(): Promise<Outbox[]> {
    let state: State | undefined;
    try {
      const content = await store?.load(account, stateDeadline());
      const stored = content && (await parse(content));
      state = stored?.state;
      if (stored?.dropped !== undefined) report('state damaged', new PushError(stored.dropped));
    } catch (error) {
      // Series that ended meanwhile then get no stale marker. Destinations drop them after five
      // minutes.
      report('state not read', error);
    }
    const all = outboxes ?? routes.map((route) => createOutbox(account, route, timing, note));
    if (state && state.timestampMs >= lastSlotMs) {
      lastSlotMs = state.timestampMs;
      for (const outbox of all) {
        const series = seriesOf(state, outbox.status().destination);
        if (series) outbox.restore(series);
      }
    }
    return all;
  }

  async function parse(content: Uint8Array): Promise<StoredState> {
    const stored = parseState(content, account, catalogue);
    if (stored.dropped === undefined) return stored;
    return parseState(content, account, await loadAllMetrics());
  }

  function note({ kind, error, ...more }: Failure): void {
    if (kind === 'rejected') failures.push(error);
    report(events[kind], error, more);
  }

  /** Opens once for all callers: two outboxes must not send one queue. */
  async function openOnce(): Promise<Outbox[]> {
    opening ??= open();
    outboxes = await opening;
    return outboxes;
  }

  /** Returns why samples must not have this clock's time. Undefined when the clock is right. */
  function clockProblem(): PushError | undefined {
    if (!apiClock) return undefined;
    // Extrapolate from the last answer, since the clock here may have been corrected after it.
    const clockSkewMs = apiClock.atMs + timing.monotonic() - apiClock.monotonicMs - timing.now();
    if (Math.abs(clockSkewMs) <= maxClockSkewMs) return undefined;
    const seconds = Math.round(Math.abs(clockSkewMs) / 1000);
    const direction = clockSkewMs < 0 ? 'ahead of' : 'behind';
    return new PushError(
      `nothing is pushed: this machine's clock is ${seconds} s ${direction} the clock of the API`,
    );
  }

  async function isTaken(slotMs: number): Promise<boolean> {
    await openOnce();
    if (lastSlotMs > timing.now() + maxClockSkewMs) {
      const last = new Date(lastSlotMs).toISOString();
      const message = `this machine's clock was ahead: the last slot is ${last}; destinations may reject samples until then`;
      report('last slot is in the future', new PushError(message));
      lastSlotMs = Number.NEGATIVE_INFINITY;
    }
    return slotMs <= lastSlotMs;
  }

  async function scrape(slotMs: number, deadline: Deadline): Promise<void> {
    const all = await openOnce();
    const { reading, failure } = await scraper.scrape(deadline);
    if (reading.clockSkewMs !== undefined) {
      apiClock = { atMs: timing.now() + reading.clockSkewMs, monotonicMs: timing.monotonic() };
    }
    if (failure && isCancelled(deadline)) {
      // A cancelled scrape says nothing about the account.
      skip(slotMs, 'it was stopped');
      return;
    }
    if (failure) fail('scrape failed', failure);
    const problem = clockProblem();
    if (problem) {
      fail('scrape not pushed', problem);
      return;
    }
    // After the check of the clock: a slot in the future would mark all earlier slots as scraped.
    lastSlotMs = slotMs;
    const push = all.map((outbox) => outbox.status());
    const families = toFamilies([{ ...reading, push }], accounts);
    for (const outbox of all) {
      try {
        await outbox.add(await families, slotMs);
      } catch (error) {
        fail('samples not queued', error as Error);
      }
    }
  }

  function skip(slotMs: number, reason: string): void {
    const message = `no scrape for ${new Date(slotMs).toISOString()}: ${reason}`;
    fail('slot skipped', new PushError(message));
  }

  async function save(): Promise<void> {
    if (!store || !outboxes || lastSlotMs === Number.NEGATIVE_INFINITY) return;
    const series = Object.fromEntries(outboxes.map((outbox) => [outbox.status().destination, outbox.save()]));
    const content = encodeState({ timestampMs: lastSlotMs, series });
    try {
      await store.save(account, content, stateDeadline());
    } catch (error) {
      report('state not saved', error);
    }
  }

  return {
    account,
    isTaken,
    scrape,
    skip,
    async send(deadline) {
      const all = await openOnce();
      await Promise.all(
        all.map((outbox) => outbox.send(deadline).catch((error) => fail('queue not read', error as Error))),
      );
    },
    status: () => (outboxes ?? []).map((outbox) => outbox.status()),
    async endSeries() {
      const problem = clockProblem();
      if (problem) {
        fail('series not ended', problem);
        return;
      }
      // Later than the samples, even if the clock was set back.
      const timestampMs = Math.max(timing.now(), lastSlotMs + 1);
      for (const outbox of await openOnce()) {
        await outbox.add([], timestampMs).catch((error) => fail('series not ended', error as Error));
      }
    },
    save,
    async finish() {
      for (const outbox of outboxes ?? []) outbox.abandon();
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

const events = { failed: 'push attempt failed', held: 'push held', rejected: 'push failed' } as const;

function seriesOf(state: State | undefined, destination: string): State['series'][string] | undefined {
  // A destination may have the name "constructor".
  return state && Object.hasOwn(state.series, destination) ? state.series[destination] : undefined;
}

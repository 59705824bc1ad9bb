import { type Deadline, deadlineIn, isCancelled } from '../../deadline.ts';
import { logLine, toLogFields } from '../../log.ts';
import { type Scraper, toFamilies } from '../../scrape.ts';
import type { PushStatus } from '../../snapshot/reading.ts';
import type { Timing } from '../../timing.ts';
import { PushError } from '../errors.ts';
import { createOutbox, type Outbox, type Route } from '../outbox/outbox.ts';
import { encodeState, parseState, type State, type StateStore } from './state.ts';

/**
 * A clock that is further off would spoil series: a receiver that has taken a sample of the future refuses all that follow.
 */
const maxClockSkewMs = 60_000;

/** Longest that reading or writing the state may take: pushing can do without. */
const stateMs = 3000;

const stateDeadline = () =>
  deadlineIn(stateMs, { toReason: () => new PushError(`no answer within ${stateMs / 1000} s`) });

/** What a pusher needs. */
export interface PusherOptions {
  scraper: Scraper;
  routes: readonly Route[];
  timing: Timing;
  /** Where the state is kept; without it each process begins anew. */
  store: StateStore | undefined;
  log: (line: string) => void;
}

/** Scrapes one account and pushes the samples to its destinations. Nothing here throws: failures are logged and kept. */
export interface Pusher {
  account: string;
  /** Whether a slot has been scraped, by this process or another one. */
  isTaken(slotMs: number): Promise<boolean>;
  /** Scrapes for a slot and queues the samples, with the time of the slot; nothing if the scrape is cancelled. */
  scrape(slotMs: number, deadline: Deadline): Promise<void>;
  /** Says that there will be no scrape for a slot. */
  skip(slotMs: number, reason: string): void;
  /** Sends all queues side by side, before the deadline; resolves when that is done. */
  send(deadline: Deadline): Promise<void>;
  /** How the last push to each destination went, and what still waits. */
  status(): readonly PushStatus[];
  /** Saves the state. */
  save(): Promise<void>;
  /** Drops undelivered in-memory batches and saves the state. */
  finish(): Promise<void>;
  /** What failed since the last call. */
  takeFailures(): Error[];
  /** Makes the next slot read the state again: another process may have scraped meanwhile. */
  renew(): void;
  close(): void;
}

/** Opens a pusher; the state is read with the first slot. */
export function createPusher({ scraper, routes, timing, store, log }: PusherOptions): Pusher {
  const { account } = scraper;
  let outboxes: Outbox[] | undefined;
  let opening: Promise<Outbox[]> | undefined;
  let lastSlotMs = Number.NEGATIVE_INFINITY;
  let clockSkewMs: number | undefined;
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
      state = parseState(await store?.load(account, stateDeadline()));
    } catch (error) {
      // Series that have ended are not marked then; receivers forget them after five minutes.
      report('state not read', error);
    }
    lastSlotMs = Math.max(lastSlotMs, state?.timestampMs ?? lastSlotMs);
    return routes.map((route) =>
      createOutbox(
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

  /** Once, whoever needs it first: two outboxes must not send one queue. */
  async function openOnce(): Promise<Outbox[]> {
    opening ??= open();
    outboxes = await opening;
    return outboxes;
  }

  /** Why this clock's time must not go into samples. */
  function clockProblem(): PushError | undefined {
    if (clockSkewMs === undefined || Math.abs(clockSkewMs) <= maxClockSkewMs) return undefined;
    const seconds = Math.round(Math.abs(clockSkewMs) / 1000);
    const direction = clockSkewMs < 0 ? 'ahead of' : 'behind';
    return new PushError(`nothing is pushed, since the clock here is ${seconds} s ${direction} the API’s`);
  }

  async function isTaken(slotMs: number): Promise<boolean> {
    await openOnce();
    if (lastSlotMs > timing.now() + maxClockSkewMs) {
      const last = new Date(lastSlotMs).toISOString();
      const message = `the clock here was ahead: the last slot is ${last}; destinations may refuse older samples until then`;
      report('last slot is in the future', new PushError(message));
      lastSlotMs = Number.NEGATIVE_INFINITY;
    }
    return slotMs <= lastSlotMs;
  }

  async function scrape(slotMs: number, deadline: Deadline): Promise<void> {
    const all = await openOnce();
    const { reading, failure } = await scraper.scrape(deadline);
    clockSkewMs = reading.clockSkewMs ?? clockSkewMs;
    if (failure && isCancelled(deadline)) {
      // That says nothing about the account.
      skip(slotMs, 'it was stopped');
      return;
    }
    if (failure) fail('scrape failed', failure);
    const problem = clockProblem();
    if (problem) {
      fail('scrape not pushed', problem);
      return;
    }
    // Not before: a time of the future would make all slots up to it taken.
    lastSlotMs = slotMs;
    const push = all.map((outbox) => outbox.status());
    const families = await toFamilies([{ ...reading, push }]);
    for (const outbox of all) {
      try {
        await outbox.add(families, slotMs);
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

function seriesOf(state: State | undefined, destination: string): State['series'][string] | undefined {
  // A destination may be called constructor.
  return state && Object.hasOwn(state.series, destination) ? state.series[destination] : undefined;
}

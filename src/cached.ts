import { before, type Deadline, deadlineIn, leftMs, within } from './deadline.ts';
import { type Clocks, stopwatch } from './timing.ts';

/** How a value is kept. */
export interface CacheOptions<T> {
  clocks: Clocks;
  /** No fetch goes on after this: the lifetime of the owner of the value. */
  until: Deadline;
  /** Longest time for one fetch. */
  fetchMs: number;
  /** The error of a fetch that takes longer. */
  toReason?: () => Error;
  /**
   * Longest that {@link Cached.get} waits for a newer value while an older one is usable: at most
   * half of the time left, so that there is time to use the older one.
   */
  refreshMs: number;
  /**
   * How long a value is fresh, and how long it is usable. Both count from the start of its fetch.
   */
  lifeOf(value: T): { freshMs: number; usableMs: number };
  /**
   * Called after each failure. Returns the milliseconds that {@link Cached.get} waits before it
   * fetches again. `refreshing` means that an older value is usable, so the failure is not thrown.
   */
  onFailure(error: unknown, refreshing: boolean): number;
}

/** A value that is fetched when needed, kept, and fetched again when it is no longer fresh. */
export interface Cached<T> {
  /**
   * Returns a usable value, and fetches one if it has none that is fresh. Callers share one fetch.
   * The fetch has its own deadline: it goes on after the caller that started it has run out of
   * time. Between a failure and the next fetch, it throws that failure if no value is usable.
   * @throws what the fetch throws, or the reason of the deadline's signal
   */
  get(deadline: Deadline, fetch: Fetch<T>): Promise<T>;
  /**
   * Returns a newer value than `old`, of any age, and fetches one if necessary.
   * @throws as {@link get}
   */
  renew(old: T, deadline: Deadline, fetch: Fetch<T>): Promise<T>;
  /** Keeps this value as if it had just been fetched. */
  put(value: T): void;
  /** Forgets the value if `isIt` says so. */
  drop(isIt: (value: T) => boolean): void;
}

type Fetch<T> = (deadline: Deadline) => Promise<T>;

/** Creates a cache for one value. It fetches nothing yet. */
export function createCached<T>(options: CacheOptions<T>): Cached<T> {
  const { clocks, fetchMs, refreshMs, lifeOf, onFailure } = options;
  let kept: { value: T; ageMs(): number } | undefined;
  let pending: { value: Promise<T>; deadline: Deadline } | undefined;
  let failure: { error: unknown; retryMs: number; ageMs(): number } | undefined;

  const isFresh = () => kept !== undefined && kept.ageMs() < lifeOf(kept.value).freshMs;
  const isUsable = () => kept !== undefined && kept.ageMs() < lifeOf(kept.value).usableMs;

  function start(fetch: Fetch<T>, refreshing: boolean) {
    const deadline = deadlineIn(fetchMs, options);
    const ageMs = stopwatch(clocks);
    const value = before(Promise.resolve(deadline).then(fetch), deadline)
      .then((fetched) => {
        kept = { value: fetched, ageMs };
        failure = undefined;
        return fetched;
      })
      .catch((error) => {
        // Closing is not a failure.
        if (options.until.signal.aborted) throw error;
        failure = { error, retryMs: onFailure(error, refreshing), ageMs: stopwatch(clocks) };
        throw error;
      })
      .finally(() => {
        deadline.end();
        pending = undefined;
      });
    // Nobody may be waiting any more when it fails.
    value.catch(() => {});
    pending = { value, deadline };
    return pending;
  }

  /**
   * Waits for the shared fetch. One that was started earlier may run out of time earlier; then it
   * fetches again.
   */
  async function join(deadline: Deadline, fetch: Fetch<T>): Promise<T> {
    const joined = pending;
    try {
      return await before((joined ?? start(fetch, false)).value, deadline);
    } catch (error) {
      const ranOut = joined?.deadline.signal.reason === error && !deadline.signal.aborted;
      if (ranOut) return join(deadline, fetch);
      throw error;
    }
  }

  return {
    async get(deadline, fetch) {
      deadline.signal.throwIfAborted();
      if (isFresh()) return kept!.value;
      const mayFetch = pending !== undefined || !failure || failure.ageMs() >= failure.retryMs;
      if (isUsable()) {
        const refresh = mayFetch && (pending ?? start(fetch, true));
        if (refresh && refreshMs > 0) {
          const brief = within(deadline, Math.min(refreshMs, leftMs(deadline) / 2));
          await before(refresh.value, brief).catch(() => {});
          brief.end();
          deadline.signal.throwIfAborted();
        }
        // A failure may be a reason to drop it.
        if (isUsable()) return kept!.value;
      }
      if (!mayFetch) throw failure!.error;
      return join(deadline, fetch);
    },
    async renew(old, deadline, fetch) {
      return kept && kept.value !== old ? kept.value : join(deadline, fetch);
    },
    put(value) {
      kept = { value, ageMs: stopwatch(clocks) };
    },
    drop(isIt) {
      if (kept && isIt(kept.value)) kept = undefined;
    },
  };
}

import { before, type Deadline, deadlineIn, leftMs, within } from './deadline.ts';
import { type Clocks, stopwatch } from './timing.ts';

/** Options of a cached value. */
export interface CacheOptions<T> {
  clocks: Clocks;
  /** Running fetches end here: the lifetime of the owner of the value. */
  until: Deadline;
  /** Longest time for one fetch. */
  fetchMs: number;
  /** The error of a fetch that takes longer. */
  toReason?: () => Error;
  /**
   * Longest time that {@link Cached.get} waits for a newer value while an older one is usable. It
   * waits at most half of the remaining time, so that there is time to use the older value.
   */
  refreshMs: number;
  /**
   * How long a value is fresh, and how long it is usable. Both count from the start of its fetch.
   */
  lifeOf(value: T): { freshMs: number; usableMs: number };
  /**
   * Called after each failure. Returns the milliseconds until {@link Cached.get} may fetch again.
   * `refreshing` means that an older value is usable, so the failure is not thrown.
   */
  onFailure(error: unknown, refreshing: boolean): number;
}

/** A value that is fetched when needed, kept, and fetched again when it is no longer fresh. */
export interface Cached<T> {
  /**
   * Returns a usable value, and fetches one if it has no fresh value. Callers share one fetch. The
   * fetch has its own deadline: it continues after the time of its first caller is over. Between a
   * failure and the next fetch, this throws the failure if no value is usable.
   * @throws what the fetch throws, or the reason of the deadline's signal
   */
  get(deadline: Deadline, fetch: Fetch<T>): Promise<T>;
  /**
   * Returns a value that is newer than `old`, and fetches one if necessary. It need not be fresh.
   * @throws as {@link get}
   */
  renew(old: T, deadline: Deadline, fetch: Fetch<T>): Promise<T>;
  /** Keeps this value like a value that was fetched now. */
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
    // When it fails, perhaps no caller waits any more.
    value.catch(() => {});
    pending = { value, deadline };
    return pending;
  }

  /**
   * Waits for the shared fetch. If that fetch started earlier, its time may be over earlier; then
   * this fetches again.
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
        // The value may have been dropped after a failure.
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

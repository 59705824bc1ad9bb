import { before, type Deadline, deadlineIn, leftMs, within } from './deadline.ts';
import { type Clocks, stopwatch } from './timing.ts';

/** How a value is kept. */
export interface CacheOptions<T> {
  clocks: Clocks;
  /** Until when anything is fetched: the life of whoever needs the value. */
  until: Deadline;
  /** Longest that one fetch may take. */
  fetchMs: number;
  /** What a fetch fails with that takes longer, so that the message says what it was. */
  toReason?: () => Error;
  /**
   * Longest that {@link Cached.get} waits for a newer value while an older one can be used; at most half of the time that is
   * left, so that the older one is still of use.
   */
  refreshMs: number;
  /** From the start of its fetch: how long a value counts as new, and how long it can be used at all. */
  lifeOf(value: T): { freshMs: number; usableMs: number };
  /**
   * Called after each failure; returns how long to wait before the next fetch. `refreshing`: the failure is not thrown,
   * since an older value is used.
   */
  onFailure(error: unknown, refreshing: boolean): number;
}

/** A value that is fetched when it is needed, kept, and fetched again when it is old. */
export interface Cached<T> {
  /**
   * The value, not older than its life allows. A fetch is shared by all who need it, and has a deadline of its own: it
   * goes on although the one who started it has no time left.
   * @throws what the fetch throws, or the reason of the deadline's signal
   */
  get(deadline: Deadline, fetch: Fetch<T>): Promise<T>;
  /** A newer value than `old`, whatever its age. @throws as {@link get} */
  renew(old: T, deadline: Deadline, fetch: Fetch<T>): Promise<T>;
  /** Keeps this value as if it had just been fetched. */
  put(value: T): void;
  /** Forgets the value if `isIt` says so. */
  drop(isIt: (value: T) => boolean): void;
}

type Fetch<T> = (deadline: Deadline) => Promise<T>;

/** Opens a cache for one value; nothing is fetched yet. */
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

  /** The value of a fetch that is shared. One that was started earlier may run out of time earlier: then once more. */
  async function join(deadline: Deadline, fetch: Fetch<T>, refreshing: boolean): Promise<T> {
    const joined = pending;
    try {
      return await before((joined ?? start(fetch, refreshing)).value, deadline);
    } catch (error) {
      const ranOut = joined?.deadline.signal.reason === error && !deadline.signal.aborted;
      if (ranOut) return join(deadline, fetch, refreshing);
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
      return join(deadline, fetch, false);
    },
    async renew(old, deadline, fetch) {
      return kept && kept.value !== old ? kept.value : join(deadline, fetch, false);
    },
    put(value) {
      kept = { value, ageMs: stopwatch(clocks) };
    },
    drop(isIt) {
      if (kept && isIt(kept.value)) kept = undefined;
    },
  };
}

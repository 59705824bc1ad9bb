import { before, type Deadline, DeadlineError, deadlineIn, leftMs, within } from './deadline.ts';
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
  /** Forgets the value if it is this one. */
  drop(value: T): void;
}

type Fetch<T> = (deadline: Deadline) => Promise<T>;

/** Opens a cache for one value; nothing is fetched yet. */
export function createCached<T>(options: CacheOptions<T>): Cached<T> {
  const { clocks, fetchMs, refreshMs, lifeOf, onFailure } = options;
  let kept: { value: T; ageMs(): number } | undefined;
  let pending: Promise<T> | undefined;
  let failure: { error: unknown; retryMs: number; ageMs(): number } | undefined;

  const isFresh = () => kept !== undefined && kept.ageMs() < lifeOf(kept.value).freshMs;
  const isUsable = () => kept !== undefined && kept.ageMs() < lifeOf(kept.value).usableMs;

  function start(fetch: Fetch<T>, refreshing = isUsable()): Promise<T> {
    const deadline = deadlineIn(fetchMs, options);
    const ageMs = stopwatch(clocks);
    const fetched = before(Promise.resolve(deadline).then(fetch), deadline)
      .then((value) => {
        kept = { value, ageMs };
        failure = undefined;
        return value;
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
    fetched.catch(() => {});
    pending = fetched;
    return fetched;
  }

  async function get(deadline: Deadline, fetch: Fetch<T>): Promise<T> {
    deadline.signal.throwIfAborted();
    if (isFresh()) return kept!.value;
    const joined = pending;
    const fetching = joined ?? (failure && failure.ageMs() < failure.retryMs ? undefined : start(fetch));
    if (isUsable()) {
      if (fetching && refreshMs > 0) {
        const brief = within(deadline, Math.min(refreshMs, leftMs(deadline) / 2));
        await before(fetching, brief).catch(() => {});
        brief.end();
      }
      deadline.signal.throwIfAborted();
      // A failure may be a reason to drop it.
      if (isUsable()) return kept!.value;
    }
    if (!fetching) throw failure!.error;
    return before(fetching, deadline).catch((error) => {
      // It was started earlier, and so ran out of time earlier.
      if (joined && error instanceof DeadlineError && !deadline.signal.aborted) return get(deadline, fetch);
      throw error;
    });
  }

  return {
    get,
    async renew(old, deadline, fetch) {
      if (kept && kept.value !== old) return kept.value;
      return before(pending ?? start(fetch, false), deadline);
    },
    put(value) {
      kept = { value, ageMs: stopwatch(clocks) };
    },
    drop(value) {
      if (kept?.value === value) kept = undefined;
    },
  };
}

import { before, type Deadline, DeadlineError, deadlineIn, within } from './deadline.ts';
import { type Clocks, stopwatch } from './timing.ts';

/** How a value is kept. */
export interface CacheOptions<T> {
  clocks: Clocks;
  /** No fetch goes on after this: the lifetime of the owner of the value. */
  until: Deadline;
  /** Longest time for one fetch. */
  fetchMs: number;
  /** Longest time that {@link Cached.get} waits for a newer value while an older one is usable. */
  refreshMs: number;
  /** How long a value is fresh, and how long it is usable. Both count from the start of its fetch. */
  lifeOf(value: T): { freshMs: number; usableMs: number };
  /**
   * Called after each failure. Returns the milliseconds that {@link Cached.get} waits before it fetches again.
   * `refreshing` means that an older value is usable, so the failure is not thrown.
   */
  onFailure(error: unknown, refreshing: boolean): number;
}

/** A value that is fetched when needed, kept, and fetched again when it is no longer fresh. */
export interface Cached<T> {
  /**
   * Returns a usable value, and fetches one if it has none that is fresh. Callers share one fetch. The fetch has its
   * own deadline: it goes on after the caller that started it has run out of time. Between a failure and the next
   * fetch, it throws that failure if no value is usable.
   * @throws what the fetch throws, or the reason of the deadline's signal
   */
  get(deadline: Deadline, fetch: Fetch<T>): Promise<T>;
  /** Returns a newer value than `old`, of any age, and fetches one if necessary. @throws as {@link get} */
  renew(old: T, deadline: Deadline, fetch: Fetch<T>): Promise<T>;
  /** Keeps this value as if it had just been fetched. */
  put(value: T): void;
  /** Discards the value if it is the current one. */
  drop(value: T): void;
}

type Fetch<T> = (deadline: Deadline) => Promise<T>;

/** Creates a cache for one value. It fetches nothing yet. */
export function createCached<T>(options: CacheOptions<T>): Cached<T> {
  const { clocks, until, fetchMs, refreshMs, lifeOf, onFailure } = options;
  let kept: { value: T; ageMs(): number } | undefined;
  let pending: Promise<T> | undefined;
  let failure: { error: unknown; retryMs: number; ageMs(): number } | undefined;

  const isFresh = () => kept !== undefined && kept.ageMs() < lifeOf(kept.value).freshMs;
  const isUsable = () => kept !== undefined && kept.ageMs() < lifeOf(kept.value).usableMs;

  function start(fetch: Fetch<T>, refreshing = isUsable()): Promise<T> {
    const deadline = deadlineIn(fetchMs, { until });
    const ageMs = stopwatch(clocks);
    const fetched = before(Promise.resolve(deadline).then(fetch), deadline)
      .then((value) => {
        kept = { value, ageMs };
        failure = undefined;
        return value;
      })
      .catch((error) => {
        failure = { error, retryMs: onFailure(error, refreshing), ageMs: stopwatch(clocks) };
        throw error;
      })
      .finally(() => {
        deadline.end();
        pending = undefined;
      });
    // All callers may have left before it fails.
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
        const brief = within(deadline, refreshMs);
        await before(fetching, brief).catch(() => {});
        brief.end();
      }
      deadline.signal.throwIfAborted();
      // onFailure may have dropped the value.
      if (isUsable()) return kept!.value;
    }
    if (!fetching) throw failure!.error;
    return before(fetching, deadline).catch((error) => {
      // The shared fetch started earlier, so it timed out earlier. Fetch again with the time that is left.
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

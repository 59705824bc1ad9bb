import { type Deadline, leftMs } from '../deadline.ts';

/**
 * Waits for a free slot. Resolves with the function that frees it. Rejects with the reason of the
 * deadline's signal.
 */
export type Enter = (deadline: Deadline) => Promise<() => void>;

/** One account's access to a {@link Gate}. */
export interface Lane {
  enter: Enter;
  /** Sets whether the account's last read failed. These accounts share a quarter of the slots. */
  setTroubled(troubled: boolean): void;
}

/** Limits the concurrent requests of all accounts together. */
export interface Gate {
  addLane(): Lane;
}

interface State {
  active: number;
  troubled: boolean;
  /** The number of the last slot of this lane, counted over all lanes. */
  lastTurn: number;
  waiting: Waiting[];
}

/** A request that waits for a slot. */
interface Waiting {
  deadline: Deadline;
  start(): void;
}

/**
 * A request with less time left gets no slot. When a scrape ends, its waiting requests time out one
 * after the other. If each of them got a slot for a moment, each would count as a turn of the lane.
 */
const leastMs = 50;

/** Sorts lanes: the first one gets the next slot. */
const compare = (a: State, b: State) => a.active - b.active || a.lastTurn - b.lastTurn;

/**
 * Creates a gate for `slots` concurrent requests.
 * - The waiting account with the fewest requests gets the next free slot. So a large or hanging
 *   account does not block the others.
 * - If several accounts have the fewest requests, the account that has waited longest since its
 *   last slot gets it. So each account gets its turn.
 * - Accounts whose last read failed share a quarter of the slots, at least one.
 */
export function createGate(slots: number): Gate {
  const lanes = new Set<State>();
  const slotsForTroubled = Math.max(1, Math.floor(slots / 4));
  let active = 0;
  let activeTroubled = 0;
  let turns = 0;

  function dispatch(): void {
    while (active < slots) {
      let next: State | undefined;
      for (const lane of lanes) {
        if (lane.troubled && activeTroubled >= slotsForTroubled) continue;
        if (leftMs(lane.waiting[0]!.deadline) < leastMs) continue;
        if (next === undefined || compare(lane, next) < 0) next = lane;
      }
      if (next === undefined) return;
      const { start } = next.waiting.shift()!;
      if (next.waiting.length === 0) lanes.delete(next);
      next.lastTurn = ++turns;
      start();
    }
  }

  function addLane(): Lane {
    const lane: State = { active: 0, troubled: false, lastTurn: 0, waiting: [] };

    return {
      async enter(deadline) {
        const { signal } = deadline;
        signal.throwIfAborted();
        return new Promise((resolve, reject) => {
          const start = () => {
            signal.removeEventListener('abort', onAbort);
            // Keep the value for freeing the slot, since it may change before that.
            const { troubled } = lane;
            lane.active++;
            active++;
            if (troubled) activeTroubled++;
            resolve(() => {
              lane.active--;
              active--;
              if (troubled) activeTroubled--;
              dispatch();
            });
          };
          const waiting = { deadline, start };
          const onAbort = () => {
            lane.waiting.splice(lane.waiting.indexOf(waiting), 1);
            if (lane.waiting.length === 0) lanes.delete(lane);
            reject(signal.reason);
          };
          signal.addEventListener('abort', onAbort, { once: true });
          lane.waiting.push(waiting);
          lanes.add(lane);
          // Wait until all failed accounts of this scrape are in the queue, so that the turn
          // decides and not the order of requests. A hanging account may keep its slot until the
          // others time out.
          if (lane.troubled) setImmediate(dispatch);
          else dispatch();
        });
      },
      setTroubled(troubled) {
        lane.troubled = troubled;
        dispatch();
      },
    };
  }

  return { addLane };
}

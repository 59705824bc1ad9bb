/** Waits for a free slot; resolves with the function that frees it. @throws the signal's reason */
export type Enter = (signal: AbortSignal) => Promise<() => void>;

/** One account's way through a {@link Gate}. */
export interface Lane {
  enter: Enter;
  /** Whether the account's last read failed: others then go first. */
  setTroubled(troubled: boolean): void;
}

/** Bounds how many requests are under way, of all accounts together. */
export interface Gate {
  addLane(): Lane;
}

interface State {
  active: number;
  troubled: boolean;
  waiting: (() => void)[];
}

/**
 * A gate for `slots` requests at once. A free slot goes to the account that has the fewest under way, so that a large
 * account or one that hangs cannot hold up the others; accounts that failed the last time may hold a quarter of the slots
 * together (at least one).
 */
export function createGate(slots: number): Gate {
  const lanes = new Set<State>();
  const slotsForTroubled = Math.max(1, Math.floor(slots / 4));
  let active = 0;
  let activeTroubled = 0;

  function dispatch(): void {
    while (active < slots) {
      let next: State | undefined;
      for (const lane of lanes) {
        if (lane.troubled && activeTroubled >= slotsForTroubled) continue;
        if (next === undefined || lane.active < next.active) next = lane;
      }
      if (next === undefined) return;
      const start = next.waiting.shift()!;
      // Round robin: a served lane goes to the end, one without waiting requests leaves.
      lanes.delete(next);
      if (next.waiting.length > 0) lanes.add(next);
      start();
    }
  }

  function addLane(): Lane {
    const lane: State = { active: 0, troubled: false, waiting: [] };

    return {
      async enter(signal) {
        signal.throwIfAborted();
        return new Promise((resolve, reject) => {
          const start = () => {
            signal.removeEventListener('abort', onAbort);
            // Counted as what it was when it began.
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
          const onAbort = () => {
            lane.waiting.splice(lane.waiting.indexOf(start), 1);
            if (lane.waiting.length === 0) lanes.delete(lane);
            reject(signal.reason);
          };
          signal.addEventListener('abort', onAbort, { once: true });
          lane.waiting.push(start);
          lanes.add(lane);
          dispatch();
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

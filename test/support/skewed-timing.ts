import { systemTiming, type Timing } from '../../src/timing.ts';

/** The clocks of this machine, moved by a test. Pauses take no time. */
export interface MovedTiming extends Timing {
  /** How far the clock that can be set is ahead of the API's. */
  aheadMs: number;
  /** The API's clock. */
  apiNow(): number;
  /** Moves all clocks forward. */
  pass(ms: number): void;
}

/** Clocks that run as usual, or an API's clock that stands still at a time. */
export function movedTiming(fixedMs?: number): MovedTiming {
  let passedMs = 0;
  const timing: MovedTiming = {
    ...systemTiming,
    aheadMs: 0,
    apiNow: () => (fixedMs ?? Date.now()) + passedMs,
    now: () => timing.apiNow() + timing.aheadMs,
    monotonic: () => systemTiming.monotonic() + passedMs,
    sleep: async () => {},
    pass(ms) {
      passedMs += ms;
    },
  };
  return timing;
}

import type { Fault } from '../../src/simulator/faults.ts';
import type { Random } from '../../src/simulator/random.ts';
import type { Simulator } from '../../src/simulator/server.ts';

/** An API that works most of the time. */
export interface Troubles {
  /** Chooses the next fault at random. In half of the cases there is none. */
  next(): void;
  stop(): void;
}

/** The possible faults. None changes the number of agents. */
const faults: readonly Fault[] = [
  { kind: 'status', value: 500 },
  { kind: 'status', value: 503, retryAfter: 1 },
  { kind: 'status', value: 429, retryAfter: 1, rate: 0.3 },
  { kind: 'status', value: 401, times: 1 },
  { kind: 'status', value: 403 },
  { kind: 'status', value: 500, on: 'token' },
  { kind: 'status', value: 502, rate: 0.4 },
  { kind: 'cut' },
  { kind: 'cut', rate: 0.3 },
  { kind: 'json' },
  { kind: 'html' },
  { kind: 'shape' },
  { kind: 'unknown' },
  { kind: 'delay', value: 300 },
  { kind: 'hang', rate: 0.5 },
  { kind: 'hang', on: 'token' },
  { kind: 'shift', rate: 0.5 },
];

export function troubled(simulator: Simulator, random: Random): Troubles {
  const stop = () => void simulator.faults.splice(0);
  return {
    stop,
    next() {
      stop();
      if (random.chance(0.5)) simulator.faults.push({ ...random.pick(faults) });
      if (random.chance(0.05)) simulator.revokeTokens();
    },
  };
}

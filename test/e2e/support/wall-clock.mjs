// Preloaded into a process, so that a test can set its wall clock while it runs (wall-clock.ts).
// Timers and performance.now() continue unchanged, as on a machine whose clock is set.
import { readFileSync } from 'node:fs';

const { now } = Date;
const shiftedNow = () => now() + Number(readFileSync(process.env.E2E_WALL_CLOCK, 'utf8'));

globalThis.Date = class extends Date {
  static now = shiftedNow;

  constructor(...given) {
    super(...(given.length === 0 ? [shiftedNow()] : given));
  }
};

import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The wall clock of processes that a test starts. */
export interface WallClock {
  /** Makes a process of Node.js have this clock. */
  env: Record<string, string>;
  /** Sets it this number of milliseconds ahead of the machine's, or behind. */
  set(shiftMs: number): void;
}

/** Makes a wall clock that is right at first. Its file is in `folder`. */
export function createWallClock(folder: string): WallClock {
  const file = join(folder, 'wall-clock');
  const preload = new URL('wall-clock.mjs', import.meta.url).href;
  const set = (shiftMs: number) => {
    // In one step: the process reads it at any time.
    writeFileSync(`${file}.new`, String(shiftMs));
    renameSync(`${file}.new`, file);
  };
  set(0);
  return { env: { NODE_OPTIONS: `--import=${preload}`, E2E_WALL_CLOCK: file }, set };
}

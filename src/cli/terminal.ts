import { type Deadline, DeadlineError, untilAborted } from '../deadline.ts';

/** Where a command reads from and writes to; injected, so that commands can be tried without a process. */
export interface Terminal {
  env: Readonly<Record<string, string | undefined>>;
  /** Folder in which a .env file is looked for. */
  folder: string;
  /** File to read in its place; it must be there. */
  envFile?: string | undefined;
  /** Lines for the user; results go here. */
  print(line: string): void;
  /** Lines about what is going on. */
  note(line: string): void;
  /** Whether the user sees the output on a screen that can be drawn over. */
  interactive: boolean;
  /** From now on the command goes on although nobody reads what it writes. */
  outlastReaders(): void;
  /** Resolves when the user or the system asks to stop. */
  stopped: Promise<void>;
}

/** The deadline of a command: when the user or the system asks to stop. */
export function untilStopped({ stopped }: Pick<Terminal, 'stopped'>): Deadline {
  const stopping = new AbortController();
  void stopped.then(() => stopping.abort(new DeadlineError('it was stopped')));
  return untilAborted(stopping.signal);
}

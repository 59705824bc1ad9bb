import { type Deadline, DeadlineError, untilAborted } from '../deadline.ts';

/** The environment, input and output of a command. It is injected, so that tests can run commands without a process. */
export interface Terminal {
  env: Readonly<Record<string, string | undefined>>;
  /** The working directory: it has the .env file, and relative paths start there. */
  folder: string;
  /** A file to read instead of .env. It must exist. */
  envFile?: string | undefined;
  /** Prints a line of the result. */
  print(line: string): void;
  /** Prints a line about progress or a problem. */
  note(line: string): void;
  /** Whether the output is a screen that can be overwritten. */
  interactive: boolean;
  /** From now on, the command keeps running when its output cannot be written. */
  outlastReaders(): void;
  /** Resolves when the user or the system stops the command. */
  stopped: Promise<void>;
}

/** Returns a deadline without a time, which ends when the user or the system stops the command. */
export function untilStopped({ stopped }: Pick<Terminal, 'stopped'>): Deadline {
  const stopping = new AbortController();
  void stopped.then(() => stopping.abort(new DeadlineError('it was stopped')));
  return untilAborted(stopping.signal);
}

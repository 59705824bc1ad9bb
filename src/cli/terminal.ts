import { type Deadline, DeadlineError, untilAborted } from '../deadline.ts';
import { unprintable } from '../log.ts';
import { redact } from '../redact.ts';

/**
 * The environment, input and output of a command. It is an argument, so that tests can run commands
 * without a process.
 */
export interface Terminal {
  env: Readonly<Record<string, string | undefined>>;
  /** The working directory. It has the .env file, and relative paths start there. */
  folder: string;
  /** A file to read instead of .env. It must exist. */
  envFile?: string | undefined;
  /** Prints a line of the result. */
  print(line: string): void;
  /** Prints a line about progress or a problem. */
  note(line: string): void;
  /** Prints data for another program, such as metrics. Every byte must be unchanged. */
  data(text: string): void;
  /** Moves up over the last rows of a screen, and clears it from there. */
  moveUp(rows: number): void;
  /** The width of the screen, where longer lines continue in the next row. */
  columns(): number;
  /** Whether the output is a screen that can be overwritten. */
  interactive: boolean;
  /** From now on, the command keeps running when its output cannot be written. */
  outlastReaders(): void;
  /** Resolves when the user or the system stops the command. */
  stopped: Promise<void>;
}

/**
 * Returns a terminal that removes known secrets from lines, and shows control characters as
 * `\\x1b`: texts of the API, of files and of destinations must not control the screen. Data is
 * unchanged unless a person sees it.
 */
export function guardTerminal(terminal: Terminal): Terminal {
  const clean = (text: string) => visible(redact(text));
  return {
    ...terminal,
    print: (line) => terminal.print(clean(line)),
    note: (line) => terminal.note(clean(line)),
    data: (text) => terminal.data(terminal.interactive ? clean(text) : text),
  };
}

/** The rows that a text takes on a screen of this width. */
export function rowsOf(text: string, columns: number): number {
  const rows = text.split('\n').map((line) => Math.max(1, Math.ceil(line.length / columns)));
  return rows.reduce((sum, each) => sum + each, 0);
}

function visible(text: string): string {
  return text.replace(unprintable, (character) => {
    const code = character.charCodeAt(0).toString(16);
    return code.length > 2 ? `\\u${code.padStart(4, '0')}` : `\\x${code.padStart(2, '0')}`;
  });
}

/** Returns a deadline without a time, which ends when the user or the system stops the command. */
export function untilStopped({ stopped }: Pick<Terminal, 'stopped'>): Deadline {
  const stopping = new AbortController();
  void stopped.then(() => stopping.abort(new DeadlineError('it was stopped')));
  return untilAborted(stopping.signal);
}

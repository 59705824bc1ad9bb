import type { Terminal } from '../../src/cli/terminal.ts';

/** A terminal that remembers its output. `stop` has the effect of a signal. */
export function rememberingTerminal(folder: string, env: Terminal['env'] = {}, interactive = false) {
  let stop = () => {};
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  const lines: string[] = [];
  const notes: string[] = [];
  const print = (line: string) => void lines.push(line);
  const note = (line: string) => void notes.push(line);
  /** Waits for a line. Returns the match. */
  const until = async (pattern: RegExp) => {
    while (!lines.some((line) => pattern.test(line))) await new Promise((resolve) => setTimeout(resolve, 5));
    return pattern.exec(lines.find((line) => pattern.test(line))!)!;
  };
  const moves: number[] = [];
  const moveUp = (count: number) => void moves.push(count);
  const outlastReaders = () => {};
  return {
    ...{ env, folder, interactive, stopped, outlastReaders },
    ...{ print, note, data: print, moveUp, columns: () => Number.POSITIVE_INFINITY },
    ...{ stop, lines, notes, moves, until },
  };
}

/**
 * Compares texts by their UTF-16 code units, for sort(). Unlike a locale's order, it is the same on
 * every machine.
 */
export function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/**
 * Whether these are in ascending order of their ids, so that no two are the same. The API reference
 * says so of agents.
 */
export function isAscending(agents: readonly { id: string }[]): boolean {
  return agents.every(({ id }, index) => index === 0 || agents[index - 1]!.id < id);
}

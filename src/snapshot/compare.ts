/**
 * Compares texts by their UTF-16 code units, for sort(). Unlike a locale's order, it is the same on
 * every machine.
 */
export function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/**
 * Whether the ids are in ascending order, so that no two are equal. The API reference says that
 * agents are in this order.
 */
export function isAscending(items: readonly { id: string }[]): boolean {
  return items.every(({ id }, index) => index === 0 || items[index - 1]!.id < id);
}

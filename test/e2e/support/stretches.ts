const unitSeconds = { s: 1, m: 60, h: 3600, d: 86_400 } as const;
/** The seconds of a duration in one unit, such as `5m`. */
export const secondsOf = (text: string) =>
  Number(text.slice(0, -1)) * unitSeconds[text.at(-1) as keyof typeof unitSeconds];

/** Times one step apart, as stretches from the first to the last. */
export function stretchesOf(times: readonly number[], stepSeconds: number): [from: number, to: number][] {
  const stretches: [number, number][] = [];
  for (const at of times) {
    const last = stretches.at(-1);
    if (last && at - last[1] <= stepSeconds) last[1] = at;
    else stretches.push([at, at]);
  }
  return stretches;
}

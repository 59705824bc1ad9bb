import type { AlertRule } from '../../../alerts/rules.ts';
import { queryRange } from './query.ts';
import { secondsOf, stretchesOf } from './stretches.ts';

/** An alert that fired: with which labels, and from when to when. */
export interface Fire {
  labels: Readonly<Record<string, string>>;
  fromMs: number;
  toMs: number;
}

/**
 * When a rule fired in a stretch of time, evaluated at this interval in seconds.
 * @throws Error with Prometheus' message
 */
export async function firesOf(
  origin: string,
  { alert, expr, for: pending = '0s', labels }: AlertRule,
  [fromMs, toMs]: readonly [number, number],
  stepSeconds: number,
): Promise<Fire[]> {
  const series = await queryRange(origin, expr, fromMs, toMs, stepSeconds);
  return series.flatMap(({ metric: { __name__: _, ...metric }, values }) =>
    stretchesOf(
      values.map(([at]) => at),
      stepSeconds,
    )
      .map(([from, to]) => [from + secondsOf(pending), to] as const)
      .filter(([from, to]) => from <= to)
      .map(([from, to]) => ({
        labels: { ...metric, ...labels, alertname: alert },
        fromMs: from * 1000,
        toMs: to * 1000,
      })),
  );
}

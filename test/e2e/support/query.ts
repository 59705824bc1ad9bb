/** A series of an answer of Prometheus, by its labels. */
export interface RangeSeries {
  metric: Record<string, string>;
  /** Time in seconds, value. */
  values: [number, number][];
}

async function ask<T>(origin: string, path: string, parameters: Record<string, string>): Promise<T[]> {
  const response = await fetch(`${origin}/api/v1/${path}`, {
    method: 'POST',
    body: new URLSearchParams(parameters),
  });
  const answer = (await response.json()) as { status: string; error?: string; data: { result: T[] } };
  if (answer.status !== 'success') throw new Error(`${parameters.query}: ${answer.error}`);
  return answer.data.result;
}

/** A range query. @throws Error with Prometheus' message */
export async function queryRange(
  origin: string,
  query: string,
  fromMs: number,
  toMs: number,
  stepSeconds: number,
): Promise<RangeSeries[]> {
  const seconds = (timeMs: number) => String(timeMs / 1000);
  const result = await ask<{ metric: Record<string, string>; values: [number, string][] }>(
    origin,
    'query_range',
    { query, start: seconds(fromMs), end: seconds(toMs), step: String(stepSeconds) },
  );
  return result.map(({ metric, values }) => ({
    metric,
    values: values.map(([at, value]) => [at, Number(value)]),
  }));
}

/** An instant query at a time: the value of each series. @throws Error with Prometheus' message */
export async function queryAt(
  origin: string,
  query: string,
  timeMs: number,
): Promise<{ metric: Record<string, string>; value: number }[]> {
  const result = await ask<{ metric: Record<string, string>; value: [number, string] }>(origin, 'query', {
    query,
    time: String(timeMs / 1000),
  });
  return result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
}

import { type DataFrame, type Field, FieldType, type Labels, rangeUtil, toDataFrame } from '@grafana/data';
import type { Panel, Scope, Target } from './job.ts';
import { ask } from './prometheus.ts';

type Sample = [seconds: number, value: string];

/** One series: one sample for an instant query, many samples for a range query. */
interface Series {
  metric: Labels;
  samples: Sample[];
}

/**
 * Sends all queries of a panel, and returns frames in the form of Grafana's Prometheus data source.
 */
export async function queryPanel(panel: Panel, scope: Scope, width: number): Promise<DataFrame[]> {
  const targets: Target[] = (panel.targets ?? []).filter((target: Target) => !target.hide && target.expr);
  const tables = targets.filter(({ format }) => format === 'table').length;
  const answers = await Promise.all(
    targets.map(async (target) => {
      const { expr, series, interval } = await query(target, panel, scope, width);
      if (target.format === 'table') return [toTable(target, series, tables)];
      return series.map((each) => toFrame(target, each, expr, interval));
    }),
  );
  return answers.flat();
}

async function query(target: Target, panel: Panel, { job, range, replace }: Scope, width: number) {
  const lowest = target.interval || panel.interval || job.interval;
  const { intervalMs } = rangeUtil.calculateInterval(range, panel.maxDataPoints ?? width, lowest);
  const seconds = Math.max(1, Math.round((intervalMs * (target.intervalFactor ?? 1)) / 1000));
  const scrape = rangeUtil.intervalToMs(job.interval) / 1000;
  const length = Math.round((range.to.valueOf() - range.from.valueOf()) / 1000);
  const expr = replace(target.expr, {
    __interval: `${seconds}s`,
    __interval_ms: String(seconds * 1000),
    __rate_interval: `${Math.max(seconds + scrape, 4 * scrape)}s`,
    __range: `${length}s`,
    __range_s: String(length),
    __range_ms: String(length * 1000),
  });
  const aligned = (time: number) => Math.floor(time / 1000 / seconds) * seconds;
  const params: Record<string, string> = target.instant
    ? { query: expr, time: String(range.to.valueOf() / 1000) }
    : {
        query: expr,
        start: String(aligned(range.from.valueOf())),
        end: String(aligned(range.to.valueOf())),
        step: String(seconds),
      };
  const data = await ask(target.instant ? 'query' : 'query_range', new URLSearchParams(params)).catch(
    (error) => {
      throw new Error(`${target.refId}: ${error.message} (${expr})`);
    },
  );
  // Grafana interrupts a line if samples are further apart than this.
  const interval = target.instant ? undefined : seconds * 1000;
  return { expr, series: toSeries(data), interval };
}

/** The answer of Prometheus to either kind of query, with the properties that are used here. */
type Answer =
  | { resultType: 'scalar'; result: Sample }
  | { resultType: 'vector' | 'matrix'; result: { metric: Labels; value: Sample; values?: Sample[] }[] };

function toSeries({ resultType, result }: Answer): Series[] {
  if (resultType === 'scalar') return [{ metric: {}, samples: [result] }];
  return result.map(({ metric, value, values }) => ({ metric, samples: values ?? [value] }));
}

const time = (values: number[], interval?: number): Field => ({
  name: 'Time',
  type: FieldType.time,
  config: interval === undefined ? {} : { interval },
  values,
});

const toNumber = (text: string) =>
  text === '+Inf' ? Number.POSITIVE_INFINITY : text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text);

function toFrame(
  { refId, legendFormat }: Target,
  { metric, samples }: Series,
  expr: string,
  interval: number | undefined,
): DataFrame {
  const { __name__: _, ...labels } = metric;
  const name = nameOf(metric, expr, legendFormat);
  const value: Field = {
    name: 'Value',
    type: FieldType.number,
    labels,
    config: name === undefined ? {} : { displayNameFromDS: name },
    values: samples.map(([, text]) => toNumber(text)),
  };
  const fields = [
    time(
      samples.map(([seconds]) => seconds * 1000),
      interval,
    ),
    value,
  ];
  return toDataFrame({ refId, ...(name !== undefined && { name }), fields });
}

/** Returns the name of a series. With `__auto`, Grafana makes one from the labels that differ. */
function nameOf(metric: Labels, expr: string, legendFormat = '__auto'): string | undefined {
  const { __name__: metricName = '', ...labels } = metric;
  const pairs = Object.entries(labels);
  if (legendFormat === '__auto') return pairs.length > 0 ? undefined : metricName || expr;
  if (legendFormat === '') {
    const selector =
      pairs.length > 0 ? `{${pairs.map(([name, value]) => `${name}="${value}"`).join(', ')}}` : '';
    return `${metricName}${selector}` || expr;
  }
  return legendFormat.replace(/\{\{\s*(.+?)\s*\}\}/g, (_, label) => metric[label] ?? '');
}

function toTable({ refId }: Target, series: readonly Series[], tables: number): DataFrame {
  const names = [...new Set(series.flatMap(({ metric }) => Object.keys(metric)))].sort();
  const rows = series.flatMap(({ metric, samples }) => samples.map((sample) => ({ metric, sample })));
  const labels = names.map((name) => ({
    name,
    type: FieldType.string,
    config: { filterable: true },
    values: rows.map(({ metric }) => metric[name] ?? ''),
  }));
  const value = {
    name: tables > 1 ? `Value #${refId}` : 'Value',
    type: FieldType.number,
    config: {},
    values: rows.map(({ sample }) => toNumber(sample[1])),
  };
  if (rows.length === 0) return toDataFrame({ refId, fields: [] });
  return toDataFrame({ refId, fields: [time(rows.map(({ sample }) => sample[0] * 1000)), ...labels, value] });
}

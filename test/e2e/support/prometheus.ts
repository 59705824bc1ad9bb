import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Serving, serveOnFreePort } from './process.ts';

/**
 * One of Prometheus' scrape jobs: with one target, or with one for each account that the exporter
 * lists.
 */
export interface Job {
  name: string;
  /** Address without a path. */
  origin: string;
  intervalSeconds: number;
  timeoutSeconds: number;
  /** Finds its targets at the exporter's /sd and scrapes each by /probe. */
  discovers?: boolean;
  /** Sent with every request. */
  token?: string;
}

/** A target of a job. */
export interface Target {
  instance: string;
  health: string;
  lastError: string;
  url: string;
  discovered: Record<string, string>;
}

/** A vector: series by their labels (without job, instance and account) as `a=b c=d`. */
export type Vector = Record<string, number>;

/** A running Prometheus. */
export interface Prometheus {
  /** An instant query now. */
  query(expression: string): Promise<Vector>;
  /** An instant query now whose series all have different values of this label. */
  queryBy(label: string, expression: string): Promise<Vector>;
  /** The targets of a job, by instance. */
  targetsOf(job: string): Promise<Target[]>;
  /** The part of /api/v1/targets for each job with one target. */
  targets(): Promise<Record<string, { health: string; lastError: string }>>;
  /** The type of each family in the metadata of a job. */
  types(job: string): Promise<Record<string, string>>;
  stop(): Promise<void>;
}

const notOurs = new Set(['__name__', 'job', 'instance', 'account']);

/** The key of a series in a {@link Vector}. */
export function keyOf(labels: Readonly<Record<string, string>>): string {
  return Object.keys(labels)
    .filter((label) => !notOurs.has(label))
    .sort()
    .map((label) => `${label}=${labels[label]}`)
    .join(' ');
}

/**
 * Starts a Prometheus that scrapes these jobs, with its data in a separate folder. `more` is added
 * to its configuration.
 */
export async function startPrometheus(
  binary: string,
  jobs: readonly Job[],
  folder: string,
  more: object = {},
): Promise<Prometheus> {
  const config = join(folder, 'prometheus.yml');
  // JSON is YAML.
  await writeFile(config, JSON.stringify({ scrape_configs: toScrapeConfigs(jobs), ...more }));
  const args = [`--config.file=${config}`, `--storage.tsdb.path=${join(folder, 'data')}`, '--log.level=warn'];
  return connect(await serveOnFreePort('Prometheus', binary, args, folder));
}

function toScrapeConfigs(jobs: readonly Job[]): object[] {
  return jobs.map(({ name, origin, intervalSeconds, timeoutSeconds, discovers, token }) => {
    // For http_sd_configs Prometheus 2.42 and 2.46 do not fill in the type.
    const bearer = { authorization: { type: 'Bearer', credentials: token } };
    const authorization = token === undefined ? {} : bearer;
    const { host } = new URL(origin);
    const targets = discovers
      ? {
          metrics_path: '/probe',
          http_sd_configs: [{ url: `${origin}/sd`, refresh_interval: '1s', ...authorization }],
          relabel_configs: [
            { source_labels: ['__address__'], target_label: '__param_target' },
            { source_labels: ['__param_target'], target_label: 'instance' },
            { target_label: '__address__', replacement: host },
          ],
        }
      : { static_configs: [{ targets: [host] }] };
    return {
      job_name: name,
      scrape_interval: `${intervalSeconds}s`,
      scrape_timeout: `${timeoutSeconds}s`,
      ...authorization,
      ...targets,
    };
  });
}

interface Result {
  metric: Record<string, string>;
  value: [number, string];
}

interface ActiveTarget {
  scrapePool: string;
  scrapeUrl: string;
  health: string;
  lastError: string;
  labels: Record<string, string>;
  discoveredLabels: Record<string, string>;
}

function connect({ origin, stop }: Serving): Prometheus {
  async function get<T>(path: string, parameters: Record<string, string> = {}): Promise<T> {
    const response = await fetch(`${origin}/api/v1/${path}?${new URLSearchParams(parameters)}`);
    const answer = (await response.json()) as { status: string; error?: string; data: T };
    if (answer.status !== 'success')
      throw new Error(`${path} ${JSON.stringify(parameters)}: ${answer.error}`);
    return answer.data;
  }
  async function ask(query: string, toKey: (metric: Result['metric']) => string): Promise<Vector> {
    const { resultType, result } = await get<{ resultType: string; result: Result[] }>('query', { query });
    if (resultType !== 'vector') throw new Error(`${query} gives a ${resultType}`);
    const vector: Vector = {};
    for (const { metric, value } of result) {
      // Of several metrics at once, the name distinguishes them.
      const several = result.some((other) => other.metric.__name__ !== metric.__name__);
      const key = several ? `${metric.__name__} ${toKey(metric)}` : toKey(metric);
      if (key in vector) throw new Error(`${query} gives ${key} twice`);
      vector[key] = toNumber(value[1]);
    }
    return vector;
  }
  const activeTargets = async () =>
    (await get<{ activeTargets: ActiveTarget[] }>('targets', { state: 'active' })).activeTargets;
  return {
    query: (query) => ask(query, keyOf),
    queryBy: (label, query) => ask(query, (metric) => metric[label] ?? ''),
    targetsOf: async (job) =>
      (await activeTargets())
        .filter(({ scrapePool }) => scrapePool === job)
        .map(({ labels, scrapeUrl: url, health, lastError, discoveredLabels: discovered }) => ({
          instance: labels.instance!,
          health,
          lastError,
          url,
          discovered,
        }))
        .sort((a, b) => (a.instance < b.instance ? -1 : 1)),
    targets: async () =>
      Object.fromEntries(
        (await activeTargets()).map(({ scrapePool, health, lastError }) => [
          scrapePool,
          { health, lastError },
        ]),
      ),
    types: async (job) => {
      const metadata = await get<{ metric: string; type: string }[]>('targets/metadata', {
        match_target: `{job="${job}"}`,
      });
      return Object.fromEntries(metadata.map(({ metric, type }) => [metric, type]));
    },
    stop: async () => {
      await stop();
    },
  };
}

function toNumber(text: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY;
  return text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text);
}

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, poll, type Running, start } from './process.ts';

/** One of Prometheus' scrape jobs, with one target. */
export interface Job {
  name: string;
  /** Address without a path. */
  origin: string;
  intervalSeconds: number;
  timeoutSeconds: number;
}

/** A vector: series by their labels (without job, instance and account) as `a=b c=d`. */
export type Vector = Record<string, number>;

/** A running Prometheus. */
export interface Prometheus {
  /** An instant query now. */
  query(expression: string): Promise<Vector>;
  /** What /api/v1/targets tells of each job. */
  targets(): Promise<Record<string, { health: string; lastError: string }>>;
  /** The type by which each family of a job is known. */
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

/** Starts a Prometheus that scrapes these jobs, with its data in a folder of its own. */
export async function startPrometheus(
  binary: string,
  jobs: readonly Job[],
  folder: string,
): Promise<Prometheus> {
  const config = join(folder, 'prometheus.yml');
  await writeFile(config, toConfig(jobs));
  // A port that was free may be taken a moment later.
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const data = join(folder, `data-${attempt}`);
    await mkdir(data);
    const args = [
      `--config.file=${config}`,
      `--storage.tsdb.path=${data}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=warn',
    ];
    const server = start(binary, args, { folder });
    const api = `http://127.0.0.1:${port}`;
    try {
      await poll('a ready Prometheus', async () => {
        if (server.ended() !== undefined) return true;
        return (await fetch(`${api}/-/ready`)).ok;
      });
    } catch (error) {
      await server.stop();
      throw error;
    }
    if (server.ended() === undefined) return connect(api, server);
    const log = server.stderr();
    if (attempt === 3 || !log.includes('address already in use')) {
      throw new Error(`Prometheus ended:\n${log}`);
    }
  }
}

function toConfig(jobs: readonly Job[]): string {
  const scrapeConfigs = jobs.map(({ name, origin, intervalSeconds, timeoutSeconds }) => ({
    job_name: name,
    scrape_interval: `${intervalSeconds}s`,
    scrape_timeout: `${timeoutSeconds}s`,
    static_configs: [{ targets: [new URL(origin).host] }],
  }));
  // JSON is YAML.
  return JSON.stringify({ scrape_configs: scrapeConfigs });
}

interface Result {
  metric: Record<string, string>;
  value: [number, string];
}

function connect(api: string, server: Running): Prometheus {
  async function get<T>(path: string, parameters: Record<string, string> = {}): Promise<T> {
    const response = await fetch(`${api}/api/v1/${path}?${new URLSearchParams(parameters)}`);
    const answer = (await response.json()) as { status: string; error?: string; data: T };
    if (answer.status !== 'success')
      throw new Error(`${path} ${JSON.stringify(parameters)}: ${answer.error}`);
    return answer.data;
  }
  return {
    query: async (query) => {
      const { resultType, result } = await get<{ resultType: string; result: Result[] }>('query', { query });
      if (resultType !== 'vector') throw new Error(`${query} gives a ${resultType}`);
      const vector: Vector = {};
      for (const { metric, value } of result) {
        // Of several metrics at once the name is what tells them apart.
        const several = result.some((other) => other.metric.__name__ !== metric.__name__);
        const key = several ? `${metric.__name__} ${keyOf(metric)}` : keyOf(metric);
        if (key in vector) throw new Error(`${query} gives ${key} twice`);
        vector[key] = toNumber(value[1]);
      }
      return vector;
    },
    targets: async () => {
      const { activeTargets } = await get<{
        activeTargets: { scrapePool: string; health: string; lastError: string }[];
      }>('targets', { state: 'active' });
      return Object.fromEntries(
        activeTargets.map(({ scrapePool, health, lastError }) => [scrapePool, { health, lastError }]),
      );
    },
    types: async (job) => {
      const metadata = await get<{ metric: string; type: string }[]>('targets/metadata', {
        match_target: `{job="${job}"}`,
      });
      return Object.fromEntries(metadata.map(({ metric, type }) => [metric, type]));
    },
    stop: async () => {
      await server.stop();
    },
  };
}

function toNumber(text: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY;
  return text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text);
}

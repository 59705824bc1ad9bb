import { mkdirSync } from 'node:fs';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fromBinary } from '@bufbuild/protobuf';
import { uncompressSync } from 'snappy';
import { WriteRequestSchema } from '../../support/proto/remote-write-1_pb.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { freePort, poll, type Running, start } from './process.ts';

/** Samples of each series, by its labels: value and time in milliseconds, in order. */
export type Series = Map<string, [timestampMs: number, value: number][]>;

/**
 * A server that accepts remote write, can be stopped and started on the same data, and reports what
 * it stores.
 */
export interface Receiver {
  writeUrl: string;
  origin: string;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** All samples of the job. Ended series have no sample for their end. */
  series(job: string): Promise<Series>;
}

const keyOf = (labels: Record<string, string>) =>
  JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));

/**
 * A Prometheus with its remote-write receiver on, without its own scrapes except for `scrape`.
 * `more` is added.
 */
export async function openPrometheus(
  binary: string,
  folder: string,
  scrape: object[] = [],
  more: { config?: object; args?: readonly string[] } = {},
): Promise<Receiver> {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const config = join(folder, 'receiver.yml');
  mkdirSync(join(folder, 'tsdb'), { recursive: true });
  const { writeFile } = await import('node:fs/promises');
  await writeFile(config, JSON.stringify({ scrape_configs: scrape, ...more.config }));
  const args = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, 'tsdb')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--web.enable-remote-write-receiver',
    '--log.level=warn',
    ...(more.args ?? []),
  ];
  return {
    ...startable(binary, args, folder, `${origin}/-/ready`),
    origin,
    writeUrl: `${origin}/api/v1/write`,
    async series(job) {
      const query = new URLSearchParams({
        query: `{job="${job}"}[2h]`,
        time: String(Date.now() / 1000 + 60),
      });
      const answer = (await (await fetch(`${origin}/api/v1/query?${query}`)).json()) as {
        data: { result: { metric: Record<string, string>; values: [number, string][] }[] };
      };
      return new Map(
        answer.data.result.map(({ metric, values }) => [
          keyOf(metric),
          values.map(([seconds, value]) => [Math.round(seconds * 1000), Number(value)]),
        ]),
      );
    },
  };
}

/** A VictoriaMetrics. `more` is added to its arguments. */
export async function openVictoriaMetrics(
  binary: string,
  folder: string,
  more: readonly string[] = [],
): Promise<Receiver> {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const args = [
    `-storageDataPath=${join(folder, 'vm')}`,
    `-httpListenAddr=127.0.0.1:${port}`,
    '-search.latencyOffset=0s',
    '-loggerLevel=WARN',
    ...more,
  ];
  return {
    ...startable(binary, args, folder, `${origin}/health`),
    origin,
    writeUrl: `${origin}/api/v1/write`,
    async series(job) {
      // Recent samples are not yet searched.
      await fetch(`${origin}/internal/force_flush`);
      const match = new URLSearchParams({
        'match[]': `{job="${job}"}`,
        start: String(Date.now() / 1000 - 7200),
      });
      const text = await (await fetch(`${origin}/api/v1/export?${match}`)).text();
      const found: Series = new Map();
      for (const line of text.split('\n').filter((each) => each !== '')) {
        const { metric, values, timestamps } = JSON.parse(line) as {
          metric: Record<string, string>;
          values: (number | null)[];
          timestamps: number[];
        };
        // A stale marker is exported as null.
        const samples = timestamps.flatMap((timestampMs, at): [number, number][] =>
          values[at] === null ? [] : [[timestampMs, values[at]!]],
        );
        found.set(keyOf(metric), [...(found.get(keyOf(metric)) ?? []), ...samples]);
      }
      return found;
    },
  };
}

function startable(binary: string, args: readonly string[], folder: string, readyUrl: string) {
  let server: Running | undefined;
  return {
    async start() {
      server = start(binary, args, { folder });
      await poll('the receiver', async () => {
        if (server!.ended() !== undefined) throw new Error(server!.stderr());
        return (await fetch(readyUrl)).ok;
      });
    },
    async stop() {
      await server?.stop();
      server = undefined;
    },
  };
}

/** What a proxy does with a request instead of passing it on. `after`: it passes it on first. */
export interface ReceiverFault {
  after?: boolean;
  status?: number;
  headers?: Record<string, string>;
  body?: string;
  /** `hang`: never answers. `cut`: begins an answer and closes the connection. */
  how?: 'hang' | 'cut';
}

/** A proxy for a receiver. */
export interface FaultyProxy extends TestServer {
  writeUrl: string;
  /** Received bodies, attempts included, and the result of each. */
  seen: { body: Buffer; status: number | 'hang' | 'cut' }[];
}

/** Starts a proxy for a receiver. `faultOf` gives the fault of request number `index`. */
export async function startFaultyProxy(
  receiver: Receiver,
  faultOf: (index: number, body: Buffer) => ReceiverFault | undefined,
): Promise<FaultyProxy> {
  const seen: FaultyProxy['seen'] = [];
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await buffer(request);
    const fault = faultOf(seen.length, body);
    const note = { body, status: 0 as number | 'hang' | 'cut' };
    seen.push(note);
    if (!fault || fault.after) {
      const answer = await forward(receiver.writeUrl, request, body);
      note.status = answer.status;
      if (!fault) return void response.writeHead(answer.status).end(answer.text);
    }
    note.status = fault.how ?? fault.status!;
    if (fault.how === 'hang') return;
    if (fault.how === 'cut') {
      response.writeHead(200, { 'content-length': 100 }).write('x');
      setTimeout(() => response.destroy(), 20);
      return;
    }
    response.writeHead(fault.status!, fault.headers).end(fault.body);
  };
  const server = await startServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  return { ...server, seen, writeUrl: `${server.origin}/api/v1/write` };
}

function forward(
  url: string,
  request: IncomingMessage,
  body: Buffer,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const { host, 'content-length': _, ...headers } = request.headers;
    const outgoing = http.request(url, { method: request.method, headers, agent: false }, (answer) => {
      buffer(answer).then((text) => resolve({ status: answer.statusCode!, text: text.toString() }), reject);
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/**
 * The samples in bodies of remote write 1.0, read by generated code and native snappy, without
 * stale markers.
 */
export function seriesOf(bodies: readonly Uint8Array[]): Series {
  const found: Series = new Map();
  for (const body of bodies) {
    const { timeseries } = fromBinary(WriteRequestSchema, uncompressSync(Buffer.from(body)) as Buffer);
    for (const { labels, samples } of timeseries) {
      const key = keyOf(Object.fromEntries(labels.map(({ name, value }) => [name, value])));
      const own = found.get(key) ?? [];
      for (const { value, timestamp } of samples) {
        if (!Number.isNaN(value)) own.push([Number(timestamp), value]);
      }
      if (own.length > 0) found.set(key, own);
    }
  }
  return found;
}

/** The difference between the samples of a receiver and the samples that were taken. */
export interface Figures {
  expected: number;
  received: number;
  lost: number;
  duplicated: number;
  wrong: number;
}

/** VictoriaMetrics keeps decimals, which are not every bit of a double. */
const tolerance = 1e-12;

/** Counts, series by series and time by time. */
export function compare(taken: Series, held: Series): Figures {
  const figures = { expected: 0, received: 0, lost: 0, duplicated: 0, wrong: 0 };
  for (const key of new Set([...taken.keys(), ...held.keys()])) {
    const own = taken.get(key) ?? [];
    const theirs = held.get(key) ?? [];
    figures.expected += own.length;
    figures.received += theirs.length;
    const times = new Map<number, number[]>();
    for (const [timestampMs, value] of theirs) {
      times.set(timestampMs, [...(times.get(timestampMs) ?? []), value]);
    }
    for (const [timestampMs, value] of own) {
      const [first, ...more] = times.get(timestampMs) ?? [];
      times.delete(timestampMs);
      if (first === undefined) figures.lost++;
      else if (Math.abs(first - value) > tolerance * Math.abs(value)) figures.wrong++;
      figures.duplicated += more.length;
    }
    // Neither taken nor in order.
    figures.wrong += times.size;
    if (theirs.some(([timestampMs], at) => timestampMs <= (theirs[at - 1]?.[0] ?? 0))) figures.wrong++;
  }
  return figures;
}

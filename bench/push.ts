import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { compressSync, uncompressSync } from 'snappy';
import { compress } from 'snappyjs';
import { build } from '../src/build.ts';
import { catalogue } from '../src/catalogue/index.ts';
import type { Family } from '../src/catalogue/metric.ts';
import { toRegistry } from '../src/catalogue/metric.ts';
import { textFormat } from '../src/exposition/format.ts';
import { encodeMetrics } from '../src/push/encoding/otlp.ts';
import { type Point, toPoints } from '../src/push/encoding/points.ts';
import { encodeWriteRequest } from '../src/push/encoding/remote-write-1.ts';
import { encodeRequest } from '../src/push/encoding/remote-write-2.ts';
import { toAgentSeries } from '../src/snapshot/agent-series.ts';
import { agentListing, assemble } from '../src/snapshot/assemble.ts';
import { toFloor } from '../src/snapshot/floor.ts';
import { parseAgentStatus } from '../src/vcc/agent-status.ts';
import { WriteRequestSchema } from '../test/support/proto/remote-write-1_pb.ts';
import { pageBodies } from './account.ts';
import { facts, floorOptions } from './cpu.ts';
import { inTurn, median, table } from './measure.ts';

const target = { job: 'vcc', instance: 'bench' };

async function familiesOf(agents: number, single: boolean): Promise<Family[]> {
  const pages = pageBodies(agents, 1000).map((body, at) => [at + 1, parseAgentStatus(body, at + 1)] as const);
  const snapshot = assemble(new Map(pages), agentListing);
  if ('reason' in snapshot) throw new Error(snapshot.reason);
  const all = {
    limit: 1e6,
    loggedOut: true,
    include: undefined,
    exclude: undefined,
    idOf: (id: string) => id,
  };
  const agentSeries = single ? toAgentSeries(snapshot, 'bench', undefined, all) : undefined;
  const floor = toFloor(snapshot, floorOptions);
  const readings = [{ account: 'bench', error: undefined, floor, ...facts, agentSeries }];
  return (await toRegistry(catalogue, {
    build,
    accounts: readings.length,
    readings,
  }).getMetricsAsJSON()) as unknown as Family[];
}

/** The way of most programs: generated code and native snappy. */
function byGeneratedCode(points: readonly Point[]): Uint8Array {
  const timeseries = points.map(({ labels, value, timestampMs }) => ({
    labels: labels.map(([name, text]) => ({ name, value: text })),
    samples: [{ value: value!, timestamp: BigInt(timestampMs) }],
  }));
  return compressSync(Buffer.from(toBinary(WriteRequestSchema, create(WriteRequestSchema, { timeseries }))));
}

/** (e) The cost of a push: bytes on the network, and time to encode, per sample. */
export async function pushing(quick: boolean): Promise<string> {
  const parts: string[] = [];
  for (const [title, agents, single, rounds] of [
    ['the floor of 1000 agents', 1000, false, 200],
    ['1000 single agents', 1000, true, 40],
    ['10,000 single agents', 10_000, true, 8],
  ] as const) {
    if (quick && agents > 1000) continue;
    const families = await familiesOf(agents, single);
    const nowMs = Date.now();
    const points = toPoints(families, nowMs, target);
    const contenders: [string, () => Uint8Array][] = [
      ['generated code, native snappy (1.0)', () => byGeneratedCode(points)],
      ['remote write 1.0', () => compress(encodeWriteRequest(points))],
      ['remote write 2.0', () => compress(encodeRequest(points))],
      ['OTLP, gzip', () => gzipSync(encodeMetrics(points, target))],
      ['text 0.0.4, gzip', () => gzipSync(textFormat.encode(families))],
    ];
    const times = await inTurn(
      quick ? Math.ceil(rounds / 8) : rounds,
      3,
      ...contenders.map(([, encode]) => encode),
    );
    const base = times[0]!;
    const rows = contenders.map(([name, encode], at) => {
      const bytes = encode().length;
      const us = (median(times[at]!) * 1000) / points.length;
      const ratio = median(times[at]!.map((ms, round) => ms / base[round]!));
      return [name, `${(bytes / points.length).toFixed(1)}`, `${us.toFixed(2)} µs`, ratio.toFixed(2)];
    });
    const own = await prometheusOwn(families, points.length);
    rows.push(['Prometheus’ own remote write (1.0)', own, '', '']);
    parts.push(
      `${title}: ${points.length} samples\n\n${table(['', 'bytes/sample', 'encode/sample', 'ratio'], rows)}`,
    );
  }
  return `(e) Push: wire size and encode time per sample (medians)\n\n${parts.join('\n\n')}\n\nRatio: to the first row, round by round. Prometheus 2.42 scraped the same exposition and sent it to a server that counted.\n`;
}

/** The bytes per sample of Prometheus for the same samples, if it is installed. */
async function prometheusOwn(families: readonly Family[], samples: number): Promise<string> {
  const binary = fileURLToPath(new URL('../.cache/e2e/prometheus/usr/bin/prometheus', import.meta.url));
  if (!existsSync(binary)) return 'none here (npm run e2e gets one)';
  const folder = mkdtempSync(join(tmpdir(), 'vcc-bench-'));
  const captured = { bytes: 0, samples: 0 };
  const body = textFormat.encode(families);
  const server = http.createServer((request, response) => {
    if (request.method === 'GET') {
      response.writeHead(200, { 'content-type': textFormat.contentType }).end(body);
      return;
    }
    buffer(request).then((sent) => {
      const { timeseries } = fromBinary(WriteRequestSchema, uncompressSync(sent) as Buffer);
      const count = timeseries.reduce((sum, series) => sum + series.samples.length, 0);
      if (count > 0) captured.bytes += sent.length;
      captured.samples += count;
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const config = {
    scrape_configs: [{ job_name: 'vcc', scrape_interval: '3s', static_configs: [{ targets: [host] }] }],
    remote_write: [{ url: `http://${host}/write`, queue_config: { max_samples_per_send: 2000 } }],
  };
  writeFileSync(join(folder, 'p.yml'), JSON.stringify(config));
  const child = spawn(
    binary,
    [`--config.file=${folder}/p.yml`, `--storage.tsdb.path=${folder}/d`, '--web.listen-address=127.0.0.1:0'],
    { stdio: 'ignore' },
  );
  try {
    for (let second = 0; second < 40 && captured.samples < 2 * samples; second++) await wait(500);
    return captured.samples === 0 ? 'sent nothing' : (captured.bytes / captured.samples).toFixed(1);
  } finally {
    child.kill('SIGKILL');
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

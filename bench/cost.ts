// npm run bench:cost: measures the time and memory of a scrape in Lambda's runtime client. It
// writes bench/cost.json, from which `npm run generate` computes docs/explain/cost.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { startRuntime } from '../test/support/runtime-api.ts';
import { findRuntime } from './lambda.ts';
import { median } from './measure.ts';
import { startServer } from './start-server.ts';

/** The assumed time of an answer of the API. */
const latencyMs = 200;
const pageSize = 1000;
const warmUps = 10;

const runtime = findRuntime();
if ('missing' in runtime) throw new Error(runtime.missing);
const event = JSON.parse(
  readFileSync(new URL('../test/fixtures/events/function-url.json', import.meta.url), 'utf8'),
);
event.headers['accept-encoding'] = 'gzip';

const scrapes = [];
const starts: number[] = [];
let series = 0;
for (const agents of [100, 1000, 10_000]) {
  const api = await startServer(agents, pageSize, latencyMs);
  for (const memoryMb of [128, 256, 512]) {
    const started = await startRuntime({
      ...runtime,
      zip: fileURLToPath(new URL('../dist/package/metrics.zip', import.meta.url)),
      handler: 'metrics.handler',
      env: {
        VCC_API_URL: api.origin,
        VCC_TOKEN_URL: `${api.origin}/token`,
        VCC_CLIENT_ID: 'bench',
        VCC_CLIENT_SECRET: 'bench',
        VCC_SCRAPE_AUTH: 'none',
      },
      memoryMb,
    });
    const rounds = 60;
    let answer = '';
    for (let round = 0; round < warmUps; round++) answer = bodyOf(await started.invoke(event));
    const cpuBeforeMs = started.cpuMs();
    const wall: number[] = [];
    for (let round = 0; round < rounds; round++) wall.push((await started.invoke(event)).durationMs);
    scrapes.push({
      agents,
      memoryMb,
      wallMs: round1(median(wall)),
      cpuMs: round1((started.cpuMs() - cpuBeforeMs) / rounds),
      peakMb: peakMb(started.pid),
      answerBytes: Buffer.from(answer, 'base64').length,
    });
    series = gunzipSync(Buffer.from(answer, 'base64'))
      .toString('utf8')
      .match(/^[^#\s]/gm)!.length;
    starts.push(started.firstAnswerMs()!);
    await started.close();
    process.stdout.write(`${JSON.stringify(scrapes.at(-1))}\n`);
  }
  api.stop();
}

const figures = {
  command: 'npm run bench:cost',
  node: 'Node.js 24',
  latencyMs,
  pageSize,
  series,
  coldMs: Math.round(median(starts)),
  scrapes,
};
writeFileSync(new URL('./cost.json', import.meta.url), `${JSON.stringify(figures, undefined, 2)}\n`);

function bodyOf({ body }: { body: unknown }): string {
  return (body as { body: string }).body;
}

/** The peak memory of the process. */
function peakMb(pid: number): number {
  const kib = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1];
  return Math.ceil(Number(kib) / 1024);
}

function round1(figure: number): number {
  return Math.round(figure * 10) / 10;
}

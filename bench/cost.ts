// npm run bench:cost [-- queues]: measures the time and memory of a scrape in Lambda's runtime
// client, or only of scrapes with queues. It writes bench/cost.json, from which `npm run generate`
// computes docs/explain/cost.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { type LambdaRuntime, startRuntime } from '../test/support/runtime-api.ts';
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

const only = process.argv.includes('queues');
const path = new URL('./cost.json', import.meta.url);
const before = JSON.parse(readFileSync(path, 'utf8'));
const figures = {
  command: 'npm run bench:cost',
  node: 'Node.js 24',
  latencyMs,
  pageSize,
  ...(only ? before : await measureScrapes()),
  queues: await measureQueues(),
};
writeFileSync(path, `${JSON.stringify(figures, undefined, 2)}\n`);

function start(origin: string, memoryMb: number, more: Record<string, string> = {}) {
  return startRuntime({
    ...(runtime as { node: string; client: string }),
    zip: fileURLToPath(new URL('../dist/package/metrics.zip', import.meta.url)),
    handler: 'metrics.handler',
    env: {
      VCC_API_URL: origin,
      VCC_TOKEN_URL: `${origin}/token`,
      VCC_CLIENT_ID: 'bench',
      VCC_CLIENT_SECRET: 'bench',
      VCC_SCRAPE_AUTH: 'none',
      ...more,
    },
    memoryMb,
  });
}

async function measureScrapes() {
  const scrapes = [];
  const starts: number[] = [];
  let series = 0;
  for (const agents of [100, 1000, 10_000]) {
    const api = await startServer(agents, pageSize, latencyMs);
    for (const memoryMb of [128, 256, 512]) {
      const started = await start(api.origin, memoryMb);
      const measured = meter(started);
      for (let round = 0; round < warmUps; round++) await started.invoke(event);
      for (let round = 0; round < 60; round++) await measured.invoke();
      scrapes.push({ agents, memoryMb, ...measured.figures() });
      series = measured.series();
      starts.push(started.firstAnswerMs()!);
      await started.close();
      process.stdout.write(`${JSON.stringify(scrapes.at(-1))}\n`);
    }
    api.stop();
  }
  return { series, coldMs: Math.round(median(starts)), scrapes };
}

/**
 * Scrapes with queues and without, in turn. `kept`: queue times were read less than
 * VCC_QUEUE_INTERVAL before. `due`: they are read again.
 */
async function measureQueues() {
  const measured = [];
  for (const { agents, memoryMb, ...lists } of [
    { agents: 200, memoryMb: 128, ongoing: 60, queueTimes: 300 },
    { agents: 200, memoryMb: 256, ongoing: 60, queueTimes: 300 },
    { agents: 5000, memoryMb: 256, ongoing: 1500, queueTimes: 5000 },
    { agents: 5000, memoryMb: 512, ongoing: 1500, queueTimes: 5000 },
  ]) {
    const api = await startServer(agents, pageSize, latencyMs, lists);
    const settings = { VCC_QUEUES: 'on', VCC_QUEUE_WINDOW: '24h' };
    const runtimes = {
      off: await start(api.origin, memoryMb),
      kept: await start(api.origin, memoryMb, { ...settings, VCC_QUEUE_INTERVAL: '1h' }),
      due: await start(api.origin, memoryMb, { ...settings, VCC_QUEUE_INTERVAL: '5s' }),
    };
    const meters = Object.entries(runtimes).map(([name, each]) => ({ name, each, meter: meter(each) }));
    for (const { name, each } of meters) {
      for (let round = 0; round < (name === 'due' ? 2 : warmUps); round++) await each.invoke(event);
    }
    for (let round = 0; round < 60; round++) {
      for (const { name, meter: its } of meters) if (name !== 'due') await its.invoke();
    }
    for (let round = 0; round < 10; round++) {
      await new Promise((resolve) => setTimeout(resolve, 5100));
      await meters.find(({ name }) => name === 'due')!.meter.invoke();
    }
    const figuresOf = Object.fromEntries(meters.map(({ name, meter: its }) => [name, its.figures()]));
    measured.push({ agents, ...lists, memoryMb, ...figuresOf });
    for (const { each } of meters) await each.close();
    api.stop();
    process.stdout.write(`${JSON.stringify(measured.at(-1))}\n`);
  }
  return measured;
}

/** Measures the invocations of a function that has started. */
function meter(started: LambdaRuntime) {
  const wall: number[] = [];
  let cpuMs = 0;
  let answer = '';
  return {
    async invoke(): Promise<void> {
      const beforeMs = started.cpuMs();
      const invocation = await started.invoke(event);
      cpuMs += started.cpuMs() - beforeMs;
      wall.push(invocation.durationMs);
      answer = bodyOf(invocation);
    },
    series: () =>
      gunzipSync(Buffer.from(answer, 'base64'))
        .toString('utf8')
        .match(/^[^#\s]/gm)!.length,
    figures: () => ({
      wallMs: round1(median(wall)),
      cpuMs: round1(cpuMs / wall.length),
      peakMb: peakMb(started.pid),
      answerBytes: Buffer.from(answer, 'base64').length,
    }),
  };
}

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

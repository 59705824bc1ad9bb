import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { openAccounts } from '../../src/app/accounts.ts';
import { createStateStore } from '../../src/app/places.ts';
import { type OpenPushers, openPushers } from '../../src/app/pushers.ts';
import { openSqsQueue } from '../../src/aws/sqs.ts';
import { deadlineIn } from '../../src/deadline.ts';
import { openDiskQueue } from '../../src/files/disk-queue.ts';
import { createDeliverHandler } from '../../src/lambda/deliver.ts';
import { createPushHandler } from '../../src/lambda/push.ts';
import type { Destination } from '../../src/push/destinations/destination.ts';
import type { Route } from '../../src/push/outbox/outbox.ts';
import { createMemoryQueue, type Queue } from '../../src/push/queue.ts';
import { pushSlots } from '../../src/push/schedule/push-slots.ts';
import { createPusher } from '../../src/push/schedule/pusher.ts';
import { encodeState, stateFileOf } from '../../src/push/schedule/state.ts';
import { createScraper } from '../../src/scrape.ts';
import { type Simulator, startSimulator } from '../../src/simulator/server.ts';
import { systemTiming } from '../../src/timing.ts';
import { accountOf } from '../support/account.ts';
import { runCli, settingsFor } from './support/exporter.ts';
import { createBucket, type Moto, startMoto } from './support/moto.ts';
import { describeWith } from './support/parts.ts';
import { freePort, poll, start } from './support/process.ts';
import {
  compare,
  type FaultyProxy,
  type Figures,
  openPrometheus,
  openVictoriaMetrics,
  type Receiver,
  type ReceiverFault,
  type Series,
  seriesOf,
  startFaultyProxy,
} from './support/push.ts';
import { openQueues, type Queues } from './support/sqs-poller.ts';

const intervalMs = 15_000;
/** Ten minutes of samples. */
const steady = 40;
/** Twenty minutes of samples, in an outage. */
const outage = 80;
const log: string[] = [];
const note = (line: string) => void log.push(line);
const quick = { retries: 8, baseDelayMs: 20, maxDelayMs: 100 };
const endless = { ...quick, retries: Number.POSITIVE_INFINITY };

describeWith(['prometheus', 'victoriaMetrics'], 'pushing', (parts) => {
  let folder: string;
  let clockMs: number;
  let simulator: Simulator;
  const open: { stop(): unknown }[] = [];
  let taken: Uint8Array[];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'vcc-push-'));
    // Long enough ago that no sample is of the future.
    clockMs = Math.floor(Date.now() / 1000) * 1000 - 45 * 60_000;
    const own = await startSimulator({ agents: 60, now: () => clockMs, tokenSeconds: 36_000 });
    open.push({ stop: () => own.close() });
    simulator = own;
    taken = [];
    log.length = 0;
  });

  afterEach(async () => {
    for (const each of open.splice(0).reverse()) await each.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const prometheus = async (): Promise<Receiver> => {
    const receiver = await openPrometheus(parts.prometheus.prometheus, folder);
    open.push(receiver);
    await receiver.start();
    return receiver;
  };
  const victoria = async (...more: string[]): Promise<Receiver> => {
    const receiver = await openVictoriaMetrics(parts.victoriaMetrics.binary, folder, more);
    open.push(receiver);
    await receiver.start();
    return receiver;
  };

  /** A queue that remembers what was put into it. */
  const tapped = (queue: Queue): Queue => ({
    ...queue,
    async add(batches) {
      taken.push(...batches.map(({ body }) => body));
      await queue.add(batches);
    },
  });

  async function pushersTo(
    urls: readonly string[],
    toRoute: (destination: Destination, account: string) => Promise<Route> | Route,
    more: Record<string, string> = {},
  ): Promise<OpenPushers> {
    const destinations = urls.map((url, at) => ({ name: `to-${at + 1}`, url, job: `job-${at + 1}` }));
    const env = settingsFor(simulator, {
      VCC_PUSH_DESTINATIONS: JSON.stringify({ destinations }),
      VCC_PUSH_TIMEOUT: '1s',
      ...more,
    });
    const opened = await openAccounts(env, note);
    const pushers = await openPushers(env, opened, {
      log: note,
      print: note,
      store: createStateStore(join(folder, 'state')),
      toRoute,
    });
    open.push({ stop: () => pushers.close() });
    return pushers;
  }

  const direct = (destination: Destination): Route => ({
    destination,
    queue: tapped(createMemoryQueue(true)),
    deliver: destination.deliver,
    retry: quick,
  });
  const onDisk = async (destination: Destination, account: string): Promise<Route> => ({
    destination,
    queue: tapped(
      await openDiskQueue(join(folder, 'queue'), account, destination.name, {
        setting: 'VCC_PUSH_FOLDER',
        report: ({ message }) => note(message),
      }),
    ),
    deliver: destination.deliver,
    retry: quick,
  });

  /**
   * Takes this number of samples, a quarter of a minute of the simulated floor apart, and sends
   * each at once.
   */
  async function takeSamples({ pushers }: OpenPushers, count: number): Promise<void> {
    for (let sample = 0; sample < count; sample++) {
      clockMs += intervalMs;
      for (const pusher of pushers) {
        await pusher.scrape(clockMs, deadlineIn(5000));
        await pusher.send(deadlineIn(20_000));
      }
    }
  }

  async function figuresOf(receiver: Receiver, job = 'job-1', of = taken): Promise<Figures> {
    const lease = await receiver.series(job);
    const own = new Map([...seriesOf(of)].filter(([key]) => key.includes(`"${job}"`)));
    return compare(own, lease);
  }

  /** Everything arrived once, at its own time, in order. */
  function expectAll(name: string, figures: Figures, samples: number): void {
    process.stdout.write(`  ${name}: ${JSON.stringify(figures)}\n`);
    expect(figures).toEqual({
      expected: figures.expected,
      received: figures.expected,
      lost: 0,
      duplicated: 0,
      wrong: 0,
    });
    expect(figures.expected).toBeGreaterThan(samples * 200);
  }

  test.each([
    ['Prometheus', prometheus],
    ['VictoriaMetrics', victoria],
  ])('ten minutes of samples arrive in %s, each with its own time', async (name, openReceiver) => {
    const receiver = await openReceiver();
    const pushers = await pushersTo([receiver.writeUrl], direct);
    await takeSamples(pushers, steady);
    expectAll(`steady, ${name}`, await figuresOf(receiver), steady);
    expect(log).toEqual([]);
    const up = [...(await receiver.series('job-1'))].find(([key]) => key.includes('"vcc_up"'))![1];
    expect(up.map(([timestampMs]) => timestampMs)).toEqual(
      Array.from({ length: steady }, (_, at) => clockMs - (steady - 1 - at) * intervalMs),
    );
  });

  test('a receiver that is down for twenty minutes leaves no gap, and delays no other one', async () => {
    // A request whose answer arrives after 60 ms is sent again, and VictoriaMetrics keeps the same
    // sample twice without the flag.
    const [dead, alive] = [await prometheus(), await victoria('-dedup.minScrapeInterval=1ms')];
    const pushers = await pushersTo([dead.writeUrl, alive.writeUrl], onDisk);
    await takeSamples(pushers, 4);
    await dead.stop();
    for (const { pushers: each } of [pushers]) {
      for (let sample = 0; sample < outage; sample++) {
        clockMs += intervalMs;
        for (const pusher of each) {
          await pusher.scrape(clockMs, deadlineIn(5000));
          // The outage lasts longer than any wait here.
          await pusher.send(deadlineIn(60));
        }
      }
    }
    expectAll('another destination meanwhile', await figuresOf(alive, 'job-2'), outage);
    expect(log.some((line) => line.includes('connection refused'))).toBe(true);
    await dead.start();
    await takeSamples(pushers, 4);
    expectAll('outage of 20 minutes, queue on disk', await figuresOf(dead), outage);
  });

  test('what was not delivered when the process ended is delivered by the next one', async () => {
    const receiver = await prometheus();
    await receiver.stop();
    const first = await pushersTo([receiver.writeUrl], onDisk);
    for (let sample = 0; sample < 5; sample++) {
      clockMs += intervalMs;
      await first.pushers[0]!.scrape(clockMs, deadlineIn(5000));
    }
    // No finish(), no save(): the first process is gone without notice.
    first.close();
    await receiver.start();
    const second = await pushersTo([receiver.writeUrl], onDisk);
    await takeSamples(second, 3);
    expectAll('ended between sampling and delivering', await figuresOf(receiver), 8);
  });

  /** What happens to the requests of one test, by their number. */
  const troubles: Record<string, (index: number) => ReceiverFault | undefined> = {
    'answers 500 now and then': (index) => (index % 3 === 0 ? { status: 500, body: 'oops' } : undefined),
    'answers 503 after it has stored': (index) =>
      index % 3 === 0 ? { status: 503, after: true } : undefined,
    'answers 429 with Retry-After in seconds': (index) =>
      index === 4 ? { status: 429, headers: { 'retry-after': '1' } } : undefined,
    'answers 429 with Retry-After as a date': (index) =>
      index === 4
        ? { status: 429, headers: { 'retry-after': new Date(Date.now() + 1500).toUTCString() } }
        : undefined,
    hangs: (index) => (index === 3 || index === 9 ? { how: 'hang' } : undefined),
    'closes in the middle of its answer, having stored': (index) =>
      index % 4 === 1 ? { how: 'cut', after: true } : undefined,
    'closes in the middle of its answer': (index) => (index % 4 === 1 ? { how: 'cut' } : undefined),
  };
  test.each(Object.entries(troubles))('a receiver that %s gets every sample once', async (name, faultOf) => {
    const receiver = await prometheus();
    const proxy = await startFaultyProxy(receiver, faultOf);
    open.push({ stop: () => proxy.close() });
    const pushers = await pushersTo([proxy.writeUrl], direct);
    await takeSamples(pushers, 12);
    expectAll(name, await figuresOf(receiver), 12);
    expectIdenticalRepeats(proxy);
  });

  /** A rejected body was sent again, byte by byte, before any other. */
  function expectIdenticalRepeats({ seen }: FaultyProxy): void {
    const failed = seen.flatMap(({ status }, at) => (status === 204 || status === 200 ? [] : [at]));
    expect(failed.length).toBeGreaterThan(0);
    for (const at of failed) expect(seen[at]!.body.equals(seen[at + 1]!.body)).toBe(true);
  }

  test('a batch that a receiver rejects is put aside with its reason, never sent again without replay, and can be replayed', async () => {
    const receiver = await victoria();
    let refuse = true;
    const proxy = await startFaultyProxy(receiver, (index) =>
      refuse && index === 2
        ? { status: 400, body: 'series={__name__="vcc_agents", agent_id="AGENT-7"}: label value too long\n' }
        : undefined,
    );
    open.push({ stop: () => proxy.close() });
    const more = { VCC_PUSH_FOLDER: 'queue' };
    const pushers = await pushersTo([proxy.writeUrl], onDisk, more);
    await takeSamples(pushers, 6);
    const missing = await figuresOf(receiver);
    expect(missing.lost).toBe(seriesSize(seriesOf([proxy.seen[2]!.body])));
    expect({ ...missing, expected: 0, received: 0, lost: 0 }).toEqual({
      expected: 0,
      received: 0,
      lost: 0,
      duplicated: 0,
      wrong: 0,
    });
    expect(proxy.seen.filter(({ body }) => body.equals(proxy.seen[2]!.body))).toHaveLength(1);
    const line = log.find((each) => each.includes('push failed'))!;
    expect(line).toContain(
      'answered 400: series={__name__=\\"vcc_agents\\", agent_id=\\"…\\"}: label value too long',
    );

    refuse = false;
    const env = settingsFor(simulator, more);
    const listed = await runCli(['replay', '--list'], env, folder);
    expect(listed.stdout).toContain('e2e -> to-1');
    expect(listed.stdout).toContain('label value too long');
    expect(listed.stderr).toContain('Rejected batches: 1.');
    const replayed = await runCli(['replay'], env, folder);
    expect([replayed.status, replayed.stderr]).toEqual([0, expect.stringContaining('Batches put back: 1.')]);
    const again = await pushersTo([proxy.writeUrl], onDisk, more);
    await takeSamples(again, 1);
    // VictoriaMetrics accepts samples older than its newest one.
    expectAll('rejected, mended and replayed', await figuresOf(receiver), 7);
  });

  test('a second invocation for the same slots writes nothing, at once or later', async () => {
    const receiver = await prometheus();
    const slots = [1, 2, 3].map((at) => clockMs + at * intervalMs);
    const timing = {
      ...systemTiming,
      now: () => clockMs,
      sleep: async (ms: number) => {
        clockMs += ms;
      },
    };
    const round = {
      slots,
      intervalMs,
      timing,
      deadline: deadlineIn(30_000),
    };
    const run = async () => pushSlots((await pushersTo([receiver.writeUrl], direct)).pushers[0]!, round);
    const first = await run();
    expect(first).toMatchObject({ taken: 3, due: 3, failures: [] });
    // A later start of another process, which knows of the first by the state.
    expect(await run()).toMatchObject({ taken: 0, due: 0, failures: [] });
    expectAll('a repeated invocation', await figuresOf(receiver), 3);
  });

  test('nothing is pushed while the clock is an hour off, and this is reported', async () => {
    const receiver = await prometheus();
    const timing = { ...systemTiming, now: () => Date.now() + 3_600_000 };
    const account = accountOf(simulator);
    const scraper = createScraper(account, { timing });
    const { destinations } = await pushersTo([receiver.writeUrl], direct);
    const pusher = createPusher({
      scraper,
      routes: [direct(destinations[0]!)],
      timing,
      store: undefined,
      log: note,
    });
    open.push({ stop: () => pusher.close() });
    await pusher.scrape(timing.now(), deadlineIn(5000));
    await pusher.send(deadlineIn(5000));
    expect(await receiver.series('job-1')).toEqual(new Map());
    expect(pusher.takeFailures().map(String)).toEqual([
      expect.stringMatching(
        /^PushError: nothing is pushed: this machine's clock is 3\d\d\d s ahead of the clock of the API$/,
      ),
    ]);
  });

  test('series that vanish end, also across two processes, and those of a failed scrape', async () => {
    const receiver = await prometheus();
    const items = simulator.items().slice(0, 20);
    items[0]!.presence = { ...items[0]!.presence, name: 'Away', description: 'Fire drill' };
    await simulator.close();
    const startWith = async (agents: typeof items) => {
      const own = await startSimulator({ items: agents, now: () => clockMs });
      open.push({ stop: () => own.close() });
      simulator = own;
      const pushers = await pushersTo([receiver.writeUrl], direct);
      await takeSamples(pushers, 1);
      for (const pusher of pushers.pushers) await pusher.finish();
    };
    const now = async (query: string) => {
      const parameters = new URLSearchParams({ query, time: String(clockMs / 1000 + 1) });
      const answer = await (await fetch(`${receiver.origin}/api/v1/query?${parameters}`)).json();
      return (answer as { data: { result: unknown[] } }).data.result.length;
    };
    await startWith(items);
    expect(await now('vcc_agents_by_description{description="Fire drill"}')).toBe(1);
    await startWith(items.slice(1));
    expect(await now('vcc_agents_by_description{description="Fire drill"}')).toBe(0);
    expect(await now('vcc_snapshot_agents')).toBe(1);
    await simulator.close();
    clockMs += intervalMs;
    const pushers = await pushersTo([receiver.writeUrl], direct, { VCC_RETRIES: '0' });
    await pushers.pushers[0]!.scrape(clockMs, deadlineIn(2000));
    await pushers.pushers[0]!.send(deadlineIn(5000));
    expect([await now('vcc_up == 0'), await now('vcc_snapshot_agents'), await now('vcc_agents')]).toEqual([
      1, 0, 0,
    ]);
  });

  test('a state that another program has changed ends no series of others, and makes Prometheus reject nothing', async () => {
    const receiver = await prometheus();
    const env = { VCC_PUSH_URL: receiver.writeUrl, VCC_PUSH_JOB: 'job-1', VCC_PUSH_INTERVAL: '1s' };
    const pushOnce = (account: string) =>
      runCli(['push', '--once'], settingsFor(simulator, { ...env, VCC_ACCOUNT: account }), folder);
    for (const account of ['theirs', 'ours']) expect(await pushOnce(account)).toMatchObject({ status: 0 });

    const path = join(folder, 'vcc-push', 'state', stateFileOf('ours'));
    const { timestampMs, series } = JSON.parse(gunzipSync(readFileSync(path)).toString());
    const labels = (account: string) => ['account', account, 'instance', account, 'job', 'job-1'];
    series.default.push(
      ['__name__', 'vcc_up', ...labels('theirs')],
      ['__name__', 'vcc_agents', ...labels('ours'), 'presence', 'x', 'presence', 'x'],
    );
    writeFileSync(path, encodeState({ timestampMs, series }));
    const pushed = await pushOnce('ours');
    expect(pushed).toMatchObject({ status: 0, stderr: expect.stringContaining('"event":"state damaged"') });
    expect(pushed.stderr).not.toContain('theirs');

    const parameters = new URLSearchParams({ query: 'vcc_up', time: String(Date.now() / 1000 + 1) });
    const answer = await (await fetch(`${receiver.origin}/api/v1/query?${parameters}`)).json();
    const found = (answer as { data: { result: { metric: { account: string } }[] } }).data.result;
    expect(found.map(({ metric }) => metric.account).sort()).toEqual(['ours', 'theirs']);
  });

  test('vcc-exporter push continues after kill -9 with nothing lost and nothing twice', async () => {
    const receiver = await prometheus();
    await receiver.stop();
    const env = settingsFor(simulator, {
      VCC_PUSH_URL: receiver.writeUrl,
      VCC_PUSH_INTERVAL: '1s',
      VCC_PUSH_JOB: 'job-1',
    });
    const cli = fileURLToPath(new URL('../../dist/cli.mjs', import.meta.url));
    const queued = () =>
      readdirSync(join(folder, 'vcc-push', 'queues'), { recursive: true, encoding: 'utf8' }).filter((file) =>
        file.endsWith('.json'),
      );
    const first = start(process.execPath, [cli, 'push'], { folder, env });
    open.push(first);
    await poll('four samples in the queue', () => queued().length >= 4 && queued());
    await first.stop(0);
    const left = queued();
    await receiver.start();
    const second = start(process.execPath, [cli, 'push'], { folder, env });
    open.push(second);
    const upTimes = async () =>
      [...(await receiver.series('job-1'))].find(([key]) => key.includes('"vcc_up"'))?.[1] ?? [];
    await poll('two more samples', async () => (await upTimes()).length >= left.length + 2);
    const ended = await second.stop();
    expect(ended.status).toBe(0);
    const times = (await upTimes()).map(([timestampMs]) => timestampMs);
    const queuedTimes = left.map((file) => Number(/(\d{15})-/.exec(file)![1]));
    expect(times).toEqual(expect.arrayContaining(queuedTimes));
    expect(new Set(times).size).toBe(times.length);
    expect(ended.stdout + ended.stderr + first.stdout() + first.stderr()).not.toContain(
      simulator.clientSecret,
    );
  }, 60_000);
});

describeWith(['prometheus', 'pushgateway'], 'push --end-series', (parts) => {
  let folder: string;
  const open: { stop(): unknown }[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'vcc-end-'));
  });
  afterEach(async () => {
    for (const each of open.splice(0).reverse()) await each.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Runs `vcc-exporter push` until it has pushed, and stops it with SIGTERM. */
  async function pushUntil(
    pushed: () => Promise<boolean>,
    env: Record<string, string>,
    ...options: string[]
  ): Promise<void> {
    const simulator = await startSimulator({ agents: 40 });
    open.push({ stop: () => simulator.close() });
    const cli = fileURLToPath(new URL('../../dist/cli.mjs', import.meta.url));
    const settings = settingsFor(simulator, {
      VCC_PUSH_INTERVAL: '1s',
      VCC_PUSH_FOLDER: options.join() || 'q',
      ...env,
    });
    const running = start(process.execPath, [cli, 'push', ...options], { folder, env: settings });
    await poll('a push', pushed);
    const ended = await running.stop();
    expect([ended.status, ended.stderr]).toEqual([0, 'Pushing e2e to default.\n']);
  }

  test('leaves Prometheus no series of a process that was stopped; without it, they stay for minutes', async () => {
    const receiver = await openPrometheus(parts.prometheus.prometheus, folder);
    open.push(receiver);
    await receiver.start();
    const count = async (job: string) => {
      const query = new URLSearchParams({ query: `count({job="${job}"}) or vector(0)` });
      const answer = await (await fetch(`${receiver.origin}/api/v1/query?${query}`)).json();
      const { data } = answer as { data: { result: { value: [number, string] }[] } };
      return Number(data.result[0]!.value[1]);
    };
    for (const [job, options] of [
      ['with', ['--end-series']],
      ['without', []],
    ] as const) {
      const env = { VCC_PUSH_URL: receiver.writeUrl, VCC_PUSH_JOB: job };
      await pushUntil(async () => (await count(job)) > 200, env, ...options);
    }
    expect([await count('with'), (await count('without')) > 200]).toEqual([0, true]);
  });

  test('leaves a Pushgateway no series', async () => {
    const port = await freePort();
    const gateway = start(parts.pushgateway.binary, [`--web.listen-address=127.0.0.1:${port}`], { folder });
    open.push(gateway);
    const origin = `http://127.0.0.1:${port}`;
    await poll('a Pushgateway', async () => (await fetch(`${origin}/-/ready`)).ok);
    const names = async () => {
      const text = await (await fetch(`${origin}/metrics`)).text();
      return new Set(text.match(/^vcc_\w+/gm));
    };
    const env = { VCC_PUSH_TYPE: 'pushgateway', VCC_PUSH_URL: origin };
    await pushUntil(async () => (await names()).has('vcc_up'), env, '--end-series');
    expect(await names()).toEqual(new Set());
  });
});

const seriesSize = (series: Series) => [...series.values()].reduce((sum, samples) => sum + samples.length, 0);

describeWith(['prometheus', 'moto'], 'pushing over SQS', (parts) => {
  let moto: Moto;
  let queues: Queues;
  let folder: string;
  let simulator: Simulator;
  let clockMs: number;
  const open: { stop(): unknown }[] = [];
  const saved = { ...process.env };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'vcc-sqs-'));
    moto = await startMoto(parts.moto, folder);
    // The handlers' SDK finds it by the environment, as on Lambda.
    Object.assign(process.env, moto.env);
    queues = openQueues(moto);
  }, 60_000);
  afterAll(async () => {
    queues.close();
    await moto.stop();
    for (const name of Object.keys(moto.env)) {
      if (saved[name] === undefined) delete process.env[name];
      else process.env[name] = saved[name];
    }
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    clockMs = Math.floor(Date.now() / 1000) * 1000 - 45 * 60_000;
    const own = await startSimulator({ agents: 60, now: () => clockMs, tokenSeconds: 36_000 });
    open.push({ stop: () => own.close() });
    simulator = own;
    log.length = 0;
  });
  afterEach(async () => {
    for (const each of open.splice(0).reverse()) await each.stop();
  });

  async function setUp(writeUrl: string) {
    const name = `q${Math.random().toString(36).slice(2)}`;
    const batches = await queues.create(`${name}-batches.fifo`);
    const rejected = await queues.create(`${name}-rejected.fifo`);
    const env = settingsFor(simulator, {
      VCC_PUSH_URL: writeUrl,
      VCC_PUSH_JOB: 'job-1',
      VCC_PUSH_TIMEOUT: '3s',
      VCC_PUSH_QUEUE_URL: batches,
      VCC_PUSH_REJECTED_URL: rejected,
    });
    const taken: Uint8Array[] = [];
    const newPusher = async () => {
      const opened = await openAccounts(env, note);
      const queue = openSqsQueue(batches);
      const { pushers, close } = await openPushers(env, opened, {
        log: note,
        print: note,
        store: undefined,
        toRoute: (destination) => {
          const memory = createMemoryQueue(true);
          return {
            destination,
            queue: {
              ...memory,
              async add(added) {
                taken.push(...added.map(({ body }) => body));
                await memory.add(added);
              },
            },
            deliver: queue.put,
            retry: endless,
          };
        },
      });
      open.push({ stop: close });
      return pushers[0]!;
    };
    const deliver = createDeliverHandler(env, note, {
      retries: Number.POSITIVE_INFINITY,
      baseDelayMs: 100,
      maxDelayMs: 900,
    });
    const sample = async (pusher: Awaited<ReturnType<typeof newPusher>>, count: number) => {
      for (let at = 0; at < count; at++) {
        clockMs += intervalMs;
        await pusher.scrape(clockMs, deadlineIn(5000));
        await pusher.send(deadlineIn(20_000));
      }
    };
    return { env, batches, rejected, taken, newPusher, deliver, sample };
  }

  async function prometheus(): Promise<Receiver> {
    const own = mkdtempSync(join(folder, 'prometheus-'));
    const receiver = await openPrometheus(parts.prometheus.prometheus, own);
    open.push(receiver);
    await receiver.start();
    return receiver;
  }

  function expectAll(name: string, figures: Figures): void {
    process.stdout.write(`  ${name}: ${JSON.stringify(figures)}\n`);
    expect(figures).toEqual({ ...figures, received: figures.expected, lost: 0, duplicated: 0, wrong: 0 });
  }

  test('a receiver that is down for twenty minutes leaves no gap', async () => {
    const receiver = await prometheus();
    const { newPusher, sample, batches, rejected, deliver, taken } = await setUp(receiver.writeUrl);
    const pusher = await newPusher();
    await sample(pusher, 2);
    expect(await queues.drain(batches, deliver, 20)).toBe(2);
    await receiver.stop();
    await sample(pusher, outage);
    // Lambda tries meanwhile, in vain.
    expect(await queues.drain(batches, deliver, 3)).toBeGreaterThan(0);
    expect(await queues.count(batches)).toBe(outage);
    await receiver.start();
    await queues.drain(batches, deliver, 100);
    expect([await queues.count(batches), await queues.count(rejected)]).toEqual([0, 0]);
    expectAll('outage of 20 minutes, SQS', compare(seriesOf(taken), await receiver.series('job-1')));
    expect(taken).toHaveLength(outage + 2);
  });

  test('a hundred accounts are handed out over a queue, an invocation each', async () => {
    const receiver = await prometheus();
    const names = Array.from({ length: 100 }, (_, at) => `account-${at + 1}`);
    const many = await startSimulator({ agents: 10, accounts: names.map((name) => ({ name })) });
    open.push({ stop: () => many.close() });
    const accounts = many.accounts.map(({ name, clientId, clientSecret }) => ({
      name,
      client_id: clientId,
      client_secret: clientSecret,
      token_url: many.tokenUrl,
      api_url: many.apiUrl,
    }));
    const orders = await queues.create(`q${Math.random().toString(36).slice(2)}-accounts`);
    const bucket = await createBucket(moto, `state-${Math.random().toString(36).slice(2)}`);
    open.push({ stop: () => bucket.close() });
    const env = {
      VCC_CONFIG: JSON.stringify({ accounts }),
      VCC_PUSH_URL: receiver.writeUrl,
      VCC_PUSH_JOB: 'job-1',
      VCC_PUSH_INTERVAL: '60s',
    };
    const time = new Date().toISOString();
    const context = { getRemainingTimeInMillis: () => 57_000 };
    const push = createPushHandler({ ...env, VCC_PUSH_ACCOUNTS_URL: orders }, note);
    await push({ time }, context);
    expect(log.map((line) => JSON.parse(line))).toEqual([
      { level: 'info', event: 'accounts handed out', accounts: 100 },
    ]);
    expect(await queues.count(orders)).toBe(100);
    expect(await receiver.series('job-1')).toEqual(new Map());

    // Each invocation may have a separate environment. Two of them represent a hundred.
    const handlers = ['one', 'other'].map(() =>
      createPushHandler({ ...env, VCC_PUSH_STATE: `s3://${bucket.name}/state` }, note),
    );
    const events = await queues.takeAll(orders);
    await Promise.all(events.map((event, at) => handlers[at % 2]!(event, context)));
    const up = [...(await receiver.series('job-1'))].filter(([key]) => key.includes('"vcc_up"'));
    expect(up.map(([, samples]) => samples)).toEqual(up.map(() => [[Date.parse(time), 1]]));
    expect(up).toHaveLength(100);

    // SQS may deliver an order twice, to an invocation that knows of the first by the state in S3.
    const lease = await receiver.series('job-1');
    const third = createPushHandler({ ...env, VCC_PUSH_STATE: `s3://${bucket.name}/state` }, note);
    await Promise.all(events.slice(0, 10).map((event) => third(event, context)));
    expect(await receiver.series('job-1')).toEqual(lease);
    expect(log.filter((line) => line.includes('error'))).toEqual([]);
  }, 60_000);

  test('two invocations that overlap write each sample once', async () => {
    const receiver = await prometheus();
    const { newPusher, batches, deliver, taken } = await setUp(receiver.writeUrl);
    const [one, other] = [await newPusher(), await newPusher()];
    for (let at = 0; at < 5; at++) {
      clockMs += intervalMs;
      await Promise.all([one.scrape(clockMs, deadlineIn(5000)), other.scrape(clockMs, deadlineIn(5000))]);
      const deadline = deadlineIn(20_000);
      await Promise.all([one.send(deadline), other.send(deadline)]);
    }
    expect(await queues.count(batches)).toBe(5);
    await queues.drain(batches, deliver, 20);
    expect(taken).toHaveLength(10);
    const lease = await receiver.series('job-1');
    const times = [...lease]
      .find(([key]) => key.includes('"vcc_up"'))![1]
      .map(([timestampMs]) => timestampMs);
    expect(times).toHaveLength(5);
    expect(log.filter((line) => line.includes('rejected'))).toEqual([]);
  });

  test('a rejected batch goes to the queue of the rejected with its reason, and replay brings it back', async () => {
    const receiver = await prometheus();
    let refuse = true;
    const proxy = await startFaultyProxy(receiver, () =>
      refuse ? { status: 400, body: 'out of bounds' } : undefined,
    );
    open.push({ stop: () => proxy.close() });
    const { env, newPusher, sample, batches, rejected, deliver, taken } = await setUp(proxy.writeUrl);
    await sample(await newPusher(), 3);
    await queues.drain(batches, deliver, 10);
    expect([await queues.count(batches), await queues.count(rejected)]).toEqual([0, 3]);
    expect(proxy.seen).toHaveLength(3);
    refuse = false;
    const { VCC_PUSH_QUEUE_URL, VCC_PUSH_REJECTED_URL } = env;
    const cliEnv = {
      ...moto.env,
      VCC_PUSH_QUEUE_URL: VCC_PUSH_QUEUE_URL!,
      VCC_PUSH_REJECTED_URL: VCC_PUSH_REJECTED_URL!,
    };
    const listed = await runCli(['replay', '--list'], cliEnv, folder);
    expect(listed.stdout.match(/e2e -> default, \d+ samples: .*answered 400: out of bounds/g)).toHaveLength(
      3,
    );
    const replayed = await runCli(['replay'], cliEnv, folder);
    expect([replayed.status, replayed.stderr]).toEqual([0, expect.stringContaining('Batches put back: 3.')]);
    await queues.drain(batches, deliver, 10);
    expectAll('rejected and replayed, SQS', compare(seriesOf(taken), await receiver.series('job-1')));
  });

  test('replay brings back more than ten of one account and destination, and no invalid message stops it', async () => {
    const receiver = await prometheus();
    const proxy = await startFaultyProxy(receiver, () => ({ status: 400, body: 'out of bounds' }));
    open.push({ stop: () => proxy.close() });
    const { env, newPusher, sample, batches, rejected, deliver } = await setUp(proxy.writeUrl);
    const pusher = await newPusher();
    await sample(pusher, 3);
    await queues.drain(batches, deliver, 10);
    // In the group of the others, among them.
    const [first] = await openSqsQueue(rejected).receive(0, deadlineIn(5000));
    const nonsense = { body: 'nonsense', messageId: 'm1', groupId: first!.groupId };
    await openSqsQueue(rejected).reject(nonsense, 'expected JSON', deadlineIn(5000));
    await sample(pusher, 21);
    await queues.drain(batches, deliver, 20);
    expect([await queues.count(batches), await queues.count(rejected)]).toEqual([0, 25]);

    const cliEnv = {
      ...moto.env,
      VCC_PUSH_QUEUE_URL: env.VCC_PUSH_QUEUE_URL!,
      VCC_PUSH_REJECTED_URL: env.VCC_PUSH_REJECTED_URL!,
    };
    const listed = await runCli(['replay', '--list'], cliEnv, folder);
    const lines = listed.stdout.trim().split('\n');
    expect(lines.length).toBeLessThanOrEqual(10);
    expect(lines).toContainEqual('not a batch: expected JSON');
    expect(listed.stderr).toBe(
      `Rejected batches: ${lines.length - 1}.\nThe queue has about 25 messages. SQS shows at most the first ten of each account and destination; replay puts all of them back. 1 of the messages are not batches and stay in the queue.\n`,
    );
    const replayed = await runCli(['replay'], cliEnv, folder);
    expect([replayed.status, replayed.stderr]).toEqual([
      0,
      'Batches put back: 24. They are sent again in the order of the queue.\n1 of the messages are not batches and stay in the queue.\n',
    ]);
    expect(replayed.stdout.trim().split('\n')).toHaveLength(25);
    expect([await queues.count(batches), await queues.count(rejected)]).toEqual([24, 1]);
  }, 120_000);

  test('wrong settings leave everything in the queue, and deliver names them', async () => {
    const receiver = await prometheus();
    let wrong = true;
    const proxy = await startFaultyProxy(receiver, () => (wrong ? { status: 401, body: 'who?' } : undefined));
    open.push({ stop: () => proxy.close() });
    const { newPusher, sample, batches, rejected, deliver, taken } = await setUp(proxy.writeUrl);
    await sample(await newPusher(), 3);
    await queues.drain(batches, deliver, 1);
    expect([await queues.count(batches), await queues.count(rejected), proxy.seen.length]).toEqual([3, 0, 1]);
    expect(log.map((line) => JSON.parse(line))).toMatchObject([
      {
        event: 'push held',
        attempt: 1,
        nextAttemptMs: 60_000,
        message: expect.stringContaining('answered 401: who?; check VCC_PUSH_AUTH'),
      },
    ]);
    wrong = false;
    await queues.drain(batches, deliver, 10);
    expectAll('settings mended, SQS', compare(seriesOf(taken), await receiver.series('job-1')));
  });

  test('an invalid message, or one for a removed destination, delays no other', async () => {
    const receiver = await prometheus();
    const { newPusher, sample, batches, rejected, deliver, taken } = await setUp(receiver.writeUrl);
    const queue = openSqsQueue(batches);
    const deadline = deadlineIn(20_000);
    await queue.reject({ body: 'nonsense', messageId: 'm1', groupId: 'g' }, 'x', deadline);
    await sample(await newPusher(), 2);
    await queues.drain(batches, deliver, 10);
    expect([await queues.count(batches), await queues.count(rejected)]).toEqual([0, 1]);
    expectAll('beside nonsense', compare(seriesOf(taken), await receiver.series('job-1')));
    expect(log.join('\n')).toContain('a batch in the queue: expected JSON');
  });

  test('a hanging receiver is abandoned after its time, and tried again later', async () => {
    const receiver = await prometheus();
    const proxy = await startFaultyProxy(receiver, (index) => (index === 0 ? { how: 'hang' } : undefined));
    open.push({ stop: () => proxy.close() });
    const { newPusher, sample, batches, deliver, taken } = await setUp(proxy.writeUrl);
    await sample(await newPusher(), 2);
    await queues.drain(batches, deliver, 1);
    expect(await queues.count(batches)).toBe(2);
    await queues.drain(batches, deliver, 10);
    expectAll('hanging once, SQS', compare(seriesOf(taken), await receiver.series('job-1')));
  });
});

describeWith(['prometheus', 'pushgateway'], 'a Pushgateway', (parts) => {
  test('stores what was pushed, and Prometheus scrapes it with its own labels', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vcc-gateway-'));
    const simulator = await startSimulator({ agents: 40 });
    const port = await freePort();
    const gateway = start(parts.pushgateway.binary, [`--web.listen-address=127.0.0.1:${port}`], { folder });
    const origin = `http://127.0.0.1:${port}`;
    const scrape = {
      job_name: 'gateway',
      honor_labels: true,
      scrape_interval: '1s',
      static_configs: [{ targets: [`127.0.0.1:${port}`] }],
    };
    const prometheus = await openPrometheus(parts.prometheus.prometheus, folder, [scrape]);
    try {
      await poll('a Pushgateway', async () => (await fetch(`${origin}/-/ready`)).ok);
      await prometheus.start();
      const env = settingsFor(simulator, {
        VCC_PUSH_TYPE: 'pushgateway',
        VCC_PUSH_URL: origin,
        VCC_PUSH_INSTANCE: 'a/b {account}',
        VCC_PUSH_LABELS: 'region=eu',
      });
      const pushed = await runCli(['push', '--once'], env, folder);
      expect([pushed.status, pushed.stdout]).toEqual([0, '']);
      const ask = async () => {
        const query = 'vcc_snapshot_agents{job="vcc", instance="a/b e2e", region="eu", account="e2e"}';
        const url = `${prometheus.origin}/api/v1/query?${new URLSearchParams({ query })}`;
        const answer = (await (await fetch(url)).json()) as {
          data: { result: { value: [number, string] }[] };
        };
        return answer.data.result[0]?.value[1];
      };
      expect(await poll('the metric in Prometheus', ask)).toBe('40');
    } finally {
      await prometheus.stop();
      await gateway.stop();
      await simulator.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { fromBinary } from '@bufbuild/protobuf';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { uncompressSync } from 'snappy';
import { type Simulator, startSimulator } from '../../src/simulator/server.ts';
import { parseExposition } from '../conformance/exposition.ts';
import { seriesKey } from '../support/oracle.ts';
import { WriteRequestSchema } from '../support/proto/remote-write-1_pb.ts';
import { type LambdaRuntime, type RuntimeOptions, startRuntime } from '../support/runtime-api.ts';
import { startServer } from '../support/server.ts';
import { secrets } from './support/account.ts';
import { settingsFor } from './support/exporter.ts';
import { listenFor } from './support/fault-front.ts';
import { createCountingReceiver } from './support/fault-receiver.ts';
import { requestOf, startRelay, toHttp, waysToCut } from './support/lambda.ts';
import { createBucket, startMoto } from './support/moto.ts';
import { describeWith } from './support/parts.ts';

const pathOf = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
/** A scrape waits for queues for as long as a busy machine may need. */
const withQueues = {
  VCC_SCRAPE_AUTH: 'none',
  VCC_QUEUES: 'on',
  VCC_QUEUE_WAIT: '5s',
  VCC_PAGE_SIZE: '5000',
};
const account = 'e2e';

describeWith(['runtimeClient'], "queues on Lambda's own runtime client", ({ runtimeClient }) => {
  const open: { close(): unknown }[] = [];
  let simulator: Simulator;

  function toClose<T extends { close(): unknown }>(each: T): T {
    open.push(each);
    return each;
  }

  beforeEach(async () => {
    // It has run for an hour, and then its clock stands still.
    const nowMs = Date.now();
    let agoMs = 3_600_000;
    simulator = toClose(
      await startSimulator({
        clientId: secrets.id,
        clientSecret: secrets.secret,
        agents: 40,
        seed: 4,
        callers: { arrivalsPerMinute: () => 12 },
        now: () => nowMs - agoMs,
      }),
    );
    agoMs = 0;
    expect(truth().waiting.length).toBeGreaterThan(3);
  });

  afterEach(async () => {
    for (const each of open.splice(0).reverse()) await each.close();
  });

  const truth = () => {
    const { callers, nowMs } = simulator.accounts[0]!;
    const { waiting, left } = callers!.truth(nowMs, 1_800_000);
    return {
      // A customer who will be called back has hung up.
      waiting: waiting.filter(({ type, party }) => type === 'ACD' && party === 'External'),
      left: left.filter(({ type }) => type === 'ACD'),
    };
  };

  async function start(
    env: Record<string, string>,
    more: Partial<RuntimeOptions> & { name?: string } = {},
  ): Promise<LambdaRuntime> {
    const { name = 'metrics', ...options } = more;
    const zip = pathOf(`dist/package/${name}.zip`);
    const { node, client } = runtimeClient;
    return toClose(await startRuntime({ node, client, zip, handler: `${name}.handler`, env, ...options }));
  }

  async function scrape(runtime: LambdaRuntime): Promise<{ series: Map<string, number>; ms: number }> {
    const invocation = await runtime.invoke(requestOf());
    return { series: toSeries(toHttp(invocation).text), ms: invocation.durationMs };
  }

  const toSeries = (text: string) =>
    new Map(parseExposition(text, 'text').map(({ name, labels, value }) => [seriesKey(name, labels), value]));
  const up = (series: Map<string, number>) => ({
    agents: series.get(seriesKey('vcc_up', { account })),
    ongoing: series.get(seriesKey('vcc_queue_up', { account, source: 'ongoing' })),
    queueTimes: series.get(seriesKey('vcc_queue_up', { account, source: 'queue_times' })),
  });
  const allUp = { agents: 1, ongoing: 1, queueTimes: 1 };
  const total = (series: ReadonlyMap<string, number>, name: string) =>
    [...series].reduce((sum, [key, value]) => (key.startsWith(`${name}{`) ? sum + value : sum), 0);

  /** The numbers are those of the simulator. */
  function expectTruth(series: ReadonlyMap<string, number>): void {
    const { waiting, left } = truth();
    expect(total(series, 'vcc_queue_waiting')).toBe(waiting.length);
    expect(total(series, 'vcc_queue_window_left')).toBe(left.length);
    for (const queue of new Set(waiting.map((each) => each.queue))) {
      const sinceMs = Math.min(...waiting.filter((each) => each.queue === queue).map((each) => each.sinceMs));
      const key = seriesKey('vcc_queue_oldest_since_timestamp_seconds', { account, queue });
      expect([queue, series.get(key)]).toEqual([queue, sinceMs / 1000]);
    }
  }

  test('metrics has them on a cold start, and reads queue times at their own pace', async () => {
    const runtime = await start(settingsFor(simulator, { ...withQueues, VCC_QUEUE_INTERVAL: '5s' }));
    for (const requests of [1, 1]) {
      const { series } = await scrape(runtime);
      expect(up(series)).toEqual(allUp);
      expectTruth(series);
      expect(simulator.requests['queue-times']).toBe(requests);
    }
    expect(simulator.requests).toMatchObject({ token: 1, ongoing: 2 });
    await wait(5000);
    expectTruth((await scrape(runtime)).series);
    expect(simulator.requests).toMatchObject({ token: 1, ongoing: 3, 'queue-times': 2 });
    await runtime.idle();
    expect(runtime.output()).toBe('');
  });

  test('metrics sends no request for them, and has no series of them, without VCC_QUEUES', async () => {
    const runtime = await start(settingsFor(simulator, { VCC_SCRAPE_AUTH: 'none' }));
    const { series } = await scrape(runtime);
    expect(up(series)).toEqual({ agents: 1, ongoing: undefined, queueTimes: undefined });
    expect([...series.keys()].filter((key) => /^vcc_(queue|ongoing|skill)/.test(key))).toEqual([]);
    expect(Object.keys(simulator.requests)).toEqual(['token', 'api', 'users']);
  });

  test('metrics counts free agents by skill', async () => {
    const runtime = await start(settingsFor(simulator, { ...withQueues, VCC_SKILLS: 'users-api' }));
    const { series } = await scrape(runtime);
    expect(series.get(seriesKey('vcc_queue_up', { account, source: 'skills' }))).toBe(1);
    const skills = [...series.keys()].filter((key) => key.startsWith('vcc_skill_agents_available{'));
    expect(skills).toHaveLength(simulator.accounts[0]!.skills().length);
  });

  describe('a read that hangs', () => {
    const ways = [
      ...waysToCut.map((how) => ({ on: 'ongoing', how }) as const),
      { on: 'queue-times', how: 'forget' } as const,
    ];
    test.each(
      ways.flatMap((way) => [
        { ...way, frozenMs: 1000, after: 'less' },
        { ...way, frozenMs: 4500, after: 'more' },
      ]),
    )(
      'neither delays nor breaks a scrape after the function was frozen for $after than its time ($on, $how)',
      async ({ on, how, frozenMs }) => {
        const relay = toClose(await startRelay(simulator.apiUrl));
        const env = { ...withQueues, VCC_API_URL: relay.origin, VCC_TIMEOUT: '3s', VCC_QUEUE_WAIT: '1s' };
        const runtime = await start(settingsFor(simulator, env));
        simulator.faults = [
          { kind: 'hang', on, times: 1 },
          { kind: 'delay', value: 200, on },
        ];
        const hanging = await scrape(runtime);
        expect(up(hanging.series)).toEqual({
          ...allUp,
          ...(on === 'ongoing' ? { ongoing: 0 } : { queueTimes: 0 }),
        });
        // A second after the agents, and room for a busy machine.
        expect(hanging.ms).toBeLessThan(2500);
        await runtime.idle();

        runtime.freeze();
        relay.cut(how);
        await wait(frozenMs);
        const answered = scrape(runtime);
        runtime.thaw();
        const { series, ms } = await answered;
        expect(series.get(seriesKey('vcc_up', { account }))).toBe(1);
        expect(ms).toBeLessThan(1500);
        // The read's time was over before this scrape began, so it does not count as hanging.
        if (frozenMs > 3000) {
          expect(up(series)).toEqual(allUp);
          expectTruth(series);
        }
        await runtime.idle();
        // By then its time is over.
        await wait(3000);
        const { series: later } = await scrape(runtime);
        expect(up(later)).toEqual(allUp);
        expectTruth(later);
      },
    );
  });

  const scheduled = () => ({
    version: '0',
    id: '53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa',
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account: '123456789012',
    time: new Date().toISOString().replace(/\.\d+/, ''),
    region: 'eu-west-1',
    resources: ['arn:aws:events:eu-west-1:123456789012:rule/vcc-exporter'],
    detail: {},
  });
  // One sample in each invocation.
  const once = { ...withQueues, VCC_PUSH_INTERVAL: '60s' };

  test.each([
    ['remote write 1', { VCC_PUSH_VERSION: '1.0' }],
    ['remote write 2', { VCC_PUSH_VERSION: '2.0' }],
    ['otlp', { VCC_PUSH_TYPE: 'otlp' }],
    ['pushgateway', { VCC_PUSH_TYPE: 'pushgateway' }],
  ] as const)('push sends them by %s', async (place, settings) => {
    const receiver = createCountingReceiver(place);
    const host = await listenFor(receiver.handle);
    toClose({ close: host.stop });
    const env = { ...once, ...settings, VCC_PUSH_URL: `${host.origin}/write` };
    const runtime = await start(settingsFor(simulator, env), { name: 'push' });
    const event = scheduled();
    expect((await runtime.invoke(event)).error).toBeUndefined();
    const series = receiver.slots.get(place === 'pushgateway' ? 0 : Date.parse(event.time))!;
    expectTruth(series);
    expect(total(series, 'vcc_queue_up')).toBe(2);
  });

  test("push writes them as CloudWatch's embedded metrics", async () => {
    const runtime = await start(settingsFor(simulator, { ...once, VCC_PUSH_TYPE: 'emf' }), { name: 'push' });
    expect((await runtime.invoke(scheduled())).error).toBeUndefined();
    await runtime.idle();
    const documents = runtime
      .output()
      .split('\n')
      .filter((line) => line.includes('"_aws"'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const waiting = documents.flatMap(({ vcc_queue_waiting: value }) =>
      typeof value === 'number' ? [value] : [],
    );
    expect(waiting.reduce((sum, value) => sum + value, 0)).toBe(truth().waiting.length);
  });

  /** Series by name: those with a value, and those with the end of a series. */
  function toEnds(bodies: Buffer[]): { seen: Set<string>; ended: Set<string> } {
    const seen = new Set<string>();
    const ended = new Set<string>();
    for (const body of bodies.splice(0)) {
      const { timeseries } = fromBinary(WriteRequestSchema, uncompressSync(body) as Buffer);
      for (const { labels, samples } of timeseries) {
        const key = JSON.stringify(labels.map(({ name, value }) => [name, value]));
        for (const { value } of samples) (Number.isNaN(value) ? ended : seen).add(key);
      }
    }
    return { seen, ended };
  }

  /**
   * Three functions, each with a cold start and the state of the one before: with queues, with
   * queues that cannot be read, and without queues.
   */
  async function expectEnds(env: Record<string, string>, options: Partial<RuntimeOptions>): Promise<void> {
    const bodies: Buffer[] = [];
    const receiver = await startServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        bodies.push(Buffer.concat(parts));
        response.writeHead(204).end();
      });
    });
    toClose(receiver);
    const all = settingsFor(simulator, { ...once, ...env, VCC_PUSH_URL: `${receiver.origin}/write` });
    const push = async (settings: Record<string, string>) => {
      const runtime = await start({ ...all, ...settings }, { name: 'push', ...options });
      const { error } = await runtime.invoke(scheduled());
      await runtime.idle();
      expect(runtime.output()).not.toContain('state');
      // A slot is a second.
      await wait(1000);
      return { error, ...toEnds(bodies) };
    };
    const isOfQueues = (key: string) => /"vcc_(queue|queues|ongoing)_/.test(key);
    const isWaiting = (key: string) => /"vcc_(queue_(waiting|oldest|unclear)|ongoing)_?/.test(key);

    const first = await push({});
    expect(first.error).toBeUndefined();
    const queues = [...first.seen].filter(isOfQueues);
    expect(queues.filter(isWaiting).length).toBeGreaterThan(10);
    expect(first.ended).toEqual(new Set());

    simulator.faults = [{ kind: 'status', value: 403, on: 'ongoing' }];
    const second = await push({});
    expect(second.error).toBeUndefined();
    expect([...second.ended].toSorted()).toEqual(
      queues
        .filter((key) => isWaiting(key) || /"vcc_queue_(snapshot|flawed)\w+".*"ongoing"/.test(key))
        .toSorted(),
    );
    const left = [...second.seen].filter(isOfQueues);
    expect(left.some((key) => key.includes('"vcc_queue_window_left"'))).toBe(true);

    const third = await push({ VCC_QUEUES: 'off' });
    expect(third.error).toBeUndefined();
    expect([...third.ended].toSorted()).toEqual(left.toSorted());
    expect([...third.seen].filter(isOfQueues)).toEqual([]);
  }

  test('push ends their series across cold starts, with the state in a folder', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vcc-e2e-queues-'));
    toClose({ close: () => rmSync(folder, { recursive: true, force: true }) });
    await expectEnds({ VCC_PUSH_STATE: folder }, {});
  });

  describeWith(['moto'], 'with the state in S3', ({ moto }) => {
    test('push ends their series across cold starts', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'vcc-e2e-queues-'));
      toClose({ close: () => rmSync(folder, { recursive: true, force: true }) });
      const aws = await startMoto(moto, folder);
      toClose({ close: aws.stop });
      toClose(await createBucket(aws, 'e2e-push-state'));
      const state = { ...aws.env, VCC_PUSH_STATE: 's3://e2e-push-state/state' };
      await expectEnds(state, { runtimeModules: pathOf('node_modules') });
    });
  });
});

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createSend } from '../../src/http/send.ts';
import { createDestination, type Destination } from '../../src/push/destination.ts';
import { createMemoryLine } from '../../src/push/line.ts';
import { createPost, unauthorized } from '../../src/push/post.ts';
import type { DestinationOptions } from '../../src/push/protocol.ts';
import { createPusher, type PusherOptions } from '../../src/push/pusher.ts';
import { runRound } from '../../src/push/rounds.ts';
import type { StateStore } from '../../src/push/state.ts';
import { createScraper } from '../../src/scrape.ts';
import { type Simulator, startSimulator } from '../../src/simulator/server.ts';
import { accountOf } from '../support/account.ts';
import { type ReceiverAnswer, startReceiver } from '../support/receiver.ts';
import { fakeTiming } from '../support/timing.ts';

let simulator: Simulator;
const open: { close(): unknown }[] = [];
const logs: string[] = [];
beforeEach(async () => {
  simulator = await startSimulator({ agents: 20 });
  open.push(simulator);
  logs.length = 0;
});
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

const options: DestinationOptions = {
  name: 'acme',
  type: 'remote-write',
  url: undefined,
  version: '1.0',
  headers: {},
  labels: {},
  job: 'vcc',
  instance: '{account}',
  wants: undefined,
  limits: { maxSamples: 2000, maxBytes: 180_000 },
  namespace: 'VCC',
  userAgent: 'x',
};

function memoryStore(): StateStore & { kept: Map<string, Uint8Array> } {
  const kept = new Map<string, Uint8Array>();
  return {
    kept,
    load: async (account) => kept.get(account),
    save: async (account, content) => void kept.set(account, content),
  };
}

async function setUp(
  answers: readonly ReceiverAnswer[],
  more: Partial<PusherOptions> = {},
  wants?: DestinationOptions['wants'],
) {
  const receiver = await startReceiver(answers);
  const send = createSend();
  open.push(receiver, send);
  const post = createPost(send, 1000, unauthorized);
  const timing = { ...fakeTiming(Math.floor(Date.now() / 1000) * 1000) };
  const destination: Destination = createDestination(
    { ...options, url: new URL(receiver.origin), wants },
    { post, print: () => {}, now: timing.now },
  );
  const scraper = createScraper(accountOf(simulator));
  const retry = { retries: 2, baseDelayMs: 10, maxDelayMs: 10 };
  const newPusher = () =>
    createPusher({
      scraper,
      routes: [{ destination, line: createMemoryLine(true), carry: destination.deliver, retry }],
      timing,
      store: undefined,
      log: (line) => logs.push(line),
      ...more,
    });
  open.push(scraper);
  return { receiver, timing, newPusher };
}

const round = (timing: ReturnType<typeof fakeTiming>, slots: number[]) => ({
  slots,
  intervalMs: 15_000,
  timing,
  endMs: timing.now() + 57_000,
  signal: new AbortController().signal,
});
const up = (metric: string) => metric === 'vcc_up';

describe('runRound', () => {
  test('takes every sample at its time and brings it there', async () => {
    const { receiver, timing, newPusher } = await setUp([{ status: 204 }]);
    const startMs = timing.now();
    const slots = [0, 1, 2, 3].map((at) => startMs + at * 15_000);
    expect(await runRound(newPusher(), round(timing, slots))).toEqual({
      account: 'test',
      taken: 4,
      due: 4,
      failures: [],
    });
    expect(receiver.received).toHaveLength(4);
    expect(timing.delays).toEqual([15_000, 15_000, 15_000]);
    expect(logs).toEqual([]);
  });

  test('does not take a slot that is over, and says so', async () => {
    const { receiver, timing, newPusher } = await setUp([{ status: 204 }]);
    const slots = [-20_000, -5000].map((late) => timing.now() + late);
    const { taken, due, failures } = await runRound(newPusher(), round(timing, slots));
    expect([taken, due, receiver.received.length]).toEqual([1, 2, 1]);
    expect(failures.map(String)).toEqual([
      'PushError: 1 of 2 samples were not taken, since the invocation was too late or too short',
    ]);
  });

  test('takes no sample with less than a second left, which would say that the account fails', async () => {
    const { receiver, timing, newPusher } = await setUp([{ status: 204 }]);
    const [startMs, slots] = [timing.now(), [0, 1].map((at) => timing.now() + at * 15_000)];
    const endMs = startMs + 15_900;
    const { taken, failures } = await runRound(newPusher(), { ...round(timing, slots), endMs });
    expect([taken, receiver.received.length]).toEqual([1, 1]);
    expect(failures.map(String)).toEqual([
      'PushError: 1 of 2 samples were not taken, since the invocation was too late or too short',
    ]);
  });

  test('takes a slot once, also in the next process', async () => {
    const store = memoryStore();
    const { receiver, timing, newPusher } = await setUp([{ status: 204 }], { store });
    const slots = [timing.now()];
    const first = newPusher();
    await runRound(first, round(timing, slots));
    expect(await runRound(first, round(timing, slots))).toMatchObject({ taken: 0, due: 0, failures: [] });
    expect(await runRound(newPusher(), round(timing, slots))).toMatchObject({
      taken: 0,
      due: 0,
      failures: [],
    });
    expect(receiver.received).toHaveLength(1);
  });

  test('says what is lost when a destination does not take it in time, and pushes no secret', async () => {
    const { timing, newPusher } = await setUp([{ status: 503, body: 'busy' }], {}, up);
    const { failures } = await runRound(newPusher(), round(timing, [timing.now()]));
    expect(failures.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^1 samples are lost: POST http:\S+: answered 503: busy$/),
    ]);
    const events = logs.map((line) => JSON.parse(line).event);
    expect(events).toEqual([
      'push attempt failed',
      'push attempt failed',
      'push attempt failed',
      'push failed',
    ]);
    expect(logs.join('')).not.toContain(simulator.clientSecret);
  });

  test('pushes vcc_up 0 when the account cannot be read, and fails', async () => {
    simulator.faults = [{ kind: 'status', value: 403 }];
    const { receiver, timing, newPusher } = await setUp([{ status: 204 }], {}, up);
    const { failures } = await runRound(newPusher(), round(timing, [timing.now()]));
    expect(failures).toMatchObject([{ code: 'forbidden' }]);
    expect(receiver.received).toHaveLength(1);
  });

  test('goes on without its state when that cannot be read or saved', async () => {
    const store: StateStore = {
      load: async () => {
        throw new Error('arn:secret');
      },
      save: async () => {
        throw new Error('arn:secret');
      },
    };
    const { receiver, timing, newPusher } = await setUp([{ status: 204 }], { store });
    expect(await runRound(newPusher(), round(timing, [timing.now()]))).toMatchObject({
      taken: 1,
      failures: [],
    });
    expect(receiver.received).toHaveLength(1);
    expect(logs.map((line) => JSON.parse(line).event)).toEqual(['state not read', 'state not saved']);
    expect(logs.join('')).not.toContain('arn:secret');
  });
});

test('what is pushed tells how the push before it went', async () => {
  const { receiver, timing, newPusher } = await setUp(
    [{ status: 204 }, { status: 400 }, { status: 204 }],
    {},
    (metric) => metric.startsWith('vcc_push_') || up(metric),
  );
  const pusher = newPusher();
  const sizes: number[] = [];
  for (let at = 0; at < 3; at++) {
    await pusher.sample(timing.now() + at * 1000, 5000);
    await pusher.send(new AbortController().signal, Number.POSITIVE_INFINITY);
    sizes.push(receiver.received.at(-1)!.body.length);
  }
  // First vcc_up alone; then with success, samples and duration.
  expect(sizes[1]).toBeGreaterThan(sizes[0]!);
  expect(receiver.received).toHaveLength(3);
  expect(pusher.takeFailures()).toMatchObject([{ status: 400 }]);
  expect(pusher.takeFailures()).toEqual([]);
});

test('reads its state once, however many ask at the same time', async () => {
  let loads = 0;
  const store: StateStore = {
    load: async () => {
      loads++;
      await new Promise((resolve) => setTimeout(resolve, 20));
      return undefined;
    },
    save: async () => {},
  };
  const { receiver, timing, newPusher } = await setUp([{ status: 204 }], { store }, up);
  const pusher = newPusher();
  const signal = new AbortController().signal;
  await Promise.all([
    pusher.send(signal, Number.POSITIVE_INFINITY),
    pusher.isTaken(1),
    pusher.sample(timing.now(), 5000),
  ]);
  await pusher.send(signal, Number.POSITIVE_INFINITY);
  expect([loads, receiver.received.length]).toEqual([1, 1]);
});

test('a clock that was ahead leaves no trace', async () => {
  const store = memoryStore();
  const { receiver, timing, newPusher } = await setUp([{ status: 204 }], { store }, up);
  const scraper = createScraper(accountOf(simulator), {
    timing: { ...timing, now: () => Date.now() + 3_600_000 },
  });
  open.push(scraper);
  const ahead = createPusher({ scraper, routes: [], timing, store, log: (line) => logs.push(line) });
  await ahead.sample(timing.now() + 3_600_000, 5000);
  await ahead.finish();
  expect(ahead.takeFailures().map(String)).toEqual([expect.stringContaining('ahead of the API’s')]);
  expect(await newPusher().isTaken(timing.now())).toBe(false);
  expect(receiver.received).toEqual([]);
});

import { fromBinary } from '@bufbuild/protobuf';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { uncompressSync } from 'snappy';
import { createDestination } from '../../../src/app/destinations.ts';
import { DeadlineError, deadlineIn, untilAborted } from '../../../src/deadline.ts';
import { createSend } from '../../../src/http/send.ts';
import type { Destination, DestinationOptions } from '../../../src/push/destinations/destination.ts';
import { createPost, unauthorized } from '../../../src/push/destinations/post.ts';
import { createMemoryQueue } from '../../../src/push/queue.ts';
import { nextSlots, pushSlots } from '../../../src/push/schedule/push-slots.ts';
import { createPusher, type Pusher, type PusherOptions } from '../../../src/push/schedule/pusher.ts';
import { encodeState, type StateStore } from '../../../src/push/schedule/state.ts';
import { createScraper } from '../../../src/scrape.ts';
import { type Simulator, startSimulator } from '../../../src/simulator/server.ts';
import { accountOf } from '../../support/account.ts';
import { soon } from '../../support/deadline.ts';
import { WriteRequestSchema } from '../../support/proto/remote-write-1_pb.ts';
import { type ReceiverAnswer, startReceiver } from '../../support/receiver.ts';
import { type FakeTiming, fakeTiming } from '../../support/timing.ts';

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
  const post = createPost(send, { timeoutMs: 1000, authorize: unauthorized, name: 'default' });
  const timing = fakeTiming(Math.floor(Date.now() / 1000) * 1000);
  const destination: Destination = createDestination(
    { ...options, url: new URL(receiver.origin), wants },
    { post, print: () => {} },
  );
  const scraper = createScraper(accountOf(simulator));
  const retry = { retries: 2, baseDelayMs: 10, maxDelayMs: 10 };
  const newPusher = () =>
    createPusher({
      scraper,
      routes: [{ destination, queue: createMemoryQueue(true), deliver: destination.deliver, retry }],
      timing,
      store: undefined,
      log: (line) => logs.push(line),
      ...more,
    });
  open.push(scraper);
  return { receiver, timing, newPusher };
}

const round = (timing: FakeTiming, slots: number[]) => ({
  slots,
  intervalMs: 15_000,
  timing,
  deadline: deadlineIn(57_000),
});
const up = (metric: string) => metric === 'vcc_up';

/** How late each scrape of four slots is, in ms, when `happens` in the sleep before the second. */
async function latenessOf(pusher: Pusher, timing: FakeTiming, happens: () => void): Promise<number[]> {
  const stopping = new AbortController();
  const late: number[] = [];
  let sleeps = 0;
  const sleep = async (ms: number) => {
    timing.pass(ms);
    if (sleeps++ === 1) happens();
  };
  await pushSlots(
    { ...pusher, scrape: async (slotMs) => void late.push(timing.now() - slotMs) },
    {
      slots: nextSlots(15_000, timing.now),
      intervalMs: 15_000,
      timing: { ...timing, sleep },
      deadline: untilAborted(stopping.signal),
      onSlot: async () => {
        if (sleeps === 4) stopping.abort();
      },
    },
  );
  return late;
}

describe('pushSlots', () => {
  test('scrapes in every slot at its time and delivers the samples', async () => {
    const { receiver, timing, newPusher } = await setUp([{ status: 204 }]);
    const startMs = timing.now();
    const slots = [0, 1, 2, 3].map((at) => startMs + at * 15_000);
    expect(await pushSlots(newPusher(), round(timing, slots))).toEqual({
      account: 'test',
      taken: 4,
      due: 4,
      failures: [],
    });
    expect(receiver.received).toHaveLength(4);
    expect(timing.delays).toEqual([15_000, 15_000, 15_000]);
    expect(logs).toEqual([]);
  });

  test('skips a slot that is over, and reports this', async () => {
    const { receiver, timing, newPusher } = await setUp([{ status: 204 }]);
    const slots = [-20_000, -5000].map((late) => timing.now() + late);
    const { taken, due, failures } = await pushSlots(newPusher(), round(timing, slots));
    expect([taken, due, receiver.received.length]).toEqual([1, 2, 1]);
    const slot = new Date(slots[0]!).toISOString();
    expect(failures.map(String)).toEqual([`PushError: no scrape for ${slot}: it was 20 s late`]);
    expect(logs.map((line) => JSON.parse(line).event)).toEqual(['slot skipped']);
  });

  test('does not scrape with less than a second left, which would report that the account fails', async () => {
    const { receiver, timing, newPusher } = await setUp([{ status: 204 }]);
    const slots = [0, 1].map((at) => timing.now() + at * 15_000);
    const deadline = deadlineIn(15_900);
    const { taken, failures } = await pushSlots(newPusher(), { ...round(timing, slots), deadline });
    expect([taken, receiver.received.length]).toEqual([1, 1]);
    expect(failures.map(String)).toEqual([
      `PushError: no scrape for ${new Date(slots[1]!).toISOString()}: too little time was left`,
    ]);
  });

  test('uses a slot once, also in the next process', async () => {
    const store = memoryStore();
    const { receiver, timing, newPusher } = await setUp([{ status: 204 }], { store });
    const slots = [timing.now()];
    const first = newPusher();
    await pushSlots(first, round(timing, slots));
    expect(await pushSlots(first, round(timing, slots))).toMatchObject({ taken: 0, due: 0, failures: [] });
    expect(await pushSlots(newPusher(), round(timing, slots))).toMatchObject({
      taken: 0,
      due: 0,
      failures: [],
    });
    expect(receiver.received).toHaveLength(1);
  });

  test('keeps its own state when the stored one is older, since it could not be saved', async () => {
    const stored = memoryStore();
    const store = { ...stored, save: async () => {} };
    const { receiver, timing, newPusher } = await setUp([{ status: 204 }], { store }, up);
    const older = { acme: [['__name__', 'vcc_agents', 'account', 'test', 'presence', 'ended_long_ago']] };
    stored.kept.set('test', encodeState({ timestampMs: timing.now() - 60_000, series: older }));
    const pusher = newPusher();
    await pushSlots(pusher, round(timing, [timing.now()]));
    pusher.renew();
    await pushSlots(pusher, round(timing, [timing.now() + 15_000]));
    const ended = receiver.received.map(({ body }) =>
      String(uncompressSync(body) as Buffer).includes('ended_long_ago'),
    );
    expect(ended).toEqual([true, false]);
  });

  test('skips a slot that it overslept, and continues with the next one', async () => {
    const { timing, newPusher } = await setUp([{ status: 204 }]);
    // As after SIGSTOP or a closed lid: an hour has passed.
    const late = await latenessOf(newPusher(), timing, () => timing.pass(3_600_000));
    expect(late).toEqual([0, 0, 0]);
    expect(logs.map((line) => JSON.parse(line))).toMatchObject([
      { event: 'slot skipped', message: expect.stringMatching(/: it was 3600 s late$/) },
    ]);
  });

  test('continues at once when the last slot turns out to be in the future', async () => {
    const store = memoryStore();
    const { receiver, timing, newPusher } = await setUp([{ status: 204 }], { store }, up);
    store.kept.set('test', encodeState({ timestampMs: timing.now() + 3_600_000, series: {} }));
    const { taken, failures } = await pushSlots(newPusher(), round(timing, [timing.now()]));
    expect([taken, failures, receiver.received.length]).toEqual([1, [], 1]);
    expect(logs.map((line) => JSON.parse(line).event)).toEqual(['last slot is in the future']);
  });

  test('continues when the clock was set back, with the current time', async () => {
    const { timing, newPusher } = await setUp([{ status: 204 }], {}, up);
    const late = await latenessOf(newPusher(), timing, () => {
      timing.nowMs -= 3_600_000;
    });
    expect(late).toEqual([0, 0, 0]);
    expect(logs.map((line) => JSON.parse(line).message)).toEqual([
      expect.stringMatching(/: the clock was set back by 3600 s$/),
    ]);
  });

  test('waits for slots that are used already, though the clock was set back', async () => {
    const { timing, newPusher } = await setUp([{ status: 204 }], {}, up);
    const stopping = new AbortController();
    const untilMs = timing.now() + 40_000;
    let asked = 0;
    await pushSlots(
      {
        ...newPusher(),
        isTaken: async (slotMs) => {
          // Otherwise it would loop forever, and block everything else in the process.
          if (++asked > 10) stopping.abort();
          return slotMs <= untilMs;
        },
        scrape: async () => stopping.abort(),
      },
      {
        slots: nextSlots(15_000, timing.now),
        intervalMs: 15_000,
        timing,
        deadline: untilAborted(stopping.signal),
      },
    );
    expect(asked).toBeLessThanOrEqual(4);
    expect(timing.now()).toBeGreaterThan(untilMs);
  });

  test('pushes nothing of a scrape that was stopped in the middle', async () => {
    const { receiver, timing, newPusher } = await setUp([{ status: 204 }], {}, up);
    simulator.faults = [{ kind: 'hang' }];
    const pusher = newPusher();
    const stopping = new AbortController();
    setTimeout(() => stopping.abort(new DeadlineError('it was stopped')), 50);
    await pusher.scrape(timing.now(), deadlineIn(15_000, { until: untilAborted(stopping.signal) }));
    await pusher.send(soon());
    expect(receiver.received).toEqual([]);
    expect(pusher.takeFailures()).toMatchObject([
      { message: expect.stringMatching(/^no scrape for .*Z: it was stopped$/) },
    ]);
    expect(await pusher.isTaken(timing.now())).toBe(false);
  });

  test('reports what is lost when a destination does not accept it in time, and pushes no secret', async () => {
    const { timing, newPusher } = await setUp([{ status: 503, body: 'busy' }], {}, up);
    const { failures } = await pushSlots(newPusher(), round(timing, [timing.now()]));
    expect(failures.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^1 samples are lost: POST http:\S+, destination default: answered 503: busy$/),
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
    const { failures } = await pushSlots(newPusher(), round(timing, [timing.now()]));
    expect(failures).toMatchObject([{ code: 'forbidden' }]);
    expect(receiver.received).toHaveLength(1);
  });

  test('continues without its state when that cannot be read or saved', async () => {
    const store: StateStore = {
      load: async () => {
        throw new Error('arn:secret');
      },
      save: async () => {
        throw new Error('arn:secret');
      },
    };
    const { receiver, timing, newPusher } = await setUp([{ status: 204 }], { store });
    expect(await pushSlots(newPusher(), round(timing, [timing.now()]))).toMatchObject({
      taken: 1,
      failures: [],
    });
    expect(receiver.received).toHaveLength(1);
    expect(logs.map((line) => JSON.parse(line).event)).toEqual(['state not read', 'state not saved']);
    expect(logs.join('')).not.toContain('arn:secret');
  });
});

test('each push reports the result of the push before it', async () => {
  const { receiver, timing, newPusher } = await setUp(
    [{ status: 204 }, { status: 400 }, { status: 204 }],
    {},
    (metric) => metric.startsWith('vcc_push_') || up(metric),
  );
  const pusher = newPusher();
  const sizes: number[] = [];
  for (let at = 0; at < 3; at++) {
    await pusher.scrape(timing.now() + at * 1000, soon());
    await pusher.send(soon());
    sizes.push(receiver.received.at(-1)!.body.length);
  }
  // First vcc_up alone; then with success, samples and duration.
  expect(sizes[1]).toBeGreaterThan(sizes[0]!);
  expect(receiver.received).toHaveLength(3);
  expect(pusher.takeFailures()).toMatchObject([{ status: 400 }]);
  expect(pusher.takeFailures()).toEqual([]);
});

test('reads its state once for all concurrent callers', async () => {
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
  await Promise.all([pusher.send(soon()), pusher.isTaken(1), pusher.scrape(timing.now(), soon())]);
  await pusher.send(soon());
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
  await ahead.scrape(timing.now() + 3_600_000, soon());
  await ahead.finish();
  expect(ahead.takeFailures().map(String)).toEqual([
    expect.stringContaining('ahead of the clock of the API'),
  ]);
  expect(await newPusher().isTaken(timing.now())).toBe(false);
  expect(receiver.received).toEqual([]);
});

test('a clock that was corrected while the API is down no longer stops pushing', async () => {
  const clock = fakeTiming(Math.floor(Date.now() / 1000) * 1000);
  const scraper = createScraper(accountOf(simulator), { timing: clock });
  open.push(scraper);
  const { receiver, newPusher } = await setUp([{ status: 204 }], { scraper, timing: clock }, up);
  const pusher = newPusher();
  clock.nowMs += 3_600_000;
  await pusher.scrape(clock.nowMs, soon());
  simulator.faults.push({ kind: 'hang' });
  await pusher.scrape(clock.nowMs, deadlineIn(200));
  expect(
    pusher.takeFailures().filter(({ message }) => message.includes('ahead of the clock of the API')),
  ).toHaveLength(2);
  clock.nowMs -= 3_600_000;
  clock.pass(15_000);
  await pusher.scrape(clock.nowMs, deadlineIn(200));
  simulator.faults = [];
  await pusher.send(soon());
  expect(receiver.received).toHaveLength(1);
  expect(pusher.takeFailures().map(String)).toEqual([expect.stringContaining('no complete answer within')]);
});

test('series are ended once, after the samples, unless the clock is wrong', async () => {
  let aheadMs = 0;
  const clock = fakeTiming(Date.now());
  const scraper = createScraper(accountOf(simulator), {
    timing: { ...clock, now: () => Date.now() + aheadMs },
  });
  open.push(scraper);
  const { receiver, timing, newPusher } = await setUp([{ status: 204 }], { scraper }, up);
  const pusher = newPusher();
  // The slot is later than the clock, as after a clock that was set back.
  const slotMs = timing.now() + 30_000;
  await pusher.scrape(slotMs, soon());
  for (let at = 0; at < 2; at++) {
    await pusher.endSeries();
    await pusher.send(soon());
  }
  const sent = receiver.received.map(({ body }) =>
    fromBinary(WriteRequestSchema, uncompressSync(body) as Buffer),
  );
  expect(
    sent.map(({ timeseries }) =>
      timeseries.map(({ samples: [sample] }) => [
        Number(sample!.timestamp) - slotMs,
        Number.isNaN(sample!.value),
      ]),
    ),
  ).toEqual([[[0, false]], [[1, true]]]);

  await pusher.scrape(slotMs + 1000, soon());
  aheadMs = 3_600_000;
  await pusher.scrape(slotMs + 3_600_000, soon());
  pusher.takeFailures();
  await pusher.endSeries();
  await pusher.send(soon());
  expect(receiver.received).toHaveLength(3);
  expect(pusher.takeFailures().map(String)).toEqual([
    expect.stringContaining('ahead of the clock of the API'),
  ]);
});

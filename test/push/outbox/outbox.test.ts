import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { afterEach, describe, expect, test } from '@jest/globals';
import { compressSync, uncompressSync } from 'snappy';
import { createDestination } from '../../../src/app/destinations.ts';
import type { Family } from '../../../src/catalogue/metric.ts';
import { DeadlineError, deadlineIn, untilAborted } from '../../../src/deadline.ts';
import { openDiskQueue } from '../../../src/files/disk-queue.ts';
import { NetworkError, ProxyError } from '../../../src/http/errors.ts';
import { createSend } from '../../../src/http/send.ts';
import { createPost, unauthorized } from '../../../src/push/destinations/post.ts';
import { PushError } from '../../../src/push/errors.ts';
import { createOutbox, type Failure, type Outcome, sendAll } from '../../../src/push/outbox/outbox.ts';
import { type Batch, createMemoryQueue, type Deliver, type Queue } from '../../../src/push/queue.ts';
import { SecretError } from '../../../src/vault/errors.ts';
import { soon } from '../../support/deadline.ts';
import { WriteRequestSchema } from '../../support/proto/remote-write-1_pb.ts';
import { type ReceiverAnswer, startReceiver } from '../../support/receiver.ts';
import { fakeTiming } from '../../support/timing.ts';

const batch = (timestampMs: number, part = 0): Batch => ({
  account: 'uk',
  destination: 'acme',
  format: 'remote-write-1',
  timestampMs,
  part,
  samples: 3,
  body: Buffer.from([1]),
});
const passing = new PushError('busy', { retryable: true, status: 503 });
const final = new PushError('no', { status: 400 });

/** Sends a queue of three batches. `answers` are the results of the attempts. */
async function empty(
  answers: readonly (Error | 'ok')[],
  more: { deadlineMs?: number; retries?: number; holds?: boolean } = {},
) {
  const queue = createMemoryQueue(true);
  await queue.add([batch(1), batch(2), batch(3)]);
  const timing = fakeTiming(0);
  const seen: number[] = [];
  const outcomes: string[] = [];
  const reasons: string[] = [];
  const deliver: Deliver = async ({ timestampMs }) => {
    const answer = answers[seen.length] ?? 'ok';
    seen.push(timestampMs);
    if (answer !== 'ok') throw answer;
  };
  const retry = { retries: more.retries ?? 3, baseDelayMs: 1000, maxDelayMs: 4000 };
  const onOutcome = (outcome: Outcome) => {
    outcomes.push(`${outcome.kind} ${outcome.batch.timestampMs}`);
    if (outcome.kind !== 'delivered') reasons.push(outcome.error.message);
  };
  const { holds = false } = more;
  await sendAll(queue, { deliver, retry, timing, holds, onOutcome }, deadlineIn(more.deadlineMs ?? 1e9));
  return {
    seen,
    outcomes,
    reasons,
    delays: timing.delays,
    left: queue.clear!().map(({ timestampMs }) => timestampMs),
  };
}

describe('sendAll', () => {
  test('delivers all batches in their order', async () => {
    expect(await empty([])).toEqual({
      seen: [1, 2, 3],
      outcomes: ['delivered 1', 'delivered 2', 'delivered 3'],
      reasons: [],
      delays: [],
      left: [],
    });
  });

  test('repeats after temporary failures, with growing waits, and lets nothing overtake it', async () => {
    const { seen, delays, left } = await empty(['ok', passing, passing, passing]);
    expect(seen).toEqual([1, 2, 2, 2, 2, 3]);
    expect(delays).toEqual([500, 1000, 2000]);
    expect(left).toEqual([]);
  });

  test('waits as long as Retry-After says, at least', async () => {
    const busy = new PushError('busy', { retryable: true, retryAfterMs: 30_000 });
    expect((await empty([busy])).delays).toEqual([30_500]);
  });

  test('leaves a rejected batch behind and continues', async () => {
    const { seen, outcomes, left } = await empty(['ok', final]);
    expect([seen, left]).toEqual([[1, 2, 3], []]);
    expect(outcomes).toEqual(['delivered 1', 'rejected 2', 'delivered 3']);
  });

  test('stops after the last repeat and keeps the batch and all behind it', async () => {
    const { seen, left } = await empty([passing, passing, passing], { retries: 2 });
    expect([seen, left]).toEqual([
      [1, 1, 1],
      [1, 2, 3],
    ]);
  });

  test('begins no wait that would not end before the deadline', async () => {
    const { seen, delays, left } = await empty([passing], { deadlineMs: 500 });
    expect([seen, delays, left]).toEqual([[1], [], [1, 2, 3]]);
  });

  test('treats a failure of the network as temporary, with its own message', async () => {
    const { seen, outcomes } = await empty([new NetworkError('POST http://x/: connection refused')]);
    expect(seen).toEqual([1, 1, 2, 3]);
    expect(outcomes[0]).toBe('failed 1');
  });

  test.each([new TypeError('secret'), new RangeError('secret'), new Error('secret'), 'secret'])(
    'leaves a batch behind that fails by a bug or by its own damage, which would fail again: %p',
    async (thrown) => {
      const { seen, outcomes, left, reasons } = await empty([thrown as Error]);
      expect([seen, left]).toEqual([[1, 2, 3], []]);
      expect(outcomes).toEqual(['rejected 1', 'delivered 2', 'delivered 3']);
      const kind = thrown instanceof Error ? thrown.name : 'string';
      expect(reasons).toEqual([
        `the batch is damaged, or the exporter has a bug (${kind}); with a queue, vcc-exporter replay --list shows the batch`,
      ]);
    },
  );

  test.each([
    new NetworkError('POST http://x/: connection refused'),
    new SecretError('the secret cannot be read'),
    new DeadlineError('too late'),
  ])('gives up nothing for what may pass: %p', async (thrown) => {
    expect((await empty([thrown], { retries: 0 })).left).toEqual([1, 2, 3]);
  });

  test.each([
    [407, 'held 1'],
    [403, 'held 1'],
    [502, 'failed 1'],
  ])('after a refusal by a proxy with %i: %s', async (status, outcome) => {
    const refused = new ProxyError({ name: 'p:3128', variable: 'HTTPS_PROXY', status });
    expect((await empty([refused], { holds: true, retries: 0 })).outcomes).toEqual([outcome]);
  });

  test('holds a batch that is refused because of the settings, only where that is set', async () => {
    const wrong = new PushError('no', { status: 404, misconfigured: true });
    const held = await empty([wrong], { holds: true });
    expect(held).toMatchObject({ seen: [1], outcomes: ['held 1'], delays: [], left: [1, 2, 3] });
    expect((await empty([wrong])).outcomes).toEqual(['rejected 1', 'delivered 2', 'delivered 3']);
  });

  test('reports for each attempt how long it took, and stops on a signal', async () => {
    const queue = createMemoryQueue(true);
    await queue.add([batch(1)]);
    const outcomes: Outcome[] = [];
    const options = {
      deliver: async () => {},
      retry: { retries: 9, baseDelayMs: 1, maxDelayMs: 1 },
      timing: fakeTiming(),
      onOutcome: (each: Outcome) => outcomes.push(each),
    };
    await sendAll(queue, options, untilAborted(AbortSignal.abort(new Error('stop'))));
    expect(outcomes).toMatchObject([
      { kind: 'failed', error: { message: 'not delivered before the deadline' } },
    ]);
    expect(queue.clear!()).toHaveLength(1);
  });
});

describe('a queue in memory', () => {
  test('holds only the newest scrape where samples do not last', async () => {
    const queue = createMemoryQueue(false);
    await queue.add([batch(1), batch(1, 1)]);
    const lease = await queue.first();
    await queue.add([batch(2)]);
    await lease!.done();
    expect(queue.clear!().map(({ timestampMs }) => timestampMs)).toEqual([2]);
  });
});

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

/**
 * An outbox to a receiver of remote write with these answers. `samples` are those in each request.
 */
async function openOutbox(
  answers: readonly ReceiverAnswer[],
  { queue = createMemoryQueue(true), version = '1.0' as '1.0' | '2.0' } = {},
) {
  const receiver = await startReceiver(answers);
  const send = createSend();
  open.push(receiver, send);
  const destination = createDestination(
    {
      name: 'acme',
      type: 'remote-write',
      url: new URL(receiver.origin),
      version,
      headers: {},
      labels: {},
      job: 'vcc',
      instance: '{account}',
      wants: undefined,
      limits: { maxSamples: 2000, maxBytes: 180_000 },
      namespace: 'VCC',
      userAgent: 'vcc-exporter/test',
    },
    {
      post: createPost(send, { timeoutMs: 1000, authorize: unauthorized, name: 'default' }),
      print: () => {},
    },
  );
  const timing = fakeTiming(0);
  const failures: Failure[] = [];
  const retry = { retries: 3, baseDelayMs: 10, maxDelayMs: 10 };
  const newOutbox = () =>
    createOutbox('uk', { destination, queue, deliver: destination.deliver, retry }, timing, (failure) =>
      failures.push(failure),
    );
  const samples = () =>
    receiver.received.map(({ body }) =>
      fromBinary(WriteRequestSchema, uncompressSync(body) as Buffer).timeseries.map(
        ({ labels, samples: [sample] }) => {
          const name = labels.find((label) => label.name === '__name__')!.value;
          return Number.isNaN(sample!.value) ? `end of ${name}` : name;
        },
      ),
    );
  return { newOutbox, samples, failures, timing, queue, received: receiver.received };
}

const families = (...names: string[]): Family[] =>
  names.map((name) => ({ name, help: '', type: 'gauge', values: [{ labels: {}, value: 1 }] })) as Family[];

describe('series that a rejected batch ends', () => {
  const accepted = { status: 204 };
  const rejected = { status: 400 };

  test('are ended by the next batch, though the rejected one was not the newest', async () => {
    const { newOutbox, samples } = await openOutbox([accepted, rejected, accepted]);
    const outbox = newOutbox();
    await outbox.add(families('a', 'b', 'c', 'd'), 1);
    await outbox.send(soon());
    await outbox.add(families('a', 'b'), 2);
    await outbox.add(families('a', 'd'), 3);
    await outbox.send(soon());
    await outbox.add(families('a', 'd'), 4);
    await outbox.add(families('a', 'd'), 5);
    await outbox.send(soon());
    expect(samples()).toEqual([
      ['a', 'b', 'c', 'd'],
      ['a', 'b', 'end of c', 'end of d'],
      ['a', 'd', 'end of b'],
      ['a', 'd', 'end of c'],
      ['a', 'd'],
    ]);
  });

  test('are abandoned when their end is rejected twice, so that it is not rejected forever', async () => {
    const { newOutbox, samples, failures } = await openOutbox([accepted, rejected, rejected, accepted]);
    const outbox = newOutbox();
    for (const [at, names] of [['a', 'b'], ['a'], ['a'], ['a'], ['a', 'b'], ['a']].entries()) {
      await outbox.add(families(...names), at + 1);
      await outbox.send(soon());
    }
    expect(samples()).toEqual([
      ['a', 'b'],
      ['a', 'end of b'],
      ['a', 'end of b'],
      ['a'],
      // A series that returned is like any other.
      ['a', 'b'],
      ['a', 'end of b'],
    ]);
    expect(failures.map(({ kind, neverEnded }) => [kind, neverEnded])).toEqual([
      ['rejected', undefined],
      ['rejected', 1],
    ]);
  });

  test('are ended after a restart too, and after a replay', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vcc-outbox-'));
    open.push({ close: () => rmSync(folder, { recursive: true, force: true }) });
    const newQueue = () =>
      openDiskQueue(folder, 'uk', 'acme', { setting: 'VCC_PUSH_FOLDER', report: () => {} });
    const { newOutbox } = await openOutbox([accepted], { queue: await newQueue() });
    const first = newOutbox();
    await first.add(families('vcc_a', 'vcc_b'), 1);
    await first.send(soon());
    await first.add(families('vcc_a'), 2);

    const { newOutbox: next, samples } = await openOutbox([rejected, accepted], { queue: await newQueue() });
    const second = next();
    second.restore(first.save());
    await second.send(soon());
    await second.add(families('vcc_a'), 3);
    await second.send(soon());
    expect(samples()).toEqual([
      ['vcc_a', 'end of vcc_b'],
      ['vcc_a', 'end of vcc_b'],
    ]);
  });

  test('are ended by the next batch when they could not be queued', async () => {
    const full: Queue = {
      ...createMemoryQueue(true),
      add: async () => {
        throw new Error('no space');
      },
    };
    const { newOutbox } = await openOutbox([accepted], { queue: full });
    const outbox = newOutbox();
    outbox.restore([['__name__', 'b']]);
    await expect(outbox.add(families('a'), 1)).rejects.toThrow('no space');
    expect(outbox.save()).toContainEqual(['__name__', 'b']);
  });

  test('are ended by the next batch when a queue in memory was dropped', async () => {
    const { newOutbox } = await openOutbox([accepted]);
    const outbox = newOutbox();
    outbox.restore([
      ['__name__', 'b'],
      ['__name__', 'c'],
    ]);
    await outbox.add(families('a'), 1);
    await outbox.add(families('a'), 2);
    outbox.abandon();
    expect(outbox.save().map(([, name]) => name)).toEqual(['a', 'b', 'c']);
  });
});

test('a damaged batch that cannot be sent to an older receiver delays no other one', async () => {
  const { newOutbox, samples, queue, failures, received } = await openOutbox(
    [{ status: 415 }, { status: 204 }],
    {
      version: '2.0',
    },
  );
  const damaged = compressSync(Buffer.from([0x2a, 0x7f, 1]));
  await queue.add([{ ...batch(1), format: 'remote-write-2', body: damaged }]);
  const outbox = newOutbox();
  await outbox.add(families('a'), 2);
  await outbox.send(soon());
  expect(failures).toMatchObject([
    { kind: 'rejected', error: { message: expect.stringMatching(/^the batch is damaged, or .*\(\w+\);/) } },
  ]);
  received.shift();
  expect(samples()).toEqual([['a']]);
});

test('a batch that claims 200 MB when unpacked is not unpacked', async () => {
  const answers = [{ status: 415 }, { status: 204 }];
  const { newOutbox, queue, failures } = await openOutbox(answers, { version: '2.0' });
  const bomb = Buffer.from([0x80, 0x84, 0xaf, 0x5f, 0]);
  await queue.add([{ ...batch(1), format: 'remote-write-2', body: bomb }]);
  await newOutbox().send(soon());
  expect(failures).toMatchObject([
    {
      kind: 'rejected',
      error: { cause: { message: expect.stringContaining('length of 200000000 is too big') } },
    },
  ]);
});

describe('a queue whose destination has wrong settings', () => {
  const wrong = { status: 404, body: 'no such page' };

  test('is held, tried again after minutes, and delivered in order once they are right', async () => {
    const answers = [wrong, wrong, wrong, wrong, wrong, { status: 204 }];
    const { newOutbox, timing, failures, received } = await openOutbox(answers);
    const outbox = newOutbox();
    const attempts: number[] = [];
    for (let slot = 0; slot < 80; slot++) {
      await outbox.add(families('a'), slot);
      const before = received.length;
      await outbox.send(soon());
      if (received.length > before) attempts.push(slot / 4);
      timing.pass(15_000);
    }
    // At 0, after 1, 2, 4, 5 and 5 minutes, and then at every slot.
    expect(attempts.slice(0, 7)).toEqual([0, 1, 3, 7, 12, 17, 17.25]);
    expect(failures.map(({ kind, nextAttemptMs }) => [kind, nextAttemptMs! / 60_000])).toEqual([
      ['held', 1],
      ['held', 2],
      ['held', 4],
      ['held', 5],
      ['held', 5],
    ]);
    expect(failures[0]!.error.message).toMatch(/answered 404: no such page; check VCC_PUSH_URL/);
    expect(received).toHaveLength(80 + 5);
    expect(outbox.status()).toMatchObject({ success: true });
  });

  test('is held for a short time at first, also after an earlier hold', async () => {
    const { newOutbox, timing, failures } = await openOutbox([wrong, wrong, { status: 204 }, wrong]);
    const outbox = newOutbox();
    for (let slot = 0; slot < 4; slot++) {
      await outbox.add(families('a'), slot);
      await outbox.send(soon());
      timing.pass(300_000);
    }
    expect(failures.map(({ nextAttemptMs }) => nextAttemptMs! / 60_000)).toEqual([1, 2, 1, 2]);
  });

  test('reports this in its status, and is tried once in each invocation that loses it', async () => {
    const { newOutbox, failures, received } = await openOutbox([wrong]);
    const outbox = newOutbox();
    for (let invocation = 0; invocation < 2; invocation++) {
      for (let slot = 0; slot < 4; slot++) {
        await outbox.add(families('a'), invocation * 4 + slot);
        await outbox.send(soon());
      }
      expect(outbox.status()).toMatchObject({ success: false, samples: 0 });
      outbox.abandon();
    }
    expect(received).toHaveLength(2);
    expect(failures.map(({ kind }) => kind)).toEqual(['held', 'rejected', 'held', 'rejected']);
    expect(failures[1]!.error.message).toMatch(
      /^4 samples are lost: .* answered 404: no such page; check VCC_PUSH_URL/,
    );
  });
});

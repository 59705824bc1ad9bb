import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { uncompressSync } from 'snappy';
import { createPushHandler } from '../../src/lambda/push.ts';
import type { AgentStatus } from '../../src/simulator/agent.ts';
import { type Simulator, startSimulator } from '../../src/simulator/server.ts';
import { environmentOf } from '../support/account.ts';
import { WriteRequestSchema } from '../support/proto/remote-write-1_pb.ts';
import { type ReceiverAnswer, startReceiver } from '../support/receiver.ts';

const open: { close(): unknown }[] = [];
let folder: string;
let simulator: Simulator;
let items: AgentStatus[];
const logs: string[] = [];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vcc-push-'));
  const some = await startSimulator({ agents: 5 });
  items = some.items().map((each) => structuredClone(each));
  await some.close();
  simulator = await startSimulator({ items });
  open.push(simulator);
  logs.length = 0;
});
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
  rmSync(folder, { recursive: true, force: true });
});

const context = { getRemainingTimeInMillis: () => 57_000 };

/** A function, and the agents with this presence description in each of its requests. */
async function setUp(
  more: Record<string, string> = {},
  answers: readonly ReceiverAnswer[] = [{ status: 204 }],
) {
  const receiver = await startReceiver(answers);
  open.push(receiver);
  const env = environmentOf(simulator, {
    VCC_PUSH_URL: receiver.origin,
    VCC_PUSH_INTERVAL: '60s',
    VCC_PUSH_STATE: folder,
    ...more,
  });
  const newHandler = () => createPushHandler(env, (line) => logs.push(line));
  const of = (description: string) =>
    receiver.received.map(({ body }) => {
      const { timeseries } = fromBinary(WriteRequestSchema, uncompressSync(body) as Buffer);
      const series = timeseries.find(
        ({ labels }) =>
          labels.some(({ value }) => value === 'vcc_agents_by_description') &&
          labels.some(({ value }) => value === description),
      );
      if (series === undefined) return 'nothing';
      return Number.isNaN(series.samples[0]!.value) ? 'end' : 'value';
    });
  let second = -25;
  /** Starts an invocation, a second after the last one. */
  const invoke = (handler: ReturnType<typeof newHandler>) =>
    handler({ time: new Date(Date.now() + 1000 * second++).toISOString() }, context);
  return { newHandler, invoke, of, receiver };
}

function describeFirst(description: string): void {
  Object.assign(items[0]!.presence, { name: 'Away', description });
}

test('a series that vanishes between two environments of one function is ended exactly once', async () => {
  const { newHandler, invoke, of } = await setUp();
  const [one, other] = [newHandler(), newHandler()];
  for (const handler of [one, other]) await invoke(handler);
  // Only the first environment sees it, and only the second sees that it is gone.
  describeFirst('Fire drill');
  await invoke(one);
  describeFirst('Lunch');
  for (const handler of [other, one, other, one]) await invoke(handler);
  expect(of('Fire drill')).toEqual(['nothing', 'nothing', 'value', 'end', 'nothing', 'nothing', 'nothing']);
  expect(logs.filter((line) => !line.includes('account pushed'))).toEqual([]);
});

test('without a readable state, an environment continues with what it knows', async () => {
  const { newHandler, invoke, of } = await setUp();
  const handler = newHandler();
  describeFirst('Fire drill');
  await invoke(handler);
  rmSync(folder, { recursive: true, force: true });
  describeFirst('Lunch');
  await invoke(handler);
  expect(of('Fire drill')).toEqual(['value', 'end']);
});

test('the status of a push is known to the next invocation', async () => {
  const { newHandler, invoke, receiver } = await setUp({ VCC_PUSH_METRICS: 'vcc_up,vcc_push_success' });
  const handler = newHandler();
  for (let at = 0; at < 3; at++) await invoke(handler);
  const sizes = receiver.received.map(
    ({ body }) => fromBinary(WriteRequestSchema, uncompressSync(body) as Buffer).timeseries.length,
  );
  // The first has nothing to report.
  expect(sizes).toEqual([1, 2, 2]);
});

test('wrong settings are tried once in an invocation, and the loss is reported with the setting', async () => {
  const { newHandler, invoke, receiver } = await setUp({}, [{ status: 401, body: 'bad token' }]);
  await expect(invoke(newHandler())).rejects.toThrow(
    /samples are lost: .* answered 401: bad token; check VCC_PUSH_AUTH/,
  );
  expect(receiver.received).toHaveLength(1);
  expect(logs.map((line) => JSON.parse(line).event)).toEqual(['push held', 'push failed', 'account pushed']);
});

test.each([null, 'warm', 7, [], { Records: null }, { Records: {} }, { time: null }, { time: ['2026'] }])(
  'any event without messages starts now: %j',
  async (event) => {
    const { newHandler, receiver } = await setUp();
    await newHandler()(event, context);
    expect(receiver.received).toHaveLength(1);
  },
);

test.each([
  null,
  7,
  {},
  { body: null },
  { body: 'client_secret' },
  { body: '{}' },
  { body: 'null' },
  { body: '[]' },
  { body: '{"account":"a"}' },
  { body: '{"account":"test","timeMs":1e300}' },
])('a message that orders no account fails with a word of our own: %j', async (record) => {
  const { newHandler, receiver } = await setUp();
  await expect(newHandler()({ Records: [record] }, context)).rejects.toThrow(
    'expected account and timeMs in each message of the queue of accounts (VCC_PUSH_ACCOUNTS_URL)',
  );
  expect(receiver.received).toHaveLength(0);
});

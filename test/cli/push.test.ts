import { chmodSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { uncompressSync } from 'snappy';
import { run } from '../../src/cli/run.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { encodeBatch } from '../../src/push/queue.ts';
import { encodeState, stateFileOf } from '../../src/push/schedule/state.ts';
import { type Simulator, startSimulator } from '../../src/simulator/server.ts';
import { environmentOf } from '../support/account.ts';
import { WriteRequestSchema } from '../support/proto/remote-write-1_pb.ts';
import { type ReceiverAnswer, startReceiver } from '../support/receiver.ts';
import { environmentOfSecrets, startSecretsServer } from '../support/secrets-server.ts';

let folder: string;
let simulator: Simulator;
const open: { close(): unknown }[] = [];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vcc-push-'));
  simulator = await startSimulator({ agents: 20 });
  open.push(simulator);
});
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
  rmSync(folder, { recursive: true, force: true });
});

async function push(
  args: string[],
  env: Record<string, string>,
  stopped: Promise<void> = new Promise(() => {}),
) {
  const notes: string[] = [];
  const lines: string[] = [];
  const terminal: Terminal = {
    env: { ...environmentOf(simulator), ...env },
    folder,
    print: (line) => void lines.push(line),
    note: (line) => void notes.push(line),
    data: (text) => void lines.push(text),
    moveUp: () => {},
    columns: () => Number.POSITIVE_INFINITY,
    interactive: false,
    stopped,
    outlastReaders: () => {},
  };
  return { status: await run(terminal, args), notes, lines };
}

async function startAnswering(...answers: ReceiverAnswer[]) {
  const receiver = await startReceiver(answers);
  open.push(receiver);
  return receiver;
}

test('push --once reports the number of samples that each destination received', async () => {
  const receiver = await startAnswering({ status: 204 });
  const { status, notes } = await push(['push', '--once'], { VCC_PUSH_URL: receiver.origin });
  expect(status).toBe(0);
  expect(notes).toEqual([
    'Pushing test to default.',
    expect.stringMatching(/^test to default: \d\d\d samples\.$/),
  ]);
  expect(receiver.received).toHaveLength(1);
  // The queue is empty, and the folder is not locked.
  expect(readdirSync(join(folder, 'vcc-push')).toSorted()).toEqual(['owner', 'queues', 'rejected', 'state']);
  expect(readdirSync(join(folder, 'vcc-push', 'owner'))).toEqual(['free']);
});

test('push --once ends with status 1 when samples are rejected, and replay puts them back', async () => {
  const receiver = await startAnswering({ status: 400, body: 'too old' }, { status: 204 });
  const env = { VCC_PUSH_URL: receiver.origin };
  const { status, notes } = await push(['push', '--once'], env);
  expect(status).toBe(1);
  expect(notes.at(-1)).toBe('test to default: 0 samples, not all.');
  const listed = await push(['replay', '--list'], env);
  expect(listed.lines).toEqual([
    expect.stringMatching(/^\S+Z test -> default, \d+ samples: .* answered 400: too old$/),
  ]);
  expect(await push(['replay'], env)).toMatchObject({ status: 0 });
  await push(['push', '--once'], env);
  expect(receiver.received).toHaveLength(3);
  expect(receiver.received[1]!.body.equals(receiver.received[0]!.body)).toBe(true);
});

test('replay --list shows files that are no batches, and replay leaves them where they are', async () => {
  const receiver = await startAnswering({ status: 400, body: 'too old' });
  const env = { VCC_PUSH_URL: receiver.origin };
  await push(['push', '--once'], env);
  const rejected = join(folder, 'vcc-push', 'rejected');
  writeFileSync(join(rejected, '1-null.json'), 'null');
  const batch = { account: 'a', destination: 'd', format: 'emf', part: 0, samples: 1 } as const;
  const late = encodeBatch({ ...batch, timestampMs: 8.64e15 + 1, body: Buffer.from('x') });
  writeFileSync(join(rejected, '2-late.json'), late);
  const lines = [
    'not a batch: 1-null.json: a batch in the queue: expected JSON',
    expect.stringMatching(/^\S+Z test -> default, \d+ samples: .* answered 400: too old$/),
    'not a batch: 2-late.json: a batch in the queue: expected timestampMs to be milliseconds since 1970',
  ];
  const left = '2 of the files are not batches and stay in the folder.';
  expect(await push(['replay', '--list'], env)).toEqual({
    status: 0,
    lines,
    notes: ['Rejected batches: 1.', left],
  });
  const replayed = await push(['replay'], env);
  expect(replayed).toMatchObject({
    status: 0,
    lines,
    notes: [expect.stringMatching(/^Batches put back: 1\./), left],
  });
  expect(readdirSync(rejected)).toEqual(['1-null.json', '2-late.json']);
});

test('a state that another program has changed ends no series of others, and fails no request', async () => {
  const receiver = await startAnswering({ status: 204 });
  const env = { VCC_PUSH_URL: receiver.origin, VCC_PUSH_INTERVAL: '1s' };
  const series = (...labels: string[]) => ['__name__', 'vcc_agents', 'account', 'test', ...labels];
  const content = encodeState({
    timestampMs: Date.now() - 60_000,
    series: {
      default: [
        series('presence', 'Gone'),
        series('presence', 'Twice', 'presence', 'Twice'),
        ['__name__', 'up', 'job', 'theirs'],
        ['__name__', 'vcc_up', 'account', 'theirs'],
      ],
    },
  });
  mkdirSync(join(folder, 'vcc-push', 'state'), { recursive: true });
  writeFileSync(join(folder, 'vcc-push', 'state', stateFileOf('test')), content);
  const { status, notes } = await push(['push', '--once'], env);
  expect([status, notes.filter((note) => note.startsWith('{')).map((note) => JSON.parse(note))]).toEqual([
    0,
    [
      {
        level: 'error',
        event: 'state damaged',
        account: 'test',
        code: 'push',
        message:
          'series are left out: 1 with labels that are not valid, sorted and unique; 1 of metrics that this exporter does not have; 1 of another account',
      },
    ],
  ]);
  const { timeseries } = fromBinary(WriteRequestSchema, uncompressSync(receiver.received[0]!.body) as Buffer);
  const ended = timeseries.filter(({ samples }) => Number.isNaN(samples[0]!.value));
  expect(ended.map(({ labels }) => labels.map(({ value }) => value))).toEqual([
    ['vcc_agents', 'test', 'Gone'],
  ]);
  // The message appears once: the state was replaced.
  const next = await push(['push', '--once'], env);
  expect(next.notes.filter((note) => note.startsWith('{'))).toEqual([]);
});

test('an invalid state is replaced, and reported once', async () => {
  const receiver = await startAnswering({ status: 204 });
  const env = { VCC_PUSH_URL: receiver.origin, VCC_PUSH_INTERVAL: '1s' };
  mkdirSync(join(folder, 'vcc-push', 'state'), { recursive: true });
  writeFileSync(join(folder, 'vcc-push', 'state', stateFileOf('test')), 'null');
  const first = await push(['push', '--once'], env);
  expect(first.notes.filter((note) => note.startsWith('{')).map((note) => JSON.parse(note))).toMatchObject([
    { event: 'state not read', account: 'test', message: 'the stored state is damaged' },
  ]);
  const second = await push(['push', '--once'], env);
  expect([first.status, second.status, second.notes.filter((note) => note.startsWith('{'))]).toEqual([
    0,
    0,
    [],
  ]);
});

test('a folder that every user can write to is reported once at the start, and used', async () => {
  const receiver = await startAnswering({ status: 204 });
  for (const name of ['queue', 'state']) {
    mkdirSync(join(folder, name));
    chmodSync(join(folder, name), 0o777);
  }
  const { status, notes } = await push(['push', '--once'], {
    VCC_PUSH_URL: receiver.origin,
    VCC_PUSH_FOLDER: 'queue',
    VCC_PUSH_STATE: join(folder, 'state'),
  });
  const lines = notes.filter((note) => note.startsWith('{')).map((note) => JSON.parse(note));
  const message = (setting: string, name: string) =>
    `${setting}: every user of this machine can write to ${join(folder, name)}, and so can change, add and delete samples; run chmod o-w on it`;
  expect([status, lines]).toEqual([
    0,
    [
      { level: 'error', event: 'folder open to all', message: message('VCC_PUSH_FOLDER', 'queue') },
      { level: 'error', event: 'folder open to all', message: message('VCC_PUSH_STATE', 'state') },
    ],
  ]);
});

test('values of headers and of the query are in no log, and a folder may be named by its full path', async () => {
  const receiver = await startAnswering({ status: 400, body: 'X-Api-Key: key-of-mine, token=query-of-mine' });
  const { status, notes } = await push(['push', '--once'], {
    VCC_PUSH_URL: `${receiver.origin}/?token=query-of-mine`,
    VCC_PUSH_HEADERS: 'X-Api-Key=key-of-mine',
    VCC_PUSH_FOLDER: join(folder, 'elsewhere'),
  });
  expect(status).toBe(1);
  expect(notes.join('\n')).toContain('answered 400: X-Api-Key: [secret], token=[secret]');
  expect(readdirSync(join(folder, 'elsewhere'))).toContain('rejected');
});

test('push runs until it is stopped, at multiples of the interval, and then unlocks the folder', async () => {
  const receiver = await startAnswering({ status: 204 });
  // A received batch is not yet delivered. Stopped before the answer, it would wait for the next
  // start.
  const waiting = () =>
    readdirSync(join(folder, 'vcc-push', 'queues'), { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.json'),
    );
  const stopped = (async () => {
    while (receiver.received.length < 2 || waiting().length > 0)
      await new Promise((resolve) => setTimeout(resolve, 20));
  })();
  const env = { VCC_PUSH_URL: receiver.origin, VCC_PUSH_INTERVAL: '1s' };
  const { status, notes } = await push(['push'], env, stopped);
  expect([status, notes]).toEqual([0, ['Pushing test to default.']]);
  expect(readdirSync(join(folder, 'vcc-push', 'owner'))).toEqual(['free']);
});

test('push stops while a destination hangs, and its undelivered samples wait on disk', async () => {
  const receiver = await startAnswering({ how: 'hang' });
  const stopped = (async () => {
    while (receiver.received.length < 1) await new Promise((resolve) => setTimeout(resolve, 20));
  })();
  const env = { VCC_PUSH_URL: receiver.origin, VCC_PUSH_INTERVAL: '1s' };
  expect(await push(['push'], env, stopped)).toMatchObject({ status: 0 });
  const waiting = readdirSync(join(folder, 'vcc-push', 'queues'), { recursive: true, encoding: 'utf8' });
  expect(waiting.filter((file) => file.endsWith('.json')).length).toBeGreaterThan(0);
});

test('push ends, and writes nothing more, when another process took its folder', async () => {
  const receiver = await startAnswering({ how: 'hang' });
  const owner = join(folder, 'vcc-push', 'owner');
  const started = (async () => {
    while (receiver.received.length < 1) await new Promise((resolve) => setTimeout(resolve, 20));
    renameSync(join(owner, readdirSync(owner).join()), join(owner, 'free'));
  })();
  // It notices when it next renews its lock, within five seconds.
  const { status, notes } = await push(['push'], { VCC_PUSH_URL: receiver.origin, VCC_PUSH_INTERVAL: '1s' });
  await started;
  expect(status).toBe(1);
  expect(notes.at(-1)).toContain('this process has lost its lock');
  expect(notes.at(-2)).toMatch(/"state not saved".*this process has lost its lock/);
  expect(readdirSync(owner)).toEqual(['free']);
});

test('replay and push of one folder do not run at the same time', async () => {
  const receiver = await startAnswering({ how: 'hang' });
  const env = { VCC_PUSH_URL: receiver.origin, VCC_PUSH_INTERVAL: '1s' };
  let replayed: Awaited<ReturnType<typeof push>> | undefined;
  const stopped = (async () => {
    while (receiver.received.length < 1) await new Promise((resolve) => setTimeout(resolve, 20));
    replayed = await push(['replay'], env);
  })();
  await push(['push'], env, stopped);
  expect([replayed!.status, replayed!.notes.map((note) => note.replace(folder, 'FOLDER'))]).toEqual([
    2,
    [
      `vcc-exporter: VCC_PUSH_FOLDER: FOLDER/vcc-push: process ${process.pid} uses this folder; each process needs its own`,
    ],
  ]);
});

describe('push --end-series', () => {
  const queued = () =>
    readdirSync(join(folder, 'vcc-push', 'queues'), { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.json'),
    );
  /** Each series and its values in order, by the received requests of remote write. */
  const seriesOf = (bodies: readonly Buffer[]) => {
    const found = new Map<string, (number | 'end')[]>();
    for (const body of bodies) {
      for (const { labels, samples } of fromBinary(WriteRequestSchema, uncompressSync(body) as Buffer)
        .timeseries) {
        const key = JSON.stringify(labels.map(({ name, value }) => [name, value]));
        const values = samples.map(({ value }) => (Number.isNaN(value) ? 'end' : value));
        found.set(key, [...(found.get(key) ?? []), ...values]);
      }
    }
    return found;
  };
  const until = async (done: () => boolean) => {
    while (!done()) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  const interval = { VCC_PUSH_INTERVAL: '1s' };

  test.each([
    [['--end-series'], 'end'],
    [[], 'value'],
  ])('with %p, the last sample of every series is: %s', async (options, last) => {
    const receiver = await startAnswering({ status: 204 });
    const stopped = until(() => receiver.received.length >= 1 && queued().length === 0);
    const env = { VCC_PUSH_URL: receiver.origin, ...interval };
    expect(await push(['push', ...options], env, stopped)).toMatchObject({ status: 0 });
    const series = [...seriesOf(receiver.received.map(({ body }) => body)).values()];
    expect(series.length).toBeGreaterThan(100);
    expect(new Set(series.map((values) => (values.at(-1) === 'end' ? 'end' : 'value')))).toEqual(
      new Set([last]),
    );
    // The next process has no series to end.
    const before = receiver.received.length;
    await push(['push', '--once'], env);
    const next = [...seriesOf(receiver.received.slice(before).map(({ body }) => body)).values()].flat();
    expect(next).not.toContain('end');
  });

  test('keeps in the queue what cannot be delivered in time, and the next process sends it first', async () => {
    const receiver = await startAnswering({ status: 204 }, { status: 503 }, { status: 503 }, { how: 'hang' });
    const stopped = until(() => receiver.received.length >= 2);
    const env = { VCC_PUSH_URL: receiver.origin, ...interval };
    const startMs = Date.now();
    expect(await push(['push', '--end-series'], env, stopped)).toMatchObject({ status: 0 });
    expect(Date.now() - startMs).toBeLessThan(9000);
    expect(queued().length).toBeGreaterThanOrEqual(2);
    const working = await startAnswering({ status: 204 });
    // The destination has the same name, so this is its queue.
    await push(['push', '--once'], { ...env, VCC_PUSH_URL: working.origin });
    const all = seriesOf([receiver.received[0]!, ...working.received].map(({ body }) => body));
    const values = [...all].find(([key]) => key.includes('"vcc_up"'))![1];
    expect(values.slice(-2)).toEqual(['end', 1]);
    expect(values.filter((value) => value === 'end')).toHaveLength(1);
  });

  test('empties the group at a Pushgateway', async () => {
    const receiver = await startAnswering({ status: 202 });
    const stopped = until(() => receiver.received.length >= 1);
    const env = { VCC_PUSH_TYPE: 'pushgateway', VCC_PUSH_URL: receiver.origin, ...interval };
    expect(await push(['push', '--end-series'], env, stopped)).toMatchObject({ status: 0 });
    expect(receiver.received.at(-1)).toMatchObject({ method: 'PUT', url: '/metrics/job/vcc/instance/test' });
    expect(receiver.received.at(-1)!.body.toString().trim()).toBe('');
  });

  test('is refused with --once, which would empty the group at once', async () => {
    const { status, notes } = await push(['push', '--once', '--end-series'], {});
    expect([status, notes.join()]).toEqual([
      2,
      expect.stringContaining("'--end-series' cannot be used with option '--once'"),
    ]);
  });
});

test.each<[Record<string, string>, string]>([
  [
    {},
    'VCC_PUSH_URL: expected the address of a destination here, or destinations in VCC_PUSH_DESTINATIONS; received nothing',
  ],
  [
    { VCC_PUSH_URL: 'http://127.0.0.1:1/', VCC_PUSH_FOLDER: 'taken' },
    'VCC_PUSH_FOLDER: expected a folder that can be written; received FOLDER/taken (EEXIST, file already exists)',
  ],
  [
    { VCC_PUSH_DESTINATIONS: 'destinations: [{name: a, type: pushgateway}]' },
    'VCC_PUSH_DESTINATIONS: destinations[0].url: expected the address of the destination; received nothing',
  ],
])('push with %j says what is wrong', async (env, problem) => {
  writeFileSync(join(folder, 'taken'), '');
  const { status, notes } = await push(['push', '--once'], env);
  expect([status, notes.map((note) => note.replace(folder, 'FOLDER'))]).toEqual([
    2,
    [`vcc-exporter: ${problem}`],
  ]);
});

describe('credentials of a destination in the secret', () => {
  const given = { ...process.env };
  afterEach(() => {
    process.env = given;
  });

  async function pushWith(destinations: object, env: Record<string, string>) {
    const { clientId, clientSecret } = simulator;
    const server = await startSecretsServer({
      values: { AWSCURRENT: { clientId, clientSecret, destinations } },
    });
    open.push(server);
    process.env = { ...given, ...environmentOfSecrets(server) };
    const own = { VCC_CLIENT_ID: '', VCC_CLIENT_SECRET: '', VCC_SECRET_ID: 'acme' };
    return push(['push', '--once'], { ...own, VCC_PUSH_NAME: 'mimir', ...env });
  }

  const fault = 'VCC_PUSH_AUTH of mimir: ';
  const token =
    'expected a token of printable ASCII without spaces, since it is sent in a header; received another';
  test.each<[string, object, string]>([
    ['bearer', { mimir: { token: 'a tokén' } }, `token: ${token}`],
    [
      'bearer',
      { mimir: { token: 'a\ntoken' } },
      'secret acme: destinations, mimir: token: expected the token; received one with a line break',
    ],
    ['bearer', { mimir: { user: 'me' } }, 'expected token in the secret; received nothing'],
    [
      'basic',
      { mimir: { user: 'm:e', password: 'pass-word' } },
      'user: expected a name without a colon; received another',
    ],
    [
      'basic',
      {},
      'secret acme: destinations, mimir: expected an object with user and password, or token; received nothing',
    ],
  ])('that cannot be sent end push at the start: %s %j', async (auth, destinations, problem) => {
    const receiver = await startAnswering({ status: 204 });
    const { status, notes } = await pushWith(destinations, {
      VCC_PUSH_AUTH: auth,
      VCC_PUSH_URL: receiver.origin,
    });
    expect([status, notes]).toEqual([2, [`vcc-exporter: ${fault}${problem}`]]);
    expect(receiver.received).toEqual([]);
  });

  test('that are valid are sent in UTF-8', async () => {
    const receiver = await startAnswering({ status: 204 });
    const env = { VCC_PUSH_AUTH: 'basic', VCC_PUSH_URL: receiver.origin };
    const { status } = await pushWith({ mimir: { user: 'mé', password: 'pass: ö' } }, env);
    expect(status).toBe(0);
    const [, sent = ''] = receiver.received[0]!.headers.authorization!.split(' ');
    expect(Buffer.from(sent, 'base64').toString()).toBe('mé:pass: ö');
  });
});

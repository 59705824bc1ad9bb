import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { buildSync } from 'esbuild';
import { forever } from '../../src/deadline.ts';
import {
  listRejected,
  listStrayQueues,
  openDiskQueue,
  type RejectedBatch,
  replayRejected,
} from '../../src/files/disk-queue.ts';
import { createFolderStore } from '../../src/files/folder-store.ts';
import { lockFolder } from '../../src/files/lock.ts';
import { PushError } from '../../src/push/errors.ts';
import { type Batch, encodeBatch } from '../../src/push/queue.ts';
import { stateFileOf } from '../../src/push/schedule/state.ts';
import { inChild } from '../support/in-child.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vcc-line-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const batch = (timestampMs: number, part = 0, destination = 'a/b ü'): Batch => ({
  account: 'Süd "1"',
  destination,
  format: 'remote-write-1',
  timestampMs,
  part,
  samples: 1,
  body: Buffer.from([timestampMs % 256]),
});
const problems: string[] = [];
beforeEach(() => void problems.splice(0));
const ports = { setting: 'VCC_PUSH_FOLDER', report: (problem: Error) => void problems.push(problem.message) };
const openLine = (destination = 'a/b ü') => openDiskQueue(folder, 'Süd "1"', destination, ports);
async function rejected(): Promise<RejectedBatch[]> {
  const found: RejectedBatch[] = [];
  for await (const each of listRejected(folder)) found.push(each);
  return found;
}

const asideNames = () => readdirSync(join(folder, 'rejected')).filter((file) => file.endsWith('.json'));
/** The folder of the only queue. */
const queueFolder = () => join(folder, 'queues', readdirSync(join(folder, 'queues')).join());
const fileOf = (timestampMs: number, part = 0) =>
  join(queueFolder(), `${String(timestampMs).padStart(15, '0')}-0000${part}.json`);

async function takeAll(line: Awaited<ReturnType<typeof openLine>>): Promise<[number, number][]> {
  const found: [number, number][] = [];
  for (let lease = await line.first(); lease; lease = await line.first()) {
    found.push([lease.batch.timestampMs, lease.batch.part]);
    await lease.done();
  }
  return found;
}

describe('a line on disk', () => {
  test('gives batches in their order, the first until it is delivered or put aside', async () => {
    const line = await openLine();
    await line.add([batch(1000, 0), batch(1000, 1)]);
    await line.add([batch(20_000)]);
    expect(line.oldestMs()).toBe(1000);
    expect((await line.first())!.batch).toEqual(batch(1000, 0));
    expect((await line.first())!.batch).toEqual(batch(1000, 0));
    expect(await takeAll(line)).toEqual([
      [1000, 0],
      [1000, 1],
      [20_000, 0],
    ]);
    expect([await line.first(), line.oldestMs()]).toEqual([undefined, undefined]);
  });

  test('outlives the process, in order, without half-written batches', async () => {
    const line = await openLine();
    for (const timestampMs of [9000, 10_000, 999_000]) await line.add([batch(timestampMs)]);
    const [name] = readdirSync(join(folder, 'queues'));
    const unfinished = '000000000000001-00000.json.0123456789abcdef.new';
    writeFileSync(join(folder, 'queues', name!, unfinished), '{"v":1');
    expect(await takeAll(await openLine())).toEqual([
      [9000, 0],
      [10_000, 0],
      [999_000, 0],
    ]);
    expect(readdirSync(queueFolder())).toEqual([]);
  });

  test('keeps the first of two batches for one slot', async () => {
    const line = await openLine();
    await line.add([batch(1)]);
    await line.add([{ ...batch(1), samples: 99 }]);
    expect((await line.first())!.batch.samples).toBe(1);
    expect(await takeAll(line)).toEqual([[1, 0]]);
  });

  test('is one of many, separate for each account and destination', async () => {
    const [one, other] = [await openLine(), await openLine('c')];
    await one.add([batch(1)]);
    expect(await other.first()).toBeUndefined();
  });

  test('puts aside files that are no batches, with the reason, and continues', async () => {
    await openLine();
    const [name] = readdirSync(join(folder, 'queues'));
    writeFileSync(join(folder, 'queues', name!, '000000000000001-00000.json'), 'nonsense');
    const line = await openLine();
    await line.add([batch(2)]);
    expect((await line.first())!.batch.timestampMs).toBe(2);
    expect(await rejected()).toMatchObject([{ file: asideNames()[0], batch: undefined }]);
  });

  test('puts aside rejected batches, and takes them back', async () => {
    const line = await openLine();
    await line.add([batch(1), batch(2)]);
    await (await line.first())!.reject(new PushError('answered 400: why'));
    expect((await line.first())!.batch.timestampMs).toBe(2);
    const [first, ...more] = await rejected();
    expect(more).toEqual([]);
    expect(first).toMatchObject({ reason: 'answered 400: why', batch: batch(1) });
    await replayRejected(folder, first!.file, first!.batch!);
    expect(await rejected()).toEqual([]);
    expect(await takeAll(await openLine())).toEqual([
      [1, 0],
      [2, 0],
    ]);
  });
});

test('twenty lines may reject at the same time', async () => {
  const lines = await Promise.all(
    Array.from({ length: 20 }, (_, at) => openDiskQueue(folder, `account ${at}`, 'acme', ports)),
  );
  for (const line of lines) await line.add([batch(1)]);
  await Promise.all(lines.map(async (line) => (await line.first())!.reject(new PushError('no'))));
  expect(await rejected()).toHaveLength(20);
  writeFileSync(join(folder, 'rejected', '1-x.json'), 'half a fi');
  expect((await rejected()).filter(({ batch }) => batch)).toHaveLength(20);
});

describe('a head that cannot be read', () => {
  test.each<[string, (file: string) => void, string]>([
    ['that is a link', (file) => symlinkSync('/proc/self/mem', file), 'it is a link'],
    ['that is a folder', (file) => mkdirSync(file), 'it is not a file'],
    ['that is a pipe', (file) => void execFileSync('mkfifo', [file]), 'it is not a file'],
    ['that is empty', (file) => writeFileSync(file, ''), 'a batch in the queue: expected JSON'],
    ['that is damaged', (file) => writeFileSync(file, '{"v":1,"acc'), 'a batch in the queue: expected JSON'],
    [
      'of another version',
      (file) => writeFileSync(file, '{"v":2}'),
      'a batch in the queue: expected v to be 1, which this version of the exporter writes',
    ],
  ])('%s is put aside with its reason, and the next is sent', async (_, make, reason) => {
    await (await openLine()).add([batch(2)]);
    make(fileOf(1));
    const line = await openLine();
    expect(await takeAll(line)).toEqual([[2, 0]]);
    const [name, ...more] = asideNames();
    expect(more).toEqual([]);
    expect(readFileSync(join(folder, 'rejected', `${name}.reason`), 'utf8')).toBe(reason);
    expect(problems).toEqual([
      expect.stringMatching(
        /^VCC_PUSH_FOLDER: the batch \w+\/000000000000001-00000\.json in \S+ cannot be read and is put aside: /,
      ),
    ]);
    expect(problems[0]).toContain(reason);
    // Nor does it stop replay.
    expect(await rejected()).toEqual([{ file: name, reason, batch: undefined }]);
  });

  test('is skipped, and stays for the next process, when it cannot be put aside', async () => {
    await (await openLine()).add([batch(2)]);
    mkdirSync(fileOf(1));
    rmSync(join(folder, 'rejected'), { recursive: true });
    writeFileSync(join(folder, 'rejected'), '');
    const line = await openLine();
    expect(await takeAll(line)).toEqual([[2, 0]]);
    expect([await line.first(), line.oldestMs()]).toEqual([undefined, undefined]);
    expect(problems.slice(1)).toEqual([
      `VCC_PUSH_FOLDER: a batch in ${folder} cannot be put aside (EEXIST, file already exists); the next process sends it again`,
    ]);
    expect(readdirSync(queueFolder())).toEqual(['000000000000001-00000.json']);
  });
});

test('a process with too many open files loses no batch and rejects no promise', async () => {
  await (await openLine()).add([batch(1)]);
  const script = join(folder, 'script.mjs');
  const entry = `
    import { closeSync, openSync } from 'node:fs';
    import { openDiskQueue } from './src/files/disk-queue.ts';
    const report = ({ message }) => console.log(message);
    const line = await openDiskQueue(${JSON.stringify(folder)}, 'Süd "1"', 'a/b ü', { setting: 'F', report });
    async function exhausted(use) {
      const open = [];
      try { for (;;) open.push(openSync('/dev/null')); } catch {}
      const failure = await use().catch((error) => error);
      for (const each of open) closeSync(each);
      return failure;
    }
    const failure = await exhausted(() => line.first());
    console.log(failure.code, failure.message);
    const head = await line.first();
    console.log(head.batch.timestampMs);
    console.log(await exhausted(() => head.reject({ message: 'no' })));`;
  buildSync({
    stdin: { contents: entry, resolveDir: fileURLToPath(new URL('../../', import.meta.url)) },
    outfile: script,
    bundle: true,
    format: 'esm',
    platform: 'node',
  });
  const output = execFileSync('sh', ['-c', 'ulimit -n 64; exec "$@"', 'sh', process.execPath, script], {
    encoding: 'utf8',
  });
  const why = '(EMFILE, too many open files)';
  expect(output.trim().split('\n')).toEqual([
    // The head stays first.
    `push F: ${folder} cannot be read ${why}`,
    '1',
    // A rejected batch is put aside, though the folder cannot be listed.
    `F: old rejected batches in ${join(folder, 'rejected')} cannot be deleted ${why}`,
    'undefined',
  ]);
  expect(asideNames()).toHaveLength(1);
});

test('a rejected batch is not sent again by this process when it cannot be put aside', async () => {
  const line = await openLine();
  await line.add([batch(1), batch(2)]);
  rmSync(join(folder, 'rejected'), { recursive: true });
  writeFileSync(join(folder, 'rejected'), '');
  await (await line.first())!.reject(new PushError('no'));
  expect(await takeAll(line)).toEqual([[2, 0]]);
  expect(problems).toEqual([expect.stringContaining('cannot be put aside')]);
});

test('a delivered batch is not sent again by this process when it cannot be removed', async () => {
  const line = await openLine();
  await line.add([batch(1), batch(2)]);
  const lease = await line.first();
  rmSync(fileOf(1));
  mkdirSync(fileOf(1));
  await lease!.done();
  expect(await takeAll(line)).toEqual([[2, 0]]);
  expect(problems).toEqual([
    expect.stringMatching(
      /^VCC_PUSH_FOLDER: a delivered batch in \S+ cannot be removed \(.*EISDIR.*\); the next process sends it again$/,
    ),
  ]);
});

test('a full disk loses what does not fit, reports this, and leaves nothing half written', async () => {
  const line = await openLine();
  await line.add([batch(1)]);
  const failure = await inChild<{ code: string; message: string }>(
    // No file may be larger than 8 blocks of half a KB.
    'ulimit -f 8',
    `
    import { openDiskQueue } from './src/files/disk-queue.ts';
    const batch = (part, samples, bytes) => ({
      ...${JSON.stringify({ ...batch(2), body: undefined })}, part, samples, body: Buffer.alloc(bytes),
    });
    const ports = { setting: 'VCC_PUSH_FOLDER', report() {} };
    const line = await openDiskQueue(process.argv[1], 'Süd "1"', 'a/b ü', ports);
    const adding = line.add([batch(0, 1, 1), batch(1, 20, 9999), batch(2, 3, 1)]);
    console.log(JSON.stringify(await adding.catch(({ code, message }) => ({ code, message }))));`,
    folder,
  );
  expect(failure).toEqual({
    code: 'push',
    message: `VCC_PUSH_FOLDER: ${folder} cannot be written (EFBIG, file too large); 23 samples are lost`,
  });
  expect(readdirSync(queueFolder())).toEqual(['000000000000001-00000.json', '000000000000002-00000.json']);
  expect(await takeAll(await openLine())).toEqual([
    [1, 0],
    [2, 0],
  ]);
});

test('the oldest of too many rejected batches are deleted, and one line gives the number', async () => {
  mkdirSync(join(folder, 'rejected'));
  for (let at = 1; at <= 7; at++) writeFileSync(join(folder, 'rejected', `100000000000${at}-x.json`), '{}');
  writeFileSync(join(folder, 'rejected', '1000000000001-x.json.reason'), 'why');
  mkdirSync(join(folder, 'rejected', '1000000000000-x.json'));
  const line = await openDiskQueue(folder, 'Süd "1"', 'a/b ü', { ...ports, maxRejected: 3 });
  await line.add([batch(1)]);
  await (await line.first())!.reject(new PushError('no'));
  expect(readdirSync(join(folder, 'rejected')).filter((file) => !file.includes('000001-'))).toEqual([
    '1000000000006-x.json',
    '1000000000007-x.json',
  ]);
  expect(problems).toEqual([
    `VCC_PUSH_FOLDER: the oldest 6 of 9 rejected batches in ${join(folder, 'rejected')} were deleted`,
  ]);
});

test('queues of other accounts and destinations are reported, since nothing sends them', async () => {
  const line = await openLine();
  await line.add([batch(1), batch(2)]);
  const [{ account, destination }] = [batch(1)];
  expect(await listStrayQueues(folder, [{ account, destination }])).toEqual([]);
  expect(await listStrayQueues(folder, [{ account, destination: 'renamed' }])).toEqual([
    { account, destination, batches: 2 },
  ]);
  // A file without a readable batch does not name its account and destination.
  for (const file of [1, 2]) writeFileSync(fileOf(file), '{}');
  mkdirSync(join(folder, 'queues', 'empty'));
  expect(await listStrayQueues(folder, [])).toEqual([]);
  expect(await listStrayQueues(join(folder, 'none'), [])).toEqual([]);
});

test('odd files among the rejected batches hide none of the others', async () => {
  const line = await openLine();
  await line.add([batch(1)]);
  await (await line.first())!.reject(new PushError('no'));
  const odd = [
    'null',
    '[]',
    '{',
    '',
    '7',
    encodeBatch({ ...batch(1), timestampMs: 8.64e15 + 1 }),
    encodeBatch({ ...batch(1), part: 100_000 }),
  ];
  for (const [at, text] of odd.entries()) writeFileSync(join(folder, 'rejected', `${at}-x.json`), text);
  mkdirSync(join(folder, 'rejected', '8-x.json'));
  execFileSync('mkfifo', [join(folder, 'rejected', '9-x.json')]);
  const all = await rejected();
  expect(all.filter(({ batch }) => batch)).toMatchObject([{ reason: 'no', batch: batch(1) }]);
  const others = all.filter(({ batch }) => batch === undefined);
  expect(others.map(({ reason }) => reason)).toEqual([
    'a batch in the queue: expected JSON',
    'a batch in the queue: expected v to be 1, which this version of the exporter writes',
    'a batch in the queue: expected JSON',
    'a batch in the queue: expected JSON',
    'a batch in the queue: expected JSON',
    'a batch in the queue: expected timestampMs to be milliseconds since 1970',
    'a batch in the queue: expected part and samples to be whole numbers',
    'it is not a file',
    'it is not a file',
  ]);
  // On a full disk there was no space for the reason.
  for (const file of readdirSync(join(folder, 'rejected')).filter((each) => each.endsWith('.reason')))
    rmSync(join(folder, 'rejected', file));
  expect((await rejected()).filter(({ batch }) => batch)).toMatchObject([
    { reason: 'not known', batch: batch(1) },
  ]);
});

test('only the user may read what the exporter keeps', async () => {
  const line = await openLine();
  await line.add([batch(1), batch(2)]);
  await (await line.first())!.reject(new PushError('no'));
  await createFolderStore(join(folder, 'state'), 'VCC_PUSH_FOLDER').save('a', Buffer.from('x'), forever);
  await (await lockFolder(join(folder, 'inside'), { deadline: forever, onWait: () => {} })).unlock();
  const modes = readdirSync(folder, { recursive: true, withFileTypes: true }).map((entry) => {
    const mode = statSync(join(entry.parentPath, entry.name)).mode & 0o777;
    return `${entry.isFile() ? 'file' : 'folder'} ${mode.toString(8)}`;
  });
  expect(modes.length).toBeGreaterThan(9);
  expect([...new Set(modes)].sort()).toEqual(['file 600', 'folder 700']);
});

test('a state that cannot be saved or read is reported with the reason, and the old one is kept', async () => {
  const store = createFolderStore(join(folder, 'state'), 'VCC_PUSH_STATE');
  await store.save('a', Buffer.from('old'), forever);
  const file = join(folder, 'state', stateFileOf('a'));
  const failure = await inChild(
    'ulimit -f 8',
    `
    import { forever } from './src/deadline.ts';
    import { createFolderStore } from './src/files/folder-store.ts';
    const store = createFolderStore(process.argv[1] + '/state', 'VCC_PUSH_STATE');
    const saving = store.save('a', Buffer.alloc(9999), forever);
    console.log(JSON.stringify(await saving.catch(({ code, message }) => ({ code, message }))));`,
    folder,
  );
  expect(failure).toEqual({
    code: 'push',
    message: `VCC_PUSH_STATE: the state in ${join(folder, 'state')} cannot be written (EFBIG, file too large)`,
  });
  expect(readdirSync(join(folder, 'state'))).toEqual([stateFileOf('a')]);
  expect(Buffer.from((await store.load('a', forever))!).toString()).toBe('old');
  await store.save('a', Buffer.from('new'), forever);
  expect(Buffer.from((await store.load('a', forever))!).toString()).toBe('new');
  rmSync(file);
  mkdirSync(file);
  await expect(store.load('a', forever)).rejects.toThrow(
    `VCC_PUSH_STATE: the state in ${join(folder, 'state')} cannot be read (it is not a file)`,
  );
});

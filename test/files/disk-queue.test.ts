import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { listRejected, openDiskQueue, replayRejected } from '../../src/files/disk-queue.ts';
import { lockFolder } from '../../src/files/lock.ts';
import { PushError } from '../../src/push/errors.ts';
import type { Batch } from '../../src/push/queue.ts';

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
const openLine = (destination = 'a/b ü') => openDiskQueue(folder, 'Süd "1"', destination);

async function takeAll(line: Awaited<ReturnType<typeof openLine>>): Promise<[number, number][]> {
  const found: [number, number][] = [];
  for (let lease = await line.first(); lease; lease = await line.first()) {
    found.push([lease.batch.timestampMs, lease.batch.part]);
    await lease.done();
  }
  return found;
}

describe('a line on disk', () => {
  test('gives batches in their order, the first until something became of it', async () => {
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

  test('outlives the process, in order, without what was half written', async () => {
    const line = await openLine();
    for (const timestampMs of [9000, 10_000, 999_000]) await line.add([batch(timestampMs)]);
    const [name] = readdirSync(join(folder, 'queues'));
    writeFileSync(join(folder, 'queues', name!, '000000000000001-00000.json.new'), '{"v":1');
    expect(await takeAll(await openLine())).toEqual([
      [9000, 0],
      [10_000, 0],
      [999_000, 0],
    ]);
  });

  test('keeps the first of two batches for one slot', async () => {
    const line = await openLine();
    await line.add([batch(1)]);
    await line.add([{ ...batch(1), samples: 99 }]);
    expect((await line.first())!.batch.samples).toBe(1);
    expect(await takeAll(line)).toEqual([[1, 0]]);
  });

  test('is one of many, each account and destination by itself', async () => {
    const [one, other] = [await openLine(), await openLine('c')];
    await one.add([batch(1)]);
    expect(await other.first()).toBeUndefined();
  });

  test('puts aside what is no batch, with the reason, and goes on', async () => {
    await openLine();
    const [name] = readdirSync(join(folder, 'queues'));
    writeFileSync(join(folder, 'queues', name!, '000000000000001-00000.json'), 'nonsense');
    const line = await openLine();
    await line.add([batch(2)]);
    expect((await line.first())!.batch.timestampMs).toBe(2);
    expect(readdirSync(join(folder, 'rejected'))).toHaveLength(1);
    expect(await listRejected(folder)).toEqual([]);
  });

  test('puts aside what was rejected, and takes it back', async () => {
    const line = await openLine();
    await line.add([batch(1), batch(2)]);
    await (await line.first())!.reject(new PushError('answered 400: why'));
    expect((await line.first())!.batch.timestampMs).toBe(2);
    const [rejected, ...more] = await listRejected(folder);
    expect(more).toEqual([]);
    expect(rejected).toMatchObject({ reason: 'answered 400: why', batch: batch(1) });
    await replayRejected(folder, rejected!);
    expect(await listRejected(folder)).toEqual([]);
    expect(await takeAll(await openLine())).toEqual([
      [1, 0],
      [2, 0],
    ]);
  });
});

test('twenty lines may reject at the same time', async () => {
  const lines = await Promise.all(
    Array.from({ length: 20 }, (_, at) => openDiskQueue(folder, `account ${at}`, 'acme')),
  );
  for (const line of lines) await line.add([batch(1)]);
  await Promise.all(lines.map(async (line) => (await line.first())!.reject(new PushError('no'))));
  expect(await listRejected(folder)).toHaveLength(20);
  writeFileSync(join(folder, 'rejected', '1-x.json'), 'half a fi');
  expect(await listRejected(folder)).toHaveLength(20);
});

describe('the folder', () => {
  test('is one process’s at a time, and free again when it lets go or is gone', async () => {
    mkdirSync(folder, { recursive: true });
    const unlock = await lockFolder(folder);
    await unlock();
    writeFileSync(join(folder, 'lock'), String(process.ppid));
    await expect(lockFolder(folder)).rejects.toThrow(
      `${folder}: process ${process.ppid} uses this folder; each needs one of its own`,
    );
    const longAgo = new Date(Date.now() - 60_000);
    utimesSync(join(folder, 'lock'), longAgo, longAgo);
    await (await lockFolder(folder))();
    writeFileSync(join(folder, 'lock'), '999999999');
    await (await lockFolder(folder))();
    writeFileSync(join(folder, 'lock'), '');
    await (await lockFolder(folder))();
    expect(readdirSync(folder)).toEqual([]);
  });
});

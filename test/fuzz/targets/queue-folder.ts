import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { listRejected, openDiskQueue } from '../../../src/files/disk-queue.ts';
import { PushError } from '../../../src/push/errors.ts';
import { encodeBatch } from '../../../src/push/queue.ts';
import { damagedJson, piece } from '../damage.ts';
import { target } from '../target.ts';
import { batches } from './queue-message.ts';

const names = fc.oneof(
  fc.tuple(fc.nat(3), fc.nat(3)).map(([time, part]) => `${String(time).padStart(15, '0')}-0000${part}.json`),
  fc.constantFrom('a.new', 'notes.txt', '000000000000001-00001.json.new', '1-1.json'),
);
const anyFiles = fc.array(
  fc.record({
    name: names,
    text: fc.oneof(
      batches.map(encodeBatch),
      damagedJson(batches.map((batch) => JSON.parse(encodeBatch(batch)))),
      piece,
    ),
    folder: fc.constantFrom(false, false, false, false, true),
  }),
  { maxLength: 5 },
);

interface Input {
  files: { name: string; text: string; folder: boolean }[];
  rejects: boolean;
}

/**
 * A folder of a queue with any files in it: every batch once. All others are put aside and
 * reported.
 */
export const queueFolder = target(
  'queue-folder',
  fc.record({ files: anyFiles, rejects: fc.boolean() }),
  async (input) => {
    const root = mkdtempSync(join(tmpdir(), 'vcc-fuzz-'));
    try {
      await checkFolder(root, input);
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  },
  { share: 0.005 },
);

async function checkFolder(root: string, { files, rejects }: Input): Promise<void> {
  const reports: PushError[] = [];
  const open = () =>
    openDiskQueue(root, 'uk', 'a', {
      setting: 'VCC_PUSH_FOLDER',
      report: (problem) => reports.push(problem),
    });
  await open();
  const folder = join(root, 'queues', readdirSync(join(root, 'queues'))[0]!);
  for (const { name, text, folder: isFolder } of files) {
    rmSync(join(folder, name), { recursive: true, force: true });
    if (isFolder) mkdirSync(join(folder, name));
    else writeFileSync(join(folder, name), text);
  }
  const queued = readdirSync(folder).filter((each) => /^\d{15}-\d{5}\.json$/.test(each));

  const queue = await open();
  let taken = 0;
  for (let lease = await queue.first(); lease; lease = await queue.first()) {
    taken++;
    assert(taken <= queued.length, 'a batch comes twice');
    if (rejects) await lease.reject(new PushError('rejected'));
    else await lease.done();
  }
  assert.equal(taken + reports.length, queued.length, reports.map(({ message }) => message).join('\n'));
  assert.equal(queue.oldestMs(), undefined);
  assert(!readdirSync(folder).some((each) => queued.includes(each)), 'a batch is left');
  let rejected = 0;
  let others = 0;
  for await (const { batch, reason } of listRejected(root)) {
    if (batch === undefined) others++;
    else {
      rejected++;
      assert.equal(reason, 'rejected');
    }
  }
  assert.equal(rejected, rejects ? taken : 0);
  assert(others <= reports.length);
  // A second process finds nothing.
  assert.equal(await (await open()).first(), undefined);
}

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { deadlineIn, forever } from '../../src/deadline.ts';
import { openDiskQueue } from '../../src/files/disk-queue.ts';
import { createFolderStore } from '../../src/files/folder-store.ts';
import { lockFolder } from '../../src/files/lock.ts';
import { readOwn } from '../../src/files/own-file.ts';
import { isOpenToAll, makeFolder, removeUnfinished, writeWhole } from '../../src/files/write.ts';
import type { Batch } from '../../src/push/queue.ts';
import { stateFileOf } from '../../src/push/schedule/state.ts';
import { commandOf, inChild, programFolder } from '../support/in-child.ts';

let folder: string;
let elsewhere: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vcc-own-'));
  elsewhere = mkdtempSync(join(tmpdir(), 'vcc-elsewhere-'));
});
afterEach(() => {
  for (const each of [folder, elsewhere]) rmSync(each, { recursive: true, force: true });
});

const problems: string[] = [];
beforeEach(() => void problems.splice(0));
const ports = { setting: 'F', report: (problem: Error) => void problems.push(problem.message) };
const open = () => openDiskQueue(folder, 'a', 'd', ports);
const batch: Batch = {
  account: 'a',
  destination: 'd',
  format: 'remote-write-1',
  timestampMs: 1,
  part: 0,
  samples: 1,
  body: Buffer.from([1]),
};

test('whatever the umask is, only the user may read what the exporter keeps', async () => {
  await inChild(
    'umask 0',
    `
    import { forever } from './src/deadline.ts';
    import { openDiskQueue } from './src/files/disk-queue.ts';
    import { createFolderStore } from './src/files/folder-store.ts';
    import { lockFolder } from './src/files/lock.ts';
    import { writeNew } from './src/files/write.ts';
    import { rewriteEnvFile } from './src/cli/env-file.ts';
    const root = process.argv[1] + '/push';
    const lock = await lockFolder(root, { deadline: forever, onWait() {} });
    const line = await openDiskQueue(root, 'a', 'd', { setting: 'F', report() {} });
    const batch = ${JSON.stringify({ ...batch, body: undefined })};
    await line.add([0, 1].map((part) => ({ ...batch, part, body: Buffer.from([1]) })));
    await (await line.first()).reject(new Error('no'));
    await createFolderStore(root + '/state', 'F').save('a', Buffer.from('x'), forever);
    await writeNew(root + '/recording.json', '{}');
    await rewriteEnvFile(root + '/settings/.env', () => 'A=1');
    await lock.unlock();
    console.log('{}');`,
    folder,
  );
  const kept = readdirSync(folder, { recursive: true, withFileTypes: true }).map((entry) => {
    const mode = statSync(join(entry.parentPath, entry.name)).mode & 0o777;
    return `${entry.isFile() ? 'file' : 'folder'} ${mode.toString(8)}`;
  });
  expect(kept.filter((each) => each === 'file 600')).toHaveLength(7);
  expect([...new Set(kept)].sort()).toEqual(['file 600', 'folder 700']);
});

describe('what is not a file', () => {
  test.each<[string, (path: string) => void, string]>([
    ['a link', (path) => symlinkSync(join(elsewhere, 'secret'), path), 'it is a link'],
    ['a link to nothing', (path) => symlinkSync(join(elsewhere, 'none'), path), 'it is a link'],
    ['a pipe', (path) => void execFileSync('mkfifo', [path]), 'it is not a file'],
    ['a folder', (path) => void mkdirSync(path), 'it is not a file'],
  ])(
    'is not read: %s; and a file takes its place, without a write to what it points to',
    async (_, make, why) => {
      writeFileSync(join(elsewhere, 'secret'), 'theirs');
      const path = join(folder, stateFileOf('a'));
      make(path);
      const store = createFolderStore(folder, 'VCC_PUSH_STATE');
      await expect(store.load('a', deadlineIn(5000))).rejects.toThrow(
        `VCC_PUSH_STATE: the state in ${folder} cannot be read (${why})`,
      );
      if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
        await expect(store.save('a', Buffer.from('x'), forever)).rejects.toThrow('(EISDIR');
        return;
      }
      await store.save('a', Buffer.from('x'), forever);
      expect(String(await store.load('a', forever))).toBe('x');
      expect(readFileSync(join(elsewhere, 'secret'), 'utf8')).toBe('theirs');
      expect(readdirSync(elsewhere)).toEqual(['secret']);
    },
  );

  test('is not read: a device', async () => {
    await expect(readOwn('/dev/zero', 10)).rejects.toThrow('it is not a file');
  });

  test('a file that is too large is not read', async () => {
    writeFileSync(join(folder, 'x'), '12345');
    expect(String(await readOwn(join(folder, 'x'), 5))).toBe('12345');
    await expect(readOwn(join(folder, 'x'), 4)).rejects.toThrow('it is larger than 0.000004 MB');
  });
});

describe('a link in place of a folder of the queue', () => {
  test.each(['queues', 'rejected'])('%s: nothing is written behind it', async (name) => {
    await (await open()).add([batch]);
    renameSync(join(folder, name), join(elsewhere, name));
    symlinkSync(join(elsewhere, name), join(folder, name));
    const before = readdirSync(elsewhere, { recursive: true });
    if (name === 'queues') {
      const refused = `${join(folder, 'queues')}: expected a folder; received a link`;
      await expect(open()).rejects.toThrow(refused);
    } else {
      await (await (await open()).first())!.reject(new Error('no') as never);
      expect(problems).toEqual([expect.stringContaining('expected a folder; received a link')]);
    }
    expect(readdirSync(elsewhere, { recursive: true })).toEqual(before);
  });

  test('that was put there later loses the samples, with the reason', async () => {
    const line = await open();
    rmSync(join(folder, 'queues'), { recursive: true });
    symlinkSync(elsewhere, join(folder, 'queues'));
    await expect(line.add([batch])).rejects.toThrow(
      'expected a folder; received a link); 1 samples are lost',
    );
    expect(readdirSync(elsewhere)).toEqual([]);
  });
});

describe('a lock that is not one', () => {
  const lock = () => lockFolder(folder, { deadline: deadlineIn(10_000), onWait: () => {}, beatMs: 100 });

  test('a link in place of the folder is refused', async () => {
    writeFileSync(join(elsewhere, 'free'), '');
    symlinkSync(elsewhere, join(folder, 'owner'));
    await expect(lock()).rejects.toThrow(`${join(folder, 'owner')}: expected a folder; received a link`);
    expect(readdirSync(elsewhere)).toEqual(['free']);
  });

  test.each<[string, (path: string) => void]>([
    ['a link', (path) => symlinkSync(join(elsewhere, 'theirs'), path)],
    ['a pipe', (path) => void execFileSync('mkfifo', [path])],
  ])('%s in place of the file is refused, and not waited for', async (_, make) => {
    mkdirSync(join(folder, 'owner'));
    make(join(folder, 'owner', 'unknown-1-0-0123456789abcdef'));
    await expect(lock()).rejects.toThrow('expected one file; delete this folder while no process uses it');
  });

  test('a link that replaces the file is not touched through', async () => {
    const theirs = join(elsewhere, 'theirs');
    writeFileSync(theirs, '');
    utimesSync(theirs, 1, 1);
    const { unlock } = await lock();
    const [mine] = readdirSync(join(folder, 'owner'));
    rmSync(join(folder, 'owner', mine!));
    symlinkSync(theirs, join(folder, 'owner', mine!));
    await wait(1000);
    expect(statSync(theirs).mtimeMs).toBe(1000);
    await unlock();
  });

  test('a new one of a killed process is removed, and no folder of another program', async () => {
    for (const name of ['owner-aB3dE6', 'owner-theirs', 'owner-abcdef']) mkdirSync(join(folder, name));
    writeFileSync(join(folder, 'owner-aB3dE6', 'free'), '');
    writeFileSync(join(folder, 'owner-theirs', 'mine'), '');
    await (await lock()).unlock();
    expect(readdirSync(folder).sort()).toEqual(['owner', 'owner-theirs']);
  });
});

describe('folders', () => {
  // Node.js itself retries forever there.
  test('that the system does not create are an error', async () => {
    await expect(makeFolder('/proc/x/y')).rejects.toMatchObject({
      code: expect.stringMatching(/ENOENT|EACCES/),
    });
  });

  test('are made in each other, through links too, and those that exist keep their mode', async () => {
    symlinkSync(elsewhere, join(folder, 'link'));
    chmodSync(elsewhere, 0o2775);
    await makeFolder(join(folder, 'link', 'a', 'b'));
    await makeFolder(join(folder, 'link', 'a', 'b'));
    expect(statSync(join(elsewhere, 'a', 'b')).mode & 0o777).toBe(0o700);
    expect(statSync(elsewhere).mode & 0o7777).toBe(0o2775);
  });

  test.each([
    [0o700, false],
    [0o775, false],
    // A volume of Docker, or of Kubernetes with fsGroup.
    [0o2775, false],
    // An emptyDir of Kubernetes, and /tmp.
    [0o777, true],
    [0o1777, true],
  ])('of mode %o can be written by everybody: %s', async (mode, open) => {
    chmodSync(folder, mode);
    expect(await isOpenToAll(folder)).toBe(open);
  });
});

describe('an unfinished file', () => {
  test('has a name that nobody can predict, so that a link there does nothing', async () => {
    symlinkSync(join(elsewhere, 'theirs'), join(folder, 'a.new'));
    await writeWhole(folder, 'a', 'x');
    expect([readFileSync(join(folder, 'a'), 'utf8'), readdirSync(elsewhere)]).toEqual(['x', []]);
  });

  test('of a killed process is removed after an hour, and no other file is', async () => {
    const old = ['a.0123456789abcdef.new', 'b.0123456789abcdef.new', 'a.new', 'a', 'a.x.new'];
    for (const name of [...old, 'a.fedcba9876543210.new']) writeFileSync(join(folder, name), '');
    for (const name of old) utimesSync(join(folder, name), 1, 1);
    await removeUnfinished(folder, { file: 'a' });
    // A user may have a file with a name of this form.
    const left = ['a', 'a.fedcba9876543210.new', 'a.new', 'a.x.new'];
    expect(readdirSync(folder).sort()).toEqual([...left, 'b.0123456789abcdef.new'].sort());
    await removeUnfinished(folder);
    expect(readdirSync(folder).sort()).toEqual([...left].sort());
    await removeUnfinished(folder, { olderMs: 0 });
    expect(readdirSync(folder).sort()).toEqual(['a', 'a.new', 'a.x.new']);
  });

  test('is all that a kill leaves at any moment: the file is the old or the new one', async () => {
    const program = `
      import { writeWhole } from './src/files/write.ts';
      process.stdout.write('x');
      for (let n = 0; ; n++) await writeWhole(process.argv[1], 'file', String(n % 10).repeat(200_000));`;
    const found: string[] = [];
    let unfinished = 0;
    for (let kill = 0; kill < 6; kill++) {
      const [file, ...args] = commandOf(program, folder);
      const child = spawn(file, args, { cwd: programFolder, stdio: ['ignore', 'pipe', 'inherit'] });
      await once(child.stdout, 'data');
      while (!existsSync(join(folder, 'file'))) await wait(1);
      await wait(20 + Math.random() * 20);
      child.kill('SIGKILL');
      await once(child, 'close');
      const text = readFileSync(join(folder, 'file'), 'utf8');
      found.push(text.slice(0, 1).repeat(200_000) === text ? 'whole' : 'damaged');
      unfinished += readdirSync(folder).length - 1;
      await removeUnfinished(folder, { olderMs: 0 });
      expect(readdirSync(folder)).toEqual(['file']);
    }
    expect(found).toEqual(Array.from({ length: 6 }, () => 'whole'));
    // Most of the time, one is being written.
    expect(unfinished).toBeGreaterThan(0);
  }, 60_000);
});

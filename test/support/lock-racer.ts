import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { forever } from '../../src/deadline.ts';
import { DocumentError } from '../../src/documents/errors.ts';
import { lockFolder } from '../../src/files/lock.ts';

// A process that competes for locks (lock-race.ts). BEAT-MS FOLDER ROUNDS: again and again for the
// lock of a folder. BEAT-MS: once for each folder on its standard input, at the time beside it.
const [beatMs, folder, rounds] = process.argv.slice(2);

async function acquire(root: string): Promise<(() => Promise<void>) | undefined> {
  try {
    const { unlock } = await lockFolder(root, {
      deadline: forever,
      onWait: () => {},
      beatMs: Number(beatMs),
    });
    return unlock;
  } catch (error) {
    if (error instanceof DocumentError) return undefined;
    throw error;
  }
}

/**
 * Takes the lock, keeps it for a moment, releases it, and reports whether it was the only owner.
 */
async function takeTurns(root: string): Promise<void> {
  const witness = join(root, 'witness');
  for (let round = 0; round < Number(rounds); ) {
    // The parent kills it at about this time: before, while or after it has the lock.
    if (Math.random() < 0.05) process.stdout.write('kill\n');
    const unlock = await acquire(root);
    if (!unlock) {
      await wait(Math.random() * 2);
      continue;
    }
    const token = `${round} ${Math.random()}`;
    writeFileSync(witness, token);
    await wait(Math.random() * 3);
    const alone = readFileSync(witness, 'utf8') === token;
    await unlock();
    round++;
    process.stdout.write(alone ? 'alone\n' : 'overlap\n');
  }
}

if (folder !== undefined) {
  await takeTurns(folder);
} else {
  for await (const line of createInterface(process.stdin)) {
    const [atMs, root] = line.split('\t');
    // All at the same time, as near as processes can.
    while (Date.now() < Number(atMs));
    process.stdout.write((await acquire(root!)) ? 'owner\n' : 'other\n');
  }
  process.exit();
}

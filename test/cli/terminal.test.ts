import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { run } from '../../src/cli/run.ts';
import { guardTerminal, rowsOf } from '../../src/cli/terminal.ts';
import { Secret } from '../../src/credentials.ts';
import { openDiskQueue } from '../../src/files/disk-queue.ts';
import { PushError } from '../../src/push/errors.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { rememberingTerminal } from '../support/terminal.ts';

/**
 * Moves the cursor, sets the title, writes to the clipboard, and reverses the text, with C0, C1,
 * DEL and bidi characters.
 */
const attack = '\x1b[2J\x1b]0;owned\x07\x9b31m\x7f\r\u202eevil\u2066\u2028';
const obeyed = /(?![\n\t])\p{Cc}|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;

let folder: string;
const open: { close(): unknown }[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vcc-terminal-'));
});
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('a guarded terminal', () => {
  test('prints no character that a terminal obeys, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const io = rememberingTerminal(folder, {}, true);
        const guarded = guardTerminal(io);
        guarded.print(text);
        guarded.note(text);
        guarded.data(text);
        for (const written of [...io.lines, ...io.notes]) expect(written).not.toMatch(obeyed);
      }),
    );
  });

  test('shows control characters, and leaves all others unchanged', () => {
    const io = rememberingTerminal(folder);
    guardTerminal(io).print('a\tb\n\x1b[31m\x9b\u202eüß漢😀');
    expect(io.lines).toEqual(['a\tb\n\\x1b[31m\\x9b\\u202eüß漢😀']);
  });

  test('prints no secret', () => {
    const secret = new Secret('secret-of-the-terminal');
    const io = rememberingTerminal(folder);
    const guarded = guardTerminal(io);
    guarded.print(`a ${secret.reveal()}`);
    guarded.note(`b ${encodeURIComponent(secret.reveal())}`);
    expect([...io.lines, ...io.notes]).toEqual(['a [secret]', 'b [secret]']);
  });

  test('gives data to another program byte for byte', () => {
    const io = rememberingTerminal(folder);
    guardTerminal(io).data(attack);
    expect(io.lines).toEqual([attack]);
  });
});

/** An API whose every word is an attack. */
async function startApi(): Promise<TestServer> {
  const agent = {
    id: `id${attack}`,
    presence: { name: attack, description: attack, since: '2026-01-15T09:00:00Z' },
    workload: { interactions: 0 },
    interactions: [],
  };
  const listener: RequestListener = (request, response) => {
    response.setHeader('content-type', 'application/json');
    if (request.url!.startsWith('/token')) response.end('{"access_token":"an-access-token","expires_in":60}');
    else
      response.end(
        JSON.stringify({
          items: [agent],
          meta: { page: 1, count: 1, pageCount: 1, totalCount: 1, [attack]: attack },
          upTo: attack,
        }),
      );
  };
  const server = await startServer(listener);
  open.push(server);
  return server;
}

describe('texts from outside', () => {
  test.each([
    ['check'],
    ['scrape'],
    ['serve'],
    ['push', '--once'],
    ['calibrate'],
    ['record', '--readings', '1'],
  ])('control no terminal: %s %s', async (...args) => {
    const { origin } = await startApi();
    const roster = join(folder, 'teams.csv');
    writeFileSync(roster, `agentId,team\n"id${attack}","${attack}"\n`);
    const io = rememberingTerminal(
      folder,
      {
        VCC_CLIENT_ID: 'me',
        VCC_CLIENT_SECRET: 's3cret-of-mine',
        VCC_TOKEN_URL: `${origin}/token`,
        VCC_API_URL: `${origin}/api`,
        VCC_ROSTER: roster,
        VCC_ACCOUNT: attack.replace('\r', ''),
        VCC_PUSH_URL: `${origin}/push`,
        PORT: '0',
      },
      true,
    );
    const done = run(io, args);
    if (args[0] === 'serve') await io.until(/Account/);
    if (args[0] === 'serve' || args[0] === 'calibrate') io.stop();
    await done;
    const written = [...io.lines, ...io.notes];
    expect(written.join('\n')).toContain('\\u202eevil');
    for (const text of written) expect(text).not.toMatch(obeyed);
  });

  test('control no terminal: replay --list, and a reason is never confused with another batch', async () => {
    const push = join(folder, 'vcc-push');
    const queue = await openDiskQueue(push, attack, attack, { setting: 'VCC_PUSH_FOLDER', report: () => {} });
    const batch = {
      account: attack,
      destination: attack,
      format: 'otlp',
      timestampMs: 0,
      part: 0,
      samples: 1,
      body: Buffer.from('x'),
    } as const;
    await queue.add([batch]);
    await (await queue.first())!.reject(
      new PushError(`why${attack}\n2026-01-01T00:00:00.000Z forged -> x, 1 samples: y`),
    );
    mkdirSync(join(push, 'rejected', '0-folder.json'));
    const io = rememberingTerminal(
      folder,
      { VCC_CLIENT_ID: 'me', VCC_CLIENT_SECRET: 's3cret-of-mine' },
      true,
    );
    expect(await run(io, ['replay', '--list'])).toBe(0);
    expect(io.lines).toEqual([
      'not a batch: 0-folder.json: it is not a file',
      expect.stringMatching(/^1970-01-01T00:00:00\.000Z [^\n]*: why[^\n]* forged -> x, 1 samples: y$/),
    ]);
    expect(io.lines.join()).not.toMatch(obeyed);
  });

  test.each(['null', '{"v":1}', '[]', '1', '""'])('end no replay --list: %s', async (text) => {
    const rejected = join(folder, 'vcc-push', 'rejected');
    mkdirSync(rejected, { recursive: true });
    writeFileSync(join(rejected, '1-a.json'), text);
    const io = rememberingTerminal(folder, { VCC_CLIENT_ID: 'me', VCC_CLIENT_SECRET: 's3cret-of-mine' });
    expect(await run(io, ['replay', '--list'])).toBe(0);
    expect(io.lines).toEqual([
      expect.stringMatching(/^not a batch: 1-a\.json: a batch in the queue: expected /),
    ]);
    expect(io.notes).toEqual([
      'Rejected batches: 0.',
      '1 of the files are not batches and stay in the folder.',
    ]);
  });
});

test.each([
  ['', 80, 1],
  ['a\nb', 80, 2],
  ['a'.repeat(80), 80, 1],
  [`${'a'.repeat(81)}\n\nb`, 80, 4],
  ['a'.repeat(500), Number.POSITIVE_INFINITY, 1],
])('a text of several lines takes the rows that a screen needs for it (%#)', (text, columns, rows) => {
  expect(rowsOf(text, columns)).toBe(rows);
});

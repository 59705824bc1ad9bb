import { afterEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DocumentError } from '../../src/documents/errors.ts';
import {
  encodeRecording,
  parseRecording,
  type RecordedResult,
  type Recording,
} from '../../src/recording/format.ts';
import { serveRecording } from '../../src/simulator/recorded.ts';
import { type Simulator, startSimulator } from '../../src/simulator/server.ts';
import { anyHostile, anyHostileBody } from '../support/bodies.ts';
import { newClient } from './client.ts';

const startMs = Date.parse('2026-01-15T10:00:00.900Z');
let nowMs = startMs;
let simulator: Simulator | undefined;
afterEach(async () => {
  await simulator?.close();
  nowMs = startMs;
});

const ok = (json: unknown, headers: Record<string, string> = {}): RecordedResult => ({
  status: 200,
  headers,
  json,
});
const reading = (afterMs: number, ...results: RecordedResult[]) => ({
  afterMs,
  answers: results.map((result) => ({ page: 1, result })),
});

async function serve(...readings: Recording['readings']) {
  simulator = await startSimulator({
    accounts: [{ name: 'simulated-1', recording: { readings } }],
    now: () => nowMs,
  });
  const get = await newClient(simulator, simulator);
  return async (afterMs = 0, query = 'page=1') => {
    nowMs = startMs + afterMs;
    return get(`/stats/agent-status?${query}`);
  };
}

describe('a recording that is served', () => {
  test('has its first upTo at its start, and all other times at their original distance from it', async () => {
    const get = await serve(
      reading(
        0,
        ok(
          {
            items: [{ presence: { since: '2030-05-05T11:59:00.250Z', name: '2030-05-05T11:59:00.250Z' } }],
            upTo: '2030-05-05T12:00:00.500Z',
          },
          { date: 'Sun, 05 May 2030 12:00:03 GMT' },
        ),
      ),
      reading(20_000, ok({ items: [], upTo: '2030-05-05T12:00:20Z' })),
    );
    const first = await get(5000);
    expect(await first.json()).toEqual({
      items: [{ presence: { since: '2026-01-15T09:59:00.250Z', name: '2030-05-05T11:59:00.250Z' } }],
      upTo: '2026-01-15T10:00:00.500Z',
    });
    // The clock of the API continues.
    expect(first.headers.get('date')).toBe('Thu, 15 Jan 2026 10:00:08 GMT');
    expect(await (await get(20_000)).json()).toEqual({ items: [], upTo: '2026-01-15T10:00:20Z' });
    // A second reading that lasts as long as the first one.
    expect(await (await get(39_999)).json()).toEqual({ items: [], upTo: '2026-01-15T10:00:20Z' });
    expect(await (await get(40_000)).json()).toMatchObject({ upTo: '2026-01-15T10:00:40.500Z' });
  });

  test('has times of when it is served, also if the first readings failed', async () => {
    const get = await serve(
      reading(0, { status: 503, headers: {}, json: {} }),
      reading(20_000, ok({ upTo: '2030-05-05T12:00:20Z' })),
    );
    expect(await (await get(20_000)).json()).toEqual({ upTo: '2026-01-15T10:00:20Z' });
  });

  test('starts over after 10 s if it is one reading', async () => {
    const get = await serve(reading(7000, ok({ upTo: '2030-05-05T12:00:00Z' })));
    const upTo = async (afterMs: number) => ((await (await get(afterMs)).json()) as { upTo: string }).upTo;
    expect([await upTo(9999), await upTo(10_000)]).toEqual(['2026-01-15T10:00:00Z', '2026-01-15T10:00:10Z']);
  });

  test('has the answers of a page one after the other, in each reading anew', async () => {
    const get = await serve(
      reading(0, { status: 503, headers: { 'retry-after': '1' }, json: {} }, ok({ n: 1 })),
      reading(10_000, ok({ n: 2 }), ok({ n: 3 })),
    );
    const seen = [];
    for (const afterMs of [0, 0, 0, 10_000, 10_000, 20_000]) {
      const answer = await get(afterMs);
      seen.push([answer.status, answer.headers.get('retry-after'), await answer.json()]);
    }
    expect(seen).toEqual([
      [503, '1', {}],
      [200, null, { n: 1 }],
      [200, null, { n: 1 }],
      [200, null, { n: 2 }],
      [200, null, { n: 3 }],
      [503, '1', {}],
    ]);
  });

  test('has each page whatever its size, and 404 for others', async () => {
    const get = await serve({
      afterMs: 0,
      answers: [
        { page: 1, limit: 5000, result: ok(['a']) },
        { page: 2, limit: 5000, result: ok(null) },
      ],
    });
    expect(await (await get(0, 'page=1&limit=25')).json()).toEqual(['a']);
    expect(await (await get(0, '')).json()).toEqual(['a']);
    expect(await (await get(0, 'page=2')).json()).toBe(null);
    expect((await get(0, 'page=3')).status).toBe(404);
    expect((await get(0, 'page=x')).status).toBe(404);
  });

  test('replaces a body that was no JSON by one of its length, up to a megabyte', async () => {
    const html = (characters: number): RecordedResult => ({
      status: 502,
      headers: { 'content-type': 'text/html' },
      notJson: { characters },
    });
    const get = await serve(reading(0, html(5), html(1e12)));
    const answer = await get();
    expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([
      502,
      'text/html',
      '-----',
    ]);
    expect((await (await get()).text()).length).toBe(1e6);
  });

  test('breaks the connection where there was no answer', async () => {
    const get = await serve(reading(0, { failure: 'network' }, ok({})));
    await expect(get().then((answer) => answer.text())).rejects.toThrow();
    expect((await get()).status).toBe(200);
  });

  test('has no agents among its users, and none to add', async () => {
    const get = await serve(reading(0, ok({})));
    const users = simulator?.accounts[0]?.users().map((user) => user.userAccountConfiguration.actAsAgent);
    expect(new Set(users)).toEqual(new Set([false]));
    simulator?.faults.push({ kind: 'grow' });
    expect(await (await get()).json()).toEqual({});
  });
});

/** Mostly what a recording may contain. */
const mostly = (usual: readonly unknown[], odd: readonly unknown[]) =>
  fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(...usual) },
    { weight: 1, arbitrary: fc.constantFrom(...odd) },
  );
const dates = ['Thu, 99 Xyz 2030 25:00:00 GMT', 'Sun, 05 May 2030 12:00:03 GMT', '~'];

/** A recording made by an attacker to break its reader. */
const anyFile = fc
  .tuple(
    fc.record({
      page: mostly([1], [0, 1e300, '1']),
      status: mostly([200, 204, 304, 503], [101, 999, null]),
      headers: mostly(
        [{}, ...dates.map((date) => ({ date, 'content-type': date })), { 'x-rate-limit': '7' }],
        [{ 'content-type': '\u0000' }, { 'x-rate-limit': '\u20ac' }, { connection: 'close' }, null],
      ),
      body: fc.oneof(
        { weight: 4, arbitrary: anyHostileBody.map((json) => ({ json })) },
        mostly([{ notJson: { characters: 1e12 } }, { notJson: { characters: 3 } }, { failure: 'x' }], [{}]),
      ),
      afterMs: mostly([0, 1, 1e9], [-1, 1e18, '0']),
    }),
    anyHostile,
    mostly([undefined], ['readings', 'answers', 'result']),
  )
  .map(([{ page, status, headers, body, afterMs }, other, replaced]) => {
    const put = (name: string, usual: unknown) => (replaced === name ? other : usual);
    const result = put('result', { status, headers, ...(body as object) });
    const readings = put('readings', [{ afterMs, answers: put('answers', [{ page, result }]) }]);
    return encodeRecording({ readings } as Recording, 'test');
  });

test('no file stops the simulator', async () => {
  let served = 0;
  const readings = (file: string) => {
    try {
      return parseRecording(file, 'a.json');
    } catch (error) {
      expect(error).toBeInstanceOf(DocumentError);
      return undefined;
    }
  };
  await fc.assert(
    fc.asyncProperty(anyFile, async (file) => {
      const recording = readings(file);
      if (!recording) return;
      served++;
      serveRecording(recording, startMs)(new URLSearchParams('page=1'), startMs + 12_345);
      const get = await serve(...recording.readings);
      const answer = await get(0, 'page=1').catch(() => undefined);
      await answer?.text().catch(() => {});
      expect((await get(0, 'page=7')).status).toBe(404);
      await simulator?.close();
    }),
    { numRuns: 200 },
  );
  expect(served).toBeGreaterThan(50);
});

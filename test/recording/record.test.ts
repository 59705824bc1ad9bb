import { afterEach, describe, expect, test } from '@jest/globals';
import { deadlineIn, forever, untilAborted } from '../../src/deadline.ts';
import { directNetwork } from '../../src/http/network.ts';
import { encodeRecording, parseRecording, type Recording } from '../../src/recording/format.ts';
import { type RecordOptions, record } from '../../src/recording/record.ts';
import { createScraper } from '../../src/scrape.ts';
import { type Fault, parseFault } from '../../src/simulator/faults.ts';
import { type Simulator, startSimulator } from '../../src/simulator/server.ts';
import { systemTiming } from '../../src/timing.ts';
import { accountOf } from '../support/account.ts';
import { comparable } from '../support/floors.ts';
import { startServer, type TestServer } from '../support/server.ts';

const open: (Simulator | TestServer)[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});
async function opened<T extends Simulator | TestServer>(starting: Promise<T>): Promise<T> {
  const it = await starting;
  open.push(it);
  return it;
}

const pauses: number[] = [];
const timing = {
  ...systemTiming,
  random: () => 0,
  sleep: async (ms: number) => {
    pauses.push(ms);
  },
};
const options = (more: Partial<RecordOptions> = {}): RecordOptions => ({
  readings: 1,
  intervalMs: 10_000,
  network: directNetwork,
  timing,
  userAgent: 'test',
  stop: forever,
  ...more,
});
const startedMs = Date.now();
const frozen = () => startedMs;
const small = { VCC_PAGE_SIZE: '10', VCC_RETRIES: '1' };

/** The status of each answer of each reading, or why there was none. */
const shapeOf = ({ readings }: Recording) =>
  readings.map(({ answers }) =>
    answers.map(({ page, result }) => [page, 'failure' in result ? result.failure : result.status]),
  );

async function scrapeOf(simulator: Simulator, env: Record<string, string>) {
  const scraper = createScraper(accountOf(simulator, env), { timing });
  try {
    const { reading, failure } = await scraper.scrape(deadlineIn(10_000));
    const message = failure?.message.replaceAll(simulator.apiUrl, 'URL');
    return {
      message,
      error: reading.error,
      floor: reading.floor,
      skew: reading.clockSkewMs,
      pages: reading.pages,
    };
  } finally {
    scraper.close();
  }
}

describe('a scrape of a recording', () => {
  const faults = [
    '',
    'flawed',
    'flawed,page=1',
    'unknown',
    'shape',
    'html',
    'json',
    'shape,page=2',
    'status=503',
    'status=503,page=2,times=1',
    'status=418,page=2',
    'status=400,page=1,times=2',
    'cut,page=3',
  ];
  test.each(faults)('equals the scrape of the account: %s', async (fault) => {
    const start = () => {
      const faults: Fault[] = fault === '' ? [] : [parseFault(fault)];
      return opened(startSimulator({ agents: 35, now: frozen, faults }));
    };
    const before = await scrapeOf(await start(), small);
    const { recording } = await record(accountOf(await start(), small), options());
    const read = parseRecording(encodeRecording(recording, 'test'), 'a.json');
    const replayed = await opened(
      startSimulator({ accounts: [{ name: 'simulated-1', recording: read }], now: frozen }),
    );
    const after = await scrapeOf(replayed, small);
    expect(after).toMatchObject({ message: before.message, error: before.error, pages: before.pages });
    expect(after.floor === undefined).toBe(before.floor === undefined);
    if (before.floor) {
      const movedMs = after.floor!.takenAtMs - before.floor.takenAtMs;
      expect(Math.abs(movedMs)).toBeLessThanOrEqual(1000);
      expect(comparable(after.floor, movedMs)).toEqual(comparable(before.floor));
      expect(Math.abs(after.skew! - before.skew!)).toBeLessThan(2000);
    }
  });
});

describe('a recording', () => {
  test('has all pages of all readings, at their original distance', async () => {
    const simulator = await opened(startSimulator({ agents: 35 }));
    pauses.length = 0;
    const { recording, failure } = await record(accountOf(simulator, small), options({ readings: 3 }));
    expect(failure).toBeUndefined();
    const pages = [1, 2, 3, 4].map((page) => [page, 200]);
    expect(shapeOf(recording)).toEqual([pages, pages, pages]);
    expect(pauses.map((ms) => Math.round(ms / 5000))).toEqual([2, 4]);
    expect(simulator.requests).toEqual({ token: 1, api: 12, users: 0 });
  });

  test('has another time each time', async () => {
    const simulator = await opened(startSimulator({ agents: 10, now: frozen }));
    const upTo = async () => {
      const { recording } = await record(accountOf(simulator), options());
      const { result } = recording.readings[0]!.answers[0]!;
      return Date.parse((result as { json: { upTo: string } }).json.upTo);
    };
    const [one, other] = [await upTo(), await upTo()];
    expect(one).not.toBe(other);
    for (const each of [one, other]) {
      expect(each - startedMs).toBeGreaterThan(365 * 86_400_000);
      expect(each - startedMs).toBeLessThan(10 * 366 * 86_400_000);
    }
  });

  test('has everything that was read before a 429', async () => {
    const simulator = await opened(startSimulator({ agents: 35 }));
    simulator.faults.push(parseFault('status=429,retry-after=7,page=2'));
    const { recording, failure } = await record(accountOf(simulator, small), options({ readings: 3 }));
    expect(failure).toMatchObject({ code: 'throttled' });
    expect(shapeOf(recording)).toHaveLength(1);
    expect(shapeOf(recording)[0]).toEqual(
      expect.arrayContaining([
        [1, 200],
        [2, 429],
      ]),
    );
    const { result } = recording.readings[0]!.answers.find(({ page }) => page === 2)!;
    expect(result).toMatchObject({ headers: { 'retry-after': '7' } });
  });

  test('has a refusal of the token, and ends with it', async () => {
    const simulator = await opened(startSimulator({ agents: 10 }));
    simulator.faults.push(parseFault('status=403'));
    const { recording, failure } = await record(accountOf(simulator), options({ readings: 3 }));
    expect([failure, shapeOf(recording)]).toMatchObject([{ code: 'forbidden' }, [[[1, 403]]]]);
  });

  test('continues after other failures, and has each attempt', async () => {
    const simulator = await opened(startSimulator({ agents: 10 }));
    simulator.faults.push(parseFault('status=503,times=3'), parseFault('cut,times=1'));
    const { recording, failure } = await record(accountOf(simulator, small), options({ readings: 3 }));
    expect(failure).toMatchObject({ code: 'network' });
    expect(shapeOf(recording)).toEqual([
      [
        [1, 503],
        [1, 503],
      ],
      [
        [1, 503],
        [1, 'network'],
      ],
      [[1, 200]],
    ]);
  });

  test('has all pages even if no page can be parsed', async () => {
    const simulator = await opened(startSimulator({ agents: 35 }));
    simulator.faults.push(parseFault('shape'));
    const { recording, failure } = await record(accountOf(simulator, small), options());
    expect([failure, shapeOf(recording)]).toEqual([undefined, [[1, 2, 3, 4].map((page) => [page, 200])]]);
  });

  test.each<[what: string, body: string, result: object]>([
    ['HTML', '<html>Alice</html>', { notJson: { characters: 18 } }],
    ['nothing', '', { notJson: { characters: 0 } }],
    ['a byte order mark', '\ufeff{}', { json: {} }],
    ['no object', '"Alice"', { json: 'text-a' }],
    ['null', 'null', { json: null }],
    ['a list', '[{"agentId":"Alice"}]', { json: [{ agentId: 'agent-aaa' }] }],
    ['meta and items of another kind', '{"meta":[],"items":7}', { json: { meta: [], items: 1 } }],
    ['no total', '{"meta":{"pageCount":1}}', { json: { meta: { pageCount: 1 } } }],
  ])('has an answer that is %s', async (_, body, result) => {
    const simulator = await opened(startSimulator());
    const api = await opened(
      startServer((_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json', server: 'Acme' }).end(body);
      }),
    );
    const { recording } = await record(accountOf(simulator, { VCC_API_URL: api.origin }), options());
    expect(recording.readings[0]!.answers).toEqual([
      {
        page: 1,
        limit: 5000,
        result: {
          status: 200,
          headers: { 'content-type': 'application/json', date: expect.any(String) },
          ...result,
        },
      },
    ]);
  });

  test('never exceeds its size limit', async () => {
    const simulator = await opened(startSimulator({ agents: 35, now: frozen }));
    const { recording, failure } = await record(
      accountOf(simulator, { ...small, VCC_PAGE_CONCURRENCY: '1' }),
      options({ readings: 3, maxBytes: 15_000 }),
    );
    expect(failure).toMatchObject({
      code: 'too_large',
      message: 'all answers together are larger than 0.015 MB',
    });
    const answers = shapeOf(recording).flat();
    expect(answers.at(-1)?.[1]).toBe('too_large');
    expect(answers.length).toBeGreaterThan(2);
  });

  test('that is stopped has the complete readings', async () => {
    const simulator = await opened(startSimulator({ agents: 35 }));
    const stopping = new AbortController();
    const sleep = async () => stopping.abort(new Error('stopped'));
    const stop = untilAborted(stopping.signal);
    const { recording, failure } = await record(
      accountOf(simulator, small),
      options({ readings: 3, stop, timing: { ...timing, sleep } }),
    );
    expect([failure, shapeOf(recording)]).toEqual([undefined, [[1, 2, 3, 4].map((page) => [page, 200])]]);
  });

  test.each([
    ['on=token', 'credentials_rejected', 'status=400,on=token'],
    ['a token that is none', 'shape', 'html,on=token'],
  ])('is not made without an answer: %s', async (_, code, fault) => {
    const simulator = await opened(startSimulator({ faults: [parseFault(fault)] }));
    await expect(record(accountOf(simulator), options())).rejects.toMatchObject({ code });
  });
});

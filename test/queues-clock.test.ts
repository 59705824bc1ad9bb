import { afterEach, describe, expect, test } from '@jest/globals';
import { pageOf } from './support/ongoing.ts';
import {
  scrape,
  sent,
  seriesOf,
  simulator,
  start,
  startFront,
  statuses,
  stop,
  timing,
} from './support/queue-account.ts';
import { inOrder } from './support/queue-oracle.ts';
import { only, startMs, trueQueueSeries } from './support/queue-truth.ts';

afterEach(stop);

describe('a wrong clock', () => {
  const [minutes, hours, days] = [60_000, 3_600_000, 86_400_000];
  const aheads = [1, 2, 31, 3 * 60, 20 * 24 * 60, 40 * 24 * 60].map((count) => count * minutes);
  const shifts = [0, ...aheads, ...aheads.map((ms) => -ms)];

  /** Scrapes, and expects the true window. Returns how many requests for queue times it took. */
  async function expectWindow(): Promise<number> {
    const before = sent()['queue-times'];
    const series = await seriesOf();
    const nowMs = timing.apiNow();
    const truth = { ongoingMs: nowMs, queueTimesMs: nowMs, windowMs: 30 * minutes, lagMs: 0 };
    const names = /^vcc_queue_window_(left|wait|seconds)/;
    expect(inOrder(only(series, names))).toEqual(
      inOrder(only(trueQueueSeries(simulator.accounts[0]!, truth), names)),
    );
    expect(
      series.get(
        'vcc_queue_window_left{account="test",category="Answered",party_role="External",queue="Billing"}',
      ),
    ).toBeGreaterThan(0);
    expect(series.get('vcc_queue_snapshot_timestamp_seconds{account="test",source="queue_times"}')).toBe(
      nowMs / 1000,
    );
    const requests = sent()['queue-times'] - before;
    expect(series.get('vcc_queue_api_requests{account="test",source="queue_times"}')).toBe(requests);
    return requests;
  }

  const options = { now: () => startMs, quirks: { queueLagMs: 0 } };

  test.each(shifts)('that is %i ms ahead costs at most one more request, once', async (aheadMs) => {
    await start(options, { VCC_QUEUE_INTERVAL: '1m' });
    timing.aheadMs = aheadMs;
    expect(await expectWindow()).toBe(Math.abs(aheadMs) > minutes ? 2 : 1);
    timing.pass(minutes);
    expect(await expectWindow()).toBe(1);
    expect(sent().ongoing).toBe(2);
  });

  test.each([-40 * days, -3 * hours, -2 * minutes, 5 * minutes, 3 * hours, 40 * days])(
    'that jumps by %i ms between two reads costs at most one more request',
    async (jumpMs) => {
      await start(options, { VCC_QUEUE_INTERVAL: '1m' });
      await expectWindow();
      for (const sign of [1, -1]) {
        timing.aheadMs += sign * jumpMs;
        // A clock that was set forward makes everything seem old, and one set back does not.
        timing.pass(minutes);
        expect(await expectWindow()).toBe(2);
        timing.pass(minutes);
        expect(await expectWindow()).toBe(1);
      }
    },
  );

  test('does not make a window of 20 days be read page by page', async () => {
    await start(options, { VCC_PAGE_SIZE: '5', VCC_QUEUE_INTERVAL: '1m', VCC_QUEUE_WINDOW: '1m' });
    timing.aheadMs = -20 * days;
    await scrape();
    const first = sent()['queue-times'];
    timing.pass(minutes);
    await scrape();
    expect(first).toBe(sent()['queue-times'] - first + 1);
    expect(first).toBeLessThan(20);
  });

  test('sends no second request after a 429', async () => {
    await start({ ...options, faults: [{ kind: 'status', value: 429, on: 'queue-times' }] });
    timing.aheadMs = 40 * days;
    expect(await statuses()).toEqual({ ongoing: 'up', queue_times: 'throttled' });
    expect(sent()['queue-times']).toBe(1);
  });

  test('is of no use without a header Date, but another read is not in vain', async () => {
    await startFront((request, response) => {
      response.sendDate = false;
      const tooLong = new URL(request.url!, 'http://x').searchParams.has('start');
      response.writeHead(tooLong ? 400 : 200).end(pageOf([]));
    });
    await start(options);
    timing.aheadMs = 40 * days;
    expect(await statuses()).toEqual({ ongoing: 'up', queue_times: 'http_status' });
  });

  test('on one of the hosts that answer leaves no part of the window out', async () => {
    await startFront((request, response) => {
      const page = Number(new URL(request.url!, 'http://x').searchParams.get('page'));
      const upTo = new Date(startMs - (page === 2 ? 5 * minutes : 0)).toISOString();
      const meta = { page, count: 1, pageCount: 2, totalCount: 2 };
      response.end(pageOf([{ interactionGuid: `guid-${page}` }], { meta, upTo }));
    });
    await start(options, { VCC_MAX_FLAWED_AGENTS: '100' });
    expect(await statuses()).toMatchObject({ queue_times: 'snapshot' });
  });
});

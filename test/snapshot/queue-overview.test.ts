import { describe, expect, test } from '@jest/globals';
import type { Ongoing } from '../../src/snapshot/ongoing.ts';
import { queuesOverview } from '../../src/snapshot/queue-overview.ts';
import { takenAtMs } from '../support/agents.ts';
import { ongoingOf, queueTimeOf } from '../support/queue-items.ts';
import { queueReadingOf } from '../support/queue-reading.ts';

/** Interactions that wait in these queues, each for a number of seconds. Undefined: unknown. */
const waitingIn = (...places: [queue: string, seconds: number | undefined][]): Ongoing[] =>
  places.map(([queue, seconds], index) =>
    ongoingOf(`${index}`, {
      waiting: {
        ...{ queue, plan: 'Plan' },
        sinceMs: seconds === undefined ? undefined : takenAtMs - seconds * 1000,
      },
    }),
  );

describe('queues at a glance', () => {
  test('are those in which somebody waits, the longest wait first', () => {
    const ongoing = waitingIn(
      ['Sales', 45],
      ['', 300],
      ['Support', 20],
      ['Support', 50],
      ['Billing', 45],
      ['Claims', undefined],
      ['Accounts', undefined],
    );
    expect(queuesOverview(queueReadingOf(ongoing, [queueTimeOf('b', { queue: 'Empty' })]))).toEqual({
      all: { name: 'all', waiting: 7, longest: '5 min' },
      queues: [
        { name: '(no name)', waiting: 1, longest: '5 min' },
        { name: 'Support', waiting: 2, longest: '50 s' },
        { name: 'Billing', waiting: 1, longest: '45 s' },
        { name: 'Sales', waiting: 1, longest: '45 s' },
        { name: 'Accounts', waiting: 1, longest: '' },
        { name: 'Claims', waiting: 1, longest: '' },
      ],
      failed: [],
    });
  });

  test('may be those of nobody, as opposed to unknown', () => {
    const nobody = queueReadingOf([], [queueTimeOf('b')]);
    expect(queuesOverview(nobody)).toEqual({
      all: { name: 'all', waiting: 0, longest: '' },
      queues: [],
      failed: [],
    });
    const unknown = { all: undefined, queues: [], failed: [] };
    const { counts, sources } = queueReadingOf(waitingIn(['Sales', 45]));
    expect(queuesOverview(queueReadingOf([], [], { counts: { ...counts, ongoing: undefined } }))).toEqual(
      unknown,
    );
    // Without its time nobody knows how long.
    const others = sources.filter(({ source }) => source !== 'ongoing');
    expect(queuesOverview(queueReadingOf([], [], { counts, sources: others }))).toEqual(unknown);
    const [ongoing] = sources;
    const timeless = [{ ...ongoing!, takenAtMs: undefined }, ...others];
    expect(queuesOverview(queueReadingOf([], [], { counts, sources: timeless }))).toEqual(unknown);
  });

  test('are as old as what waits, whatever the time of other sources', () => {
    const { counts, sources } = queueReadingOf(waitingIn(['Sales', 45]));
    const others = sources
      .toReversed()
      .map((each) => (each.source === 'ongoing' ? each : { ...each, takenAtMs: takenAtMs + 60_000 }));
    expect(queuesOverview(queueReadingOf([], [], { counts, sources: others })).all).toEqual({
      name: 'all',
      waiting: 1,
      longest: '45 s',
    });
  });

  test('name the sources that failed', () => {
    const { sources } = queueReadingOf();
    const failing = sources.map((each) =>
      each.source === 'queue_times' ? { ...each, error: 'forbidden' as const } : each,
    );
    const { failed } = queuesOverview(queueReadingOf([], [], { sources: failing }));
    expect(failed).toEqual([expect.objectContaining({ source: 'queue_times', error: 'forbidden' })]);
  });
});

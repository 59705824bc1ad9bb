import { expect, test } from '@jest/globals';
import { deadlineIn, forever } from '../src/deadline.ts';
import { createRestraint, createSource } from '../src/queue-source.ts';
import { systemTiming } from '../src/timing.ts';

test('a read whose time ended while the process was frozen does not shorten the wait for the next one', async () => {
  let reads = 0;
  const source = createSource(
    () =>
      ++reads === 1
        ? new Promise<string>(() => {})
        : new Promise<string>((resolve) => setTimeout(resolve, 100, 'the second')),
    {
      clocks: systemTiming,
      until: forever,
      readMs: 1500,
      waitMs: 1000,
      freshMs: 0,
      usableMs: 0,
      keeps: false,
      restraint: createRestraint(systemTiming),
      onFailure: () => {},
    },
  );
  const agents = Promise.resolve();
  const get = async () => {
    const deadline = deadlineIn(10_000);
    const outcome = await source.get(agents, deadline);
    deadline.end();
    return outcome;
  };
  const startedMs = performance.now();
  expect(await get()).toMatchObject({ value: undefined });
  // No timer fires meanwhile, as in a frozen process.
  while (performance.now() < startedMs + 1600);
  expect(await get()).toEqual({ value: 'the second', error: undefined, requests: 0 });
  expect(reads).toBe(2);
});

import { describe, expect, test } from '@jest/globals';
import { deadlineIn, forever, untilAborted } from '../../src/deadline.ts';
import { createGate, type Lane } from '../../src/http/gate.ts';

/** What began, in that order, and how to end it. */
function start() {
  const begun: string[] = [];
  const leaves = new Map<string, () => void>();
  return {
    begun,
    enter(lane: Lane, name: string, deadline = forever) {
      return lane.enter(deadline).then((leave) => {
        begun.push(name);
        leaves.set(name, leave);
      });
    },
    async leave(name: string) {
      leaves.get(name)!();
      await settled();
    },
  };
}
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('the gate', () => {
  test('lets in as many as it has slots, and the next when one leaves', async () => {
    const lane = createGate(2).addLane();
    const { begun, enter, leave } = start();
    for (const name of ['a', 'b', 'c', 'd']) void enter(lane, name);
    await settled();
    expect(begun).toEqual(['a', 'b']);
    await leave('b');
    expect(begun).toEqual(['a', 'b', 'c']);
  });

  test('gives a slot to the account with the fewest, so that a large account delays no other', async () => {
    const gate = createGate(3);
    const [large, small, other] = [gate.addLane(), gate.addLane(), gate.addLane()];
    const { begun, enter, leave } = start();
    for (const name of ['L1', 'L2', 'L3', 'L4']) void enter(large, name);
    await settled();
    for (const name of ['s1', 's2']) void enter(small, name);
    void enter(other, 'o1');
    for (const name of ['L1', 'L2', 's1', 'o1']) await leave(name);
    expect(begun).toEqual(['L1', 'L2', 'L3', 's1', 'o1', 's2', 'L4']);
  });

  test('accounts that failed share a quarter of the slots', async () => {
    const gate = createGate(8);
    const lanes = Array.from({ length: 6 }, () => gate.addLane());
    for (const lane of lanes.slice(0, 5)) lane.setTroubled(true);
    const { begun, enter, leave } = start();
    for (const [index, lane] of lanes.entries()) void enter(lane, `${index}`);
    await settled();
    expect(begun).toEqual(['0', '1', '5']);
    await leave('0');
    expect(begun).toEqual(['0', '1', '5', '2']);
    // A recovered account waits no longer.
    lanes[4]!.setTroubled(false);
    await settled();
    expect(begun.at(-1)).toBe('4');
  });

  test('gives every failed account its turn, though the others hang at every scrape', async () => {
    const gate = createGate(8);
    const lanes = Array.from({ length: 9 }, () => gate.addLane());
    for (const lane of lanes) lane.setTroubled(true);
    const { begun, enter, leave } = start();
    // At each scrape all wait in the same order. Two get a slot and hang to the end, when the
    // others give up.
    for (let scrape = 0; scrape < 5; scrape++) {
      const ended = new AbortController();
      const waiting = lanes.map((lane, index) => enter(lane, `${index}`, untilAborted(ended.signal)));
      await settled();
      ended.abort(new Error('out of time'));
      await Promise.allSettled(waiting);
      for (const name of begun.slice(-2)) await leave(name);
    }
    expect(new Set(begun).size).toBe(9);
  });

  test('a wait that times out is not counted as a turn', async () => {
    const gate = createGate(4);
    const lanes = Array.from({ length: 6 }, () => gate.addLane());
    for (const lane of lanes) lane.setTroubled(true);
    const { begun, enter, leave } = start();
    for (let scrape = 0; scrape < 3; scrape++) {
      // As in a scrape: each account has its own deadline, and they pass in the order in which they
      // were made.
      const waiting = lanes.map((lane, index) => enter(lane, `${index}`, deadlineIn(150 + index)));
      const ended = Promise.allSettled(waiting);
      await settled();
      await new Promise((resolve) => setTimeout(resolve, 150));
      await leave(begun.at(-1)!);
      await ended;
    }
    expect(begun).toEqual(['0', '1', '2']);
  });

  test('has a slot for accounts that failed even if there is only one', async () => {
    const lane = createGate(1).addLane();
    lane.setTroubled(true);
    const { begun, enter } = start();
    await enter(lane, 'a');
    expect(begun).toEqual(['a']);
  });

  test('drops a caller that has waited too long, and no other', async () => {
    const lane = createGate(1).addLane();
    const { begun, enter, leave } = start();
    const waiting = new AbortController();
    await enter(lane, 'a');
    const late = enter(lane, 'b', untilAborted(waiting.signal));
    void enter(lane, 'c');
    waiting.abort(new Error('out of time'));
    await expect(late).rejects.toThrow('out of time');
    await leave('a');
    expect(begun).toEqual(['a', 'c']);
    await expect(lane.enter(untilAborted(waiting.signal))).rejects.toThrow('out of time');
  });

  test('never exceeds its slots, whatever callers arrive and leave', async () => {
    const gate = createGate(5);
    const lanes = Array.from({ length: 20 }, () => gate.addLane());
    let underWay = 0;
    let most = 0;
    const work = lanes.flatMap((lane, index) =>
      Array.from({ length: 20 }, async (_, round) => {
        const leave = await lane.enter(forever);
        most = Math.max(most, ++underWay);
        await settled();
        if ((index + round) % 7 === 0) lane.setTroubled(round % 2 === 0);
        underWay--;
        leave();
      }),
    );
    await Promise.all(work);
    expect([most, underWay]).toEqual([5, 0]);
  });
});

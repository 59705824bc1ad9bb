import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { AgentStatus, World } from '../../src/simulator/agent.ts';
import { ContactCentre, type Live } from '../../src/simulator/contact-centre.ts';
import { toOngoing } from '../../src/simulator/interactions.ts';
import type { CallersOptions } from '../../src/simulator/queues.ts';
import { isWaiting, type OngoingItem, openChannels } from './queue-answers.ts';

const startMs = Date.parse('2026-01-15T10:00:00Z');
const secondMs = 1000;
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

const open = (seed: number, agents: number, callers: CallersOptions = {}, live?: Live, world?: World) =>
  new ContactCentre({ seed, agents, startMs, callers, world, ...(live && { live }) });

const truthOf = (centre: ContactCentre, windowMs = 1) => centre.callers!.truth(centre.nowMs, windowMs);
const ongoingOf = (centre: ContactCentre) => centre.callers!.ongoing().map(toOngoing) as OngoingItem[];
/** Customers on the line, without those who wait for a callback. */
const onTheLine = (centre: ContactCentre) =>
  truthOf(centre).waiting.filter(({ type, party }) => type === 'ACD' && party === 'External');
const isFree = ({ presence, workload, interaction }: AgentStatus) =>
  presence.eligibleForRouting &&
  interaction.length + workload.calls + workload.semiLive + workload.nonLive === 0;

function* steps(centre: ContactCentre, durationMs: number, everyMs: number): Generator<number, void, void> {
  const untilMs = centre.nowMs + durationMs;
  while (centre.nowMs < untilMs) {
    centre.advanceTo(centre.nowMs + everyMs);
    yield centre.nowMs;
  }
}

/** More customers than agents can handle in some stretches, and fewer in others. */
const busy: CallersOptions = {
  arrivalsPerMinute: (atMs) => (Math.floor(atMs / (40 * minuteMs)) % 2 === 0 ? 9 : 2),
  callbacks: 0.4,
  transfers: 0.15,
  longestWaitMs: 3 * minuteMs,
};

describe.each<[number, World]>([
  [1, {}],
  [2, { since_in_connected: 'continues', eligible_for_routing: 'follows_presence' }],
  [3, { since_in_wrap: 'continues', workload_falls_phone: 'when_wrap_ends' }],
])('customers of seed %i in the world %j', (seed, world) => {
  test('are delivered while an agent with the skill is free, and wait only without one', () => {
    const centre = open(seed, 40, busy, undefined, world);
    const freeSinceMs = new Map<string, number>();
    const passedOver: object[] = [];
    let waited = 0;
    let free = 0;
    for (const nowMs of steps(centre, 3 * hourMs, 2 * secondMs)) {
      const ids = new Set(
        centre
          .items()
          .filter(isFree)
          .map(({ agentId }) => agentId),
      );
      for (const id of freeSinceMs.keys()) if (!ids.has(id)) freeSinceMs.delete(id);
      for (const id of ids) if (!freeSinceMs.has(id)) freeSinceMs.set(id, nowMs);
      const { waiting, skills } = truthOf(centre);
      const couldTake = (queue: string) =>
        [...freeSinceMs].filter(([id, ms]) => nowMs - ms > 4 * secondMs && skills.get(id)!.includes(queue));
      const long = waiting.filter(({ type, sinceMs }) => type === 'ACD' && nowMs - sinceMs > 4 * secondMs);
      passedOver.push(...long.filter(({ queue }) => couldTake(queue).length > 0));
      waited += waiting.length;
      free += ids.size;
    }
    expect(passedOver).toEqual([]);
    expect(waited).toBeGreaterThan(1000);
    expect(free).toBeGreaterThan(1000);
  });

  test('wait in the answer about interactions exactly as they do in truth', () => {
    const centre = open(seed, 40, busy, undefined, world);
    let waited = 0;
    for (const _ of steps(centre, 3 * hourMs, 5 * secondMs)) {
      const seen = ongoingOf(centre).flatMap((item) => {
        const event = isWaiting(item);
        if (!event) return [];
        const sinceMs = Date.parse(item.start) + event.offset;
        const plan = event.properties!.interactionPlan.trim();
        return [{ guid: item.guid, queue: event.name, plan, medium: item.medium, sinceMs }];
      });
      const byGuid = (a: { guid: string }, b: { guid: string }) => (a.guid < b.guid ? -1 : 1);
      const waiting = onTheLine(centre).map(({ type: _type, party: _party, ...rest }) => rest);
      expect(seen.toSorted(byGuid)).toEqual(waiting.toSorted(byGuid));
      waited += seen.length;
    }
    expect(waited).toBeGreaterThan(1000);
  });

  test('have the same guid and state at their agents as in the answer about interactions', () => {
    const centre = open(seed, 40, busy, undefined, world);
    const states = new Set<string>();
    for (const _ of steps(centre, 3 * hourMs, 5 * secondMs)) {
      const channels = ongoingOf(centre).flatMap(({ guid, channels: all }) =>
        openChannels(all, 'Agent').map(({ party, events }) => [
          `${party.id}/${guid}`,
          // An agent who queues for a customer still has the call.
          events.at(-1)!.type === 'Queue' ? 'Connected' : events.at(-1)!.type,
        ]),
      );
      const items = centre.items();
      const legs = items.flatMap(({ agentId, interaction }) =>
        interaction.map(({ guid, state }) => [`${agentId}/${guid}`, state]),
      );
      // Parked interactions count as workload, but agent-status does not list them.
      expect(channels.filter(([, state]) => state !== 'Parked').toSorted()).toEqual(legs.toSorted());
      for (const [, state] of channels) states.add(state!);
    }
    expect([...states].toSorted()).toEqual([
      'Connected',
      'Failed',
      'Parked',
      'Ringing',
      'Unexpected',
      'Wrap',
    ]);
  });
});

describe('over a day', () => {
  const centre = open(4, 60, busy);
  const seen = new Set<string>();
  const touchpoints = new Set<string>();
  for (const _ of steps(centre, 8 * hourMs, 10 * secondMs)) {
    for (const item of ongoingOf(centre)) {
      const externals = openChannels(item.channels, 'External');
      if (externals.length > 1) {
        const others = externals[0]!.party.touchpoint !== item.connectFrom;
        seen.add(`several externals${others ? ', the customer is not the first' : ''}`);
      }
      for (const { events } of externals) seen.add(`${item.direction} ${events.at(-1)!.type}`);
      for (const { events } of openChannels(item.channels, 'Agent')) seen.add(`agent ${events.at(-1)!.type}`);
      seen.add(item.medium).add(`${item.direction}`);
      for (const text of [item.connectFrom, item.connectTo, ...item.channels.map((c) => c.party.touchpoint)])
        if (text !== null) touchpoints.add(text);
    }
  }
  const { left } = truthOf(centre, Number.POSITIVE_INFINITY);

  test('everything happens that can happen to a customer', () => {
    for (const { type, party, category, reason } of left) seen.add(`${type} ${party} ${category} ${reason}`);
    const expected = [
      ...['Ringing', 'Ivr', 'Queue', 'Connected', 'Held', 'Parked', 'Voicemail'].map(
        (type) => `Inbound ${type}`,
      ),
      ...['Inbound', 'Outbound', 'Internal', 'Phone', 'Chat', 'Email', 'Phone Callback', 'agent Queue'],
      ...['several externals', 'several externals, the customer is not the first'],
      ...['Answered Delivered', 'Abandoned CallerHungUp', 'Breakout NoAgentsBreakout'].map(
        (end) => `ACD External ${end}`,
      ),
      ...['Answered Delivered', 'Abandoned AgentCancelled'].map((end) => `ACD Agent ${end}`),
      'Virtual External Answered Delivered',
    ];
    expect(expected.filter((each) => !seen.has(each))).toEqual([]);
  });

  test('a customer who is not answered, or is transferred, queues again', () => {
    const passes = new Map<string, typeof left>();
    for (const each of left)
      if (each.type === 'ACD' && each.party === 'External')
        passes.set(each.guid, [...(passes.get(each.guid) ?? []), each]);
    const again = [...passes.values()].filter((all) => all.length > 1);
    const sameQueue = again.filter(([first, second]) => first!.queue === second!.queue);
    expect(sameQueue.length).toBeGreaterThan(10);
    expect(again.length - sameQueue.length).toBeGreaterThan(10);
    for (const all of again)
      for (const [index, { sinceMs }] of all.entries())
        expect(sinceMs).toBeGreaterThanOrEqual(all[index - 1]?.leftMs ?? 0);
  });

  test('a customer who accepts a callback keeps the place: both passes end together', () => {
    const virtual = left.filter(({ type }) => type === 'Virtual');
    expect(virtual.length).toBeGreaterThan(10);
    for (const { guid, queue, sinceMs, leftMs, category } of virtual) {
      const place = left.find((each) => each.guid === guid && each.type === 'ACD' && each.leftMs === leftMs)!;
      expect(place).toMatchObject({ category, queue: queue.replace(' Callback', '') });
      expect(place.sinceMs).toBeLessThan(sinceMs);
    }
  });

  test('every number and address of a customer is known, once', () => {
    const all = [...centre.callers!.touchpoints()];
    expect(new Set(all).size).toBe(all.length);
    // Also those who are gone, and those who were never seen.
    expect(all.length).toBeGreaterThan(touchpoints.size);
    const ours = [...touchpoints].filter((text) => !all.includes(text));
    expect(ours.toSorted()).toEqual(['0123456789', ...[0, 1, 2, 3].map((last) => `0800123000${last}`)]);
    for (const text of all) expect(text).toMatch(/^(07\d{9}|[a-z]+\.[a-z]+\.\d+@[a-z.]+)$/);
  });

  test('truth includes the past, but no future', () => {
    const atMs = centre.nowMs - hourMs;
    const past = centre.callers!.truth(atMs, 10 * minuteMs);
    for (const { sinceMs } of past.waiting) expect(sinceMs).toBeLessThanOrEqual(atMs);
    expect(past.left.length).toBeGreaterThan(10);
    for (const { leftMs } of past.left) {
      expect(leftMs).toBeLessThanOrEqual(atMs);
      expect(leftMs).toBeGreaterThan(atMs - 10 * minuteMs);
    }
    expect(past.left).toEqual(left.filter(({ leftMs }) => leftMs <= atMs && leftMs > atMs - 10 * minuteMs));
    expect(() => centre.callers!.truth(centre.nowMs + 1)).toThrow('future');
  });

  test('every agent has 1 to 3 skills, and every queue has agents', () => {
    const { skills } = truthOf(centre);
    expect([...skills.keys()]).toEqual(centre.staff().map(({ agentId }) => agentId));
    for (const of of skills.values()) {
      expect(new Set(of).size).toBe(of.length);
      expect([1, 2, 3]).toContain(of.length);
    }
    expect(new Set([...skills.values()].flat())).toEqual(
      new Set(['Billing', 'Sales', 'Support', 'Complaints']),
    );
  });
});

describe('the options of customers', () => {
  test('stop deliveries, so that customers wait while agents are free', () => {
    const fromMs = startMs + 10 * minuteMs;
    const untilMs = fromMs + 8 * minuteMs;
    const centre = open(5, 40, {
      arrivalsPerMinute: () => 4,
      delivers: (atMs, queue) => atMs < fromMs || atMs >= untilMs || queue === 'Sales',
      callbacks: 0,
    });
    centre.advanceTo(untilMs - 1);
    const freeWith = (skill: string) => {
      const { skills } = truthOf(centre);
      return centre.items().filter((item) => isFree(item) && skills.get(item.agentId)!.includes(skill));
    };
    const waiting = onTheLine(centre);
    expect(waiting.length).toBeGreaterThan(3);
    expect(Math.max(...waiting.map(({ sinceMs }) => centre.nowMs - sinceMs))).toBeGreaterThan(2 * minuteMs);
    for (const { queue, sinceMs } of waiting) {
      if (queue === 'Sales') expect(centre.nowMs - sinceMs).toBeLessThan(4 * secondMs);
      else expect(freeWith(queue).length).toBeGreaterThan(0);
    }
    centre.advanceTo(untilMs + 5 * secondMs);
    for (const { queue, sinceMs } of onTheLine(centre))
      if (sinceMs < untilMs) expect(freeWith(queue)).toEqual([]);
  });

  test('set how many arrive, where, and by which skill they are handled', () => {
    const fromMs = startMs + 30 * minuteMs;
    const queue = { name: 'Claims', plan: '  Claims plan ', share: 1, address: '08001230009' };
    const centre = open(6, 30, {
      arrivalsPerMinute: (atMs) => (atMs >= fromMs && atMs < fromMs + hourMs ? 5 : 0),
      queues: [queue],
      media: { Phone: 1, Chat: 0, Email: 0 },
      skillsOf: (agentId) => (Number(agentId) % 2 === 0 ? ['Claims'] : []),
      transfers: 0,
      callbacks: 0,
    });
    centre.advanceTo(fromMs - 1);
    expect(truthOf(centre, Number.POSITIVE_INFINITY)).toMatchObject({ waiting: [], left: [] });
    const answered = new Set<string>();
    for (const _ of steps(centre, 90 * minuteMs, 5 * secondMs)) {
      const planned = ongoingOf(centre).filter((item) => item.interactionPlanMapping !== null);
      for (const { interactionPlanMapping } of planned)
        expect(interactionPlanMapping).toMatchObject({ interactionPlanName: '  Claims plan ' });
      const guids = new Set(planned.map(({ guid }) => guid));
      // Who only listens needs no skill.
      for (const { agentId, interaction } of centre.items())
        if (interaction.some(({ guid, reason }) => guids.has(guid) && reason !== 'Monitor'))
          answered.add(agentId);
    }
    const { left } = truthOf(centre, Number.POSITIVE_INFINITY);
    expect(new Set(left.map((each) => `${each.queue}/${each.plan}`))).toEqual(
      new Set(['Claims/Claims plan']),
    );
    expect(new Set(left.map(({ guid }) => guid)).size).toBeGreaterThan(5 * 60 * 0.75);
    expect(new Set(left.map(({ guid }) => guid)).size).toBeLessThan(5 * 60 * 1.25);
    expect(answered.size).toBeGreaterThan(3);
    expect([...answered].filter((id) => Number(id) % 2 !== 0)).toEqual([]);
  });

  test('give another script its customers, who go as it does', () => {
    const states: string[] = [];
    const live: Live = function* (centre, agent) {
      centre.setPresence(agent, 'Ready', 'Ready');
      for (let turn = 0; ; turn++) {
        const leg = yield* centre.idle(agent, 10 * minuteMs);
        if (!leg) continue;
        states.push(`${leg.state} ${centre.nowMs}`);
        yield 5 * secondMs;
        if (turn % 2 === 0) {
          centre.set(agent, leg, 'Unexpected', 'NoAnswer');
          yield 3 * secondMs;
        } else {
          centre.set(agent, leg, 'Connected');
          yield 60 * secondMs;
        }
        // Without wrap-up.
        centre.end(agent, leg);
      }
    };
    const options = { arrivalsPerMinute: () => 0, skillsOf: () => ['Sales'], transfers: 0, callbacks: 0 };
    const [queue] = [{ name: 'Sales', plan: 'Sales', share: 1, address: '1' }];
    const centre = open(7, 1, { ...options, queues: [queue!], patienceMs: hourMs }, live);
    centre.callers!.arrive();
    expect(onTheLine(centre)).toMatchObject([{ queue: 'Sales', sinceMs: startMs }]);
    centre.advanceTo(startMs + 2 * secondMs);
    expect(onTheLine(centre)).toEqual([]);
    expect(states).toEqual([`Ringing ${startMs + secondMs}`]);
    centre.advanceTo(startMs + 7 * secondMs);
    // The agent did not answer.
    expect(onTheLine(centre)).toMatchObject([{ queue: 'Sales', sinceMs: startMs + 6 * secondMs }]);
    centre.advanceTo(startMs + 20 * secondMs);
    expect(
      ongoingOf(centre)[0]!
        .channels.map(({ endReason }) => endReason)
        .toSorted(),
    ).toEqual(['Disconnected', null, null]);
    centre.advanceTo(startMs + 100 * secondMs);
    expect(ongoingOf(centre)).toEqual([]);
    const { left } = truthOf(centre, Number.POSITIVE_INFINITY);
    expect(left.map(({ category, waitedMs }) => [category, waitedMs])).toEqual([
      ['Answered', secondMs],
      ['Answered', expect.any(Number)],
    ]);
  });
});

test('an agent who was removed gets no more customers', () => {
  const centre = open(
    9,
    3,
    { skillsOf: () => ['Sales', 'Billing', 'Support', 'Complaints'] },
    function* (of, agent) {
      of.setPresence(agent, 'Ready', 'Ready');
      for (;;) {
        const leg = yield* of.idle(agent, 30 * secondMs);
        if (!leg) continue;
        yield 20 * secondMs;
        of.end(agent, leg);
      }
    },
  );
  const agents = () =>
    new Set(
      ongoingOf(centre).flatMap(({ channels }) =>
        openChannels(channels, 'Agent').map(({ party }) => party.id),
      ),
    );
  const removed = centre.staff().at(-1)!.agentId;
  for (let count = 0; count < 10; count++) centre.callers!.arrive();
  centre.advanceTo(startMs + 2 * secondMs);
  expect(agents()).toContain(removed);
  centre.dismiss();
  for (let count = 0; count < 10; count++) centre.callers!.arrive();
  centre.advanceTo(startMs + minuteMs);
  expect(agents().size).toBe(2);
  for (const _ of steps(centre, 5 * minuteMs, 5 * secondMs)) expect(agents()).not.toContain(removed);
});

test('memory is bounded: what ended is forgotten after a while', () => {
  const keepMs = hourMs;
  const centre = open(8, 30, { arrivalsPerMinute: () => 3, keepMs, keepPasses: 400 });
  const sizes: number[] = [];
  for (const nowMs of steps(centre, 24 * hourMs, hourMs)) {
    const passes = [...centre.callers!.passes()];
    sizes.push(passes.length + centre.callers!.ongoing().length);
    expect(passes.length).toBeGreaterThan(50);
    // Somebody who waits for long may hold back those behind.
    const [first] = passes;
    expect(first!.leftMs ?? nowMs).toBeGreaterThan(nowMs - keepMs - 5 * minuteMs);
  }
  expect(Math.max(...sizes)).toBeLessThan(800);
  expect([...centre.callers!.touchpoints()].length).toBeGreaterThan(24 * 60 * 3 * 0.8);
});

test('without customers, agents live exactly as they did before there were any', () => {
  // The hash is that of the code before. Only a change of the ordinary life itself may change it.
  const centre = new ContactCentre({ seed: 3, agents: 25, startMs });
  const hash = createHash('sha256');
  for (let minute = 0; minute < 480; minute += 5) {
    centre.advanceTo(startMs + minute * minuteMs);
    if (minute === 100) centre.hire();
    if (minute === 200) centre.dismiss();
    hash.update(JSON.stringify(centre.items()));
  }
  expect(hash.digest('hex')).toBe('aeb5c92c4d2bcfb597ee2bdf0c3b65df919087d2a18e207ac206a90381189421');
  expect(centre.callers).toBeUndefined();
});

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { idleSinceMs, isIdle } from '../../src/snapshot/activity.ts';
import type { Agent, Interaction } from '../../src/snapshot/agent.ts';
import { toFloor } from '../../src/snapshot/floor.ts';
import { agent, anyAgents, interaction, snapshotOf, takenAtMs } from '../support/agents.ts';
import { recount, toSeries } from '../support/oracle.ts';
import { ageBounds, familiesOf, floorOptions, readingOf } from '../support/reading.ts';

const floorOf = (...agents: ReturnType<typeof agent>[]) => toFloor(snapshotOf(agents), floorOptions);

describe('the metrics of a floor', () => {
  test('are what a recount by brute force finds', async () => {
    await fc.assert(
      fc.asyncProperty(anyAgents, async (agents) => {
        const all = toSeries(await familiesOf(readingOf(agents)));
        const floor = [...all].filter(([name]) => !/^vcc_(up|simulated|scrape_|api_|exporter_)/.test(name));
        expect(Object.fromEntries(floor)).toEqual(
          Object.fromEntries(recount('test', agents, takenAtMs, ageBounds)),
        );
      }),
      { numRuns: 60 },
    );
  });

  test('put every agent into exactly one activity', () => {
    fc.assert(
      fc.property(anyAgents, (agents) => {
        const floor = toFloor(snapshotOf(agents), floorOptions);
        expect(floor.activities.reduce((sum, row) => sum + row.agents, 0)).toBe(agents.length);
        const doing = Object.fromEntries(floor.activities.map((row) => [row.name, row.agents]));
        expect(doing.idle).toBe(floor.available.count);
        expect(doing.idle! + doing.ready_not_routable!).toBeLessThanOrEqual(floor.idle.count);
        const ready = doing.idle! + doing.ready_not_routable! + floor.busy + doing.unknown!;
        expect(ready).toBe(floor.presences[0]!.ages.count);
      }),
    );
  });
});

describe('an agent', () => {
  const wrap = interaction({ state: 'Wrap' });
  test.each([
    ['idle', agent('a')],
    ['idle', agent('a', { eligibleForRouting: undefined })],
    ['ready_not_routable', agent('a', { eligibleForRouting: false })],
    ['connected', agent('a', { eligibleForRouting: false, interactions: [interaction()] })],
    ['wrap', agent('a', { interactions: [wrap] })],
    ['ringing', agent('a', { live: 1, interactions: [wrap, interaction({ state: 'Ringing' })] })],
    ['connected', agent('a', { live: 1, interactions: [interaction({ state: 'Ringing' }), interaction()] })],
    ['unexpected', agent('a', { interactions: [interaction(), interaction({ state: 'Unexpected' })] })],
    [
      'failed',
      agent('a', { interactions: [interaction({ state: 'Unexpected' }), interaction({ state: 'Failed' })] }),
    ],
    ['working', agent('a', { nonLive: 1 })],
    ['working', agent('a', { interactions: [interaction({ state: 'Novel' })] })],
    ['wrap', agent('a', { nonLive: 1, interactions: [wrap] })],
    ['connected', agent('a', { presence: 'Away', interactions: [interaction()] })],
    ['away', agent('a', { presence: 'Away' })],
    ['extended_away', agent('a', { presence: 'ExtendedAway' })],
    ['logged_out', agent('a', { presence: 'LoggedOut' })],
    ['other', agent('a', { presence: 'Sabbatical' })],
  ])('is %s', (activity, one) => {
    expect(floorOf(one).activities.filter((row) => row.agents > 0)).toEqual([{ name: activity, agents: 1 }]);
  });

  test("in wrap-up is not idle, though the reference's words would have it so", () => {
    const floor = floorOf(agent('a', { interactions: [wrap] }));
    expect(floor).toMatchObject({
      idle: { count: 0 },
      busy: 1,
      available: { count: 0 },
      readyWithoutWorkload: 1,
    });
  });

  test.each<[string, Partial<Agent>]>([
    ['the workload', { live: undefined }],
    ['the calls, and has the rest', { semiLive: undefined }],
    ['the interactions', { interactions: undefined }],
  ])('of whom the answer does not say %s is neither idle nor busy', (_, more) => {
    const floor = floorOf(agent('a', more));
    expect(floor.activities.filter((row) => row.agents > 0)).toEqual([{ name: 'unknown', agents: 1 }]);
    expect(floor).toMatchObject({ idle: { count: 0 }, busy: 0, available: { count: 0 } });
    // Known work is work, and an away agent is away, whatever is not known.
    expect(floorOf(agent('a', { ...more, nonLive: 1 })).busy).toBe(1);
    expect(
      floorOf(agent('a', { ...more, presence: 'Away' })).activities.find(({ name }) => name === 'away'),
    ).toEqual({
      name: 'away',
      agents: 1,
    });
  });

  test.each<[string, Partial<Agent>, Partial<Interaction>, number | undefined]>([
    ['the workload fell when it began', { workloadSinceMs: 9000 }, { sinceMs: 2000 }, 9000],
    ["the interaction's since restarted", { workloadSinceMs: 2000 }, { sinceMs: 9000 }, 9000],
    ['other work hides when it began', { workloadSinceMs: 9000, nonLive: 1 }, { sinceMs: 2000 }, 2000],
    ["the workload's time is not known", { workloadSinceMs: undefined }, { sinceMs: 2000 }, 2000],
    ['its own time is not known', { workloadSinceMs: 9000 }, { sinceMs: undefined }, undefined],
  ])('has been in wrap-up for as long as is known: %s', (_, more, leg, sinceMs) => {
    const wrap = interaction({ state: 'Wrap', ...leg });
    const oldest = (...interactions: Interaction[]) =>
      floorOf(agent('a', { ...more, interactions })).states.find(({ name }) => name === 'Wrap')!.ages
        .oldestMs;
    expect(oldest(wrap)).toBe(sinceMs);
    // With another interaction at the same time, either may have changed the workload.
    expect(oldest(wrap, interaction({ sinceMs: 1 }))).toBe(leg.sinceMs);
  });

  test('has been idle since the later of presence and workload', () => {
    expect(floorOf(agent('a', { presenceSinceMs: 5000, workloadSinceMs: 3000 })).idle.oldestMs).toBe(5000);
    expect(floorOf(agent('a', { presenceSinceMs: 5000, workloadSinceMs: 8000 })).idle.oldestMs).toBe(8000);
  });

  test.each([
    [1000, undefined],
    [undefined, 1000],
    [undefined, undefined],
  ])(
    'has been idle for an unknown time with presence since %p and workload since %p',
    (presence, workload) => {
      const one = agent('a', { presenceSinceMs: presence, workloadSinceMs: workload });
      expect(idleSinceMs(one)).toBeUndefined();
      expect(floorOf(one).idle).toEqual({
        count: 1,
        oldestMs: undefined,
        medianMs: undefined,
        longerThan: ageBounds.map(() => 0),
      });
    },
  );

  test('is not idle in another presence than Ready', () => {
    expect([isIdle(agent('a')), isIdle(agent('a', { presence: 'Away' }))]).toEqual([true, false]);
  });

  test("who began after the snapshot's time has its true since, and has been so for longer than nothing", () => {
    const { idle } = floorOf(agent('a', { presenceSinceMs: takenAtMs + 2000 }));
    expect(idle).toMatchObject({ oldestMs: takenAtMs + 2000, medianMs: takenAtMs + 2000 });
    expect(idle.longerThan).toEqual(ageBounds.map(() => 0));
  });

  test('is not counted as longer than a bound that it has just reached', () => {
    const since = (presenceSinceMs: number) => agent(`a${presenceSinceMs}`, { presenceSinceMs });
    const { presences } = floorOf(since(takenAtMs - 900_000), since(takenAtMs - 900_001));
    const longer = (seconds: number) => presences[0]!.ages.longerThan[ageBounds.indexOf(seconds)];
    expect([longer(600), longer(900), longer(1200)]).toEqual([2, 1, 0]);
  });
});

describe('the number of series', () => {
  test('is bounded when an account has very many descriptions', () => {
    const agents = Array.from({ length: 200 }, (_, index) =>
      agent(`a${index}`, {
        presence: index % 2 ? 'Away' : 'Ready',
        description: `d${String(index).padStart(3, '0')}`,
      }),
    );
    const floor = floorOf(...agents);
    expect(floor.descriptions).toHaveLength(52);
    expect(floor.descriptions.slice(-2)).toEqual([
      { presence: 'Ready', description: 'other', agents: 75 },
      { presence: 'Away', description: 'other', agents: 75 },
    ]);
    expect(floor.descriptionsFolded).toBe(150);
    expect(floor.descriptions.reduce((sum, row) => sum + row.agents, 0)).toBe(200);
  });

  test('adds folded descriptions to a description with the name other', () => {
    const agents = ['other', 'x', 'y'].map((description, index) => agent(`a${index}`, { description }));
    const floor = toFloor(snapshotOf(agents), { ...floorOptions, maxDescriptions: 1 });
    expect(floor.descriptions).toEqual([{ presence: 'Ready', description: 'other', agents: 3 }]);
    expect(floor.descriptionsFolded).toBe(2);
  });

  test('knows the words of VCC_KNOWN_VALUES too, and folds none of them', async () => {
    const words = {
      presence: 'Sabbatical',
      state: 'Fault',
      reason: 'Eclipse',
      direction: 'Up',
      medium: 'Fax',
      medium_manager: 'XX',
    };
    const agents = Array.from({ length: 30 }, (_, index) =>
      agent(`a${index}`, {
        presence: index < 25 ? `p${index}` : words.presence,
        interactions: [
          interaction({
            ...words,
            mediumManager: words.medium_manager,
            medium: index < 25 ? `m${index}` : words.medium,
          }),
        ],
      }),
    );
    const known = Object.fromEntries(Object.entries(words).map(([field, word]) => [field, [word]]));
    const floor = toFloor(snapshotOf(agents), { ...floorOptions, known });
    expect(floor.unknown).toEqual([
      { field: 'presence', values: 25 },
      { field: 'state', values: 0 },
      { field: 'reason', values: 0 },
      { field: 'direction', values: 0 },
      { field: 'medium', values: 25 },
      { field: 'medium_manager', values: 0 },
    ]);
    expect(floor.presences.find(({ name }) => name === words.presence)!.ages.count).toBe(5);
    // In a state of the reference, too.
    const connected = [agent('x', { interactions: [interaction({ reason: words.reason })] })];
    expect(toFloor(snapshotOf(connected), { ...floorOptions, known }).unknown[2]).toEqual({
      field: 'reason',
      values: 0,
    });
    expect(toFloor(snapshotOf(connected), floorOptions).unknown[2]).toEqual({ field: 'reason', values: 1 });
  });

  test('never counts a leg without a reason under other, and reads an empty word as none', () => {
    const novel = Array.from({ length: 25 }, (_, index) => interaction({ reason: `r${index}` }));
    const empty = interaction({ state: '', direction: '', medium: '', mediumManager: '', guid: '' });
    const floor = floorOf(agent('a', { interactions: [...novel, interaction(), empty] }));
    const legsOf = (state: string, reason: string) =>
      floor.reasons.find((row) => row.state === state && row.reason === reason)?.legs;
    expect([legsOf('Connected', ''), legsOf('Connected', 'other'), legsOf('', '')]).toEqual([1, 5, 1]);
    expect(floor.unknown.map(({ values }) => values)).toEqual([0, 0, 25, 0, 0, 0]);
  });

  test('is bounded when the API returns new words endlessly, and none is lost', async () => {
    const agents = Array.from({ length: 100 }, (_, index) =>
      agent(`a${index}`, {
        presence: `p${index}`,
        interactions: [interaction({ state: `s${index}`, medium: `m${index}` })],
      }),
    );
    const series = toSeries(await familiesOf(readingOf(agents)));
    const named = (name: string) => [...series].filter(([key]) => key.startsWith(`${name}{`));
    expect(named('vcc_agents')).toHaveLength(4 + 21);
    expect(series.get('vcc_agents{account="test",presence="other"}')).toBe(80);
    expect(series.get('vcc_unknown_values{account="test",field="presence"}')).toBe(100);
    expect(named('vcc_interactions').reduce((sum, [, value]) => sum + value, 0)).toBe(100);
    expect(named('vcc_interactions_longer_than')).toHaveLength((5 + 21) * ageBounds.length);
  });
});

test('legs are added up by kind, in alphabetical order, whatever their reason', () => {
  const legs = [
    interaction({ medium: 'Phone', state: 'Wrap', reason: 'Monitor' }),
    interaction({ medium: 'Case' }),
    interaction({ medium: 'Phone', state: 'Wrap' }),
    interaction({ medium: 'Phone', direction: 'Outbound' }),
    interaction({ medium: 'Phone', mediumManager: 'UC' }),
  ];
  const row = (medium: string, mediumManager: string, direction: string, state: string, count: number) => ({
    medium,
    mediumManager,
    direction,
    state,
    reason: '',
    legs: count,
  });
  expect(floorOf(agent('a', { interactions: legs })).legs).toEqual([
    row('Case', 'CC', 'Inbound', 'Connected', 1),
    row('Phone', 'CC', 'Inbound', 'Wrap', 2),
    row('Phone', 'CC', 'Outbound', 'Connected', 1),
    row('Phone', 'UC', 'Inbound', 'Connected', 1),
  ]);
});

test('where the answer has eligibility of no agent, every idle agent is free', () => {
  const untold = agent('a', { eligibleForRouting: undefined });
  expect(floorOf(untold)).toMatchObject({ eligible: undefined, available: { count: 1 } });
  // The answer has it for others, so this one is not guessed.
  const floor = floorOf(untold, agent('b'));
  expect(floor).toMatchObject({ eligible: 1, available: { count: 1 }, idle: { count: 2 }, busy: 0 });
  expect(floor.activities.filter((row) => row.agents > 0)).toEqual([
    { name: 'unknown', agents: 1 },
    { name: 'idle', agents: 1 },
  ]);
  expect(floorOf()).toMatchObject({ eligible: 0, available: { count: 0 } });
});

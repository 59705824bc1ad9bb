import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Agent } from '../../src/snapshot/agent.ts';
import { type SkillTable, toSkills } from '../../src/snapshot/skills.ts';
import { agent, anyAgents, snapshotOf, takenAtMs } from '../support/agents.ts';
import { freeOf, idleSincesOf, isIdle, seriesKey } from '../support/oracle.ts';
import { queueSeriesOf } from '../support/queue-oracle.ts';

const names = ['', 'Billing', 'Sales', 'Support', 'other', 'Ünïcode "x"'];
const anyTable: fc.Arbitrary<SkillTable> = fc
  .record({
    names: fc.uniqueArray(fc.constantFrom(...names)),
    pairs: fc.array(fc.tuple(fc.nat(70), fc.constantFrom(...names)), { maxLength: 60 }),
  })
  .map(({ names: own, pairs }) => {
    const skillsOf = new Map<string, string[]>();
    for (const [id, name] of pairs) {
      const before = skillsOf.get(`agent-${id}`) ?? [];
      if (own.includes(name) && !before.includes(name)) skillsOf.set(`agent-${id}`, [...before, name]);
    }
    return { names: new Set(own), skillsOf };
  });

/** Any agents, of whom every other one has no work. */
const oftenIdle = anyAgents.map((agents) =>
  agents.map((each, index) =>
    index % 2 === 0
      ? each
      : { ...each, presence: 'Ready', live: 0, semiLive: 0, nonLive: 0, interactions: [] },
  ),
);

const countOf = (agents: readonly Agent[], table: SkillTable, { max = 100, eligibilitySeen = false } = {}) =>
  toSkills(snapshotOf(agents), table, { max, eligibilitySeen });

const tableOf = (skills: Record<string, string[]>): SkillTable => ({
  names: new Set(Object.values(skills).flat()),
  skillsOf: new Map(Object.entries(skills)),
});

describe('skills', () => {
  test('have the numbers of a recount, folded or not', async () => {
    await fc.assert(
      fc.asyncProperty(oftenIdle, anyTable, fc.constantFrom(0, 1, 2, 100), async (agents, table, max) => {
        const series = await queueSeriesOf({ skills: countOf(agents, table, { max }) });
        const sorted = [...table.names].toSorted();
        const labelOf = (name: string) => (sorted.indexOf(name) < max ? name : 'other');
        const expected = new Map([['vcc_skills_folded{account="test"}', Math.max(0, sorted.length - max)]]);
        for (const skill of new Set(sorted.map(labelOf))) {
          const has = ({ id }: Agent) =>
            (table.skillsOf.get(id) ?? []).some((name) => labelOf(name) === skill);
          const idle = agents.filter((each) => isIdle(each) && has(each));
          const put = (name: string, value: number) =>
            expected.set(seriesKey(name, { account: 'test', skill }), value);
          put('vcc_skill_agents_idle', idle.length);
          put('vcc_skill_agents_available', freeOf(agents).filter(has).length);
          const oldestMs = Math.min(...idleSincesOf(idle));
          if (Number.isFinite(oldestMs))
            put('vcc_skill_idle_oldest_since_timestamp_seconds', oldestMs / 1000);
        }
        expect(Object.fromEntries(series)).toEqual(Object.fromEntries(expected));
      }),
      { numRuns: 100 },
    );
  });

  test.each<[string, Partial<Agent>, number, number]>([
    ['free', {}, 1, 1],
    ['not routable', { eligibleForRouting: false }, 0, 1],
    ['Away', { presence: 'Away' }, 0, 0],
    ['with workload', { live: 1 }, 0, 0],
    ['of unknown workload', { live: undefined }, 0, 0],
    ['of unknown eligibility', { eligibleForRouting: undefined }, 0, 1],
  ])('of an agent who is %s', (_, more, available, idle) => {
    // Another agent, of another skill, whose eligibility is known.
    const agents = [agent('a', more), agent('b')];
    const { skills } = countOf(agents, tableOf({ a: ['Sales'], b: ['Support'] }));
    expect(skills.find(({ name }) => name === 'Sales')).toMatchObject({ available, idle: { count: idle } });
  });

  test('mean the same by free as before, should the API no longer return eligibility', () => {
    const agents = [agent('a', { eligibleForRouting: undefined })];
    const available = (eligibilitySeen: boolean) =>
      countOf(agents, tableOf({ a: ['Sales'] }), { eligibilitySeen }).skills[0]!.available;
    expect([available(false), available(true)]).toEqual([1, 0]);
  });

  test('include one without agents, and count nobody who has none', () => {
    const { skills } = countOf([agent('a')], { names: new Set(['Sales']), skillsOf: new Map() });
    expect(skills).toEqual([
      {
        ...{ name: 'Sales', available: 0 },
        idle: { count: 0, oldestMs: undefined, medianMs: undefined, longerThan: [] },
      },
    ]);
  });

  test('count an agent in each skill, and once under other', () => {
    const table = tableOf({ a: ['A', 'B', 'C', 'D'] });
    const all = countOf([agent('a')], table);
    expect(all.skills.map(({ name, available }) => [name, available])).toEqual([
      ['A', 1],
      ['B', 1],
      ['C', 1],
      ['D', 1],
    ]);
    const { skills, folded } = countOf([agent('a')], table, { max: 1 });
    expect(skills.map(({ name, available }) => [name, available])).toEqual([
      ['A', 1],
      ['other', 1],
    ]);
    expect(folded).toBe(3);
    expect(skills[0]!.idle.oldestMs).toBe(takenAtMs - 300_000);
  });
});

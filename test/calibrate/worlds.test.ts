import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { toAdvice } from '../../src/calibrate/advice.ts';
import { semantics } from '../../src/config/parse.ts';
import type { World } from '../../src/simulator/agent.ts';
import type { Live } from '../../src/simulator/contact-centre.ts';
import { legSinceMs } from '../../src/snapshot/activity.ts';
import type { Snapshot } from '../../src/snapshot/page.ts';
import type { Semantics } from '../../src/snapshot/semantics.ts';
import { allWorlds, observe, readingsOf } from '../support/worlds.ts';

const day = { agents: 120, minutes: 15 };
const current = { semantics: undefined, known: undefined, pageSize: 5000 };
const shown = ['since_in_connected', 'since_in_wrap', 'workload_falls_phone', 'eligible_for_routing'];

/** Since when each wrap-up has lasted, by the exporter. */
const wrapsOf = (readings: readonly Snapshot[], given?: Semantics) =>
  readings.flatMap(({ items: agents }) =>
    agents.flatMap((agent) =>
      (agent.interactions ?? [])
        .filter(({ state }) => state === 'Wrap')
        .map((leg) => legSinceMs(agent, leg, given)),
    ),
  );

/** In every world agents live in the same way. Here `since` is when the state began. */
const truth = wrapsOf([...readingsOf({ since_in_wrap: 'restarts' }, day)], { since_in_wrap: 'restarts' });

/** The findings of a watch in each world, and the exporter's numbers from the same readings. */
const watches = allWorlds.map((world) => {
  const readings = [...readingsOf(world, day)];
  const findings = observe(readings);
  const advice = toAdvice(findings, current);
  return {
    name: shown.map((question) => (world as Record<string, string>)[question]).join(', '),
    world,
    verdicts: findings.verdicts,
    openWraps: wrapsOf(readings),
    wraps: wrapsOf(readings, semantics(advice.VCC_SEMANTICS ?? '')),
  };
});

describe.each(watches)('in the world $name', ({ world, verdicts, openWraps, wraps }) => {
  test('a watch of 15 minutes names each answer', () => {
    const outcomes = Object.fromEntries(verdicts.map(({ question, outcome }) => [question, outcome]));
    // The simulator's agents always have two chats at once. So a fall of one workload would not
    // show.
    expect(outcomes).toEqual({ ...world, workload_falls_chat: 'not seen enough' });
    // In a simulator, nothing happens twice between two readings.
    expect(verdicts.map(({ against }) => against)).toEqual(verdicts.map(() => 0));
  });

  test('with the settings of that watch, no wrap-up has a wrong age', () => {
    const known = wraps.filter((sinceMs) => sinceMs !== undefined);
    expect(known).toEqual(truth.filter((_, index) => wraps[index] !== undefined));
    expect(wraps.length).toBeGreaterThan(500);
    const continues = world.since_in_wrap === 'continues';
    if (continues && world.workload_falls_phone === 'when_wrap_ends') expect(known).toEqual([]);
    else expect(known.length).toBeGreaterThan(wraps.length * 0.8);
    // Without the settings, some wrap-ups have a wrong age where `since` continues.
    expect(openWraps.some((sinceMs, index) => sinceMs !== truth[index])).toBe(continues);
  });
});

test('docs/explain/verification.md shows the findings', () => {
  const head = [...shown.map((question) => `\`${question}\``), 'Wrap-ups whose age is known'];
  const rows = watches.map(({ verdicts, wraps }) => {
    const known = wraps.filter((sinceMs) => sinceMs !== undefined).length;
    const cells = shown.map((question) => {
      const { outcome, ...of } = verdicts.find((each) => each.question === question)!;
      return `${outcome} ${of.for}:${of.against}, ${of.agents}`;
    });
    return [...cells, known === 0 ? 'none' : `${Math.round((100 * known) / wraps.length)} %`];
  });
  const text = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('');
  const file = new URL('../golden/calibrate-worlds.md', import.meta.url);
  // After an intended change: UPDATE_GOLDEN=1 npm run jest -- worlds, then npm run generate.
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, text);
  expect(text).toBe(readFileSync(file, 'utf8'));
});

describe('on a floor where little happens', () => {
  const unseen = ['since_in_connected', 'since_in_wrap', 'workload_falls_<medium>', 'eligible_for_routing'];
  const nobodyCalls: Live = function* (centre, agent) {
    for (;;) {
      centre.setPresence(agent, 'Ready', 'Ready');
      yield 300_000;
      centre.setPresence(agent, 'Away', 'Break');
      yield 60_000;
    }
  };

  test.each<[string, World, Parameters<typeof readingsOf>[1]]>([
    ['nobody is on a call', {}, { agents: 50, minutes: 30, live: nobodyCalls }],
    ['nobody is there', {}, { agents: 0, minutes: 15 }],
    ['it was one reading only', {}, { agents: 200, minutes: 0 }],
  ])('no answer is named: %s', (_, world, options) => {
    const findings = observe(readingsOf(world, options));
    expect(findings.verdicts.map(({ question, outcome }) => [question, outcome])).toEqual(
      unseen.map((question) => [question, 'not seen enough']),
    );
    expect(toAdvice(findings, current)).toEqual({});
  });

  test.each(watches)(
    'no answer is given from two agents, and no wrong one from eight: $name',
    ({ world }) => {
      const outcomesOf = (agents: number) =>
        observe(readingsOf(world, { agents, minutes: 15 })).verdicts.map(({ outcome }) => outcome);
      expect(new Set(outcomesOf(2))).toEqual(new Set(['not seen enough']));
      const answers: unknown[] = [...Object.values(world), 'not seen enough'];
      expect(outcomesOf(8).filter((outcome) => !answers.includes(outcome))).toEqual([]);
    },
  );
});

test('of a floor whose halves contradict each other, nothing becomes a setting', () => {
  const others = readingsOf(allWorlds.at(-1)!, day);
  const both = [...readingsOf(allWorlds[0]!, day)].map((reading) => {
    const { items: agents } = others.next().value as Snapshot;
    return {
      ...reading,
      items: [...reading.items, ...agents.map((each) => ({ ...each, id: `x${each.id}` }))],
    };
  });
  const findings = observe(both);
  const outcomes = new Set(findings.verdicts.map(({ outcome }) => outcome));
  expect(outcomes).toEqual(new Set(['mixed', 'not seen enough']));
  expect(toAdvice(findings, current)).toEqual({});
});

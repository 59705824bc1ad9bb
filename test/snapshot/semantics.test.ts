import { describe, expect, test } from '@jest/globals';
import { semantics as parseSemantics } from '../../src/config/parse.ts';
import { legSinceMs } from '../../src/snapshot/activity.ts';
import type { Agent } from '../../src/snapshot/agent.ts';
import {
  answersTo,
  describeQuestions,
  questionNames,
  questions,
  type Semantics,
  toAnsweredQuestions,
  workloadQuestion,
} from '../../src/snapshot/semantics.ts';
import { agent, interaction } from '../support/agents.ts';
import { familiesOf, readingOf } from '../support/reading.ts';

describe('since when wrap-up has lasted', () => {
  const alone: Partial<Agent> = { workloadSinceMs: 9000 };
  const behindWork: Partial<Agent> = { workloadSinceMs: 9000, live: 1 };
  test.each<[string, Partial<Agent>, Semantics, number | undefined]>([
    ['alone, and since is open', alone, {}, 9000],
    ['alone, and since restarts', alone, { since_in_wrap: 'restarts' }, 2000],
    ['alone, and since continues', alone, { since_in_wrap: 'continues' }, 9000],
    ['with workload, and since is open', behindWork, {}, 2000],
    ['with workload, and since restarts', behindWork, { since_in_wrap: 'restarts' }, 2000],
    ['with workload, and since continues', behindWork, { since_in_wrap: 'continues' }, undefined],
  ])('%s', (_, more, semantics, sinceMs) => {
    const wrap = interaction({ state: 'Wrap', sinceMs: 2000 });
    expect(legSinceMs(agent('a', { ...more, interactions: [wrap] }), wrap, semantics)).toBe(sinceMs);
    const connected = interaction({ sinceMs: 1000 });
    expect(legSinceMs(agent('a', { interactions: [wrap, connected] }), connected, semantics)).toBe(1000);
  });

  test('beside another interaction it is known only if since restarts', () => {
    const wrap = interaction({ state: 'Wrap', sinceMs: 2000 });
    const both = agent('a', { workloadSinceMs: 9000, interactions: [wrap, interaction()] });
    expect(legSinceMs(both, wrap, { since_in_wrap: 'restarts' })).toBe(2000);
    expect(legSinceMs(both, wrap, { since_in_wrap: 'continues' })).toBeUndefined();
  });
});

test('a setting answers questions, and media have their own questions', () => {
  expect(parseSemantics(' since_in_wrap = continues, workload_falls_phone_callback=when_wrap_ends ')).toEqual(
    {
      since_in_wrap: 'continues',
      workload_falls_phone_callback: 'when_wrap_ends',
    },
  );
  expect(['Phone', 'Phone Callback', ' E-Mail ', '((2)) '].map(workloadQuestion)).toEqual([
    'workload_falls_phone',
    'workload_falls_phone_callback',
    'workload_falls_e_mail',
    'workload_falls_2',
  ]);
  expect(questionNames.filter((name) => answersTo(name.replace('<medium>', 'phone')) === undefined)).toEqual(
    [],
  );
});

test.each([
  ['since_in_wrap', ['restarts', 'continues']],
  ['workload_falls_phone', ['when_wrap_begins', 'when_wrap_ends']],
  ['workload_falls_phone_2', ['when_wrap_begins', 'when_wrap_ends']],
  ['workload_falls', undefined],
  ['workload_falls_', undefined],
  ['workload_falls_e-mail', undefined],
  ['workload_falls_Phone', undefined],
  ['the_workload_falls_phone', undefined],
  ['since_in_fax', undefined],
  ['toString', undefined],
])('the answers to %s are %j', (id, answers) => {
  expect(answersTo(id)).toEqual(answers);
});

test('the help has a line for each question and each of its answers', () => {
  const plain = (text: string) => text.split('`').join('');
  expect(describeQuestions()).toEqual([
    `since_in_connected: ${plain(questions.since_in_connected.asks)}`,
    `  restarts: ${plain(questions.since_in_connected.answers.restarts.means)}`,
    `  continues: ${plain(questions.since_in_connected.answers.continues.means)}`,
    `since_in_wrap: ${plain(questions.since_in_wrap.asks)}`,
    `  restarts: ${plain(questions.since_in_wrap.answers.restarts.means)}`,
    `  continues: ${plain(questions.since_in_wrap.answers.continues.means)}`,
    `workload_falls_<medium>: ${plain(questions.workload_falls.asks)}`,
    `  when_wrap_begins: ${plain(questions.workload_falls.answers.when_wrap_begins.means)}`,
    `  when_wrap_ends: ${plain(questions.workload_falls.answers.when_wrap_ends.means)}`,
    `eligible_for_routing: ${plain(questions.eligible_for_routing.asks)}`,
    `  follows_presence: ${plain(questions.eligible_for_routing.answers.follows_presence.means)}`,
    `  follows_workload: ${plain(questions.eligible_for_routing.answers.follows_workload.means)}`,
  ]);
});

test('every scrape reports how each question is answered, a failed one too', async () => {
  const semantics = toAnsweredQuestions(
    parseSemantics(
      'workload_falls_phone=when_wrap_begins,workload_falls_case=when_wrap_ends,since_in_wrap=continues',
    ),
  );
  for (const [available, more] of [
    ['idle_and_eligible', {}],
    ['unknown', { error: 'network' as const, floor: undefined }],
  ] as const) {
    const families = await familiesOf(readingOf([], { semantics, ...more }));
    const { type, values } = families.find(({ name }) => name === 'vcc_semantics_info')!;
    expect(type).toBe('info');
    expect(values).toEqual(
      [
        ['since_in_connected', 'unknown'],
        ['since_in_wrap', 'continues'],
        ['workload_falls_case', 'when_wrap_ends'],
        ['workload_falls_phone', 'when_wrap_begins'],
        ['eligible_for_routing', 'unknown'],
        ['available', available],
      ].map(([question, answer]) => ({ labels: { account: 'test', question, answer }, value: 1 })),
    );
  }
});

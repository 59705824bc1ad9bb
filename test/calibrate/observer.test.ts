import { describe, expect, test } from '@jest/globals';
import { evidenceOf } from '../../src/calibrate/evidence.ts';
import { Observer } from '../../src/calibrate/observer.ts';
import { Tally } from '../../src/calibrate/tally.ts';
import { isWord } from '../../src/calibrate/words.ts';
import type { Agent, Interaction } from '../../src/snapshot/agent.ts';
import { agentFields, noGaps } from '../../src/snapshot/gaps.ts';
import { agent, interaction, pagesOf, snapshotOf, takenAtMs } from '../support/agents.ts';

const ringing = interaction({ state: 'Ringing', sinceMs: 1000 });
const connected = interaction({ sinceMs: 1000 });
const wrap = interaction({ state: 'Wrap', sinceMs: 1000 });
const onCall = (leg: Interaction, more: Partial<Agent> = {}) =>
  agent('a', { live: 1, eligibleForRouting: false, interactions: [leg], ...more });

/** Evidence as `question=answer`. */
const evidence = (before: Agent, after: Agent) =>
  evidenceOf(before, after).map(({ question, answer }) => `${question}=${answer}`);

describe('evidence', () => {
  const free = agent('a');
  test.each<[string, Agent, Agent, string[]]>([
    ['since stays when it is answered', onCall(ringing), onCall(connected), ['since_in_connected=continues']],
    [
      'since changes when it is answered',
      onCall(ringing),
      onCall({ ...connected, sinceMs: 2000 }),
      ['since_in_connected=restarts'],
    ],
    [
      'since stays and workload falls with wrap-up',
      onCall(connected),
      onCall(wrap, { live: 0 }),
      ['since_in_wrap=continues', 'workload_falls_phone=when_wrap_begins'],
    ],
    [
      'since changes and workload stays with wrap-up',
      onCall(connected),
      onCall({ ...wrap, sinceMs: 2000 }),
      ['since_in_wrap=restarts', 'workload_falls_phone=when_wrap_ends'],
    ],
    [
      'another medium',
      onCall({ ...connected, medium: 'Phone Callback' }),
      onCall({ ...wrap, medium: 'Phone Callback' }),
      ['since_in_wrap=continues', 'workload_falls_phone_callback=when_wrap_ends'],
    ],
    ['no longer eligible with a call', free, onCall(ringing), ['eligible_for_routing=follows_workload']],
    [
      'still eligible with a call',
      free,
      onCall(ringing, { eligibleForRouting: true }),
      ['eligible_for_routing=follows_presence'],
    ],
  ])('is taken: %s', (_, before, after, expected) => {
    expect(evidence(before, after)).toEqual(expected);
  });

  const chat = interaction({ guid: 'another', medium: 'Chat' });
  const sinceOnly = ['since_in_wrap=continues', 'workload_falls_phone=undefined'];
  test.each<[string, Agent, Agent, string[]]>([
    [
      'there are two interactions',
      onCall(connected),
      onCall(wrap, { interactions: [wrap, chat] }),
      sinceOnly,
    ],
    [
      'there were two interactions',
      onCall(connected, { interactions: [connected, chat] }),
      onCall(wrap),
      sinceOnly,
    ],
    ['there was unlisted work', onCall(connected, { nonLive: 1 }), onCall(wrap), sinceOnly],
    ['the workload is not known', onCall(connected), onCall(wrap, { semiLive: undefined }), sinceOnly],
    ['more work came', onCall(connected), onCall(wrap, { nonLive: 2 }), sinceOnly],
    [
      'since goes back',
      onCall({ ...connected, sinceMs: 5000 }),
      onCall(wrap, { nonLive: 2 }),
      ['since_in_wrap=undefined', 'workload_falls_phone=undefined'],
    ],
    [
      'since is worked out anew each time',
      onCall(connected),
      onCall({ ...wrap, sinceMs: 1999 }, { nonLive: 2 }),
      ['since_in_wrap=undefined', 'workload_falls_phone=undefined'],
    ],
  ])('is not taken, but the question is named: %s', (_, before, after, expected) => {
    expect(evidence(before, after)).toEqual(expected);
  });

  test.each<[string, Agent, Agent]>([
    ['another interaction', onCall(ringing), onCall({ ...connected, guid: 'another' })],
    ['a guid that is not known', onCall({ ...ringing, guid: '' }), onCall({ ...connected, guid: '' })],
    [
      'two legs of one interaction',
      onCall(ringing),
      onCall(connected, { interactions: [connected, connected] }),
    ],
    ['a time that is not known', onCall({ ...ringing, sinceMs: undefined }), onCall(connected)],
    ['a state that was skipped', onCall(ringing), onCall(wrap)],
    [
      'a new interaction that is connected at once',
      agent('a', { eligibleForRouting: false }),
      onCall(connected),
    ],
    ['a change of presence', free, onCall(ringing, { presenceSinceMs: takenAtMs })],
    ['another description', free, onCall(ringing, { description: 'Ready (Outbound)' })],
    [
      'a presence whose time is not known',
      { ...free, presenceSinceMs: undefined },
      onCall(ringing, { presenceSinceMs: undefined }),
    ],
    ['eligibility that is not known', free, onCall(ringing, { eligibleForRouting: undefined })],
    ['work that is not live', free, onCall(interaction({ medium: 'Case' }), { live: 0, nonLive: 1 })],
    ['who was in wrap-up before', { ...free, interactions: [wrap] }, onCall({ ...ringing, guid: 'another' })],
  ])('is not taken of %s', (_, before, after) => {
    expect(evidence(before, after)).toEqual([]);
  });

  test.each(['+44 20 7946 0018', 'Телефон', '电话'])(
    'about workload is not collected for a medium that no question can name: %s',
    (medium) => {
      expect(evidence(onCall({ ...connected, medium }), onCall({ ...wrap, medium }))).toEqual([
        'since_in_wrap=continues',
      ]);
    },
  );
});

describe('a verdict', () => {
  const verdict = (observations: readonly [answer: string, agent: string][]) => {
    const tally = new Tally();
    for (const [answer, id] of observations) tally.add('since_in_wrap', answer, id);
    const { outcome, for: most, against, agents } = tally.verdicts()[1]!;
    return [outcome, most, against, agents];
  };
  const many = (answer: string, count: number, agents: number): [string, string][] =>
    Array.from({ length: count }, (_, index) => [answer, `a${index % agents}`]);

  test.each([
    ['nothing', [], ['not seen enough', 0, 0, 0]],
    ['two agents, often', many('restarts', 50, 2), ['not seen enough', 50, 0, 2]],
    ['three agents', many('restarts', 3, 3), ['restarts', 3, 0, 3]],
    ['ten to one', [...many('continues', 10, 3), ...many('restarts', 1, 1)], ['continues', 10, 1, 3]],
    ['nine to one', [...many('continues', 9, 3), ...many('restarts', 1, 1)], ['mixed', 9, 1, 3]],
    ['one to one', [...many('continues', 9, 9), ...many('restarts', 9, 9)], ['mixed', 9, 9, 9]],
  ] as [string, [string, string][], unknown[]][])('of %s', (_, observations, expected) => {
    expect(verdict(observations)).toEqual(expected);
  });

  test('exists for each question, and for the largest number of media', () => {
    const tally = new Tally();
    for (let index = 0; index < 99; index++) tally.add(`workload_falls_m${index}`, 'when_wrap_ends', 'a');
    expect(tally.verdicts()).toHaveLength(33);
    expect(tally.verdicts()[0]!.question).toBe('since_in_connected');
    expect(new Tally().verdicts().map(({ question }) => question)).toContain('workload_falls_<medium>');
  });
});

test.each<[string, boolean]>([
  ['Fax', true],
  ['Phone Callback', true],
  ['e-mail_2', false],
  ['Téléphone', true],
  ['442079460018', false],
  ['- _', false],
  [' Fax', false],
  ['Fax ', false],
  ['a'.repeat(41), false],
  ['a\u001b', false],
  ['jane@example.com', false],
])('whether %j is a word: %s', (text, expected) => {
  expect(isWord(text)).toBe(expected);
});

describe('an observer', () => {
  const odd = interaction({ medium: 'Fax', state: '442079460018', reason: 'NoAnswer', direction: '' });

  test('lists words that neither the reference nor the settings name', () => {
    const observer = new Observer({ medium: ['Telex'] });
    const telex = interaction({ medium: 'Telex', reason: 'Resumed' });
    observer.addSnapshot(snapshotOf([agent('a', { presence: 'Sabbatical', interactions: [odd, odd] })]));
    observer.addSnapshot(snapshotOf([agent('a', { interactions: [odd, telex] })]));
    // NoAnswer is a reason of another state. A state that is not known may have any reason.
    expect(observer.findings().words).toEqual([
      { field: 'presence', word: 'Sabbatical', readings: 1 },
      { field: 'state', word: undefined, readings: 2 },
      { field: 'medium', word: 'Fax', readings: 2 },
    ]);
  });

  test('lists a reason that belongs to another state', () => {
    const observer = new Observer();
    observer.addSnapshot(snapshotOf([agent('a', { interactions: [interaction({ reason: 'NoAnswer' })] })]));
    expect(observer.findings().words).toEqual([{ field: 'reason', word: 'NoAnswer', readings: 1 }]);
  });

  test('lists no more words than fit on a screen', () => {
    const observer = new Observer();
    const media = Array.from({ length: 60 }, (_, index) =>
      interaction({ medium: `M${String.fromCharCode(65 + (index % 26), 65 + Math.floor(index / 26))}` }),
    );
    observer.addSnapshot(snapshotOf([agent('a', { interactions: media })]));
    const { words } = observer.findings();
    expect(words).toHaveLength(21);
    expect(words.at(-1)).toEqual({ field: 'medium', word: undefined, readings: 40 });
  });

  test('has the longest gaps of one reading', () => {
    const observer = new Observer();
    for (const [absent, invalid] of [
      [3, 0],
      [1, 2],
    ] as const) {
      const gaps = noGaps(agentFields);
      gaps.absent.description = absent;
      gaps.invalid.calls = invalid;
      observer.addSnapshot(snapshotOf([agent('a')], { gaps: { ...gaps, flawed: invalid } }));
    }
    expect(observer.findings()).toMatchObject({
      gaps: [
        { field: 'description', absent: 3, invalid: 0 },
        { field: 'calls', absent: 0, invalid: 2 },
      ],
      flawed: 2,
    });
  });

  test.each([
    [['1', '10', '2'], { asText: 1, asNumber: 0 }],
    [['1', '2', '10'], { asText: 0, asNumber: 1 }],
    [['001', '002', '010'], { asText: 1, asNumber: 1 }],
    [['b', 'a'], { asText: 0, asNumber: 0 }],
  ])('knows the order of %j', (ids, order) => {
    const observer = new Observer();
    observer.addSnapshot(snapshotOf(ids.map((id) => agent(id))));
    expect(observer.findings().order).toEqual(order);
  });

  test('knows the sizes of pages, and the age of their content', () => {
    const observer = new Observer();
    observer.addAnswer({ status: 400, limit: 5000, headers: {} });
    observer.addAnswer({ status: 503, limit: 5000, headers: {} });
    observer.addAnswer({ status: 200, limit: 1000, headers: {} });
    const agents = ['a', 'b', 'c'].map((id) => agent(id));
    for (const page of pagesOf(agents, 2).values()) observer.addPage(page);
    expect(observer.findings()).toMatchObject({
      paging: { asked: 1000, refused: [5000], pages: 2, largest: 2 },
      newestSinceMs: 300_000,
    });
    const future = agent('d', { interactions: [interaction({ sinceMs: takenAtMs + 700 })] });
    for (const page of pagesOf([future], 2).values()) observer.addPage(page);
    expect(observer.findings().newestSinceMs).toBe(-700);
  });

  test('notes headers that look like limits, with short numbers only', () => {
    const observer = new Observer();
    const add = (headers: Record<string, string>) =>
      observer.addAnswer({ status: 200, limit: 5000, headers });
    add({ 'x-ratelimit-remaining': '99', 'retry-after': 'Thu, 15 Jan 2026 10:00:00 GMT', date: 'now' });
    add({ 'x-ratelimit-remaining': '97', 'x-quota-442079460018': '5', 'x-rate-limit-of': '442079460018' });
    expect(observer.findings().limitHeaders).toEqual([
      { name: 'x-ratelimit-remaining', values: { least: 97, most: 99 } },
      { name: 'retry-after', values: undefined },
      { name: undefined, values: undefined },
      { name: 'x-rate-limit-of', values: undefined },
    ]);
  });
});

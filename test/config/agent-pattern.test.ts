import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { loadSettings } from '../../src/config/load.ts';
import { type AgentPattern, toAgentSeries } from '../../src/snapshot/agent-series.ts';
import { agent, snapshotOf } from '../support/agents.ts';
import { singleOptions } from '../support/reading.ts';

const patternOf = (text: string): AgentPattern =>
  loadSettings({ VCC_AGENT_INCLUDE: text }).VCC_AGENT_INCLUDE!;
const matches = (expression: string, text: string) => {
  const settings = loadSettings({
    VCC_CLIENT_ID: 'a',
    VCC_CLIENT_SECRET: 'b',
    VCC_ROSTER: 'a.csv',
    VCC_AGENT_INCLUDE: `team=${expression}`,
  });
  return settings.VCC_AGENT_INCLUDE!.pattern.test(text);
};

describe('an expression for agents', () => {
  test.each<[string, string, boolean]>([
    ['agent', 'agent-1', false],
    ['1', 'agent-1', false],
    ['a|ab', 'ab', true],
    ['a$|b', 'a\n', false],
    ['a.b', 'a\nb', true],
    ['', '', true],
    ['.', '😀', true],
    ['.', '\ud83d', true],
    [String.raw`\p{Lu}\p{Ll}+`, 'Éric', true],
    ['(?i)sales', 'SALES', true],
    ['[0-9a-f]{8}-.*', '00c0ffee-1', true],
  ])('matches all of the value: %j, %j', (expression, text, expected) => {
    expect(matches(expression, text)).toBe(expected);
  });

  test("matches the same as JavaScript's own expressions", () => {
    const { pattern } = fc.letrec<{ pattern: string }>((tie) => ({
      pattern: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.constantFrom('a', 'b', 'é', '.', '[ab]', '[^a]', String.raw`\d`, String.raw`\p{L}`, ''),
        fc.tuple(tie('pattern'), tie('pattern')).map((parts) => parts.join('')),
        fc.tuple(tie('pattern'), tie('pattern')).map((parts) => `(?:${parts.join('|')})`),
        fc
          .tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '{2}', '*?'))
          .map(([its, times]) => `(${its})${times}`),
      ),
    }));
    const texts = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '1', '😀', '\n'), maxLength: 6 });
    fc.assert(
      fc.property(pattern, texts, (expression, text) => {
        expect(matches(expression, text)).toBe(new RegExp(`^(?:${expression})$`, 'su').test(text));
      }),
      { numRuns: 500 },
    );
  });

  // One text is enough to keep JavaScript's own engine busy for minutes or forever.
  test.each([
    ['(a+)+', `${'a'.repeat(34)}!`],
    ['(a|aa)+', `${'a'.repeat(50)}!`],
    ['(a|a)*', `${'a'.repeat(34)}!`],
    ['([a-z]+)*@', 'a'.repeat(34)],
    [String.raw`(\w+\s?)*`, `${'ab '.repeat(20)}!`],
    ['(.*a){20}', 'a'.repeat(19) + 'b'.repeat(500)],
    ['(x+x+)+y', 'x'.repeat(40)],
    ['(?:a?){30}a{30}', 'a'.repeat(29)],
  ])('takes no long time, whatever the text: %s', (expression, text) => {
    const agents = Array.from({ length: 10_000 }, (_, index) => agent(index === 0 ? text : `${index}`));
    const options = { ...singleOptions, include: patternOf(expression) };
    const started = performance.now();
    const chosen = toAgentSeries(snapshotOf(agents), 'test', undefined, options).agents;
    expect(chosen.some((each) => each.agent.id === text)).toBe(false);
    expect(performance.now() - started).toBeLessThan(2000);
  });

  test.each([
    'a(?=b)',
    'a(?!b)',
    '(?<=a)b',
    '(?<!a)b',
    String.raw`(a)\1`,
    String.raw`(?<n>a)\k<n>`,
    String.raw`\u0041`,
    'a{1001}',
    '(a{1000}){1000}',
    'a)|(b',
    '(',
  ])('that RE2 has not is refused: %s', (expression) => {
    expect(() => patternOf(expression)).toThrow(
      'VCC_AGENT_INCLUDE: expected an RE2 expression for agent ids (no lookaround, no backreferences), or column=expression with a roster column in snake_case; received another value',
    );
  });
});

import { describe, expect, test } from '@jest/globals';
import { mergeEnv, toAdvice, toEnvLines, toYamlLines } from '../../src/calibrate/advice.ts';
import { type Findings, Observer } from '../../src/calibrate/observer.ts';
import { parseEnvText } from '../../src/cli/env-file.ts';

const nothing = { semantics: undefined, known: undefined, pageSize: 5000 };
const findings = (more: Partial<Findings>): Findings => ({ ...new Observer().findings(), ...more });
const verdict = (question: string, answer: string | undefined) => ({
  ...{ question, answer, outcome: answer ?? 'mixed' },
  ...{ for: 5, against: 0, agents: 4 },
});

describe('what to set', () => {
  test('is empty for an account without findings', () => {
    expect(toAdvice(findings({}), nothing)).toEqual({});
  });

  test('joins findings and settings: verdicts replace answers, words are added', () => {
    const found = findings({
      verdicts: [verdict('since_in_wrap', 'continues'), verdict('eligible_for_routing', undefined)],
      words: [
        { field: 'medium', word: 'Fax', readings: 3 },
        { field: 'state', word: undefined, readings: 3 },
      ],
    });
    const current = {
      semantics: { since_in_wrap: 'restarts', eligible_for_routing: 'follows_presence' } as const,
      known: { medium: ['Telex'], state: ['Fault'] },
      pageSize: 5000,
    };
    expect(toAdvice(found, current)).toEqual({
      VCC_SEMANTICS: 'since_in_wrap=continues,eligible_for_routing=follows_presence',
      VCC_KNOWN_VALUES: 'state=Fault,medium=Telex,medium=Fax',
    });
  });

  test('is an accepted page size, if the page size of the settings was not accepted', () => {
    const paging = (refused: number[], asked: number | undefined) =>
      findings({ paging: { asked, refused, pages: 1, largest: 5 } });
    expect(toAdvice(paging([5000], 1000), nothing)).toEqual({ VCC_PAGE_SIZE: '1000' });
    expect(toAdvice(paging([5000, 1000], undefined), nothing)).toEqual({});
    expect(toAdvice(paging([], 5000), nothing)).toEqual({});
  });
});

describe('an env file', () => {
  const advice = { VCC_SEMANTICS: 'since_in_wrap=continues', VCC_KNOWN_VALUES: 'medium=Phone Call#2' };
  const [semantics, known] = [
    'VCC_SEMANTICS=since_in_wrap=continues',
    "VCC_KNOWN_VALUES='medium=Phone Call#2'",
  ];

  test.each<[string, string, string]>([
    ['is new', '', `${semantics}\n${known}\n`],
    ['has other lines', '# mine\nPORT=1', `# mine\nPORT=1\n${semantics}\n${known}\n`],
    [
      'has the same names, one twice',
      'VCC_SEMANTICS=x=y\n# VCC_SEMANTICS=z\nexport  VCC_KNOWN_VALUES="a"\n\nVCC_SEMANTICS=z\nPORT=1\n',
      `${semantics}\n# VCC_SEMANTICS=z\nexport  ${known}\n\nPORT=1\n`,
    ],
    ['is from Windows', 'PORT=1\r\nVCC_SEMANTICS=x\r\n', `PORT=1\r\n${semantics}\r\n${known}\r\n`],
    [
      'has lines with ends of both kinds',
      'A=1\nVCC_SEMANTICS=x\r\nB=1\r\nC=1',
      `A=1\n${semantics}\r\nB=1\r\nC=1\n${known}\n`,
    ],
    [
      'has names that every object has',
      'constructor=1\ntoString=1\n',
      `constructor=1\ntoString=1\n${semantics}\n${known}\n`,
    ],
    [
      'has names with the same beginning',
      'VCC_SEMANTICS_OLD=1\n',
      `VCC_SEMANTICS_OLD=1\n${semantics}\n${known}\n`,
    ],
  ])('keeps what is not set anew: %s', (_, text, expected) => {
    expect(mergeEnv(text, advice)).toBe(expected);
    expect(mergeEnv(expected, advice)).toBe(expected);
    expect(parseEnvText(expected, 'FILE')).toMatchObject(advice);
  });

  test.each(['a', 'a b', "it's", 'say "a"', `it's "a"`, 'a#b', 'Zürich', '$HOME'])(
    'reads %j as it was',
    (word) => {
      const value = `medium=${word}`;
      const [line] = toEnvLines({ VCC_KNOWN_VALUES: value });
      expect(parseEnvText(line!, 'FILE')).toEqual({ VCC_KNOWN_VALUES: value });
    },
  );
});

test('a list of accounts has fields', () => {
  const advice = { VCC_SEMANTICS: 'since_in_wrap=continues', VCC_HOSTS: 'vonage' };
  expect(toYamlLines([{ name: 'acme "uk"', advice }])).toEqual([
    '  - name: "acme \\"uk\\""',
    '    semantics: "since_in_wrap=continues"',
    '    hosts: "vonage"',
  ]);
});

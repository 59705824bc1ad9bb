import { describe, expect, test } from '@jest/globals';
import { toAccount } from '../../src/app/accounts.ts';
import { type ConfigError, loadSettings } from '../../src/config/load.ts';

const id = { VCC_CLIENT_ID: 'id', VCC_CLIENT_SECRET: 'a-secret-of-an-account' };

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    loadSettings({ ...id, ...env });
    return [];
  } catch (error) {
    return (error as ConfigError).problems;
  }
}

describe('the settings of queues', () => {
  test('are off by default, and then an account has no queues at all', () => {
    const settings = loadSettings(id);
    expect(settings).toMatchObject({ VCC_QUEUES: 'off', VCC_SKILLS: 'off', VCC_QUEUE_NUMBERS: 'drop' });
    expect(toAccount(settings).queues).toBeUndefined();
  });

  test('have a default each', () => {
    expect(toAccount(loadSettings({ ...id, VCC_QUEUES: 'on' })).queues).toEqual({
      windowMs: 1_800_000,
      intervalMs: 60_000,
      waitMs: 1000,
      bounds: [5, 10, 20, 30, 60, 120, 300, 600],
      maxQueues: 100,
      include: undefined,
      exclude: undefined,
      numbers: 'drop',
      skillsTtlMs: undefined,
    });
  });

  const key = (setting: string) =>
    `VCC_AGENT_KEY: expected a key here or as agentKey in a secret, since ${setting} is hash; received nothing`;

  test.each<[Record<string, string>, string[]]>([
    [{ VCC_QUEUES: 'yes' }, ['VCC_QUEUES: expected one of off, on; received "yes"']],
    [{ VCC_QUEUES: 'on', VCC_QUEUE_NUMBERS: 'hash' }, [key('VCC_QUEUE_NUMBERS')]],
    [{ VCC_QUEUE_NUMBERS: 'hash' }, []],
    [{ VCC_QUEUES: 'on', VCC_QUEUE_NUMBERS: 'hash', VCC_AGENT_KEY: 'a-key-of-32-characters-for-tests' }, []],
    [
      { VCC_SKILLS: 'users-api' },
      ['VCC_SKILLS: expected off, since VCC_QUEUES is off; received "users-api"'],
    ],
    [{ VCC_SKILLS: 'users-api', VCC_QUEUES: 'on' }, []],
    [
      { VCC_QUEUE_INCLUDE: '(?=x)' },
      [
        'VCC_QUEUE_INCLUDE: expected an RE2 expression (no lookaround, no backreferences); received another value',
      ],
    ],
  ])('%j has the problems %j', (env, problems) => {
    expect(problemsOf(env)).toEqual(problems);
  });

  test.each([
    ['VCC_QUEUE_WINDOW', '59s'],
    ['VCC_QUEUE_WINDOW', '25h'],
    ['VCC_QUEUE_INTERVAL', '4s'],
    ['VCC_QUEUE_INTERVAL', '2h'],
    ['VCC_QUEUE_WAIT', '61s'],
    ['VCC_QUEUE_BOUNDS', '10,5'],
    ['VCC_QUEUE_BOUNDS', '0'],
    ['VCC_QUEUE_BOUNDS', '5,5'],
    ['VCC_MAX_QUEUES', '-1'],
    ['VCC_MAX_QUEUES', '10001'],
    ['VCC_QUEUE_NUMBERS', 'hide'],
    ['VCC_SKILLS', 'on'],
  ])('%s may not be %s', (name, value) => {
    expect(problemsOf({ VCC_QUEUES: 'on', [name]: value })).toEqual([
      expect.stringMatching(`^${name}: expected .*; received `),
    ]);
  });

  test('may be longer or shorter than the window: each read has the whole window', () => {
    expect(problemsOf({ VCC_QUEUES: 'on', VCC_QUEUE_WINDOW: '1m', VCC_QUEUE_INTERVAL: '1h' })).toEqual([]);
  });
});

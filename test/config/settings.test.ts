import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { toAccount } from '../../src/app/accounts.ts';
import { createReadText } from '../../src/app/places.ts';
import { loadConfig } from '../../src/config/accounts.ts';
import { loadDestinations } from '../../src/config/destinations.ts';
import { ConfigError, type Environment, loadSettings, settingNames } from '../../src/config/load.ts';
import type { Setting } from '../../src/config/setting.ts';
import { settings } from '../../src/config/settings.ts';
import { Secret } from '../../src/credentials.ts';
import { createFetchRosterFrom } from '../../src/roster/document.ts';
import { soon } from '../support/deadline.ts';

function problemsOf(env: Environment): readonly string[] {
  try {
    loadSettings(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('loadSettings', () => {
  test('treats a default like its text, and is empty without a default', () => {
    const byDefault = loadSettings({});
    const texts = Object.entries<Setting<unknown>>(settings).flatMap(([name, { fallback }]) =>
      fallback === undefined ? [] : [[name, fallback]],
    );
    expect(Object.keys(byDefault).toSorted()).toEqual(texts.map(([name]) => name).toSorted());
    expect(loadSettings(Object.fromEntries(texts))).toEqual(byDefault);
    // One of each kind, in the units that the code uses.
    expect(byDefault).toMatchObject({
      VCC_REGION: 'emea',
      VCC_TIMEOUT: 20_000,
      VCC_CACHE_TTL: 0,
      VCC_AGE_BOUNDS: [30, 60, 300, 600, 900, 1200, 1800, 3600, 4500, 7200],
      VCC_ROSTER_LABELS: ['team', 'site'],
      VCC_PUSH_INSTANCE: '{account}',
      PORT: 9754,
    });
    // Nothing personal, and no more access than is needed, unless it is set.
    expect(byDefault).toMatchObject({
      VCC_AGENT_METRICS: 'off',
      VCC_SECRET_PENDING: 'never',
      HOST: '127.0.0.1',
    });
  });

  test('treats an empty variable as not set, and trims blanks around a value', () => {
    expect(loadSettings({ VCC_REGION: '', PORT: ' 80 ' })).toMatchObject({ VCC_REGION: 'emea', PORT: 80 });
  });

  test.each([
    ['10', 10_000],
    ['0.5', 500],
    ['500ms', 500],
    ['16.1', 16_100],
    ['10s', 10_000],
    ['1m30s', 90_000],
  ])('reads the duration %s', (text, ms) => {
    expect(loadSettings({ VCC_TIMEOUT: text }).VCC_TIMEOUT).toBe(ms);
  });

  test('reads a duration in days', () => {
    expect(loadSettings({ VCC_ROSTER_TTL: '1d12h' }).VCC_ROSTER_TTL).toBe(36 * 3_600_000);
  });

  const duration = 'expected a duration like 500ms, 10s or 1m30s, from 100ms to 15m';
  const url = 'expected an https address without user, query or fragment (http only for localhost)';
  test.each([
    ['VCC_REGION', 'us', 'VCC_REGION: expected one of emea, nam, apac; received "us"'],
    ['VCC_HOSTS', 'x', 'VCC_HOSTS: expected one of newvoicemedia, vonage; received "x"'],
    ['VCC_TOKEN_AUTH', 'x', 'VCC_TOKEN_AUTH: expected one of body, basic; received "x"'],
    ['VCC_PAGE_SIZE', '5001', 'VCC_PAGE_SIZE: expected a whole number from 1 to 5000; received "5001"'],
    ['VCC_PAGE_SIZE', '1e3', 'VCC_PAGE_SIZE: expected a whole number from 1 to 5000; received "1e3"'],
    [
      'VCC_PAGE_CONCURRENCY',
      '0',
      'VCC_PAGE_CONCURRENCY: expected a whole number from 1 to 10000; received "0"',
    ],
    ['VCC_TIMEOUT', '10 s', `VCC_TIMEOUT: ${duration}; received "10 s"`],
    ['VCC_TIMEOUT', '99ms', `VCC_TIMEOUT: ${duration}; received "99ms"`],
    ['VCC_TIMEOUT', 's', `VCC_TIMEOUT: ${duration}; received "s"`],
    ['VCC_API_URL', 'http://example.com', `VCC_API_URL: ${url}; received an http address of another machine`],
    ['VCC_API_URL', 'ftp://localhost', `VCC_API_URL: ${url}; received an address with another scheme`],
    [
      'VCC_TOKEN_URL',
      'https://me:pass@example.com',
      `VCC_TOKEN_URL: ${url}; received an address with a user`,
    ],
    ['VCC_TOKEN_URL', 'https://example.com/?a=b', `VCC_TOKEN_URL: ${url}; received an address with a query`],
    ['VCC_TOKEN_URL', 'nonsense', `VCC_TOKEN_URL: ${url}; received no address`],
    // `URL` would leave it out.
    ['VCC_TOKEN_URL', 'https://example\n.com', `VCC_TOKEN_URL: ${url}; received no address`],
    [
      'VCC_AGE_BOUNDS',
      '60,30',
      'VCC_AGE_BOUNDS: expected up to 30 numbers of seconds above 0, in ascending order, separated by commas; received "60,30"',
    ],
    [
      'VCC_AGE_BOUNDS',
      '0,30',
      'VCC_AGE_BOUNDS: expected up to 30 numbers of seconds above 0, in ascending order, separated by commas; received "0,30"',
    ],
    [
      'VCC_AGE_BOUNDS',
      '1,x',
      'VCC_AGE_BOUNDS: expected up to 30 numbers of seconds above 0, in ascending order, separated by commas; received "1,x"',
    ],
    [
      'VCC_ACCOUNT',
      'a\nb',
      'VCC_ACCOUNT: expected 1 to 100 characters without line breaks; received a line break',
    ],
    ['PORT', '65536', 'PORT: expected a whole number from 0 to 65535; received "65536"'],
    [
      'VCC_KNOWN_VALUES',
      'state=Fault,colour=red',
      'VCC_KNOWN_VALUES: expected field=word, separated by commas, with the fields presence, state, reason, direction, medium, medium_manager; received another value',
    ],
    [
      'VCC_SEMANTICS',
      'since_in_wrap=maybe',
      'VCC_SEMANTICS: expected since_in_wrap=restarts or since_in_wrap=continues; received another value',
    ],
    [
      'VCC_SEMANTICS',
      'workload_falls_phone=',
      'VCC_SEMANTICS: expected workload_falls_phone=when_wrap_begins or workload_falls_phone=when_wrap_ends; received another value',
    ],
    ...['since=restarts', 'workload_falls=when_wrap_ends', 'toString=restarts', 'restarts'].map(
      (value): [string, string, string] => [
        'VCC_SEMANTICS',
        value,
        `VCC_SEMANTICS: expected question=answer, separated by commas, with the questions since_in_connected, since_in_wrap, workload_falls_<medium>, eligible_for_routing (as in workload_falls_phone); received ${value.length > 15 ? 'another value' : `"${value}"`}`,
      ],
    ),
    [
      'VCC_SEMANTICS',
      'since_in_wrap=restarts,since_in_wrap=continues',
      'VCC_SEMANTICS: expected one answer to since_in_wrap; received another value',
    ],
    ['VCC_PAGESIZE', '1', 'VCC_PAGESIZE: unknown setting; did you mean VCC_PAGE_SIZE?'],
    ['VCC_CLIENTSECRET', 's3cret', 'VCC_CLIENTSECRET: unknown setting; did you mean VCC_CLIENT_SECRET?'],
    ['VCC_SOMETHING_ELSE_ALTOGETHER', '1', 'VCC_SOMETHING_ELSE_ALTOGETHER: unknown setting'],
    [
      'VCC_CLIENT_ID',
      'x',
      'VCC_CLIENT_SECRET: expected a value, since VCC_CLIENT_ID is set; received nothing',
    ],
    [
      'VCC_CLIENT_SECRET',
      'x',
      'VCC_CLIENT_ID: expected a value, since VCC_CLIENT_SECRET is set; received nothing',
    ],
  ])('refuses %s=%s', (name, value, problem) => {
    expect(problemsOf({ [name]: value })).toEqual([problem]);
  });

  test.each([
    [{ VCC_PAGE_CONCURRENCY: '101' }, 100, 101],
    [{ VCC_PAGE_CONCURRENCY: '20', VCC_CONCURRENCY: '10' }, 10, 20],
  ])('refuses more pages at once than requests: %j', (env, most, received) => {
    expect(problemsOf(env)).toEqual([
      `VCC_PAGE_CONCURRENCY: expected at most ${most}, the requests of all accounts (VCC_CONCURRENCY); received ${received}`,
    ]);
    expect(problemsOf({ ...env, VCC_CONCURRENCY: String(received) })).toEqual([]);
  });

  test('reports everything that is wrong at once', () => {
    expect(problemsOf({ VCC_REGION: 'us', PORT: '-1', VCC_REGOIN: 'emea', VCC_CLIENT_ID: 'x' })).toHaveLength(
      4,
    );
  });

  test('ignores variables without its prefix', () => {
    expect(problemsOf({ PATH: '/bin', AWS_REGION: 'eu-west-1', MY_VCC_THING: '1' })).toEqual([]);
  });
});

describe('a secret in the wrong setting', () => {
  const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
  const secrets = fc
    .tuple(
      fc.string({ unit: fc.constantFrom(...letters, ...'0123456789'), minLength: 20, maxLength: 50 }),
      fc.constantFrom('', ...'+_-='),
      fc.nat(9),
      fc.constantFrom(...letters),
    )
    // A text without a digit may be a name, and one of many short parts too.
    .map(([text, sign, digit, letter]) => `${letter}9${digit}${text.slice(0, 14)}${sign}${text.slice(14)}`);
  /** What a user may make of it. */
  const shapes: ((secret: string) => string)[] = [
    (secret) => secret,
    (secret) => `https://example.com/${secret}`,
    (secret) => `https://user:${secret}@example.com/`,
    (secret) => `https://example.com/?token=${secret}`,
    (secret) => `${secret}://example.com`,
    (secret) => `s3://${secret}/key`,
    (secret) => `name=${secret}`,
    (secret) => `${secret}=value`,
    (secret) => `name,${secret}`,
    (secret) => `accounts:\n  - ${secret}: x`,
    (secret) => `accounts: [{name: !${secret} x}]`,
    (secret) => `destinations: [{name: a, ${secret}: x}]`,
    (secret) => `${secret}\n`,
    (secret) => `( ${secret}`,
    (secret) => `\${${secret}}`,
  ];
  /** These are names, which are labels of all series. */
  const names: string[] = ['VCC_ACCOUNT', 'VCC_PUSH_NAME', 'VCC_PUSH_JOB', 'VCC_PUSH_INSTANCE'];

  test.each(settingNames)('%s never appears in a message', async (name) => {
    const base = { VCC_AGENT_METRICS: 'hashed', VCC_PUSH_AUTH: 'bearer', VCC_PUSH_URL: 'http://localhost:1' };
    await fc.assert(
      fc.asyncProperty(secrets, fc.constantFrom(...shapes), async (secret, shape) => {
        const env = { ...base, [name]: shape(secret) };
        const readText = createReadText();
        const messages: string[] = [];
        const note = (error: unknown) => void messages.push((error as Error).message);
        await loadConfig(env, readText).then(async ({ settings: its, accounts }) => {
          await loadDestinations(env, its, 2, readText).catch(note);
          for (const { VCC_ROSTER: source } of accounts) {
            if (source === undefined || source === 'users-api') continue;
            await createFetchRosterFrom(readText, source.location)(soon()).catch(note);
          }
        }, note);
        if (!names.includes(name)) expect(messages.join('\n')).not.toContain(secret);
        for (const message of messages) expect(message).toMatch(/: |, /);
      }),
      { numRuns: 60 },
    );
  });
});

describe('what cannot be sent', () => {
  const received = (what: string) => `; received ${what}`;
  const token =
    'VCC_PUSH_TOKEN: expected a token of printable ASCII without spaces, since it is sent in a header';
  test.each([
    ['VCC_CLIENT_ID', 'a\nb', 'VCC_CLIENT_ID: expected the client id; received one with a line break'],
    [
      'VCC_CLIENT_SECRET',
      'a\r\nb',
      'VCC_CLIENT_SECRET: expected the client secret; received one with a line break',
    ],
    [
      'VCC_CLIENT_SECRET',
      'a\u0000b',
      'VCC_CLIENT_SECRET: expected the client secret; received one with a control character',
    ],
    ['VCC_PUSH_USER', 'a\nb', 'VCC_PUSH_USER: expected the name of a user; received one with a line break'],
    ['VCC_PUSH_USER', 'a:b', 'VCC_PUSH_USER: expected the name of a user; received one with a colon'],
    ['VCC_PUSH_PASSWORD', 'a\nb', 'VCC_PUSH_PASSWORD: expected the password; received one with a line break'],
    ['VCC_PUSH_TOKEN', 'a\nb', 'VCC_PUSH_TOKEN: expected the token; received one with a line break'],
    ['VCC_PUSH_TOKEN', 'tokén', token + received('another value')],
    ['VCC_PUSH_TOKEN', 'two words', token + received('another value')],
    [
      'VCC_PUSH_HEADERS',
      'X-Key=a\nb',
      'VCC_PUSH_HEADERS: expected different headers Name=value, separated by commas, and none that the exporter sets (Authorization, Content-…); received another value',
    ],
    [
      'VCC_PUSH_HEADERS',
      'X-Key=é',
      'VCC_PUSH_HEADERS: expected different headers Name=value, separated by commas, and none that the exporter sets (Authorization, Content-…); received another value',
    ],
  ])('is refused at the start: %s=%j', (name, value, problem) => {
    const id = name === 'VCC_CLIENT_SECRET' ? { VCC_CLIENT_ID: 'id' } : {};
    expect(problemsOf({ ...id, [name]: value })).toContain(problem);
  });

  test('is not what is encoded before it is sent', () => {
    const env = {
      VCC_CLIENT_ID: 'ïd',
      VCC_CLIENT_SECRET: 's ü漢',
      VCC_PUSH_USER: 'ü ser',
      VCC_PUSH_PASSWORD: 'p: ü',
    };
    expect(problemsOf(env)).toEqual([]);
  });
});

describe('a credential', () => {
  const id = { VCC_CLIENT_ID: 'id' };
  const long = 'your-long-enough-token';
  test.each<[Record<string, string>, string]>([
    ...[
      '…',
      '...',
      '<secret>',
      'changeme',
      'Change-Me',
      'change_me',
      'your-client-secret',
      'your_secret',
      'XXXX',
    ].map((text): [Record<string, string>, string] => [
      { ...id, VCC_CLIENT_SECRET: text },
      'VCC_CLIENT_SECRET: expected the client secret; received a placeholder',
    ]),
    [
      { VCC_CLIENT_ID: '<client id>', VCC_CLIENT_SECRET: 's' },
      'VCC_CLIENT_ID: expected the client id; received a placeholder',
    ],
    [
      { ...id, VCC_CLIENT_SECRET: '"hunter2"' },
      'VCC_CLIENT_SECRET: expected the client secret; received one in quotes',
    ],
    [
      { ...id, VCC_CLIENT_SECRET: '“hunter2”' },
      'VCC_CLIENT_SECRET: expected the client secret; received one in quotes',
    ],
    [{ VCC_PUSH_PASSWORD: 'changeme' }, 'VCC_PUSH_PASSWORD: expected the password; received a placeholder'],
    [{ VCC_PUSH_TOKEN: '<token>' }, 'VCC_PUSH_TOKEN: expected the token; received a placeholder'],
    [{ VCC_SCRAPE_TOKENS: `${long}, …` }, 'VCC_SCRAPE_TOKENS: expected tokens; received a placeholder'],
    [
      { VCC_SCRAPE_USERS: `prometheus:${long}` },
      'VCC_SCRAPE_USERS: expected a password in each pair name:password; received a placeholder',
    ],
    [{ VCC_AGENT_KEY: long }, 'VCC_AGENT_KEY: expected the key; received a placeholder'],
  ])('is none: %j', (env, problem) => {
    expect(problemsOf(env)).toEqual([problem]);
  });

  test.each(['xx', 'my-your-secret', 'a<b>', "it's", 'unchangeme', '.'])('is one: %s', (text) => {
    expect(loadSettings({ ...id, VCC_CLIENT_SECRET: text }).VCC_CLIENT_SECRET?.reveal()).toBe(text);
  });
});

describe('toAccount', () => {
  const credentials = { VCC_CLIENT_ID: 'id', VCC_CLIENT_SECRET: 's3cret' };

  test('takes addresses from region and host family, unless they are set', () => {
    const regional = toAccount(loadSettings({ ...credentials, VCC_REGION: 'nam', VCC_HOSTS: 'vonage' }));
    expect(regional.api.apiUrl).toBe('https://nam.api.cc.vonage.com');
    expect(regional.token.tokenUrl).toBe('https://nam.cc.vonage.com/Auth/connect/token');
    const own = toAccount(
      loadSettings({
        ...credentials,
        VCC_API_URL: 'https://a.example',
        VCC_TOKEN_URL: 'http://localhost:1/t',
      }),
    );
    expect(own.api.apiUrl).toBe('https://a.example');
    expect(own.token.tokenUrl).toBe('http://localhost:1/t');
  });

  test('is named default unless it is named', () => {
    expect(toAccount(loadSettings(credentials)).name).toBe('default');
  });

  test('is incomplete without credentials', () => {
    expect(() => toAccount(loadSettings({}))).toThrow(
      'VCC_CLIENT_ID, VCC_CLIENT_SECRET: expected API credentials, or VCC_SECRET_ID; received nothing',
    );
  });

  test('does not show the secret however it is printed', () => {
    const account = toAccount(loadSettings(credentials));
    const printed = [
      inspect([account, loadSettings(credentials)], { depth: 9, showHidden: true }),
      JSON.stringify([account, loadSettings(credentials)]),
      `${loadSettings(credentials).VCC_CLIENT_SECRET}`,
    ];
    for (const text of printed) expect(text).not.toContain('s3cret');
    expect(new Secret('s3cret').reveal()).toBe('s3cret');
  });
});

import { getEventListeners } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { scrapeCredentialsOf } from '../../src/app/access.ts';
import { loadSettings } from '../../src/config/load.ts';
import { Secret } from '../../src/credentials.ts';
import { deadlineIn, forever, leftMs, startingNow } from '../../src/deadline.ts';
import { guarded } from '../../src/serve/guard.ts';
import { reply, toRequest } from '../../src/serve/message.ts';
import { SecretError } from '../../src/vault/errors.ts';
import type { Vault } from '../../src/vault/vault.ts';
import { soon } from '../support/deadline.ts';

const tokens = ['first-token-of-prometheus', 'second-token-of-prometheus'];
const users = [
  { name: 'prometheus', password: 'first password, with spaces' },
  { name: 'prometheus', password: 'second:password:with:colons' },
];
const credentials = {
  tokens: tokens.map((token) => new Secret(token)),
  users: users.map(({ name, password }) => ({ name, password: new Secret(password) })),
};
const app = guarded(
  async ({ path }) => reply(200, `let in to ${path}\n`),
  async () => credentials,
);
const unauthorized =
  'Unauthorized. Expected a scrape token (Bearer, or as the password of the user "token") or the name and password of a scrape user.\n';
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;
const ask = (authorization?: string, path = '/metrics', method = 'GET', at = app) =>
  at(toRequest(method, path, authorization === undefined ? [] : [['Authorization', authorization]]), soon());

test('a request leaves nothing behind in objects that live as long as the process', async () => {
  const before = getEventListeners(forever.signal, 'abort').length;
  await app(toRequest('GET', '/metrics', []), startingNow(forever));
  expect(getEventListeners(forever.signal, 'abort')).toHaveLength(before);
});

describe('who has credentials', () => {
  test.each([
    ...tokens.map((token) => `Bearer ${token}`),
    `bearer  ${tokens[0]}`,
    ...users.map(({ name, password }) => basic(`${name}:${password}`)),
    // As browsers send it.
    ...tokens.map((token) => basic(`token:${token}`)),
  ])('is let in: %#', async (authorization) => {
    expect(await ask(authorization)).toMatchObject({ status: 200 });
  });

  test.each([
    ['nothing', undefined],
    ['an empty header', ''],
    ['the scheme alone', 'Bearer'],
    ['another scheme', `Digest ${tokens[0]}`],
    ['half a token', `Bearer ${tokens[0]!.slice(0, -1)}`],
    ['a token and more', `Bearer ${tokens[0]}x`],
    ['two tokens', `Bearer ${tokens[0]}, Bearer ${tokens[1]}`],
    ['two headers, as a gateway joins them', `Bearer ${tokens[0]},Bearer ${tokens[1]}`],
    ['a right and a wrong one', `Bearer ${tokens[0]}, ${basic('prometheus:')}`],
    ['a token as the password of another user', basic(`prometheus:${tokens[0]}`)],
    ['a token as the password of nobody', basic(`:${tokens[0]}`)],
    ['a token as a name', basic(`${tokens[0]}:`)],
    ['a token as the password of Token', basic(`Token:${tokens[0]}`)],
    ['half a token as a password', basic(`token:${tokens[0]!.slice(0, -1)}`)],
    ['a token and more as a password', basic(`token:${tokens[0]}x`)],
    ['a password as the password of token', basic(`token:${users[0]!.password}`)],
    ['what Basic holds as a token', `Bearer token:${tokens[0]}`],
    ['a password as a token', `Bearer ${users[1]!.password}`],
    ['another name', basic(`Prometheus:${users[0]!.password}`)],
    ['no password', basic('prometheus:')],
    ['no colon', basic('prometheus')],
    ['no base64', 'Basic ***'],
    ['bytes that are no text', `Basic ${Buffer.from([0xff, 0xfe, 0x3a, 0xff]).toString('base64')}`],
  ])('others are not, and all get the same answer: %s', async (_, authorization) => {
    const { headers, ...answer } = await ask(authorization);
    expect(answer).toEqual({ status: 401, body: unauthorized });
    expect(headers).toMatchObject({
      'www-authenticate': 'Basic realm="vcc-exporter", charset="UTF-8", Bearer realm="vcc-exporter"',
      'cache-control': 'no-store',
    });
  });

  test('is the same whatever the path, whether the page exists or not', async () => {
    const paths = ['/', '/metrics', '/nothing', '/-/healthy/', '/-/Healthy', '//-/healthy'];
    const answers = await Promise.all(paths.map((path) => ask(undefined, path)));
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(answers[0]!.status).toBe(401);
  });

  test('does not affect the health check', async () => {
    expect(await ask(undefined, '/-/healthy')).toMatchObject({ status: 200 });
    expect(await ask(undefined, '/-/healthy?x=1')).toMatchObject({ status: 200 });
  });

  test('HEAD is refused without a body', async () => {
    expect(await ask(undefined, '/metrics', 'HEAD')).toMatchObject({ status: 401, body: '' });
  });

  test('nothing else ever opens, and nothing makes it fail', async () => {
    // Credentials and near misses: names, tokens and passwords in the places of each other, cut or
    // extended.
    const names = ['token', ...users.map(({ name }) => name)];
    const secrets = [...tokens, ...users.map(({ password }) => password)];
    const opening = new Set([
      ...tokens.flatMap((token) => [`bearer ${token}`, `basic token:${token}`]),
      ...users.map(({ name, password }) => `basic ${name}:${password}`),
    ]);
    const word = fc.oneof(fc.constantFrom(...names, ...secrets, ''), fc.string());
    const cut = fc.tuple(word, fc.nat(40)).map(([text, length]) => text.slice(0, length));
    const text = fc.oneof(
      word,
      cut,
      fc.tuple(fc.oneof(word, cut), word).map(([a, b]) => `${a}:${b}`),
    );
    const header = fc.oneof(
      fc.string(),
      fc.base64String(),
      text.map(basic),
      fc.tuple(fc.constantFrom('Bearer', 'bearer', 'Basic', 'Digest'), text).map(([a, b]) => `${a} ${b}`),
    );
    await fc.assert(
      fc.asyncProperty(header, async (sent) => {
        const [, scheme = '', value = ''] = /^(\S+) +(\S+)$/.exec(sent.trim()) ?? [];
        const isBasic = scheme.toLowerCase() === 'basic';
        const held = isBasic ? Buffer.from(value, 'base64').toString('utf8') : value;
        const opens = opening.has(`${scheme.toLowerCase()} ${held}`);
        expect((await ask(sent)).status).toBe(opens ? 200 : 401);
      }),
      { numRuns: 1000 },
    );
  });
});

test('Basic is always offered, so that browsers ask for a password; Bearer where there are tokens', async () => {
  const bearerOnly = guarded(
    async () => reply(200, ''),
    async () => ({ ...credentials, users: [] }),
  );
  const basicOnly = guarded(
    async () => reply(200, ''),
    async () => ({ ...credentials, tokens: [] }),
  );
  expect((await ask('', '/', 'GET', bearerOnly)).headers['www-authenticate']).toBe(
    'Basic realm="vcc-exporter", charset="UTF-8", Bearer realm="vcc-exporter"',
  );
  expect((await ask('', '/', 'GET', basicOnly)).headers['www-authenticate']).toBe(
    'Basic realm="vcc-exporter", charset="UTF-8"',
  );
});

test('without tokens the user token has no special meaning', async () => {
  const password = new Secret('password of a user called token');
  const named = (name: string) =>
    guarded(
      async () => reply(200, ''),
      async () => ({ tokens: [], users: [{ name, password }] }),
    );
  const asked = basic('token:password of a user called token');
  expect(await ask(asked, '/', 'GET', named('token'))).toMatchObject({ status: 200 });
  expect(await ask(asked, '/', 'GET', named('other'))).toMatchObject({ status: 401 });
});

test('without any credentials nobody is let in', async () => {
  const closed = guarded(
    async () => reply(200, ''),
    async () => ({ tokens: [], users: [] }),
  );
  expect(await ask('Bearer ', '/metrics', 'GET', closed)).toMatchObject({ status: 503 });
  for (const none of [':', 'token:']) {
    expect(await ask(basic(none), '/metrics', 'GET', closed)).toMatchObject({ status: 503 });
  }
});

test('the scrape gets the time that is left after the check', async () => {
  let left: number | undefined;
  const slow = guarded(
    async (_, deadline) => {
      left = leftMs(deadline);
      return reply(200, '');
    },
    async () => {
      await new Promise((resolve) => setTimeout(resolve, 60));
      return credentials;
    },
  );
  await slow(toRequest('GET', '/metrics', [['authorization', `Bearer ${tokens[0]}`]]), deadlineIn(1000));
  expect(left).toBeLessThanOrEqual(942);
  expect(left).toBeGreaterThan(500);
});

describe('scrape credentials', () => {
  const vaultOf = (scrapeCredentials: Vault['scrapeCredentials']): Vault => ({
    apiCredentials() {
      throw new Error('not asked for');
    },
    pushCredentials: async () => {
      throw new Error('not asked for');
    },
    agentKey: async () => {
      throw new Error('not asked for');
    },
    scrapeCredentials,
  });
  const settings = loadSettings({ VCC_SCRAPE_TOKENS: tokens[0], VCC_SCRAPE_USERS: 'a:a-password-of-16' });

  test('are from the settings and the secret together', async () => {
    const load = scrapeCredentialsOf(
      settings,
      vaultOf(async () => credentials),
      () => {},
    );
    const all = await load(soon());
    expect([all.tokens.length, all.users.length]).toEqual([3, 3]);
  });

  test('are those of the settings while the secret cannot be read, and the log gives the reason', async () => {
    const logs: string[] = [];
    const down = vaultOf(async () => {
      throw new SecretError('secret acme: is down');
    });
    const load = scrapeCredentialsOf(settings, down, (line) => logs.push(line));
    const all = await load(soon());
    expect([all.tokens.length, all.users.length]).toEqual([1, 1]);
    expect(JSON.parse(logs[0]!)).toMatchObject({
      event: 'scrape credentials not read',
      message: 'secret acme: is down',
    });
  });

  test('must be somewhere', () => {
    expect(() => scrapeCredentialsOf(loadSettings({}), undefined, () => {})).toThrow(
      'VCC_SCRAPE_TOKENS, VCC_SCRAPE_USERS: expected scrape credentials here or in the secret, or VCC_SCRAPE_AUTH=none to let everyone who can reach the address scrape; received nothing',
    );
  });
});

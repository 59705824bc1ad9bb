import { inspect } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { parseSecretContent } from '../../src/vault/content.ts';

const token = 'a-token-of-the-machine';
const password = 'correct horse battery';
const parse = (content: unknown) =>
  parseSecretContent(typeof content === 'string' ? content : JSON.stringify(content), 'secret acme');
const reveal = ({ api, scrape }: ReturnType<typeof parse>, account = 'acme') => ({
  clientId: api(account).clientId,
  clientSecret: api(account).clientSecret.reveal(),
  tokens: scrape.tokens.map((each) => each.reveal()),
  users: scrape.users.map(({ name, password }) => [name, password.reveal()]),
});
const api = { clientId: 'id', clientSecret: 's3cret' };

describe('the content of a secret', () => {
  test.each([
    ['camelCase', { clientId: 'id', clientSecret: ' s3cret\n', scrapeTokens: token }],
    ['snake_case', { client_id: 'id', client_secret: 's3cret', scrape_tokens: [token], unrelated: 1 }],
  ])('is read in %s', (_, content) => {
    expect(reveal(parse(content))).toEqual({
      clientId: 'id',
      clientSecret: 's3cret',
      tokens: [token],
      users: [],
    });
  });

  test('is read with a byte order mark before it', () => {
    expect(reveal(parse(`\uFEFF${JSON.stringify(api)}`))).toMatchObject(api);
  });

  test('may have no scrape credentials, or several of each kind', () => {
    expect(reveal(parse(api))).toMatchObject({ tokens: [], users: [] });
    const scrapeUsers = { prometheus: [password, `${password} 2`], grafana: password };
    expect(reveal(parse({ ...api, scrapeTokens: [token, `${token}2`], scrapeUsers }))).toMatchObject({
      tokens: [token, `${token}2`],
      users: [
        ['prometheus', password],
        ['prometheus', `${password} 2`],
        ['grafana', password],
      ],
    });
  });

  test.each<[string, unknown, string]>([
    ['no JSON', 'clientSecret=s3cret', 'expected a JSON object with clientId and clientSecret'],
    ['a list', [api], 'expected a JSON object with clientId and clientSecret'],
    ['no id', { clientSecret: 's3cret' }, 'clientId: expected a text that is not empty; received nothing'],
    [
      'a number',
      { ...api, clientSecret: 5 },
      'clientSecret: expected a text that is not empty; received a number',
    ],
    [
      'nothing in it',
      { ...api, clientId: ' ' },
      'clientId: expected a text that is not empty; received an empty text',
    ],
    [
      'a placeholder',
      { ...api, clientSecret: '…' },
      'clientSecret: expected the client secret; received a placeholder',
    ],
    ['quotes', { ...api, clientId: '"id"' }, 'clientId: expected the client id; received one in quotes'],
    [
      'a placeholder for a token',
      { ...api, scrapeTokens: ['your-scrape-token-here'] },
      'scrapeTokens: expected the scrape tokens; received a placeholder',
    ],
    [
      'a placeholder for the agent key',
      { ...api, agentKey: '<sixteen characters>' },
      'agentKey: expected the agent key; received a placeholder',
    ],
    ['a NUL', '{"clientId": "\0"}', 'contains a NUL character; save it as UTF-8 text'],
    ['both spellings', { ...api, client_id: 'id' }, 'expected clientId or client_id; received both'],
    [
      'a short token',
      { ...api, scrapeTokens: 's3cret' },
      'scrapeTokens: expected tokens of letters, digits and -._~+/=, at least 16 long; received another text',
    ],
    [
      'a token with a space',
      { ...api, scrapeTokens: ['s3cret s3cret s3cret'] },
      'scrapeTokens: expected tokens of letters, digits and -._~+/=, at least 16 long; received another text',
    ],
    [
      'a short password',
      { ...api, scrapeUsers: { a: 's3cret' } },
      'scrapeUsers: expected passwords at least 16 long; received another text',
    ],
    [
      'users as a list',
      { ...api, scrapeUsers: ['s3cret'] },
      'scrapeUsers: expected an object of names and passwords; received a list',
    ],
    [
      'a name with a colon',
      { ...api, scrapeUsers: { 'a:b': password } },
      'scrapeUsers: expected names without a colon',
    ],
    [
      'accounts as a list',
      { ...api, accounts: ['s3cret'] },
      'accounts: expected an object of accounts by name; received a list',
    ],
    [
      'half an account',
      { ...api, accounts: { acme: { clientId: 's3cret' } } },
      'accounts, acme: clientSecret: expected a text that is not empty; received nothing',
    ],
    [
      'an account as a text',
      { ...api, accounts: { acme: 's3cret' } },
      'accounts, acme: expected an object; received a text',
    ],
    [
      'a short key',
      { ...api, agentKey: 's3cret' },
      'agentKey: expected a text at least 16 long; received another text',
    ],
  ])('with %s is rejected without a word of its content', (_, content, message) => {
    let error: unknown;
    try {
      parse(content).api('acme');
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: 'secret', message: `secret acme: ${message}` });
    expect(inspect(error)).not.toContain('s3cret');
  });

  test('does not show itself', () => {
    const content = parse({ ...api, scrapeTokens: token, scrapeUsers: { prometheus: password } });
    expect(inspect(content, { depth: 9 }) + JSON.stringify(content)).not.toMatch(/s3cret|a-token|horse/);
  });
});

describe('credentials of destinations', () => {
  const base = { clientId: 'id', clientSecret: 'a-secret' };
  const read = (destinations: unknown) =>
    parseSecretContent(JSON.stringify({ ...base, destinations }), 'secret x');

  test('are those of the name', () => {
    const { push } = read({ amp: { user: 'me', password: 'p' }, otel: { token: 't' } });
    expect(push('amp')).toMatchObject({ user: 'me', token: undefined });
    expect(push('amp').password!.reveal()).toBe('p');
    expect(push('otel').token!.reveal()).toBe('t');
  });

  test.each([
    [
      {},
      'secret x: destinations, amp: expected an object with user and password, or token; received nothing',
    ],
    [
      { amp: 'p4ssword' },
      'secret x: destinations, amp: expected an object with user and password, or token; received a text',
    ],
    [
      { amp: { user: 7 } },
      'secret x: destinations, amp: user: expected a text that is not empty; received a number',
    ],
  ])('%j are refused by field, without a value', (destinations, message) => {
    expect(() => read(destinations).push('amp')).toThrow(message);
  });

  test('must be an object', () => {
    expect(() => read([])).toThrow(
      'secret x: destinations: expected an object of destinations by name; received a list',
    );
  });
});

describe('a credential in a secret that cannot be sent', () => {
  const destination = (content: object) => parse({ ...api, destinations: { acme: content } }).push('acme');
  test.each<[string, () => unknown, string]>([
    [
      'a client secret with a line break',
      () => parse({ ...api, clientSecret: 's3\ncret' }).api('acme'),
      'secret acme: clientSecret: expected the client secret; received one with a line break',
    ],
    [
      'a client id with a control character',
      () => parse({ accounts: { acme: { ...api, clientId: 'i\u0000d' } } }).api('acme'),
      'secret acme: accounts, acme: clientId: expected the client id; received one with a control character',
    ],
    [
      'a password with a line break',
      () => destination({ user: 'me', password: 'pass\r\nword' }),
      'secret acme: destinations, acme: password: expected the password; received one with a line break',
    ],
    [
      'a token with an escape',
      () => destination({ token: 'tok\u001ben' }),
      'secret acme: destinations, acme: token: expected the token; received one with a control character',
    ],
  ])('is refused by field: %s', (_, read, message) => {
    expect(read).toThrow(expect.objectContaining({ message, invalid: true }));
  });
});

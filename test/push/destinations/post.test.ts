import { afterEach, describe, expect, test } from '@jest/globals';
import { Secret } from '../../../src/credentials.ts';
import { createSend, type HttpRequest } from '../../../src/http/send.ts';
import {
  createPost,
  isRetryable,
  unauthorized,
  withCredentials,
} from '../../../src/push/destinations/post.ts';
import { soon } from '../../support/deadline.ts';
import { startReceiver } from '../../support/receiver.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

async function setUp(authorize = unauthorized, answer: { status: number; body?: string } = { status: 204 }) {
  const receiver = await startReceiver([answer]);
  const send = createSend();
  open.push(receiver, send);
  const request: HttpRequest = { method: 'POST', url: new URL(receiver.origin), headers: {}, body: 'x' };
  const post = createPost(send, { timeoutMs: 1000, authorize, name: 'acme' });
  return { receiver, send: () => post(request, soon(), isRetryable) };
}

describe('credentials', () => {
  test('are sent as HTTP Basic, with the current values', async () => {
    let password = 'first-password';
    const authorize = withCredentials('basic', 'acme', async () => ({
      user: 'me',
      password: new Secret(password),
      token: undefined,
    }));
    const { receiver, send } = await setUp(authorize);
    await send();
    password = 'second-password';
    await send();
    const shown = receiver.received.map(({ headers }) =>
      Buffer.from(headers.authorization!.replace('Basic ', ''), 'base64').toString(),
    );
    expect(shown).toEqual(['me:first-password', 'me:second-password']);
  });

  test('of HTTP Basic are in no message, even if the receiver returns the header in base64', async () => {
    const credentials = { user: 'me', password: new Secret('first-password'), token: undefined };
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    const body = base64(`{"authorization":"Basic ${base64('me:first-password')}"}`);
    const authorize = withCredentials('basic', 'acme', async () => credentials);
    const { receiver, send } = await setUp(authorize, { status: 400, body });
    const message = `POST ${receiver.origin}, destination acme: answered 400: [secret]`;
    await expect(send()).rejects.toMatchObject({ message });
  });

  test('are sent as a bearer token', async () => {
    const credentials = { user: undefined, password: undefined, token: new Secret('a-token') };
    const { receiver, send } = await setUp(withCredentials('bearer', 'acme', async () => credentials));
    await send();
    expect(receiver.received[0]!.headers.authorization).toBe('Bearer a-token');
  });

  test.each(['a\ntoken', 'a tokén', 'two words'])(
    'that no header can contain are a temporary error: %j',
    async (token) => {
      const credentials = { user: undefined, password: undefined, token: new Secret(token) };
      const { receiver, send } = await setUp(withCredentials('bearer', 'acme', async () => credentials));
      const message =
        'destination acme: token: expected a token of printable ASCII without spaces, since it is sent in a header; received another';
      await expect(send()).rejects.toMatchObject({ message, retryable: true, misconfigured: true });
      expect(receiver.received).toEqual([]);
    },
  );

  test('that fail by a bug are a temporary error, since the batch is not the cause', async () => {
    const authorize = async () => {
      throw new TypeError('a secret');
    };
    const { send } = await setUp(authorize);
    const message = 'adding credentials to the request failed (TypeError)';
    await expect(send()).rejects.toMatchObject({ message, retryable: true });
  });

  test.each([
    ['basic', 'destination acme: expected user and password in the secret; received nothing'],
    ['bearer', 'destination acme: expected token in the secret; received nothing'],
  ] as const)('for %s that are not there are an error that may pass', async (kind, message) => {
    const nothing = { user: undefined, password: undefined, token: undefined };
    const { receiver, send } = await setUp(withCredentials(kind, 'acme', async () => nothing));
    await expect(send()).rejects.toMatchObject({ message, retryable: true });
    expect(receiver.received).toEqual([]);
  });
});

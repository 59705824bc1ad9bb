import { describe, expect, test } from '@jest/globals';
import { deadlineIn, forever, leftMs, untilAborted } from '../../src/deadline.ts';
import { SecretError } from '../../src/vault/errors.ts';
import { createVault, type ReadSecret, type Stage } from '../../src/vault/vault.ts';
import { fakeTiming } from '../support/timing.ts';

const token = 'a-token-of-the-machine';
const contentOf = (clientSecret: string, scrapeTokens = token) =>
  JSON.stringify({ clientId: 'id', clientSecret, scrapeTokens });

/** A vault over a secret that the test changes. */
function start(options: { pending?: boolean; ttlMs?: number } = {}) {
  const state = {
    timing: fakeTiming(),
    values: { AWSCURRENT: contentOf('first') } as Partial<Record<Stage, string>>,
    failure: undefined as SecretError | undefined,
    reads: [] as Stage[],
    logs: [] as string[],
  };
  const read: ReadSecret = async (stage) => {
    state.reads.push(stage);
    if (state.failure) throw state.failure;
    const value = state.values[stage];
    if (value === undefined) throw new SecretError(`no ${stage}`, { notFound: true });
    return value;
  };
  const vault = createVault(read, {
    name: 'secret acme',
    ttlMs: options.ttlMs ?? 300_000,
    pending: options.pending ?? false,
    clocks: state.timing,
    until: forever,
    log: (line) => state.logs.push(line),
  });
  /** Tries candidates until one is accepted. Returns all candidates that were tried. */
  async function offer(accepted: (secret: string) => boolean): Promise<string[]> {
    const tried: string[] = [];
    for await (const { clientSecret } of vault.apiCredentials('acme')(deadlineIn(5000))) {
      tried.push(clientSecret.reveal());
      if (accepted(clientSecret.reveal())) break;
    }
    return tried;
  }
  return { state, vault, offer };
}

describe('the vault', () => {
  test('reads the secret once within its time, for credentials of both kinds', async () => {
    const { state, vault, offer } = start();
    await offer(() => true);
    const { tokens } = await vault.scrapeCredentials(deadlineIn(1000));
    expect(tokens.map((each) => each.reveal())).toEqual([token]);
    state.timing.pass(299_999);
    await offer(() => true);
    expect(state.reads).toEqual(['AWSCURRENT']);
    state.timing.pass(1);
    await offer(() => true);
    expect(state.reads).toEqual(['AWSCURRENT', 'AWSCURRENT']);
  });

  test('reads again at once when the kept secret is rejected, and offers the new one', async () => {
    const { state, offer } = start();
    await offer(() => true);
    state.values.AWSCURRENT = contentOf('second');
    expect(await offer((secret) => secret === 'second')).toEqual(['first', 'second']);
    expect(await offer(() => true)).toEqual(['second']);
    expect(state.reads).toEqual(['AWSCURRENT', 'AWSCURRENT']);
  });

  test('does not offer again what was just rejected, and reads once more, not forever', async () => {
    const { state, offer } = start();
    expect(await offer(() => false)).toEqual(['first']);
    expect(state.reads).toEqual(['AWSCURRENT', 'AWSCURRENT']);
  });

  test('leaves pending credentials alone unless they may be tried', async () => {
    const { state, offer } = start();
    state.values.AWSPENDING = contentOf('pending');
    expect(await offer(() => false)).toEqual(['first']);
    expect(state.reads).not.toContain('AWSPENDING');
  });

  test('offers pending ones last where they may be tried, and continues with them', async () => {
    const { state, offer } = start({ pending: true });
    await offer(() => true);
    state.values = { AWSCURRENT: contentOf('second'), AWSPENDING: contentOf('pending') };
    expect(await offer((secret) => secret === 'pending')).toEqual(['first', 'second', 'pending']);
    expect(await offer(() => true)).toEqual(['pending']);
    expect(await offer(() => false)).toEqual(['pending', 'second']);
    expect(await offer(() => false)).toEqual(['second', 'pending']);
  });

  test.each<[string, object, (vault: ReturnType<typeof start>['vault']) => Promise<unknown>]>([
    [
      'API credentials',
      { clientId: 'id', clientSecret: 'added' },
      async (vault) => {
        for await (const each of vault.apiCredentials('acme')(deadlineIn(5000))) return each;
        return undefined;
      },
    ],
    [
      'credentials of a destination',
      { destinations: { mimir: { token: 'added' } } },
      (vault) => vault.pushCredentials('mimir', deadlineIn(5000)),
    ],
    [
      'the key of pseudonyms',
      { agentKey: 'added-key-of-32-bytes' },
      (vault) => vault.agentKey(deadlineIn(5000)),
    ],
  ])('reads again at once when %s are missing, and uses what was added', async (_, added, ask) => {
    const { state, vault } = start();
    state.values.AWSCURRENT = JSON.stringify({ scrapeTokens: token });
    await expect(ask(vault)).rejects.toThrow('received nothing');
    const readsBefore = state.reads.length;
    state.values.AWSCURRENT = JSON.stringify(added);
    expect(await ask(vault)).toBeDefined();
    expect(state.reads).toHaveLength(readsBefore + 1);
  });

  test('works without pending ones where there are none', async () => {
    const { offer } = start({ pending: true });
    expect(await offer(() => false)).toEqual(['first']);
  });

  test.each([
    [
      'cannot be read',
      (state: { failure?: unknown }) => {
        state.failure = new SecretError('Secrets Manager is down');
      },
    ],
    [
      'has been broken',
      (state: { values: object }) => {
        state.values = { AWSCURRENT: '{' };
      },
    ],
  ])('serves the last good value while the secret %s, and says so', async (_, break_) => {
    const { state, vault, offer } = start();
    await offer(() => true);
    break_(state as never);
    state.timing.pass(300_000);
    expect(await offer(() => true)).toEqual(['first']);
    expect((await vault.scrapeCredentials(deadlineIn(1000))).tokens).toHaveLength(1);
    // Not read at every scrape; half a minute later again.
    expect(state.reads).toHaveLength(2);
    expect(state.logs.map((line) => JSON.parse(line))).toMatchObject([
      { level: 'error', event: 'secret not read; the last good value is used', code: 'secret' },
    ]);
    state.timing.pass(30_000);
    state.failure = undefined;
    state.values = { AWSCURRENT: contentOf('second') };
    expect(await offer(() => true)).toEqual(['second']);
  });

  test('is not read more than once a second by callers without credentials', async () => {
    const { state, vault } = start();
    state.failure = new SecretError('Secrets Manager is down');
    const ask = () => vault.scrapeCredentials(deadlineIn(1000));
    for (let times = 0; times < 5; times++) await expect(ask()).rejects.toBe(state.failure);
    expect(state.reads).toHaveLength(1);
    state.failure = undefined;
    state.timing.pass(1000);
    expect((await ask()).tokens).toHaveLength(1);
  });

  test('has no secret to offer when the first read fails', async () => {
    const { state, vault, offer } = start();
    state.failure = new SecretError('Secrets Manager is down', { retryable: true });
    await expect(offer(() => true)).rejects.toBe(state.failure);
    await expect(vault.scrapeCredentials(deadlineIn(1000))).rejects.toBe(state.failure);
  });

  test('is read once for accounts that begin together, each of which gets its own credentials', async () => {
    const { state, vault } = start();
    const own = (clientId: string) => ({ clientId, clientSecret: 's3cret' });
    const accounts = { uk: own('uk-id'), us: own('us-id') };
    state.values = { AWSCURRENT: JSON.stringify({ ...own('for-all'), accounts }) };
    const first = async (account: string) => {
      for await (const { clientId } of vault.apiCredentials(account)(deadlineIn(5000))) return clientId;
      return undefined;
    };
    expect(await Promise.all(['uk', 'us', 'fr'].map(first))).toEqual(['uk-id', 'us-id', 'for-all']);
    expect(state.reads).toEqual(['AWSCURRENT']);
  });

  test('is read once for all accounts when it has expired', async () => {
    const { state, offer } = start();
    await offer(() => true);
    state.timing.pass(300_000);
    await Promise.all(Array.from({ length: 100 }, () => offer(() => true)));
    expect(state.reads).toHaveLength(2);
  });

  test('is read once for all accounts whose credentials are rejected', async () => {
    const { state, offer } = start();
    await offer(() => true);
    state.values.AWSCURRENT = contentOf('second');
    const tried = await Promise.all(
      Array.from({ length: 100 }, () => offer((secret) => secret === 'second')),
    );
    expect(tried.every((each) => each.join() === 'first,second')).toBe(true);
    expect(state.reads).toHaveLength(2);
  });

  test('keeps no caller past its own deadline, and continues for the others', async () => {
    const timing = fakeTiming();
    let finish = (_: string) => {};
    const slow = createVault(
      () =>
        new Promise((resolve) => {
          finish = resolve;
        }),
      { name: 'secret acme', ttlMs: 1000, pending: false, clocks: timing, until: forever, log: () => {} },
    );
    const patient = slow.scrapeCredentials(deadlineIn(5000));
    await expect(slow.agentKey(deadlineIn(20))).rejects.toThrow('no complete answer within 20 ms');
    finish(contentOf('first'));
    expect((await patient).tokens).toHaveLength(1);
  });

  test('gives the kept secret after half of the time, while the read hangs, and logs nothing when it is closed', async () => {
    const timing = fakeTiming();
    const closing = new AbortController();
    const logs: string[] = [];
    const signals: AbortSignal[] = [];
    const read: ReadSecret = async (_, { signal }) => {
      signals.push(signal);
      return signals.length === 1 ? contentOf('first') : new Promise(() => {});
    };
    const vault = createVault(read, {
      name: 'secret acme',
      ttlMs: 1000,
      pending: false,
      clocks: timing,
      until: untilAborted(closing.signal),
      log: (line) => logs.push(line),
    });
    await vault.scrapeCredentials(deadlineIn(1000));
    timing.pass(1000);
    const deadline = deadlineIn(200);
    expect((await vault.scrapeCredentials(deadline)).tokens).toHaveLength(1);
    expect(leftMs(deadline)).toBeGreaterThan(0);
    expect(signals[1]!.aborted).toBe(false);
    closing.abort(new Error('closed'));
    expect(signals[1]!.aborted).toBe(true);
    await new Promise(setImmediate);
    expect(logs).toEqual([]);
  });

  test('is read again after its time although the clock was set back', async () => {
    const { state, offer } = start();
    await offer(() => true);
    state.timing.pass(300_000);
    state.timing.nowMs -= 3_600_000;
    await offer(() => true);
    expect(state.reads).toHaveLength(2);
  });

  test('has the key of the hashes, or reports that it is missing', async () => {
    const { state, vault } = start();
    await expect(vault.agentKey(deadlineIn(1000))).rejects.toThrow(
      "secret acme: agentKey: expected a text at least 16 long, since agents' ids are hashed; received nothing",
    );
    state.timing.pass(300_000);
    state.values = { AWSCURRENT: JSON.stringify({ agentKey: 'a key of the agents' }) };
    expect((await vault.agentKey(deadlineIn(1000))).reveal()).toBe('a key of the agents');
  });
});

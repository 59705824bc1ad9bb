import { type Cached, createCached } from '../cached.ts';
import {
  type ApiCredentials,
  minCredentialLength,
  type PushCredentials,
  type ScrapeCredentials,
  type Secret,
} from '../credentials.ts';
import { type Deadline, forever } from '../deadline.ts';
import { logLine, toLogFields } from '../log.ts';
import type { Clocks } from '../timing.ts';
import type { CredentialSource } from '../vcc/credentials.ts';
import { parseSecretContent, type SecretContent } from './content.ts';
import { SecretError } from './errors.ts';

/** A staging label of AWS Secrets Manager: the current version, or the next one of a rotation. */
export type Stage = 'AWSCURRENT' | 'AWSPENDING';

/** Reads the text of one secret. It throws SecretError, or the reason of the deadline's signal. */
export type ReadSecret = (stage: Stage, deadline: Deadline) => Promise<string>;

/** How to use a secret. */
export interface VaultOptions {
  /** The name of the secret in errors. */
  name: string;
  ttlMs: number;
  /** Whether to try the version AWSPENDING when the current one is rejected. */
  pending: boolean;
  clocks: Clocks;
  /** The end of all reads of the secret. */
  until?: Deadline;
  log: (line: string) => void;
}

/** Credentials from a secret that may be rotated at any time. */
export interface Vault {
  /**
   * Returns the credentials of an account, in this order:
   * - the cached ones
   * - those that are now in the secret, if they differ
   * - the pending ones, if `pending` allows it
   *
   * Each is read only after the previous credentials were rejected.
   */
  apiCredentials(account: string): CredentialSource;
  /**
   * Returns the scrape credentials.
   * @throws SecretError when the secret was never read, or the reason of the deadline's signal
   */
  scrapeCredentials(deadline: Deadline): Promise<ScrapeCredentials>;
  /**
   * Returns the credentials of a destination.
   * @throws SecretError when the secret has none or was never read, or the reason of the deadline's
   * signal
   */
  pushCredentials(destination: string, deadline: Deadline): Promise<PushCredentials>;
  /**
   * Returns the key of the pseudonyms of agents.
   * @throws SecretError when the secret has none or was never read, or the reason of the deadline's
   * signal
   */
  agentKey(deadline: Deadline): Promise<Secret>;
}

/** Longest time for one read, with retries of the SDK. */
const readMs = 15_000;

/** Delay before the next attempt after a failed read, while there is an earlier value. */
const retryMs = 30_000;

/**
 * Unauthenticated requests must not flood Secrets Manager: retry a failed first read at most this
 * often.
 */
const firstRetryMs = 1000;

/** Longest time that a scrape waits for a new value while it has an old one. */
const refreshMs = 2000;

/**
 * Creates a vault. It reads the secret again after `ttlMs`, and uses the last valid content while
 * that fails. It also reads the secret again when a requested value is missing. Missing scrape
 * credentials cause no read, since any client could cause one by a request.
 */
export function createVault(read: ReadSecret, options: VaultOptions): Vault {
  const { name, ttlMs, clocks, until = forever, log } = options;
  const secret: Cached<SecretContent> = createCached({
    clocks,
    until,
    fetchMs: readMs,
    toReason: () => new SecretError(`${name}: not read within ${readMs / 1000} s`, { retryable: true }),
    refreshMs,
    lifeOf: () => ({ freshMs: ttlMs, usableMs: Number.POSITIVE_INFINITY }),
    onFailure(error, refreshing) {
      if (!refreshing) return firstRetryMs;
      log(logLine('error', 'secret not read; the last good value is used', toLogFields(error)));
      return Math.min(ttlMs, retryMs);
    },
  });

  async function load(stage: Stage, deadline: Deadline): Promise<SecretContent> {
    return parseSecretContent(await read(stage, deadline), name);
  }

  const loadCurrent = (deadline: Deadline) => load('AWSCURRENT', deadline);
  const current = (deadline: Deadline) => secret.get(deadline, loadCurrent);

  /**
   * Returns a value of the secret. If the value is missing, it may have been added since, so this
   * reads the secret once more.
   */
  async function pick<T>(deadline: Deadline, from: (content: SecretContent) => T): Promise<T> {
    const content = await current(deadline);
    try {
      return from(content);
    } catch (error) {
      if (!(error instanceof SecretError)) throw error;
      return from(await secret.renew(content, deadline, loadCurrent));
    }
  }

  function apiCredentials(account: string): CredentialSource {
    return async function* (deadline) {
      const { content, first } = await pick(deadline, (its) => ({ content: its, first: its.api(account) }));
      yield first;
      const renewed = await secret.renew(content, deadline, loadCurrent);
      const second = renewed.api(account);
      if (!same(second, first)) yield second;
      if (!options.pending) return;
      const pending = await load('AWSPENDING', deadline).catch((error) => {
        if (error instanceof SecretError && error.notFound) return undefined;
        throw error;
      });
      const third = pending?.api(account);
      if (third === undefined || same(third, first) || same(third, second)) return;
      // Keep them before they are tried: the vault does not learn whether they are accepted.
      secret.put({ ...renewed, api: (name) => (name === account ? third : renewed.api(name)) });
      yield third;
      secret.put(renewed);
    };
  }

  function toAgentKey({ agentKey: key }: SecretContent): Secret {
    if (key) return key;
    throw new SecretError(
      `${name}: agentKey: expected a text at least ${minCredentialLength} long, since agents' ids are hashed; received nothing`,
    );
  }

  return {
    apiCredentials,
    agentKey: (deadline) => pick(deadline, toAgentKey),
    scrapeCredentials: async (deadline) => (await current(deadline)).scrape,
    pushCredentials: (destination, deadline) => pick(deadline, (content) => content.push(destination)),
  };
}

function same(a: ApiCredentials, b: ApiCredentials): boolean {
  return a.clientId === b.clientId && a.clientSecret.reveal() === b.clientSecret.reveal();
}

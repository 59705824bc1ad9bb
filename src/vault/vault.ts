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

/** A staging label of AWS Secrets Manager: the version in use, or the one that a rotation is about to put in its place. */
export type Stage = 'AWSCURRENT' | 'AWSPENDING';

/** Reads the text of one secret. @throws SecretError, or the reason of the deadline's signal */
export type ReadSecret = (stage: Stage, deadline: Deadline) => Promise<string>;

/** How a secret is used. */
export interface VaultOptions {
  /** How errors name the secret. */
  name: string;
  ttlMs: number;
  /** Whether AWSPENDING may be tried when what is current is rejected. */
  pending: boolean;
  clocks: Clocks;
  /** Until when the secret is read. */
  until?: Deadline;
  log: (line: string) => void;
}

/** Credentials from a secret that may be rotated at any time. */
export interface Vault {
  /**
   * An account's: the kept ones first; when rejected, those that the secret holds now; then pending ones, if they may be
   * tried.
   */
  apiCredentials(account: string): CredentialSource;
  /** @throws SecretError when none were ever read, or the reason of the deadline's signal */
  scrapeCredentials(deadline: Deadline): Promise<ScrapeCredentials>;
  /** A destination's. @throws SecretError when the secret has none for it, or the reason of the deadline's signal */
  pushCredentials(destination: string, deadline: Deadline): Promise<PushCredentials>;
  /** Key of the hashes of agents' ids. @throws SecretError when the secret has none, or the reason of the deadline's signal */
  agentKey(deadline: Deadline): Promise<Secret>;
}

/** Longest that one read may take, retries of the SDK included. */
const readMs = 15_000;

/** After a failed read the last good value is used for so long before the next attempt. */
const retryMs = 30_000;

/** Unauthenticated requests must not hammer Secrets Manager: a failed first read is retried at most this often. */
const firstRetryMs = 1000;

/** Longest that a scrape waits for a new value while there is an old one. */
const refreshMs = 2000;

/** Keeps what was read for `ttlMs`; while the secret cannot be read, the last good value is used. */
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

  function apiCredentials(account: string): CredentialSource {
    return async function* (deadline) {
      const content = await current(deadline);
      const first = content.api(account);
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
      // Kept before it is tried, since nobody says that it was accepted.
      secret.put({ ...renewed, api: (name) => (name === account ? third : renewed.api(name)) });
      yield third;
      secret.put(renewed);
    };
  }

  async function agentKey(deadline: Deadline): Promise<Secret> {
    const { agentKey: key } = await current(deadline);
    if (key) return key;
    throw new SecretError(
      `${name}: agentKey: expected a text at least ${minCredentialLength} long, since agents’ ids are hashed; received nothing`,
    );
  }

  return {
    apiCredentials,
    agentKey,
    scrapeCredentials: async (deadline) => (await current(deadline)).scrape,
    pushCredentials: async (destination, deadline) => (await current(deadline)).push(destination),
  };
}

function same(a: ApiCredentials, b: ApiCredentials): boolean {
  return a.clientId === b.clientId && a.clientSecret.reveal() === b.clientSecret.reveal();
}

import type { ApiCredentials, PushCredentials, ScrapeCredentials } from '../config/credentials.ts';
import { minCredentialLength } from '../config/parse.ts';
import type { Secret } from '../config/secret.ts';
import { logLine, toLogFields } from '../log.ts';
import type { CredentialSource } from '../vcc/credentials.ts';
import { parseSecretContent, type SecretContent } from './content.ts';
import { SecretError } from './errors.ts';

/** A staging label of AWS Secrets Manager: the version in use, or the one that a rotation is about to put in its place. */
export type Stage = 'AWSCURRENT' | 'AWSPENDING';

/** Reads the text of one secret. @throws SecretError, or the signal's reason */
export type ReadSecret = (stage: Stage, signal: AbortSignal) => Promise<string>;

/** How a secret is used. */
export interface VaultOptions {
  /** How errors name the secret. */
  name: string;
  ttlMs: number;
  /** Whether AWSPENDING may be tried when what is current is rejected. */
  pending: boolean;
  now: () => number;
  log: (line: string) => void;
}

/** Credentials out of a secret that may be rotated at any time. */
export interface Vault {
  /**
   * An account's: the kept ones first; when rejected, those that the secret holds now; then pending ones, if they may be
   * tried.
   */
  apiCredentials(account: string): CredentialSource;
  /** @throws SecretError when none were ever read, or the signal's reason */
  scrapeCredentials(signal: AbortSignal): Promise<ScrapeCredentials>;
  /** A destination's. @throws SecretError when the secret has none for it, or the signal's reason */
  pushCredentials(destination: string, signal: AbortSignal): Promise<PushCredentials>;
  /** Key of the hashes of agents' ids. @throws SecretError when the secret has none, or the signal's reason */
  agentKey(signal: AbortSignal): Promise<Secret>;
}

/** After a read that failed, the last good value serves so long before the next attempt. */
const retryAfterMs = 30_000;

/** Whoever may not scrape can ask at any rate: a secret that was never read is not read more often than this for them. */
const refusalMs = 1000;

/** Longest that a scrape waits for a secret that it could do without. */
const refreshMs = 2000;

/** Keeps what was read for `ttlMs`; while the secret cannot be read, the last good value serves on. */
export function createVault(read: ReadSecret, options: VaultOptions): Vault {
  const { name, ttlMs, now, log } = options;
  let kept: { content: SecretContent; untilMs: number } | undefined;
  let refusal: { error: SecretError; untilMs: number } | undefined;

  let loading: { content: Promise<SecretContent>; owner: AbortSignal } | undefined;

  async function load(stage: Stage, signal: AbortSignal): Promise<SecretContent> {
    return parseSecretContent(await read(stage, signal), name);
  }

  /** The first read; accounts that begin together share it. */
  async function loadFirst(signal: AbortSignal): Promise<SecretContent> {
    signal.throwIfAborted();
    if (!loading) {
      const content = load('AWSCURRENT', signal).finally(() => {
        loading = undefined;
      });
      loading = { content, owner: signal };
      return content;
    }
    const { content, owner } = loading;
    try {
      return await content;
    } catch (error) {
      // Whoever began it gave up; we have not.
      if (owner.aborted && !signal.aborted) return loadFirst(signal);
      throw error;
    }
  }

  function keep(content: SecretContent): SecretContent {
    kept = { content, untilMs: now() + ttlMs };
    return content;
  }

  async function current(signal: AbortSignal): Promise<SecretContent> {
    if (kept && now() < kept.untilMs) return kept.content;
    if (!kept) return keep(await loadFirst(signal));
    try {
      const brief = AbortSignal.any([signal, AbortSignal.timeout(refreshMs)]);
      return keep(await load('AWSCURRENT', brief));
    } catch (error) {
      if (signal.aborted || !(error instanceof SecretError)) throw error;
      log(logLine('error', 'secret not read; the last good value serves', toLogFields(error)));
      kept.untilMs = now() + Math.min(ttlMs, retryAfterMs);
      return kept.content;
    }
  }

  function apiCredentials(account: string): CredentialSource {
    return async function* ({ signal }) {
      const first = (await current(signal)).api(account);
      yield first;
      const renewed = keep(await load('AWSCURRENT', signal));
      const second = renewed.api(account);
      if (!same(second, first)) yield second;
      if (!options.pending) return;
      const pending = await load('AWSPENDING', signal).catch((error) => {
        if (error instanceof SecretError && error.notFound) return undefined;
        throw error;
      });
      const third = pending?.api(account);
      if (third === undefined || same(third, first) || same(third, second)) return;
      // Kept before it is tried, since nobody says that it was accepted.
      keep({ ...renewed, api: (name) => (name === account ? third : renewed.api(name)) });
      yield third;
      keep(renewed);
    };
  }

  async function scrapeCredentials(signal: AbortSignal): Promise<ScrapeCredentials> {
    if (refusal && now() < refusal.untilMs) throw refusal.error;
    try {
      return (await current(signal)).scrape;
    } catch (error) {
      if (error instanceof SecretError) refusal = { error, untilMs: now() + refusalMs };
      throw error;
    }
  }

  async function agentKey(signal: AbortSignal): Promise<Secret> {
    const { agentKey: key } = await current(signal);
    if (key) return key;
    throw new SecretError(
      `${name}: agentKey: expected a text at least ${minCredentialLength} long, since agents’ ids are hashed; received nothing`,
    );
  }

  async function pushCredentials(destination: string, signal: AbortSignal): Promise<PushCredentials> {
    return (await current(signal)).push(destination);
  }

  return { apiCredentials, scrapeCredentials, pushCredentials, agentKey };
}

function same(a: ApiCredentials, b: ApiCredentials): boolean {
  return a.clientId === b.clientId && a.clientSecret.reveal() === b.clientSecret.reveal();
}

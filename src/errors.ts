import { redact } from './redact.ts';

/**
 * Every way in which a scrape can fail. This table is the source of the `reason` label of
 * `vcc_scrape_error`, the `code` of log lines and the rows of docs/reference/errors.md. The page at
 * / and `check` show the advice next to the message of the failure. So "the message" in an advice
 * is that message: there may be no log.
 */
export const scrapeErrors = {
  secret: {
    about: 'The secret with the credentials could not be read, or does not hold what it must.',
    advice:
      'The message says which: not found, no permission, KMS, no JSON, a missing field, or Secrets Manager not reached. docs/run/aws.md has the form of the secret and the policy that reads it.',
  },
  credentials_rejected: {
    about: 'The token endpoint rejected the client id and secret.',
    advice:
      'Check VCC_CLIENT_ID and VCC_CLIENT_SECRET (or the secret), that they belong to VCC_REGION, and VCC_TOKEN_AUTH if your account wants HTTP Basic.',
  },
  unauthorized: {
    about: 'The API answered 401 to a token that had just been issued.',
    advice: 'Check that VCC_TOKEN_URL and VCC_API_URL belong to the same region and host family.',
  },
  forbidden: {
    about: 'The API answered 403: the credentials lack the scope or the right.',
    advice: 'Create the API credentials as a user with an Admin licence, with the scope `stats`.',
  },
  throttled: {
    about: 'The API answered 429: the account’s fair-use budget, shared by all its integrations, is spent.',
    advice:
      'Find the integration that sends too many requests. To send fewer from here: scrape less often, set VCC_CACHE_TTL, or leave VCC_PAGE_SIZE at 5000. If the account has many pages, ask for fewer at once (VCC_PAGE_CONCURRENCY).',
  },
  http_status: {
    about:
      'The API or the token endpoint answered with a status that is no success, after retries where they help.',
    advice:
      'The message has the status: 5xx is an outage on Vonage’s side, 400 a rejected parameter, 404 a wrong VCC_API_URL, VCC_TOKEN_URL or VCC_HOSTS.',
  },
  network: {
    about: 'No complete answer came back: name lookup, connection, TLS, or a connection cut half way.',
    advice: 'Check DNS, proxies and egress rules; the message has the system’s error code.',
  },
  deadline: {
    about: 'The scrape ran out of time.',
    advice:
      'Raise scrape_timeout (and VCC_TIMEOUT), and VCC_REQUEST_TIMEOUT if one large page takes longer; compare vcc_scrape_duration_seconds.',
  },
  shape: {
    about:
      'An answer did not have the shape that the API reference gives, or too many agents lack values (VCC_MAX_FLAWED_AGENTS).',
    advice:
      'Report it with the message, and with what `vcc-exporter record` writes (docs/reference/errors.md).',
  },
  snapshot: {
    about: 'The pages did not add up to one consistent snapshot, even after reading them again.',
    advice:
      'Usually passes by itself. If it stays, the message says what does not add up. Leave VCC_PAGE_SIZE at 5000: most accounts then fit one page, on which nothing can move.',
  },
  too_large: {
    about: 'An answer went past a safety cap: pages, body size or redirects.',
    advice: 'Raise VCC_MAX_PAGES or VCC_MAX_BODY_BYTES if the account really is that large.',
  },
  internal: {
    about: 'A bug of the exporter.',
    advice: 'Report it with the version of the exporter and everything that it printed about the failure.',
  },
} as const satisfies Record<string, { about: string; advice: string }>;

/** Why a scrape failed. */
export type ScrapeErrorCode = keyof typeof scrapeErrors;

/** All scrape error codes, in the order of the table. */
export const scrapeErrorCodes = Object.keys(scrapeErrors) as ScrapeErrorCode[];

/**
 * Codes that are not in {@link scrapeErrors}: `config` stops the start, `document` concerns a
 * roster or list of accounts, and `push` a destination or its queue.
 */
export type ErrorCode = ScrapeErrorCode | 'config' | 'document' | 'push';

/**
 * The base of all errors that the exporter throws on purpose. Messages never contain identities or
 * query strings, and known secrets in them are replaced.
 */
export class ExporterError extends Error {
  readonly code: ErrorCode;
  /** Whether the same request may succeed when it is sent again. */
  readonly retryable: boolean;

  constructor(code: ErrorCode, message: string, options: { retryable?: boolean; cause?: unknown } = {}) {
    super(redact(message), options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}

/**
 * Returns the scrape error code of an error. Undefined for codes that are not in {@link
 * scrapeErrors}, and for bugs.
 */
export function toScrapeErrorCode(error: unknown): ScrapeErrorCode | undefined {
  if (!(error instanceof ExporterError)) return undefined;
  return error.code in scrapeErrors ? (error.code as ScrapeErrorCode) : undefined;
}

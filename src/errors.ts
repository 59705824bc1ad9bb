import { redact } from './redact.ts';

/**
 * Every way in which a scrape can fail. This table is the source of:
 * - the `reason` label of `vcc_scrape_error`
 * - the `code` of log lines
 * - the rows of docs/reference/errors.md
 *
 * The page at / and `check` show the advice next to the message of the failure. "The message" in an
 * advice means that message, since there may be no log.
 */
export const scrapeErrors = {
  secret: {
    about: 'The secret with the credentials could not be read, or its content is not valid.',
    advice:
      'The message names the cause: not found, no permission, KMS, no JSON, a missing field, or Secrets Manager not reached. docs/run/aws.md has the format of the secret and the policy for reading it.',
  },
  credentials_rejected: {
    about: 'The token endpoint rejected the client id and secret.',
    advice:
      'Check VCC_CLIENT_ID and VCC_CLIENT_SECRET (or the secret). Check that they belong to VCC_REGION, and have the scope that the message names. If your account requires HTTP Basic, set VCC_TOKEN_AUTH to basic.',
  },
  unauthorized: {
    about: 'The API answered 401 to a new token.',
    advice: 'Check that VCC_TOKEN_URL and VCC_API_URL belong to the same region and host family.',
  },
  forbidden: {
    about: 'The API answered 403: the credentials lack the scope or the permission.',
    advice:
      'Create the API credentials as a user with an Admin licence, with the scope that the message names: `stats`, or `users:read` for rosters and skills.',
  },
  throttled: {
    about:
      'The API answered 429: together, the integrations of the account have used up its fair-use budget.',
    advice:
      'Find the integration that sends too many requests. To send fewer from here, scrape less often, set VCC_CACHE_TTL, or leave VCC_PAGE_SIZE at 5000. If the account has many pages, request fewer at the same time (VCC_PAGE_CONCURRENCY).',
  },
  http_status: {
    about:
      'The API or the token endpoint answered with an error status, also after the retries of a 408 or 5xx.',
    advice:
      'The message has the status. 5xx is an outage at Vonage. 400 is a rejected parameter. 404 is a wrong VCC_API_URL, VCC_TOKEN_URL or VCC_HOSTS.',
  },
  network: {
    about:
      'No complete answer arrived: the name lookup, the connection or TLS failed, or the connection broke.',
    advice: "Check DNS, proxies and egress rules. The message has the system's error code.",
  },
  deadline: {
    about: 'The scrape ran out of time.',
    advice:
      'Compare vcc_scrape_duration_seconds. Raise scrape_timeout and VCC_TIMEOUT. Raise VCC_REQUEST_TIMEOUT too if one large page takes longer. For a source of queue data, raise VCC_QUEUE_WAIT.',
  },
  shape: {
    about:
      'An answer differs from the form in the API reference, or too many agents lack values (VCC_MAX_FLAWED_AGENTS).',
    advice:
      'Report it with the message and the file that `vcc-exporter record` writes (docs/reference/errors.md).',
  },
  snapshot: {
    about: 'The pages did not add up to one consistent snapshot, even after reading them again.',
    advice:
      'A later scrape usually succeeds. If not, see the message for the contradiction. Leave VCC_PAGE_SIZE at 5000: most accounts then fit on one page, so no agent can move between pages.',
  },
  too_large: {
    about: 'An answer exceeded a safety limit: pages, body size or redirects.',
    advice:
      'If the account really is that large, raise VCC_MAX_PAGES or VCC_MAX_BODY_BYTES. If the message names redirects, correct the address.',
  },
  internal: {
    about: 'A bug in the exporter.',
    advice: 'Report it with the version of the exporter and all its output about the failure.',
  },
} as const satisfies Record<string, { about: string; advice: string }>;

/** Why a scrape failed. */
export type ScrapeErrorCode = keyof typeof scrapeErrors;

/** All scrape error codes, in the order of the table. */
export const scrapeErrorCodes = Object.keys(scrapeErrors) as ScrapeErrorCode[];

/**
 * Further codes: `config` stops the start, `document` concerns a roster or list of accounts, `push`
 * a destination or its queue.
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

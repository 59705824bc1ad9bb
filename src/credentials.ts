import { remember } from './redact.ts';

/**
 * A text that must not leak. Printing, serializing or inspecting it shows `[secret]`. While the
 * object is in use, error messages, log lines and output also show `[secret]`, unless the text is
 * shorter than eight characters.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
    remember(value, this);
  }

  /** Returns the text itself. Call it only where the text is sent. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[secret]';
  }
}

/** The credentials for the token endpoint. */
export interface ApiCredentials {
  clientId: string;
  clientSecret: Secret;
}

/** The credentials for scrapes. Each of them is enough. */
export interface ScrapeCredentials {
  /** For `Authorization: Bearer`. */
  tokens: readonly Secret[];
  /** For `Authorization: Basic`. One name may have several passwords. */
  users: readonly { name: string; password: Secret }[];
}

/** The credentials of a push destination: a user with a password, or a token. */
export interface PushCredentials {
  user: string | undefined;
  password: Secret | undefined;
  token: Secret | undefined;
}

/**
 * Shortest scrape credential, in characters. Only machines use these credentials, so a minimum
 * length costs nothing.
 */
export const minCredentialLength = 16;

/**
 * Recognizes a text that is probably no credential: a placeholder from an example, or a text in
 * quotes. Some programs that read env files do not remove the quotes. Returns words that follow
 * "received ", or undefined for other texts.
 */
export function unlikelyCredential(value: string): string | undefined {
  if (/^(?:…+|\.{2,}|<[^<>]*>|change[-_ ]?me|your[-_ ].*|x{3,})$/i.test(value)) return 'a placeholder';
  return /^["'`“”‘’].*["'`“”‘’]$/.test(value) ? 'one in quotes' : undefined;
}

/** HTTP Basic forbids control characters (RFC 7617). Line breaks are left over from copying. */
const control = /\p{Cc}/u;

/**
 * Returns words for a forbidden character in a credential that follow "received ". Undefined for a
 * text that can be sent.
 */
export function unsendableCredential(value: string): string | undefined {
  if (!control.test(value)) return undefined;
  return /[\r\n]/.test(value) ? 'one with a line break' : 'one with a control character';
}

/** Whether a header can hold the text as a bearer token. */
export function fitsBearer(token: string): boolean {
  return /^[!-~]+$/.test(token);
}

/** The form of a push token, in words that follow "expected ". */
export const expectedPushToken = 'a token of printable ASCII without spaces, since it is sent in a header';

/**
 * Returns the problem of a destination's credentials: "expected …; received …", with the field and
 * without its value. Undefined if they can be sent.
 */
export function pushCredentialsProblem(
  kind: 'basic' | 'bearer',
  { user, password, token }: PushCredentials,
): string | undefined {
  if (kind === 'bearer') {
    if (token === undefined) return 'expected token in the secret; received nothing';
    return fitsBearer(token.reveal()) ? undefined : `token: expected ${expectedPushToken}; received another`;
  }
  if (user === undefined || password === undefined) {
    return 'expected user and password in the secret; received nothing';
  }
  if (user.includes(':')) return 'user: expected a name without a colon; received another';
  const unsendable = { user: unsendableCredential(user), password: unsendableCredential(password.reveal()) };
  const [field, received] = Object.entries(unsendable).find(([, problem]) => problem !== undefined) ?? [];
  return field && `${field}: expected one without control characters; received ${received}`;
}

/** Whether a text is a valid bearer token of at least {@link minCredentialLength} characters. */
export function isBearerToken(text: string): boolean {
  return /^[\w\-.~+/]+=*$/.test(text) && text.length >= minCredentialLength;
}

/** A text that must not leak. Printing, serializing or inspecting it shows `[secret]`. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
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
/** What the token endpoint requires. */
export interface ApiCredentials {
  clientId: string;
  clientSecret: Secret;
}

/** The credentials of scrapers. Any one of them is enough. */
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

/** Shortest scrape credential, in characters. Only machines use them, so a minimum length costs nothing. */
export const minCredentialLength = 16;

/**
 * Recognizes a text that is probably not a real credential: a placeholder from an example, or a text in quotes. Quotes
 * are left over when the program that reads an env file does not remove them. Returns words that follow "received ", or
 * undefined for any other text.
 */
export function unlikelyCredential(value: string): string | undefined {
  if (/^(?:…+|\.{2,}|<[^<>]*>|change[-_ ]?me|your[-_ ].*|x{3,})$/i.test(value)) return 'a placeholder';
  return /^["'`“”‘’].*["'`“”‘’]$/.test(value) ? 'one in quotes' : undefined;
}

/** Whether a text is a valid bearer token of at least {@link minCredentialLength} characters. */
export function isBearerToken(text: string): boolean {
  return /^[\w\-.~+/]+=*$/.test(text) && text.length >= minCredentialLength;
}

/** A text that must not leak: printing, serialising or inspecting it shows a placeholder. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The text itself; call it only where it is sent. */
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
/** What the token endpoint wants. */
export interface ApiCredentials {
  clientId: string;
  clientSecret: Secret;
}

/** Who may scrape: any one of these. */
export interface ScrapeCredentials {
  /** For `Authorization: Bearer`. */
  tokens: readonly Secret[];
  /** For `Authorization: Basic`; one name may have several passwords. */
  users: readonly { name: string; password: Secret }[];
}

/** What a destination of pushes wants; a user with a password, or a token. */
export interface PushCredentials {
  user: string | undefined;
  password: Secret | undefined;
  token: Secret | undefined;
}

/** Shortest scrape credential: machines use them, so nothing is gained by shorter ones. */
export const minCredentialLength = 16;

/**
 * What a text is that nobody was given as a credential, in words that follow "received ": what an example has in its place,
 * or one whose quotes should have been taken off by what read the file of variables.
 */
export function unlikelyCredential(value: string): string | undefined {
  if (/^(?:…+|\.{2,}|<[^<>]*>|change[-_ ]?me|your[-_ ].*|x{3,})$/i.test(value)) return 'a placeholder';
  return /^["'`“”‘’].*["'`“”‘’]$/.test(value) ? 'one in quotes' : undefined;
}

/** Whether a text can be sent as a bearer token, and is long enough. */
export function isBearerToken(text: string): boolean {
  return /^[\w\-.~+/]+=*$/.test(text) && text.length >= minCredentialLength;
}

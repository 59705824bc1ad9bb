import type { Secret } from './secret.ts';

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

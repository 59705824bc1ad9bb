import type { SimulatedAccount } from './account.ts';
import type { Answer } from './answer.ts';
import type { Random } from './random.ts';

/** The scope of a token. */
export type Scope = 'stats' | 'users:read';

/** The account and scope of a token. */
interface Grant {
  account: SimulatedAccount;
  scope: Scope;
  expiresMs: number;
}

/** The id and secret of a client, from the form or HTTP Basic. */
export type Client = readonly [id: string | null, secret: string | null];

/** Returns the client that requests a token. */
export function clientOf(form: URLSearchParams, authorization: string | undefined): Client {
  return basicCredentials(authorization) ?? [form.get('client_id'), form.get('client_secret')];
}

/** The token endpoint of all accounts, and the tokens that it issued. */
export class Tokens {
  readonly #accounts: readonly SimulatedAccount[];
  readonly #dice: Random;
  readonly #lifeSeconds: number;
  readonly #grants = new Map<string, Grant>();

  constructor(accounts: readonly SimulatedAccount[], dice: Random, lifeSeconds: number) {
    this.#accounts = accounts;
    this.#dice = dice;
    this.#lifeSeconds = lifeSeconds;
  }

  /** Answers a request for a token. */
  issue(form: URLSearchParams, [id, secret]: Client, nowMs: number): Answer {
    const error = (code: string, description: string): Answer => ({
      status: 400,
      body: { error: code, error_description: description },
    });
    if (form.get('grant_type') !== 'client_credentials')
      return error('unsupported_grant_type', 'Unsupported grant type');
    const account = this.#accounts.find((each) => each.clientId === id && each.clientSecret === secret);
    if (!account) return error('invalid_client', 'Unknown client');
    const scope = form.get('scope');
    const granted = scope === 'stats' || (scope === 'users:read' && account.usersApi);
    if (!granted) return error('invalid_scope', 'Scope not granted');
    const token = this.#dice.guid();
    const expires_in = this.#lifeSeconds;
    this.#grants.set(token, { account, scope, expiresMs: nowMs + expires_in * 1000 });
    return { status: 200, body: { access_token: token, expires_in, token_type: 'bearer' } };
  }

  /** Returns the grant of the token in this header, even if it has expired. */
  find(authorization = ''): Grant | undefined {
    return this.#grants.get(/^bearer (\S+)$/i.exec(authorization)?.[1] ?? '');
  }

  /** Makes all tokens invalid. {@link find} still finds their account. */
  revoke(): void {
    for (const grant of this.#grants.values()) grant.expiresMs = Number.NEGATIVE_INFINITY;
  }
}

function basicCredentials(authorization: string | undefined): [string, string] | undefined {
  const encoded = /^Basic (\S+)$/i.exec(authorization ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const [id = '', secret = ''] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  const decode = (part: string) => decodeURIComponent(part.replaceAll('+', ' '));
  return [decode(id), decode(secret)];
}

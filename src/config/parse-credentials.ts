import {
  expectedPushToken,
  fitsBearer,
  isBearerToken,
  minCredentialLength,
  Secret,
  unlikelyCredential,
  unsendableCredential,
} from '../credentials.ts';
import { type Parse, parser, text, Unfit } from './parse.ts';

/**
 * A credential, or the name of its owner. Rejects obvious placeholders, quoted texts, line breaks
 * and other control characters: they are left over from copying. `what` names it in messages.
 */
export function credential(what: string): Parse<string> {
  return parser(text.schema, (value) => {
    const received = unlikelyCredential(value) ?? unsendableCredential(value);
    if (received !== undefined) throw new Unfit(what, received);
    return value;
  });
}

/** A credential that must not leak. */
export function secret(what: string): Parse<Secret> {
  const parse = credential(what);
  return parser(parse.schema, (value) => new Secret(parse(value)));
}

/** The name of a user for HTTP Basic. */
export const basicUser: Parse<string> = parser(text.schema, (value) => {
  const received = value.includes(':') ? 'one with a colon' : unsendableCredential(value);
  if (received !== undefined) throw new Unfit('the name of a user', received);
  return value;
});

/** A bearer token for a destination. */
export const pushToken: Parse<Secret> = parser(text.schema, (value) => {
  const token = credential('the token')(value);
  if (!fitsBearer(token)) throw new Unfit(expectedPushToken);
  return new Secret(token);
});

/**
 * Bearer tokens (the b64token of RFC 6750) of at least 16 characters, separated by spaces or
 * commas.
 */
export const bearerTokens: Parse<readonly Secret[]> = parser(text.schema, (value) =>
  value.split(/[\s,]+/).map((token) => {
    const received = unlikelyCredential(token);
    if (received !== undefined) throw new Unfit('tokens', received);
    if (!isBearerToken(token)) {
      throw new Unfit(`tokens of letters, digits and -._~+/=, each at least ${minCredentialLength} long`);
    }
    return new Secret(token);
  }),
);

/**
 * Pairs `name:password` for Basic authentication, separated by spaces. A password contains no
 * space.
 */
export const basicUsers: Parse<readonly { name: string; password: Secret }[]> = parser(text.schema, (value) =>
  value.split(/\s+/).map((pair) => {
    const [, name, password] = /^([^:]+):(.+)$/.exec(pair) ?? [];
    if (name === undefined || password === undefined || password.length < minCredentialLength) {
      const least = minCredentialLength;
      throw new Unfit(`pairs name:password, separated by spaces, each password at least ${least} long`);
    }
    const received = unlikelyCredential(password);
    if (received !== undefined) throw new Unfit('a password in each pair name:password', received);
    return { name, password: new Secret(password) };
  }),
);

/** The key of the hashes. Its minimum length makes it hard to guess. */
export const hashKey: Parse<Secret> = parser({ type: 'string', minLength: minCredentialLength }, (value) => {
  if (value.length < minCredentialLength) throw new Unfit(`at least ${minCredentialLength} characters`);
  const received = unlikelyCredential(value);
  if (received !== undefined) throw new Unfit('the key', received);
  return new Secret(value);
});

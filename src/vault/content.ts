import {
  type ApiCredentials,
  isBearerToken,
  minCredentialLength,
  type PushCredentials,
  type ScrapeCredentials,
  Secret,
  unlikelyCredential,
  unsendableCredential,
} from '../credentials.ts';
import { DocumentError } from '../documents/errors.ts';
import { decodeText } from '../documents/text.ts';
import { remember } from '../redact.ts';
import { SecretError } from './errors.ts';

/** The contents of a secret. */
export interface SecretContent {
  /**
   * Returns the account's own credentials in `accounts`, or those at the top level.
   * @throws SecretError when there are none
   */
  api(account: string): ApiCredentials;
  scrape: ScrapeCredentials;
  /**
   * Returns the credentials of a destination in `destinations`.
   * @throws SecretError when there are none
   */
  push(destination: string): PushCredentials;
  /** The key of the pseudonyms of agents. Undefined without one. */
  agentKey: Secret | undefined;
}

/**
 * Parses the text of a secret, a JSON object. Names may be in camelCase or snake_case, and other
 * fields are ignored:
 * - clientId and clientSecret, or `accounts`: account name -> object with clientId and clientSecret
 * - scrapeTokens (optional): a text or a list
 * - scrapeUsers (optional): name -> password or list of passwords
 * - agentKey (optional)
 * - destinations (optional): name -> object with user and password, or token
 *
 * `name` names the secret in errors.
 * @throws SecretError with the field and what was expected, never with a value
 */
export function parseSecretContent(text: string, name: string): SecretContent {
  const fail = (what: string): never => {
    throw new SecretError(`${name}: ${what}`, { invalid: true });
  };
  const fields =
    parseObject(decode(text, name)) ?? fail('expected a JSON object with clientId and clientSecret');
  rememberSecrets(fields, fields);

  const pick = (camel: string, from = fields): unknown => {
    const snake = camel.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    if (camel !== snake && camel in from && snake in from)
      fail(`expected ${camel} or ${snake}; received both`);
    return from[camel] ?? from[snake];
  };
  const readText = (camel: string, from: Record<string, unknown>, where: string): string => {
    const value = pick(camel, from);
    const text = typeof value === 'string' ? value.trim() : '';
    const unlikely = unlikelyCredential(text) ?? unsendableCredential(text);
    if (unlikely !== undefined) fail(`${where}${camel}: expected ${inWords(camel)}; received ${unlikely}`);
    if (text !== '') return text;
    return fail(`${where}${camel}: expected a text that is not empty; received ${kindOf(value)}`);
  };
  const readApi = (from: Record<string, unknown>, where: string): ApiCredentials => ({
    clientId: readText('clientId', from, where),
    clientSecret: new Secret(readText('clientSecret', from, where)),
  });
  const readTexts = (field: string, value: unknown, fits: (text: string) => boolean, expected: string) =>
    (Array.isArray(value) ? value : [value]).map((each: unknown): string => {
      const unlikely = typeof each === 'string' ? unlikelyCredential(each.trim()) : undefined;
      if (unlikely !== undefined) fail(`${field}: expected ${inWords(field)}; received ${unlikely}`);
      if (typeof each === 'string' && fits(each.trim())) return each.trim();
      return fail(
        `${field}: expected ${expected}; received ${typeof each === 'string' ? 'another text' : kindOf(each)}`,
      );
    });

  const least = `at least ${minCredentialLength} long`;
  const tokens = readTexts(
    'scrapeTokens',
    pick('scrapeTokens') ?? [],
    isBearerToken,
    `tokens of letters, digits and -._~+/=, ${least}`,
  );
  const users = pick('scrapeUsers') ?? {};
  if (!isObject(users))
    fail(`scrapeUsers: expected an object of names and passwords; received ${kindOf(users)}`);
  const isPassword = (text: string) => text.length >= minCredentialLength;
  const { accounts = {}, destinations = {} } = fields;
  if (!isObject(accounts)) {
    return fail(`accounts: expected an object of accounts by name; received ${kindOf(accounts)}`);
  }
  if (!isObject(destinations)) {
    return fail(`destinations: expected an object of destinations by name; received ${kindOf(destinations)}`);
  }
  const key = pick('agentKey');
  if (key !== undefined && !(typeof key === 'string' && key.length >= minCredentialLength)) {
    fail(
      `agentKey: expected a text ${least}; received ${typeof key === 'string' ? 'another text' : kindOf(key)}`,
    );
  }
  const unlikelyKey = key === undefined ? undefined : unlikelyCredential(key as string);
  if (unlikelyKey !== undefined) fail(`agentKey: expected the agent key; received ${unlikelyKey}`);
  return {
    api(account) {
      if (!Object.hasOwn(accounts, account)) return readApi(fields, '');
      const own = accounts[account];
      if (isObject(own)) return readApi(own, `accounts, ${account}: `);
      return fail(`accounts, ${account}: expected an object; received ${kindOf(own)}`);
    },
    push(destination) {
      const own = Object.hasOwn(destinations, destination) ? destinations[destination] : undefined;
      const where = `destinations, ${destination}: `;
      if (!isObject(own)) {
        return fail(`${where}expected an object with user and password, or token; received ${kindOf(own)}`);
      }
      const read = (field: string) =>
        pick(field, own) === undefined ? undefined : readText(field, own, where);
      const [user, password, token] = ['user', 'password', 'token'].map(read);
      return {
        user,
        password: password === undefined ? undefined : new Secret(password),
        token: token === undefined ? undefined : new Secret(token),
      };
    },
    agentKey: key === undefined ? undefined : new Secret(key as string),
    scrape: {
      tokens: tokens.map((token) => new Secret(token)),
      users: Object.entries(users as object).flatMap(([user, passwords]) => {
        if (user === '' || user.includes(':')) fail('scrapeUsers: expected names without a colon');
        return readTexts('scrapeUsers', passwords, isPassword, `passwords ${least}`).map((password) => ({
          name: user,
          password: new Secret(password),
        }));
      }),
    },
  };
}

const secretFields = /^(?:client_?secret|password|token|scrape_?tokens|scrape_?users|agent_?key)$/i;

/** Makes the redactor remember the secrets of the content while the content is in use. */
function rememberSecrets(value: unknown, holder: object, isSecret = false): void {
  if (typeof value === 'string') {
    if (isSecret) remember(value.trim(), holder);
  } else if (typeof value === 'object' && value !== null) {
    for (const [field, inner] of Object.entries(value))
      rememberSecrets(inner, holder, isSecret || secretFields.test(field));
  }
}

/** Removes a byte order mark, which JSON does not allow. */
function decode(text: string, name: string): string {
  try {
    return decodeText(text, name);
  } catch (error) {
    if (!(error instanceof DocumentError)) throw error;
    throw new SecretError(error.message, { cause: error });
  }
}

/** Converts `clientId` to "the client id". */
function inWords(field: string): string {
  return `the ${field.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)}`;
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    // The message of the parser may quote the text.
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (typeof value === 'string') return value.trim() === '' ? 'an empty text' : 'a text';
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}

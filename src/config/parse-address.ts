import { type Parse, parser, remembering, Unfit } from './parse.ts';

/**
 * An https address without credentials, query or fragment. http is allowed for this machine only.
 */
export const httpUrl: Parse<string> = remembering(
  parser({ type: 'string', pattern: '^https?://[^?#@]+$' }, (value) => {
    const expected = 'an https address without user, query or fragment (http only for localhost)';
    const received = addressProblem(value, { query: false, http: false });
    if (received !== undefined) throw new Unfit(expected, received);
    return value;
  }),
);

/**
 * Returns words for the wrong part of an address that follow "received ". Undefined when all parts
 * are valid.
 */
function addressProblem(value: string, allows: { query: boolean; http: boolean }): string | undefined {
  // `URL` drops control characters.
  if (/\p{Cc}/u.test(value) || !URL.canParse(value)) return 'no address';
  const url = new URL(value);
  const { protocol } = url;
  if (protocol !== 'https:' && protocol !== 'http:') return 'an address with another scheme';
  if (protocol === 'http:' && !allows.http && !isLocal(url)) return 'an http address of another machine';
  if (url.username || url.password) return 'an address with a user';
  if (url.search && !allows.query) return 'an address with a query';
  return url.hash ? 'an address with a fragment' : undefined;
}

/**
 * The address of a destination: http or https, without user or fragment. Credentials have settings
 * elsewhere.
 */
export const pushUrl: Parse<URL> = remembering(
  parser({ type: 'string', pattern: '^https?://[^#@]+$' }, (value) => {
    const received = addressProblem(value, { query: true, http: true });
    if (received !== undefined)
      throw new Unfit('an http or https address without user or fragment', received);
    return new URL(value);
  }),
);

/** Whether the address is on this machine. */
export function isLocal({ hostname }: URL): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
}

/** The address of an SQS queue. */
export const queueUrl: Parse<string> = remembering(
  parser({ type: 'string', pattern: '^https?://[^?#@]+$' }, (value) => {
    const received = addressProblem(value, { query: false, http: false });
    if (received !== undefined) throw new Unfit('the https address of an SQS queue', received);
    return value;
  }),
);

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { ScrapeCredentials } from '../credentials.ts';
import { type Deadline, leftMs, within } from '../deadline.ts';
import { type Answer, type IncomingRequest, type Respond, reply, withoutBodyForHead } from './message.ts';

/** Loads the scrape credentials before the deadline. Never throws. */
export type LoadScrapeCredentials = (deadline: Deadline) => Promise<ScrapeCredentials>;

/** The same text for all requests, so that it does not reveal which credentials exist. */
const unauthorized =
  'Unauthorized. Expected a scrape token (Bearer, or as the password of the user "token") or the name and password of a scrape user.\n';
/**
 * The path without credentials: load balancers have none when they check the health. The answer
 * reveals nothing.
 */
export const openPath = '/-/healthy';
/** The user name for a token that a browser sends as a password. */
const tokenUser = 'token';
/** Longest time for loading the credentials. The rest is for the scrape. */
const longestLoadMs = 5000;

/**
 * Requires scrape credentials for all paths except /-/healthy. A token also works as the password
 * of the user `token`, since browsers cannot send bearer tokens. Other requests get 401 with the
 * supported schemes. While no credentials are known, all requests get 503.
 */
export function guarded(respond: Respond, load: LoadScrapeCredentials): Respond {
  // timingSafeEqual requires equal lengths, which digests have. The random key makes digests
  // unpredictable.
  const key = randomBytes(32);
  const digest = (credential: string) => createHmac('sha256', key).update(credential).digest();

  function refuse(request: IncomingRequest, { tokens, users }: ScrapeCredentials): Answer | undefined {
    if (tokens.length + users.length === 0) {
      return reply(503, 'There are no scrape credentials. See the log of the exporter.\n');
    }
    const given = digest(toCredential(request.headers.get('authorization')));
    const known = [
      ...tokens.flatMap((token) => [`bearer ${token.reveal()}`, `basic ${tokenUser}:${token.reveal()}`]),
      ...users.map(({ name, password }) => `basic ${name}:${password.reveal()}`),
    ];
    // Compare all, so that the time does not reveal which credential is similar.
    const matches = known.filter((credential) => timingSafeEqual(digest(credential), given));
    if (matches.length > 0) return undefined;
    const schemes = [
      'Basic realm="vcc-exporter", charset="UTF-8"',
      ...(tokens.length > 0 ? ['Bearer realm="vcc-exporter"'] : []),
    ];
    return reply(401, unauthorized, { 'www-authenticate': schemes.join(', ') });
  }

  return async (request, deadline) => {
    if (request.path === openPath) return respond(request, deadline);
    const loading = within(deadline, Math.min(longestLoadMs, leftMs(deadline) / 2));
    const credentials = await load(loading);
    loading.end();
    const refusal = refuse(request, credentials);
    return refusal ? withoutBodyForHead(request, refusal) : respond(request, deadline);
  };
}

/**
 * Returns the header in the form of the known credentials: scheme in lower case, Basic decoded.
 * Empty for other headers.
 */
function toCredential(header: string | undefined): string {
  const [, scheme, value] = /^(bearer|basic) +(\S+)$/i.exec(header?.trim() ?? '') ?? [];
  if (scheme === undefined || value === undefined) return '';
  if (scheme.toLowerCase() === 'bearer') return `bearer ${value}`;
  return `basic ${Buffer.from(value, 'base64').toString('utf8')}`;
}

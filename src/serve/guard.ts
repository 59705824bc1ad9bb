import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { ScrapeCredentials } from '../credentials.ts';
import { type Deadline, leftMs, within } from '../deadline.ts';
import { type Answer, type IncomingRequest, type Respond, reply, withoutBodyForHead } from './message.ts';

/** Finds out who may scrape, before the deadline. Never throws. */
export type LoadScrapeCredentials = (deadline: Deadline) => Promise<ScrapeCredentials>;

/** The same for everybody, so that nobody learns what there is. */
const unauthorized =
  'Unauthorized. Expected a scrape token (Bearer, or as the password of the user "token") or the name and password of a scrape user.\n';
/** The health check is for load balancers, which have no credentials, and tells nothing. */
const openPath = '/-/healthy';
/** The name under which a browser sends a token as a password. */
const tokenUser = 'token';
/** Longest that finding out who may scrape may take; the rest of the time is for the scrape. */
const longestLoadMs = 5000;

/**
 * Responds to those who have one of the credentials. Browsers cannot send a bearer token: it is also taken as the password
 * of the user `token`. Others get 401 and are told no more than which schemes there are; while no credentials are known,
 * everybody gets 503.
 */
export function guarded(respond: Respond, load: LoadScrapeCredentials): Respond {
  // Digests have one length, as timingSafeEqual wants, and with a key of this process none can be aimed at.
  const key = randomBytes(32);
  const digest = (credential: string) => createHmac('sha256', key).update(credential).digest();

  function refuse(request: IncomingRequest, { tokens, users }: ScrapeCredentials): Answer | undefined {
    if (tokens.length + users.length === 0) {
      return reply(503, 'There are no scrape credentials; the log may say why.\n');
    }
    const given = digest(toCredential(request.headers.get('authorization')));
    const known = [
      ...tokens.flatMap((token) => [`bearer ${token.reveal()}`, `basic ${tokenUser}:${token.reveal()}`]),
      ...users.map(({ name, password }) => `basic ${name}:${password.reveal()}`),
    ];
    // Every one is compared, so that the time does not tell which one came close.
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

/** The header in the form of the known ones: the scheme in lower case, what Basic holds decoded. */
function toCredential(header: string | undefined): string {
  const [, scheme, value] = /^(bearer|basic) +(\S+)$/i.exec(header?.trim() ?? '') ?? [];
  if (scheme === undefined || value === undefined) return '';
  if (scheme.toLowerCase() === 'bearer') return `bearer ${value}`;
  return `basic ${Buffer.from(value, 'base64').toString('utf8')}`;
}

import { isIP } from 'node:net';
import { logLine } from '../log.ts';
import { openPath } from './guard.ts';
import { type Answer, type IncomingRequest, type Respond, reply, withoutBodyForHead } from './message.ts';

/**
 * Returns a refusal for what a page of another site makes a browser request, and undefined for
 * everything else. A link from another site still opens, since the browser shows the answer to its
 * user and to no page. Only browsers send Sec-Fetch-*, and no page can change these headers. They
 * send them over https, and over http to localhost and 127.0.0.1.
 */
export function refuseOtherSites({ headers }: IncomingRequest): Answer | undefined {
  const site = headers.get('sec-fetch-site') ?? 'none';
  if (site === 'none' || site === 'same-origin') return undefined;
  const isLink = headers.get('sec-fetch-mode') === 'navigate' && headers.get('sec-fetch-dest') === 'document';
  if (isLink && !headers.has('sec-purpose')) return undefined;
  return reply(403, 'A page of another site may link to this address, and not load anything from it.\n');
}

/**
 * Requires that requests name this server in the Host header by an IP address, by a name without a
 * dot, or by one of `names`. It is for a server without credentials: a website may make its own
 * name resolve to this server (DNS rebinding), and could then read what it answers as its own. Such
 * a name always has a dot. /-/healthy stays open, since it reveals nothing. The first refusal is
 * logged: Prometheus shows the status of an answer, and not its text.
 */
export function onlyByKnownHosts(
  respond: Respond,
  names: readonly string[],
  log: (line: string) => void,
): Respond {
  const known = new Set(names.map(toHostname));
  let logged = false;
  return async (request, deadline) => {
    const name = toHostname(request.headers.get('host') ?? '');
    const isKnown = !name.includes('.') || isIP(name) !== 0 || known.has(name);
    if (isKnown || request.path === openPath) return respond(request, deadline);
    if (!logged) log(logLine('error', 'request refused', { code: 'config', message: unknownHost }));
    logged = true;
    return withoutBodyForHead(request, reply(403, `${unknownHost}\n`));
  };
}

/** It does not echo the name. */
const unknownHost =
  'Unknown Host. Without scrape credentials, expected an IP address, a name without a dot, or a name in VCC_SCRAPE_HOSTS.';

/**
 * Returns the name in a Host header, in lower case, without the port, the brackets of IPv6 and the
 * dot at the end of a name that is complete.
 */
function toHostname(host: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d*)?$/.exec(host);
  return (bracketed?.[1] ?? host.replace(/:\d*$/, '').replace(/\.$/, '')).toLowerCase();
}

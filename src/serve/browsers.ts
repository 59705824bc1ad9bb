import { isIP } from 'node:net';
import { logLine } from '../log.ts';
import { openPath } from './guard.ts';
import { type Answer, type IncomingRequest, type Respond, reply, withoutBodyForHead } from './message.ts';

/**
 * Returns a 403 for requests that a page of another site causes in a browser, and undefined for all
 * others. A link from another site still works: the browser shows the answer to its user, and to no
 * page. Only browsers send Sec-Fetch-*, and no page can change these headers. Browsers send them
 * over https, and over http to localhost and 127.0.0.1.
 */
export function refuseOtherSites({ headers }: IncomingRequest): Answer | undefined {
  const site = headers.get('sec-fetch-site') ?? 'none';
  if (site === 'none' || site === 'same-origin') return undefined;
  const isLink = headers.get('sec-fetch-mode') === 'navigate' && headers.get('sec-fetch-dest') === 'document';
  if (isLink && !headers.has('sec-purpose')) return undefined;
  return reply(403, 'A page of another site may link to this address, but must not load anything from it.\n');
}

/**
 * Requires an IP address, a name without a dot, or one of `names` in the Host header. It protects a
 * server without credentials against DNS rebinding: a website could make its name resolve to this
 * server, and then read the answers in a browser. The name of a website always has a dot.
 * /-/healthy stays open, since it reveals nothing. The first refused request is logged: Prometheus
 * shows the status of an answer, but not its text.
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

/** It does not quote the name. */
const unknownHost =
  'Unknown Host. Without scrape credentials, expected an IP address, a name without a dot, or a name in VCC_SCRAPE_HOSTS.';

/**
 * Returns the name in a Host header in lower case. Removes the port, the brackets of IPv6 and a dot
 * at the end.
 */
function toHostname(host: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d*)?$/.exec(host);
  return (bracketed?.[1] ?? host.replace(/:\d*$/, '').replace(/\.$/, '')).toLowerCase();
}

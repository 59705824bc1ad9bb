import { reply } from './app.ts';

/**
 * A request as the app takes it, or the answer to one that the web's own Request will not hold: methods such as
 * TRACE, headers that are not Latin-1, a target that is no path.
 */
export function toRequest(
  method: string,
  target: string,
  headers: Iterable<readonly [string, string]>,
): Request | Response {
  // Whatever host an absolute target or a path like //x names, only the path counts here.
  const path = target.replace(/^https?:\/\/[^/]*/i, '');
  const url = `http://localhost${path.startsWith('/') ? path : `/${path}`}`;
  if (!URL.canParse(url)) return reply(400, 'Not a path.\n');
  if (['TRACE', 'TRACK', 'CONNECT'].includes(method.toUpperCase())) {
    return reply(405, 'Only GET and HEAD.\n', { allow: 'GET, HEAD' });
  }
  try {
    return new Request(url, { method, headers: [...headers].map(([name, value]) => [name, value]) });
  } catch {
    return reply(400, 'Not a request that can be understood.\n');
  }
}

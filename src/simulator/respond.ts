import { type ServerResponse, STATUS_CODES } from 'node:http';
import { gzipSync } from 'node:zlib';
import { type Answer, problem } from './answer.ts';
import type { Endpoint, Fault } from './faults.ts';
import { spoil } from './spoil.ts';

/** Sends an answer of an endpoint, changed by a fault. */
export function respond(
  response: ServerResponse,
  answer: Answer,
  fault: Fault | undefined,
  gzip: boolean,
  on?: Endpoint,
): void {
  if (fault?.kind === 'html') {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html><body>Gateway</body></html>');
    return;
  }
  const kind = fault?.kind;
  if (answer.status === 200 && (kind === 'shape' || kind === 'flawed' || kind === 'unknown')) {
    spoil(answer, kind, on);
  }
  const json = answer.text ?? JSON.stringify(answer.body);
  const text = fault?.kind === 'json' ? json.slice(0, json.length / 2) : json;
  const compress = gzip && text.length > 1400;
  const body = compress ? gzipSync(text, { level: 1 }) : Buffer.from(text);
  response.writeHead(answer.status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': body.length,
    ...(compress && { 'content-encoding': 'gzip' }),
    ...answer.headers,
  });
  if (fault?.kind === 'cut' || answer.cut)
    response.write(body.subarray(0, body.length / 2), () => response.destroy());
  else response.end(body);
}

/** Returns the answer for the fault `status`. */
export function failure({ value = 500, retryAfter }: Fault): Answer {
  const headers: Record<string, string> =
    retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
  return { ...problem(value, STATUS_CODES[value] ?? 'Error', `Simulated ${value}`), headers };
}

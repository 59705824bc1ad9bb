import { logLine } from '../log.ts';
import { type Answer, reply } from '../serve/message.ts';
import type { ConvertedEvent, HttpResult } from './events.ts';

/** Bytes reserved for headers. */
const headroom = 4096;

/**
 * Returns the answer in the form that fits the event. If it is too large, returns a 500 that
 * explains what to do. Otherwise AWS would answer 502 without an explanation.
 */
export function toFittingResult(
  event: ConvertedEvent,
  answer: Answer,
  log: (line: string) => void,
): HttpResult {
  const packed = answer.headers['content-encoding'] !== undefined;
  const bytes = packed ? Math.ceil(answer.body.length / 3) * 4 : sizeOfText(answer.body);
  if (bytes + headroom <= event.maxResultBytes) return event.toResult(answer);
  const advice = packed ? smaller : `${event.packs ? gzip : anotherWay}; or ${smaller}`;
  const message = `The answer would be ${toMegabytes(bytes)} MB; ${event.name} allows ${toMegabytes(event.maxResultBytes)} MB. To fix this, use ${advice}.`;
  log(logLine('error', 'answer too large', { bytes, maxBytes: event.maxResultBytes, advice }));
  return event.toResult(reply(500, `${message}\n`));
}

const gzip = 'a scraper that accepts gzip, as Prometheus does';
const anotherWay = 'a Function URL or an HTTP API, where the answer can be compressed';
const smaller = '/probe?target= for each account instead of /metrics, VCC_AGENT_LIMIT or VCC_AGENT_INCLUDE';

const escaped = new Set(['"', '\\', '\n'].map((character) => character.charCodeAt(0)));

/** Returns the bytes of a text in Lambda's JSON, where a quote, backslash or line break has two. */
function sizeOfText(body: Answer['body']): number {
  const bytes = Buffer.from(body);
  let extra = 0;
  for (const byte of bytes) if (escaped.has(byte)) extra++;
  return bytes.length + extra;
}

function toMegabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

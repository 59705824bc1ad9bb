import { parseRetryAfter } from '../../http/retry.ts';
import { describeRequest, type HttpRequest, type HttpResponse } from '../../http/send.ts';
import { PushError } from '../errors.ts';

/** Longest piece of an answer that is repeated. */
const maxText = 300;

/** Labels as Prometheus, Mimir and VictoriaMetrics quote them, also inside JSON; the fields of JSON that hold the reason stay. */
const labelValues =
  /\b((?!(?:error|err|errorType|message|msg|status|code|__name__)\b)\w+)("?\s*(?:=~?|!=|:)\s*)".*?"(?=\s*[,})\]]|\s|$)/g;

/**
 * What a destination says of a request, for a log: its first line, without the values of labels, which may be agents’
 * ids, and without what must not be seen.
 */
export function quoteAnswer(body: Buffer, secrets: readonly string[]): string {
  let text = body.subarray(0, 4096).toString('utf8');
  for (const secret of secrets) if (secret.length >= 4) text = text.replaceAll(secret, '[secret]');
  const [line = ''] = text.trim().split(/[\r\n]/);
  const plain = line
    .replaceAll('\\"', '"')
    .replace(labelValues, '$1$2"…"')
    .replace(/\b(agent_id\s*[=:]\s*)(?![~"])[^\s,"}…]+/g, '$1…')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is to go
    .replace(/[\u0000-\u001f\u007f]/g, ' ');
  return plain.length > maxText ? `${plain.slice(0, maxText)}…` : plain;
}

/** Longest that a receiver may make us wait: it may have been mended long before. */
const maxRetryAfterMs = 300_000;

function capped(retryAfterMs: number | undefined): number | undefined {
  return retryAfterMs === undefined ? undefined : Math.min(retryAfterMs, maxRetryAfterMs);
}

/** The failure that an answer is. */
export function toFailure(
  request: HttpRequest,
  response: HttpResponse,
  options: { retryable: boolean; secrets: readonly string[]; nowMs: number },
): PushError {
  const { status, headers, body } = response;
  const said = quoteAnswer(body, options.secrets);
  return new PushError(`${describeRequest(request)}: answered ${status}${said === '' ? '' : `: ${said}`}`, {
    status,
    retryable: options.retryable,
    retryAfterMs: capped(parseRetryAfter(headers['retry-after'], options.nowMs)),
  });
}

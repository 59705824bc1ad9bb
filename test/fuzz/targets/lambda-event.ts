import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { Context } from 'aws-lambda';
import fc from 'fast-check';
import type { HttpEvent } from '../../../src/lambda/events.ts';
import { createHttpHandler } from '../../../src/lambda/metrics.ts';
import { damagedValue, piece } from '../damage.ts';
import { assertUnmarked, mark, target } from '../target.ts';

const folder = new URL('../../fixtures/events/', import.meta.url);
const events: unknown[] = readdirSync(folder).map((file) =>
  JSON.parse(readFileSync(new URL(file, folder), 'utf8')),
);

/** An account whose API is unreachable. */
const env = {
  VCC_CLIENT_ID: mark,
  VCC_CLIENT_SECRET: mark,
  VCC_API_URL: 'http://localhost:9',
  VCC_TOKEN_URL: 'http://localhost:9',
  VCC_RETRIES: '0',
};
let logs: string[] = [];
const log = (line: string) => logs.push(line);
const byToken = createHttpHandler({ ...env, VCC_SCRAPE_TOKENS: `${mark}-0123456789` }, log);
const byIam = createHttpHandler({ ...env, VCC_SCRAPE_AUTH: 'iam' }, log);
const context = { getRemainingTimeInMillis: () => 10_000 } as Context;

interface Result {
  statusCode: number;
  headers?: Record<string, string>;
  multiValueHeaders?: Record<string, string[]>;
  body: string;
  isBase64Encoded: boolean;
}

/**
 * Events that AWS sends, and others. The gateway accepts the answer, and only signed requests or
 * those with a token get in.
 */
export const lambdaEvent = target(
  'lambda-event',
  fc.record({
    event: fc.oneof(
      { weight: 9, arbitrary: damagedValue(fc.constantFrom(...events)) },
      { weight: 1, arbitrary: fc.oneof(piece, fc.constantFrom<unknown[]>(null, [], {}, { version: '2.0' })) },
    ),
    iam: fc.boolean(),
  }),
  async ({ event, iam }) => {
    logs = [];
    const handle = iam ? byIam : byToken;
    const result = (await handle(structuredClone(event) as HttpEvent, context)) as Result;
    const { statusCode, headers, multiValueHeaders = {}, body, isBase64Encoded } = result;
    assert([200, 400, 401, 403, 404, 405, 503].includes(statusCode), `status ${statusCode}`);
    const all =
      headers ??
      Object.fromEntries(Object.entries(multiValueHeaders).map(([name, [value]]) => [name, value!]));
    for (const [name, value] of Object.entries(all)) {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    }
    assert(typeof body === 'string' && typeof isBase64Encoded === 'boolean');
    assertUnmarked(isBase64Encoded ? '' : body);
    assertUnmarked(logs.join('\n'));
    const path = all['content-type'] === 'text/plain; charset=utf-8' && body === 'OK\n';
    if (iam) assert(isSigned(event) || statusCode >= 400, 'lets in who is not signed');
    else assert(statusCode >= 400 || path || body === '', 'lets in who has no token');
  },
  { share: 0.1 },
);

// biome-ignore lint/suspicious/noExplicitAny: it may be anything
function isSigned(event: any): boolean {
  const { requestContext } = event ?? {};
  const arns = [requestContext?.authorizer?.iam?.userArn, requestContext?.identity?.userArn];
  return arns.some((arn) => typeof arn === 'string' && arn !== '');
}

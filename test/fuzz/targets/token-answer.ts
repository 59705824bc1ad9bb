import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Secret } from '../../../src/credentials.ts';
import { newTraffic } from '../../../src/http/fetch.ts';
import { systemTiming } from '../../../src/timing.ts';
import { fixedCredentials } from '../../../src/vcc/credentials.ts';
import { ShapeError } from '../../../src/vcc/errors.ts';
import { createTokenSource } from '../../../src/vcc/token.ts';
import { soon } from '../../support/deadline.ts';
import { damagedJson, piece } from '../damage.ts';
import { mark, parsedLater, target } from '../target.ts';

const answers = fc.record(
  {
    access_token: fc.constantFrom(mark, `${mark}.abc`, `${mark}\n`),
    expires_in: fc.constantFrom<unknown[]>(7200, '7200', 0, -1, null, 1e300),
    token_type: fc.constantFrom('Bearer', 'bearer', 'mac'),
  },
  { requiredKeys: ['access_token'] },
);
const options = {
  tokenUrl: 'https://token.example/',
  tokenAuth: 'body' as const,
  credentials: fixedCredentials({ clientId: mark, clientSecret: new Secret(mark) }),
  timeoutMs: 60_000,
  userAgent: 'test',
};

/**
 * Answers of the token endpoint: a token that fits into a header, or a rejection that does not
 * quote it.
 */
export const tokenAnswer = target(
  'token-answer',
  fc.oneof(damagedJson(answers), piece),
  async (text) => {
    const result = await parsedLater(async () => {
      const until = soon();
      try {
        const fetch = async () => ({ status: 200, headers: {}, body: Buffer.from(text), headersAtMs: 0 });
        return await createTokenSource(fetch, options, systemTiming, until).get({
          deadline: until,
          traffic: newTraffic(),
        });
      } finally {
        until.end();
      }
    }, [ShapeError]);
    if ('value' in result) assert.match(result.value, /^[!-~]+$/);
  },
  { share: 0.2 },
);

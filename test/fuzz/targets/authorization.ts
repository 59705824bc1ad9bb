import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Secret } from '../../../src/credentials.ts';
import { guarded } from '../../../src/serve/guard.ts';
import { reply, toRequest } from '../../../src/serve/message.ts';
import { soon } from '../../support/deadline.ts';
import { damagedText, piece } from '../damage.ts';
import { assertUnmarked, mark, target } from '../target.ts';

const token = `${mark}-0123456789abcdef`;
const password = `${mark}:ü 0123456789`;
const known = [`token:${token}`, `prometheus:${password}`];
const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`;

const respond = guarded(
  async () => reply(200, 'let in'),
  async () => ({
    tokens: [new Secret(token)],
    users: [{ name: 'prometheus', password: new Secret(password) }],
  }),
);

const headers = fc.oneof(
  fc.constantFrom(`Bearer ${token}`, `bearer  ${token} `, ...known.map(basic)),
  damagedText(fc.constantFrom(...known)).map(basic),
  damagedText(fc.constantFrom(`Bearer ${token}`, ...known.map(basic))),
  piece,
);

/** Authorization: only a valid credential gets in, and the answer does not show which exist. */
export const authorization = target(
  'authorization',
  fc.record({
    header: fc.option(headers, { nil: undefined }),
    method: fc.constantFrom('GET', 'HEAD', 'POST'),
  }),
  async ({ header, method }) => {
    const deadline = soon();
    const answer = await respond(toRequest(method, '/metrics', [['Authorization', header]]), deadline);
    deadline.end();
    const [, scheme = '', given = ''] = /^\s*(\w+) +(\S+)\s*$/.exec(header ?? '') ?? [];
    const expected =
      (/^bearer$/i.test(scheme) && given === token) ||
      (/^basic$/i.test(scheme) && known.includes(Buffer.from(given, 'base64').toString()));
    assert.equal(answer.status, expected ? 200 : 401);
    if (expected) return;
    assert.match(
      answer.headers['www-authenticate']!,
      /^Basic realm="vcc-exporter", charset="UTF-8", Bearer realm=/,
    );
    assertUnmarked(`${answer.body}${JSON.stringify(answer.headers)}`);
  },
  { share: 0.3 },
);

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseSecretContent, type SecretContent } from '../../../src/vault/content.ts';
import { SecretError } from '../../../src/vault/errors.ts';
import { damagedJson, piece } from '../damage.ts';
import { mark, parsed, target } from '../target.ts';

const credential = fc.constantFrom(`${mark}-0123456789`, `${mark}`, `"${mark}"`, ` ${mark}-0123456789 `);
const api = { clientId: credential, clientSecret: credential };
const secrets = fc.record(
  {
    ...api,
    accounts: fc.record({ uk: fc.record(api) }, { requiredKeys: [] }),
    scrapeTokens: fc.oneof(credential, fc.array(credential, { maxLength: 2 })),
    scrape_users: fc.record({ prometheus: fc.oneof(credential, fc.array(credential, { maxLength: 2 })) }),
    agentKey: credential,
    destinations: fc.record({ a: fc.record({ user: credential, password: credential, token: credential }) }),
  },
  { requiredKeys: ['clientId', 'clientSecret'] },
);

/** Documents in Secrets Manager: credentials that are texts, or a rejection that quotes none. */
export const secret = target(
  'secret',
  fc.oneof(damagedJson(secrets), piece),
  (text) => {
    const parts: ((content: SecretContent) => readonly (string | undefined)[])[] = [
      ({ api }) => [api('uk').clientId, api('uk').clientSecret.reveal()],
      ({ push }) => Object.values(push('a')).map((each) => (typeof each === 'object' ? each.reveal() : each)),
      ({ scrape }) => scrape.tokens.map((each) => each.reveal()),
      ({ scrape }) => scrape.users.flatMap(({ name, password }) => [name, password.reveal()]),
      ({ agentKey }) => [agentKey?.reveal()],
    ];
    for (const part of parts) {
      const result = parsed(() => part(parseSecretContent(text, 'secret x')), [SecretError]);
      if ('refusal' in result) continue;
      for (const each of result.value)
        assert(each === undefined || (typeof each === 'string' && each !== ''));
    }
  },
  { share: 0.2 },
);

import { createHmac } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { Secret } from '../src/credentials.ts';
import { createPseudonyms } from '../src/pseudonyms.ts';

const key = new Secret('a key of at least 16');

test('a pseudonym is the first 64 bits of an HMAC-SHA256 over account and id', () => {
  const expected = createHmac('sha256', key.reveal()).update('acme\u0000100001').digest('hex').slice(0, 16);
  expect(createPseudonyms('acme')(key)('100001')).toBe(expected);
  expect(expected).toMatch(/^[0-9a-f]{16}$/);
});

test('pseudonyms are the same from scrape to scrape and process to process, and others for another key or account', () => {
  const pseudonyms = createPseudonyms('acme');
  const first = pseudonyms(key)('100001');
  expect(pseudonyms(key)('100001')).toBe(first);
  expect(createPseudonyms('acme')(new Secret(key.reveal()))('100001')).toBe(first);
  expect(pseudonyms(new Secret('another key, long enough'))('100001')).not.toBe(first);
  const former = pseudonyms(new Secret('another key, long enough'));
  const other = former('100002');
  const again = pseudonyms(key);
  // A scrape under way continues with its key.
  expect([former('100001'), former('100002')]).toEqual([expect.not.stringMatching(first), other]);
  expect(again('100001')).toBe(first);
  expect(pseudonyms(new Secret(key.reveal()))).toBe(again);
  expect(createPseudonyms('acme-us')(key)('100001')).not.toBe(first);
});

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { secretId } from '../src/config/parse.ts';
import { DocumentError } from '../src/documents/errors.ts';
import { logLine } from '../src/log.ts';
import { redact, remember, rememberTokens } from '../src/redact.ts';

/** What must hold a secret so that it is known. */
const holders: object[] = [];
function hold(secret: string): string {
  const holder = {};
  holders.push(holder);
  remember(secret, holder);
  return secret;
}

const html = (text: string) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
const htmlNamed = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
const json = (text: string) => JSON.stringify(text).slice(1, -1);
const unicode = (text: string) =>
  text.replace(/[^\w ]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
const form = (text: string) => new URLSearchParams({ a: text }).toString().slice(2);
const base64 = (text: string) => Buffer.from(text).toString('base64');

/** Ways in which a server may return what was sent. */
const encodings: Record<string, (text: string) => string> = {
  raw: (text) => text,
  json,
  jsonInJson: (text) => json(json(text)),
  unicode,
  percent: encodeURIComponent,
  percentInSmallLetters: (text) => encodeURIComponent(text).replace(/%../g, (each) => each.toLowerCase()),
  percentTwice: (text) => encodeURIComponent(encodeURIComponent(text)),
  form,
  formInJson: (text) => json(form(text)),
  html,
  htmlNamed,
  base64,
  base64url: (text) => Buffer.from(text).toString('base64url'),
  basic: (text) => base64(`user:${text}`),
  basicOfForm: (text) => base64(`id:${form(text)}`),
  withinBase64: (text) => base64(`{"a":"${text}","b":"more"}`),
  percentOfBase64: (text) => encodeURIComponent(base64(`me:${text}`)),
};

const character = fc.constantFrom(...'abcXYZ019-_.~!$&\'()*+,;=:@/?#[]%^"<>\\{}|` éß漢😀');
const secrets = fc
  .string({ unit: character, minLength: 8, maxLength: 40 })
  .filter((text) => text.trim() === text);

describe.each(Object.entries(encodings))('a secret as %s', (_, encode) => {
  test('is replaced, and the text around it stays', () => {
    fc.assert(
      fc.property(secrets, (secret) => {
        hold(secret);
        const before = 'answered 401, you sent "';
        const after = '", which is wrong';
        // All of the secret, and nothing else but the base64 text that it is part of.
        expect(redact(`${before}${encode(secret)}${after}`)).toBe(`${before}[secret]${after}`);
      }),
    );
  });
});

test('a secret at every place of a base64 text is replaced', () => {
  const secret = hold('Kd93^pass-of-acme');
  for (let length = 0; length < 10; length++) {
    for (let more = 0; more < 4; more++) {
      const text = base64(`${'x'.repeat(length)}${secret}${'y'.repeat(more)}`);
      expect(redact(`<${text}>`)).toBe('<[secret]>');
    }
  }
});

test('several secrets in a text are replaced, also those that overlap', () => {
  hold('first-secret');
  hold('secret-second');
  expect(redact('first-secret, then first-secret-second.')).toBe('[secret], then [secret].');
});

test('a short secret is replaced only where that is set, and a very short one never', () => {
  hold('pa5s');
  hold('abc');
  expect(redact('pa5s abc')).toBe('pa5s abc');
  expect(redact('pa5s abc', 4)).toBe('[secret] abc');
});

test('a text without secrets is unchanged, whatever its escapes', () => {
  hold('a-known-secret');
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('%', '4', '\\', 'u', '0', '&', 'lt;', '#', 'x', 'é') }),
      (text) => {
        expect(redact(text)).toBe(text);
      },
    ),
  );
});

test('a secret is known while something holds it', () => {
  const secret = 'held-by-two-objects';
  hold(secret);
  hold(secret);
  expect(redact(secret)).toBe('[secret]');
});

test('a text of 16 kB needs little time beside thousands of secrets', () => {
  for (let n = 0; n < 2000; n++) hold(`token-${n * 7919}-of-an-account`);
  redact('first, to make the index');
  const text = 'POST https://example.com: answered 401: \\"%41 token-x of an account\\" '.repeat(230);
  const startedMs = performance.now();
  expect(redact(text)).toBe(text);
  expect(performance.now() - startedMs).toBeLessThan(5000);
});

test('tokens that nothing holds any more are forgotten, except for the last hundred', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const tokens = Array.from({ length: 300 }, (_, n) => `hourly-token-${n}-of-an-account`);
  for (const token of tokens) remember(token, {});
  const left = () => tokens.filter((token) => redact(token) !== token).length;
  expect(left()).toBe(300);
  for (let rounds = 0; rounds < 100 && left() > 100; rounds++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(left()).toBe(100);
});

test('the next message after secrets are forgotten needs little time', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const redactMs = () => {
    const startedMs = performance.now();
    redact('a message without secrets');
    return performance.now() - startedMs;
  };
  // As long as the tokens of an identity provider.
  for (let n = 0; n < 1500; n++) hold(`token-${n}-`.padEnd(1200, `${n * 7919}.`));
  const firstMs = redactMs();
  const old = Array.from({ length: 150 }, (_, n) => `old-token-${n}-of-an-account`);
  for (const token of old) remember(token, {});
  const left = () => old.filter((token) => redact(token) !== token).length;
  expect(left()).toBe(150);
  let longestMs = 0;
  let rounds = 0;
  do {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 20));
    longestMs = Math.max(longestMs, redactMs());
  } while (left() > 100 && ++rounds < 100);
  expect(left()).toBeLessThanOrEqual(100);
  expect(longestMs).toBeLessThan(firstMs / 2);
});

test.each([
  ['a token alone', 'Kd93xPqLmz82hjsdfQQ1'],
  ['hexadecimal', '0123456789abcdef0123456789abcdef'],
  ['letters alone', 'qwertyuiopasdfghjklzxcvb'],
  ['base64 with a slash', 'Kd93xPq/Lmz82hj+sdfQQ1=='],
])('%s in place of a name or path is taken for a secret', (_, token) => {
  rememberTokens(token);
  expect(redact(`VCC_ROSTER: ${token}: there is no such file`)).toBe(
    'VCC_ROSTER: [secret]: there is no such file',
  );
});

test('the ARN of a secret is none, although its end is random', () => {
  const arn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:e2e/vcc-h40c0uucs0q-KUqVRz';
  expect(secretId(arn)).toBe(arn);
  expect(redact(arn)).toBe(arn);
  secretId('vcc-h40c0uucs0q-KUqVRz');
  expect(redact('vcc-h40c0uucs0q-KUqVRz')).toBe('[secret]');
});

test('of an address and a path only the part that looks like a token is a secret', () => {
  rememberTokens('https://example.com/write/Zz93xPqLmz82hjsdfQQ1/api');
  expect(redact('https://example.com/write/Zz93xPqLmz82hjsdfQQ1/api')).toBe(
    'https://example.com/write/[secret]/api',
  );
});

test.each([
  '/etc/vcc-exporter/accounts.yml',
  '/Users/JohnSmith/MyProjects/vccExporterConfiguration/teams.csv',
  's3://acme-vcc-exporter/prod/rosters/2026-11-26/teams-of-emea.csv',
  'arn:aws:secretsmanager:eu-west-1:123456789012:secret:acme/vcc-exporter-AbCdEf',
  'https://sqs.eu-west-1.amazonaws.com/123456789012/vcc-exporter-prod-batches.fifo',
  '/tmp/vcc-exporter-x8Kd2P/vcc-push',
  'a/folder/without/any/beginning/that/says/so',
])('%s is no secret', (text) => {
  rememberTokens(text);
  expect(redact(text)).toBe(text);
});

describe('what leaves the process', () => {
  test('has no secret in the messages of errors', () => {
    hold('s3cret-of-errors');
    const { message, stack } = new DocumentError('teams.csv: s3cret-of-errors');
    expect([message, stack]).toEqual(['teams.csv: [secret]', expect.not.stringContaining('s3cret-of')]);
  });

  test('has no secret in log lines, whose own words are unchanged', () => {
    hold('internal');
    hold('scrape failed');
    hold('quoted"secret');
    expect(logLine('error', 'scrape failed', { code: 'internal', problems: ['a: quoted"secret'] })).toBe(
      '{"level":"error","event":"scrape failed","code":"internal","problems":["a: [secret]"]}',
    );
  });

  test('has no control characters in log lines, which are the same JSON', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const line = logLine('info', 'e', { text });
        expect(line).not.toMatch(/[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u);
        if (text.isWellFormed()) expect(JSON.parse(line).text).toBe(text);
      }),
    );
  });
});

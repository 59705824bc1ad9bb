import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { loadDestinations } from '../../src/config/destinations.ts';
import { ConfigError, type Environment, loadSettings } from '../../src/config/load.ts';

const nothingToRead = async () => {
  throw new Error('not asked for');
};
const load = (env: Environment, accounts = 1) =>
  loadDestinations(env, loadSettings(env), accounts, nothingToRead);

async function problemsOf(env: Environment, accounts = 1): Promise<readonly string[]> {
  try {
    await load(env, accounts);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

const url = 'https://mimir.example/api/v1/push';
/** Replaces a variable of the environment. */
const reference = (name: string) => `\${${name}}`;
const list = (...destinations: object[]) => ({ VCC_PUSH_DESTINATIONS: JSON.stringify({ destinations }) });

describe('loadDestinations', () => {
  test('gives none when none is named, one when it is described, and all that are listed', async () => {
    expect(await load({})).toEqual([]);
    expect(await load({ VCC_PUSH_URL: url })).toMatchObject([
      { VCC_PUSH_NAME: 'default', VCC_PUSH_URL: new URL(url) },
    ]);
    expect(await load({ VCC_PUSH_TYPE: 'emf' })).toHaveLength(1);
    const found = await load({
      ...list(
        { name: 'a', url, headers: { 'X-Scope-OrgID': 't' }, metrics: ['vcc_up', 'vcc_agents*'] },
        { name: 'b', type: 'emf' },
      ),
      VCC_PUSH_LABELS: 'env=prod, region=eu',
      VCC_PUSH_TIMEOUT: '3s',
    });
    expect(found).toMatchObject([
      {
        VCC_PUSH_NAME: 'a',
        VCC_PUSH_HEADERS: { 'X-Scope-OrgID': 't' },
        VCC_PUSH_METRICS: ['vcc_up', 'vcc_agents*'],
        VCC_PUSH_LABELS: { env: 'prod', region: 'eu' },
        VCC_PUSH_TIMEOUT: 3000,
      },
      { VCC_PUSH_NAME: 'b', VCC_PUSH_TYPE: 'emf' },
    ]);
  });

  test('reads secrets of a list from variables', async () => {
    const [found] = await load({
      ...list({ name: 'a', url, auth: 'bearer', token: reference('VCC_VAR_MY_TOKEN') }),
      VCC_VAR_MY_TOKEN: 'a-secret-token',
    });
    expect(found!.VCC_PUSH_TOKEN!.reveal()).toBe('a-secret-token');
    expect(JSON.stringify(found)).not.toContain('a-secret-token');
  });

  const fifo = 'https://sqs.eu-west-1.amazonaws.com/1/q.fifo';
  test.each<[Environment, string, number?]>([
    [
      { VCC_PUSH_URL: 'ftp://x' },
      'VCC_PUSH_URL: expected an http or https address without user or fragment; received an address with another scheme',
    ],
    [
      { VCC_PUSH_URL: url, VCC_PUSH_AUTH: 'basic', VCC_PUSH_USER: 'me' },
      'VCC_PUSH_PASSWORD: expected a value here or in a secret, since VCC_PUSH_AUTH is basic; received nothing',
    ],
    [
      { VCC_PUSH_URL: url, VCC_PUSH_AUTH: 'bearer' },
      'VCC_PUSH_TOKEN: expected a value here or in a secret, since VCC_PUSH_AUTH is bearer; received nothing',
    ],
    [
      { VCC_PUSH_URL: url, VCC_PUSH_TOKEN: 'x' },
      'VCC_PUSH_AUTH: expected bearer, since VCC_PUSH_TOKEN is set; received "none"',
    ],
    [
      { VCC_PUSH_URL: 'http://mimir/push', VCC_PUSH_AUTH: 'bearer', VCC_PUSH_TOKEN: 'x' },
      'VCC_PUSH_URL: expected an https address, since http would expose the credentials (bearer); received an http one',
    ],
    [
      { VCC_PUSH_URL: url, VCC_PUSH_ROLE_ARN: 'arn:aws:iam::123456789012:role/x' },
      'VCC_PUSH_AUTH: expected sigv4, since VCC_PUSH_ROLE_ARN is set; received "none"',
    ],
    [
      { VCC_PUSH_TYPE: 'emf', VCC_PUSH_URL: url },
      'VCC_PUSH_URL: expected no address, since emf writes to the log; received an address',
    ],
    [
      { VCC_PUSH_URL: url, VCC_PUSH_QUEUE_URL: fifo },
      'VCC_PUSH_REJECTED_URL: expected the address of a queue, since VCC_PUSH_QUEUE_URL is set; received nothing',
    ],
    [
      { VCC_PUSH_URL: url, VCC_PUSH_REJECTED_URL: fifo },
      'VCC_PUSH_QUEUE_URL: expected the address of a queue, since VCC_PUSH_REJECTED_URL is set; received nothing',
    ],
    [
      { VCC_PUSH_URL: url, VCC_PUSH_REJECTED_URL: fifo, VCC_PUSH_QUEUE_URL: fifo.replace('.fifo', '') },
      'VCC_PUSH_QUEUE_URL: expected a FIFO queue, whose name ends in .fifo; received another one',
    ],
    [
      {
        VCC_PUSH_URL: url,
        VCC_PUSH_REJECTED_URL: fifo,
        VCC_PUSH_QUEUE_URL: fifo,
        VCC_PUSH_MAX_BYTES: '190001',
      },
      'VCC_PUSH_MAX_BYTES of default: expected at most 190000, so that a message of SQS fits into 256 KiB; received 190001',
    ],
    [
      { VCC_PUSH_URL: url, VCC_PUSH_INSTANCE: 'mine' },
      'VCC_PUSH_INSTANCE of default: expected a text with {account}, since 2 accounts would have the same series; received a text without it',
      2,
    ],
    [
      { ...list({ name: 'a', url }), VCC_PUSH_URL: url },
      'VCC_PUSH_DESTINATIONS: expected either a list of destinations or the settings of a single one (VCC_PUSH_URL); received both',
    ],
    [
      list({ name: 'a' }),
      'VCC_PUSH_DESTINATIONS: destinations[0].url: expected the address of the destination; received nothing',
    ],
    [list({ url }), 'VCC_PUSH_DESTINATIONS: destinations[0].name: expected a name; received nothing'],
    [
      list({ name: 'a', url }, { name: 'a', url }),
      'VCC_PUSH_DESTINATIONS: destinations[1].name: expected a name that no other destination has; received the name of an earlier one',
    ],
    [
      list({ name: 'a', ulr: url, type: 'emf' }),
      'VCC_PUSH_DESTINATIONS: destinations[0].ulr: unknown field; did you mean url?',
    ],
    [
      list({ name: 'a', url, headers: { 'X-A': 'b,c' } }),
      'VCC_PUSH_DESTINATIONS: destinations[0].headers: expected a text or number; received a mapping',
    ],
    [
      { VCC_PUSH_DESTINATIONS: '{"destinations": []}' },
      'VCC_PUSH_DESTINATIONS: destinations: expected a list of at least one destination; received none',
    ],
  ])('refuses %j', async (env, problem, accounts = 1) => {
    expect(await problemsOf(env, accounts)).toEqual([problem]);
  });

  test('shows no value of a secret field', async () => {
    const problems = await problemsOf(
      list({ name: 'a', url, auth: 'bearer', token: reference('VCC_VAR_NOT_SET'), headers: 'secret words' }),
    );
    expect(problems.join('\n')).not.toMatch(/secret words/);
    expect(problems).toHaveLength(2);
  });
});

describe('the new kinds of values', () => {
  const other = '; received another value';
  test.each([
    [
      'VCC_PUSH_HEADERS',
      'Authorization=x',
      `expected different headers Name=value, separated by commas, and none that the exporter sets (Authorization, Content-…)${other}`,
    ],
    [
      'VCC_PUSH_HEADERS',
      'A=1,a=2',
      `expected different headers Name=value, separated by commas, and none that the exporter sets (Authorization, Content-…)${other}`,
    ],
    [
      'VCC_PUSH_LABELS',
      'job=x',
      'expected different labels name=value, separated by commas, without account, agent_id, instance, job and le; received another value',
    ],
    [
      'VCC_PUSH_LABELS',
      'a',
      'expected different labels name=value, separated by commas, without account, agent_id, instance, job and le; received another value',
    ],
    [
      'VCC_PUSH_METRICS',
      'vcc_*_x',
      'expected metric names, separated by commas, each with an optional * at the end for any ending; received "vcc_*_x"',
    ],
    ['VCC_PUSH_ROLE_ARN', 'writer', 'expected the ARN of a role; received another value'],
    ['VCC_PUSH_AWS_REGION', 'Ireland', 'expected an AWS region like eu-west-1; received another value'],
    [
      'VCC_PUSH_NAMESPACE',
      'AWS/Lambda',
      'expected 1 to 255 letters, digits, spaces and . - _ / # :, not beginning with AWS/; received another value',
    ],
    [
      'VCC_PUSH_QUEUE_URL',
      'http://example.com/q',
      'expected the https address of an SQS queue; received an http address of another machine',
    ],
    [
      'VCC_PUSH_STATE',
      'gs://x/y',
      'expected a path, or s3://bucket/key; received an address of another kind',
    ],
  ])('%s=%s is refused by name', (name, value, problem) => {
    expect(() => loadSettings({ [name]: value })).toThrow(`${name}: ${problem}`);
  });
});

test('the schema accepts the examples of the docs, and rejects what the exporter rejects', () => {
  const read = (path: string) =>
    readFileSync(new URL(`../../docs/reference/${path}`, import.meta.url), 'utf8');
  const validate = new Ajv2020({ strict: false }).compile(JSON.parse(read('vcc-push.schema.json')));
  expect(
    validate({
      destinations: [
        { name: 'a', url, labels: { env: 'x' } },
        { name: 'b', type: 'emf' },
      ],
    }),
  ).toBe(true);
  expect(validate({ destinations: [{ name: 'a' }] })).toBe(false);
  expect(validate({ destinations: [{ name: 'a', url, nonsense: 1 }] })).toBe(false);
});

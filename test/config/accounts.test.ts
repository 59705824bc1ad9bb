import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { CORE_SCHEMA, load, mergeTag } from 'js-yaml';
import { toAccount } from '../../src/app/accounts.ts';
import { createReadText } from '../../src/app/places.ts';
import { type Config, loadConfig } from '../../src/config/accounts.ts';
import { ConfigError, type Environment } from '../../src/config/load.ts';

const folder = fileURLToPath(new URL('../fixtures/config/', import.meta.url));
const readText = createReadText();
const environment = { VCC_VAR_ACME_ID: 'an-id', VCC_VAR_ACME_SECRET: 's3cret' };

async function problemsOf(env: Environment): Promise<readonly string[]> {
  try {
    await loadConfig(env, readText);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

const duration = (least: string, most: string) =>
  `expected a duration like 500ms, 10s or 1m30s, from ${least} to ${most}`;
const labels =
  'expected different label names of letters, digits and _, separated by commas, none of account, agent_id, presence, description, workload, state, le, job, instance';
const url = 'expected an https address without user, query or fragment (http only for localhost)';

/** What is wrong with each file of the folder `broken`; FILE is its path. */
const broken: Record<string, string[]> = {
  'not-yaml': ['VCC_CONFIG: FILE, line 3, column 1: expected YAML; the indentation is wrong'],
  'two-documents': ['VCC_CONFIG: FILE: expected YAML; only one document is allowed'],
  'duplicate-key': ['VCC_CONFIG: FILE, line 4, column 5: expected YAML; a key occurs twice'],
  endless: ['VCC_CONFIG: FILE: an alias refers to a value that contains it'],
  'not-a-mapping': ['FILE: expected a mapping with accounts; received a list'],
  'no-accounts': [
    'FILE: accounts: expected a list of at least one account; received nothing',
    'FILE: account: unknown field; did you mean accounts?',
  ],
  'empty-list': ['FILE: accounts: expected a list of at least one account; received none'],
  'accounts-not-a-list': ['FILE: accounts: expected a list of at least one account; received a mapping'],
  'account-not-a-mapping': ['FILE: accounts[0]: expected a mapping with a name; received a text'],
  'unknown-field': ['FILE: accounts[0].page_sise: unknown field; did you mean page_size?'],
  'secret-as-field': ['FILE: accounts[0].a name that is not letters, digits and _: unknown field'],
  'no-name': ['FILE: accounts[0].name: expected a name; received nothing'],
  'same-name': [
    'FILE: accounts[2].name: expected a name that no other account has; received the name of an earlier one',
  ],
  'long-name': [
    `FILE: accounts[0].name: expected 1 to 100 characters without line breaks; received 112 characters`,
  ],
  'no-credentials': [
    'FILE: accounts[0]: expected a secret_id, or client_id and client_secret; received neither',
  ],
  'half-credentials': [
    'FILE: accounts[0].client_secret: expected a value, since accounts[0].client_id is set; received nothing',
  ],
  'both-credentials': [
    'FILE: accounts[0].secret_id: expected either a secret or accounts[0].client_id and accounts[0].client_secret; received both',
  ],
  'foreign-variable': [
    'FILE: accounts[0].client_secret: expected a variable whose name begins with VCC_VAR_; received another one',
  ],
  'unset-variable': [
    'FILE: accounts[0].client_secret: expected the environment variable VCC_VAR_NOT_SET to be set; received nothing',
  ],
  'bad-region': ['FILE: accounts[0].region: expected one of emea, nam, apac; received "us"'],
  'bad-hosts': ['FILE: accounts[0].hosts: expected one of newvoicemedia, vonage; received "example"'],
  'bad-url': [
    `FILE: accounts[0].token_url: ${url}; received an address with a user`,
    `FILE: accounts[0].api_url: ${url}; received an http address of another machine`,
  ],
  'bad-token-auth': ['FILE: accounts[0].token_auth: expected one of body, basic; received "digest"'],
  'bad-secret-id': [
    'FILE: accounts[0].secret_id: expected the name or ARN of a secret (letters, digits and /_+=.@-); received another value',
  ],
  'bad-timeouts': [
    `FILE: accounts[0].timeout: ${duration('100ms', '15m')}; received "soon"`,
    `FILE: accounts[0].request_timeout: ${duration('50ms', '15m')}; received "1ms"`,
    `FILE: accounts[0].cache_ttl: ${duration('0ms', '1h')}; received "-1s"`,
    `FILE: accounts[0].roster_ttl: ${duration('1s', '7d')}; received "0"`,
  ],
  'bad-numbers': [
    'FILE: accounts[0].page_size: expected a whole number from 1 to 5000; received "0"',
    'FILE: accounts[0].page_concurrency: expected a whole number from 1 to 10000; received "10001"',
    'FILE: accounts[0].retries: expected a whole number from 0 to 20; received "many"',
    'FILE: accounts[0].max_pages: expected a whole number from 1 to 100000; received "1.5"',
    'FILE: accounts[0].max_body_bytes: expected a whole number from 1000 to 500000000; received "10"',
    'FILE: accounts[0].agent_limit: expected a whole number from 0 to 1000000; received "-1"',
  ],
  'value-is-a-list': ['FILE: accounts[0].region: expected a text or number; received a list'],
  'value-is-a-mapping': [
    'FILE: accounts[0].secret_id: expected a text or number; received a mapping',
    'FILE: accounts[0]: expected a secret_id, or client_id and client_secret; received neither',
  ],
  'bad-agent-metrics': [
    'FILE: accounts[0].agent_metrics: expected one of off, hashed, ids; received "names"',
    'FILE: accounts[0].agent_logged_out: expected one of exclude, include; received "maybe"',
  ],
  'bad-pattern': [
    'FILE: accounts[0].agent_include: expected an RE2 expression for agent ids (no lookaround, no backreferences), or column=expression with a roster column in snake_case; received another value',
    'FILE: accounts[0].agent_exclude: expected an RE2 expression for agent ids (no lookaround, no backreferences), or column=expression with a roster column in snake_case; received another value',
    'FILE: accounts[1].agent_include: expected an RE2 expression for agent ids (no lookaround, no backreferences), or column=expression with a roster column in snake_case; received another value',
    'FILE: accounts[1].agent_exclude: expected an RE2 expression for agent ids (no lookaround, no backreferences), or column=expression with a roster column in snake_case; received another value',
  ],
  'pattern-without-roster': [
    'FILE: accounts[0].agent_include: expected an expression for agent ids, since no accounts[0].roster is set; received one for a column',
  ],
  'short-key': ['FILE: accounts[0].agent_key: expected at least 16 characters; received another value'],
  'hashed-without-key': [
    'FILE: accounts[0].agent_key: expected a key here or as agentKey in a secret, since accounts[0].agent_metrics is hashed; received nothing',
  ],
  'hashed-with-names': [
    'FILE: accounts[0].roster_labels: expected no name, since accounts[0].agent_metrics is hashed; received one',
  ],
  'bad-roster': [
    'FILE: accounts[0].roster: expected a path, or s3://bucket/key; received an address of another kind',
  ],
  'bad-roster-labels': [
    `FILE: accounts[0].roster_labels: ${labels}; received another value`,
    `FILE: accounts[1].roster_labels: ${labels}; received another value`,
    `FILE: accounts[2].roster_labels: ${labels}; received another value`,
  ],
};

describe('a list of accounts', () => {
  let config: Config;
  test('is read, every field by the name of its setting', async () => {
    config = await loadConfig({ ...environment, VCC_CONFIG: `${folder}accounts.yml` }, readText);
    const [uk, us, third] = config.accounts;
    expect(config.accounts).toHaveLength(3);
    expect(uk).toMatchObject({
      VCC_ACCOUNT: 'acme-uk',
      VCC_SECRET_ID: 'vcc/acme-uk',
      VCC_PAGE_SIZE: 500,
      VCC_TIMEOUT: 8000,
      VCC_ROSTER: { location: 's3://acme-config/uk.csv' },
      VCC_ROSTER_LABELS: ['name', 'team', 'floor'],
      VCC_AGENT_METRICS: 'ids',
    });
    expect(us).toMatchObject({ VCC_REGION: 'nam', VCC_HOSTS: 'vonage', VCC_CLIENT_ID: 'an-id' });
    expect(us!.VCC_CLIENT_SECRET!.reveal()).toBe('s3cret');
    // A text that looks like a number stays a text.
    expect(third).toMatchObject({ VCC_ACCOUNT: '0012', VCC_REGION: 'nam', VCC_RETRIES: 0 });
    expect(toAccount(third!).api.apiUrl).toBe('https://api.example');
  });

  test('takes from the environment what it does not set', async () => {
    const env = {
      ...environment,
      VCC_CONFIG: `${folder}accounts.yml`,
      VCC_PAGE_SIZE: '250',
      VCC_SECRET_ID: 'all',
    };
    const { settings, accounts } = await loadConfig(env, readText);
    expect(accounts.map((account) => account.VCC_PAGE_SIZE)).toEqual([500, 250, 250]);
    // The common secret does not apply to accounts with their own credentials.
    expect(accounts.map((account) => account.VCC_SECRET_ID)).toEqual(['vcc/acme-uk', undefined, undefined]);
    expect(settings.VCC_SECRET_ID).toBe('all');
  });

  test('may be the value of the variable, as YAML or JSON', async () => {
    const VCC_CONFIG = '{"accounts": [{"name": "a", "secret_id": "x", "page_size": 10}]}';
    const { accounts } = await loadConfig({ VCC_CONFIG }, readText);
    expect(accounts[0]).toMatchObject({ VCC_ACCOUNT: 'a', VCC_PAGE_SIZE: 10 });
    expect(await problemsOf({ VCC_CONFIG: '{"accounts": [{"name": "hunter2", "x": 1}]}' })).toEqual([
      'VCC_CONFIG: accounts[0].x: unknown field',
      'VCC_CONFIG: accounts[0]: expected a secret_id, or client_id and client_secret; received neither',
    ]);
  });

  test('may read queues for some accounts only, each with its own names and times', async () => {
    const VCC_CONFIG = JSON.stringify({
      accounts: [
        { name: 'a', client_id: 'x', client_secret: 'y' },
        {
          name: 'b',
          client_id: 'x',
          client_secret: 'y',
          queues: 'on',
          queue_window: '1h',
          queue_interval: '2m',
          queue_include: 'Sales.*',
          queue_exclude: 'Sales Test',
          queue_numbers: 'show',
          skills: 'users-api',
        },
      ],
    });
    const { accounts } = await loadConfig({ VCC_CONFIG, VCC_MAX_QUEUES: '7' }, readText);
    const [off, on] = accounts.map((account) => toAccount(account).queues);
    expect(off).toBeUndefined();
    expect(on).toMatchObject({
      windowMs: 3_600_000,
      intervalMs: 120_000,
      maxQueues: 7,
      numbers: 'show',
      skillsTtlMs: 3_600_000,
    });
    const isIncluded = (name: string) => on!.include!.test(name) && !on!.exclude!.test(name);
    expect(['Sales UK', 'Sales Test', 'Support'].filter(isIncluded)).toEqual(['Sales UK']);
    const all = await loadConfig({ VCC_CONFIG, VCC_QUEUES: 'on' }, readText);
    expect(all.accounts.map(({ VCC_QUEUES }) => VCC_QUEUES)).toEqual(['on', 'on']);
  });

  test.each([
    [{ skills: 'users-api' }, 'skills: expected off, since accounts[0].queues is off; received "users-api"'],
    [{ queues: true }, 'queues: expected one of off, on; received "true"'],
    [{ queues: 'on', queue_window: '1s' }, `queue_window: ${duration('1m', '1d')}; received "1s"`],
    [
      { queues: 'on', queue_include: 'a(?=b)' },
      'queue_include: expected an RE2 expression (no lookaround, no backreferences); received another value',
    ],
  ])('rejects %j by the name of its field', async (fields, problem) => {
    const VCC_CONFIG = JSON.stringify({ accounts: [{ name: 'a', secret_id: 'x', ...fields }] });
    expect(await problemsOf({ VCC_CONFIG })).toEqual([`VCC_CONFIG: accounts[0].${problem}`]);
  });

  test('has skills in general settings for the accounts with queues only', async () => {
    const each = [
      { name: 'a', client_id: 'x', client_secret: 'y', queues: 'on' },
      { name: 'b', client_id: 'x', client_secret: 'y' },
    ];
    const env = { VCC_CONFIG: JSON.stringify({ accounts: each }), VCC_SKILLS: 'users-api' };
    const { accounts } = await loadConfig(env, readText);
    const ttls = accounts.map((account) => toAccount(account).queues?.skillsTtlMs);
    expect(ttls).toEqual([3_600_000, undefined]);
  });

  test.each([
    ['---\naccounts:\n  - {name: a, secret_id: x}', []],
    ['# ours\naccounts:\n  - {name: a, secret_id: x}', []],
    ['"accounts": [{name: a, secret_id: x}]', []],
    [
      '[{"name": "a", "client_secret": "hunter2"}]',
      ['VCC_CONFIG: expected a mapping with accounts; received a list'],
    ],
  ])('is never taken for a path, which would be quoted: %j', async (VCC_CONFIG, problems) => {
    if (problems.length > 0) expect(await problemsOf({ VCC_CONFIG })).toEqual(problems);
    else expect((await loadConfig({ VCC_CONFIG }, readText)).accounts).toHaveLength(1);
  });

  test('quotes no variable that is in the wrong field', async () => {
    const entry = `{name: a, secret_id: x, region: "\${VCC_VAR_MINE}", timeout: "\${VCC_VAR_MINE}"}`;
    expect(await problemsOf({ VCC_CONFIG: `accounts:\n  - ${entry}`, VCC_VAR_MINE: 'hunter2' })).toEqual([
      'VCC_CONFIG: accounts[0].region: expected one of emea, nam, apac; received another value',
      expect.stringMatching(
        /^VCC_CONFIG: accounts\[0\]\.timeout: expected a duration .*; received another value$/,
      ),
    ]);
  });

  test('refuses a value that is too long, without delay', async () => {
    const list = {
      accounts: [{ name: 'a', secret_id: 'x', known_values: `state=${'\t'.repeat(300_000)}x\n=` }],
    };
    const started = performance.now();
    expect(await problemsOf({ VCC_CONFIG: JSON.stringify(list) })).toEqual([
      'VCC_CONFIG: accounts[0].known_values: expected at most 10000 characters; received more',
    ]);
    expect(performance.now() - started).toBeLessThan(3000);
  });

  test('treats null as not set', async () => {
    const VCC_CONFIG = '{"accounts": [{"name": "a", "secret_id": "x", "region": null, "roster": null}]}';
    const { accounts } = await loadConfig({ VCC_CONFIG }, readText);
    expect(accounts[0]).toMatchObject({ VCC_REGION: 'emea' });
    expect(accounts[0]!.VCC_ROSTER).toBeUndefined();
  });

  test('is refused together with the settings of a single account', async () => {
    const env = { VCC_CONFIG: '{}', VCC_ACCOUNT: 'acme', VCC_CLIENT_ID: 'x', VCC_CLIENT_SECRET: 'y' };
    expect(await problemsOf(env)).toEqual([
      'VCC_CONFIG: expected either a list of accounts or the settings of a single one (VCC_ACCOUNT, VCC_CLIENT_ID, VCC_CLIENT_SECRET); received both',
    ]);
  });

  test('that does not exist is named', async () => {
    expect(await problemsOf({ VCC_CONFIG: '/nowhere/accounts.yml' })).toEqual([
      'VCC_CONFIG: /nowhere/accounts.yml: does not exist',
    ]);
    expect(await problemsOf({ VCC_CONFIG: folder })).toEqual([`VCC_CONFIG: ${folder}: is a folder`]);
  });

  test.each(Object.keys(broken))('that is broken is refused with every problem: %s', async (name) => {
    const file = `${folder}broken/${name}.yml`;
    const problems = await problemsOf({ VCC_CONFIG: file });
    expect(problems).toEqual(broken[name]!.map((problem) => problem.replace('FILE', file)));
    expect(problems.join()).not.toContain('hunter2');
  });

  test('has a broken fixture for each rule, and no fixture without a rule', () => {
    const files = readdirSync(`${folder}broken`).map((file) => file.replace(/\.yml$/, ''));
    expect(files.toSorted()).toEqual(Object.keys(broken).toSorted());
  });
});

describe('the JSON Schema of a list of accounts', () => {
  const path = new URL('../../docs/reference/vcc-config.schema.json', import.meta.url);
  const validate = new Ajv2020({ strict: false }).compile(JSON.parse(readFileSync(path, 'utf8')));
  const parse = (file: string) =>
    load(readFileSync(`${folder}${file}`, 'utf8'), { schema: CORE_SCHEMA.withTags(mergeTag) });

  test('accepts a list that the exporter accepts', () => {
    expect(validate(parse('accounts.yml'))).toBe(true);
  });

  /** What a schema cannot check: invalid YAML, and rules about more than one value. */
  const beyond = [
    ...[
      'not-yaml',
      'two-documents',
      'duplicate-key',
      'endless',
      'same-name',
      'no-credentials',
      'unset-variable',
      'foreign-variable',
    ],
    ...[
      'bad-pattern',
      'pattern-without-roster',
      'hashed-without-key',
      'hashed-with-names',
      'bad-roster',
      'bad-roster-labels',
    ],
  ];
  test.each(Object.keys(broken).filter((name) => !beyond.includes(name)))('refuses %s too', (name) => {
    expect(validate(parse(`broken/${name}.yml`))).toBe(false);
  });
});

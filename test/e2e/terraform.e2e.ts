import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { settings } from '../../src/config/settings.ts';
import { regions } from '../../src/vcc/regions.ts';
import { byText, type Essentials, essentialsOf, type Statement } from '../support/essentials.ts';
import { packageStack } from '../support/template.ts';
import { describeWith } from './support/parts.ts';
import { type Evaluated, evaluate, findWritten, readConfiguration } from './support/terraform.ts';

const folder = fileURLToPath(new URL('../../deploy/terraform/', import.meta.url));
const configuration = readConfiguration(folder);
const written = findWritten(Object.values(configuration).join('\n'));
const push = { push_enabled: true, push_settings: { VCC_PUSH_URL: 'https://example.com/api/v1/write' } };

/** What Terraform evaluates, in the words of the template. */
function toEssentials({ resources }: Evaluated, name: 'metrics' | 'push'): Essentials {
  const own = resources[`aws_lambda_function.${name}`]!;
  const url = resources[`aws_lambda_function_url.${name}`];
  const rule = resources[`aws_cloudwatch_event_rule.${name}`];
  const invocation = resources[`aws_lambda_function_event_invoke_config.${name}`];
  const policy = JSON.parse(resources[`aws_iam_role_policy.${name}`]!.policy as string) as {
    Statement: { Action: string | string[]; Resource: string; Condition?: unknown }[];
  };
  const statements: Statement[] = policy.Statement.map(({ Action, Resource, Condition }) => ({
    actions: [Action].flat(),
    resource:
      Resource === `aws_cloudwatch_log_group.${name}.arn:*`
        ? 'logs'
        : Resource.replace('aws_partition.current.partition', '{AWS::Partition}')
            .replace('aws_region.current.region', '{AWS::Region}')
            .replace('aws_caller_identity.current.account_id', '{AWS::AccountId}'),
    condition: Condition,
  }));
  const permissions = Object.entries(resources)
    .filter(
      ([address, each]) =>
        address.startsWith('aws_lambda_permission.') &&
        each.function_name === `aws_lambda_function.${name}.function_name`,
    )
    .map(([, each]) => ({
      action: each.action,
      principal: each.principal,
      ...('function_url_auth_type' in each && { authType: each.function_url_auth_type }),
      ...('invoked_via_function_url' in each && { viaUrl: each.invoked_via_function_url }),
      ...(each.source_arn === `aws_cloudwatch_event_rule.${name}.arn` && { by: 'schedule' as const }),
    }));
  return {
    runtime: own.runtime,
    architectures: own.architectures,
    handler: own.handler,
    memory: own.memory_size,
    timeout: own.timeout,
    concurrency: own.reserved_concurrent_executions,
    variables: (own.environment as { variables: Record<string, unknown> }).variables,
    assumedBy: JSON.parse(resources[`aws_iam_role.${name}`]!.assume_role_policy as string),
    statements: statements.toSorted(byText),
    permissions: permissions.toSorted(byText),
    logRetention: resources[`aws_cloudwatch_log_group.${name}`]!.retention_in_days,
    urlAuthType: url?.authorization_type,
    // A rule is enabled by default.
    schedule: rule && { expression: rule.schedule_expression, state: rule.state ?? 'ENABLED' },
    retries: invocation?.maximum_retry_attempts,
    maxAgeSeconds: invocation?.maximum_event_age_in_seconds,
  };
}

describeWith(['terraform'], 'deploy/terraform under Terraform', ({ terraform: { terraform } }) => {
  let byDefault: Evaluated;
  let withPush: Evaluated;
  let template: ReturnType<typeof packageStack>['template'];
  beforeAll(() => {
    byDefault = evaluate(terraform, configuration, { account: 'acme-uk' });
    withPush = evaluate(terraform, configuration, { account: 'acme-uk', ...push });
    const made = packageStack({
      VCC_REGION: 'emea',
      VCC_PUSH_PERIOD: '1m',
      pushEnabled: 'true',
      pushQueue: 'false',
      VCC_PUSH_URL: push.push_settings.VCC_PUSH_URL,
    });
    if (made.status !== 0) throw new Error(made.output);
    template = made.template;
  });

  test('has the form of `terraform fmt`', () => {
    const home = mkdtempSync(join(tmpdir(), 'vcc-e2e-terraform-'));
    try {
      const { status, stdout } = spawnSync(terraform, ['fmt', '-check', '-diff', '-recursive', folder], {
        encoding: 'utf8',
        env: { PATH: process.env.PATH, HOME: home },
      });
      expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  });

  test('evaluates without an error', () => {
    expect([byDefault.errors, withPush.errors]).toEqual([[], []]);
    expect(Object.keys(byDefault.resources)).toHaveLength(
      written.filter(({ kind }) => kind === 'resource').length,
    );
  });

  test('makes the same scrape function as serverless.yml', () => {
    const { variables, ...own } = toEssentials(byDefault, 'metrics');
    const { variables: all, ...expected } = essentialsOf(template, 'MetricsLambdaFunction');
    expect(own).toEqual(expected);
    expect(own.permissions).toHaveLength(2);
    expect(variables).toEqual({ VCC_ACCOUNT: 'acme-uk', VCC_REGION: 'emea', VCC_SECRET_ID: 'vcc-exporter' });
    expect(all).toMatchObject({ VCC_REGION: variables.VCC_REGION, VCC_SECRET_ID: variables.VCC_SECRET_ID });
  });

  test('makes the same push function as serverless.yml, except for queues and the bucket', () => {
    const { variables, ...own } = toEssentials(withPush, 'push');
    const { variables: _, statements, ...expected } = essentialsOf(template, 'PushLambdaFunction');
    const elsewhere = (action: string) => action.startsWith('sqs:') || action.startsWith('s3:');
    expect(own).toEqual({
      ...expected,
      statements: statements.filter(({ actions }) => !actions.some(elsewhere)),
    });
    expect(own.schedule).toEqual({ expression: 'rate(1 minute)', state: 'ENABLED' });
    expect(variables).toEqual({
      VCC_ACCOUNT: 'acme-uk',
      VCC_REGION: 'emea',
      VCC_SECRET_ID: 'vcc-exporter',
      VCC_PUSH_URL: 'https://example.com/api/v1/write',
      VCC_PUSH_PERIOD: settings.VCC_PUSH_PERIOD.fallback,
    });
  });

  test('has no part of push unless it is enabled', () => {
    const counts = (evaluated: Evaluated) =>
      Object.entries(evaluated.resources).map(([address, { count = 1 }]) => [address, count]);
    const ofPush = (count: number) =>
      written
        .filter(({ kind }) => kind === 'resource')
        .map(({ type, name }) => [`${type}.${name}`, name === 'push' ? count : 1]);
    expect(counts(byDefault).toSorted()).toEqual(ofPush(0).toSorted());
    expect(counts(withPush).toSorted()).toEqual(ofPush(1).toSorted());
  });

  test('gives the address and the host to scrape', () => {
    expect(byDefault.outputs).toEqual({
      metrics_url: 'https://aws_lambda_function_url.metrics/metrics',
      metrics_host: 'aws_lambda_function_url.metrics',
    });
  });

  test('accepts an ARN, pending versions, further settings, a workspace, and no reserved concurrency', () => {
    const secret = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:acme-Ab3dEf';
    const workspace = 'arn:aws:aps:eu-west-1:123456789012:workspace/ws-1';
    const evaluated = evaluate(terraform, configuration, {
      ...push,
      account: 'acme-uk',
      region: 'nam',
      secret_id: secret,
      settings: {
        VCC_SECRET_PENDING: 'when-rejected',
        VCC_SCRAPE_AUTH: 'credentials',
        VCC_QUEUES: 'on',
      },
      concurrency: -1,
      aps_workspace_arns: [workspace],
    });
    expect(evaluated.errors).toEqual([]);
    const { statements, variables, concurrency } = toEssentials(evaluated, 'push');
    expect(concurrency).toBe(-1);
    expect(variables).toMatchObject({
      VCC_REGION: 'nam',
      VCC_SECRET_PENDING: 'when-rejected',
      VCC_QUEUES: 'on',
    });
    expect(statements.filter(({ resource }) => resource !== 'logs')).toEqual([
      { actions: ['aps:RemoteWrite'], resource: workspace, condition: undefined },
      {
        actions: ['secretsmanager:GetSecretValue'],
        resource: secret,
        condition: {
          'ForAnyValue:StringEquals': { 'secretsmanager:VersionStage': ['AWSCURRENT', 'AWSPENDING'] },
        },
      },
    ]);
  });

  test.each(regions)('takes the region %s', (region) => {
    expect(evaluate(terraform, configuration, { account: 'acme-uk', region }).errors).toEqual([]);
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['a name', { name: 'a b' }, 'name: expected 1 to 40 letters, digits or hyphens.'],
    ['an account', { account: '' }, 'account: expected 1 to 100 characters without line breaks.'],
    ['a region', { region: 'eu-west-1' }, 'region: expected emea, nam or apac.'],
    [
      'a secret',
      { secret_id: 'a b' },
      'secret_id: expected the name or ARN of a secret (letters, digits and /_+=.@-).',
    ],
    [
      'settings',
      { settings: { CACHE_TTL: '10s' } },
      'settings: expected names that begin with VCC_. Names that begin with VCC_PUSH_ belong in push_settings.',
    ],
    [
      'credentials among settings',
      { settings: { VCC_CLIENT_SECRET: 'x' } },
      'settings: put credentials into the secret. The state of Terraform would show them.',
    ],
    [
      'a public URL without credentials',
      { settings: { VCC_SCRAPE_AUTH: 'none' } },
      'settings: expected VCC_SCRAPE_AUTH to be credentials, since the Function URL of this example is public.',
    ],
    [
      'IAM signatures',
      { settings: { VCC_SCRAPE_AUTH: 'iam' } },
      'settings: expected VCC_SCRAPE_AUTH to be credentials, since the Function URL of this example is public.',
    ],
    [
      'a list of accounts',
      { settings: { VCC_CONFIG: 's3://bucket/key' } },
      'settings: this example has one account, the variable account. serverless.yml supports VCC_CONFIG.',
    ],
    [
      'concurrency',
      { concurrency: 0 },
      'concurrency: expected a whole number from 1, or -1 for no reservation.',
    ],
    [
      'settings of push',
      { push_settings: { VCC_CACHE_TTL: '10s' } },
      'push_settings: expected names that begin with VCC_PUSH_.',
    ],
    [
      'credentials among settings of push',
      { push_settings: { VCC_PUSH_TOKEN: 'x' } },
      'push_settings: put credentials into the secret. The state of Terraform would show them.',
    ],
    [
      'a queue',
      { push_settings: { VCC_PUSH_QUEUE_URL: 'x' } },
      'push_settings: this example has a fixed schedule, no queues and no bucket. serverless.yml supports them.',
    ],
  ])('refuses %s that cannot be used, and says what is expected', (_, variables, message) => {
    expect(evaluate(terraform, configuration, { account: 'acme-uk', ...variables }).errors).toEqual([
      message,
    ]);
  });

  test('requires a destination for push', () => {
    const fulfils = (variables: Record<string, unknown>) => {
      const { lifecycle } = evaluate(terraform, configuration, { account: 'acme-uk', ...variables })
        .resources['aws_lambda_function.push']! as {
        lifecycle: { precondition: { condition: boolean; error_message: string } };
      };
      expect(lifecycle.precondition.error_message).toBe(
        'push_settings: expected VCC_PUSH_URL or VCC_PUSH_DESTINATIONS, since push_enabled is true.',
      );
      return lifecycle.precondition.condition;
    };
    expect(fulfils({ push_enabled: true })).toBe(false);
    expect(fulfils(push)).toBe(true);
    expect(fulfils({ push_enabled: true, push_settings: { VCC_PUSH_TYPE: 'emf' } })).toBe(true);
  });
});

describeWith(['awsProvider'], 'deploy/terraform under the schema of the AWS provider', ({ awsProvider }) => {
  interface Attribute {
    settable: boolean;
    required: boolean;
    block: string | undefined;
  }
  type Schema = Record<string, Attribute>;
  const schemas: Record<string, Schema> = {};
  /** The folder of a type in the package: lambda-function, data-aws-region. */
  const toModule = (kind: string, type: string) =>
    `${kind === 'data' ? 'data-aws-' : ''}${type.replace('aws_', '').replaceAll('_', '-')}`;
  const types = [...new Set(written.map(({ kind, type }) => toModule(kind, type)))];

  /** The description of each attribute in the comments of a class of the package. */
  function toSchema(source: string, parent: RegExp): Schema {
    const body = source.split(/^class /m).find((each) => parent.test(each.split('\n')[0]!))!;
    const attributes = body.matchAll(/\/\/ (\w+) - computed: \w+, optional: (\w+), required: (\w+)/g);
    return Object.fromEntries(
      [...attributes].map(([, name, optional, required]) => [
        name!,
        {
          settable: optional === 'true' || required === 'true',
          required: required === 'true',
          block: new RegExp(
            `\\b${name}: \\{\\s+value: .*\\n\\s+isBlock: true,\\s+type: ".*",\\s+storageClassType: "(\\w+?)(?:List)?",`,
          ).exec(body)?.[1],
        },
      ]),
    );
  }

  const sources: Record<string, string> = {};
  beforeAll(() => {
    const target = mkdtempSync(join(tmpdir(), 'vcc-e2e-provider-'));
    try {
      const files = types.map((type) => `package/lib/${type}/index.js`);
      const done = spawnSync('tar', ['-xzf', awsProvider.archive, '-C', target, ...files], {
        encoding: 'utf8',
      });
      expect(done).toMatchObject({ status: 0, stderr: '' });
      for (const type of types) {
        sources[type] = readFileSync(join(target, 'package', 'lib', type, 'index.js'), 'utf8');
        schemas[type] = toSchema(sources[type], / extends cdktn\.Terraform(?:Resource|DataSource) /);
      }
    } finally {
      rmSync(target, { recursive: true, force: true });
    }
  });

  /** Arguments of Terraform itself. */
  const ofTerraform = ['count', 'depends_on', 'lifecycle'];
  const faults = (given: readonly string[], blocks: readonly string[], schema: Schema) => [
    ...given
      .filter((name) => !schema[name]?.settable || schema[name].block)
      .map((name) => `no argument ${name}`),
    ...blocks.filter((name) => !schema[name]?.block).map((name) => `no block ${name}`),
    ...Object.keys(schema)
      .filter((name) => schema[name]!.required && ![...given, ...blocks].includes(name))
      .map((name) => `${name} is missing`),
  ];

  test('the configuration has resources and data sources', () => {
    expect(written.map(({ kind }) => kind).filter((kind) => kind === 'data')).toHaveLength(3);
    expect(written.length).toBeGreaterThan(12);
  });

  test.each(written)('$type $name has only existing arguments', ({ kind, type, attributes, blocks }) => {
    const module = toModule(kind, type);
    const own = (names: readonly string[]) => names.filter((name) => !ofTerraform.includes(name));
    expect(faults(own(attributes), own(Object.keys(blocks)), schemas[module]!)).toEqual([]);
    for (const block of own(Object.keys(blocks))) {
      const nested = toSchema(
        sources[module]!,
        new RegExp(`^${schemas[module]![block]!.block}OutputReference `),
      );
      expect(faults(blocks[block]!, [], nested)).toEqual([]);
    }
  });

  test('every attribute that is referred to exists', () => {
    const references = Object.values(configuration)
      .join('\n')
      .matchAll(/\b(data\.)?(aws_\w+)\.\w+(?:\[0\])?\.(\w+)/g);
    for (const [text, data, type, attribute] of references) {
      const schema = schemas[toModule(data ? 'data' : 'resource', type!)];
      expect([text, Object.keys(schema ?? {})]).toEqual([text, expect.arrayContaining([attribute])]);
    }
  });

  describe('the judge', () => {
    test('finds what is wrong', () => {
      const schema = schemas['lambda-function']!;
      expect(
        faults(['function_name', 'arn', 'reserved_concurrency', 'environment'], ['environments'], schema),
      ).toEqual([
        'no argument arn',
        'no argument reserved_concurrency',
        'no argument environment',
        'no block environments',
        'role is missing',
      ]);
    });
  });
});

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { type Setting, type SettingName, settings } from '../../src/config/settings.ts';
import { violations } from '../support/cloudformation.ts';
import { packageStack, type Template } from '../support/template.ts';

const readText = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

/** Settings that a deployment has no parameter for, and why. */
const notDeployed: Partial<Record<SettingName, string>> = {
  VCC_CLIENT_ID: 'from the secret: who may see the configuration of a function need not see it',
  VCC_CLIENT_SECRET: 'from the secret',
  VCC_SCRAPE_TOKENS: 'from the secret',
  VCC_SCRAPE_USERS: 'from the secret',
  VCC_AGENT_KEY: 'from the secret',
  HOST: 'of the local server',
  PORT: 'of the local server',
};
const deployed = (Object.keys(settings) as SettingName[]).filter((name) => !(name in notDeployed));

/** Choices that make different stacks. */
const variants: Record<string, Record<string, string>> = {
  'as it is': {},
  'behind IAM, with everything on': {
    VCC_SCRAPE_AUTH: 'iam',
    VCC_SECRET_ID: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:acme-Ab3dEf',
    VCC_SECRET_PENDING: 'when-rejected',
    tracing: 'Active',
    secretKmsKeyArn: 'arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555',
    alarmTopicArn: 'arn:aws:sns:us-east-1:123456789012:pager',
    concurrency: 'none',
    pushEnabled: 'true',
    memory: '512',
  },
  'with accounts and rosters in S3': {
    VCC_CONFIG: 's3://acme-config/vcc/accounts.yml',
    VCC_ROSTER: 's3://acme-config/vcc/roster.csv',
    objects: 's3://acme-config/rosters/*, s3://acme-hr/people.csv',
    secrets: 'acme-uk, arn:aws:secretsmanager:us-east-1:123456789012:secret:acme-us-Ab3dEf',
    objectsKmsKeyArn: 'arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555',
  },
  'behind an HTTP API with IAM': { endpoint: 'http-api', VCC_SCRAPE_AUTH: 'iam' },
};

const stacks: Record<string, { template: Template; text: string }> = {};
beforeAll(() => {
  for (const [name, parameters] of Object.entries(variants)) {
    const made = packageStack(parameters);
    if (made.status !== 0) throw new Error(`${name}: ${made.output}`);
    stacks[name] = made;
  }
}, 120_000);

const resource = (stack: string, id: string) => stacks[stack]!.template.Resources[id]!.Properties;
const typesOf = (stack: string) => Object.values(stacks[stack]!.template.Resources).map(({ Type }) => Type);

interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: unknown;
  Condition?: unknown;
}
/** What a role allows: action -> what on. */
function allowed(stack: string, role: string): Record<string, unknown> {
  const policies = resource(stack, role).Policies as { PolicyDocument?: { Statement: Statement[] } }[];
  const statements = policies.flatMap(({ PolicyDocument }) => PolicyDocument?.Statement ?? []);
  expect(statements.every(({ Effect }) => Effect === 'Allow')).toBe(true);
  return Object.fromEntries(
    statements.flatMap(({ Action, Resource }) => [Action].flat().map((action) => [action, Resource])),
  );
}

describe.each(Object.keys(variants))('the stack %s', (stack) => {
  test('has the types and properties that CloudFormation knows', () => {
    expect(violations(stacks[stack]!.template)).toEqual([]);
  });

  test('gives each function a role of its own', () => {
    expect(resource(stack, 'MetricsLambdaFunction').Role).toEqual({ 'Fn::GetAtt': ['MetricsRole', 'Arn'] });
    expect(resource(stack, 'PushLambdaFunction').Role).toEqual({ 'Fn::GetAtt': ['PushRole', 'Arn'] });
    expect(typesOf(stack).filter((type) => type === 'AWS::IAM::Role')).toHaveLength(2);
    expect(typesOf(stack).filter((type) => /AWS::IAM::(?!Role)/.test(type))).toEqual([]);
  });

  test.each(['Metrics', 'Push'])('%s may do what its code calls and nothing else', (name) => {
    const bundle = JSON.parse(readText(`dist/handlers/${name.toLowerCase()}.mjs.map`)) as {
      sourcesContent: string[];
    };
    const called = bundle.sourcesContent.join('\n').matchAll(/new sdk\.(\w+)Command\(/g);
    const { VCC_CONFIG: inS3, objectsKmsKeyArn } = variants[stack]!;
    const services: Record<string, string> = { GetSecretValue: 'secretsmanager', GetObject: 's3' };
    const commands = [...called].map(([, command]) => command!);
    expect(commands.toSorted()).toEqual(['GetObject', 'GetSecretValue']);
    // Objects may be read where there are any.
    const calls = commands.flatMap((command) =>
      command === 'GetObject' && !inS3 ? [] : [`${services[command]}:${command}`],
    );
    // What Lambda itself does in the name of the function.
    const service = ['logs:CreateLogStream', 'logs:PutLogEvents'];
    if (name === 'Push') service.push('sqs:SendMessage');
    const { secretKmsKeyArn, tracing } = variants[stack]!;
    if (secretKmsKeyArn || objectsKmsKeyArn) service.push('kms:Decrypt');
    if (tracing === 'Active') service.push('xray:PutTraceSegments', 'xray:PutTelemetryRecords');
    const actual = allowed(stack, `${name}Role`);
    expect(Object.keys(actual).toSorted()).toEqual([...calls, ...service].toSorted());
    // Everything has a resource but tracing, for which there is none.
    const everywhere = Object.keys(actual).filter((action) => JSON.stringify(actual[action]) === '"*"');
    expect(everywhere.filter((action) => !action.startsWith('xray:'))).toEqual([]);
    expect(actual['logs:PutLogEvents']).toEqual({ 'Fn::GetAtt': [`${name}LogGroup`, 'Arn'] });
    if (name === 'Push') expect(actual['sqs:SendMessage']).toEqual({ 'Fn::GetAtt': ['PushFailures', 'Arn'] });
  });

  test('names the address to scrape', () => {
    const value = stacks[stack]!.template.Outputs.MetricsUrl!.Value;
    expect(value).toEqual(
      variants[stack]!.endpoint === 'http-api'
        ? { 'Fn::Sub': 'https://${HttpApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}/metrics' }
        : { 'Fn::Sub': '${MetricsLambdaFunctionUrl.FunctionUrl}metrics' },
    );
  });

  test('holds no secret', () => {
    expect(stacks[stack]!.text).not.toMatch(/CLIENT_SECRET|CLIENT_ID|SCRAPE_TOKENS|SCRAPE_USERS/);
  });
});

describe('the stack as it is', () => {
  const stack = 'as it is';

  test.each(['Metrics', 'Push'])('runs %s as it should', (name) => {
    expect(resource(stack, `${name}LambdaFunction`)).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: `${name.toLowerCase()}.handler`,
      MemorySize: 256,
      Timeout: 25,
      TracingConfig: { Mode: 'PassThrough' },
      ReservedConcurrentExecutions: name === 'Metrics' ? 5 : 1,
    });
    expect(resource(stack, `${name}LogGroup`).RetentionInDays).toBe(14);
  });

  test('may read the one secret of that name in its own account, as it is now', () => {
    const [, secret] = resource(stack, 'MetricsRole').Policies as {
      PolicyDocument: { Statement: Statement[] };
    }[];
    expect(secret!.PolicyDocument.Statement).toEqual([
      {
        Effect: 'Allow',
        Action: 'secretsmanager:GetSecretValue',
        Resource: {
          'Fn::Sub':
            'arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:vcc-exporter-??????',
        },
        Condition: { 'ForAnyValue:StringEquals': { 'secretsmanager:VersionStage': ['AWSCURRENT'] } },
      },
    ]);
  });

  test('has the settings’ own names and defaults, and a time limit that the exporter keeps', () => {
    const { Variables } = resource(stack, 'MetricsLambdaFunction').Environment as {
      Variables: Record<string, string>;
    };
    expect(Object.keys(Variables).toSorted()).toEqual(deployed.toSorted());
    const own = { VCC_SECRET_ID: 'vcc-exporter', VCC_SCRAPE_AUTH: 'credentials' };
    for (const name of deployed) {
      const { fallback = '' } = settings[name] as Setting<unknown>;
      expect([name, Variables[name]]).toEqual([name, own[name as keyof typeof own] ?? fallback]);
    }
    const { Threshold } = resource(stack, 'MetricsDuration');
    expect(Threshold).toBe(0.9 * 25_000);
    expect(settings.VCC_TIMEOUT.parse(Variables.VCC_TIMEOUT!)).toBeLessThan(Threshold as number);
  });

  test('is watched: errors, throttles, duration of both functions, and the queue of failures', () => {
    const alarms = Object.entries(stacks[stack]!.template.Resources).flatMap(([id, { Type, Properties }]) =>
      Type === 'AWS::CloudWatch::Alarm'
        ? [[id, Properties.MetricName, JSON.stringify(Properties.Dimensions)]]
        : [],
    );
    const of = (name: string) => `[{"Name":"FunctionName","Value":{"Ref":"${name}LambdaFunction"}}]`;
    expect(alarms.toSorted()).toEqual([
      ['MetricsDuration', 'Duration', of('Metrics')],
      ['MetricsErrors', 'Errors', of('Metrics')],
      ['MetricsThrottles', 'Throttles', of('Metrics')],
      ['PushDuration', 'Duration', of('Push')],
      ['PushErrors', 'Errors', of('Push')],
      [
        'PushFailuresWaiting',
        'ApproximateNumberOfMessagesVisible',
        '[{"Name":"QueueName","Value":{"Fn::GetAtt":["PushFailures","QueueName"]}}]',
      ],
      ['PushThrottles', 'Throttles', of('Push')],
    ]);
  });

  test('records failed invocations of push in the queue, without repeating them', () => {
    expect(resource(stack, 'PushLambdaEvConf')).toMatchObject({
      MaximumRetryAttempts: 0,
      DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': ['PushFailures', 'Arn'] } } },
    });
    expect(resource(stack, 'PushEventsRuleSchedule1').State).toBe('DISABLED');
  });
});

test('IAM guards the Function URL when it is asked to, and nobody else is let through', () => {
  const open = resource('as it is', 'MetricsLambdaFunctionUrl').AuthType;
  const guarded = resource('behind IAM, with everything on', 'MetricsLambdaFunctionUrl').AuthType;
  expect([open, guarded]).toEqual(['NONE', 'AWS_IAM']);
  const principals = Object.values(stacks['behind IAM, with everything on']!.template.Resources)
    .filter(({ Type }) => Type === 'AWS::Lambda::Permission')
    .map(({ Properties }) => Properties.Principal);
  expect(principals).toEqual(['events.amazonaws.com']);
  expect(resource('behind an HTTP API with IAM', 'HttpApiRouteDefault').AuthorizationType).toBe('AWS_IAM');
});

test('secrets and objects of a list of accounts may be read, and no others', () => {
  const actual = allowed('with accounts and rosters in S3', 'PushRole');
  const objects = ['acme-config/vcc/accounts.yml', 'acme-config/vcc/roster.csv', 'acme-config/rosters/*'];
  expect(actual['s3:GetObject']).toEqual(
    [...objects, 'acme-hr/people.csv'].map((object) => ({
      'Fn::Sub': `arn:\${AWS::Partition}:s3:::${object}`,
    })),
  );
  const own = 'arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:';
  expect(actual['secretsmanager:GetSecretValue']).toEqual([
    { 'Fn::Sub': `${own}vcc-exporter-??????` },
    { 'Fn::Sub': `${own}acme-uk-??????` },
    'arn:aws:secretsmanager:us-east-1:123456789012:secret:acme-us-Ab3dEf',
  ]);
});

test('choices reach the stack', () => {
  const stack = 'behind IAM, with everything on';
  expect(resource(stack, 'MetricsLambdaFunction')).toMatchObject({
    MemorySize: 512,
    TracingConfig: { Mode: 'Active' },
    ReservedConcurrentExecutions: { Ref: 'AWS::NoValue' },
  });
  expect(resource(stack, 'PushEventsRuleSchedule1').State).toBe('ENABLED');
  expect(resource(stack, 'MetricsErrors').AlarmActions).toEqual(['arn:aws:sns:us-east-1:123456789012:pager']);
  expect(allowed(stack, 'MetricsRole')['secretsmanager:GetSecretValue']).toBe(variants[stack]!.VCC_SECRET_ID);
  expect(typesOf('behind an HTTP API with IAM')).not.toContain('AWS::Lambda::Url');
});

describe('what depends on a choice', () => {
  type Resolve = (sources: { resolveVariable(name: string): Promise<string> }) => Promise<unknown>;
  const variables = createRequire(import.meta.url)('../../deploy/variables.cjs') as Record<string, Resolve>;
  /** A variable, with the parameters as they are unless it says otherwise. */
  const resolve = (name: string, parameters: Record<string, string> = {}) =>
    variables[name]!({
      resolveVariable: async (parameter) => {
        const own: Record<string, string> = {
          'param:endpoint': 'function-url',
          'param:VCC_SCRAPE_AUTH': 'credentials',
          'param:VCC_SECRET_PENDING': 'never',
          'param:tracing': 'PassThrough',
        };
        return parameters[parameter.replace('param:', '')] ?? own[parameter]!;
      },
    });

  test('is open behind an HTTP API without IAM, and then has no Function URL', async () => {
    const http = { endpoint: 'http-api' };
    expect(await resolve('url', http)).toBe(false);
    expect(await resolve('events', http)).toEqual([{ httpApi: { method: '*', path: '*' } }]);
    expect(await resolve('events')).toEqual([]);
  });

  test('lets a key be used by Secrets Manager only, in the region of the secret', async () => {
    const secretKmsKeyArn = 'arn:aws:kms:us-east-1:123456789012:key/1';
    const condition = async (id: string) =>
      JSON.stringify(await resolve('decryptSecret', { secretKmsKeyArn, VCC_SECRET_ID: id }));
    expect(await condition('acme')).toContain('"secretsmanager.${AWS::Region}.${AWS::URLSuffix}"');
    expect(await condition('arn:aws:secretsmanager:us-east-1:123456789012:secret:acme-Ab3dEf')).toContain(
      '"secretsmanager.us-east-1.${AWS::URLSuffix}"',
    );
  });

  test.each([
    ['url', 'VCC_SCRAPE_AUTH', 'maybe', 'credentials or none or iam'],
    ['url', 'endpoint', 'alb', 'function-url or http-api'],
    ['secretStages', 'VCC_SECRET_PENDING', 'yes', 'never or when-rejected'],
    ['sendTraces', 'tracing', 'true', 'PassThrough or Active'],
    ['metricsConcurrency', 'concurrency', '0', 'a whole number from 1, or none'],
    ['metricsConcurrency', 'concurrency', 'many', 'a whole number from 1, or none'],
  ])('%s refuses a %s of %s by name', async (variable, name, value, expected) => {
    await expect(resolve(variable, { [name]: value })).rejects.toThrow(
      `${name}: expected ${expected}; received "${value}"`,
    );
  });
});

test('every parameter is explained in docs/deploy.md, and none that does not exist', () => {
  const yaml = readText('serverless.yml');
  const block = yaml.slice(yaml.indexOf('params:'), yaml.indexOf('provider:'));
  const parameters = [...block.matchAll(/^ {4}(\w+):/gm)].map(([, name]) => name!);
  expect(parameters.length).toBeGreaterThan(deployed.length);
  const section = readText('docs/deploy.md')
    .split('\n## ')
    .find((each) => each.startsWith('Parameters'))!;
  const explained = [...section.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name!);
  const own = parameters.filter((name) => !(name in settings));
  expect(explained.toSorted()).toEqual(own.toSorted());
});

test('npm run package gives the same bytes twice: code, template and sums', () => {
  const script = fileURLToPath(new URL('../../scripts/package.mjs', import.meta.url));
  const names = ['metrics.zip', 'push.zip', 'cloudformation.json', 'SHA256SUMS'];
  const [first, second] = [1, 2].map(() => {
    execFileSync(process.execPath, [script], { stdio: 'pipe' });
    return names.map((name) => readFileSync(new URL(`../../dist/package/${name}`, import.meta.url)));
  });
  for (const [index, name] of names.entries()) {
    expect([name, first![index]!.equals(second![index]!)]).toEqual([name, true]);
  }
  const sums = first![3]!.toString('utf8').trim().split('\n');
  const expected = names
    .slice(0, 3)
    .map((name, index) => `${createHash('sha256').update(first![index]!).digest('hex')}  ${name}`);
  expect(sums).toEqual(expected);
}, 60_000);

test('the judge finds what is wrong', () => {
  const wrong: Template = {
    Outputs: {},
    Resources: {
      A: { Type: 'AWS::Lambda::Funktion', Properties: {} },
      B: { Type: 'AWS::Lambda::Function', Properties: { Memory: 1, Role: 'r', Code: { S3Buckt: 'x' } } },
      C: { Type: 'AWS::Lambda::Url', Properties: { AuthType: 'SOME', TargetFunctionArn: 1 } },
    },
  };
  expect(violations(wrong)).toEqual([
    'A: there is no type AWS::Lambda::Funktion',
    'B: there is no property Memory',
    'B.Code: there is no property S3Buckt',
    'C.AuthType: expected one of AWS_IAM, NONE',
    'C.TargetFunctionArn: expected a string',
  ]);
});

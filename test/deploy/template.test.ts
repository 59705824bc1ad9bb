import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Setting } from '../../src/config/setting.ts';
import { type SettingName, settings } from '../../src/config/settings.ts';
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
  VCC_PUSH_USER: 'from the secret',
  VCC_PUSH_PASSWORD: 'from the secret',
  VCC_PUSH_TOKEN: 'from the secret',
  VCC_PUSH_FOLDER: 'of the local command',
  HOST: 'of the local server',
  PORT: 'of the local server',
};
/** Settings that name parts of the stack itself. */
const ofTheStack: Partial<Record<SettingName, unknown>> = {
  VCC_PUSH_STATE: { 'Fn::Sub': 's3://${PushState}/state' },
  VCC_PUSH_QUEUE_URL: { Ref: 'PushBatches' },
  VCC_PUSH_REJECTED_URL: { Ref: 'PushRejected' },
  VCC_PUSH_SAMPLERS_URL: '',
};
const deployed = (Object.keys(settings) as SettingName[]).filter(
  (name) => !(name in notDeployed) && !(name in ofTheStack),
);
const functions = ['Metrics', 'Push', 'Sample', 'Deliver'];
/** What each function is made of. */
const codeOf: Record<string, string> = {
  Metrics: 'metrics',
  Push: 'push',
  Sample: 'push',
  Deliver: 'deliver',
};

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
  'with a sampler for each account, into a workspace elsewhere': {
    pushEnabled: 'true',
    pushFanOut: 'true',
    VCC_PUSH_PERIOD: '5m',
    VCC_PUSH_AUTH: 'sigv4',
    VCC_PUSH_ROLE_ARN: 'arn:aws:iam::210987654321:role/prometheus-writer',
    VCC_PUSH_DESTINATIONS: 's3://acme-config/vcc/destinations.yml',
  },
  'without a queue, into Amazon Managed Prometheus': {
    pushEnabled: 'true',
    pushQueue: 'false',
    apsWorkspaceArn: 'arn:aws:aps:eu-west-1:123456789012:workspace/ws-1',
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

/** On what a role may do one thing, statement by statement. */
function allowedOn(stack: string, role: string, action: string): unknown[] {
  const policies = resource(stack, role).Policies as { PolicyDocument?: { Statement: Statement[] } }[];
  return policies
    .flatMap(({ PolicyDocument }) => PolicyDocument?.Statement ?? [])
    .filter(({ Action }) => [Action].flat().includes(action))
    .map(({ Resource }) => Resource);
}

describe.each(Object.keys(variants))('the stack %s', (stack) => {
  test('has the types and properties that CloudFormation knows', () => {
    expect(violations(stacks[stack]!.template)).toEqual([]);
  });

  test('gives each function a role of its own', () => {
    for (const name of functions) {
      expect(resource(stack, `${name}LambdaFunction`).Role).toEqual({ 'Fn::GetAtt': [`${name}Role`, 'Arn'] });
    }
    expect(typesOf(stack).filter((type) => type === 'AWS::IAM::Role')).toHaveLength(functions.length);
    expect(typesOf(stack).filter((type) => /AWS::IAM::(?!Role)/.test(type))).toEqual([]);
  });

  test.each(functions)('%s may do what its code calls and nothing else', (name) => {
    const bundle = JSON.parse(readText(`dist/handlers/${codeOf[name]}.mjs.map`)) as {
      sourcesContent: string[];
    };
    const called = bundle.sourcesContent.join('\n').matchAll(/new (?:open\.)?sdk\.(\w+)Command\(/g);
    const {
      VCC_CONFIG: inS3,
      VCC_PUSH_DESTINATIONS: listed,
      objectsKmsKeyArn,
      pushQueue,
      pushFanOut,
    } = variants[stack]!;
    const { apsWorkspaceArn, VCC_PUSH_ROLE_ARN: roleArn } = variants[stack]!;
    const pushes = name === 'Push' || name === 'Sample';
    const queued = pushQueue !== 'false';
    const services: Record<string, string> = {
      GetSecretValue: 'secretsmanager',
      GetObject: 's3',
      PutObject: 's3',
    };
    const commands = [...new Set([...called].map(([, command]) => command!))];
    // One module for all that is done with a queue; which of it a function does is said below.
    const ofQueues = commands.filter((command) => /Message/.test(command));
    expect(commands.filter((command) => !ofQueues.includes(command)).toSorted()).toEqual(
      pushes ? ['GetObject', 'GetSecretValue', 'PutObject'] : ['GetObject', 'GetSecretValue'],
    );
    expect(ofQueues.length > 0).toBe(name !== 'Metrics');
    const readsObjects = inS3 || pushes || (listed && name === 'Deliver');
    const calls = commands.flatMap((command) =>
      ofQueues.includes(command) || (command === 'GetObject' && !readsObjects)
        ? []
        : [`${services[command]}:${command}`],
    );
    // What Lambda itself does in the name of the function.
    const service = ['logs:CreateLogStream', 'logs:PutLogEvents'];
    if (name === 'Push' || name === 'Deliver' || (pushes && queued)) service.push('sqs:SendMessage');
    if (name === 'Sample' || name === 'Deliver') {
      service.push('sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes');
    }
    if (name === 'Deliver') service.push('sqs:ChangeMessageVisibility');
    if (pushes) service.push('s3:ListBucket');
    if (queued ? name === 'Deliver' : pushes) {
      if (roleArn) service.push('sts:AssumeRole');
      if (apsWorkspaceArn) service.push('aps:RemoteWrite');
    }
    const { secretKmsKeyArn, tracing } = variants[stack]!;
    if (secretKmsKeyArn || objectsKmsKeyArn) service.push('kms:Decrypt');
    if (tracing === 'Active') service.push('xray:PutTraceSegments', 'xray:PutTelemetryRecords');
    const actual = allowed(stack, `${name}Role`);
    expect(Object.keys(actual).toSorted()).toEqual([...calls, ...service].toSorted());
    // Everything has a resource but tracing, for which there is none.
    const everywhere = Object.keys(actual).filter((action) => JSON.stringify(actual[action]) === '"*"');
    expect(everywhere.filter((action) => !action.startsWith('xray:'))).toEqual([]);
    expect(actual['logs:PutLogEvents']).toEqual({ 'Fn::GetAtt': [`${name}LogGroup`, 'Arn'] });
    const queue = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });
    const writesTo = { Metrics: [], Push: ['PushFailures'], Sample: [], Deliver: ['PushRejected'] }[
      name
    ] as string[];
    if (pushes && queued) writesTo.push('PushBatches');
    if (name === 'Push' && pushFanOut) writesTo.push('PushAccounts');
    expect(allowedOn(stack, `${name}Role`, 'sqs:SendMessage')).toEqual(writesTo.map(queue));
    const readsFrom = { Sample: ['PushAccounts'], Deliver: ['PushBatches'] }[name] ?? [];
    expect(allowedOn(stack, `${name}Role`, 'sqs:ReceiveMessage')).toEqual(readsFrom.map(queue));
    const keeps = pushes ? [{ 'Fn::Sub': '${PushState.Arn}/*' }] : [];
    expect(allowedOn(stack, `${name}Role`, 's3:PutObject')).toEqual(keeps);
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

  test.each(functions)('runs %s as it should', (name) => {
    const concurrency: Record<string, number> = { Metrics: 5, Push: 1 };
    const timeouts: Record<string, number> = { Metrics: 25, Push: 57, Sample: 57, Deliver: 60 };
    expect(resource(stack, `${name}LambdaFunction`)).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: `${codeOf[name]}.handler`,
      MemorySize: 256,
      Timeout: timeouts[name],
      TracingConfig: { Mode: 'PassThrough' },
    });
    expect(resource(stack, `${name}LambdaFunction`).ReservedConcurrentExecutions).toBe(concurrency[name]);
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
    const own = { VCC_SECRET_ID: 'vcc-exporter', VCC_SCRAPE_AUTH: 'credentials' };
    const expected = Object.fromEntries(
      deployed.map((name) => {
        const { fallback = '' } = settings[name] as Setting<unknown>;
        return [name, own[name as keyof typeof own] ?? fallback];
      }),
    );
    // Who scrapes has nothing to do with who pushes.
    const forAll = Object.entries(expected).filter(([name]) => !name.startsWith('VCC_PUSH_'));
    expect(Variables).toEqual(Object.fromEntries(forAll));
    for (const name of ['Push', 'Sample', 'Deliver']) {
      const { Environment } = resource(stack, `${name}LambdaFunction`);
      expect(Environment).toEqual({ Variables: { ...expected, ...ofTheStack } });
    }
    const { Threshold } = resource(stack, 'MetricsDuration');
    expect(Threshold).toBe(0.9 * 25_000);
    expect(settings.VCC_TIMEOUT.parse(Variables.VCC_TIMEOUT!)).toBeLessThan(Threshold as number);
  });

  test('is watched: errors, throttles and duration of the functions, and the queues', () => {
    const alarms = Object.entries(stacks[stack]!.template.Resources).flatMap(([id, { Type, Properties }]) =>
      Type === 'AWS::CloudWatch::Alarm'
        ? [[id, Properties.MetricName, JSON.stringify(Properties.Dimensions)]]
        : [],
    );
    const of = (name: string) => `[{"Name":"FunctionName","Value":{"Ref":"${name}LambdaFunction"}}]`;
    expect(alarms.toSorted()).toEqual([
      ['DeliverErrors', 'Errors', of('Deliver')],
      ['MetricsDuration', 'Duration', of('Metrics')],
      ['MetricsErrors', 'Errors', of('Metrics')],
      ['MetricsThrottles', 'Throttles', of('Metrics')],
      [
        'PushDelayed',
        'ApproximateAgeOfOldestMessage',
        '[{"Name":"QueueName","Value":{"Fn::GetAtt":["PushBatches","QueueName"]}}]',
      ],
      ['PushDuration', 'Duration', of('Push')],
      ['PushErrors', 'Errors', of('Push')],
      [
        'PushFailuresWaiting',
        'ApproximateNumberOfMessagesVisible',
        '[{"Name":"QueueName","Value":{"Fn::GetAtt":["PushFailures","QueueName"]}}]',
      ],
      [
        'PushRejects',
        'ApproximateNumberOfMessagesVisible',
        '[{"Name":"QueueName","Value":{"Fn::GetAtt":["PushRejected","QueueName"]}}]',
      ],
      ['PushThrottles', 'Throttles', of('Push')],
      ['SampleErrors', 'Errors', of('Sample')],
    ]);
  });

  test('records failed invocations of push in the queue, without repeating them', () => {
    expect(resource(stack, 'PushLambdaEvConf')).toMatchObject({
      MaximumRetryAttempts: 0,
      DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': ['PushFailures', 'Arn'] } } },
    });
    expect(resource(stack, 'PushEventsRuleSchedule1').State).toBe('DISABLED');
  });

  test('asks no queue while push is off, and keeps what is in a queue for long', () => {
    for (const id of ['SampleEventSourceMappingSQSPushAccounts', 'DeliverEventSourceMappingSQSPushBatches']) {
      expect(resource(stack, id).Enabled).toBe(false);
    }
    const batches = resource(stack, 'PushBatches');
    expect(batches).toMatchObject({ FifoQueue: true, MessageRetentionPeriod: 14 * 86_400 });
    const { Timeout } = resource(stack, 'DeliverLambdaFunction');
    expect(batches.VisibilityTimeout).toBe(6 * (Timeout as number));
    expect(resource(stack, 'PushAccounts').VisibilityTimeout).toBeGreaterThan(
      resource(stack, 'SampleLambdaFunction').Timeout as number,
    );
  });

  test('leaves the last sample of a turn time to arrive before the next turn', () => {
    const parse = (name: 'VCC_PUSH_PERIOD' | 'VCC_PUSH_INTERVAL') =>
      settings[name].parse(settings[name].fallback);
    const { Timeout } = resource(stack, 'PushLambdaFunction') as { Timeout: number };
    const [period, interval] = [parse('VCC_PUSH_PERIOD'), parse('VCC_PUSH_INTERVAL')];
    expect(period % interval).toBe(0);
    expect(Timeout * 1000).toBeLessThan(period);
    expect(Timeout * 1000).toBeGreaterThan(period - interval + 5000);
  });
});

test('a queue is asked when it is in use, and the schedule is the period', () => {
  const fanOut = 'with a sampler for each account, into a workspace elsewhere';
  const mapping = {
    Sample: 'SampleEventSourceMappingSQSPushAccounts',
    Deliver: 'DeliverEventSourceMappingSQSPushBatches',
  };
  const on = (stack: string) => Object.values(mapping).map((id) => resource(stack, id).Enabled);
  expect(on(fanOut)).toEqual([true, true]);
  expect(on('without a queue, into Amazon Managed Prometheus')).toEqual([false, false]);
  expect(on('behind IAM, with everything on')).toEqual([false, true]);
  expect(resource(fanOut, mapping.Deliver)).toMatchObject({
    BatchSize: 10,
    FunctionResponseTypes: ['ReportBatchItemFailures'],
  });
  expect(resource(fanOut, 'PushEventsRuleSchedule1').ScheduleExpression).toBe('rate(5 minutes)');
  expect(resource('as it is', 'PushEventsRuleSchedule1').ScheduleExpression).toBe('rate(1 minute)');
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
  const [listed] = allowedOn('with accounts and rosters in S3', 'PushRole', 's3:GetObject');
  expect(listed).toEqual(
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
    ['pushRate', 'VCC_PUSH_PERIOD', '90s', 'whole minutes, 1m to 14m'],
    ['batchesUrl', 'pushQueue', 'yes', 'true or false'],
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
  const names = ['deliver.zip', 'metrics.zip', 'push.zip', 'cloudformation.json', 'SHA256SUMS'];
  const [first, second] = [1, 2].map(() => {
    execFileSync(process.execPath, [script], { stdio: 'pipe' });
    return names.map((name) => readFileSync(new URL(`../../dist/package/${name}`, import.meta.url)));
  });
  for (const [index, name] of names.entries()) {
    expect([name, first![index]!.equals(second![index]!)]).toEqual([name, true]);
  }
  const sums = first![4]!.toString('utf8').trim().split('\n');
  const expected = names
    .slice(0, 4)
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

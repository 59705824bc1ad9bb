import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { settings } from '../../src/config/settings.ts';
import { violations } from '../support/cloudformation.ts';
import { alone, packageStack, packageStacks, schemaCache, type Template } from '../support/template.ts';

const deploy = createRequire(import.meta.url)('../../deploy/parameters.cjs') as {
  deployedDefaults: Record<string, string>;
  refusals: { names: string[] }[];
  table: Record<string, { about: string; fallback?: string }>;
  readParameters(given: Record<string, string>): Promise<unknown>;
};

const readText = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

/** The parts of each function. */
const codeOf: Record<string, string> = {
  Metrics: 'metrics',
  Push: 'push',
  PushAccount: 'push',
  Deliver: 'deliver',
};

/** The bundles of a handler: its own file, and the files that esbuild split off. */
const filesOf = (handler: string) =>
  readdirSync(new URL('../../dist/handlers/', import.meta.url))
    .filter((file) => file.startsWith(handler) && file.endsWith('.mjs'))
    .map((file) => `dist/handlers/${file}`);

const receiver = { VCC_PUSH_URL: 'https://receiver.example/api/v1/write' };
/** Choices that make different stacks. */
const variants: Record<string, Record<string, string>> = {
  'as it is': {},
  'with push': { pushEnabled: 'true', ...receiver },
  'behind IAM, with everything on': {
    VCC_SCRAPE_AUTH: 'iam',
    VCC_SECRET_ID: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:acme-Ab3dEf',
    VCC_SECRET_PENDING: 'when-rejected',
    tracing: 'Active',
    secretKmsKeyArn: 'arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555',
    alarmTopicArn: 'arn:aws:sns:us-east-1:123456789012:pager',
    permissionsBoundaryArn: 'arn:aws:iam::123456789012:policy/boundary',
    subnetIds: 'subnet-0a1b, subnet-0c2d',
    securityGroupIds: 'sg-0e3f',
    tags: 'team=voice, env=prod',
    HTTPS_PROXY: 'http://proxy.example:3128',
    NODE_EXTRA_CA_CERTS: '/opt/ca.pem',
    layerArns: 'arn:aws:lambda:eu-west-1:123456789012:layer:ca:1',
    concurrency: 'none',
    pushEnabled: 'true',
    memory: '512',
    VCC_QUEUES: 'on',
    VCC_QUEUE_INTERVAL: '2m',
    VCC_SKILLS: 'users-api',
    ...receiver,
  },
  'with an invocation for each account, into a workspace elsewhere': {
    pushEnabled: 'true',
    pushFanOut: 'true',
    VCC_PUSH_PERIOD: '5m',
    VCC_PUSH_AUTH: 'sigv4',
    pushRoleArns: 'arn:aws:iam::210987654321:role/prometheus-writer',
    VCC_PUSH_DESTINATIONS: 's3://acme-config/vcc/destinations.yml',
  },
  'without a queue, into Amazon Managed Prometheus': {
    pushEnabled: 'true',
    pushQueue: 'false',
    apsWorkspaceArn: 'arn:aws:aps:eu-west-1:123456789012:workspace/ws-1',
    VCC_PUSH_AUTH: 'sigv4',
    ...receiver,
  },
  'with accounts and rosters in S3': {
    VCC_CONFIG: 's3://acme-config/vcc/accounts.yml',
    VCC_ROSTER: 's3://acme-config/vcc/roster.csv',
    objects: 's3://acme-config/rosters/*, s3://acme-hr/people.csv',
    secrets: 'acme-uk, arn:aws:secretsmanager:us-east-1:123456789012:secret:acme-us-Ab3dEf',
    objectsKmsKeyArn: 'arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555',
  },
  'behind an HTTP API with IAM': { endpoint: 'http-api', VCC_SCRAPE_AUTH: 'iam' },
  'without alarms': { alarms: 'false', pushEnabled: 'true', ...receiver },
};

/** The functions that a stack has. */
function functionsOf(stack: string): string[] {
  const { pushEnabled, pushQueue, pushFanOut } = variants[stack]!;
  if (pushEnabled !== 'true') return ['Metrics'];
  return [
    'Metrics',
    'Push',
    ...(pushFanOut === 'true' ? ['PushAccount'] : []),
    ...(pushQueue === 'false' ? [] : ['Deliver']),
  ];
}

let stacks: Record<string, { template: Template; text: string }>;
beforeAll(() => {
  stacks = packageStacks(variants);
}, 60_000);

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

/** The resources on which a role may do one thing, statement by statement. */
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
    const functions = functionsOf(stack);
    expect(typesOf(stack).filter((type) => type === 'AWS::Lambda::Function')).toHaveLength(functions.length);
    for (const name of functions) {
      expect(resource(stack, `${name}LambdaFunction`).Role).toEqual({ 'Fn::GetAtt': [`${name}Role`, 'Arn'] });
    }
    expect(typesOf(stack).filter((type) => type === 'AWS::IAM::Role')).toHaveLength(functions.length);
    expect(typesOf(stack).filter((type) => /AWS::IAM::(?!Role)/.test(type))).toEqual([]);
  });

  test.each(functionsOf(stack))('%s may do what its code calls and nothing else', (name) => {
    const code = filesOf(codeOf[name]!).map(readText).join('\n');
    const called = code.matchAll(/new \w+\.(\w+)Command\(/g);
    const {
      VCC_CONFIG: inS3,
      VCC_PUSH_DESTINATIONS: listed,
      objectsKmsKeyArn,
      pushQueue,
      pushFanOut,
    } = variants[stack]!;
    const { apsWorkspaceArn, pushRoleArns: roleArn, subnetIds } = variants[stack]!;
    const pushes = name === 'Push' || name === 'PushAccount';
    const queued = pushQueue !== 'false';
    const services: Record<string, string> = {
      GetSecretValue: 'secretsmanager',
      GetObject: 's3',
      PutObject: 's3',
    };
    const commands = [...new Set([...called].map(([, command]) => command!))];
    // One module does everything with a queue. The lists below say which part a function uses.
    const ofQueues = commands.filter((command) => /Message|QueueAttributes/.test(command));
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
    // What Lambda itself does with the role of the function.
    const service = ['logs:CreateLogStream', 'logs:PutLogEvents'];
    if (name === 'Push' || name === 'Deliver' || (pushes && queued)) service.push('sqs:SendMessage');
    if (name === 'PushAccount' || name === 'Deliver') {
      service.push('sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes');
    }
    if (name === 'Deliver') service.push('sqs:ChangeMessageVisibility');
    if (pushes) service.push('s3:ListBucket');
    if (queued ? name === 'Deliver' : pushes) {
      if (roleArn) service.push('sts:AssumeRole');
      if (apsWorkspaceArn) service.push('aps:RemoteWrite');
    }
    if (subnetIds) {
      const calls = ['CreateNetworkInterface', 'DeleteNetworkInterface', 'DescribeNetworkInterfaces'];
      const more = ['AssignPrivateIpAddresses', 'DescribeSubnets', 'UnassignPrivateIpAddresses'];
      service.push(...[...calls, ...more].map((call) => `ec2:${call}`));
    }
    const { secretKmsKeyArn, tracing } = variants[stack]!;
    if (secretKmsKeyArn || objectsKmsKeyArn) service.push('kms:Decrypt');
    if (tracing === 'Active') service.push('xray:PutTraceSegments', 'xray:PutTelemetryRecords');
    const actual = allowed(stack, `${name}Role`);
    expect(Object.keys(actual).toSorted()).toEqual([...calls, ...service].toSorted());
    // Everything has a resource except tracing and network interfaces, for which there is none.
    const everywhere = Object.keys(actual).filter((action) => JSON.stringify(actual[action]) === '"*"');
    expect(everywhere.filter((action) => !/^(xray|ec2):/.test(action))).toEqual([]);
    expect(actual['logs:PutLogEvents']).toEqual({ 'Fn::GetAtt': [`${name}LogGroup`, 'Arn'] });
    const queue = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });
    const writesTo = { Metrics: [], Push: ['PushFailures'], PushAccount: [], Deliver: ['PushRejected'] }[
      name
    ] as string[];
    if (pushes && queued) writesTo.push('PushBatches');
    if (name === 'Push' && pushFanOut) writesTo.push('PushAccounts');
    expect(allowedOn(stack, `${name}Role`, 'sqs:SendMessage')).toEqual(writesTo.map(queue));
    const readsFrom = { PushAccount: ['PushAccounts'], Deliver: ['PushBatches'] }[name] ?? [];
    expect(allowedOn(stack, `${name}Role`, 'sqs:ReceiveMessage')).toEqual(readsFrom.map(queue));
    const keeps = pushes ? [{ 'Fn::Sub': '${PushState.Arn}/*' }] : [];
    expect(allowedOn(stack, `${name}Role`, 's3:PutObject')).toEqual(keeps);
  });

  test('loses no message of a queue without a trace', () => {
    const resources = Object.entries(stacks[stack]!.template.Resources);
    const watched = (id: string, metric: string) =>
      variants[stack]!.alarms === 'false' ||
      resources.some(
        ([, { Type, Properties }]) =>
          Type === 'AWS::CloudWatch::Alarm' &&
          Properties.MetricName === metric &&
          JSON.stringify(Properties.Dimensions).includes(`"Fn::GetAtt":["${id}","QueueName"]`),
      );
    for (const [mapping, { Type, Properties }] of resources) {
      if (Type !== 'AWS::Lambda::EventSourceMapping') continue;
      const [id] = (Properties.EventSourceArn as { 'Fn::GetAtt': string[] })['Fn::GetAtt'];
      const [name] = (Properties.FunctionName as { 'Fn::GetAtt': string[] })['Fn::GetAtt'];
      const { VisibilityTimeout, MessageRetentionPeriod, RedrivePolicy } = resource(stack, id!);
      const [hidden, kept] = [VisibilityTimeout, MessageRetentionPeriod] as [number, number];
      expect([mapping, hidden]).toEqual([mapping, 6 * (resource(stack, name!).Timeout as number)]);
      const isWatched = ['ApproximateAgeOfOldestMessage', 'ApproximateNumberOfMessagesVisible'].some(
        (metric) => watched(id!, metric),
      );
      expect([id, isWatched]).toEqual([id, true]);
      if (RedrivePolicy === undefined) continue;
      const { deadLetterTargetArn, maxReceiveCount } = RedrivePolicy as {
        deadLetterTargetArn: { 'Fn::GetAtt': string[] };
        maxReceiveCount: number;
      };
      // Otherwise SQS drops a failed message before it would move it.
      expect([id, kept > hidden * maxReceiveCount]).toEqual([id, true]);
      const [dead] = deadLetterTargetArn['Fn::GetAtt'];
      expect([dead, watched(dead!, 'ApproximateNumberOfMessagesVisible')]).toEqual([dead, true]);
    }
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

test('serverless package makes the same stack, except for the time in it', () => {
  const stack = 'behind IAM, with everything on';
  const { status, output, text } = packageStack(variants[stack]);
  expect([status, output]).toEqual([0, expect.stringContaining('Service packaged')]);
  const timeless = (template: string) =>
    template.replace(/(?<=serverless\/vcc-exporter\/prod\/)\d+-[\d-]+T[\d:.]+Z/g, 'time');
  expect(JSON.parse(timeless(text))).toEqual(JSON.parse(timeless(stacks[stack]!.text)));
});

test('a default deployment makes one function and what belongs to it', () => {
  expect(Object.keys(stacks['as it is']!.template.Resources)).toEqual([
    'ServerlessDeploymentBucket',
    'ServerlessDeploymentBucketPolicy',
    'MetricsLogGroup',
    'MetricsLambdaFunction',
    'MetricsLambdaFunctionUrl',
    'MetricsLambdaPermissionFnUrl',
    'MetricsLambdaPermissionFn',
    'MetricsRole',
    'MetricsErrors',
    'MetricsThrottles',
    'MetricsDuration',
  ]);
  expect(Object.keys(stacks['as it is']!.template.Outputs)).toEqual([
    'ServerlessDeploymentBucketName',
    'MetricsLambdaFunctionUrl',
    'MetricsUrl',
  ]);
});

test('docs/explain/cost.md counts the alarms', () => {
  const count = (stack: string) => typesOf(stack).filter((type) => type === 'AWS::CloudWatch::Alarm').length;
  const page = readText('docs/explain/cost.md');
  const cell = (stack: string, name: string) =>
    `| ${count(stack)} ${name} | $${(count(stack) * 0.1).toFixed(2)} |`;
  expect(page).toContain(cell('as it is', 'alarms'));
  expect(page).toContain(cell('with push', 'alarms, with push'));
});

describe('the stack with push', () => {
  const stack = 'with push';
  const fanOut = 'with an invocation for each account, into a workspace elsewhere';

  test.each([
    ['Metrics', stack, 25, 5],
    ['Push', stack, 57, 1],
    ['Deliver', stack, 60, undefined],
    ['PushAccount', fanOut, 297, undefined],
    ['Push', fanOut, 297, 1],
  ])('runs %s of the stack %s for %d seconds', (name, of, timeout, concurrency) => {
    expect(resource(of, `${name}LambdaFunction`)).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: `${codeOf[name]}.handler`,
      MemorySize: 256,
      Timeout: timeout,
      TracingConfig: { Mode: 'PassThrough' },
    });
    expect(resource(of, `${name}LambdaFunction`).ReservedConcurrentExecutions).toBe(concurrency);
    expect(resource(of, `${name}LogGroup`).RetentionInDays).toBe(14);
  });

  test('may read the one secret of that name in its own account, only its current version', () => {
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

  test('gives the functions the settings of the parameters and of the stack, and no others', () => {
    const variables = (name: string, of = stack) =>
      (resource(of, `${name}LambdaFunction`).Environment as { Variables: Record<string, unknown> }).Variables;
    const all = { VCC_SECRET_ID: 'vcc-exporter', VCC_SCRAPE_AUTH: 'credentials' };
    const queued = {
      ...all,
      ...receiver,
      VCC_PUSH_STATE: { 'Fn::Sub': 's3://${PushState}/state' },
      VCC_PUSH_QUEUE_URL: { Ref: 'PushBatches' },
      VCC_PUSH_REJECTED_URL: { Ref: 'PushRejected' },
    };
    expect(variables('Metrics')).toEqual(all);
    expect(variables('Push')).toEqual(queued);
    expect(variables('Deliver')).toEqual(queued);
    expect(variables('Push', fanOut).VCC_PUSH_ACCOUNTS_URL).toEqual({ Ref: 'PushAccounts' });
    expect(variables('PushAccount', fanOut)).not.toHaveProperty('VCC_PUSH_ACCOUNTS_URL');
    expect(variables('Push', 'without a queue, into Amazon Managed Prometheus')).not.toHaveProperty(
      'VCC_PUSH_QUEUE_URL',
    );
  });

  test('alarms on errors, throttles and duration of the functions, and on the queues', () => {
    const alarmsOf = (of: string) =>
      Object.entries(stacks[of]!.template.Resources).flatMap(([id, { Type, Properties }]) =>
        Type === 'AWS::CloudWatch::Alarm'
          ? [[id, Properties.MetricName, JSON.stringify(Properties.Dimensions)]]
          : [],
      );
    const ofFunction = (name: string) =>
      JSON.stringify([{ Name: 'FunctionName', Value: { Ref: `${name}LambdaFunction` } }]);
    const ofQueue = (id: string) =>
      JSON.stringify([{ Name: 'QueueName', Value: { 'Fn::GetAtt': [id, 'QueueName'] } }]);
    expect(alarmsOf(stack)).toEqual([
      ['MetricsErrors', 'Errors', ofFunction('Metrics')],
      ['MetricsThrottles', 'Throttles', ofFunction('Metrics')],
      ['MetricsDuration', 'Duration', ofFunction('Metrics')],
      ['PushErrors', 'Errors', ofFunction('Push')],
      ['PushThrottles', 'Throttles', ofFunction('Push')],
      ['PushDuration', 'Duration', ofFunction('Push')],
      ['PushFailuresWaiting', 'ApproximateNumberOfMessagesVisible', ofQueue('PushFailures')],
      ['DeliverErrors', 'Errors', ofFunction('Deliver')],
      ['PushDelayed', 'ApproximateAgeOfOldestMessage', ofQueue('PushBatches')],
      ['PushRejects', 'ApproximateNumberOfMessagesVisible', ofQueue('PushRejected')],
    ]);
    expect(alarmsOf(fanOut)).toContainEqual(['PushAccountErrors', 'Errors', ofFunction('PushAccount')]);
    expect(alarmsOf(fanOut)).toContainEqual([
      'PushAccountsDelayed',
      // Messages of failed invocations are hidden, and do not count as waiting.
      'ApproximateNumberOfMessagesVisible',
      ofQueue('PushAccounts'),
    ]);
    expect(alarmsOf('without alarms')).toEqual([]);
    expect(resource(stack, 'MetricsDuration').Threshold).toBe(0.9 * 25_000);
    expect(resource(stack, 'PushDuration').Threshold).toBe(54_000);
  });

  test('records failed invocations of push in the queue, without repeating them', () => {
    expect(resource(stack, 'PushLambdaEvConf')).toMatchObject({
      MaximumRetryAttempts: 0,
      DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': ['PushFailures', 'Arn'] } } },
    });
  });

  test('keeps what is in the queue for two weeks, and hides it for six times the timeout of deliver', () => {
    const batches = resource(stack, 'PushBatches');
    expect(batches).toMatchObject({ FifoQueue: true, MessageRetentionPeriod: 14 * 86_400 });
    const { Timeout } = resource(stack, 'DeliverLambdaFunction');
    expect(batches.VisibilityTimeout).toBe(6 * (Timeout as number));
    expect(resource(stack, 'DeliverEventSourceMappingSQSPushBatches')).toMatchObject({
      BatchSize: 10,
      Enabled: true,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 10 },
    });
  });

  test('starts push once in a period', () => {
    const schedule = (of: string) => resource(of, 'PushEventsRuleSchedule1');
    expect(schedule(stack)).toMatchObject({ ScheduleExpression: 'rate(1 minute)', State: 'ENABLED' });
    expect(schedule(fanOut).ScheduleExpression).toBe('rate(5 minutes)');
  });
});

test('IAM guards the Function URL when that is set, and no other caller is let through', () => {
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
  const actual = allowed('with accounts and rosters in S3', 'MetricsRole');
  const objects = ['acme-config/vcc/accounts.yml', 'acme-config/vcc/roster.csv', 'acme-config/rosters/*'];
  const [listed] = allowedOn('with accounts and rosters in S3', 'MetricsRole', 's3:GetObject');
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
    Layers: ['arn:aws:lambda:eu-west-1:123456789012:layer:ca:1'],
    Environment: {
      Variables: expect.objectContaining({
        HTTPS_PROXY: 'http://proxy.example:3128',
        NODE_EXTRA_CA_CERTS: '/opt/ca.pem',
      }),
    },
    VpcConfig: { SubnetIds: ['subnet-0a1b', 'subnet-0c2d'], SecurityGroupIds: ['sg-0e3f'] },
  });
  for (const name of ['Metrics', 'Push']) {
    expect(resource(stack, `${name}LambdaFunction`)).toMatchObject({
      Environment: {
        Variables: { VCC_QUEUES: 'on', VCC_QUEUE_INTERVAL: '2m', VCC_SKILLS: 'users-api' },
      },
    });
  }
  expect(resource(stack, 'MetricsLambdaFunction')).not.toHaveProperty('ReservedConcurrentExecutions');
  for (const name of functionsOf(stack)) {
    expect(resource(stack, `${name}Role`).PermissionsBoundary).toBe(
      'arn:aws:iam::123456789012:policy/boundary',
    );
  }
  expect(resource(stack, 'MetricsErrors').AlarmActions).toEqual(['arn:aws:sns:us-east-1:123456789012:pager']);
  expect(allowed(stack, 'MetricsRole')['secretsmanager:GetSecretValue']).toBe(variants[stack]!.VCC_SECRET_ID);
  expect(typesOf('behind an HTTP API with IAM')).not.toContain('AWS::Lambda::Url');
});

test('lets a key be used by Secrets Manager only, in the region of the secret', () => {
  const stack = 'behind IAM, with everything on';
  const policies = resource(stack, 'MetricsRole').Policies as { PolicyName: string }[];
  expect(JSON.stringify(policies.find(({ PolicyName }) => PolicyName === 'kms'))).toContain(
    '"secretsmanager.us-east-1.${AWS::URLSuffix}"',
  );
});

describe('parameters', () => {
  const push = { pushEnabled: 'true', ...receiver };

  test.each<[Record<string, string>, string]>([
    [{ VCC_REGOIN: 'emea' }, 'VCC_REGOIN: unknown parameter; did you mean VCC_REGION?'],
    [{ memroy: '512' }, 'memroy: unknown parameter; did you mean memory?'],
    [{ VCC_REGION: 'eu' }, 'VCC_REGION: expected one of emea, nam, apac; received "eu"'],
    [
      { VCC_CLIENT_SECRET: 'hunter2' },
      'VCC_CLIENT_SECRET: expected a field of the secret, since everybody who can read the configuration of the function can read parameters',
    ],
    [{ VCC_QUEUES: 'true' }, 'VCC_QUEUES: expected one of off, on; received "true"'],
    [{ VCC_SKILLS: 'users-api' }, 'VCC_SKILLS: expected off, since VCC_QUEUES is off; received "users-api"'],
    [{ PORT: '80' }, 'PORT: expected no value, since it is for the command line'],
    [{ VCC_PUSH_STATE: 's3://a/b' }, 'VCC_PUSH_STATE: expected no value, since the stack sets it'],
    [{ endpoint: 'alb' }, 'endpoint: expected one of function-url, http-api; received "alb"'],
    [
      { VCC_SCRAPE_AUTH: 'maybe' },
      'VCC_SCRAPE_AUTH: expected one of credentials, iam, none; received "maybe"',
    ],
    [{ tracing: 'true' }, 'tracing: expected one of PassThrough, Active; received "true"'],
    [{ concurrency: '0' }, 'concurrency: expected a whole number from 1 to 1000, or none; received "0"'],
    [{ memory: '64' }, 'memory: expected a whole number from 128 to 10240; received "64"'],
    [{ alarms: 'yes' }, 'alarms: expected one of true, false; received "yes"'],
    [{ alarmTopicArn: 'pager' }, 'alarmTopicArn: expected the ARN of an SNS topic; received "pager"'],
    [
      { tags: 'voice' },
      'tags: expected tags name=value with commas between them: letters, digits, spaces and _.:/=+@-; received "voice"',
    ],
    [
      { subnetIds: 'subnet-1' },
      'securityGroupIds: expected a value, since a VPC needs both subnets and security groups; received nothing',
    ],
    [
      { secrets: 'acme uk' },
      'secrets: expected the name or ARN of a secret (letters, digits and /_+=.@-); received "acme uk"',
    ],
    [
      { HTTPS_PROXY: 'socks5://user:hunter2@proxy' },
      'HTTPS_PROXY: expected http://host:port or https://host:port, with user:password@ before the host if the proxy requires them (percent-encode special characters); received an address of socks5, which is not supported',
    ],
    [
      { NODE_EXTRA_CA_CERTS: 'ca.pem' },
      'NODE_EXTRA_CA_CERTS: expected a path below /opt, where layers are; received "ca.pem"',
    ],
    [receiver, 'pushEnabled: expected true, since VCC_PUSH_URL is set'],
    [{ pushFanOut: 'true' }, 'pushEnabled: expected true, since pushFanOut is set'],
    [
      { alarms: 'false', alarmTopicArn: 'arn:aws:sns:us-east-1:123456789012:pager' },
      'alarms: expected true, since alarmTopicArn is set',
    ],
    [{ toString: '1' } as Record<string, string>, 'toString: unknown parameter'],
    [
      { pushEnabled: 'true', pushRoleArns: 'arn:aws:iam::123456789012:policy/x', ...receiver },
      'pushRoleArns: expected the ARN of a role; received another value',
    ],
    [
      { VCC_CONFIG: 'accounts.yml' },
      'VCC_CONFIG: expected s3://bucket/key, or the list itself, since a function cannot read your files; received a path',
    ],
    [
      { VCC_ROSTER: 'teams.csv' },
      'VCC_ROSTER: expected s3://bucket/key, or users-api, since a function cannot read your files; received a path',
    ],
    [
      { VCC_CONFIG: 'accounts: [{name: a, region: eu}]' },
      'VCC_CONFIG: accounts[0].region: expected one of emea, nam, apac; received "eu"',
    ],
    [
      { VCC_CONFIG: '{"accounts": [{"name": "a", "client_id": "x", "client_secret": "hunter2hunter2"}]}' },
      'VCC_CONFIG: expected a list without client_id, client_secret; put them into the secret (docs/run/aws.md)',
    ],
    [
      {
        pushEnabled: 'true',
        VCC_PUSH_DESTINATIONS:
          'destinations: [{name: a, url: "https://a.example/w", auth: bearer, token: hunter2hunter2}]',
      },
      'VCC_PUSH_DESTINATIONS: expected a list without token; put them into the secret (docs/run/aws.md)',
    ],
    [
      { pushEnabled: 'true' },
      'VCC_PUSH_URL: expected the address of a destination, or destinations in VCC_PUSH_DESTINATIONS, since pushEnabled is true; received nothing',
    ],
    [
      { ...push, VCC_PUSH_PERIOD: '90s' },
      'VCC_PUSH_PERIOD: expected whole minutes, 1m to 14m; received "90s"',
    ],
    [
      { ...push, VCC_PUSH_INTERVAL: '7s' },
      'VCC_PUSH_INTERVAL: expected a divisor of VCC_PUSH_PERIOD; received "7s"',
    ],
    [
      { ...push, VCC_PUSH_INTERVAL: '5s' },
      'VCC_PUSH_INTERVAL: expected at least 10s, so that an invocation has time to send the samples of its last scrape; received "5s"',
    ],
    [
      { ...push, VCC_PUSH_AUTH: 'bearer', VCC_PUSH_URL: 'http://receiver.example/write' },
      'VCC_PUSH_URL: expected an https address, since http would expose the credentials (bearer); received an http one',
    ],
    [
      { endpoint: 'http-api', VCC_TIMEOUT: '28s' },
      'VCC_TIMEOUT: expected at most 24s with endpoint=http-api; received "28s"',
    ],
    [
      { VCC_CONFIG: 's3://acme/a.yml', VCC_ACCOUNT: 'x' },
      'VCC_CONFIG: expected either a list of accounts or the settings of a single one (VCC_ACCOUNT',
    ],
  ])('refuse %j', async (given, problem) => {
    await expect(deploy.readParameters(given)).rejects.toThrow(problem);
  });

  test('never quote a secret', async () => {
    const given = {
      VCC_CONFIG: '{"accounts": [{"name": "a", "client_id": "x", "client_secret": "hunter2hunter2"}]}',
    };
    await expect(deploy.readParameters(given)).rejects.not.toThrow('hunter2');
  });

  test.each(['aws', '123456789012'])('accept a permissions boundary of %s', async (owner) => {
    const permissionsBoundaryArn = `arn:aws:iam::${owner}:policy/PowerUserAccess`;
    await expect(deploy.readParameters({ permissionsBoundaryArn })).resolves.toMatchObject({
      permissionsBoundaryArn,
    });
  });

  test('accept letters of any script in tags', async () => {
    await expect(deploy.readParameters({ tags: 'team=Größe' })).resolves.toMatchObject({
      tags: { team: 'Größe' },
    });
  });

  test('accept a region in capitals', async () => {
    await expect(deploy.readParameters({ VCC_REGION: 'EMEA' })).resolves.toMatchObject({
      settings: { VCC_REGION: 'emea' },
    });
  });

  test('that are wrong end a deployment with all problems and no stack trace', () => {
    const { status, output } = packageStack({ VCC_REGION: 'eu', memory: 'much' });
    expect(status).toBe(1);
    expect(output.split('\n').filter((line) => /VCC_REGION|memory/.test(line))).toEqual([
      'memory: expected a whole number from 128 to 10240; received "much"',
      'VCC_REGION: expected one of emea, nam, apac; received "eu"',
    ]);
    expect(output).not.toMatch(/^ +at /m);
  });

  test('are every setting, except those with a documented reason', () => {
    const refused = deploy.refusals.flatMap(({ names }) => names);
    expect(refused.filter((name) => !(name in settings))).toEqual([]);
    expect(Object.keys(deploy.table).filter((name) => name in settings)).toEqual([]);
    expect(Object.keys(deploy.deployedDefaults).filter((name) => !(name in settings))).toEqual([]);
  });
});

test('npm run package gives the same bytes twice: code, the unchanged template of the stack, and sums', () => {
  const script = fileURLToPath(new URL('../../scripts/package.mjs', import.meta.url));
  const env = { ...process.env, ...schemaCache };
  const functions = ['deliver', 'metrics', 'push'];
  const names = [
    ...functions.map((name) => `${name}.zip`),
    'cloudformation.json',
    ...functions.map((name) => `${name}.cdx.json`),
    'SHA256SUMS',
  ];
  const [first, second] = [1, 2].map(() => {
    alone(() => execFileSync(process.execPath, [script], { stdio: 'pipe', env }));
    return names.map((name) => readFileSync(new URL(`../../dist/package/${name}`, import.meta.url)));
  });
  for (const [index, name] of names.entries()) {
    expect([name, first![index]!.equals(second![index]!)]).toEqual([name, true]);
  }
  const sums = first!.at(-1)!.toString('utf8').trim().split('\n');
  const expected = names
    .slice(0, -1)
    .map((name, index) => `${createHash('sha256').update(first![index]!).digest('hex')}  ${name}`);
  expect(sums).toEqual(expected);
  const made = JSON.parse(first![3]!.toString('utf8')) as Template;
  const withoutCode = ({ Resources }: Template) =>
    Object.entries(Resources)
      .filter(([id]) => !id.startsWith('ServerlessDeploymentBucket'))
      .map(([id, { Properties, ...rest }]) => [
        id,
        { ...rest, Properties: { ...Properties, Code: undefined } },
      ]);
  expect(withoutCode(made)).toEqual(withoutCode(stacks['as it is']!.template));
}, 60_000);

test('the judge finds errors', () => {
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

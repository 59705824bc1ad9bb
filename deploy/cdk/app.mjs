// The function that answers scrapes and, with `-c push=true`, the one that pushes: the same resources as serverless.yml
// makes, without its alarms, queues and bucket. Settings are context values: `-c VCC_ACCOUNT=acme-uk`.
import { fileURLToPath } from 'node:url';
import { App, Aws, CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';

const inSecret = [
  'VCC_CLIENT_ID',
  'VCC_CLIENT_SECRET',
  'VCC_SCRAPE_TOKENS',
  'VCC_SCRAPE_USERS',
  'VCC_AGENT_KEY',
  'VCC_PUSH_USER',
  'VCC_PUSH_PASSWORD',
  'VCC_PUSH_TOKEN',
];
const notHere = [
  'VCC_PUSH_PERIOD',
  'VCC_PUSH_QUEUE_URL',
  'VCC_PUSH_REJECTED_URL',
  'VCC_PUSH_SAMPLERS_URL',
  'VCC_PUSH_STATE',
];

const app = new App();
const context = app.node.getAllContext();
const given = Object.fromEntries(Object.entries(context).filter(([name]) => name.startsWith('VCC_')));
const settings = { VCC_REGION: 'emea', VCC_SECRET_ID: 'vcc-exporter', ...given };
const pushes = choose('push', context.push ?? 'false', ['false', 'true']) === 'true';
const concurrency = context.concurrency ?? '5';
const workspace = context.apsWorkspaceArn;

if (!settings.VCC_ACCOUNT) throw new Error('VCC_ACCOUNT: expected the name of the account; received nothing');
if (!/^([1-9]\d*|none)$/.test(concurrency)) {
  throw new Error(`concurrency: expected a whole number from 1, or none; received "${concurrency}"`);
}
choose('VCC_REGION', settings.VCC_REGION, ['emea', 'nam', 'apac']);
const pending = choose('VCC_SECRET_PENDING', settings.VCC_SECRET_PENDING ?? 'never', [
  'never',
  'when-rejected',
]);
for (const name of inSecret) {
  if (name in given) throw new Error(`${name}: expected in the secret, where the template does not show it`);
}
for (const name of notHere) {
  if (name in given) throw new Error(`${name}: cannot be set here; serverless.yml has it`);
}
if (pushes && !settings.VCC_PUSH_URL && !settings.VCC_PUSH_DESTINATIONS && settings.VCC_PUSH_TYPE !== 'emf') {
  throw new Error(
    'VCC_PUSH_URL: expected the address of a destination, since push is true; received nothing',
  );
}

const stack = new Stack(app, 'vcc-exporter', {
  description: 'Prometheus exporter for Vonage Contact Center',
});

const ofPush = ([name]) => name.startsWith('VCC_PUSH_');
const forAll = Object.fromEntries(Object.entries(settings).filter((entry) => !ofPush(entry)));
const forPush = Object.fromEntries(Object.entries(settings).filter(ofPush));

const metrics = addFunction('Metrics', {
  file: 'metrics',
  description: 'Answers scrapes of Vonage Contact Center accounts',
  timeout: Duration.seconds(25),
  concurrency: Number(concurrency),
  environment: forAll,
});
// Open to the internet; the exporter itself asks for the scrape token. CDK adds both permissions that this needs.
const url = metrics.addFunctionUrl({ authType: lambda.FunctionUrlAuthType.NONE });
new CfnOutput(stack, 'MetricsUrl', { description: 'What Prometheus scrapes', value: `${url.url}metrics` });

if (pushes) {
  const push = addFunction('Push', {
    file: 'push',
    description: 'Takes samples of Vonage Contact Center accounts on a schedule and pushes them',
    // Less than the period, so that two runs do not overlap.
    timeout: Duration.seconds(57),
    concurrency: 1,
    environment: { ...forAll, ...forPush, VCC_PUSH_PERIOD: '1m' },
    statements: workspace
      ? [new PolicyStatement({ actions: ['aps:RemoteWrite'], resources: [workspace] })]
      : [],
    // Samples that are late are useless, and the next run brings new ones.
    retryAttempts: 0,
    maxEventAge: Duration.minutes(1),
  });
  new Rule(stack, 'PushSchedule', {
    schedule: Schedule.rate(Duration.minutes(1)),
    targets: [new LambdaFunction(push)],
  });
}

/** A function from dist/package, with a log group and a role of its own. */
function addFunction(id, { file, concurrency: reserved, statements = [], ...properties }) {
  const logGroup = new LogGroup(stack, `${id}LogGroup`, {
    retention: RetentionDays.TWO_WEEKS,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const role = new Role(stack, `${id}Role`, {
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    inlinePolicies: {
      function: new PolicyDocument({
        statements: [
          new PolicyStatement({
            actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
            resources: [logGroup.logGroupArn],
          }),
          new PolicyStatement({
            actions: ['secretsmanager:GetSecretValue'],
            resources: [toSecretArn(settings.VCC_SECRET_ID)],
            conditions: {
              'ForAnyValue:StringEquals': {
                'secretsmanager:VersionStage':
                  pending === 'when-rejected' ? ['AWSCURRENT', 'AWSPENDING'] : ['AWSCURRENT'],
              },
            },
          }),
          ...statements,
        ],
      }),
    },
  });
  return new lambda.Function(stack, `${id}Function`, {
    code: lambda.Code.fromAsset(fileURLToPath(new URL(`../../dist/package/${file}.zip`, import.meta.url))),
    handler: `${file}.handler`,
    runtime: lambda.Runtime.NODEJS_24_X,
    architecture: lambda.Architecture.ARM_64,
    memorySize: 256,
    logGroup,
    role,
    ...(concurrency !== 'none' && { reservedConcurrentExecutions: reserved }),
    ...properties,
  });
}

/** The ARN of a secret. Secrets Manager appends a hyphen and six characters to its name. */
function toSecretArn(id) {
  if (id.startsWith('arn:')) return id;
  return `arn:${Aws.PARTITION}:secretsmanager:${Aws.REGION}:${Aws.ACCOUNT_ID}:secret:${id}-??????`;
}

/** The value, if it is one of these. @throws Error naming the setting, what was expected and what was received */
function choose(name, value, expected) {
  if (expected.includes(value)) return value;
  throw new Error(`${name}: expected ${expected.join(' or ')}; received "${value}"`);
}

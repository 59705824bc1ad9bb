// The function that answers scrapes. With `-c push=true`, also the function that pushes. The
// resources are the same as in serverless.yml, without its alarms, queues and bucket. Parameters
// are context values: `-c VCC_ACCOUNT=acme-uk`.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { App, Aws, CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';

/** The parameters of `serverless deploy`, with the same names, checks and messages. */
const require = createRequire(import.meta.url);
const { readParameters, table } = require('../parameters.cjs');
const { metricsTimeout, pushTimeout } = require('../timeouts.cjs');

const app = new App();
const context = app.node.getAllContext();
const own = ['concurrency', 'memory', 'apsWorkspaceArn'];
const isGiven = ([name]) => name.startsWith('VCC_') || own.includes(name);
const pushes = context.push === 'true';
// The context also has values for CDK, so only names of parameters are refused.
const unsupported = Object.keys(context).filter((name) => Object.hasOwn(table, name) && !own.includes(name));
if (unsupported.length > 0) {
  refuse(
    unsupported
      .map((name) =>
        name === 'pushEnabled'
          ? 'pushEnabled: expected -c push=true instead'
          : `${name}: expected no value, since this example does not support it; serverless.yml does`,
      )
      .join('\n'),
  );
}
const parameters = await readParameters({
  ...Object.fromEntries(Object.entries(context).filter(isGiven)),
  ...(pushes && { pushEnabled: 'true', pushQueue: 'false' }),
}).catch(({ message }) => refuse(message));
const { settings, environment, concurrency, memory, apsWorkspaceArn } = parameters;
if (settings.VCC_SCRAPE_AUTH !== 'credentials') {
  refuse(
    `VCC_SCRAPE_AUTH: expected credentials, since the Function URL of this example is public; received "${settings.VCC_SCRAPE_AUTH}"`,
  );
}

const stack = new Stack(app, 'vcc-exporter', {
  description: 'Prometheus exporter for Vonage Contact Center',
});

const metrics = addFunction('Metrics', {
  file: 'metrics',
  description: 'Answers scrapes of Vonage Contact Center accounts',
  timeout: Duration.seconds(metricsTimeout({ settings, endpoint: 'function-url' })),
  concurrency,
  environment: environment.all,
});
// The URL is open to the internet. The exporter requires scrape credentials, since other values of
// VCC_SCRAPE_AUTH are refused above. CDK adds the two permissions that a public URL needs.
const url = metrics.addFunctionUrl({ authType: lambda.FunctionUrlAuthType.NONE });
new CfnOutput(stack, 'MetricsUrl', { description: 'What Prometheus scrapes', value: `${url.url}metrics` });

if (pushes) {
  const push = addFunction('Push', {
    file: 'push',
    description: 'Scrapes Vonage Contact Center accounts on a schedule and pushes the samples',
    timeout: Duration.seconds(pushTimeout({ settings })),
    concurrency: 1,
    environment: { ...environment.all, ...environment.push },
    statements:
      apsWorkspaceArn.length > 0
        ? [new PolicyStatement({ actions: ['aps:RemoteWrite'], resources: apsWorkspaceArn })]
        : [],
    // Late samples are useless, and the next invocation scrapes new ones.
    retryAttempts: 0,
    maxEventAge: Duration.minutes(1),
  });
  new Rule(stack, 'PushSchedule', {
    schedule: Schedule.rate(Duration.millis(settings.VCC_PUSH_PERIOD)),
    targets: [new LambdaFunction(push)],
  });
}

/** Ends the program without a template. */
function refuse(message) {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}

/** Adds a function from dist/package, with its log group and role. */
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
                  settings.VCC_SECRET_PENDING === 'when-rejected'
                    ? ['AWSCURRENT', 'AWSPENDING']
                    : ['AWSCURRENT'],
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
    memorySize: memory,
    logGroup,
    role,
    // `concurrency=none` reserves nothing for any function.
    ...(concurrency !== undefined && { reservedConcurrentExecutions: reserved }),
    ...properties,
  });
}

/** Returns the ARN of a secret. Secrets Manager appends a hyphen and six characters to its name. */
function toSecretArn(id) {
  if (id.startsWith('arn:')) return id;
  return `arn:${Aws.PARTITION}:secretsmanager:${Aws.REGION}:${Aws.ACCOUNT_ID}:secret:${id}-??????`;
}

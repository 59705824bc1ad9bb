// The functions, resources and tags of serverless.yml. The template contains only the parts that
// the parameters request.
const { alarms } = require('./alarms.cjs');
const { ParameterError, readParameters } = require('./parameters.cjs');
const { keepState, readObjects, role, sendTo, sendToReceivers } = require('./permissions.cjs');
const { allow, compact, document, getArn, policy, sub } = require('./template.cjs');
const { deliverTimeout, metricsTimeout, pushTimeout } = require('./timeouts.cjs');

/** Calls `make` with the parameters. The command line takes precedence over serverless.yml. */
const withParameters =
  (make) =>
  async ({ options, resolveConfigurationProperty }) => {
    const configured = (await resolveConfigurationProperty(['params'])) ?? {};
    const stage = await resolveConfigurationProperty(['provider', 'stage']);
    const onCommandLine = (options.param ?? []).map((each) => {
      const [, name, value] = /^([^=]*)=(.*)$/s.exec(each) ?? [];
      if (name === undefined) throw new ParameterError(`${each}: expected --param="${each}=value"`);
      return [name, value];
    });
    const given = {
      ...configured.default,
      ...configured[stage],
      ...Object.fromEntries(onCommandLine),
    };
    const texts = Object.entries(given).map(([name, value]) => [name, String(value)]);
    return make(await readParameters(Object.fromEntries(texts)));
  };

exports.functions = async (osls) => {
  try {
    return await withParameters(toFunctions)(osls);
  } catch (error) {
    // osls prints the stack. Keep only the message, since the user has mistyped a parameter.
    if (error instanceof ParameterError) error.stack = `\n\n${error.message}\n`;
    throw error;
  }
};

/** Like `withParameters`, but ignores wrong parameters: `functions` reports them once. */
const unlessRefused = (make) => (osls) =>
  withParameters(make)(osls).catch((error) => {
    if (error instanceof ParameterError) return {};
    throw error;
  });

exports.tags = unlessRefused(({ tags }) => tags);
exports.resources = unlessRefused(toResources);

// Functions.

function toFunctions(parameters) {
  const { pushEnabled, pushQueue, pushFanOut } = parameters;
  return compact({
    metrics: metricsFunction(parameters),
    push: pushEnabled ? pushFunction(parameters) : undefined,
    pushAccount: pushEnabled && pushFanOut ? pushAccountFunction(parameters) : undefined,
    deliver: pushEnabled && pushQueue ? deliverFunction(parameters) : undefined,
  });
}

/** Returns a function with the properties that all functions have in common. */
function lambda(
  { memory, logRetention, tracing, subnetIds, securityGroupIds, layerArns, environment },
  zip,
  rest,
) {
  return {
    handler: `${zip}.handler`,
    package: { artifact: `.serverless/${zip}.zip` },
    memorySize: memory,
    logRetentionInDays: logRetention,
    tracing,
    ...(subnetIds.length > 0 && { vpc: { subnetIds, securityGroupIds } }),
    ...(layerArns.length > 0 && { layers: layerArns }),
    ...rest,
    environment: { ...environment.all, ...rest.environment },
  };
}

function metricsFunction(parameters) {
  const { endpoint, settings, concurrency } = parameters;
  const byIam = settings.VCC_SCRAPE_AUTH === 'iam';
  const everything = { method: '*', path: '*', ...(byIam && { authorizer: { type: 'aws_iam' } }) };
  return lambda(parameters, 'metrics', {
    description: 'Answers scrapes of Vonage Contact Center accounts',
    role: 'MetricsRole',
    timeout: metricsTimeout(parameters),
    ...(concurrency !== undefined && { reservedConcurrency: concurrency }),
    // Without IAM, both endpoints are public. The exporter requires scrape credentials, unless
    // VCC_SCRAPE_AUTH is none.
    ...(endpoint === 'function-url'
      ? { url: byIam ? { authorizer: 'aws_iam' } : true }
      : { events: [{ httpApi: everything }] }),
  });
}

function pushEnvironment({ environment, pushQueue }) {
  return {
    ...environment.push,
    VCC_PUSH_STATE: sub('s3://${PushState}/state'),
    ...(pushQueue && {
      VCC_PUSH_QUEUE_URL: { Ref: 'PushBatches' },
      VCC_PUSH_REJECTED_URL: { Ref: 'PushRejected' },
    }),
  };
}

function pushFunction(parameters) {
  const { settings, concurrency, pushFanOut } = parameters;
  const minutes = settings.VCC_PUSH_PERIOD / 60_000;
  return lambda(parameters, 'push', {
    description: 'Scrapes Vonage Contact Center accounts on a schedule and pushes the samples',
    role: 'PushRole',
    timeout: pushTimeout(parameters),
    // Two invocations at the same time would read the API twice for one slot.
    ...(concurrency !== undefined && { reservedConcurrency: 1 }),
    environment: {
      ...pushEnvironment(parameters),
      ...(pushFanOut && { VCC_PUSH_ACCOUNTS_URL: { Ref: 'PushAccounts' } }),
    },
    // A late scrape is useless, and the next minute has the next one.
    maximumRetryAttempts: 0,
    maximumEventAge: 60,
    destinations: { onFailure: { type: 'sqs', arn: getArn('PushFailures') } },
    events: [{ schedule: { rate: [`rate(${minutes} ${minutes === 1 ? 'minute' : 'minutes'})`] } }],
  });
}

function pushAccountFunction(parameters) {
  return lambda(parameters, 'push', {
    description: 'Scrapes one account, which push assigns to it, and pushes the samples',
    role: 'PushAccountRole',
    timeout: pushTimeout(parameters),
    environment: pushEnvironment(parameters),
    events: [{ sqs: { arn: getArn('PushAccounts'), batchSize: 1 } }],
  });
}

function deliverFunction(parameters) {
  return lambda(parameters, 'deliver', {
    description: 'Sends samples from the queue to their destinations',
    role: 'DeliverRole',
    timeout: deliverTimeout,
    environment: pushEnvironment(parameters),
    events: [
      {
        sqs: {
          arn: getArn('PushBatches'),
          batchSize: 10,
          functionResponseType: 'ReportBatchItemFailures',
          maximumConcurrency: parameters.deliverConcurrency,
        },
      },
    ],
  });
}

// Resources.

function toResources(parameters) {
  const { pushEnabled, pushQueue, pushFanOut } = parameters;
  const withQueue = pushEnabled && pushQueue;
  const withFanOut = pushEnabled && pushFanOut;
  return {
    Description: 'Prometheus exporter for Vonage Contact Center (vcc-exporter)',
    Resources: {
      MetricsRole: role(parameters, 'Metrics', 'Permissions of the function that answers scrapes'),
      ...(pushEnabled && pushResources(parameters)),
      ...(withQueue && queueResources(parameters)),
      ...(withFanOut && fanOutResources(parameters)),
      ...(parameters.alarms && alarms(parameters, { pushEnabled, withQueue, withFanOut })),
    },
    Outputs: outputs(parameters, { pushEnabled, withQueue }),
  };
}

function pushResources(parameters) {
  const { pushQueue, pushFanOut } = parameters;
  return {
    PushRole: role(parameters, 'Push', 'Permissions of the function that pushes on a schedule', [
      policy('failures', allow('sqs:SendMessage', getArn('PushFailures'))),
      readObjects(parameters, 'push'),
      keepState(),
      ...(pushQueue ? [sendTo('batches', 'PushBatches')] : sendToReceivers(parameters)),
      ...(pushFanOut ? [sendTo('accounts', 'PushAccounts')] : []),
    ]),
    // Lambda puts records of failed invocations of push here.
    PushFailures: queue({ MessageRetentionPeriod: 1_209_600 }),
    PushFailuresPolicy: onlyTls('sqs', 'PushFailures', { Queues: [{ Ref: 'PushFailures' }] }),
    // The tracked series of each destination: a small object for each account.
    PushState: {
      Type: 'AWS::S3::Bucket',
      Properties: {
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
        },
        LifecycleConfiguration: { Rules: [{ Id: 'forget', Status: 'Enabled', ExpirationInDays: 7 }] },
      },
    },
    PushStatePolicy: onlyTls('s3', 'PushState', { Bucket: { Ref: 'PushState' } }),
  };
}

function queueResources(parameters) {
  return {
    DeliverRole: role(parameters, 'Deliver', 'Permissions of the function that empties the queue', [
      policy(
        'queues',
        allow(
          [
            'sqs:ReceiveMessage',
            'sqs:DeleteMessage',
            'sqs:GetQueueAttributes',
            'sqs:ChangeMessageVisibility',
          ],
          getArn('PushBatches'),
        ),
        allow('sqs:SendMessage', getArn('PushRejected')),
      ),
      readObjects(parameters, 'deliver'),
      ...sendToReceivers(parameters),
    ]),
    // Undelivered samples. The samples of one account and destination stay in order.
    PushBatches: queue({
      QueueName: sub('${AWS::StackName}-batches.fifo'),
      FifoQueue: true,
      DeduplicationScope: 'messageGroup',
      FifoThroughputLimit: 'perMessageGroupId',
      VisibilityTimeout: 6 * deliverTimeout,
      MessageRetentionPeriod: 1_209_600,
      // No RedrivePolicy: it would remove samples during an outage. deliver moves rejected samples
      // to PushRejected.
    }),
    PushBatchesPolicy: onlyTls('sqs', 'PushBatches', { Queues: [{ Ref: 'PushBatches' }] }),
    // Samples that a destination rejected permanently, with its reason.
    PushRejected: queue({
      QueueName: sub('${AWS::StackName}-rejected.fifo'),
      FifoQueue: true,
      MessageRetentionPeriod: 1_209_600,
    }),
    PushRejectedPolicy: onlyTls('sqs', 'PushRejected', { Queues: [{ Ref: 'PushRejected' }] }),
  };
}

function fanOutResources(parameters) {
  const { pushQueue } = parameters;
  const hiddenSeconds = 6 * pushTimeout(parameters);
  return {
    PushAccountRole: role(parameters, 'PushAccount', 'Permissions of the function that pushes one account', [
      policy(
        'orders',
        allow(['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'], getArn('PushAccounts')),
      ),
      readObjects(parameters, 'push'),
      keepState(),
      ...(pushQueue ? [sendTo('batches', 'PushBatches')] : sendToReceivers(parameters)),
    ]),
    // One message for each account to scrape, with one attempt. A late message fails immediately,
    // since its slots have passed. SQS moves a failed message only after the visibility timeout, so
    // it must keep messages longer than that.
    PushAccounts: queue({
      MessageRetentionPeriod: 2 * hiddenSeconds,
      VisibilityTimeout: hiddenSeconds,
      RedrivePolicy: { deadLetterTargetArn: getArn('PushFailures'), maxReceiveCount: 1 },
    }),
    PushAccountsPolicy: onlyTls('sqs', 'PushAccounts', { Queues: [{ Ref: 'PushAccounts' }] }),
  };
}

const queue = (properties) => ({
  Type: 'AWS::SQS::Queue',
  Properties: { SqsManagedSseEnabled: true, ...properties },
});

/** Returns the policy of a queue or bucket that denies requests over plain HTTP. */
function onlyTls(service, id, properties) {
  const resources = service === 's3' ? [getArn(id), sub(`\${${id}.Arn}/*`)] : getArn(id);
  return {
    Type: service === 's3' ? 'AWS::S3::BucketPolicy' : 'AWS::SQS::QueuePolicy',
    Properties: {
      ...properties,
      PolicyDocument: document({
        Sid: 'OnlyTls',
        Effect: 'Deny',
        Principal: '*',
        Action: `${service}:*`,
        Resource: resources,
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      }),
    },
  };
}

function outputs({ endpoint }, { pushEnabled, withQueue }) {
  const urls = {
    'function-url': '${MetricsLambdaFunctionUrl.FunctionUrl}metrics',
    'http-api': 'https://${HttpApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}/metrics',
  };
  return {
    MetricsUrl: { Description: 'The address that Prometheus scrapes', Value: sub(urls[endpoint]) },
    ...(withQueue && {
      PushBatchesUrl: {
        Description: 'Queue of undelivered samples; VCC_PUSH_QUEUE_URL for `vcc-exporter replay`',
        Value: { Ref: 'PushBatches' },
      },
      PushRejectedUrl: {
        Description: 'Queue of rejected samples; VCC_PUSH_REJECTED_URL for `vcc-exporter replay`',
        Value: { Ref: 'PushRejected' },
      },
    }),
    ...(pushEnabled && {
      PushFailuresUrl: {
        Description: 'Queue with records of failed invocations of push',
        Value: { Ref: 'PushFailures' },
      },
    }),
  };
}

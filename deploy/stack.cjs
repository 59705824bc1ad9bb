// The functions, resources and tags of serverless.yml: only what the parameters ask for is in the
// template.
const { alarms } = require('./alarms.cjs');
const { ParameterError, readParameters } = require('./parameters.cjs');
const { keepState, readObjects, role, sendTo, sendToReceivers } = require('./permissions.cjs');
const { allow, compact, document, getArn, policy, sub } = require('./template.cjs');
const { deliverTimeout, metricsTimeout, pushTimeout } = require('./timeouts.cjs');

/** What `make` makes of the parameters: those of the command line over those of serverless.yml. */
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
    // osls shows the stack, which nobody who mistyped a parameter needs.
    if (error instanceof ParameterError) error.stack = `\n\n${error.message}\n`;
    throw error;
  }
};

/** As `withParameters`; parameters that cannot be used are reported once, by `functions`. */
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

/** What all functions have in common. */
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
    // A Function URL is public unless IAM guards it; then the exporter itself asks for credentials.
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
    // Two that overlap would read the API twice for the same slot.
    ...(concurrency !== undefined && { reservedConcurrency: 1 }),
    environment: {
      ...pushEnvironment(parameters),
      ...(pushFanOut && { VCC_PUSH_ACCOUNTS_URL: { Ref: 'PushAccounts' } }),
    },
    // A late scrape is of no use, and the next minute brings the next.
    maximumRetryAttempts: 0,
    maximumEventAge: 60,
    destinations: { onFailure: { type: 'sqs', arn: getArn('PushFailures') } },
    events: [{ schedule: { rate: [`rate(${minutes} ${minutes === 1 ? 'minute' : 'minutes'})`] } }],
  });
}

function pushAccountFunction(parameters) {
  return lambda(parameters, 'push', {
    description: 'Scrapes one account when push hands it over, and pushes the samples',
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
      MetricsRole: role(parameters, 'Metrics', 'What the function that answers scrapes may do'),
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
    PushRole: role(parameters, 'Push', 'What the function on the schedule may do', [
      policy('failures', allow('sqs:SendMessage', getArn('PushFailures'))),
      readObjects(parameters, 'push'),
      keepState(),
      ...(pushQueue ? [sendTo('batches', 'PushBatches')] : sendToReceivers(parameters)),
      ...(pushFanOut ? [sendTo('accounts', 'PushAccounts')] : []),
    ]),
    // Lambda records invocations of push that failed here.
    PushFailures: queue({ MessageRetentionPeriod: 1_209_600 }),
    PushFailuresPolicy: onlyTls('sqs', 'PushFailures', { Queues: [{ Ref: 'PushFailures' }] }),
    // The series that each destination has: a small object for each account.
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
    DeliverRole: role(parameters, 'Deliver', 'What the function that empties the queue may do', [
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
    // Samples that have not arrived; those of one account and destination stay in order.
    PushBatches: queue({
      QueueName: sub('${AWS::StackName}-batches.fifo'),
      FifoQueue: true,
      DeduplicationScope: 'messageGroup',
      FifoThroughputLimit: 'perMessageGroupId',
      VisibilityTimeout: 6 * deliverTimeout,
      MessageRetentionPeriod: 1_209_600,
      // No RedrivePolicy: deliver itself sets aside what is rejected, and an outage must not.
    }),
    PushBatchesPolicy: onlyTls('sqs', 'PushBatches', { Queues: [{ Ref: 'PushBatches' }] }),
    // Samples that a destination rejected for good, with its reason.
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
    PushAccountRole: role(parameters, 'PushAccount', 'What the push of one account may do', [
      policy(
        'orders',
        allow(['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'], getArn('PushAccounts')),
      ),
      readObjects(parameters, 'push'),
      keepState(),
      ...(pushQueue ? [sendTo('batches', 'PushBatches')] : sendToReceivers(parameters)),
    ]),
    // One message for each account to scrape, tried once. A late one fails at once, since its slots
    // have passed. SQS moves a failed message only after its visibility timeout, and only if it
    // still keeps it then.
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

/** The policy of a queue or bucket: nobody may use it over plain HTTP. */
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
    MetricsUrl: { Description: 'What Prometheus scrapes', Value: sub(urls[endpoint]) },
    ...(withQueue && {
      PushBatchesUrl: {
        Description: 'Samples that have not arrived yet; VCC_PUSH_QUEUE_URL of `vcc-exporter replay`',
        Value: { Ref: 'PushBatches' },
      },
      PushRejectedUrl: {
        Description: 'Samples that a destination rejected; VCC_PUSH_REJECTED_URL of `vcc-exporter replay`',
        Value: { Ref: 'PushRejected' },
      },
    }),
    ...(pushEnabled && {
      PushFailuresUrl: {
        Description: 'Records of invocations of push that failed',
        Value: { Ref: 'PushFailures' },
      },
    }),
  };
}

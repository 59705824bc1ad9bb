// The functions, resources and tags of serverless.yml: only what the parameters ask for is in the template.
const { ParameterError, readParameters } = require('./parameters.cjs');

const getArn = (id) => ({ 'Fn::GetAtt': [id, 'Arn'] });
const sub = (text) => ({ 'Fn::Sub': text });

/** An object without the properties that are undefined. */
const compact = (object) =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));

const document = (...statements) => ({ Version: '2012-10-17', Statement: statements });
const allow = (Action, Resource, rest = {}) => ({ Effect: 'Allow', Action, Resource, ...rest });
const policy = (PolicyName, ...statements) => ({ PolicyName, PolicyDocument: document(...statements) });

/** What `make` makes of the parameters: those of the command line over those of serverless.yml. */
const withParameters =
  (make) =>
  async ({ options, resolveConfigurationProperty }) => {
    const configured = (await resolveConfigurationProperty(['params'])) ?? {};
    const onCommandLine = (options.param ?? []).map((each) => {
      const [, name = each, value = ''] = /^([^=]*)=(.*)$/s.exec(each) ?? [];
      return [name, value];
    });
    const given = {
      ...configured.default,
      ...configured[options.stage],
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

/** Lambda ends push before the next one starts. */
const pushTimeout = ({ settings }) => settings.VCC_PUSH_PERIOD / 1000 - 3;
/** A scrape ends first; API Gateway waits for 29 seconds at most. */
const metricsTimeout = ({ settings, endpoint }) =>
  Math.min(Math.ceil(settings.VCC_TIMEOUT / 1000) + 5, endpoint === 'http-api' ? 29 : 900);

// Functions.

function toFunctions(parameters) {
  const { pushEnabled, pushQueue, pushFanOut } = parameters;
  return compact({
    metrics: metricsFunction(parameters),
    push: pushEnabled ? pushFunction(parameters) : undefined,
    sample: pushEnabled && pushFanOut ? sampleFunction(parameters) : undefined,
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
    description: 'Takes samples of Vonage Contact Center accounts on a schedule and pushes them',
    role: 'PushRole',
    timeout: pushTimeout(parameters),
    // Two that overlap would read the API twice for the same sample.
    ...(concurrency !== undefined && { reservedConcurrency: 1 }),
    environment: {
      ...pushEnvironment(parameters),
      ...(pushFanOut && { VCC_PUSH_SAMPLERS_URL: { Ref: 'PushAccounts' } }),
    },
    // A late sample is of no use, and the next minute brings the next.
    maximumRetryAttempts: 0,
    maximumEventAge: 60,
    destinations: { onFailure: { type: 'sqs', arn: getArn('PushFailures') } },
    events: [{ schedule: { rate: [`rate(${minutes} ${minutes === 1 ? 'minute' : 'minutes'})`] } }],
  });
}

function sampleFunction(parameters) {
  return lambda(parameters, 'push', {
    description: 'Takes samples of one account when push tells it to',
    role: 'SampleRole',
    timeout: pushTimeout(parameters),
    environment: pushEnvironment(parameters),
    events: [{ sqs: { arn: getArn('PushAccounts'), batchSize: 1 } }],
  });
}

/** Seconds; the queue hides a message for six times as long, as AWS recommends. */
const deliverTimeout = 60;

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
  return {
    SampleRole: role(parameters, 'Sample', 'What the samplers of single accounts may do', [
      policy(
        'orders',
        allow(['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'], getArn('PushAccounts')),
      ),
      readObjects(parameters, 'push'),
      keepState(),
      ...(pushQueue ? [sendTo('batches', 'PushBatches')] : sendToReceivers(parameters)),
    ]),
    // One message for each account to sample; a message that is a minute old is of no use.
    PushAccounts: queue({
      MessageRetentionPeriod: 60,
      VisibilityTimeout: 900,
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

// Permissions.

/** The role of one function: its own log group, the secrets that the parameters name, and `policies`. */
function role(parameters, name, Description, policies = [readObjects(parameters, 'metrics')]) {
  const { permissionsBoundaryArn, subnetIds, tracing } = parameters;
  return {
    Type: 'AWS::IAM::Role',
    Properties: compact({
      Description,
      PermissionsBoundary: permissionsBoundaryArn,
      AssumeRolePolicyDocument: document({
        Effect: 'Allow',
        Principal: { Service: 'lambda.amazonaws.com' },
        Action: 'sts:AssumeRole',
      }),
      Policies: [
        policy('logs', allow(['logs:CreateLogStream', 'logs:PutLogEvents'], getArn(`${name}LogGroup`))),
        readSecrets(parameters),
        decryptSecret(parameters),
        ...policies,
        decryptObjects(parameters),
        // X-Ray has no narrower resource for these actions.
        tracing === 'Active'
          ? policy('traces', allow(['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], '*'))
          : undefined,
        // Neither has EC2 for the network interfaces of functions in a VPC.
        subnetIds.length > 0
          ? policy(
              'vpc',
              allow(
                ['ec2:CreateNetworkInterface', 'ec2:DescribeNetworkInterfaces', 'ec2:DeleteNetworkInterface'],
                '*',
              ),
            )
          : undefined,
      ].filter((each) => each !== undefined),
    }),
  };
}

const sendTo = (name, id) => policy(name, allow('sqs:SendMessage', getArn(id)));

const keepState = () =>
  policy(
    'state',
    allow(['s3:GetObject', 's3:PutObject'], sub('${PushState.Arn}/*')),
    // Without it S3 answers AccessDenied for an object that does not exist.
    allow('s3:ListBucket', getArn('PushState')),
  );

/** The secrets of the parameters, only the versions that may be used. */
function readSecrets({ settings, secrets }) {
  const stages = { never: ['AWSCURRENT'], 'when-rejected': ['AWSCURRENT', 'AWSPENDING'] };
  const arns = [settings.VCC_SECRET_ID, ...secrets].map(toSecretArn);
  return policy(
    'secret',
    allow('secretsmanager:GetSecretValue', arns.length === 1 ? arns[0] : arns, {
      Condition: {
        'ForAnyValue:StringEquals': { 'secretsmanager:VersionStage': stages[settings.VCC_SECRET_PENDING] },
      },
    }),
  );
}

/**
 * The ARN of a secret: its id if that is one, else that of the name in the account and region of the stack, where
 * Secrets Manager appends a hyphen and six characters.
 */
function toSecretArn(id) {
  if (id.startsWith('arn:')) return id;
  return sub(`arn:\${AWS::Partition}:secretsmanager:\${AWS::Region}:\${AWS::AccountId}:secret:${id}-??????`);
}

/** kms:Decrypt with a key, only through a service in a region. */
const decryptBy = (name, key, service, region) =>
  policy(
    name,
    allow('kms:Decrypt', key, {
      Condition: { StringEquals: { 'kms:ViaService': sub(`${service}.${region}.\${AWS::URLSuffix}`) } },
    }),
  );

/** The AWS managed key needs no permission; another one does, in the region of the secret. */
function decryptSecret({ secretKmsKeyArn, settings }) {
  if (secretKmsKeyArn === undefined) return undefined;
  const id = settings.VCC_SECRET_ID;
  const region = id.startsWith('arn:') ? id.split(':')[3] : '${AWS::Region}';
  return decryptBy('kms', secretKmsKeyArn, 'secretsmanager', region);
}

const decryptObjects = ({ objectsKmsKeyArn }) =>
  objectsKmsKeyArn === undefined
    ? undefined
    : decryptBy('objects-kms', objectsKmsKeyArn, 's3', '${AWS::Region}');

/** The list of accounts, rosters and destinations, where they are in S3. `deliver` needs no rosters. */
function readObjects({ settings, objects }, reader) {
  const { VCC_CONFIG: config, VCC_ROSTER: roster, VCC_PUSH_DESTINATIONS: destinations } = settings;
  const sources = [
    config,
    ...(reader === 'deliver' ? [] : [roster, ...objects.map((location) => ({ location }))]),
    ...(reader === 'metrics' ? [] : [destinations]),
  ];
  const locations = sources.map((source) => source?.location).filter((each) => each?.startsWith('s3://'));
  if (locations.length === 0) return undefined;
  const arns = locations.map((location) =>
    sub(`arn:\${AWS::Partition}:s3:::${location.slice('s3://'.length)}`),
  );
  return policy('objects', allow('s3:GetObject', arns));
}

/** Workspaces of Amazon Managed Prometheus, and roles that may write to some elsewhere. */
function sendToReceivers({ settings, apsWorkspaceArn, pushRoleArns }) {
  const roles = [settings.VCC_PUSH_ROLE_ARN, ...pushRoleArns].filter((each) => each !== undefined);
  const statements = [
    ...(apsWorkspaceArn.length > 0 ? [allow('aps:RemoteWrite', apsWorkspaceArn)] : []),
    ...(roles.length > 0 ? [allow('sts:AssumeRole', roles)] : []),
  ];
  return statements.length > 0 ? [policy('aps', ...statements)] : [];
}

// Alarms and outputs.

function alarms(parameters, { pushEnabled, withQueue, withFanOut }) {
  const ofFunction = (name) => [{ Name: 'FunctionName', Value: { Ref: `${name}LambdaFunction` } }];
  const ofQueue = (id) => [{ Name: 'QueueName', Value: { 'Fn::GetAtt': [id, 'QueueName'] } }];
  const { alarmTopicArn: topic } = parameters;
  const alarm = (AlarmDescription, Dimensions, properties = {}) => ({
    Type: 'AWS::CloudWatch::Alarm',
    Properties: compact({
      AlarmDescription,
      Namespace: 'AWS/Lambda',
      MetricName: 'Errors',
      Dimensions,
      Statistic: 'Sum',
      Period: 300,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'notBreaching',
      AlarmActions: topic && [topic],
      OKActions: topic && [topic],
      ...properties,
    }),
  });
  /** Nine tenths of the time that a function has. */
  const duration = (seconds) => ({ MetricName: 'Duration', Statistic: 'Maximum', Threshold: seconds * 900 });
  const throttles = { MetricName: 'Throttles' };
  const messages = {
    Namespace: 'AWS/SQS',
    MetricName: 'ApproximateNumberOfMessagesVisible',
    Statistic: 'Maximum',
  };
  const notSampled = 'An account could not be read, or its samples could not be sent or queued. The log of';
  return {
    MetricsErrors: alarm(
      'The function that answers scrapes crashed or timed out. Its log says why.',
      ofFunction('Metrics'),
    ),
    MetricsThrottles: alarm(
      'Scrapes were refused because `concurrency` of them were running already.',
      ofFunction('Metrics'),
      throttles,
    ),
    MetricsDuration: alarm(
      'A scrape took nearly as long as the function may run.',
      ofFunction('Metrics'),
      duration(metricsTimeout(parameters)),
    ),
    ...(pushEnabled && {
      PushErrors: alarm(`${notSampled} push says why.`, ofFunction('Push')),
      PushThrottles: alarm(
        'push was still running when it was started again.',
        ofFunction('Push'),
        throttles,
      ),
      PushDuration: alarm(
        'push took nearly as long as the function may run.',
        ofFunction('Push'),
        // It waits for the last sample of its period by design.
        { ...duration(0), Threshold: pushTimeout(parameters) * 1000 - 3000 },
      ),
      PushFailuresWaiting: alarm(
        'Invocations of push failed; the queue has their records.',
        ofQueue('PushFailures'),
        messages,
      ),
    }),
    ...(withFanOut && { SampleErrors: alarm(`${notSampled} sample says why.`, ofFunction('Sample')) }),
    ...(withQueue && {
      DeliverErrors: alarm(
        'The function that empties the queue crashed or timed out. Its log says why.',
        ofFunction('Deliver'),
      ),
      PushDelayed: alarm(
        'Samples have waited for five minutes because a destination does not accept them. The log of deliver says why.',
        ofQueue('PushBatches'),
        { ...messages, MetricName: 'ApproximateAgeOfOldestMessage', Threshold: 300 },
      ),
      PushRejects: alarm(
        'A destination rejected samples for good. `vcc-exporter replay --list` shows them with the reason.',
        ofQueue('PushRejected'),
        messages,
      ),
    }),
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

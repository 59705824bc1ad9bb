// The parts of serverless.yml that depend on a choice; used as ${file(deploy/variables.cjs):name}.

/** Nothing, in the words of CloudFormation: the property or list item that it stands for is left out. */
const nothing = { Ref: 'AWS::NoValue' };

/** What a parameter's value stands for. @throws Error naming the parameter, what was expected and what was received */
function choose(name, value, choices) {
  if (Object.hasOwn(choices, value)) return choices[value];
  throw new Error(`${name}: expected ${Object.keys(choices).join(' or ')}; received "${value}"`);
}

/** A variable made of parameters: `variable(['a', 'b'], (a, b) => …)`. */
const variable =
  (names, make) =>
  async ({ resolveVariable }) =>
    make(...(await Promise.all(names.map((name) => resolveVariable(`param:${name}`)))));

/** A Function URL is public in itself unless IAM guards it; then the exporter asks for credentials. */
exports.url = variable(['endpoint', 'VCC_SCRAPE_AUTH'], (endpoint, auth) =>
  choose('endpoint', endpoint, {
    'function-url': choose('VCC_SCRAPE_AUTH', auth, {
      credentials: true,
      none: true,
      iam: { authorizer: 'aws_iam' },
    }),
    'http-api': false,
  }),
);

exports.events = variable(['endpoint', 'VCC_SCRAPE_AUTH'], (endpoint, auth) => {
  const everything = { method: '*', path: '*' };
  const httpApi = auth === 'iam' ? { ...everything, authorizer: { type: 'aws_iam' } } : everything;
  return choose('endpoint', endpoint, { 'function-url': [], 'http-api': [{ httpApi }] });
});

exports.metricsUrl = variable(['endpoint'], (endpoint) => ({
  'Fn::Sub': choose('endpoint', endpoint, {
    'function-url': '${MetricsLambdaFunctionUrl.FunctionUrl}metrics',
    'http-api': 'https://${HttpApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}/metrics',
  }),
}));

/** How many may run at once; `none` reserves nothing, for AWS accounts whose quota is too small to share out. */
exports.metricsConcurrency = variable(['concurrency'], (count) => {
  if (count === 'none') return nothing;
  if (/^[1-9]\d*$/.test(count)) return Number(count);
  throw new Error(`concurrency: expected a whole number from 1, or none; received "${count}"`);
});

/** One at a time: two that overlap would ask the API twice for the same. */
exports.pushConcurrency = variable(['concurrency'], (count) => (count === 'none' ? nothing : 1));

/** The schedule of push, from the setting that tells push how long its turn is. */
exports.pushRate = variable(['VCC_PUSH_PERIOD'], (period) => {
  const minutes = /^([1-9]|1[0-4])m$/.exec(period)?.[1];
  if (minutes !== undefined) return `rate(${minutes} ${minutes === '1' ? 'minute' : 'minutes'})`;
  throw new Error(`VCC_PUSH_PERIOD: expected whole minutes, 1m to 14m; received "${period}"`);
});

const yesNo = (name, value, yes, no) => choose(name, String(value), { true: yes, false: no });

exports.batchesUrl = variable(['pushQueue'], (queue) =>
  yesNo('pushQueue', queue, { Ref: 'PushBatches' }, ''),
);
exports.rejectedUrl = variable(['pushQueue'], (queue) =>
  yesNo('pushQueue', queue, { Ref: 'PushRejected' }, ''),
);
exports.samplersUrl = variable(['pushFanOut'], (fanOut) =>
  yesNo('pushFanOut', fanOut, { Ref: 'PushAccounts' }, ''),
);

/** Lambda asks a queue all the time, at a price, so only those in use. */
const bothOn = (name) =>
  variable(['pushEnabled', name], (enabled, own) =>
    yesNo('pushEnabled', enabled, yesNo(name, own, true, false), false),
  );
exports.queueEnabled = bothOn('pushQueue');
exports.fanOutEnabled = bothOn('pushFanOut');

/** A parameter that is a list with commas. */
const toList = (text) =>
  text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');

/**
 * The ARN of a secret: its id if that is one, else that of the name in the account and region deployed to, where
 * Secrets Manager appends a hyphen and six characters.
 */
const toSecretArn = (id) => {
  if (id.startsWith('arn:')) return id;
  const prefix = 'arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:';
  return { 'Fn::Sub': `${prefix}${id}-??????` };
};

/** VCC_SECRET_ID, and the secrets that accounts in VCC_CONFIG name. */
exports.secretArns = variable(['VCC_SECRET_ID', 'secrets'], (id, others) => {
  const ids = [...toList(id), ...toList(others)];
  if (ids.length > 0) return ids.length === 1 ? toSecretArn(ids[0]) : ids.map(toSecretArn);
  throw new Error('VCC_SECRET_ID: expected the name or ARN of a secret; received nothing');
});

/** The staging labels that may be read. */
exports.secretStages = variable(['VCC_SECRET_PENDING'], (pending) =>
  choose('VCC_SECRET_PENDING', pending, {
    never: ['AWSCURRENT'],
    'when-rejected': ['AWSCURRENT', 'AWSPENDING'],
  }),
);

const policy = (name, statement) => ({
  PolicyName: name,
  PolicyDocument: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...statement }] },
});

/** kms:Decrypt with a key, only by way of a service in a region. */
const decryptBy = (name, key, service, region) =>
  policy(name, {
    Action: 'kms:Decrypt',
    Resource: key,
    Condition: {
      StringEquals: { 'kms:ViaService': { 'Fn::Sub': `${service}.${region}.\${AWS::URLSuffix}` } },
    },
  });

/** The AWS managed key needs no permission; another one does, and only by way of Secrets Manager in the secret's region. */
exports.decryptSecret = variable(['secretKmsKeyArn', 'VCC_SECRET_ID'], (key, id) => {
  if (key === '') return nothing;
  const region = id.startsWith('arn:') ? id.split(':')[3] : '${AWS::Region}';
  return decryptBy('kms', key, 'secretsmanager', region);
});

/** Those of these places that are in S3 may be read. */
const readOf = (places) => {
  const locations = places.filter((each) => each.startsWith('s3://'));
  if (locations.length === 0) return nothing;
  const toArn = (location) => ({
    'Fn::Sub': `arn:\${AWS::Partition}:s3:::${location.slice('s3://'.length)}`,
  });
  return policy('objects', { Action: 's3:GetObject', Resource: locations.map(toArn) });
};

/** The list of accounts and rosters, where they are in S3, and those rosters that the list names. */
exports.readObjects = variable(['VCC_CONFIG', 'VCC_ROSTER', 'objects'], (config, roster, others) =>
  readOf([config, roster, ...toList(others)]),
);
exports.readPushObjects = variable(
  ['VCC_CONFIG', 'VCC_ROSTER', 'objects', 'VCC_PUSH_DESTINATIONS'],
  (config, roster, others, destinations) => readOf([config, roster, ...toList(others), destinations]),
);
/** Delivering needs no rosters. */
exports.readDeliverObjects = variable(['VCC_CONFIG', 'VCC_PUSH_DESTINATIONS'], (config, destinations) =>
  readOf([config, destinations]),
);

/** Workspaces of Amazon Managed Prometheus, and roles that may write to some elsewhere; only who sends there may. */
const sendsTo = (byQueue) =>
  variable(
    ['pushQueue', 'apsWorkspaceArn', 'VCC_PUSH_ROLE_ARN', 'pushRoleArns'],
    (queue, workspace, role, others) => {
      const sends = yesNo('pushQueue', queue, byQueue, !byQueue);
      const [workspaces, roles] = [toList(workspace), [...toList(role), ...toList(others)]];
      if (!sends || workspaces.length + roles.length === 0) return nothing;
      const statements = [];
      if (workspaces.length > 0)
        statements.push({ Effect: 'Allow', Action: 'aps:RemoteWrite', Resource: workspaces });
      if (roles.length > 0) statements.push({ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: roles });
      return { PolicyName: 'aps', PolicyDocument: { Version: '2012-10-17', Statement: statements } };
    },
  );
exports.sendDirectly = sendsTo(false);
exports.sendFromQueue = sendsTo(true);

/** Samplers put into the queue what is delivered from it. */
exports.sendBatches = variable(['pushQueue'], (queue) =>
  yesNo(
    'pushQueue',
    queue,
    policy('batches', { Action: 'sqs:SendMessage', Resource: { 'Fn::GetAtt': ['PushBatches', 'Arn'] } }),
    nothing,
  ),
);
exports.sendAccounts = variable(['pushFanOut'], (fanOut) =>
  yesNo(
    'pushFanOut',
    fanOut,
    policy('accounts', { Action: 'sqs:SendMessage', Resource: { 'Fn::GetAtt': ['PushAccounts', 'Arn'] } }),
    nothing,
  ),
);

/** For objects that are encrypted with a key of your own. */
exports.decryptObjects = variable(['objectsKmsKeyArn'], (key) =>
  key === '' ? nothing : decryptBy('objects-kms', key, 's3', '${AWS::Region}'),
);

/** X-Ray knows no narrower resource for these actions. */
exports.sendTraces = variable(['tracing'], (tracing) =>
  choose('tracing', tracing, {
    PassThrough: nothing,
    Active: policy('traces', {
      Action: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'],
      Resource: '*',
    }),
  }),
);

/** Who is told of alarms; without a topic they only show in CloudWatch. */
exports.alarmActions = variable(['alarmTopicArn'], (topic) => (topic === '' ? nothing : [topic]));

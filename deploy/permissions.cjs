// What each function of the stack may do.
const { allow, compact, document, getArn, policy, sub } = require('./template.cjs');

/**
 * The role of one function: its own log group, the secrets that the parameters name, and
 * `policies`.
 */
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
        // Neither has EC2; these are those of AWS's policy AWSLambdaVPCAccessExecutionRole.
        subnetIds.length > 0
          ? policy(
              'vpc',
              allow(
                [
                  'ec2:AssignPrivateIpAddresses',
                  'ec2:CreateNetworkInterface',
                  'ec2:DeleteNetworkInterface',
                  'ec2:DescribeNetworkInterfaces',
                  'ec2:DescribeSubnets',
                  'ec2:UnassignPrivateIpAddresses',
                ],
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
 * The ARN of a secret: its id if that is one, else that of the name in the account and region of
 * the stack, where Secrets Manager appends a hyphen and six characters.
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

/**
 * The list of accounts, rosters and destinations, where they are in S3. `deliver` needs no rosters.
 */
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

module.exports = { keepState, readObjects, role, sendTo, sendToReceivers };

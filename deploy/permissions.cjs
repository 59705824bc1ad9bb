// The permissions of each function of the stack.
const { allow, compact, document, getArn, policy, sub } = require('./template.cjs');

/**
 * The role of one function. It permits:
 *
 * - writing to the log group of the function
 * - reading the secrets of the parameters
 * - `policies`
 * - if a parameter needs it: decrypting with KMS keys, X-Ray, network interfaces in a VPC
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
        // X-Ray does not support a narrower resource for these actions.
        tracing === 'Active'
          ? policy('traces', allow(['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], '*'))
          : undefined,
        // EC2 does not support a narrower resource either. The actions are those of AWS's policy
        // AWSLambdaVPCAccessExecutionRole.
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
    // Without this, S3 answers AccessDenied for an object that does not exist.
    allow('s3:ListBucket', getArn('PushState')),
  );

/** Permits reading the secrets of the parameters, only in the versions that the settings allow. */
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
 * Returns the ARN of a secret. A name is a secret in the account and region of the stack. Secrets
 * Manager appends a hyphen and six characters to it.
 */
function toSecretArn(id) {
  if (id.startsWith('arn:')) return id;
  return sub(`arn:\${AWS::Partition}:secretsmanager:\${AWS::Region}:\${AWS::AccountId}:secret:${id}-??????`);
}

/** Permits kms:Decrypt with a key, only through a service in a region. */
const decryptBy = (name, key, service, region) =>
  policy(
    name,
    allow('kms:Decrypt', key, {
      Condition: { StringEquals: { 'kms:ViaService': sub(`${service}.${region}.\${AWS::URLSuffix}`) } },
    }),
  );

/**
 * Permits decrypting the secret. Only a customer managed key needs this. The condition names the
 * region of the secret.
 */
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
 * Permits reading the lists of accounts, rosters and destinations that are in S3. `deliver` needs
 * no rosters, and `metrics` no destinations.
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

/** Permits writing to workspaces of Amazon Managed Prometheus, and assuming roles for others. */
function sendToReceivers({ settings, apsWorkspaceArn, pushRoleArns }) {
  const roles = [settings.VCC_PUSH_ROLE_ARN, ...pushRoleArns].filter((each) => each !== undefined);
  const statements = [
    ...(apsWorkspaceArn.length > 0 ? [allow('aps:RemoteWrite', apsWorkspaceArn)] : []),
    ...(roles.length > 0 ? [allow('sts:AssumeRole', roles)] : []),
  ];
  return statements.length > 0 ? [policy('aps', ...statements)] : [];
}

module.exports = { keepState, readObjects, role, sendTo, sendToReceivers };

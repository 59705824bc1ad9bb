import { readFileSync } from 'node:fs';

/** A statement of deploy/deployer-policy.json. */
export interface PolicyStatement {
  Sid: string;
  Effect: string;
  Action: string[];
  Resource: string | string[];
  Condition?: Record<string, Record<string, string>>;
}

const file = new URL('../../deploy/deployer-policy.json', import.meta.url);

/** The policy of the deploying user, for this AWS account and region. */
export function readPolicy(
  account: string,
  region: string,
): { Version: string; Statement: PolicyStatement[] } {
  return JSON.parse(readFileSync(file, 'utf8').replaceAll('ACCOUNT', account).replaceAll('REGION', region));
}

/** Whether a policy allows an action on a resource. Ignores conditions. */
export function allows(statements: readonly PolicyStatement[], action: string, resource: string): boolean {
  const matches = (pattern: string) =>
    new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`).test(resource);
  return statements.some((each) => each.Action.includes(action) && [each.Resource].flat().some(matches));
}

const of = (service: string, names: string) => names.split(' ').map((name) => `${service}:${name}`);

/**
 * The actions of CloudFormation, with the deploying user's rights, to create, read, update and
 * delete a resource. They are from the `handlers` of AWS's own resource schemas, without those that
 * our resources never use (`notNeeded`).
 */
export const actionsOfType: Record<string, string[]> = {
  'AWS::ApiGatewayV2::Api': of('apigateway', 'DELETE GET PATCH POST PUT'),
  'AWS::ApiGatewayV2::Integration': of('apigateway', 'DELETE GET PATCH POST PUT'),
  'AWS::ApiGatewayV2::Route': of('apigateway', 'DELETE GET PATCH POST PUT'),
  'AWS::ApiGatewayV2::Stage': of('apigateway', 'DELETE GET PATCH POST'),
  'AWS::CloudWatch::Alarm': of(
    'cloudwatch',
    'DeleteAlarms DescribeAlarms ListTagsForResource PutMetricAlarm TagResource UntagResource',
  ),
  'AWS::Events::Rule': of(
    'events',
    'DeleteRule DescribeRule ListTagsForResource ListTargetsByRule PutRule PutTargets RemoveTargets TagResource UntagResource',
  ),
  'AWS::IAM::Role': of(
    'iam',
    'CreateRole DeleteRole DeleteRolePermissionsBoundary DeleteRolePolicy GetRole GetRolePolicy ListAttachedRolePolicies ListRolePolicies PutRolePermissionsBoundary PutRolePolicy TagRole UntagRole UpdateAssumeRolePolicy UpdateRole UpdateRoleDescription',
  ),
  'AWS::Lambda::EventInvokeConfig': of(
    'lambda',
    'DeleteFunctionEventInvokeConfig GetFunctionEventInvokeConfig PutFunctionEventInvokeConfig UpdateFunctionEventInvokeConfig',
  ),
  'AWS::Lambda::EventSourceMapping': of(
    'lambda',
    'CreateEventSourceMapping DeleteEventSourceMapping GetEventSourceMapping ListTags TagResource UntagResource UpdateEventSourceMapping',
  ),
  'AWS::Lambda::Function': [
    ...of(
      'lambda',
      'CreateFunction DeleteFunction DeleteFunctionConcurrency GetFunction GetFunctionCodeSigningConfig GetFunctionRecursionConfig GetFunctionScalingConfig GetLayerVersion GetRuntimeManagementConfig PutFunctionConcurrency TagResource UntagResource UpdateFunctionCode UpdateFunctionConfiguration',
    ),
    ...of('ec2', 'DescribeNetworkInterfaces DescribeSecurityGroups DescribeSubnets DescribeVpcs'),
    'iam:PassRole',
    's3:GetObject',
  ],
  'AWS::Lambda::Permission': of('lambda', 'AddPermission GetPolicy RemovePermission'),
  'AWS::Lambda::Url': of(
    'lambda',
    'CreateFunctionUrlConfig DeleteFunctionUrlConfig GetFunctionUrlConfig UpdateFunctionUrlConfig',
  ),
  'AWS::Logs::LogGroup': of(
    'logs',
    'CreateLogGroup DeleteLogGroup DeleteRetentionPolicy DescribeIndexPolicies DescribeLogGroups DescribeResourcePolicies GetDataProtectionPolicy ListTagsForResource PutRetentionPolicy TagResource UntagResource',
  ),
  'AWS::S3::Bucket': of(
    's3',
    'CreateBucket DeleteBucket GetAccelerateConfiguration GetAnalyticsConfiguration GetBucketAbac GetBucketAcl GetBucketCORS GetBucketLogging GetBucketMetadataTableConfiguration GetBucketNotification GetBucketObjectLockConfiguration GetBucketOwnershipControls GetBucketPublicAccessBlock GetBucketTagging GetBucketVersioning GetBucketWebsite GetEncryptionConfiguration GetIntelligentTieringConfiguration GetInventoryConfiguration GetLifecycleConfiguration GetMetricsConfiguration GetReplicationConfiguration ListBucket ListTagsForResource PutBucketPublicAccessBlock PutBucketTagging PutEncryptionConfiguration PutLifecycleConfiguration TagResource UntagResource',
  ),
  'AWS::S3::BucketPolicy': of('s3', 'DeleteBucketPolicy GetBucketPolicy PutBucketPolicy'),
  'AWS::SQS::Queue': of(
    'sqs',
    'CreateQueue DeleteQueue GetQueueAttributes GetQueueUrl ListQueueTags SetQueueAttributes TagQueue UntagQueue',
  ),
  'AWS::SQS::QueuePolicy': of('sqs', 'SetQueueAttributes'),
};

/** Further actions of those handlers, by the reason why they are not in the policy. */
export const notNeeded: Record<string, RegExp> = {
  'no function is encrypted with a key of its own': /^kms:/,
  'no function has a file system, versions, a signing or scaling configuration, or another runtime management':
    /^(elasticfilesystem|s3files):|^s3:GetObjectVersion$|^lambda:(PublishVersion|GetCodeSigningConfig|(Put|Delete)FunctionCodeSigningConfig|Put(RuntimeManagementConfig|FunctionRecursionConfig|FunctionScalingConfig)|PassCapacityProvider|AssociateRuntimeAlias)$/,
  'no role has a managed policy': /^iam:(Attach|Detach)RolePolicy$/,
  'no log group is encrypted, protected, indexed or delivered elsewhere':
    /^logs:((Put|Delete)(DataProtectionPolicy|IndexPolicy|ResourcePolicy)|CreateLogDelivery|(Associate|Disassociate)KmsKey|PutLogGroupDeletionProtection|PutBearerTokenAuthentication)$|^s3:REST\.PUT\.OBJECT$|^firehose:/,
  'no bucket is a website, versioned, replicated, logged, measured, locked or of tables':
    /^s3tables:|^s3:(Put|Delete)(Bucket)?(Abac|Acl|Analytics|CORS|Cors|Inventory|Metrics|Notification|Replication|Website|Accelerate|ObjectLock|ObjectAcl|Ownership|Intelligent|Logging|Versioning|ReplicationConfiguration|ObjectLock|Encryption$|Lifecycle$)|^s3:(Create|Delete|Update)BucketMetadata/,
  'not actions of IAM: the stage and the API are tagged by POST, PUT and DELETE':
    /^apigateway:(Tag|Untag)Resource$/,
  'no API is made from a definition in S3': /^s3:getObject$/,
};

/** The actions that osls itself uses, and that commands of the docs need: action -> why. */
export const actionsOfOsls: Record<string, string> = {
  'cloudformation:CreateStack': 'deploy, the first time',
  'cloudformation:UpdateStack': 'deploy',
  'cloudformation:DeleteStack': 'remove',
  'cloudformation:DescribeStacks':
    'deploy, info, remove, and `aws cloudformation describe-stacks` of docs/run/aws.md',
  'cloudformation:DescribeStackEvents': 'deploy and remove, until they are done',
  'cloudformation:DescribeStackResource': 'deploy and remove: the name of the bucket',
  'cloudformation:ListStackResources': 'deploy and info',
  'cloudformation:TagResource': 'the stack has the tag STAGE',
  'cloudformation:UntagResource': 'the same',
  'cloudformation:ValidateTemplate': 'deploy',
  's3:ListBucket': 'deploy: what was deployed before',
  's3:GetObject':
    'deploy: its hashes, and the template and the zips, which AWS reads in the name of who deploys',
  's3:PutObject': 'deploy: the template and the zips',
  's3:DeleteObject': 'deploy: old ones; remove; and emptying the bucket of push before it',
  'lambda:GetFunction': 'deploy: when functions were changed last',
  'logs:DescribeLogStreams': 'logs',
  'logs:FilterLogEvents': 'logs',
};

import { expect, test } from '@jest/globals';
import { actionsOfOsls, actionsOfType, allows, readPolicy } from '../support/deployer.ts';

const [account, region] = ['123456789012', 'ap-southeast-2'];
const { Version, Statement } = readPolicy(account, region);
const allowed = new Set(Statement.flatMap(({ Action }) => Action));

test('allows, by statements with names, and fits into one managed policy', () => {
  expect(Version).toBe('2012-10-17');
  expect(new Set(Statement.map(({ Sid }) => Sid)).size).toBe(Statement.length);
  expect(Statement.filter(({ Effect }) => Effect !== 'Allow')).toEqual([]);
  // IAM counts all but white space.
  expect(JSON.stringify({ Version, Statement }).length).toBeLessThanOrEqual(6144);
});

test('allows what every type of resource and osls itself need, and nothing else', () => {
  const needed = new Set([...Object.values(actionsOfType).flat(), ...Object.keys(actionsOfOsls)]);
  expect([...allowed].toSorted()).toEqual([...needed].toSorted());
});

test('names every action in full', () => {
  expect([...allowed].filter((action) => !/^[a-z0-9]+:[A-Za-z]+$/.test(action))).toEqual([]);
});

test('names resources of the stack, except for actions that have no resource in AWS', () => {
  const everywhere = Statement.filter(({ Resource }) => Resource === '*');
  expect(Object.fromEntries(everywhere.map(({ Sid, Action }) => [Sid, Action]))).toEqual({
    AlarmsOverview: ['cloudwatch:DescribeAlarms'],
    LogsOverview: ['logs:DescribeIndexPolicies', 'logs:DescribeLogGroups', 'logs:DescribeResourcePolicies'],
    QueueTriggers: [
      'lambda:CreateEventSourceMapping',
      'lambda:DeleteEventSourceMapping',
      'lambda:GetEventSourceMapping',
      'lambda:UpdateEventSourceMapping',
    ],
    Template: ['cloudformation:ValidateTemplate'],
    Vpc: [
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSecurityGroups',
      'ec2:DescribeSubnets',
      'ec2:DescribeVpcs',
    ],
  });
  // Ids that AWS gives: of APIs, and of the triggers of functions. Layers belong to the account
  // that made them.
  const unnamed = ['HttpApi', 'Layers', 'QueueTriggerTags'];
  const others = Statement.filter((each) => !everywhere.includes(each) && !unnamed.includes(each.Sid));
  for (const { Sid, Resource } of others) {
    expect([Sid, Resource]).toEqual([Sid, expect.stringMatching(/[:/]vcc-exporter-\*(\/\*)?$/)]);
  }
});

test('passes roles to Lambda only, and makes triggers for functions of the stack only', () => {
  const conditions = Statement.filter(({ Condition }) => Condition).map(({ Sid, Condition }) => [
    Sid,
    Condition,
  ]);
  expect(Object.fromEntries(conditions)).toEqual({
    QueueTriggers: {
      ArnLike: { 'lambda:FunctionArn': `arn:aws:lambda:${region}:${account}:function:vcc-exporter-*` },
    },
    RolesForLambdaOnly: { StringEquals: { 'iam:PassedToService': 'lambda.amazonaws.com' } },
  });
  expect(Statement.filter(({ Action }) => Action.includes('iam:PassRole'))).toHaveLength(1);
});

test('does not allow access to other stacks', () => {
  const ofFunction = (name: string) => `arn:aws:lambda:${region}:${account}:function:${name}`;
  expect(allows(Statement, 'lambda:DeleteFunction', ofFunction('vcc-exporter-prod-push'))).toBe(true);
  expect(allows(Statement, 'lambda:DeleteFunction', ofFunction('payments'))).toBe(false);
  expect(allows(Statement, 's3:GetObject', 'arn:aws:s3:::vcc-exporter-prod-x/y')).toBe(true);
  expect(allows(Statement, 's3:GetObject', 'arn:aws:s3:::acme/vcc-exporter-prod/y')).toBe(false);
  expect(allows(Statement, 'iam:PassRole', `arn:aws:iam::${account}:role/admin`)).toBe(false);
});

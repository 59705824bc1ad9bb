import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { actionsOfOsls, actionsOfType, allows, notNeeded, readPolicy } from '../support/deployer.ts';
import { packageStack, type Template } from '../support/template.ts';
import { type Aws, startAws } from './support/aws-of-osls.ts';
import { describeWith } from './support/parts.ts';
import { type Ended, run } from './support/process.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const serverless = join(root, 'node_modules', 'serverless', 'bin', 'serverless.js');

describe('osls, with the policy of deploy/deployer-policy.json', () => {
  let aws: Aws;
  let home: string;
  let policy: ReturnType<typeof readPolicy>;
  const runOsls = async (...args: string[]): Promise<Ended> =>
    run(process.execPath, [serverless, ...args], {
      folder: root,
      env: {
        HOME: home,
        AWS_ENDPOINT_URL: aws.origin,
        AWS_REGION: aws.region,
        AWS_ACCESS_KEY_ID: 'nobody',
        AWS_SECRET_ACCESS_KEY: 'of-nobody',
      },
    });

  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'vcc-e2e-deploy-'));
    aws = await startAws(({ action, resource }) => allows(policy.Statement, action, resource));
    policy = readPolicy(aws.account, aws.region);
  });
  afterAll(async () => {
    await aws.close();
    rmSync(home, { recursive: true, force: true });
  });

  test('deploys: creates the stack, uploads template and zips, and has the stack made of them', async () => {
    const { status, stdout, stderr } = await runOsls('deploy', '--param=VCC_ACCOUNT=acme-uk');
    expect([status, stdout + stderr]).toEqual([0, expect.stringContaining('Service deployed to stack')]);
    expect(aws.stackCalls.map((form) => form.get('Action'))).toEqual(['CreateStack', 'UpdateStack']);
    const url = aws.stackCalls[1]!.get('TemplateURL')!;
    const key = [...aws.objects.keys()].find((each) => url.endsWith(each))!;
    const template = JSON.parse(aws.objects.get(key)!.body.toString('utf8')) as Template;
    const { S3Key } = template.Resources.MetricsLambdaFunction!.Properties.Code as { S3Key: string };
    const zip = readFileSync(join(root, 'dist', 'package', 'metrics.zip'));
    expect(aws.objects.get(S3Key)!.body.equals(zip)).toBe(true);
  });

  test('deploys again, and reads whether functions were changed', async () => {
    const { status, stdout, stderr } = await runOsls(
      'deploy',
      '--param=VCC_ACCOUNT=acme-uk',
      '--param=memory=512',
    );
    expect([status, stdout + stderr]).toEqual([0, expect.stringContaining('Service deployed to stack')]);
    expect(aws.stackCalls.map((form) => form.get('Action')).at(-1)).toBe('UpdateStack');
  });

  test.each([
    ['info', ['info']],
    ['logs', ['logs', '--function', 'metrics']],
    ['remove', ['remove']],
  ])('%s', async (_, args) => {
    const { status, stdout, stderr } = await runOsls(...args);
    expect([status, stdout + stderr]).toEqual([0, expect.not.stringContaining('not authorized')]);
  });

  test('was denied nothing, and called the actions in the policy', () => {
    const denied = aws.calls.filter(({ action, resource }) => !allows(policy.Statement, action, resource));
    expect(denied).toEqual([]);
    const called = new Set(aws.calls.map(({ action }) => action));
    const tags = ['cloudformation:TagResource', 'cloudformation:UntagResource'];
    expect([...called, ...tags].toSorted()).toEqual(Object.keys(actionsOfOsls).toSorted());
  });

  test('reports what is not allowed', async () => {
    policy.Statement = policy.Statement.filter(({ Sid }) => Sid !== 'Stack');
    const { status, stdout, stderr } = await runOsls('deploy', '--param=VCC_ACCOUNT=acme-uk');
    expect([status, stdout + stderr]).toEqual([
      1,
      expect.stringContaining('not authorized to perform: cloudformation:DescribeStacks'),
    ]);
  });
});

describeWith(['cfnLint'], 'deploy/deployer-policy.json', ({ cfnLint }) => {
  const parameters: Record<string, string>[] = [
    {},
    { endpoint: 'http-api', VCC_SCRAPE_AUTH: 'iam' },
    { pushEnabled: 'true', pushFanOut: 'true', tracing: 'Active', VCC_PUSH_URL: 'https://example.com' },
    { pushEnabled: 'true', pushQueue: 'false', VCC_PUSH_URL: 'https://example.com' },
  ];
  let types: string[];
  /** The actions of a type's handlers, from AWS's schemas. */
  let handled: Record<string, string[]>;

  beforeAll(() => {
    const made = parameters.map((each) => packageStack(each));
    expect(made.map(({ status }) => status)).toEqual(made.map(() => 0));
    const all = made.flatMap(({ template }) => Object.values(template.Resources).map(({ Type }) => Type));
    types = [...new Set(all)].toSorted();
    const code = `
import cfnlint, glob, json, os, sys
folder = os.path.join(os.path.dirname(cfnlint.__file__), 'data', 'schemas', 'resources')
found = {}
for file in glob.glob(os.path.join(folder, '*.json')):
    schema = json.load(open(file, encoding='utf-8'))
    handlers = schema.get('handlers') or {}
    kinds = ('create', 'read', 'update', 'delete')
    found[schema.get('typeName')] = [a for kind in kinds for a in handlers.get(kind, {}).get('permissions', [])]
print(json.dumps({name: found.get(name) for name in sys.argv[1:]}))`;
    const { stdout, stderr } = spawnSync(cfnLint.python, ['-c', code, ...types], {
      encoding: 'utf8',
      env: { ...process.env, ...cfnLint.env },
    });
    expect(stderr).toBe('');
    handled = JSON.parse(stdout);
  });

  test('is about the types of resources that some variant has', () => {
    expect(types).toEqual(Object.keys(actionsOfType).toSorted());
  });

  test("allows all actions for making, changing and deleting them in AWS's schemas, except for unused ones", () => {
    const explained = (action: string) =>
      action in actionsOfOsls || Object.values(notNeeded).some((reason) => reason.test(action));
    for (const type of types) {
      const known = actionsOfType[type]!;
      // Roles are passed to functions and to nothing else.
      const missing = handled[type]!.filter(
        (action) => !known.includes(action) && !explained(action) && action !== 'iam:PassRole',
      );
      expect([type, missing]).toEqual([type, []]);
      expect([type, known.filter((action) => !handled[type]!.includes(action))]).toEqual([type, []]);
    }
  });

  test('leaves out nothing that it also allows', () => {
    const all = Object.values(handled).flat();
    for (const [reason, pattern] of Object.entries(notNeeded)) {
      expect([reason, all.some((action) => pattern.test(action))]).toEqual([reason, true]);
      const allowed = Object.values(actionsOfType).flat();
      expect([reason, allowed.filter((action) => pattern.test(action))]).toEqual([reason, []]);
    }
  });
});

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from '@jest/globals';
import { violations } from '../support/cloudformation.ts';
import { essentialsOf } from '../support/essentials.ts';
import { packageStack, type Template } from '../support/template.ts';
import { lintTemplate } from './support/cfn-lint.ts';
import { describeWith } from './support/parts.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const source = fileURLToPath(new URL('../../deploy/cdk/', import.meta.url));
const pushUrl = 'https://example.com/api/v1/write';
const settings = { VCC_ACCOUNT: 'acme-uk', VCC_PUSH_URL: pushUrl, VCC_QUEUES: 'on' };
const withPush = { ...settings, push: 'true' };

/** The output of the app for these context values, without CDK's command line tool. */
function synthesize(packages: string, context: Readonly<Record<string, string>>) {
  const top = mkdtempSync(join(tmpdir(), 'vcc-e2e-cdk-'));
  try {
    const folder = join(top, 'deploy', 'cdk');
    const zips = join(top, 'dist', 'package');
    for (const each of [folder, zips]) mkdirSync(each, { recursive: true });
    cpSync(join(source, 'app.mjs'), join(folder, 'app.mjs'));
    for (const name of ['parameters.cjs', 'settings.cjs', 'timeouts.cjs']) {
      cpSync(join(source, '..', name), join(top, 'deploy', name));
    }
    for (const name of ['src', 'node_modules']) symlinkSync(join(root, name), join(top, name), 'junction');
    symlinkSync(packages, join(folder, 'node_modules'), 'junction');
    for (const name of ['metrics', 'push']) writeFileSync(join(zips, `${name}.zip`), name);
    const out = join(top, 'out');
    const { status, stderr } = spawnSync(process.execPath, ['app.mjs'], {
      cwd: folder,
      encoding: 'utf8',
      env: { PATH: process.env.PATH, HOME: top, CDK_OUTDIR: out, CDK_CONTEXT_JSON: JSON.stringify(context) },
    });
    const error = stderr.trimEnd();
    const text = status === 0 ? readFileSync(join(out, 'vcc-exporter.template.json'), 'utf8') : '';
    return {
      error,
      text,
      template: (text === '' ? { Resources: {}, Outputs: {} } : JSON.parse(text)) as Template,
    };
  } finally {
    rmSync(top, { recursive: true, force: true });
  }
}

/** The id that CDK gives a resource: its own, then eight digits of a hash. */
function idOf({ Resources }: Template, name: string): string {
  return Object.keys(Resources).find((id) => new RegExp(`^${name}[0-9A-F]{8}$`).test(id))!;
}

describeWith(['cdk'], 'deploy/cdk', ({ cdk: { packages } }) => {
  let made: ReturnType<typeof synthesize>;
  let expected: Template;
  beforeAll(() => {
    made = synthesize(packages, withPush);
    const stack = packageStack({
      ...settings,
      pushEnabled: 'true',
      pushQueue: 'false',
    });
    if (stack.status !== 0) throw new Error(stack.output);
    expected = stack.template;
  });

  test('makes a template without an error, with types and properties that CloudFormation knows', () => {
    expect(made.error).toBe('');
    expect(violations(made.template)).toEqual([]);
  });

  test('makes the same scrape function as serverless.yml', () => {
    const { variables, ...own } = essentialsOf(made.template, idOf(made.template, 'MetricsFunction'));
    const { variables: all, ...others } = essentialsOf(expected, 'MetricsLambdaFunction');
    expect(own).toEqual(others);
    expect(own.permissions).toHaveLength(2);
    expect(variables).toEqual(all);
  });

  test('makes the same push function as serverless.yml, except for queues and the bucket', () => {
    const { variables, ...own } = essentialsOf(made.template, idOf(made.template, 'PushFunction'));
    const { variables: all, statements, ...others } = essentialsOf(expected, 'PushLambdaFunction');
    const elsewhere = (action: string) => action.startsWith('sqs:') || action.startsWith('s3:');
    expect(own).toEqual({
      ...others,
      statements: statements.filter(({ actions }) => !actions.some(elsewhere)),
    });
    expect(own.schedule).toEqual({ expression: 'rate(1 minute)', state: 'ENABLED' });
    const { VCC_PUSH_STATE: _, ...expectedVariables } = all as Record<string, unknown>;
    expect(variables).toEqual(expectedVariables);
  });

  test('has no part of push unless it is enabled, and gives the address to scrape', () => {
    const { template } = synthesize(packages, { VCC_ACCOUNT: 'acme-uk' });
    expect(Object.keys(template.Resources).filter((id) => id.startsWith('Push'))).toEqual([]);
    expect(template.Outputs.MetricsUrl!.Value).toEqual({
      'Fn::Join': [
        '',
        [{ 'Fn::GetAtt': [idOf(template, 'MetricsFunctionFunctionUrl'), 'FunctionUrl'] }, 'metrics'],
      ],
    });
  });

  test('accepts an ARN, pending versions, a workspace, and no reserved concurrency', () => {
    const secret = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:acme-Ab3dEf';
    const workspace = 'arn:aws:aps:eu-west-1:123456789012:workspace/ws-1';
    const { error, template } = synthesize(packages, {
      ...withPush,
      VCC_SECRET_ID: secret,
      VCC_SECRET_PENDING: 'when-rejected',
      apsWorkspaceArn: workspace,
      concurrency: 'none',
    });
    expect(error).toBe('');
    const { statements, concurrency } = essentialsOf(template, idOf(template, 'PushFunction'));
    expect(concurrency).toBeUndefined();
    expect(statements.filter(({ resource }) => resource !== 'logs')).toEqual([
      { actions: ['aps:RemoteWrite'], resource: workspace, condition: undefined },
      {
        actions: ['secretsmanager:GetSecretValue'],
        resource: secret,
        condition: {
          'ForAnyValue:StringEquals': { 'secretsmanager:VersionStage': ['AWSCURRENT', 'AWSPENDING'] },
        },
      },
    ]);
  });

  test.each<[string, Record<string, string>, string]>([
    [
      'another region',
      { VCC_REGION: 'eu-west-1' },
      'VCC_REGION: expected one of emea, nam, apac; received "eu-west-1"',
    ],
    [
      'a setting that does not exist',
      { VCC_REGOIN: 'nam' },
      'VCC_REGOIN: unknown parameter; did you mean VCC_REGION?',
    ],
    [
      'no concurrency',
      { concurrency: '0' },
      'concurrency: expected a whole number from 1 to 1000, or none; received "0"',
    ],
    [
      'credentials, without showing them',
      { VCC_CLIENT_SECRET: 'Hunter2' },
      'VCC_CLIENT_SECRET: expected a field of the secret, since everybody who can read the configuration of the function can read parameters',
    ],
    [
      'a queue',
      { VCC_PUSH_QUEUE_URL: 'x' },
      'VCC_PUSH_QUEUE_URL: expected no value, since the stack sets it',
    ],
    [
      'a public URL without credentials',
      { VCC_SCRAPE_AUTH: 'none' },
      'VCC_SCRAPE_AUTH: expected credentials, since the Function URL of this example is public; received "none"',
    ],
    [
      'IAM signatures',
      { VCC_SCRAPE_AUTH: 'iam' },
      'VCC_SCRAPE_AUTH: expected credentials, since the Function URL of this example is public; received "iam"',
    ],
    [
      'parameters that only serverless.yml supports',
      { permissionsBoundaryArn: 'arn:aws:iam::123456789012:policy/edge', HTTPS_PROXY: 'http://proxy:3128' },
      'permissionsBoundaryArn: expected no value, since this example does not support it; serverless.yml does\nHTTPS_PROXY: expected no value, since this example does not support it; serverless.yml does',
    ],
    ['pushEnabled', { pushEnabled: 'true' }, 'pushEnabled: expected -c push=true instead'],
    [
      'push without a destination',
      { push: 'true' },
      'VCC_PUSH_URL: expected the address of a destination, or destinations in VCC_PUSH_DESTINATIONS, since pushEnabled is true; received nothing',
    ],
  ])('refuses %s', (_, context, message) => {
    expect(synthesize(packages, { VCC_ACCOUNT: 'acme-uk', ...context }).error).toBe(message);
  });
});

describeWith(['cdk', 'cfnLint'], 'deploy/cdk under cfn-lint', ({ cdk, cfnLint }) => {
  test.each([
    ['as it is', { VCC_ACCOUNT: 'acme-uk' }],
    ['with push', withPush],
  ])('%s gives no cause for complaint', (_, context) => {
    // W3005: CDK names dependencies that CloudFormation would find without them.
    expect(lintTemplate(cfnLint, synthesize(cdk.packages, context).text, ['W3005'])).toEqual([]);
  });
});

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { alone, packageStack } from '../support/template.ts';
import { lintTemplate } from './support/cfn-lint.ts';
import { describeWith } from './support/parts.ts';

describeWith(['cfnLint'], 'the CloudFormation template under cfn-lint', ({ cfnLint }) => {
  /**
   * Except for W3005, a remark on what osls writes: it names dependencies that CloudFormation would
   * find.
   */
  const lint = (template: string) => lintTemplate(cfnLint, template, ['W3005']);

  test.each<[string, Record<string, string>]>([
    ['as it is', {}],
    ['behind an HTTP API with IAM', { endpoint: 'http-api', VCC_SCRAPE_AUTH: 'iam' }],
    [
      'with everything on',
      {
        VCC_SCRAPE_AUTH: 'iam',
        VCC_SECRET_PENDING: 'when-rejected',
        tracing: 'Active',
        secretKmsKeyArn: 'arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555',
        alarmTopicArn: 'arn:aws:sns:eu-west-1:123456789012:pager',
        concurrency: 'none',
        pushEnabled: 'true',
        pushFanOut: 'true',
        VCC_PUSH_URL: 'https://receiver.example/api/v1/write',
        permissionsBoundaryArn: 'arn:aws:iam::123456789012:policy/boundary',
        subnetIds: 'subnet-0a1b2c3d4e5f60718',
        securityGroupIds: 'sg-0a1b2c3d4e5f60718',
        apsWorkspaceArn: 'arn:aws:aps:eu-west-1:123456789012:workspace/ws-1',
      },
    ],
    [
      'without a queue',
      { pushEnabled: 'true', pushQueue: 'false', VCC_PUSH_URL: 'https://receiver.example/api/v1/write' },
    ],
    ['without alarms', { alarms: 'false' }],
  ])('%s gives no cause for complaint', (_, parameters) => {
    const { status, text } = packageStack(parameters);
    expect(status).toBe(0);
    expect(lint(text)).toEqual([]);
  });

  test('cfn-lint has no finding for cloudformation.json, which is deployed alone', () => {
    const script = fileURLToPath(new URL('../../scripts/package.mjs', import.meta.url));
    const { status } = alone(() => spawnSync(process.execPath, [script], { stdio: 'ignore' }));
    expect(status).toBe(0);
    const file = new URL('../../dist/package/cloudformation.json', import.meta.url);
    expect(lint(readFileSync(file, 'utf8'))).toEqual([]);
  });

  test('would complain', () => {
    const { text } = packageStack();
    expect(lint(text.replaceAll('nodejs24.x', 'nodejs1.x')).join('\n')).toMatch(/nodejs1\.x/);
  });
});

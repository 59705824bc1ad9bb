import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ListBucketsCommand } from '@aws-sdk/client-s3';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ListQueuesCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Simulator } from '../../src/simulator/server.ts';
import { startFrozen } from './support/account.ts';
import { requestOf, toHttp } from './support/lambda.ts';
import { type Moto, startMoto } from './support/moto.ts';
import { describeWith } from './support/parts.ts';
import { type Ended, start } from './support/process.ts';
import { type DeployedStack, lookAtStack } from './support/stack.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const scrapeToken = 'e2e-scrape-token-of-prometheus';

/** The command of the README that deploys. */
const documented = readFileSync(join(root, 'README.md'), 'utf8').match(/npx serverless deploy [^`\n]*/g);

describeWith(['moto', 'runtimeClient'], 'serverless deploy, to moto', (parts) => {
  let folder: string;
  let moto: Moto;
  let simulator: Simulator;
  let stack: DeployedStack;
  let clients: { sqs: SQSClient; secrets: SecretsManagerClient };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'vcc-deploy-'));
    moto = await startMoto(parts.moto, folder);
    simulator = await startFrozen({});
    const options = { endpoint: moto.endpoint, region: moto.region, credentials: moto.credentials };
    clients = { sqs: new SQSClient(options), secrets: new SecretsManagerClient(options) };
    stack = lookAtStack(moto, parts.runtimeClient, folder);
    const secret = {
      clientId: simulator.clientId,
      clientSecret: simulator.clientSecret,
      scrapeTokens: scrapeToken,
    };
    await clients.secrets.send(
      new CreateSecretCommand({ Name: 'vcc-exporter', SecretString: JSON.stringify(secret) }),
    );
  });

  afterAll(async () => {
    for (const client of Object.values(clients ?? {})) client.destroy();
    stack?.close();
    await simulator?.close();
    await moto?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /**
   * A command line as a user types it, in the checkout, without the environment of this process.
   */
  function shell(command: string): Promise<Ended> {
    // The Node.js that runs this is first on PATH.
    const PATH = `${dirname(process.execPath)}${delimiter}${process.env.PATH}`;
    const env = { ...moto.env, PATH, HOME: folder };
    const login = ['-c', `cd "$0" && ${command}`, root];
    return start('sh', login, { folder, env }).end(80_000);
  }

  /**
   * Deploys with these parameters. Returns the output.
   * @throws Error when it fails
   */
  async function deploy(...parameters: string[]): Promise<string> {
    const params = parameters.map((each) => `--param="${each}"`).join(' ');
    return succeeded(await shell(`npx serverless deploy ${params}`));
  }

  /** Vonage's hosts are the simulator's. */
  const network = () => ({ VCC_API_URL: simulator.apiUrl, VCC_TOKEN_URL: simulator.tokenUrl });

  function succeeded({ status, stdout, stderr }: Ended): string {
    if (status !== 0) throw new Error(`status ${status}\n${stdout}\n${stderr}`);
    return stdout + stderr;
  }

  const sha256 = (file: string) => createHash('sha256').update(readFileSync(file)).digest('base64');

  test('the command of the README creates one function, which answers a scrape', async () => {
    expect(documented).toEqual([
      'npx serverless deploy --param="VCC_REGION=emea" --param="VCC_ACCOUNT=acme-uk"',
    ]);
    const output = succeeded(await shell(documented![0]!));
    expect(output).toContain('Service deployed to stack vcc-exporter-prod');
    expect(output).not.toMatch(/warning/i);
    const found = await stack.functions();
    expect(Object.keys(found)).toEqual(['metrics']);
    expect(found.metrics).toMatchObject({
      Handler: 'metrics.handler',
      Runtime: 'nodejs24.x',
      MemorySize: 256,
      Timeout: 25,
      Role: expect.stringMatching(/^arn:aws:iam::\d+:role\/vcc-exporter-prod-MetricsRole-/),
      Environment: {
        Variables: {
          VCC_REGION: 'emea',
          VCC_ACCOUNT: 'acme-uk',
          VCC_SECRET_ID: 'vcc-exporter',
          VCC_SCRAPE_AUTH: 'credentials',
        },
      },
    });
    expect(Object.keys(await stack.uploaded()).filter((name) => name.endsWith('.zip'))).toEqual([
      'metrics.zip',
    ]);
    expect(sha256(await stack.download('metrics.zip'))).toBe(
      sha256(join(root, 'dist', 'package', 'metrics.zip')),
    );
    expect(await stack.ask('lambda', '/2021-10-31/functions/vcc-exporter-prod-metrics/url')).toMatchObject({
      AuthType: 'NONE',
      FunctionUrl: expect.stringMatching(/^https:\/\/.*\.lambda-url\.eu-west-1\.on\.aws/),
    });
    const { Policy } = await stack.ask<{ Policy: string }>(
      'lambda',
      '/2015-03-31/functions/vcc-exporter-prod-metrics/policy',
    );
    const statements = (JSON.parse(Policy) as { Statement: { Action: string }[] }).Statement;
    expect(statements.map(({ Action }) => Action).toSorted()).toEqual([
      'lambda:InvokeFunction',
      'lambda:InvokeFunctionUrl',
    ]);

    const runtime = await stack.start('metrics', network());
    try {
      const refused = toHttp(await runtime.invoke(requestOf()));
      expect(refused.status).toBe(401);
      const answer = toHttp(await runtime.invoke(requestOf({ authorization: `Bearer ${scrapeToken}` })));
      expect(answer.status).toBe(200);
      expect(answer.text).toMatch(/^vcc_up\{account="acme-uk"\} 1$/m);
    } finally {
      await runtime.close();
    }
  });

  test('the same command again changes nothing', async () => {
    const before = await stack.uploaded();
    expect(succeeded(await shell(documented![0]!))).toContain('No changes to deploy. Deployment skipped.');
    expect(await stack.uploaded()).toEqual(before);
  });

  describe('with push and an invocation for each account', () => {
    const receiver = 'http://localhost:1/api/v1/write';

    test('creates four functions, their queues and the schedule', async () => {
      const output = await deploy(
        'VCC_ACCOUNT=acme-uk',
        'pushEnabled=true',
        'pushFanOut=true',
        `VCC_PUSH_URL=${receiver}`,
      );
      expect(output).toContain('Service deployed');
      const found = await stack.functions();
      expect(Object.keys(found).toSorted()).toEqual(['deliver', 'metrics', 'push', 'pushAccount']);
      const { QueueUrls = [] } = await clients.sqs.send(new ListQueuesCommand({}));
      // The host is moto's own in one case and AWS's in the other.
      const queue = (part: string) =>
        expect.stringContaining(new URL(QueueUrls.find((url) => url.includes(part))!).pathname);
      expect(QueueUrls).toHaveLength(4);
      expect(found.push!.Environment.Variables).toEqual({
        VCC_ACCOUNT: 'acme-uk',
        VCC_SECRET_ID: 'vcc-exporter',
        VCC_SCRAPE_AUTH: 'credentials',
        VCC_PUSH_URL: receiver,
        VCC_PUSH_STATE: expect.stringMatching(/^s3:\/\/vcc-exporter-prod-pushstate-\w+\/state$/),
        VCC_PUSH_QUEUE_URL: queue('-batches.fifo'),
        VCC_PUSH_REJECTED_URL: queue('-rejected.fifo'),
        VCC_PUSH_ACCOUNTS_URL: queue('PushAccounts'),
      });
      const roles = Object.values(found).map(({ Role }) => /prod-(\w+)-/.exec(Role)![1]);
      expect(roles.toSorted()).toEqual(['DeliverRole', 'MetricsRole', 'PushAccountRole', 'PushRole']);
      for (const [name, zip] of [
        ['push', 'push'],
        ['pushAccount', 'push'],
        ['deliver', 'deliver'],
      ] as const) {
        const file = join(root, 'dist', 'package', `${zip}.zip`);
        expect([name, found[name]!.CodeSha256]).toEqual([name, sha256(file)]);
      }
      const { EventSourceMappings } = await stack.ask<{
        EventSourceMappings: { EventSourceArn: string; FunctionArn: string }[];
      }>('lambda', '/2015-03-31/event-source-mappings/');
      const mappings = EventSourceMappings.map(({ EventSourceArn, FunctionArn }) => [
        /(batches|PushAccounts)/.exec(EventSourceArn)![1],
        FunctionArn.split(':')[6],
      ]);
      expect(mappings.toSorted()).toEqual([
        ['PushAccounts', 'vcc-exporter-prod-pushAccount'],
        ['batches', 'vcc-exporter-prod-deliver'],
      ]);
      const { Rules } = await stack.ask<{ Rules: { ScheduleExpression: string; State: string }[] }>(
        'events',
        'AWSEvents.ListRules',
      );
      expect(Rules).toEqual([
        expect.objectContaining({ ScheduleExpression: 'rate(1 minute)', State: 'ENABLED' }),
      ]);
      expect(
        await stack.ask('lambda', '/2019-09-25/functions/vcc-exporter-prod-push/event-invoke-config'),
      ).toMatchObject({ MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 });
    });

    test('the uploaded function for one account puts samples into the queue that was created', async () => {
      const { QueueUrls = [] } = await clients.sqs.send(new ListQueuesCommand({}));
      const queue = (part: string) => QueueUrls.find((url) => url.endsWith(part))!;
      const runtime = await stack.start('pushAccount', {
        ...network(),
        VCC_PUSH_INTERVAL: '60s',
        VCC_PUSH_QUEUE_URL: queue('-batches.fifo'),
        VCC_PUSH_REJECTED_URL: queue('-rejected.fifo'),
      });
      try {
        const order = { account: 'acme-uk', timeMs: Date.now() };
        const event = { Records: [{ messageId: '1', receiptHandle: '1', body: JSON.stringify(order) }] };
        const { error } = await runtime.invoke(event);
        expect([error, runtime.output()]).toEqual([undefined, expect.stringContaining('"failures":0')]);
      } finally {
        await runtime.close();
      }
      const { Messages = [] } = await clients.sqs.send(
        new ReceiveMessageCommand({ QueueUrl: queue('-batches.fifo') }),
      );
      expect(Messages).toHaveLength(1);
    });
  });

  // Before the next test: moto does not create a returning resource again.
  test('IAM guards the Function URL', async () => {
    await deploy('VCC_SCRAPE_AUTH=iam');
    expect(await stack.ask('lambda', '/2021-10-31/functions/vcc-exporter-prod-metrics/url')).toMatchObject({
      AuthType: 'AWS_IAM',
    });
  });

  test('behind an HTTP API guarded by IAM no part of push remains', async () => {
    await deploy('endpoint=http-api', 'VCC_SCRAPE_AUTH=iam', 'tags=team=voice');
    expect(Object.keys(await stack.functions())).toEqual(['metrics']);
    const { QueueUrls = [] } = await clients.sqs.send(new ListQueuesCommand({}));
    expect(QueueUrls).toEqual([]);
    await expect(stack.ask('lambda', '/2021-10-31/functions/vcc-exporter-prod-metrics/url')).rejects.toThrow(
      '404',
    );
  });

  test('a deployment with a parameter that does not exist creates nothing', async () => {
    const { status, stdout, stderr } = await shell('npx serverless deploy --param="VCC_REGOIN=emea"');
    expect(status).toBe(1);
    expect(stdout + stderr).toContain('VCC_REGOIN: unknown parameter; did you mean VCC_REGION?');
    const bare = await shell('npx serverless deploy --param="VCC_REGION"');
    expect(bare.status).toBe(1);
    expect(bare.stdout + bare.stderr).toContain('VCC_REGION: expected --param="VCC_REGION=value"');
  });

  test('serverless remove leaves only the state of push, a bucket that was not emptied', async () => {
    succeeded(await shell('npx serverless remove'));
    expect(await stack.functions()).toEqual({});
    const { Buckets = [] } = await stack.s3.send(new ListBucketsCommand({}));
    expect(Buckets.map(({ Name }) => Name)).toEqual([expect.stringContaining('pushstate')]);
  });
});

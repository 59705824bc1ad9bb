import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Simulator } from '../../src/simulator/server.ts';
import { startFrozen } from './support/account.ts';
import { type Block, blocksOf } from './support/documents.ts';
import { type FunctionUrls, serveFunctionUrls } from './support/function-url.ts';
import { createBucket, type Moto, startMoto } from './support/moto.ts';
import { createNewcomer, type Newcomer } from './support/newcomer.ts';
import { describeWith } from './support/parts.ts';
import { poll, type Running, type Serving, serveOnFreePort } from './support/process.ts';
import { type DeployedStack, lookAtStack } from './support/stack.ts';

/** How a block of a document is tested. */
interface Step {
  /** How the block begins. */
  begins: string;
  /** Types it, or writes it to a file, and checks the result. */
  take?(block: Block): Promise<void>;
  /** Why it is not run here. */
  not?: string;
}

/** One test for each block of a document, in their order. A block without a step fails. */
function walk(path: string, steps: readonly Step[]): void {
  const blocks = blocksOf(path);
  test(`${path} has a step for each block, in this order`, () => {
    const firstLines = blocks.map(({ text }) => text.split('\n')[0]!);
    const known = steps.map(({ begins }) => begins);
    expect(
      firstLines.map((line, index) => (line.startsWith(known[index] ?? '\n') ? known[index] : line)),
    ).toEqual(known);
  });
  for (const [index, { begins, take, not }] of steps.entries()) {
    const title = `${path}, ${begins}`;
    if (take) test(title, () => take(blocks[index]!));
    else test.skip(`${title} [not run: ${not}]`, () => {});
  }
}

/** The addresses that `npm start` prints. */
async function metricsOf(exporter: Running): Promise<string> {
  const url = await poll(
    'the address of npm start',
    () => (exporter.ended() === undefined ? /^Metrics: (\S+)/m.exec(exporter.stdout())?.[1] : 'none'),
    180_000,
  );
  if (url === 'none') throw new Error(`${exporter.stdout()}\n${exporter.stderr()}`);
  return (await fetch(url)).text();
}

const query = 'it is a query; test/dashboards and test/e2e/day.e2e.ts run queries';

describeWith(
  ['prometheus'],
  'the README, as a new user follows it',
  ({ prometheus: { prometheus, promtool } }) => {
    let folder: string;
    let newcomer: Newcomer;
    let simulator: Simulator;
    let receiver: Serving | undefined;

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'vcc-newcomer-'));
      simulator = await startFrozen({});
      // Another exporter may run on this machine.
      newcomer = createNewcomer(folder, { PORT: '0' });
    });
    afterAll(async () => {
      await receiver?.stop();
      await simulator?.close();
      rmSync(folder, { recursive: true, force: true });
    });

    walk('README.md', [
      { begins: 'flowchart LR', not: 'it is a picture' },
      {
        begins: 'git clone',
        async take({ text }) {
          const exporter = await newcomer.begin(text);
          const metrics = await metricsOf(exporter);
          expect(exporter.stderr()).toContain('No VCC_* setting is set, so these are simulated accounts.');
          expect(metrics).toMatch(/^vcc_up\{account="simulated-uk"\} 1$/m);
          expect(metrics).toMatch(/^vcc_simulated\{account="simulated-uk"\} 1$/m);
          await exporter.stop();
        },
      },
      {
        begins: 'VCC_CLIENT_ID=…',
        async take({ text }) {
          const file = join(newcomer.folder(), '.env');
          // Unchanged it is rejected.
          writeFileSync(file, text);
          await expect(newcomer.type('npx vcc-exporter check')).rejects.toThrow(
            'VCC_CLIENT_ID: expected the client id; received a placeholder',
          );
          const own = text
            .replace('VCC_CLIENT_ID=…', `VCC_CLIENT_ID=${simulator.clientId}`)
            .replace('VCC_CLIENT_SECRET=…', `VCC_CLIENT_SECRET=${simulator.clientSecret}`);
          // Replaces Vonage's hosts.
          writeFileSync(file, `${own}VCC_API_URL=${simulator.apiUrl}\nVCC_TOKEN_URL=${simulator.tokenUrl}\n`);
        },
      },
      {
        begins: 'npx vcc-exporter check',
        async take({ text }) {
          const exporter = await newcomer.begin(text);
          expect(await metricsOf(exporter)).toMatch(/^vcc_up\{account="acme-uk"\} 1$/m);
          await exporter.stop();
        },
      },
    ]);

    walk('docs/start/dashboard.md', [
      {
        begins: 'scrape_configs:',
        async take({ text }) {
          const file = join(folder, 'prometheus.yml');
          writeFileSync(file, text);
          execFileSync(promtool, ['check', 'config', file]);
        },
      },
      {
        begins: './prometheus --config.file=vcc.yml',
        not: 'test/e2e/prometheus.e2e.ts runs one on a free port',
      },
      { begins: 'vcc_agents_available', not: query },
    ]);

    test('docs/run/push.md, its first command', async () => {
      const [{ text }] = blocksOf('docs/run/push.md') as [Block];
      const config = join(folder, 'receiver.yml');
      writeFileSync(config, '');
      const flags = [`--config.file=${config}`, `--storage.tsdb.path=${join(folder, 'tsdb')}`];
      receiver = await serveOnFreePort(
        'Prometheus',
        prometheus,
        [...flags, '--web.enable-remote-write-receiver'],
        folder,
      );
      // Another Prometheus of the machine may be on that port.
      const pusher = await newcomer.begin(text.replace('http://localhost:9090', receiver.origin));
      await poll('a pushed sample', async () => {
        const answer = await fetch(`${receiver!.origin}/api/v1/query?query=vcc_up`);
        return (await answer.text()).includes('"account":"acme-uk"');
      });
      await pusher.stop();
    });

    test('the package for npm runs where it is installed', async () => {
      const tarball = (await newcomer.type('npm pack --silent --pack-destination "$HOME"'))
        .trim()
        .split('\n')
        .at(-1)!;
      const elsewhere = createNewcomer(join(folder, 'elsewhere'));
      await elsewhere.type(`npm install --no-audit --no-fund '${join(folder, tarball)}'`);
      expect(await elsewhere.type('npx vcc-exporter scrape --demo --account simulated-us')).toMatch(
        /^vcc_up\{account="simulated-us"\} 1$/m,
      );
      expect(await elsewhere.type('npx vcc-exporter rules --out rules')).toMatch(
        / alerts, .* dashboards\.\n$/,
      );
      const rules = join(elsewhere.folder(), 'rules', 'prometheus', 'vcc-alerts.yml');
      execFileSync(promtool, ['check', 'rules', rules]);
    });

    test('every way to lose the credentials ends with what is missing, and where it was searched', async () => {
      const file = join(newcomer.folder(), '.env');
      rmSync(file);
      for (const command of ['check', 'serve', 'scrape', 'push', 'replay']) {
        const typed = newcomer.type(`VCC_REGION=emea npx vcc-exporter ${command}`);
        await expect(typed).rejects.toThrow('status 2');
        await expect(typed).rejects.toThrow(
          `looked for settings in the environment and in ${file}, which does not exist.`,
        );
      }
      // Node.js itself reads that file first, and has its own message.
      await expect(newcomer.type('npx vcc-exporter check --env-file nowhere.env')).rejects.toThrow(
        'nowhere.env: not found',
      );
      writeFileSync(
        join(newcomer.folder(), 'windows.env'),
        '\uFEFFVCC_CLIENT_ID=x\r\nVCC_CLIENT_SECRET=changeme\r\n',
      );
      await expect(newcomer.type('npx vcc-exporter check --env-file windows.env')).rejects.toThrow(
        'VCC_CLIENT_SECRET: expected the client secret; received a placeholder',
      );
      await expect(newcomer.type('VCC_REGION=emea npm start')).rejects.toThrow('expected API credentials');
    });
  },
);

describeWith(
  ['moto', 'awsCli', 'runtimeClient', 'prometheus'],
  'docs/run/aws.md and terraform-cdk.md, as a new user follows them',
  ({ moto, awsCli, runtimeClient, prometheus: { promtool } }) => {
    let folder: string;
    let aws: Moto;
    let simulator: Simulator;
    let newcomer: Newcomer;
    let stack: DeployedStack;
    let functionUrls: FunctionUrls;
    /** Vonage's hosts are the simulator's. */
    const network = () => ({ VCC_API_URL: simulator.apiUrl, VCC_TOKEN_URL: simulator.tokenUrl });

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'vcc-newcomer-'));
      aws = await startMoto(moto, folder);
      simulator = await startFrozen({});
      stack = lookAtStack(aws, runtimeClient, folder);
      functionUrls = await serveFunctionUrls(aws.region, folder, () => stack.start('metrics', network()));
      // The page itself sets the region.
      const { AWS_REGION: _, ...env } = aws.env;
      newcomer = createNewcomer(folder, env, [awsCli.folder]);
      for (const name of ['acme-config', 'acme-code']) (await createBucket(aws, name)).close();
    });
    afterAll(async () => {
      await functionUrls?.close();
      stack?.close();
      await simulator?.close();
      await aws?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    const deployed = async ({ text }: Block) => {
      expect(await newcomer.type(text)).toMatch(
        /Service deployed to stack vcc-exporter-prod|No changes to deploy/,
      );
    };
    const variables = async () => (await stack.functions()).metrics!.Environment.Variables;

    walk('docs/run/aws.md', [
      {
        begins: 'export AWS_REGION=eu-west-1 AWS_DEFAULT_REGION=eu-west-1',
        async take({ text }) {
          await newcomer.type(text);
          expect(readFileSync(join(folder, 'vcc-scrape-token'), 'utf8')).toMatch(/^[0-9a-f]{64}\n$/);
        },
      },
      {
        begins: "printf 'Client id: '; read -r id",
        async take({ text }) {
          const typed = await newcomer.type(text, `${simulator.clientId}\n${simulator.clientSecret}\n`);
          expect(typed).toBe('Client id: Client secret: ');
        },
      },
      {
        begins: 'jq -n',
        async take({ text }) {
          const typed = await newcomer.type(text);
          expect(typed).toContain('"Name": "vcc-exporter"');
          expect(typed).not.toContain(simulator.clientSecret);
        },
      },
      { begins: 'git clone', take: deployed },
      {
        begins: 'url=$(aws cloudformation describe-stacks',
        async take({ text }) {
          expect(await newcomer.type(text)).toMatch(/^vcc_up\{account="acme-uk"\} 1$/m);
        },
      },
      {
        begins: 'npx serverless logs',
        async take({ text }) {
          // Lambda would have written it.
          const of = '--log-group-name /aws/lambda/vcc-exporter-prod-metrics --log-stream-name e2e';
          const event = `timestamp=${Date.now()},message=a-line-of-the-log`;
          await newcomer.type(
            `aws logs create-log-stream ${of}\naws logs put-log-events ${of} --log-events ${event}`,
          );
          expect(await newcomer.type(text)).toContain('a-line-of-the-log');
        },
      },
      {
        begins:
          'npx serverless deploy --param="VCC_REGION=emea" --param="VCC_ACCOUNT=acme-uk" --param="concurrency=none"',
        take: deployed,
      },
      {
        begins: 'scrape_configs:',
        async take({ text }) {
          const token = '/etc/prometheus/vcc-scrape-token';
          expect(text).toContain(token);
          // promtool reads the file.
          const config = text.replace(token, join(folder, 'vcc-scrape-token'));
          writeFileSync(join(newcomer.folder(), 'prometheus.yml'), config);
        },
      },
      {
        begins: 'promtool check config',
        async take({ text }) {
          expect(await newcomer.type(`PATH=${join(promtool, '..')}:$PATH\n${text}`)).toContain('SUCCESS');
        },
      },
      { begins: 'vcc_agents', not: query },
      {
        begins: 'params:',
        async take({ text }) {
          // Written in place of the empty ones, it is deployed.
          const file = join(newcomer.folder(), 'serverless.yml');
          const before = readFileSync(file, 'utf8');
          expect(before).toContain('params:\n  default: {}\n');
          writeFileSync(file, before.replace('params:\n  default: {}\n', text));
          await newcomer.type('npx serverless deploy');
          expect(await variables()).toMatchObject({ VCC_ACCOUNT: 'acme-uk', VCC_REGION: 'emea' });
          writeFileSync(file, before);
        },
      },
      {
        begins: 'aws s3 cp accounts.yml',
        async take(block) {
          const accounts = 'accounts:\n  - name: acme-uk\n  - name: acme-us\n    region: nam\n';
          writeFileSync(join(newcomer.folder(), 'accounts.yml'), accounts);
          await deployed(block);
          expect(await variables()).toMatchObject({ VCC_CONFIG: 's3://acme-config/vcc/accounts.yml' });
        },
      },
      {
        begins: 'git pull',
        async take(block) {
          await deployed(block);
          expect(await variables()).toMatchObject({ VCC_ACCOUNT: 'acme-uk', VCC_REGION: 'emea' });
        },
      },
      {
        begins: 'npx serverless remove',
        async take({ text }) {
          expect(await newcomer.type(text)).toContain('has been successfully removed');
        },
      },
      {
        begins: "node -e 'const { SourceMap }",
        async take({ text }) {
          expect(await newcomer.type(text)).toMatch(/originalSource: '.*\.[tj]s'/);
        },
      },
    ]);

    // The names of its functions are those of the other stack, which is removed by now.
    walk('docs/run/terraform-cdk.md', [
      {
        begins: 'npm run package',
        async take({ text }) {
          expect(await newcomer.type(text)).toContain(
            'Successfully created/updated stack - vcc-exporter-plain',
          );
          const { StackResources } = JSON.parse(
            await newcomer.type(
              'aws cloudformation describe-stack-resources --stack-name vcc-exporter-plain --output json',
            ),
          ) as { StackResources: { LogicalResourceId: string }[] };
          const made = StackResources.map(({ LogicalResourceId }) => LogicalResourceId);
          expect(made).toContain('MetricsLambdaFunction');
          expect(made).not.toContain('ServerlessDeploymentBucket');
          await newcomer.type('aws cloudformation delete-stack --stack-name vcc-exporter-plain');
        },
      },
    ]);
  },
);

describe('what the documents name', () => {
  test('exists: files of this repository that commands use', () => {
    const guides = ['start', 'run'].flatMap((folder) =>
      readdirSync(new URL(`../../docs/${folder}/`, import.meta.url)).map((name) => `docs/${folder}/${name}`),
    );
    const paths = ['README.md', ...guides].flatMap((path) =>
      blocksOf(path).flatMap(
        ({ text }) => text.match(/\b(?:deploy|dist|docs|alerts|dashboards)\/[\w./-]+\w/g) ?? [],
      ),
    );
    const made = /^dist\//;
    expect(
      paths.filter((path) => !made.test(path) && !existsSync(new URL(`../../${path}`, import.meta.url))),
    ).toEqual([]);
  });
});

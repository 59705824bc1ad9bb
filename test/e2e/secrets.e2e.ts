import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Simulator } from '../../src/simulator/server.ts';
import { secrets, startFrozen } from './support/account.ts';
import { type Exporter, runCli, settingsFor, startExporter } from './support/exporter.ts';
import { type Moto, startMoto } from './support/moto.ts';
import { describeWith } from './support/parts.ts';

const token = 'e2e-scrape-token-of-prometheus';
/** Long enough that no process reads the secret again for its age. */
const idOf = () => `e2e/vcc-${Math.random().toString(36).slice(2)}`;

describeWith(['moto'], "a secret, read by the built exporter from moto's Secrets Manager", ({ moto }) => {
  let server: Moto;
  let client: SecretsManagerClient;
  let folder: string;
  let simulator: Simulator;
  let exporter: Exporter | undefined;
  let id: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'vcc-e2e-secrets-'));
    server = await startMoto(moto, folder);
    const { endpoint, region, credentials } = server;
    client = new SecretsManagerClient({ endpoint, region, credentials });
  });
  afterAll(async () => {
    client.destroy();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    simulator = await startFrozen({ agents: 20 });
    id = idOf();
  });
  afterEach(async () => {
    await exporter?.stop();
    exporter = undefined;
    await simulator.close();
  });

  const contentOf = (clientSecret: string, more: object = { scrape_tokens: [token] }) =>
    JSON.stringify({ client_id: secrets.id, client_secret: clientSecret, ...more });
  const create = (SecretString: string) => client.send(new CreateSecretCommand({ Name: id, SecretString }));
  const settings = (more: Record<string, string> = {}) => {
    const {
      VCC_CLIENT_ID: _,
      VCC_CLIENT_SECRET: __,
      ...rest
    } = settingsFor(simulator) as Record<string, string>;
    return { ...rest, ...server.env, VCC_SECRET_ID: id, ...more };
  };
  const scrape = async (bearer?: string) => {
    const headers = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` };
    const response = await fetch(`${exporter!.origin}/metrics`, { headers });
    return { status: response.status, text: await response.text() };
  };
  const told = () => exporter!.output();

  test('by name and by ARN; check lists its fields, not their values', async () => {
    const { ARN } = await create(contentOf(secrets.secret));
    for (const secretId of [id, ARN!]) {
      const { status, stdout, stderr } = await runCli(
        ['check'],
        settings({ VCC_SECRET_ID: secretId }),
        folder,
      );
      expect({ status, stdout: stdout.split('\n').slice(0, 3) }).toEqual({
        status: 0,
        stdout: [
          'ok      Settings: account e2e',
          `ok      Secret: ${secretId} was read; it has 1 scrape credentials`,
          `ok      Token: issued by ${new URL(simulator.tokenUrl).origin}`,
        ],
      });
      // The warning of the SDK about the Node.js that later versions need is not printed.
      expect(stderr).toBe('');
      expect(stdout).not.toMatch(/e2e-client-secret|e2e-scrape-token/);
    }
  });

  test('the scrape credentials in it are required on a laptop too', async () => {
    await create(contentOf(secrets.secret));
    exporter = await startExporter(settings(), folder);
    expect((await scrape()).status).toBe(401);
    expect((await scrape('e2e-wrong-token-of-somebody')).status).toBe(401);
    expect((await scrape(token)).text).toContain('vcc_up{account="e2e"} 1');
    expect(told()).not.toMatch(/e2e-client-secret|e2e-scrape-token|e2e-wrong-token/);
  });

  test('a new version is used as soon as the old credentials are rejected', async () => {
    await create(contentOf(secrets.secret, {}));
    exporter = await startExporter(settings(), folder);
    expect((await scrape()).text).toContain('vcc_up{account="e2e"} 1');
    await client.send(
      new PutSecretValueCommand({ SecretId: id, SecretString: contentOf('e2e-second-secret', {}) }),
    );
    simulator.clientSecret = 'e2e-second-secret';
    simulator.revokeTokens();
    expect((await scrape()).text).toContain('vcc_up{account="e2e"} 1');
  });

  test('a version that is staged AWSPENDING is used when that is allowed', async () => {
    await create(contentOf(secrets.secret, {}));
    exporter = await startExporter(settings({ VCC_SECRET_PENDING: 'when-rejected' }), folder);
    expect((await scrape()).text).toContain('vcc_up{account="e2e"} 1');
    await client.send(
      new PutSecretValueCommand({
        SecretId: id,
        SecretString: contentOf('e2e-pending-secret', {}),
        VersionStages: ['AWSPENDING'],
      }),
    );
    simulator.clientSecret = 'e2e-pending-secret';
    simulator.revokeTokens();
    expect((await scrape()).text).toContain('vcc_up{account="e2e"} 1');
  });

  test.each<[string, () => Promise<unknown>, RegExp]>([
    ['that is not there', async () => {}, /AWSCURRENT: not found in this AWS account and region/],
    ['that is no JSON', () => create('s3cret'), /expected a JSON object with clientId and clientSecret/],
    [
      'without the secret part',
      () => create('{"clientId":"a"}'),
      /clientSecret: expected a text that is not empty/,
    ],
    [
      'that is to be deleted',
      async () => {
        await create(contentOf(secrets.secret));
        await client.send(new DeleteSecretCommand({ SecretId: id }));
      },
      /cannot be read in its current state; it may be scheduled for deletion/,
    ],
  ])('one %s is a clear failure', async (_, prepare, message) => {
    await prepare();
    const { status, stdout, stderr } = await runCli(['scrape'], settings(), folder);
    expect(status).toBe(1);
    expect(stdout).toContain('vcc_scrape_error{account="e2e",reason="secret"} 1');
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/s3cret|e2e-client-secret/);
  });
});

import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Context } from 'aws-lambda';
import { createHttpHandler } from '../../src/lambda/metrics.ts';
import { createPushHandler } from '../../src/lambda/push.ts';
import { type Simulator, startSimulator } from '../../src/simulator/server.ts';
import { environmentOf } from '../support/account.ts';
import { environmentOfSecrets, type SecretsServer, startSecretsServer } from '../support/secrets-server.ts';

const functionUrl = JSON.parse(
  readFileSync(new URL('../fixtures/events/function-url.json', import.meta.url), 'utf8'),
);
const token = 'a-token-of-the-machine';
const context = { getRemainingTimeInMillis: () => 20_000 } as Context;
const before = { ...process.env };
let simulator: Simulator;
let secrets: SecretsServer;
let logs: string[];
beforeEach(async () => {
  logs = [];
  simulator = await startSimulator({ agents: 30 });
  secrets = await startSecretsServer({ values: { AWSCURRENT: contentOf(simulator.clientSecret) } });
  Object.assign(process.env, environmentOfSecrets(secrets));
});
afterEach(async () => {
  await simulator.close();
  await secrets.close();
  process.env = { ...before };
});

const contentOf = (clientSecret: string) => ({
  clientId: simulator.clientId,
  clientSecret,
  scrapeTokens: [token],
});
const environment = (more: Record<string, string> = {}) =>
  environmentOf(simulator, {
    VCC_CLIENT_ID: '',
    VCC_CLIENT_SECRET: '',
    VCC_SCRAPE_AUTH: '',
    VCC_SECRET_ID: 'acme',
    ...more,
  });

/** A function that scrapes with the right token, or another, and returns status and text. */
function start(more: Record<string, string> = {}) {
  const handler = createHttpHandler(environment(more), (line) => logs.push(line));
  return async (bearer = token) => {
    const { 'accept-encoding': _, ...headers } = functionUrl.headers as Record<string, string>;
    const event = { ...functionUrl, headers: { ...headers, authorization: `Bearer ${bearer}` } };
    const result = (await handler(event as never, context)) as { statusCode: number; body: string };
    return {
      status: result.statusCode,
      up: /^vcc_up\{.*\} (\d)$/m.exec(result.body)?.[1],
      body: result.body,
    };
  };
}

/** The credentials change at Vonage: the old ones and their tokens are invalid. */
function rotateUpstream(clientSecret: string): void {
  simulator.clientSecret = clientSecret;
  simulator.revokeTokens();
}

describe('with everything from the secret', () => {
  test('scrapes, and reads the secret once', async () => {
    const scrape = start();
    expect(await scrape()).toMatchObject({ status: 200, up: '1' });
    expect(await scrape()).toMatchObject({ status: 200, up: '1' });
    expect(await scrape('another-token-of-somebody')).toMatchObject({ status: 401 });
    expect(secrets.calls).toEqual([{ secretId: 'acme', stage: 'AWSCURRENT' }]);
  });

  test('no scrape fails when the secret has changed before the old credentials are gone', async () => {
    const scrape = start();
    await scrape();
    secrets.values = { AWSCURRENT: contentOf('the next one') };
    expect((await scrape()).up).toBe('1');
    rotateUpstream('the next one');
    expect((await scrape()).up).toBe('1');
    expect((await scrape()).up).toBe('1');
    expect(secrets.calls).toHaveLength(2);
    expect(logs).toEqual([]);
  });

  test('no scrape fails when a rotation changes them first and moves the label later, if that is allowed', async () => {
    const scrape = start({ VCC_SECRET_PENDING: 'when-rejected' });
    await scrape();
    secrets.values.AWSPENDING = contentOf('the next one');
    rotateUpstream('the next one');
    expect((await scrape()).up).toBe('1');
    secrets.values = { AWSCURRENT: contentOf('the next one') };
    simulator.revokeTokens();
    expect((await scrape()).up).toBe('1');
    expect(secrets.calls.map(({ stage }) => stage)).toEqual(['AWSCURRENT', 'AWSCURRENT', 'AWSPENDING']);
  });

  test('reports rejected credentials when the secret has no others', async () => {
    const scrape = start();
    await scrape();
    rotateUpstream('never told');
    const { up, body } = await scrape();
    expect(up).toBe('0');
    expect(body).toContain('vcc_scrape_error{account="test",reason="credentials_rejected"} 1');
    expect(logs).toHaveLength(1);
  });

  test('reports both when they are rejected and others cannot be read', async () => {
    const scrape = start();
    await scrape();
    rotateUpstream('the next one');
    secrets.faults = [{ status: 400, type: 'AccessDeniedException' }];
    expect((await scrape()).body).toContain('reason="credentials_rejected"} 1');
    expect(JSON.parse(logs[0]!).message).toMatch(
      /not accepted for scope stats; secret acme, AWSCURRENT: no permission; the role needs/,
    );
  });

  test('continues with the kept secret while Secrets Manager is down', async () => {
    const scrape = start({ VCC_SECRET_TTL: '1s' });
    await scrape();
    await new Promise((resolve) => setTimeout(resolve, 1050));
    secrets.faults = [{ status: 503 }];
    simulator.revokeTokens();
    expect(await scrape()).toMatchObject({ status: 200, up: '1' });
    expect(await scrape('another-token-of-somebody')).toMatchObject({ status: 401 });
    expect(logs.map((line) => JSON.parse(line).event)).toEqual([
      'secret not read; the last good value is used',
    ]);
  });

  test('lets nobody in before the secret was read once, and gives the reason in the log only', async () => {
    secrets.faults = [{ status: 400, type: 'ResourceNotFoundException' }];
    const scrape = start();
    expect(await scrape()).toMatchObject({
      status: 503,
      body: 'There are no scrape credentials. See the log of the exporter.\n',
    });
    expect(logs[0]).toContain('secret acme, AWSCURRENT: not found in this AWS account and region');
    secrets.faults = [];
    await new Promise((resolve) => setTimeout(resolve, 1050));
    expect(await scrape()).toMatchObject({ status: 200, up: '1' });
  });

  test('lets nobody in when the secret has no scrape credentials, and explains what to do', async () => {
    secrets.values = { AWSCURRENT: { ...contentOf(simulator.clientSecret), scrapeTokens: [] } };
    expect(await start()()).toMatchObject({ status: 503 });
    expect(JSON.parse(logs[0]!)).toMatchObject({
      event: 'no scrape credentials',
      advice: expect.stringContaining('put scrapeTokens or scrapeUsers into the secret'),
    });
  });

  test('a scrape reports secret when only the API credentials are missing', async () => {
    secrets.values = { AWSCURRENT: '{' };
    const scrape = start({ VCC_SCRAPE_AUTH: 'none' });
    const { up, body } = await scrape();
    expect(up).toBe('0');
    expect(body).toContain('vcc_scrape_error{account="test",reason="secret"} 1');
    expect(JSON.parse(logs[0]!).message).toBe(
      'secret acme: expected a JSON object with clientId and clientSecret',
    );
  });
});

describe('push', () => {
  const once = { VCC_PUSH_TYPE: 'emf', VCC_PUSH_INTERVAL: '60s' };
  const start = (more: Record<string, string> = {}) =>
    createPushHandler(environment({ ...once, ...more }), (line) => logs.push(line));

  test('takes a sample with the credentials of the secret and reports the result', async () => {
    await start()({}, context);
    const lines = logs.map((line) => JSON.parse(line));
    const counted = lines.find(({ vcc_snapshot_agents: agents }) => agents !== undefined);
    expect(counted).toMatchObject({ account: 'test', vcc_snapshot_agents: 30, vcc_up: 1, vcc_simulated: 1 });
    expect(lines.at(-1)).toEqual({
      level: 'info',
      event: 'account pushed',
      account: 'test',
      scrapes: 1,
      due: 1,
      failures: 0,
    });
  });

  test('fails the invocation when the account cannot be read, without a secret in its message', async () => {
    rotateUpstream('never told');
    const failure = await start()({}, context).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'credentials_rejected' });
    expect(String(failure) + logs.join('')).not.toMatch(/simulated-secret|never told/);
  });

  test('fails the invocation when the settings cannot be used', async () => {
    await expect(start({ VCC_REGION: 'us' })({}, context)).rejects.toThrow(
      'VCC_REGION: expected one of emea, nam, apac; received "us"',
    );
  });
});

import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createReadSecret } from '../../src/aws/secrets-manager.ts';
import { deadlineIn } from '../../src/deadline.ts';
import {
  environmentOfSecrets,
  type SecretsOptions,
  type SecretsServer,
  startSecretsServer,
} from '../support/secrets-server.ts';

const before = { ...process.env };
let server: SecretsServer;
beforeEach(async () => {
  server = await startSecretsServer({ values: { AWSCURRENT: 'now', AWSPENDING: 'soon' } });
  Object.assign(process.env, environmentOfSecrets(server));
});
afterEach(async () => {
  await server.close();
  process.env = { ...before };
});

const soon = () => deadlineIn(15_000);

describe('reading a secret with the real SDK', () => {
  test('requests the stage, in the region of the environment', async () => {
    const read = createReadSecret('acme/vcc');
    expect([await read('AWSCURRENT', soon()), await read('AWSPENDING', soon())]).toEqual(['now', 'soon']);
    expect(server.calls).toEqual([
      { secretId: 'acme/vcc', stage: 'AWSCURRENT' },
      { secretId: 'acme/vcc', stage: 'AWSPENDING' },
    ]);
    expect(server.regions).toEqual(['eu-west-1', 'eu-west-1']);
  });

  test('uses the region of an ARN', async () => {
    await createReadSecret('arn:aws:secretsmanager:us-east-2:123456789012:secret:a-Ab3dEf')(
      'AWSCURRENT',
      soon(),
    );
    expect(server.regions).toEqual(['us-east-2']);
  });

  test.each<[string, SecretsOptions['faults'], string, object]>([
    [
      'not found',
      [{ status: 400, type: 'ResourceNotFoundException' }],
      'not found in this AWS account and region, or it has no version with this staging label',
      { notFound: true, retryable: false },
    ],
    [
      'no permission',
      [
        {
          status: 400,
          type: 'AccessDeniedException',
          message: 'User: arn:aws:sts::123456789012:x is not authorized',
        },
      ],
      'no permission; the role needs secretsmanager:GetSecretValue on this secret',
      { retryable: false },
    ],
    [
      'no permission for the key',
      [{ status: 400, type: 'AccessDeniedException', message: 'Access to KMS is not allowed' }],
      "KMS did not decrypt it; the role needs kms:Decrypt on the secret's key, which must be enabled",
      { retryable: false },
    ],
    [
      'a key that does not decrypt',
      [{ status: 400, type: 'DecryptionFailure' }],
      "KMS did not decrypt it; the role needs kms:Decrypt on the secret's key, which must be enabled",
      { retryable: false },
    ],
    [
      'a deletion',
      [{ status: 400, type: 'InvalidRequestException' }],
      'cannot be read in its current state; it may be scheduled for deletion',
      { retryable: false },
    ],
    [
      'invalid AWS credentials',
      [{ status: 400, type: 'UnrecognizedClientException' }],
      'the AWS credentials are not valid',
      { retryable: false },
    ],
    [
      'too many calls',
      [{ status: 400, type: 'ThrottlingException' }],
      'too many requests to Secrets Manager',
      { retryable: true },
    ],
    [
      'an outage',
      [{ status: 500, type: 'InternalServiceError' }],
      'Secrets Manager answered 500 (InternalServiceError)',
      { retryable: true },
    ],
  ])('reports %s in a separate sentence', async (_, faults, reason, more) => {
    server.faults = faults!;
    const failure = await createReadSecret('acme')('AWSCURRENT', soon()).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'secret',
      message: `secret acme, AWSCURRENT: ${reason}`,
      ...more,
    });
    expect((failure as Error).message).not.toContain('123456789012');
  });

  test('recovers from a short outage', async () => {
    server.faults = [{ status: 500, type: 'InternalServiceError', times: 2 }];
    expect(await createReadSecret('acme')('AWSCURRENT', soon())).toBe('now');
    expect(server.calls).toHaveLength(3);
  });

  test('requires a text', async () => {
    server.values = { AWSCURRENT: new Uint8Array([1, 2]) };
    await expect(createReadSecret('acme')('AWSCURRENT', soon())).rejects.toThrow(
      'acme: expected a text, not bytes',
    );
  });

  test('reports that there is no answer', async () => {
    await server.close();
    const failure = await createReadSecret('acme')('AWSCURRENT', soon()).catch((error: unknown) => error);
    // ECONNREFUSED outside Jest. In Jest, errors of Node's core belong to another realm than the
    // SDK's Error.
    expect((failure as Error).message).toMatch(
      /^secret acme, AWSCURRENT: Secrets Manager was not reached \(\w+\)$/,
    );
    expect(failure).toMatchObject({ retryable: true });
  });

  test('reports that no region is set', async () => {
    delete process.env.AWS_REGION;
    process.env.AWS_CONFIG_FILE = '/nowhere';
    await expect(createReadSecret('acme')('AWSCURRENT', soon())).rejects.toThrow(
      'secret acme, AWSCURRENT: no AWS region is set; set AWS_REGION, or name the secret by its ARN',
    );
  });

  test('ends at the deadline', async () => {
    server.hang = true;
    await expect(createReadSecret('acme')('AWSCURRENT', deadlineIn(50))).rejects.toMatchObject({
      code: 'deadline',
      message: 'no complete answer within 50 ms',
    });
  });

  test('retries when one request hangs', async () => {
    server.hang = true;
    const reading = createReadSecret('acme')('AWSCURRENT', soon());
    setTimeout(() => {
      server.hang = false;
    }, 1000);
    expect(await reading).toBe('now');
  }, 15_000);

  test('never shows the secret', async () => {
    server.values = { AWSCURRENT: 's3cret' };
    const read = createReadSecret('acme');
    await read('AWSCURRENT', soon());
    expect(inspect(read, { depth: 9 })).not.toContain('s3cret');
  });
});

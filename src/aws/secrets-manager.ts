import { directNetwork, type Network } from '../http/network.ts';
import { SecretError } from '../vault/errors.ts';
import type { ReadSecret } from '../vault/vault.ts';
import { openService, type Service } from './sdk.ts';

type Sdk = typeof import('@aws-sdk/client-secrets-manager');

const service = (region: string | undefined): Service<Sdk, InstanceType<Sdk['SecretsManagerClient']>> => ({
  name: 'Secrets Manager',
  package: '@aws-sdk/client-secrets-manager',
  create: (sdk, options) => new sdk.SecretsManagerClient({ ...(region && { region }), ...options }),
  reasons: {
    ResourceNotFoundException:
      'not found in this AWS account and region, or it has no version with this staging label',
    AccessDeniedException: 'no permission; the role needs secretsmanager:GetSecretValue on this secret',
    DecryptionFailure:
      "KMS did not decrypt it; the role needs kms:Decrypt on the secret's key, which must be enabled",
    InvalidRequestException: 'cannot be read in its current state; it may be scheduled for deletion',
    NoRegion: 'no AWS region is set; set AWS_REGION, or name the secret by its ARN',
  },
});

/**
 * Reads a secret (name or ARN) from AWS Secrets Manager. The region of an ARN takes precedence over
 * the SDK's region. The function throws SecretError, or the reason of the deadline's signal.
 */
export function createReadSecret(secretId: string, network: Network = directNetwork): ReadSecret {
  const region = /^arn:[^:]*:secretsmanager:([^:]+):/.exec(secretId)?.[1];
  const call = openService(service(region), network);

  return (stage, deadline) =>
    call(
      deadline,
      ({ name, reason, retryable, cause }) =>
        new SecretError(`secret ${secretId}, ${stage}: ${reason}`, {
          notFound: name === 'ResourceNotFoundException',
          retryable,
          cause,
        }),
      async (sdk, client, options) => {
        const command = new sdk.GetSecretValueCommand({ SecretId: secretId, VersionStage: stage });
        const { SecretString } = await client.send(command, options);
        if (SecretString === undefined) throw new SecretError(`${secretId}: expected a text, not bytes`);
        return SecretString;
      },
    );
}

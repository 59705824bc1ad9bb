import { createRequire } from 'node:module';
import { ExporterError } from '../errors.ts';
import { directNetwork, type Network } from '../http/network.ts';
import { SecretError } from '../vault/errors.ts';
import type { ReadSecret } from '../vault/vault.ts';
import { clientOptions, describeUnreached } from './sdk-client.ts';

type Sdk = typeof import('@aws-sdk/client-secrets-manager');

/** Longest one attempt may take; the SDK makes up to three. */
const requestTimeoutMs = 3000;

/**
 * Reads a secret (name or ARN) from AWS Secrets Manager. Region, credentials and endpoint come from where the SDK finds
 * them; the region of an ARN goes before.
 */
export function createReadSecret(secretId: string, network: Network = directNetwork): ReadSecret {
  const region = /^arn:[^:]*:secretsmanager:([^:]+):/.exec(secretId)?.[1];
  let open: { sdk: Sdk; client: InstanceType<Sdk['SecretsManagerClient']> } | undefined;

  return async (stage, signal) => {
    signal.throwIfAborted();
    try {
      open ??= connect();
      const { sdk, client } = open;
      const command = new sdk.GetSecretValueCommand({ SecretId: secretId, VersionStage: stage });
      const { SecretString } = await client.send(command, { abortSignal: signal });
      if (SecretString === undefined) throw new SecretError(`${secretId}: expected a text, not bytes`);
      return SecretString;
    } catch (error) {
      if (signal.reason instanceof ExporterError) throw signal.reason;
      if (error instanceof SecretError) throw error;
      throw toSecretError(error as Failure, secretId, stage);
    }
  };

  function connect() {
    // Only now, since it costs more than all else at start; by require, because that is how Lambda's own copy is found
    // (NODE_PATH), which the bundle leaves out (docs/decisions/0005-sdk-of-the-runtime.md).
    const sdk = createRequire(import.meta.url)('@aws-sdk/client-secrets-manager') as Sdk;
    const client = new sdk.SecretsManagerClient({
      ...(region && { region }),
      ...clientOptions(network, requestTimeoutMs),
    });
    return { sdk, client };
  }
}

/** What the SDK throws, as far as it is of use. */
interface Failure {
  name?: string;
  message?: string;
  code?: string;
  $metadata?: { httpStatusCode?: number };
}

/** What went wrong by the name that AWS gives it. Its messages are not repeated: they hold the caller's ARN. */
function toSecretError(error: Failure, secretId: string, stage: string): SecretError {
  const { name = 'unknown error', message = '', code, $metadata } = error;
  const status = $metadata?.httpStatusCode;
  const known = reasons[toReason(name, message, code)];
  const fallback = status === undefined ? describeUnreached('Secrets Manager', error) : undefined;
  const reason = known ?? fallback ?? `Secrets Manager answered ${status} (${name})`;
  return new SecretError(`secret ${secretId}, ${stage}: ${reason}`, {
    notFound: name === 'ResourceNotFoundException',
    retryable:
      passing.has(name) || (known === undefined && (status === undefined || status === 429 || status >= 500)),
    cause: error,
  });
}

/** The failures that have no name of their own too. */
function toReason(name: string, message: string, code: string | undefined): string {
  if (name === 'AccessDeniedException' && /kms/i.test(message)) return 'DecryptionFailure';
  if (code === 'MODULE_NOT_FOUND') return 'NoSdk';
  return message === 'Region is missing' ? 'NoRegion' : name;
}

const reasons: Partial<Record<string, string>> = {
  ResourceNotFoundException:
    'not found in this account and region, or there is no version with that staging label',
  AccessDeniedException: 'no permission; the role needs secretsmanager:GetSecretValue on this secret',
  DecryptionFailure:
    'KMS did not decrypt it; the role needs kms:Decrypt on the secret’s key, which must be enabled',
  InvalidRequestException: 'cannot be read in its present state; it may be scheduled for deletion',
  NoSdk:
    '@aws-sdk/client-secrets-manager was not found; install it, or run on a Lambda runtime that brings it',
  NoRegion: 'no AWS region is set; set AWS_REGION, or name the secret by its ARN',
  CredentialsProviderError: 'no AWS credentials were found',
  ExpiredTokenException: 'the AWS credentials have expired',
  UnrecognizedClientException: 'the AWS credentials are not valid',
  ThrottlingException: 'Secrets Manager is asked too often',
  AbortError: 'Secrets Manager did not answer in time',
  TimeoutError: 'Secrets Manager did not answer in time',
  InvalidSignatureException: 'the AWS credentials are not valid, or the clock is wrong',
  IncompleteSignature: 'the AWS credentials are not valid',
};

/** Those of the known reasons that may pass by themselves. */
const passing = new Set(['AbortError', 'TimeoutError', 'ThrottlingException']);

import { createRequire } from 'node:module';
import { AwsV4Signer } from 'aws4fetch';
import { ProxyError } from '../http/errors.ts';
import { directNetwork, type Network } from '../http/network.ts';
import type { HttpRequest } from '../http/send.ts';
import { PushError } from '../push/errors.ts';
import type { Authorize } from '../push/post.ts';
import { clientOptions } from './sdk-client.ts';

type Providers = typeof import('@aws-sdk/credential-providers');

/** What signs: keys of an AWS identity, for a while. */
export interface AwsIdentity {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
  expiration?: Date | undefined;
}

/** Longest one attempt to get them may take; the SDK makes up to three. */
const requestTimeoutMs = 3000;

/** So long before they expire, keys are got anew. */
const renewBeforeMs = 300_000;

/**
 * Signs requests with Signature Version 4 for Amazon Managed Prometheus, anew for each attempt, since a signature is good
 * for five minutes. The identity is the SDK's, or a role that it assumes.
 */
export function createSigV4(options: {
  region: string | undefined;
  roleArn: string | undefined;
  network?: Network;
  now?: () => number;
  loadIdentity?: () => Promise<AwsIdentity>;
}): Authorize {
  const { roleArn, now = Date.now, network = directNetwork } = options;
  const load = options.loadIdentity ?? providerOf(options.region, roleArn, network);
  let identity: AwsIdentity | undefined;
  let loading: Promise<AwsIdentity> | undefined;
  const secrets: string[] = [];

  async function current(): Promise<AwsIdentity> {
    const good = identity?.expiration ? identity.expiration.getTime() - renewBeforeMs > now() : identity;
    if (identity && good) return identity;
    try {
      loading ??= load().finally(() => {
        loading = undefined;
      });
      identity = await loading;
      return identity;
    } catch (error) {
      const { name = 'unknown error', code } = error as { name?: string; code?: string };
      const detail = error instanceof ProxyError ? `: ${error.message}` : ` (${name})`;
      const reason =
        code === 'MODULE_NOT_FOUND'
          ? '@aws-sdk/credential-providers was not found; install it, or run on a Lambda runtime that brings it'
          : `no AWS credentials to sign with${roleArn ? ` as ${roleArn}` : ''}${detail}`;
      throw new PushError(reason, { retryable: true, cause: error });
    }
  }

  return Object.assign(
    async (request: HttpRequest, signal: AbortSignal): Promise<HttpRequest> => {
      const region = options.region ?? regionOf(request.url) ?? process.env.AWS_REGION;
      if (region === undefined) {
        throw new PushError('no region to sign for; set VCC_PUSH_AWS_REGION or AWS_REGION', {
          retryable: true,
        });
      }
      const { accessKeyId, secretAccessKey, sessionToken } = await untilAborted(current(), signal);
      const signer = new AwsV4Signer({
        method: request.method,
        url: request.url.href,
        headers: request.headers,
        body: request.body as Uint8Array<ArrayBuffer>,
        accessKeyId,
        secretAccessKey,
        ...(sessionToken !== undefined && { sessionToken }),
        service: 'aps',
        region,
        datetime: new Date(now()).toISOString().replace(/[:-]|\.\d{3}/g, ''),
      });
      const { headers } = await signer.sign();
      // AWS repeats what was signed when a signature does not fit.
      secrets.splice(0, secrets.length, sessionToken ?? '', headers.get('authorization') ?? '');
      return { ...request, headers: Object.fromEntries(headers) };
    },
    { secrets },
  );
}

/** STS may hang for longer than anybody has time; the SDK goes on in the background. */
async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** As in aps-workspaces.eu-west-1.amazonaws.com. */
function regionOf({ hostname }: URL): string | undefined {
  return /^aps-workspaces[\w-]*\.([a-z0-9-]+)\.amazonaws\.com/.exec(hostname)?.[1];
}

function providerOf(
  region: string | undefined,
  roleArn: string | undefined,
  network: Network,
): () => Promise<AwsIdentity> {
  let provide: (() => Promise<AwsIdentity>) | undefined;
  return async () => {
    if (!provide) {
      // Only now, and by require: docs/decisions/0005-sdk-of-the-runtime.md.
      const sdk = createRequire(import.meta.url)('@aws-sdk/credential-providers') as Providers;
      const clientConfig = { ...(region && { region }), ...clientOptions(network, requestTimeoutMs) };
      provide = roleArn
        ? sdk.fromTemporaryCredentials({
            params: { RoleArn: roleArn, RoleSessionName: 'vcc-exporter' },
            masterCredentials: sdk.fromNodeProviderChain({ clientConfig }),
            clientConfig,
          })
        : sdk.fromNodeProviderChain({ clientConfig });
    }
    return provide();
  };
}

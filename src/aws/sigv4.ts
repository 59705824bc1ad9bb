import { AwsV4Signer } from 'aws4fetch';
import { type Cached, createCached } from '../cached.ts';
import { type Deadline, forever } from '../deadline.ts';
import { directNetwork, type Network } from '../http/network.ts';
import type { HttpRequest } from '../http/send.ts';
import type { Authorize } from '../push/destinations/post.ts';
import { PushError } from '../push/errors.ts';
import { remember } from '../redact.ts';
import { type Clocks, systemTiming } from '../timing.ts';
import { clientOptions, requireSdk, toProblem } from './sdk.ts';

type Providers = typeof import('@aws-sdk/credential-providers');

/** Temporary or permanent keys of an AWS identity. */
export interface AwsIdentity {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
  expiration?: Date | undefined;
}

/** Longest time for fetching keys, in ms. */
const fetchMs = 15_000;

/** Fetch new keys this long before the current ones expire. */
const renewBeforeMs = 300_000;

/** For messages: STS, or another source of keys. */
const service = { name: 'AWS STS', package: '@aws-sdk/credential-providers' };

/**
 * Returns a function that signs requests to Amazon Managed Prometheus with Signature Version 4. It
 * signs every attempt again, since a signature is valid for five minutes. The identity is the
 * SDK's, or a role that it assumes. The function throws a retryable PushError without a region or
 * keys, or the reason of the deadline's signal.
 */
export function createSigV4(options: {
  region: string | undefined;
  roleArn: string | undefined;
  network?: Network;
  clocks?: Clocks;
  /** Deadline for fetching keys. */
  until?: Deadline;
  loadIdentity?: () => Promise<AwsIdentity>;
}): Authorize {
  const { roleArn, clocks = systemTiming, network = directNetwork, until = forever } = options;
  const load = options.loadIdentity ?? providerOf(options.region, roleArn, network);

  const identities: Cached<{ identity: AwsIdentity; lifeMs: number }> = createCached({
    clocks,
    until,
    fetchMs,
    refreshMs: 0,
    lifeOf: ({ lifeMs }) => ({ freshMs: lifeMs - renewBeforeMs, usableMs: lifeMs }),
    onFailure: () => 0,
  });

  async function fetchIdentity() {
    try {
      const identity = await load();
      remember(identity.secretAccessKey, identity);
      if (identity.sessionToken !== undefined) remember(identity.sessionToken, identity);
      const lifeMs = (identity.expiration?.getTime() ?? Number.POSITIVE_INFINITY) - clocks.now();
      return { identity, lifeMs };
    } catch (error) {
      const { name, reason } = toProblem(error as Error, service);
      const what = `no AWS credentials to sign with${roleArn ? ` as ${roleArn}` : ''}`;
      const message = name === 'NoSdk' ? reason : `${what}: ${reason}`;
      throw new PushError(message, { retryable: true, cause: error });
    }
  }

  return async (request: HttpRequest, deadline: Deadline): Promise<HttpRequest> => {
    const region = options.region ?? regionOf(request.url) ?? process.env.AWS_REGION;
    if (region === undefined) {
      throw new PushError('no region to sign for; set VCC_PUSH_AWS_REGION or AWS_REGION', {
        retryable: true,
      });
    }
    const { identity } = await identities.get(deadline, fetchIdentity);
    const { accessKeyId, secretAccessKey, sessionToken } = identity;
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
      datetime: new Date(clocks.now()).toISOString().replace(/[:-]|\.\d{3}/g, ''),
    });
    const { headers } = await signer.sign();
    const signed = { ...request, headers: Object.fromEntries(headers) };
    // The signature is valid for some minutes, and AWS quotes it in its answer to a wrong one.
    remember(headers.get('authorization') ?? '', signed);
    remember(/Signature=(\w+)/.exec(headers.get('authorization') ?? '')?.[1] ?? '', signed);
    return signed;
  };
}

/** The region in a host such as aps-workspaces.eu-west-1.amazonaws.com. */
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
      const sdk = requireSdk<Providers>(service.package);
      const clientConfig = { ...(region && { region }), ...clientOptions(network) };
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

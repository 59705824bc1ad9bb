import { createRequire } from 'node:module';
import { before, type Deadline } from '../deadline.ts';
import { ExporterError } from '../errors.ts';
import { ProxyError } from '../http/errors.ts';
import type { Network } from '../http/network.ts';

/**
 * Longest that a connection may take: more than what one dead address gets before the next is tried, since the
 * host may have several (src/http/network.ts), and through a proxy also the proxy's own connection.
 */
const connectionTimeout = 3000;

/** Longest that one attempt may take; the SDK makes up to three. */
const requestTimeout = 3000;

/** A package of the SDK, and what it is for. */
export interface Service<Sdk, Client> {
  /** As messages name it. */
  name: string;
  package: string;
  create(sdk: Sdk, options: ReturnType<typeof clientOptions>): Client;
  /** What failures of this service mean, by the name that AWS gives them; these take precedence over the common ones. */
  reasons?: Readonly<Record<string, string>>;
}

/** Why a call failed. */
export interface Problem {
  /** The name that AWS gives the failure. */
  name: string;
  /** For a message. The SDK's own messages hold the caller's ARN. */
  reason: string;
  /** Whether it may pass by itself. */
  retryable: boolean;
  cause: unknown;
}

/** Calls a service before the deadline. @throws what `toError` makes of a failure, or the reason of the deadline's signal */
export type Call<Sdk, Client> = <T>(
  deadline: Deadline,
  toError: (problem: Problem) => ExporterError,
  use: (sdk: Sdk, client: Client, options: { abortSignal: AbortSignal }) => Promise<T>,
) => Promise<T>;

/** Opens a service; region, credentials and endpoint come from where the SDK finds them. The first call connects. */
export function openService<Sdk, Client>(service: Service<Sdk, Client>, network: Network): Call<Sdk, Client> {
  let open: { sdk: Sdk; client: Client } | undefined;

  function connect() {
    const sdk = requireSdk<Sdk>(service.package);
    return { sdk, client: service.create(sdk, clientOptions(network)) };
  }

  return async (deadline, toError, use) => {
    const { signal } = deadline;
    signal.throwIfAborted();
    try {
      open ??= connect();
      return await before(use(open.sdk, open.client, { abortSignal: signal }), deadline);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ExporterError && !(error instanceof ProxyError)) throw error;
      throw toError(toProblem(error as Failure, service));
    }
  };
}

/**
 * A package of the SDK. Only when it is needed, since it costs more than all else at start; by require, because that is how
 * Lambda's own copy is found (NODE_PATH), which the bundle leaves out (docs/decisions/0005-sdk-of-the-runtime.md).
 */
export function requireSdk<Sdk>(name: string): Sdk {
  return createRequire(import.meta.url)(name) as Sdk;
}

/**
 * What every client of the SDK is opened with, and every provider of credentials. The SDK takes the agents for
 * its own requests; those by which a machine gets credentials from AWS (169.254.169.254, 169.254.170.2) it sends without.
 */
export function clientOptions(network: Network) {
  const agents = network.open(true);
  const requestHandler = {
    connectionTimeout,
    requestTimeout,
    // Else it only warns.
    throwOnRequestTimeout: true,
    httpAgent: agents['http:'],
    httpsAgent: agents['https:'],
  };
  return { requestHandler };
}

/** What the SDK throws, as far as it is of use. */
interface Failure {
  name?: string;
  message?: string;
  code?: string;
  $metadata?: { httpStatusCode?: number };
}

/** The reason for a failure of the SDK. */
export function toProblem(
  failure: Failure,
  service: Pick<Service<never, never>, 'name' | 'package' | 'reasons'>,
): Problem {
  const name = nameOf(failure);
  const status = failure.$metadata?.httpStatusCode;
  const known = service.reasons?.[name] ?? commonReasons(service)[name];
  const unreached =
    failure instanceof ProxyError
      ? `${service.name} was not reached: ${failure.message}`
      : `${service.name} was not reached (${failure.code ?? name})`;
  return {
    name,
    reason: known ?? (status === undefined ? unreached : `${service.name} answered ${status} (${name})`),
    retryable:
      passing.has(name) || (known === undefined && (status === undefined || status === 429 || status >= 500)),
    cause: failure,
  };
}

/** Some failures have no name of their own. */
function nameOf({ name = 'unknown error', message = '', code }: Failure): string {
  if (code === 'MODULE_NOT_FOUND') return 'NoSdk';
  if (message === 'Region is missing') return 'NoRegion';
  return name === 'AccessDeniedException' && /kms/i.test(message) ? 'DecryptionFailure' : name;
}

const notValid = 'the AWS credentials are not valid';
const expired = 'the AWS credentials have expired';

function commonReasons(service: { name: string; package: string }): Readonly<Record<string, string>> {
  const late = `${service.name} did not answer in time`;
  return {
    NoSdk: `${service.package} was not found; install it, or run on a Lambda runtime that brings it`,
    NoRegion: 'no AWS region is set; set AWS_REGION',
    CredentialsProviderError: 'no AWS credentials were found',
    ExpiredToken: expired,
    ExpiredTokenException: expired,
    InvalidAccessKeyId: notValid,
    UnrecognizedClientException: notValid,
    IncompleteSignature: notValid,
    SignatureDoesNotMatch: `${notValid}, or the clock is wrong`,
    InvalidSignatureException: `${notValid}, or the clock is wrong`,
    AccessDenied: 'no permission',
    AccessDeniedException: 'no permission',
    ThrottlingException: `${service.name} is asked too often`,
    AbortError: late,
    TimeoutError: late,
  };
}

/** Known failures that may pass by themselves. */
const passing = new Set(['AbortError', 'TimeoutError', 'ThrottlingException']);

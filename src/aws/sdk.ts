import { createRequire } from 'node:module';
import { before, type Deadline } from '../deadline.ts';
import { ExporterError } from '../errors.ts';
import { codeOf, ProxyError } from '../http/errors.ts';
import type { Network } from '../http/network.ts';

/**
 * Longest time for a connection, in ms. A host may have several addresses (src/http/network.ts): a
 * dead address must leave time for the next. Through a proxy, this includes the connection from the
 * proxy to the host.
 */
const connectionTimeout = 3000;

/** Longest time for one attempt, in ms. The SDK makes up to three. */
const requestTimeout = 3000;

/** A service of AWS, and the package of the SDK that calls it. */
export interface Service<Sdk, Client> {
  /** The name in messages. */
  name: string;
  package: string;
  create(sdk: Sdk, options: ReturnType<typeof clientOptions>): Client;
  /**
   * The meaning of this service's failures, by AWS's error name. They take precedence over the
   * common ones.
   */
  reasons?: Readonly<Record<string, string>>;
}

/** Why a call failed. */
export interface Problem {
  /** AWS's name of the error. */
  name: string;
  /** For messages. The SDK's own messages contain the caller's ARN. */
  reason: string;
  /** Whether the same call may succeed later. */
  retryable: boolean;
  cause: unknown;
}

/**
 * Calls a service before the deadline.
 * @throws the result of `toError`, an ExporterError of `use`, or the reason of the deadline's
 * signal
 */
export type Call<Sdk, Client> = <T>(
  deadline: Deadline,
  toError: (problem: Problem) => ExporterError,
  use: (sdk: Sdk, client: Client, options: { abortSignal: AbortSignal }) => Promise<T>,
) => Promise<T>;

/**
 * Creates the client of a service on the first call. The SDK finds region, credentials and
 * endpoint.
 */
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
 * Loads a package of the SDK. Call it only when the package is needed, since it is the slowest part
 * of the start. It uses `require` to find the Lambda runtime's copy in NODE_PATH
 * (docs/decisions/0005-sdk-of-the-runtime.md).
 */
export function requireSdk<Sdk>(name: string): Sdk {
  return createRequire(import.meta.url)(name) as Sdk;
}

/**
 * Returns the options of all SDK clients and credential providers. The SDK uses the agents for its
 * requests to AWS services. It does not use them to fetch a machine's credentials from
 * 169.254.169.254 or 169.254.170.2.
 */
export function clientOptions(network: Network) {
  const agents = network.open(true);
  const requestHandler = {
    connectionTimeout,
    requestTimeout,
    // Without this the SDK only logs a warning.
    throwOnRequestTimeout: true,
    httpAgent: agents['http:'],
    httpsAgent: agents['https:'],
  };
  return { requestHandler };
}

/** The fields of the SDK's errors that are used here. */
interface Failure {
  name?: string;
  message?: string;
  code?: string;
  $metadata?: { httpStatusCode?: number };
}

/** Describes a failure of the SDK. */
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
      : `${service.name} was not reached (${codeOf(failure) ?? name})`;
  return {
    name,
    reason: known ?? (status === undefined ? unreached : `${service.name} answered ${status} (${name})`),
    retryable:
      passing.has(name) || (known === undefined && (status === undefined || status === 429 || status >= 500)),
    cause: failure,
  };
}

/** Names failures that AWS does not distinguish. */
function nameOf({ name = 'unknown error', message = '', code }: Failure): string {
  if (code === 'MODULE_NOT_FOUND') return 'NoSdk';
  if (message === 'Region is missing') return 'NoRegion';
  // The name comes with the answer.
  if (!/^[\w.]{1,80}$/.test(name)) return 'unknown error';
  return name === 'AccessDeniedException' && /kms/i.test(message) ? 'DecryptionFailure' : name;
}

const notValid = 'the AWS credentials are not valid';
const expired = 'the AWS credentials have expired';

function commonReasons(service: { name: string; package: string }): Readonly<Record<string, string>> {
  const late = `${service.name} did not answer in time`;
  return {
    NoSdk: `${service.package} was not found; install it, or use a Lambda runtime that includes it`,
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
    ThrottlingException: `too many requests to ${service.name}`,
    AbortError: late,
    TimeoutError: late,
  };
}

/** Known failures that may not happen again. */
const passing = new Set(['AbortError', 'TimeoutError', 'ThrottlingException']);

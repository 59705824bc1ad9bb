import { createRequire } from 'node:module';
import { DocumentError, type ReadText } from '../documents/errors.ts';
import { decodeText } from '../documents/text.ts';
import { ExporterError } from '../errors.ts';
import { directNetwork, type Network } from '../http/network.ts';
import { clientOptions, describeUnreached } from './sdk-client.ts';

type Sdk = typeof import('@aws-sdk/client-s3');

/** Longest one attempt may take; the SDK makes up to three. */
const requestTimeoutMs = 5000;

/** A roster of a hundred thousand agents has half of this; it is parsed in one go, and all accounts wait for it. */
const maxBytes = 10_000_000;

/** Reads files, and objects in S3 (`s3://bucket/key`) with region and credentials from where the SDK finds them. */
export function createReadText(network: Network = directNetwork): ReadText {
  let open: { sdk: Sdk; client: InstanceType<Sdk['S3Client']> } | undefined;

  async function readObject(
    location: string,
    bucket: string,
    key: string,
    signal: AbortSignal,
  ): Promise<string> {
    signal.throwIfAborted();
    try {
      open ??= connect();
      const { sdk, client } = open;
      const command = new sdk.GetObjectCommand({ Bucket: bucket, Key: key });
      const { Body, ContentLength } = await client.send(command, { abortSignal: signal });
      if ((ContentLength ?? 0) > maxBytes) throw tooLarge(location);
      return decodeText((await Body?.transformToByteArray()) ?? new Uint8Array(), location);
    } catch (error) {
      if (signal.aborted && signal.reason instanceof ExporterError) throw signal.reason;
      if (error instanceof DocumentError) throw error;
      throw toDocumentError(location, error as Failure);
    }
  }

  function connect() {
    // Only now, and by require: docs/decisions/0005-sdk-of-the-runtime.md.
    const sdk = createRequire(import.meta.url)('@aws-sdk/client-s3') as Sdk;
    const options = clientOptions(network, requestTimeoutMs);
    return { sdk, client: new sdk.S3Client({ ...options, followRegionRedirects: true }) };
  }

  return async (location, signal) => {
    const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/s.exec(location) ?? [];
    if (bucket !== undefined && key !== undefined) return readObject(location, bucket, key, signal);
    return readLocal(location, signal);
  };
}

/** Files that are being read: where a file system hangs, each holds one of the few threads that Node.js has. */
const underWay = new Map<string, Promise<string>>();

async function readLocal(path: string, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted();
  const reading = underWay.get(path) ?? readFileText(path).finally(() => underWay.delete(path));
  underWay.set(path, reading);
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      const { reason } = signal;
      reject(
        reason instanceof ExporterError
          ? reason
          : new DocumentError(`${path}: not read in time`, { retryable: true, cause: reason }),
      );
    };
    signal.addEventListener('abort', onAbort, { once: true });
    reading.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

async function readFileText(path: string): Promise<string> {
  // Only now: most functions have no files, and would load it at every start.
  const { readFile, stat } = await import('node:fs/promises');
  try {
    const found = await stat(path);
    // To open a pipe is to wait for who writes to it.
    if (!found.isFile())
      throw new DocumentError(`${path}: ${found.isDirectory() ? 'is a folder' : 'is not a file'}`);
    if (found.size > maxBytes) throw tooLarge(path);
    return decodeText(await readFile(path), path);
  } catch (error) {
    if (error instanceof DocumentError) throw error;
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    const reason = fileReasons[code] ?? `cannot be read (${code})`;
    throw new DocumentError(`${path}: ${reason}`, { cause: error });
  }
}

const fileReasons: Record<string, string> = {
  ENOENT: 'there is no such file',
  EACCES: 'may not be read',
};

/** What the SDK throws, as far as it is of use. */
interface Failure {
  name?: string;
  message?: string;
  code?: string;
  $metadata?: { httpStatusCode?: number };
}

/** What went wrong by the name that AWS gives it. Its messages are not repeated: they hold the caller's ARN. */
function toDocumentError(location: string, failure: Failure): DocumentError {
  const { name = 'unknown error', message = '', code, $metadata } = failure;
  const status = $metadata?.httpStatusCode;
  const known = code === 'MODULE_NOT_FOUND' ? objectReasons.NoSdk : objectReasons[name];
  const noRegion = message === 'Region is missing' ? 'no AWS region is set; set AWS_REGION' : undefined;
  const fallback =
    status === undefined ? describeUnreached('S3', failure) : `S3 answered ${status} (${name})`;
  const retryable = known === undefined && (status === undefined || status === 429 || status >= 500);
  return new DocumentError(`${location}: ${known ?? noRegion ?? fallback}`, { retryable, cause: failure });
}

const objectReasons: Partial<Record<string, string>> = {
  NoSuchKey: 'there is no such object; without s3:ListBucket S3 says AccessDenied instead',
  NoSuchBucket: 'there is no such bucket',
  AccessDenied: 'no permission, or no such object; the role needs s3:GetObject on it',
  NoSdk: '@aws-sdk/client-s3 was not found; install it, or run on a Lambda runtime that brings it',
  CredentialsProviderError: 'no AWS credentials were found',
  ExpiredToken: 'the AWS credentials have expired',
  InvalidAccessKeyId: 'the AWS credentials are not valid',
  SignatureDoesNotMatch: 'the AWS credentials are not valid',
};

function tooLarge(location: string): DocumentError {
  return new DocumentError(`${location}: larger than ${maxBytes / 1e6} MB`);
}

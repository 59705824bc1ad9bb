import type { Deadline } from '../deadline.ts';
import { DocumentError, tooLarge } from '../documents/errors.ts';
import type { Network } from '../http/network.ts';
import { type Call, openService, type Problem, type Service } from './sdk.ts';

type Sdk = typeof import('@aws-sdk/client-s3');

const service: Service<Sdk, InstanceType<Sdk['S3Client']>> = {
  name: 'S3',
  package: '@aws-sdk/client-s3',
  create: (sdk, options) => new sdk.S3Client({ ...options, followRegionRedirects: true }),
  reasons: {
    NoSuchKey: 'the object does not exist',
    NoSuchBucket: 'the bucket does not exist',
    AccessDenied:
      'no permission, or the object does not exist; the role needs s3:GetObject on it (and s3:ListBucket to see which)',
  },
};

/** The bucket and key of an object. */
export interface ObjectPlace {
  bucket: string;
  key: string;
}

/** Parses `s3://bucket/key`. Returns undefined for another text. */
export function parseObjectPlace(text: string): ObjectPlace | undefined {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.*)$/s.exec(text) ?? [];
  return bucket === undefined ? undefined : { bucket, key: key! };
}

/** An S3 client. */
export type S3 = Call<Sdk, InstanceType<Sdk['S3Client']>>;

/** Creates an S3 client. The first call connects. */
export const openS3 = (network: Network): S3 => openService(service, network);

/**
 * Reads an object of at most `maxBytes`.
 * @throws DocumentError ({@link isMissing} when the object does not exist), or the reason of the
 * deadline's signal
 */
export function readObject(
  call: S3,
  place: ObjectPlace,
  maxBytes: number,
  deadline: Deadline,
): Promise<Uint8Array> {
  return call(deadline, toError(place), async (sdk, client, options) => {
    const command = new sdk.GetObjectCommand({ Bucket: place.bucket, Key: place.key });
    const { Body, ContentLength } = await client.send(command, options);
    if ((ContentLength ?? 0) > maxBytes) throw tooLarge(nameOf(place), maxBytes);
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    // In Node.js the body is a Readable. A chunked answer has no length.
    for await (const chunk of (Body ?? []) as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw tooLarge(nameOf(place), maxBytes);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  });
}

/** Writes an object. @throws DocumentError, or the reason of the deadline's signal */
export function writeObject(
  call: S3,
  place: ObjectPlace,
  content: Uint8Array,
  deadline: Deadline,
): Promise<void> {
  return call(deadline, toError(place), async (sdk, client, options) => {
    const command = new sdk.PutObjectCommand({ Bucket: place.bucket, Key: place.key, Body: content });
    await client.send(command, options);
  });
}

const nameOf = ({ bucket, key }: ObjectPlace) => `s3://${bucket}/${key}`;

const toError =
  (place: ObjectPlace) =>
  ({ reason, retryable, cause }: Problem) =>
    new DocumentError(`${nameOf(place)}: ${reason}`, { retryable, cause });

/**
 * Whether a read failed because the object does not exist. S3 only reports that to roles with
 * s3:ListBucket.
 */
export function isMissing(error: unknown): boolean {
  return error instanceof DocumentError && (error.cause as Error | undefined)?.name === 'NoSuchKey';
}

import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { directNetwork, type Network } from '../http/network.ts';
import type { StateStore } from '../push/state.ts';
import { clientOptions } from './sdk-client.ts';

type Sdk = typeof import('@aws-sdk/client-s3');

/** Longest one attempt may take; the SDK makes up to three. */
const requestTimeoutMs = 3000;

/** States in S3 (`s3://bucket/prefix`), an object for each account. */
function createS3Store(bucket: string, prefix: string, network: Network): StateStore {
  let open: { sdk: Sdk; client: InstanceType<Sdk['S3Client']> } | undefined;
  const connect = () => {
    // Only now, and by require: docs/decisions/0005-sdk-of-the-runtime.md.
    const sdk = createRequire(import.meta.url)('@aws-sdk/client-s3') as Sdk;
    const options = clientOptions(network, requestTimeoutMs);
    return { sdk, client: new sdk.S3Client({ ...options, followRegionRedirects: true }) };
  };
  const placeOf = (account: string) => ({ Bucket: bucket, Key: `${prefix}${fileOf(account)}` });
  return {
    async load(account, abortSignal) {
      open ??= connect();
      const command = new open.sdk.GetObjectCommand(placeOf(account));
      try {
        const { Body } = await open.client.send(command, { abortSignal });
        return await Body?.transformToByteArray();
      } catch (error) {
        if ((error as Error).name === 'NoSuchKey') return undefined;
        throw error;
      }
    },
    async save(account, content, abortSignal) {
      open ??= connect();
      const command = new open.sdk.PutObjectCommand({ ...placeOf(account), Body: content });
      await open.client.send(command, { abortSignal });
    },
  };
}

/** States in a folder, a file for each account. */
function createFolderStore(folder: string): StateStore {
  return {
    async load(account) {
      const { readFile } = await import('node:fs/promises');
      return readFile(`${folder}/${fileOf(account)}`).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined;
        throw error;
      });
    },
    async save(account, content) {
      const { mkdir, rename, writeFile } = await import('node:fs/promises');
      const file = `${folder}/${fileOf(account)}`;
      await mkdir(folder, { recursive: true });
      // A process that is killed leaves the old one or the new one, never half of one.
      await writeFile(`${file}.new`, content);
      await rename(`${file}.new`, file);
    },
  };
}

/** An account may be called what no file can be. */
function fileOf(account: string): string {
  return `${createHash('sha256').update(account).digest('hex').slice(0, 32)}.json.gz`;
}

/** Where states are kept, as VCC_PUSH_STATE says it. */
export function createStateStore(place: string, network: Network = directNetwork): StateStore {
  const [, bucket, prefix = ''] = /^s3:\/\/([^/]+)\/(.*)$/s.exec(place) ?? [];
  return bucket === undefined
    ? createFolderStore(place)
    : createS3Store(bucket, `${prefix.replace(/\/+$/, '')}/`, network);
}

import { fileURLToPath } from 'node:url';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { Parts } from './parts.ts';
import { freePort, poll, start } from './process.ts';

/** moto's server, with additions that its CloudFormation lacks. */
const program = fileURLToPath(new URL('moto_server.py', import.meta.url));

/** AWS's APIs on this machine. */
export interface Moto {
  endpoint: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
  /** With these the SDK of another process finds it. */
  env: Record<string, string>;
  stop(): Promise<unknown>;
}

/** Starts moto's server. */
export async function startMoto({ python, env }: Parts['moto'], folder: string): Promise<Moto> {
  const port = await freePort();
  const server = start(python, [program, '-H', '127.0.0.1', '-p', String(port)], {
    folder,
    // moto goes through resources in the order of hashes.
    env: { ...env, PYTHONHASHSEED: '0' },
  });
  const endpoint = `http://127.0.0.1:${port}`;
  await poll('moto', async () => (await fetch(`${endpoint}/moto-api/`)).ok);
  const region = 'eu-west-1';
  const credentials = { accessKeyId: 'nobody', secretAccessKey: 'of-nobody' };
  return {
    endpoint,
    region,
    credentials,
    env: {
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    },
    stop: () => server.stop(),
  };
}

/** A bucket of moto's S3. */
export interface Bucket {
  name: string;
  put(key: string, body: string): Promise<unknown>;
  close(): void;
}

export async function createBucket({ endpoint, region, credentials }: Moto, name: string): Promise<Bucket> {
  const client = new S3Client({ endpoint, region, credentials });
  const CreateBucketConfiguration = { LocationConstraint: 'eu-west-1' } as const;
  await client.send(new CreateBucketCommand({ Bucket: name, CreateBucketConfiguration }));
  return {
    name,
    put: (key, body) => client.send(new PutObjectCommand({ Bucket: name, Key: key, Body: body })),
    close: () => client.destroy(),
  };
}

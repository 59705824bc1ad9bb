import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { AwsClient } from 'aws4fetch';
import { type LambdaRuntime, startRuntime } from '../../support/runtime-api.ts';
import type { Moto } from './moto.ts';
import type { Parts } from './parts.ts';

/** A function as Lambda describes it. */
export interface LambdaFunction {
  FunctionName: string;
  Role: string;
  Handler: string;
  Runtime: string;
  MemorySize: number;
  Timeout: number;
  CodeSha256: string;
  Environment: { Variables: Record<string, string> };
}

/** What was deployed to moto. */
export interface DeployedStack {
  s3: S3Client;
  /**
   * An answer of one of moto's JSON APIs, at a path or to an action.
   * @throws Error with status and body
   */
  ask<T>(service: string, pathOrAction: string): Promise<T>;
  /** The functions, by the part of their names that is their own. */
  functions(): Promise<Record<string, LambdaFunction>>;
  /** The keys of what serverless uploaded last, by their file names. */
  uploaded(): Promise<Record<string, string>>;
  /** An uploaded zip, as a file. */
  download(zip: string): Promise<string>;
  /**
   * Starts a function from its uploaded zip, with the deployed environment and replacements for the
   * network.
   */
  start(name: string, network: Record<string, string>): Promise<LambdaRuntime>;
  close(): void;
}

/** Reads the stack vcc-exporter-prod in moto. Files go to `folder`. */
export function lookAtStack(
  { endpoint, region, credentials, env }: Moto,
  runtime: Parts['runtimeClient'],
  folder: string,
): DeployedStack {
  const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });

  async function ask<T>(service: string, pathOrAction: string): Promise<T> {
    const client = new AwsClient({ ...credentials, service, region, retries: 0 });
    const isPath = pathOrAction.startsWith('/');
    const action = { 'x-amz-target': pathOrAction, 'content-type': 'application/x-amz-json-1.1' };
    const response = await (isPath
      ? client.fetch(`${endpoint}${pathOrAction}`, { headers: { accept: 'application/json' } })
      : client.fetch(`${endpoint}/`, { method: 'POST', headers: action, body: '{}' }));
    if (!response.ok)
      throw new Error(`${service} ${pathOrAction}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  async function functions(): Promise<Record<string, LambdaFunction>> {
    const { Functions } = await ask<{ Functions: LambdaFunction[] }>('lambda', '/2015-03-31/functions');
    return Object.fromEntries(
      Functions.map((each) => [each.FunctionName.replace('vcc-exporter-prod-', ''), each]),
    );
  }

  async function bucketOfDeployments(): Promise<string> {
    const path = '/?Action=DescribeStackResources&StackName=vcc-exporter-prod&Version=2010-05-15';
    const client = new AwsClient({ ...credentials, service: 'cloudformation', region, retries: 0 });
    const text = await (await client.fetch(`${endpoint}${path}`)).text();
    const [, name] = /<PhysicalResourceId>([^<]*serverlessdeploymentbucket[^<]*)</.exec(text) ?? [];
    if (name === undefined) throw new Error(`no bucket in ${text}`);
    return name;
  }

  async function uploaded(): Promise<Record<string, string>> {
    const listed = await s3.send(new ListObjectsV2Command({ Bucket: await bucketOfDeployments() }));
    const keys = (listed.Contents ?? []).map(({ Key }) => Key!).toSorted();
    return Object.fromEntries(keys.map((key) => [key.split('/').at(-1)!, key]));
  }

  async function download(zip: string): Promise<string> {
    const object = { Bucket: await bucketOfDeployments(), Key: (await uploaded())[zip]! };
    const { Body } = await s3.send(new GetObjectCommand(object));
    const file = join(folder, zip);
    writeFileSync(file, await Body!.transformToByteArray());
    return file;
  }

  return {
    s3,
    ask,
    functions,
    uploaded,
    download,
    async start(name, network) {
      const { [name]: deployed } = await functions();
      return startRuntime({
        ...runtime,
        zip: await download(`${deployed!.Handler.split('.')[0]}.zip`),
        handler: deployed!.Handler,
        runtimeModules: fileURLToPath(new URL('../../../node_modules', import.meta.url)),
        timeoutMs: deployed!.Timeout * 1000,
        memoryMb: deployed!.MemorySize,
        env: { ...deployed!.Environment.Variables, ...env, ...network },
      });
    },
    close: () => s3.destroy(),
  };
}

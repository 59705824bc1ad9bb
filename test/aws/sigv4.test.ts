import { createHash, createHmac } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { SignatureV4 } from '@smithy/signature-v4';
import { type AwsIdentity, createSigV4 } from '../../src/aws/sigv4.ts';
import { deadlineIn } from '../../src/deadline.ts';
import type { HttpRequest } from '../../src/http/send.ts';

/** SHA-256 as the SDK's signer requires it. */
class Sha256 {
  #hash;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', toBuffer(secret));
  }
  update(chunk: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(toBuffer(chunk));
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
}

function toBuffer(data: string | ArrayBuffer | ArrayBufferView): Buffer {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data)
    ? Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    : Buffer.from(data);
}

const nowMs = Date.parse('2026-03-10T09:41:17Z');
const identity: AwsIdentity = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG' };
const workspace = 'https://aps-workspaces.eu-west-1.amazonaws.com/workspaces/ws-1/api/v1/remote_write';
const request = (url = workspace): HttpRequest => ({
  method: 'POST',
  url: new URL(url),
  headers: {
    'content-type': 'application/x-protobuf',
    'content-encoding': 'snappy',
    'x-scope-orgid': 'acme',
  },
  body: Buffer.from([1, 2, 3, 250]),
});

/** The signature of AWS's own signer, over the headers that ours has signed. */
async function reference(of: HttpRequest, signed: string, region: string, who: AwsIdentity): Promise<string> {
  const names = signed.split(';');
  const signer = new SignatureV4({
    credentials: {
      accessKeyId: who.accessKeyId,
      secretAccessKey: who.secretAccessKey,
      ...(who.sessionToken !== undefined && { sessionToken: who.sessionToken }),
    },
    region,
    service: 'aps',
    sha256: Sha256 as never,
    applyChecksum: false,
  });
  const headers = Object.fromEntries(Object.entries(of.headers).filter(([name]) => names.includes(name)));
  const { headers: own } = (await signer.sign(
    {
      method: of.method,
      protocol: 'https:',
      hostname: of.url.hostname,
      path: of.url.pathname,
      query: Object.fromEntries(of.url.searchParams),
      headers: { ...headers, host: of.url.host },
      body: of.body,
    } as never,
    { signingDate: new Date(nowMs) },
  )) as unknown as { headers: Record<string, string> };
  return own.authorization!;
}

describe('a signed request', () => {
  test.each<[string, string, AwsIdentity, string | undefined, string]>([
    ["of the function's own identity", workspace, identity, undefined, 'eu-west-1'],
    [
      'of an identity with a session',
      workspace,
      { ...identity, sessionToken: 'FwoGZXIvYXdzEXAMPLE==' },
      undefined,
      'eu-west-1',
    ],
    ['to an address with a query', `${workspace}?b=2&a=1%20x`, identity, undefined, 'eu-west-1'],
    ['for a region that is named', 'https://proxy.example/write', identity, 'us-east-2', 'us-east-2'],
  ])("%s has the signature that AWS's own signer makes", async (_, url, who, named, region) => {
    const sign = createSigV4({
      region: named,
      roleArn: undefined,
      clocks: { now: () => nowMs, monotonic: () => 0 },
      loadIdentity: async () => who,
    });
    const { headers, body } = await sign(request(url), deadlineIn(5000));
    const { authorization = '' } = headers;
    const signed = /SignedHeaders=([^,]+)/.exec(authorization)![1]!;
    expect(signed.split(';')).toEqual(expect.arrayContaining(['host', 'x-amz-date']));
    expect(headers['x-amz-security-token']).toBe(who.sessionToken);
    expect(body).toEqual(request().body);
    const expected = await reference({ ...request(url), headers }, signed, region, who);
    expect(authorization.replace(/,\s*/g, ', ')).toBe(expected.replace(/,\s*/g, ', '));
  });

  test('is signed anew each time, and the identity is renewed five minutes before it expires', async () => {
    let clockMs = nowMs;
    let loads = 0;
    const sign = createSigV4({
      region: 'eu-west-1',
      roleArn: undefined,
      clocks: { now: () => clockMs, monotonic: () => clockMs },
      loadIdentity: async () => ({
        ...identity,
        accessKeyId: `AKID${++loads}`,
        expiration: new Date(nowMs + 3_600_000),
      }),
    });
    const dates: string[] = [];
    for (const minutes of [0, 54, 55.1, 55.2]) {
      clockMs = nowMs + minutes * 60_000;
      const { headers } = await sign(request(), deadlineIn(5000));
      dates.push(`${headers['x-amz-date']} ${/AKID\d/.exec(headers.authorization!)![0]}`);
    }
    // The old identity is used while a new one is fetched.
    expect(dates).toEqual([
      '20260310T094117Z AKID1',
      '20260310T103517Z AKID1',
      '20260310T103623Z AKID1',
      '20260310T103629Z AKID2',
    ]);
  });

  test('needs an identity, and reports a missing one without a key', async () => {
    const sign = createSigV4({
      region: 'eu-west-1',
      roleArn: 'arn:aws:iam::123456789012:role/writer',
      loadIdentity: async () => {
        throw Object.assign(new Error('arn:aws:sts::1:assumed-role/x AKIDSECRET'), { name: 'AccessDenied' });
      },
    });
    await expect(sign(request(), deadlineIn(5000))).rejects.toMatchObject({
      message: 'no AWS credentials to sign with as arn:aws:iam::123456789012:role/writer: no permission',
      retryable: true,
    });
  });
});

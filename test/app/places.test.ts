import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createReadText } from '../../src/app/places.ts';
import { DeadlineError, deadlineIn, untilAborted } from '../../src/deadline.ts';
import { startServer, type TestServer } from '../support/server.ts';

const before = { ...process.env };
let server: TestServer;
let answer: (path: string, response: ServerResponse) => void;
const asked: string[] = [];
beforeEach(async () => {
  asked.length = 0;
  server = await startServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    answer(request.url!, response);
  });
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_S3: server.origin,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'a-secret-of-the-role',
  });
});
afterEach(async () => {
  await server.close();
  process.env = { ...before };
});

const soon = () => deadlineIn(15_000);
const fail = (status: number, code: string) => (_: string, response: ServerResponse) => {
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(
    `<Error><Code>${code}</Code><Message>arn:aws:iam::123456789012:role/hunter2</Message></Error>`,
  );
};

describe('reading from S3 with the real SDK', () => {
  test('gives the text of the object', async () => {
    answer = (_, response) => response.end('agentId,team\n1,Säles\n');
    expect(await createReadText()('s3://acme-config/vcc/roster.csv', soon())).toBe('agentId,team\n1,Säles\n');
    expect(asked).toEqual(['GET /acme-config/vcc/roster.csv?x-id=GetObject']);
  });

  test.each<[number, string, string, boolean]>([
    [404, 'NoSuchKey', 'the object does not exist', false],
    [404, 'NoSuchBucket', 'the bucket does not exist', false],
    [
      403,
      'AccessDenied',
      'no permission, or the object does not exist; the role needs s3:GetObject on it (and s3:ListBucket to see which)',
      false,
    ],
    [403, 'InvalidAccessKeyId', 'the AWS credentials are not valid', false],
    [400, 'ExpiredToken', 'the AWS credentials have expired', false],
    [400, 'Surprise', 'S3 answered 400 (Surprise)', false],
    [503, 'SlowDown', 'S3 answered 503 (SlowDown)', true],
  ])('says what %i %s means, and not who asked', async (status, code, message, retryable) => {
    answer = fail(status, code);
    const error = await createReadText()('s3://acme/roster.csv', soon()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'document', message: `s3://acme/roster.csv: ${message}`, retryable });
    expect((error as Error).message).not.toContain('hunter2');
  });

  test('reports that S3 was not reached', async () => {
    process.env.AWS_ENDPOINT_URL_S3 = 'http://127.0.0.1:1';
    const error = await createReadText()('s3://acme/roster.csv', soon()).catch((thrown: unknown) => thrown);
    expect((error as Error).message).toMatch(/^s3:\/\/acme\/roster\.csv: S3 was not reached \(\w+\)$/);
    expect(error).toMatchObject({ retryable: true });
    expect(inspect(error)).not.toContain('a-secret-of-the-role');
  });

  test('ends when the time is up, with the reason', async () => {
    answer = () => {};
    const ending = new AbortController();
    const reading = createReadText()('s3://acme/roster.csv', untilAborted(ending.signal));
    setTimeout(() => ending.abort(new DeadlineError('out of time')), 200);
    await expect(reading).rejects.toThrow('out of time');
  });

  test('checks that a text is UTF-8', async () => {
    answer = (_, response) => response.end(Buffer.from('1,S\xe4les\n', 'latin1'));
    await expect(createReadText()('s3://acme/roster.csv', soon())).rejects.toThrow(
      's3://acme/roster.csv: is not UTF-8; save it as UTF-8',
    );
  });

  test('refuses a text larger than any roster', async () => {
    answer = (_, response) => response.writeHead(200, { 'content-length': 60_000_000 }).write('x');
    await expect(createReadText()('s3://acme/roster.csv', soon())).rejects.toThrow(
      's3://acme/roster.csv: larger than 10 MB',
    );
  });
});

test('an object of S3 of unknown length is read up to the bound, and no further', async () => {
  let sent = 0;
  answer = (_, response) => {
    response.writeHead(200);
    // More than 10 MB, and more than the buffers hold.
    const more = () => {
      sent++;
      if (sent < 2000 && !response.destroyed) response.write(Buffer.alloc(100_000), () => setImmediate(more));
      else response.end();
    };
    more();
  };
  await expect(createReadText()('s3://acme/roster.csv', soon())).rejects.toThrow(
    's3://acme/roster.csv: larger than 10 MB',
  );
  expect(sent).toBeLessThan(1000);
});

describe('reading files', () => {
  test('gives the text, or the reason why there is none', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vcc-read-'));
    try {
      const path = join(folder, 'roster.csv');
      writeFileSync(path, 'agentId\n');
      expect(await createReadText()(path, soon())).toBe('agentId\n');
      await expect(createReadText()(`${path}x`, soon())).rejects.toThrow(`${path}x: does not exist`);
      await expect(createReadText()(folder, soon())).rejects.toThrow(`${folder}: is a folder`);
      await expect(createReadText()('/dev/null', soon())).rejects.toThrow('/dev/null: is not a file');
      writeFileSync(path, Buffer.from('agentId,team\n1,S\xe4les\n', 'latin1'));
      await expect(createReadText()(path, soon())).rejects.toThrow(`${path}: is not UTF-8; save it as UTF-8`);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

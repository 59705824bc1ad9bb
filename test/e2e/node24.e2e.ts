import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Simulator } from '../../src/simulator/server.ts';
import { richItems, secrets, startFrozen } from './support/account.ts';
import { scrapeOnce, settingsFor, startExporter } from './support/exporter.ts';
import { describeWith } from './support/parts.ts';
import { type Ended, run } from './support/process.ts';

const handler = new URL('../../dist/handlers/metrics.mjs', import.meta.url).href;
const event = {
  version: '2.0',
  rawPath: '/metrics',
  requestContext: {
    http: { method: 'GET' },
    domainName: 'x.lambda-url.eu-west-1.on.aws',
    stage: '$default',
  },
  headers: {},
};
/** Does what the Lambda runtime does: loads the handler, gives it events, writes each result on a line. */
const runtime = `
  const { handler } = await import(${JSON.stringify(handler)});
  for (const headers of JSON.parse(process.argv[1])) {
    const event = { ...${JSON.stringify(event)}, headers };
    const result = await handler(event, { getRemainingTimeInMillis: () => 5000 });
    process.stdout.write('result ' + JSON.stringify(result) + '\\n');
  }
`;

interface Result {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
  isBase64Encoded: boolean;
}

describeWith(['node24'], 'on Node.js 24', ({ node24: { node } }) => {
  let folder: string;
  let simulator: Simulator;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vcc-e2e-'));
    simulator = await startFrozen({ items: richItems });
  });

  afterAll(async () => {
    await simulator.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Gives the handler an event for each set of headers, in one process that must end by itself. */
  async function invoke(
    env: Record<string, string>,
    ...headers: Record<string, string>[]
  ): Promise<Ended & { results: Result[] }> {
    const args = ['--input-type=module', '--eval', runtime, '--', JSON.stringify(headers)];
    const ended = await run(node, args, { folder, env });
    const lines = ended.stdout.split('\n').filter((line) => line.startsWith('result '));
    return { ...ended, results: lines.map((line) => JSON.parse(line.slice('result '.length))) };
  }

  /** Sample lines but for those about the scrape itself and the version of Node.js. */
  const comparable = (exposition: string) =>
    exposition
      .split('\n')
      .filter((line) => !/^vcc_(scrape_duration|scrape_deadline|api_clock_skew|exporter_build)_/.test(line));

  test.each(['text', 'openmetrics'] as const)(
    'scrape writes what it writes elsewhere (%s)',
    async (format) => {
      const here = await scrapeOnce(settingsFor(simulator), format, folder);
      const there = await scrapeOnce(settingsFor(simulator), format, folder, node);
      expect({ status: there.status, stderr: there.stderr }).toEqual({ status: 0, stderr: '' });
      expect(there.stdout).toMatch(/^vcc_up\{account="e2e"\} 1$/m);
      expect(there.stdout).toMatch(/nodejs="v24\./);
      expect(comparable(there.stdout)).toEqual(comparable(here.stdout));
    },
  );

  test('serve answers, survives revoked tokens, and ends when it is asked to', async () => {
    const exporter = await startExporter(settingsFor(simulator), folder, node);
    try {
      for (const round of ['first', 'after the tokens were revoked']) {
        const body = await (await fetch(`${exporter.origin}/metrics`)).text();
        expect([round, /^vcc_up\{account="e2e"\} 1$/m.test(body)]).toEqual([round, true]);
        simulator.revokeTokens();
      }
    } finally {
      const { status } = await exporter.stop();
      expect(status).toBe(0);
    }
  });

  test('the Lambda handler answers a Function URL', async () => {
    const { status, stderr, results } = await invoke(
      settingsFor(simulator),
      {},
      { 'accept-encoding': 'gzip' },
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const [plain, zipped] = results;
    expect(plain).toMatchObject({
      statusCode: 200,
      isBase64Encoded: false,
      headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
    });
    expect(plain!.body).toMatch(/^vcc_up\{account="e2e"\} 1$/m);
    expect(plain!.body).toMatch(/^vcc_scrape_deadline_seconds\{account="e2e"\} 4\.5$/m);
    expect(plain!.body).toMatch(/nodejs="v24\./);
    expect(zipped).toMatchObject({ statusCode: 200, isBase64Encoded: true });
    const unzipped = gunzipSync(Buffer.from(zipped!.body, 'base64')).toString();
    expect(unzipped).toMatch(/^vcc_up\{account="e2e"\} 1$/m);
  });

  test('the Lambda handler answers 200 with the reason while the API is down, and logs one line', async () => {
    simulator.faults = [{ kind: 'status', value: 503 }];
    try {
      const { stdout, results } = await invoke(settingsFor(simulator, { VCC_RETRIES: '0' }), {});
      expect(results[0]!.statusCode).toBe(200);
      expect(results[0]!.body).toMatch(/^vcc_up\{account="e2e"\} 0$/m);
      expect(results[0]!.body).toMatch(/^vcc_scrape_error\{account="e2e",reason="http_status"\} 1$/m);
      const log = stdout.split('\n').filter((line) => line !== '' && !line.startsWith('result '));
      expect(log.map((line) => JSON.parse(line))).toEqual([
        expect.objectContaining({ level: 'error', event: 'scrape failed', code: 'http_status' }),
      ]);
      for (const secret of Object.values(secrets)) expect(stdout).not.toContain(secret);
    } finally {
      simulator.faults = [];
    }
  });

  test('the Lambda handler answers 500 without saying what is wrong when its settings are', async () => {
    const env = settingsFor(simulator, { VCC_PAGE_SIZE: 'many' });
    const { status, stdout, results } = await invoke(env, {});
    expect(status).toBe(0);
    expect(results[0]!.statusCode).toBe(500);
    expect(results[0]!.body).not.toContain('many');
    expect(stdout).toContain('VCC_PAGE_SIZE');
    for (const secret of Object.values(secrets)) expect(stdout).not.toContain(secret);
  });
});

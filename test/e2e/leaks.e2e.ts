// An adversary gives back everything that the exporter sends, in every encoding and at every place
// where an answer is read. No part of it may be on standard output or standard error, on a page, or
// in a file.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { startServer, type TestServer } from '../support/server.ts';
import { freePort, poll, run, start } from './support/process.ts';

const cli = fileURLToPath(new URL('../../dist/cli.mjs', import.meta.url));

const secrets = {
  clientSecret: `Kd93^pa"ss&<é>+/%41'x`,
  accessToken: 'ey.Ab"c&<9>%41-_+/=token',
  scrapeToken: 'scrape-token.~+/0123456789',
  agentKey: 'agent key of 1 & "only" one',
  password: `pw'Ω"&<>%41\\x 9Qz+/`,
  token: `tok%41\\u0041"&<>'+/=9xq`,
  apiKey: `k3y"&<>%41\\n;9xq=`,
  pathToken: 'Zz93xPqLmz82hjsdfQQ1',
  queryToken: 'q93xPqLmz82hjs+dfQQ1',
  proxyPassword: `pr0xy"&<>%41 9xq`,
  awsSecret: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  awsSession: 'FwoGZXIvYXdzEXAMPLE//session+token==',
};

const json = (text: string) => JSON.stringify(text).slice(1, -1);
const form = (text: string) => new URLSearchParams({ a: text }).toString().slice(2);
const html = (text: string) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
const encodings: Record<string, (text: string) => string> = {
  raw: (text) => text,
  json,
  'json-in-json': (text) => json(json(text)),
  percent: encodeURIComponent,
  form,
  html,
  base64: (text) => Buffer.from(text).toString('base64'),
  base64url: (text) => Buffer.from(text).toString('base64url'),
};

/** The part of a secret that base64 shows, whatever text is before and after it. */
const insideBase64 = (text: string) =>
  [0, 1, 2].flatMap((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(text)]);
    const inner = (encoding: 'base64' | 'base64url') =>
      bytes.toString(encoding).slice(before === 0 ? 0 : before + 1, Math.floor((bytes.length * 8) / 6));
    return [inner('base64'), inner('base64url')];
  });

/** Every way in which a secret could be in a text. */
const traces = Object.entries(secrets).flatMap(([name, secret]) =>
  [...Object.values(encodings).map((encode) => encode(secret)), ...insideBase64(secret)].map(
    (trace) => [name, trace] as const,
  ),
);

function leaksIn(texts: Record<string, string>): string[] {
  return Object.entries(texts).flatMap(([where, text]) =>
    traces.flatMap(([name, trace]) => {
      const at = text.indexOf(trace);
      return at < 0
        ? []
        : [`${where}: ${name}: …${text.slice(Math.max(0, at - 60), at + trace.length + 20)}`];
    }),
  );
}

/** What the exporter sent, the credentials first. */
function sent({ method, url, headers }: IncomingMessage, body: Buffer): string {
  const basic = /^Basic (\S+)$/i.exec(headers.authorization ?? '')?.[1];
  const own = ['authorization', 'proxy-authorization', 'x-api-key', 'x-amz-security-token'];
  return [
    ...(basic ? [Buffer.from(basic, 'base64').toString()] : []),
    ...own.flatMap((name) => headers[name] ?? []),
    method,
    url,
    /urlencoded/.test(headers['content-type'] ?? '') ? body.toString() : '',
    JSON.stringify(headers),
  ].join(' ');
}

let adversary: TestServer;
/** How the token endpoint and the API answer. */
let api: { token: 'issue' | number; pages: number };
beforeAll(async () => {
  adversary = await startServer((request, response) => {
    void buffer(request).then((body) => {
      const url = request.url ?? '';
      const [, encoding = 'raw', status = '400'] = /encoding=([\w-]+)&status=(\d+)/.exec(url) ?? [];
      const said = encodings[encoding]!(sent(request, body));
      const inHeader = encodeURIComponent(sent(request, body)).slice(0, 3000);
      const long = `${said}${'x'.repeat(64_000)}`;
      const headers = { server: inHeader, 'x-request': inHeader, 'retry-after': inHeader };
      if (url.startsWith('/token')) {
        if (api.token === 'issue') {
          response.end(JSON.stringify({ access_token: secrets.accessToken, expires_in: 3600 }));
          return;
        }
        const location = `/token/again/${inHeader}`;
        response.writeHead(api.token, { ...headers, ...(api.token === 302 && { location }) }).end(long);
      } else if (url.startsWith('/api')) {
        const location = `/api/moved/${inHeader}`;
        response.writeHead(api.pages, { ...headers, ...(api.pages === 307 && { location }) }).end(long);
      } else if (request.headers['x-amz-target'] !== undefined) {
        response
          .writeHead(400, { ...headers, 'x-amzn-errortype': said.replace(/[^ -~]/g, '').slice(0, 300) })
          .end(JSON.stringify({ __type: said, message: said }));
      } else response.writeHead(Number(status)).end(long);
    });
  });
});
afterAll(() => adversary.close());

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vcc-leaks-'));
  api = { token: 'issue', pages: 400 };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const environment = () => ({
  VCC_CLIENT_ID: 'the-client',
  VCC_CLIENT_SECRET: secrets.clientSecret,
  VCC_TOKEN_URL: `${adversary.origin}/token`,
  VCC_API_URL: `${adversary.origin}/api`,
  VCC_AGENT_KEY: secrets.agentKey,
  VCC_SCRAPE_TOKENS: secrets.scrapeToken,
  VCC_RETRIES: '0',
  HTTP_PROXY: `http://me:${encodeURIComponent(secrets.proxyPassword)}@${new URL(adversary.origin).host}`,
  AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
  AWS_SECRET_ACCESS_KEY: secrets.awsSecret,
  AWS_SESSION_TOKEN: secrets.awsSession,
  AWS_REGION: 'eu-west-1',
  AWS_ENDPOINT_URL: adversary.origin,
});

/** Everything in the folder that the exporter wrote. */
function written(...own: string[]): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => statSync(join(folder, file)).isFile() && !own.includes(file))
      .map((file) => [file, readFileSync(join(folder, file), 'utf8')]),
  );
}

test('the adversary would be noticed', () => {
  for (const [name, secret] of Object.entries(secrets)) {
    for (const encode of Object.values(encodings)) {
      expect(leaksIn({ a: `x${encode(`me:${secret}!`)}x` })).toContainEqual(
        expect.stringContaining(`a: ${name}:`),
      );
    }
  }
});

describe.each<[string, typeof api]>([
  ['rejects the credentials', { token: 401, pages: 400 }],
  ['redirects the request for a token', { token: 302, pages: 400 }],
  ['rejects the token', { token: 'issue', pages: 401 }],
  ['redirects the request for a page', { token: 'issue', pages: 307 }],
  ['fails', { token: 'issue', pages: 500 }],
])('an API that %s', (_, answers) => {
  test.each(['body', 'basic'])(
    'is reported without secrets by check, with credentials in the %s',
    async (auth) => {
      api = answers;
      const { status, stdout, stderr } = await run(process.execPath, [cli, 'check'], {
        folder,
        env: { ...environment(), VCC_TOKEN_AUTH: auth },
      });
      expect(status).toBe(1);
      expect(stdout).toContain('FAILED');
      expect(leaksIn({ stdout, stderr, ...written() })).toEqual([]);
    },
  );

  test('is reported without secrets by serve and its pages', async () => {
    api = answers;
    const port = await freePort();
    const serving = start(process.execPath, [cli, 'serve', '--port', String(port)], {
      folder,
      env: environment(),
    });
    try {
      await poll('the first scrape', () => serving.stdout().includes('no snapshot'));
      const headers = { authorization: `Bearer ${secrets.scrapeToken}` };
      const pages: Record<string, string> = {};
      for (const path of [
        '/',
        '/metrics',
        '/probe?target=default',
        `/probe?target=${secrets.scrapeToken}`,
        '/sd',
        '/no',
      ]) {
        pages[`page ${path.slice(0, 10)}`] = await (
          await fetch(`http://127.0.0.1:${port}${path}`, { headers })
        ).text();
      }
      const refused = { authorization: `Bearer ${secrets.clientSecret.replace(/[^ -~]/g, '')}` };
      pages.refused = await (await fetch(`http://127.0.0.1:${port}/metrics`, { headers: refused })).text();
      expect(pages['page /']).toContain('Message: <code>');
      const { stdout, stderr } = await serving.stop();
      expect(leaksIn({ stdout, stderr, ...pages, ...written() })).toEqual([]);
    } finally {
      await serving.stop();
    }
  });
});

test('receivers in every encoding are reported without secrets by push, and in its files', async () => {
  const ways = Object.keys(encodings).flatMap((encoding) => [
    `encoding=${encoding}&status=400`,
    `encoding=${encoding}&status=401`,
  ]);
  const destinations = ways.flatMap((way) => {
    const url = `/${secrets.pathToken}/write?token=${encodeURIComponent(secrets.queryToken)}&${way}`;
    const common = { url: `${adversary.origin}${url}`, headers: { 'X-Api-Key': secrets.apiKey } };
    return [
      { ...common, auth: 'basic', user: 'me', password: secrets.password },
      { ...common, auth: 'bearer', token: secrets.token },
      { ...common, auth: 'sigv4', aws_region: 'eu-west-1', headers: {} },
      // Through the proxy.
      { ...common, url: `http://receiver.test${url}` },
    ];
  });
  writeFileSync(
    join(folder, 'destinations.json'),
    JSON.stringify({ destinations: destinations.map((each, index) => ({ name: `d${index}`, ...each })) }),
  );
  const { status, stdout, stderr } = await run(process.execPath, [cli, 'push', '--once'], {
    folder,
    env: { ...environment(), VCC_PUSH_DESTINATIONS: 'destinations.json' },
  });
  expect(status).toBe(1);
  // They were quoted, so there was something to see.
  for (let index = 0; index < destinations.length; index++) {
    expect(stderr).toMatch(new RegExp(`destination d${index}: answered 40\\d: .*\\[secret\\]`));
  }
  const files = written('destinations.json');
  expect(Object.keys(files).filter((file) => file.endsWith('.reason'))).toHaveLength(destinations.length / 2);
  expect(leaksIn({ stdout, stderr, ...files })).toEqual([]);
  const listed = await run(process.execPath, [cli, 'replay', '--list'], { folder, env: environment() });
  expect(listed.stdout.split('\n').length).toBeGreaterThan(destinations.length / 2);
  expect(leaksIn({ stdout: listed.stdout, stderr: listed.stderr })).toEqual([]);
});

test('Secrets Manager is reported without secrets', async () => {
  const { VCC_CLIENT_ID: _, VCC_CLIENT_SECRET: __, ...env } = environment();
  const { status, stdout, stderr } = await run(process.execPath, [cli, 'check'], {
    folder,
    env: { ...env, VCC_SECRET_ID: secrets.pathToken },
  });
  expect(status).toBe(1);
  expect(stdout).toContain('FAILED  Secret: secret [secret], AWSCURRENT: ');
  expect(leaksIn({ stdout, stderr })).toEqual([]);
});

describe('a secret in the wrong place is not given back', () => {
  test.each<[string, string[], Record<string, string>]>([
    ['as a command', [secrets.pathToken], {}],
    ['as an argument', ['check', secrets.pathToken], {}],
    ['as an option', ['check', `--${secrets.pathToken}`], {}],
    ['as the value of an option', ['check', `--client-secret=${secrets.pathToken}`], {}],
    ['as a short option', ['check', `-p${secrets.pathToken}`], {}],
    ['as a port', ['serve', '--port', secrets.pathToken], {}],
    ['as a host', ['serve', '--host', secrets.pathToken], {}],
    ['as a format', ['scrape', '--format', secrets.pathToken], {}],
    ['as an account', ['check', '--account', secrets.pathToken], {}],
    ['as a list of accounts', ['check'], { VCC_CONFIG: secrets.pathToken }],
    ['as YAML', ['check'], { VCC_CONFIG: `accounts:\n  - client_secret: !${secrets.pathToken}^x` }],
    ['as a roster', ['check'], { VCC_ROSTER: secrets.pathToken }],
    [
      'as a state',
      ['push', '--once'],
      { VCC_PUSH_STATE: `s3://${secrets.pathToken}/x`, VCC_PUSH_URL: 'http://localhost:1' },
    ],
    ['as a queue', ['push', '--once'], { VCC_PUSH_QUEUE_URL: secrets.pathToken }],
  ])('%s', async (__, args, env) => {
    api = { token: 'issue', pages: 500 };
    const { status, stdout, stderr } = await run(process.execPath, [cli, ...args], {
      folder,
      env: { ...environment(), ...(env.VCC_CONFIG && { VCC_CLIENT_ID: '', VCC_CLIENT_SECRET: '' }), ...env },
    });
    expect(status).not.toBe(0);
    expect(leaksIn({ stdout, stderr })).toEqual([]);
  });
});

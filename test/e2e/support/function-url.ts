import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { LambdaRuntime } from '../../support/runtime-api.ts';
import { eventOf, toHttp } from './lambda.ts';

/** Lambda's Function URLs on this machine, over TLS. */
export interface FunctionUrls {
  /** Lines for ~/.curlrc: every host is this server, and its certificate is trusted. */
  curlrc: string;
  close(): Promise<void>;
}

/**
 * Serves Function URLs of a region. Each request becomes an event of the function that `open`
 * gives.
 */
export async function serveFunctionUrls(
  region: string,
  folder: string,
  open: () => Promise<LambdaRuntime>,
): Promise<FunctionUrls> {
  const [key, certificate] = ['key.pem', 'certificate.pem'].map((name) => join(folder, name)) as [
    string,
    string,
  ];
  const host = `*.lambda-url.${region}.on.aws`;
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=e2e'];
  const files = ['-keyout', key, '-out', certificate, '-addext', `subjectAltName=DNS:${host}`];
  execFileSync('openssl', [...request, ...files], { stdio: 'pipe' });
  let opened: Promise<LambdaRuntime> | undefined;

  const server = https.createServer(
    { key: readFileSync(key), cert: readFileSync(certificate) },
    (incoming, outgoing) => {
      const { pathname, search } = new URL(incoming.url!, 'https://localhost');
      const event = {
        ...eventOf('function-url'),
        rawPath: pathname,
        rawQueryString: search.slice(1),
        headers: incoming.headers,
      };
      opened ??= open();
      opened
        .then(async (runtime) => {
          const { status, headers, body, isBase64Encoded } = toHttp(await runtime.invoke(event));
          outgoing.writeHead(status, headers).end(Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'));
        })
        .catch((error) => outgoing.writeHead(502).end(String(error)));
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const curlrc = `connect-to = "::127.0.0.1:${port}"\ncacert = "${certificate}"\n`;
  writeFileSync(join(folder, '.curlrc'), curlrc);
  return {
    curlrc,
    async close() {
      await (await opened)?.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

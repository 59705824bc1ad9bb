import { readFileSync, writeFileSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import tls from 'node:tls';
import { startProxyServer } from '../../support/proxy-server.ts';
import type { Parts } from './parts.ts';
import { freePort, poll, run, start } from './process.ts';

/** Files of a certificate authority of the test, and of a certificate by it. */
export interface Certificates {
  /** For NODE_EXTRA_CA_CERTS. */
  authority: string;
  key: string;
  certificate: string;
}

/** Makes an authority, and a certificate for these names. */
export async function makeCertificates(
  openssl: string,
  folder: string,
  names: readonly string[],
): Promise<Certificates> {
  const file = (name: string) => join(folder, name);
  const call = async (...args: string[]) => {
    const { status, stderr } = await run(openssl, args, { folder });
    if (status !== 0) throw new Error(`openssl ${args[0]}: ${stderr}`);
  };
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const extensions = `basicConstraints=CA:FALSE\nsubjectAltName=${names.map((name) => `DNS:${name}`).join(',')}\n`;
  writeFileSync(file('extensions'), extensions);
  await call(
    ...['req', '-x509', ...newKey, '-keyout', file('authority.key'), '-out', file('authority.pem')],
    ...['-days', '2', '-subj', '/CN=Test authority', '-addext', 'keyUsage=critical,keyCertSign'],
  );
  await call('req', ...newKey, '-keyout', file('key.pem'), '-out', file('request.pem'), '-subj', '/CN=test');
  await call(
    ...['x509', '-req', '-in', file('request.pem'), '-out', file('certificate.pem'), '-days', '2'],
    ...['-CA', file('authority.pem'), '-CAkey', file('authority.key'), '-CAcreateserial'],
    ...['-extfile', file('extensions')],
  );
  return { authority: file('authority.pem'), key: file('key.pem'), certificate: file('certificate.pem') };
}

/** A TLS server that passes what it decrypts to a server on this machine. */
export async function startTls(
  port: number,
  { key, certificate }: Certificates,
): Promise<{ port: number; close(): Promise<void> }> {
  const open = new Set<net.Socket>();
  const server = tls.createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (near) => {
    const far = net.connect(port, '127.0.0.1');
    open.add(near).add(far);
    near.pipe(far).pipe(near);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => {});
      one.on('close', () => {
        open.delete(one);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}

/** A tinyproxy that requires a password, and hosts that only it knows. */
export interface Tinyproxy {
  port: number;
  /** With user and password, for HTTPS_PROXY. */
  url: string;
  /** The requests since the last call, from its log: `CONNECT host:port`, `GET url`. */
  asked(): string[];
  close(): Promise<void>;
}

/** User and password of the proxy, of characters that tinyproxy allows. */
export const proxyUser = { user: 'e2e', password: 'e2e-proxy-password' };

/**
 * Starts the proxy. `portOf` gives the port on this machine of a requested host, by `host:port`.
 * The name exists nowhere else, so every request to it passed through the proxy.
 */
export async function startProxy(
  { binary }: Parts['proxy'],
  folder: string,
  portOf: (host: string) => number | undefined,
): Promise<Tinyproxy> {
  const behind = await startProxyServer((host) => portOf(host) ?? { status: 502 });
  const port = await freePort();
  const log = join(folder, 'tinyproxy.log');
  const { user, password } = proxyUser;
  const lines = [
    `Port ${port}`,
    'Listen 127.0.0.1',
    'Timeout 60',
    `LogFile "${log}"`,
    'LogLevel Connect',
    'MaxClients 100',
    'DisableViaHeader Yes',
    `BasicAuth ${user} ${password}`,
    `Upstream http ${behind.host} ".test"`,
  ];
  const config = join(folder, 'tinyproxy.conf');
  writeFileSync(config, `${lines.join('\n')}\n`);
  const server = start(binary, ['-d', '-c', config], { folder });
  const reach = () =>
    new Promise<boolean>((resolve) => {
      const socket = net.connect(port, '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      });
      socket.on('error', () => resolve(false));
    });
  await poll('tinyproxy', async () => {
    if (server.ended() !== undefined) throw new Error(server.stdout() + server.stderr());
    return reach();
  });
  const requests = () =>
    [...readFileSync(log, 'utf8').matchAll(/ Request \(file descriptor \d+\): (\S+ \S+) HTTP/g)].map(
      ([, request]) => request!,
    );
  let seen = 0;
  return {
    port,
    // A character that is percent-encoded, to be decoded.
    url: `http://${user}:${password.replace('p', '%70')}@127.0.0.1:${port}`,
    asked() {
      const all = requests();
      const since = all.slice(seen);
      seen = all.length;
      return since;
    },
    async close() {
      await server.stop();
      await behind.close();
    },
  };
}

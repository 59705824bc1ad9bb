import { spawn } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from '@jest/globals';

const script = fileURLToPath(new URL('../../scripts/audit.mjs', import.meta.url));

let registry: Server;
afterEach(() => {
  registry.close();
});

/**
 * Runs it against a registry that knows these advisories, by package. Undefined: a mirror without
 * any.
 */
async function audit(advisories: Record<string, object[]> | undefined) {
  registry = createServer((request, response) => {
    const asked = request.url === '/-/npm/v1/security/advisories/bulk' && advisories !== undefined;
    response.statusCode = asked ? 200 : 405;
    response.end(asked ? JSON.stringify(advisories) : undefined);
  });
  await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve));
  const { port } = registry.address() as AddressInfo;
  const env = {
    ...process.env,
    npm_config_registry: `http://127.0.0.1:${port}/`,
    npm_config_fetch_retries: '0',
  };
  const child = spawn(process.execPath, [script], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  for await (const chunk of child.stdout) out += chunk;
  const status = child.exitCode ?? (await new Promise((resolve) => child.once('exit', resolve)));
  return { status, lines: out.trim().split('\n') };
}

const advisory = (id: number) => ({
  id,
  url: `https://github.com/advisories/GHSA-${id}`,
  title: 'Reads too much',
  severity: 'high',
  vulnerable_versions: '*',
});

describe('npm run audit', () => {
  test('names the advisories for a package in a bundle', async () => {
    const { status, lines } = await audit({ papaparse: [advisory(1)], 'fast-check': [advisory(2)] });
    expect(lines.slice(0, -1)).toEqual([
      'high: papaparse: Reads too much https://github.com/advisories/GHSA-1',
      expect.stringMatching(/^Vulnerabilities: 1 of the \d+ packages shipped; 1 of others \(npm audit\)$/),
    ]);
    expect(status).toBe(1);
  }, 60_000);

  test('counts the advisories for packages that are not shipped', async () => {
    const { lines } = await audit({ 'fast-check': [advisory(2)] });
    expect(lines[0]).toMatch(/^Vulnerabilities: 0 of the \d+ packages shipped; 1 of others \(npm audit\)$/);
  }, 60_000);

  test('reports unknown where the registry has no answer', async () => {
    const { status, lines } = await audit(undefined);
    expect(lines).toEqual([
      expect.stringMatching(/^Vulnerabilities: not known, since the registry does not say \(405 /),
      expect.stringMatching(/^Signatures: not known, since the registry does not say \(/),
    ]);
    expect(status).toBe(2);
  }, 60_000);
});

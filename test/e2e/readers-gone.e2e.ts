import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Simulator, startSimulator } from '../../src/simulator/server.ts';
import { settingsFor, startExporter } from './support/exporter.ts';
import { freePort, poll } from './support/process.ts';

const cli = fileURLToPath(new URL('../../dist/cli.mjs', import.meta.url));

let folder: string;
let simulator: Simulator;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vcc-e2e-'));
  simulator = await startSimulator({ agents: 40 });
});
afterEach(async () => {
  await simulator.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A process whose output has no reader after its first lines, as with `2>&1 | head -1`. */
async function startUnread(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  readFirst: boolean,
): Promise<ChildProcess> {
  const child = spawn(process.execPath, [cli, ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (readFirst) await once(child.stdout!, 'data');
  child.stdout!.destroy();
  child.stderr!.destroy();
  return child;
}

async function ended(child: ChildProcess): Promise<{ status: number | null; tookMs: number }> {
  const startedMs = performance.now();
  const [status] = (await once(child, 'exit')) as [number | null];
  return { status, tookMs: performance.now() - startedMs };
}

describe('whose output has no reader any more', () => {
  test('serve goes on, although each scrape has something to log', async () => {
    const port = String(await freePort());
    const env = settingsFor(simulator, { VCC_RETRIES: '0' });
    const child = await startUnread(['serve', '--port', port], env, true);
    simulator.faults.push({ kind: 'status', value: 503 });
    for (let scrape = 1; scrape <= 20; scrape++) {
      const body = await poll('an answer', async () => {
        return (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      });
      expect(body).toContain('vcc_up{account="e2e"} 0');
    }
    simulator.faults.length = 0;
    const body = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    expect(body).toContain('vcc_up{account="e2e"} 1');
    const end = ended(child);
    child.kill('SIGTERM');
    expect((await end).status).toBe(0);
  });

  test('simulate goes on', async () => {
    const port = String(await freePort());
    const child = await startUnread(['simulate', '--port', port], {}, false);
    await poll('an answer', async () => (await fetch(`http://127.0.0.1:${port}/`)).status);
    await wait(200);
    expect(child.exitCode).toBeNull();
    const end = ended(child);
    child.kill('SIGTERM');
    expect((await end).status).toBe(0);
  });

  test.each([['scrape'], ['check'], ['--help']])('%s ends without an error', async (command) => {
    const child = await startUnread([command], settingsFor(simulator), false);
    expect((await ended(child)).status).toBe(0);
  });
});

test('serve ends in milliseconds after clients have hung up, while the API hangs too', async () => {
  simulator.faults.push({ kind: 'hang' });
  const exporter = await startExporter(settingsFor(simulator, { VCC_REQUEST_TIMEOUT: '60s' }), folder);
  const { hostname, port } = new URL(exporter.origin);
  const sockets = Array.from({ length: 50 }, () => {
    const socket = connect(Number(port), hostname);
    socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n');
    return socket;
  });
  await wait(300);
  for (const socket of sockets) socket.destroy();
  await wait(100);
  const startedMs = performance.now();
  expect((await exporter.stop()).status).toBe(0);
  expect(performance.now() - startedMs).toBeLessThan(5000);
});

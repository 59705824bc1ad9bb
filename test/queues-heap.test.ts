import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Fault } from '../src/simulator/faults.ts';
import { type Simulator, startSimulator } from '../src/simulator/server.ts';
import { environmentOf } from './support/account.ts';
import { startServer, type TestServer } from './support/server.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'vcc-heap-'));

/** The number that the process keeps on purpose, at the end of a long text. No file contains it. */
const kept = '07123456789';
const keep = `data:text/javascript,${encodeURIComponent('globalThis.kept = ["x".repeat(5000), "0", 7123456780 + 9].join("")')}`;

let simulator: Simulator;
let front: TestServer;
let exporter: ChildProcess;
let url: string;
/** Whether bodies have half of a surrogate pair, which JSON can hold and UTF-8 cannot. */
let hasHalves = false;
/** Numbers and addresses in the bodies that the exporter received. */
const received = new Set<string>();

const touchpoint = /07\d{9}|[a-z]+\.[a-z]+\.\d+@[a-z]+(?:\.[a-z]+)+/g;

beforeAll(async () => {
  simulator = await startSimulator({ agents: 40, callers: true });
  front = await startServer(async (request, response) => {
    const { port } = new URL(simulator.apiUrl);
    const body = await text(request);
    const headers = { ...request.headers, 'accept-encoding': 'identity' };
    const forward = http.request(
      { port, path: request.url!, method: request.method!, headers },
      async (answer) => {
        const whole = await text(answer).catch(() => undefined);
        if (whole === undefined) {
          response.destroy();
          return;
        }
        for (const found of whole.match(touchpoint) ?? []) received.add(found);
        const { 'content-length': _, 'transfer-encoding': __, ...rest } = answer.headers;
        const spoiled = hasHalves ? whole.replace(/^\{"items":\[\{/, '$&"half":"\\ud83d",') : whole;
        response.writeHead(answer.statusCode!, rest).end(spoiled);
      },
    );
    forward.on('error', () => response.destroy());
    forward.end(body);
  });
  const env = environmentOf(simulator, {
    ...{ VCC_API_URL: front.origin, VCC_QUEUES: 'on', VCC_SKILLS: 'users-api' },
    ...{ VCC_RETRIES: '0', VCC_PAGE_SIZE: '50', PORT: '0' },
  });
  const args = [
    ...[
      '--heapsnapshot-signal=SIGUSR2',
      `--diagnostic-dir=${folder}`,
      '--heap-snapshot-string-limit=1000000000',
    ],
    ...['--import', keep, join(root, 'dist/cli.mjs'), 'serve'],
  ];
  exporter = spawn(process.execPath, args, {
    cwd: folder,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: exporter.stdout! })) {
    url = /^Metrics: (\S+)/.exec(line)?.[1] ?? '';
    if (url !== '') break;
  }
});

afterAll(async () => {
  exporter.kill();
  await front.close();
  await simulator.close();
  rmSync(folder, { recursive: true });
});

/** Scrapes once. Returns which queue data was read. */
async function scrape(): Promise<string[]> {
  const body = await (await fetch(url)).text();
  expect(body).toContain('vcc_up{account="test"} 1');
  return [...body.matchAll(/^vcc_queue_up\{.*source="(\w+)"\} 1$/gm)].map(([, source]) => source!);
}

/** What is in the heap of the exporter after a garbage collection, as text. */
async function heapOf(process: ChildProcess): Promise<string> {
  for (const file of readdirSync(folder)) rmSync(join(folder, file));
  process.kill('SIGUSR2');
  for (let turn = 0; turn < 300; turn++) {
    await wait(100);
    const [file] = readdirSync(folder).filter((name) => name.endsWith('.heapsnapshot'));
    const heap = file === undefined ? '' : readFileSync(join(folder, file), 'latin1');
    if (heap.trimEnd().endsWith(']}')) return heap;
  }
  throw new Error('no heap snapshot');
}

function heldIn(heap: string): string[] {
  const all = new Set([...received, ...[...simulator.accounts[0]!.callers!.touchpoints()]]);
  return [...new Set(heap.match(touchpoint) ?? [])].filter((found) => all.has(found));
}

describe('the memory of an exporter', () => {
  test('holds no number and no address of a customer after the read, and the search would find them', async () => {
    expect(await scrape()).toEqual(['ongoing', 'queue_times', 'skills']);
    expect(await scrape()).toEqual(['ongoing', 'queue_times', 'skills']);
    expect(received.size).toBeGreaterThan(10);
    const heap = await heapOf(exporter);
    expect(heap.includes(kept)).toBe(true);
    expect(heap.includes('Customer Support Plan')).toBe(true);
    expect(heldIn(heap)).toEqual([]);
  });

  test.each<[string, Fault[], boolean]>([
    ['with halves of surrogate pairs', [], true],
    ['that is flawed', [{ kind: 'flawed', on: 'ongoing' }], true],
    ['that is half a body', [{ kind: 'json', on: 'ongoing' }], false],
  ])('holds none after an answer %s', async (_, faults, halves) => {
    simulator.faults = faults;
    hasHalves = halves;
    await scrape();
    const before = received.size;
    await scrape();
    expect(received.size).toBeGreaterThanOrEqual(before);
    const heap = await heapOf(exporter);
    expect(heap.includes(kept)).toBe(true);
    expect(heldIn(heap)).toEqual([]);
  });
});

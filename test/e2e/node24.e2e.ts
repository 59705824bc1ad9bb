import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Simulator } from '../../src/simulator/server.ts';
import { richItems, startFrozen } from './support/account.ts';
import { scrapeOnce, settingsFor, startExporter } from './support/exporter.ts';
import { describeWith } from './support/parts.ts';

// The handlers run on Node.js 24 in lambda.e2e.ts, under Lambda's own runtime client.
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

  /** Sample lines, without those about the scrape itself and the version of Node.js. */
  const comparable = (exposition: string) =>
    exposition
      .split('\n')
      .filter((line) => !/^vcc_(scrape_duration|scrape_deadline|api_clock_skew|exporter_build)_/.test(line));

  test.each(['text', 'openmetrics'] as const)('scrape writes the same as elsewhere (%s)', async (format) => {
    const here = await scrapeOnce(settingsFor(simulator), format, folder);
    const there = await scrapeOnce(settingsFor(simulator), format, folder, node);
    expect({ status: there.status, stderr: there.stderr }).toEqual({ status: 0, stderr: '' });
    expect(there.stdout).toMatch(/^vcc_up\{account="e2e"\} 1$/m);
    expect(there.stdout).toMatch(/nodejs="v24\./);
    expect(comparable(there.stdout)).toEqual(comparable(here.stdout));
  });

  test('serve answers, survives revoked tokens, and ends on a signal', async () => {
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
});

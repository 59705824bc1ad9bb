import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Simulator, startSimulator } from '../../src/simulator/server.ts';
import { runCli, settingsFor } from './support/exporter.ts';
import { describeWith } from './support/parts.ts';
import { poll } from './support/process.ts';
import { openPrometheus, openVictoriaMetrics, type Receiver } from './support/push.ts';

let folder: string;
let simulator: Simulator;
const open: { stop(): unknown }[] = [];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vcc-otlp-'));
  const own = await startSimulator({ agents: 40 });
  open.push({ stop: () => own.close() });
  simulator = own;
});
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Pushes one scrape of the simulator by remote write, as job `rw`, and another one by OTLP, as job `otlp`. */
async function pushBoth({ writeUrl }: Receiver, otlpUrl: string): Promise<void> {
  const destinations = [
    { name: 'rw', url: writeUrl, job: 'rw' },
    { name: 'otlp', type: 'otlp', url: otlpUrl, job: 'otlp' },
  ];
  const env = settingsFor(simulator, { VCC_PUSH_DESTINATIONS: JSON.stringify({ destinations }) });
  const pushed = await runCli(['push', '--once'], env, folder);
  expect([pushed.status, pushed.stderr]).toEqual([0, expect.stringContaining('e2e to otlp: ')]);
}

/** The series of a job, without the label job and what `unwanted` names, in order. */
async function seriesOf(receiver: Receiver, job: string, unwanted: RegExp): Promise<string[]> {
  // VictoriaMetrics finds them a second after it has answered.
  const series = await poll(`series of ${job}`, async () => {
    const found = await receiver.series(job);
    return found.size > 0 && found;
  });
  return [...series.keys()]
    .map((key) =>
      (JSON.parse(key) as [string, string][]).filter(([name]) => name !== 'job' && !unwanted.test(name)),
    )
    .map((labels) => JSON.stringify(labels))
    .toSorted();
}

describeWith(['otlpReceivers'], 'OTLP', ({ otlpReceivers }) => {
  test.each(['UnderscoreEscapingWithSuffixes', 'NoUTF8EscapingWithSuffixes', 'NoTranslation'])(
    'gives Prometheus with %s the series that remote write gives it',
    async (strategy) => {
      const receiver = await openPrometheus(otlpReceivers.prometheus, folder, [], {
        config: { otlp: { translation_strategy: strategy } },
        args: ['--web.enable-otlp-receiver'],
      });
      open.push(receiver);
      await receiver.start();
      await pushBoth(receiver, `${receiver.origin}/api/v1/otlp/v1/metrics`);
      const expected = await seriesOf(receiver, 'rw', /^$/);
      expect(expected.length).toBeGreaterThan(200);
      expect(await seriesOf(receiver, 'otlp', /^$/)).toEqual(expected);
    },
  );

  test('gives VictoriaMetrics the series that remote write gives it, with job and instance', async () => {
    const receiver = await openVictoriaMetrics(otlpReceivers.victoriaMetrics, folder);
    open.push(receiver);
    await receiver.start();
    await pushBoth(receiver, `${receiver.origin}/opentelemetry/v1/metrics`);
    const expected = await seriesOf(receiver, 'rw', /^$/);
    expect(expected.length).toBeGreaterThan(200);
    // VictoriaMetrics keeps what OTLP says of the resource and of the scope as labels too.
    expect(await seriesOf(receiver, 'otlp', /^(service|scope)\./)).toEqual(expected);
  });
});

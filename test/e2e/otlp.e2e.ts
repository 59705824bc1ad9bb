import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Simulator, startSimulator } from '../../src/simulator/server.ts';
import { fillIn, needsQueues, panelsOf, readDashboards } from '../support/dashboards.ts';
import { runCli, settingsFor } from './support/exporter.ts';
import { describeWith } from './support/parts.ts';
import { poll } from './support/process.ts';
import { openPrometheus, openVictoriaMetrics, type Receiver } from './support/push.ts';
import { queryAt } from './support/query.ts';

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

/**
 * Pushes one scrape of the simulator by remote write, as job `rw`, and another one by OTLP, as job
 * `otlp`.
 */
async function pushBoth({ writeUrl }: Receiver, otlpUrl: string): Promise<void> {
  const destinations = [
    { name: 'rw', url: writeUrl, job: 'rw' },
    { name: 'otlp', type: 'otlp', url: otlpUrl, job: 'otlp' },
  ];
  const env = settingsFor(simulator, { VCC_PUSH_DESTINATIONS: JSON.stringify({ destinations }) });
  const pushed = await runCli(['push', '--once'], env, folder);
  expect([pushed.status, pushed.stderr]).toEqual([0, expect.stringContaining('e2e to otlp: ')]);
}

/** The series of a job in order, without the label job and without `unwanted`. */
async function seriesOf(receiver: Receiver, job: string, unwanted: RegExp): Promise<string[]> {
  // VictoriaMetrics finds them a second after its answer.
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

/** Like an OpenTelemetry collector whose resource has no service: series have no job. */
function relabelWith(folder: string): string {
  const file = join(folder, 'relabel.yml');
  writeFileSync(file, JSON.stringify([{ action: 'labeldrop', regex: 'job|instance' }]));
  return `-relabelConfig=${file}`;
}

/**
 * The messages of panels for queries without a result, with everything selected. It leaves out
 * panels that need queues.
 */
async function emptyPanels(receiver: Receiver): Promise<string[]> {
  const panels = readDashboards().flatMap(([, dashboard]) => panelsOf(dashboard));
  const nowMs = Date.now();
  const empty: string[] = [];
  for (const { title, targets = [], fieldConfig } of panels) {
    const found = await Promise.all(targets.map(({ expr }) => queryAt(receiver.origin, fillIn(expr), nowMs)));
    if (targets.some(({ expr }) => needsQueues(expr))) continue;
    if (targets.length > 0 && found.flat().length === 0) {
      empty.push(`${title}: ${fieldConfig!.defaults.noValue}`);
    }
  }
  return empty;
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
    // VictoriaMetrics keeps OTLP's resource and scope as labels too.
    expect(await seriesOf(receiver, 'otlp', /^(service|scope)\./)).toEqual(expected);
  });

  test.each([
    [
      'Prometheus',
      () => openPrometheus(otlpReceivers.prometheus, folder, [], { args: ['--web.enable-otlp-receiver'] }),
      '/api/v1/otlp/v1/metrics',
      'job',
    ],
    [
      'VictoriaMetrics, without job and instance',
      () => openVictoriaMetrics(otlpReceivers.victoriaMetrics, folder, [relabelWith(folder)]),
      '/opentelemetry/v1/metrics',
      undefined,
    ],
  ] as const)('brings %s what the dashboards show on a default setup', async (_, open_, path, label) => {
    const receiver = await open_();
    open.push(receiver);
    await receiver.start();
    const destinations = [{ name: 'otlp', type: 'otlp', url: `${receiver.origin}${path}`, job: 'vcc' }];
    const env = settingsFor(simulator, { VCC_PUSH_DESTINATIONS: JSON.stringify({ destinations }) });
    const pushed = await runCli(['push', '--once'], env, folder);
    expect([pushed.status, pushed.stderr]).toEqual([0, expect.stringContaining('e2e to otlp: ')]);
    const up = await poll('vcc_up', async () => {
      const found = await queryAt(receiver.origin, 'vcc_up', Date.now());
      return found.length > 0 && found;
    });
    expect(Object.keys(up[0]!.metric).filter((name) => name === 'job')).toEqual(label ? [label] : []);
    // The next push reports how a push went.
    expect(await emptyPanels(receiver)).toEqual([
      'Teams: No teams: set VCC_ROSTER (docs/use/teams.md)',
      'Free agents by team: No teams: set VCC_ROSTER (docs/use/teams.md)',
      'Agents: No single agents: set VCC_AGENT_METRICS (docs/use/teams.md)',
      'Presence over time: No single agents: set VCC_AGENT_METRICS (docs/use/teams.md)',
      'Delivery: Not pushing: set VCC_PUSH_URL (docs/run/push.md)',
      'Samples in each push: Not pushing: set VCC_PUSH_URL (docs/run/push.md)',
      'Waiting, and time to push: Not pushing: set VCC_PUSH_URL (docs/run/push.md)',
      'Rosters: No roster: set VCC_ROSTER (docs/use/teams.md)',
    ]);
  });
});

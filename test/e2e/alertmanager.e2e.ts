import { mkdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { load } from 'js-yaml';
import { toRuleFiles } from '../../alerts/files.ts';
import { toAlertGroups } from '../../alerts/rules.ts';
import { parseAlertSettings } from '../../alerts/settings.ts';
import type { AgentStatus } from '../../src/simulator/agent.ts';
import { startSimulator } from '../../src/simulator/server.ts';
import { awkwardName } from './support/account.ts';
import { alertCases } from './support/alert-cases.ts';
import {
  type Alertmanager,
  atHour,
  type Config,
  type HeldAlert,
  type Inbox,
  type PostedAlert,
  startAlertmanager,
  startInbox,
  toTestConfig,
} from './support/alertmanager.ts';
import { type Exporter, settingsFor, startExporter } from './support/exporter.ts';
import { describeWith } from './support/parts.ts';
import { poll, run } from './support/process.ts';
import { startPrometheus } from './support/prometheus.ts';

const file = fileURLToPath(new URL('../../alerts/alertmanager.yml', import.meta.url));
const example = readFileSync(file, 'utf8');
const shipped = readFileSync(new URL('../../alerts/thresholds.yml', import.meta.url), 'utf8');
const rules = toAlertGroups(parseAlertSettings(shipped)).flatMap((group) => group.rules);
const names = rules.map(({ alert }) => alert);
const supervisors = rules.filter(({ labels }) => labels.audience === 'supervisor').map(({ alert }) => alert);

/** The labels with which each alert fires; promtool has judged them in alerts.e2e.ts. */
const labelsOf = new Map(
  rules.map(({ alert, labels }) => {
    const own = alertCases[alert]!.find(({ fires }) => fires)!.fires![0]!.labels;
    // In Prometheus an empty label is none.
    const given = Object.entries({ alertname: alert, ...own, ...labels }).filter(([, value]) => value !== '');
    return [alert, Object.fromEntries(given)] as const;
  }),
);

/** An alert as it fires, with other values of its labels. */
function posted(name: string, values: Readonly<Record<string, string>> = {}): PostedAlert {
  const labels = labelsOf.get(name)!;
  const known = Object.entries(values).filter(([label]) => label in labels);
  return { labels: { ...labels, ...Object.fromEntries(known) } };
}

/** While an alert fires, these of the same account or exporter are not sent. */
const inhibited: Readonly<Record<string, readonly string[]>> = {
  VccExporterAbsent: supervisors,
  VccExporterDown: supervisors,
  VccDataStale: supervisors,
  VccSnapshotFailing: supervisors,
  VccAuthFailing: supervisors,
  VccErrorBudgetBurn: ['VccErrorBudgetBurnSlow'],
  VccTeamIdleAgents: ['VccIdleAgents'],
  VccNobodyReady: ['VccReadyShareLow'],
  VccWaitingWhileFree: ['VccManyWaiting', 'VccWaitTooLong'],
};

describeWith(['alertmanager'], 'alerts/alertmanager.yml', ({ alertmanager: { alertmanager, amtool } }) => {
  let folder: string;
  let inbox: Inbox;
  let config: Config;
  const closers: (() => Promise<unknown>)[] = [];
  let count = 0;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vcc-alertmanager-'));
    closers.push(() => rm(folder, { recursive: true, force: true }));
    inbox = await startInbox();
    closers.push(inbox.close);
    config = toTestConfig(example, inbox);
  });
  afterAll(async () => {
    for (const close of closers.reverse()) await close();
  });

  async function launch(configuration: Config): Promise<Alertmanager> {
    const own = join(folder, String(++count));
    mkdirSync(own);
    const server = await startAlertmanager(alertmanager, configuration, own);
    closers.push(server.stop);
    return server;
  }

  test('is valid', async () => {
    const { status, stdout, stderr } = await run(amtool, ['check-config', file], { folder });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('SUCCESS');
  });

  test('names only existing alerts', () => {
    const named = new Set(example.match(/\bVcc\w+/g));
    expect([...named].filter((name) => !names.includes(name))).toEqual([]);
  });

  describe('routes', () => {
    /** Who receives an alert, by amtool. */
    async function receiverOf(labels: Readonly<Record<string, string>>): Promise<string> {
      const pairs = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
      const args = ['config', 'routes', 'test', `--config.file=${file}`, ...pairs];
      return (await run(amtool, args, { folder })).stdout.trim();
    }
    const wanted = ({ audience, severity }: Record<string, string>) => {
      if (severity === 'info') return 'digest';
      if (audience === 'supervisor') return 'supervisors';
      return severity === 'critical' ? 'sre-pages' : 'sre';
    };

    test('are tried with alerts for everybody', () => {
      const told = new Set(rules.map(({ labels }) => wanted(labels)));
      expect(told).toEqual(new Set((load(example) as Config).receivers.map(({ name }) => name)));
    });

    test.each(rules.map(({ alert, labels }) => [alert, wanted(labels)] as const))(
      '%s goes to %s',
      async (name, receiver) => {
        expect(await receiverOf(labelsOf.get(name)!)).toBe(receiver);
      },
    );

    test.each([
      ['a less urgent alert for supervisors', { audience: 'supervisor', severity: 'info' }, 'digest'],
      [
        'one of the account with hours of its own',
        { audience: 'supervisor', severity: 'warning', account: 'acme-us' },
        'supervisors',
      ],
      ["another program's alert", { alertname: 'NodeDown', severity: 'critical' }, 'sre'],
    ])('%s', async (_, labels, receiver) => {
      expect(await receiverOf(labels)).toBe(receiver);
    });
  });

  describe('inhibition', () => {
    test('requires equal labels only where all alerts have them', () => {
      const matching = (matchers: readonly string[]) =>
        names.filter((name) => matchers.every((matcher) => matches(labelsOf.get(name)!, matcher)));
      const { inhibit_rules: inhibitRules } = load(example) as Config;
      const lacking = inhibitRules.flatMap(({ source_matchers, target_matchers, equal = [] }) => {
        const sides = [matching(source_matchers), matching(target_matchers)];
        expect(sides.every((side) => side.length > 0)).toBe(true);
        return sides
          .flat()
          .flatMap((name) =>
            equal.filter((label) => !(label in labelsOf.get(name)!)).map((each) => [name, each]),
          );
      });
      expect(lacking).toEqual([]);
    });

    test('every alert beside every other: only the intended ones are inhibited, and in no other account', async () => {
      const server = await launch(config);
      // Absence has no labels, so it affects all.
      const having = names.filter((name) => name !== 'VccExporterAbsent');
      const pairs = having.flatMap((source) =>
        having.filter((target) => target !== source).map((target) => ({ source, target })),
      );
      const here = { account: 'here', instance: 'here' };
      const elsewhere = { account: 'elsewhere', instance: 'elsewhere' };
      await server.post(
        // A job for each pair keeps it apart from all others.
        pairs.flatMap(({ source, target }) => {
          const job = `${source} ${target}`;
          return [
            posted(source, { ...here, job }),
            posted(target, { ...here, job }),
            posted(target, { ...elsewhere, job }),
          ];
        }),
      );
      const expected = pairs
        .filter(({ source, target }) => inhibited[source]?.includes(target))
        .map(({ source, target }) => `${source} ${target} here`);
      await eventually('inhibited pairs', expected, async () => {
        const held = (await server.alerts()).filter(isInhibited);
        return held
          .filter(({ labels }) => labels.job!.endsWith(` ${labels.alertname}`))
          .map(({ labels }) => `${labels.job} ${labels.account ?? labels.instance}`);
      });
    });

    test('an exporter that is absent', async () => {
      const server = await launch(config);
      await server.post(names.map((name) => posted(name, { job: `of ${name}` })));
      await eventually('inhibited alerts', inhibited.VccExporterAbsent!, async () =>
        (await server.alerts()).filter(isInhibited).map(({ labels }) => labels.alertname!),
      );
    });

    test('if another instance can read what one cannot, its alerts are sent', async () => {
      const server = await launch(config);
      const of = (name: string, instance: string) => posted(name, { instance });
      await server.post([of('VccSnapshotFailing', 'a'), of('VccIdleAgents', 'a'), of('VccIdleAgents', 'b')]);
      await eventually('inhibited alerts', ['VccIdleAgents a'], async () =>
        (await server.alerts())
          .filter(isInhibited)
          .map(({ labels }) => `${labels.alertname} ${labels.instance}`),
      );
    });

    test('alerts held back for old data are sent to supervisors when the data is new', async () => {
      const server = await launch(atHour(config, 'wednesday', 12));
      const stale = posted('VccDataStale', { account: 'old' });
      await server.post([
        stale,
        posted('VccIdleAgents', { account: 'old' }),
        posted('VccIdleAgents', { account: 'fresh' }),
      ]);
      const told = () =>
        inbox.alerts
          .filter(({ labels }) => ['old', 'fresh'].includes(labels.account!))
          .map(
            ({ receiver, labels, status }) => `${receiver}: ${labels.alertname} ${labels.account} ${status}`,
          );
      await eventually(
        'messages',
        ['sre: VccDataStale old firing', 'supervisors: VccIdleAgents fresh firing'],
        told,
      );
      const held = await server.alerts();
      const find = (name: string, account: string) =>
        held.find(({ labels }) => labels.alertname === name && labels.account === account)!;
      expect(find('VccIdleAgents', 'old').status).toMatchObject({
        state: 'suppressed',
        inhibitedBy: [find('VccDataStale', 'old').fingerprint],
      });
      expect(find('VccIdleAgents', 'fresh').status).toMatchObject({ state: 'active', inhibitedBy: [] });

      await server.post([{ ...stale, endsAt: new Date().toISOString() }]);
      await eventually(
        'messages',
        [
          'sre: VccDataStale old firing',
          'sre: VccDataStale old resolved',
          'supervisors: VccIdleAgents fresh firing',
          'supervisors: VccIdleAgents old firing',
        ],
        told,
      );
    });
  });

  describe('opening hours', () => {
    test.each([
      ['wednesday', 6, []],
      ['wednesday', 12, ['acme-uk', 'acme-us']],
      ['wednesday', 20, ['acme-us']],
      ['wednesday', 22, []],
      ['saturday', 12, ['acme-us']],
      ['sunday', 12, []],
    ])('on %s after %d:00 supervisors of %j get alerts, and SREs always do', async (weekday, hour, open) => {
      const server = await launch(atHour(config, weekday, hour));
      const region = `${weekday}-${hour}`;
      const withRegion = ({ labels }: PostedAlert) => ({ labels: { ...labels, region } });
      const arrived = (name: string) =>
        inbox.alerts.filter(({ labels }) => labels.region === region && labels.alertname === name);
      await server.post([
        withRegion(posted('VccIdleAgents', { account: 'acme-uk' })),
        withRegion(posted('VccIdleAgents', { account: 'acme-us' })),
        withRegion(posted('VccClockSkew')),
      ]);
      await poll('a message to SREs', () => arrived('VccClockSkew').length > 0);
      // Once a second alert has waited for its group and arrived, the missing one was held back.
      await server.post([withRegion(posted('VccAuthFailing'))]);
      await poll('a page to SREs', () => arrived('VccAuthFailing').length > 0);
      expect(
        arrived('VccIdleAgents')
          .map(({ receiver, labels }) => [receiver, labels.account])
          .sort(),
      ).toEqual(open.map((account) => ['supervisors', account]));
      await server.stop();
    });
  });
});

describeWith(['goTools'], 'the newest amtool', ({ goTools: { amtool } }) => {
  test('accepts alerts/alertmanager.yml in the strictest mode', async () => {
    const args = ['check-config', '--enable-feature=utf8-strict-mode', file];
    const { status, stdout, stderr } = await run(amtool, args, { folder: tmpdir() });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    // The mode is strict, and there is no other warning.
    expect(stdout.match(/ level=.*/g)).toEqual([expect.stringContaining('UTF-8 strict mode enabled')]);
    expect(stdout).toContain('SUCCESS');
  });
});

describeWith(
  ['prometheus', 'alertmanager'],
  'from the floor to a message',
  ({ prometheus: { prometheus: prometheusBinary }, alertmanager: { alertmanager } }) => {
    const account = awkwardName;
    const items: AgentStatus[] = [];
    let inbox: Inbox;
    let server: Alertmanager;
    let exporter: Exporter;
    const closers: (() => Promise<unknown>)[] = [];

    beforeAll(async () => {
      const folder = await mkdtemp(join(tmpdir(), 'vcc-delivery-'));
      closers.push(() => rm(folder, { recursive: true, force: true }));
      inbox = await startInbox();
      closers.push(inbox.close);
      // Three agents have been free for twenty minutes, and one has just become free.
      const minutesFree = [20, 20, 20, 0];
      items.push(...minutesFree.map((minutes, index) => freeFor(minutes, index)));
      const simulator = await startSimulator({ items });
      closers.push(simulator.close);
      exporter = await startExporter(settingsFor(simulator, { VCC_ACCOUNT: account }), folder);
      closers.push(exporter.stop);
      server = await startAlertmanager(
        alertmanager,
        atHour(toTestConfig(example, inbox), 'wednesday', 12),
        folder,
      );
      closers.push(server.stop);

      const ours = JSON.stringify({
        interval: '1s',
        recent: '4s',
        urls: { grafana: 'https://grafana.example.com', runbooks: 'https://example.com/runbook' },
        alerts: {
          VccIdleAgents: { agents: 3, longer_than: '15m', for: '0s' },
          VccExporterDown: { for: '2s' },
          VccExporterAbsent: { for: '0s' },
          VccSnapshotFailing: { for: '0s' },
          VccDataStale: { older_than: '5s', for: '0s' },
        },
      });
      const [[path, text]] = Object.entries(
        toRuleFiles(parseAlertSettings(shipped, ours), 'For a test.'),
      ) as [[string, string]];
      expect(path).toBe('prometheus/vcc-alerts.yml');
      await writeFile(join(folder, 'rules.yml'), text);
      const job = { name: 'vcc', origin: exporter.origin, intervalSeconds: 1, timeoutSeconds: 1 };
      const prometheus = await startPrometheus(prometheusBinary, [job], folder, {
        rule_files: [join(folder, 'rules.yml')],
        alerting: { alertmanagers: [{ static_configs: [{ targets: [new URL(server.origin).host] }] }] },
      });
      closers.push(prometheus.stop);
    });
    afterAll(async () => {
      for (const close of closers.reverse()) await close();
    });

    const arrived = (name: string, status = 'firing') =>
      inbox.alerts.find(({ labels, status: has }) => labels.alertname === name && has === status);

    test('supervisors get an alert with all that they need', async () => {
      const instance = new URL(exporter.origin).host;
      expect(await poll('VccIdleAgents in the inbox', () => arrived('VccIdleAgents'))).toMatchObject({
        receiver: 'supervisors',
        labels: {
          alertname: 'VccIdleAgents',
          account,
          severity: 'warning',
          audience: 'supervisor',
          job: 'vcc',
          instance,
        },
        annotations: {
          summary: `3 agents of ${account} have been free for longer than 15m 0s`,
          description: `3 agents of ${account} have been free (Ready, eligible for routing, no work) for longer than 15m 0s. Check the queues in VCC. If callers wait, check routing and skills. If nobody waits, use the time for training or breaks.`,
          runbook_url: 'https://example.com/runbook/VccIdleAgents.md',
          dashboard_url: `https://grafana.example.com/d/vcc-floor?${new URLSearchParams({ 'var-account': account })}`,
        },
      });
    });

    test('the alert resolves when an agent gets something to do', async () => {
      items[0]!.workload.calls = 1;
      const { labels } = await poll('VccIdleAgents as resolved', () => arrived('VccIdleAgents', 'resolved'));
      expect(labels.account).toBe(account);
    });

    test('SREs get one message about an absent exporter, without any inhibition', async () => {
      await exporter.stop();
      const { receiver } = await poll('VccExporterDown in the inbox', () => arrived('VccExporterDown'));
      expect(receiver).toBe('sre-pages');
      const seen = new Set<string>();
      for (const endMs = Date.now() + 8000; Date.now() < endMs; await wait(200)) {
        for (const { labels } of await server.alerts()) seen.add(labels.alertname!);
      }
      expect([...seen].filter((name) => !supervisors.includes(name))).toEqual(['VccExporterDown']);
    });
  },
);

const isInhibited = ({ status }: HeldAlert) => status.inhibitedBy.length > 0;

/** Waits until a list is as expected, in any order. */
async function eventually(
  what: string,
  expected: readonly string[],
  ask: () => Promise<string[]> | string[],
): Promise<void> {
  const wanted = [...expected].sort();
  let last: string[] = [];
  const isSo = async () => {
    last = [...(await ask())].sort();
    return JSON.stringify(last) === JSON.stringify(wanted);
  };
  // The missing and the surplus items are a better message than the time-out.
  await poll(what, isSo, 15_000).catch(() => expect(last).toEqual(wanted));
}

/** Whether labels match one of Alertmanager's matchers, of the two kinds in the example. */
function matches(labels: Readonly<Record<string, string>>, matcher: string): boolean {
  const [, name, operator, value] = /^(\w+)(=~?)"(.*)"$/.exec(matcher)!;
  const actual = labels[name!] ?? '';
  return operator === '=' ? actual === value : new RegExp(`^(?:${value})$`).test(actual);
}

function freeFor(minutes: number, index: number): AgentStatus {
  const since = new Date(Date.now() - minutes * 60_000).toISOString();
  return {
    agentId: String(1000 + index),
    presence: { since, name: 'Ready', description: 'Ready', eligibleForRouting: true },
    workload: { since, calls: 0, semiLive: 0, nonLive: 0 },
    interaction: [],
  };
}

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { load, YAML11_SCHEMA } from 'js-yaml';
import { type Exporter, startExporter } from './support/exporter.ts';
import { describeWith } from './support/parts.ts';
import { poll, run, type Serving, serveOnFreePort } from './support/process.ts';
import { queryAt } from './support/query.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');

interface Service {
  command: string[];
  healthcheck: { test: string[] };
}
const { services } = load(read('compose.yaml'), { schema: YAML11_SCHEMA }) as {
  services: Record<'prometheus' | 'alertmanager', Service>;
};

/** How compose.yaml starts a service, with its paths in other places. */
const commandOf = (name: keyof typeof services, places: Readonly<Record<string, string>>) =>
  services[name].command.map((argument) => {
    const [flag, value] = argument.split('=') as [string, string];
    return `${flag}=${places[value] ?? value}`;
  });

/** The path that the health check of a service asks for. */
const healthOf = (name: keyof typeof services) => new URL(services[name].healthcheck.test.at(-1)!).pathname;

describeWith(
  ['prometheus', 'alertmanager'],
  'Prometheus and Alertmanager of compose.yaml',
  ({ prometheus: { prometheus, promtool }, alertmanager: { alertmanager } }) => {
    let folder: string;
    let config: string;
    let exporter: Exporter;
    let notifier: Serving;
    let server: Serving;

    beforeAll(async () => {
      // As the container has it: the rules beside the configuration.
      folder = mkdtempSync(join(tmpdir(), 'vcc-compose-'));
      config = join(folder, 'prometheus.yml');
      cpSync(join(root, 'alerts', 'prometheus'), join(folder, 'rules'), { recursive: true });
      cpSync(join(root, 'deploy', 'compose', 'prometheus.yml'), config);
      exporter = await startExporter({}, folder);
      const command = commandOf('alertmanager', {
        '/etc/alertmanager/alertmanager.yml': join(root, 'alerts', 'alertmanager.yml'),
        '/alertmanager': join(folder, 'alertmanager'),
      });
      notifier = await serveOnFreePort('Alertmanager', alertmanager, command, folder);
    });
    afterAll(async () => {
      await server?.stop();
      await notifier?.stop();
      await exporter?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    test('promtool accepts the configuration, and finds the rules', async () => {
      const { status, stdout } = await run(promtool, ['check', 'config', config], { folder });
      expect(status).toBe(0);
      expect(stdout.match(/SUCCESS: .* rule.*found/g)).toEqual([
        'SUCCESS: 2 rule files found',
        'SUCCESS: 29 rules found',
        'SUCCESS: 10 rules found',
      ]);
    });

    test('Prometheus scrapes the exporter and evaluates the rules', async () => {
      // The names of services and the length of an interval are all that differs.
      const text = readFileSync(config, 'utf8')
        .replace('vcc-exporter:9754', new URL(exporter.origin).host)
        .replace('alertmanager:9093', new URL(notifier.origin).host)
        .replace('scrape_timeout: 15s', 'scrape_timeout: 1s')
        .replaceAll('30s', '1s');
      writeFileSync(config, text);
      for (const rules of ['vcc-alerts.yml', 'vcc-recordings.yml']) {
        const file = join(folder, 'rules', rules);
        writeFileSync(file, readFileSync(file, 'utf8').replaceAll('interval: 30s', 'interval: 1s'));
      }
      const command = commandOf('prometheus', {
        '/etc/prometheus/prometheus.yml': config,
        '/prometheus': join(folder, 'data'),
      });
      server = await serveOnFreePort('Prometheus', prometheus, [...command, '--log.level=warn'], folder);
      const recorded = await poll('a recorded series of each account', async () => {
        const found = await queryAt(server.origin, 'account:vcc_agents_logged_in:sum', Date.now());
        return found.length === 2 && found;
      });
      expect(recorded.map(({ metric }) => [metric.account, metric.job]).sort()).toEqual([
        ['simulated-uk', 'vcc'],
        ['simulated-us', 'vcc'],
      ]);
      interface Rules {
        data: { groups: { rules: { name: string; health: string; lastError?: string }[] }[] };
      }
      const evaluated = await poll('the evaluation of every rule', async () => {
        const { data } = (await (await fetch(`${server.origin}/api/v1/rules`)).json()) as Rules;
        const all = data.groups.flatMap((group) => group.rules);
        return all.every(({ health }) => health !== 'unknown') && all;
      });
      expect(evaluated).toHaveLength(39);
      expect(evaluated.filter(({ health }) => health !== 'ok')).toEqual([]);
    });

    test('Prometheus has found Alertmanager', async () => {
      const answer = await fetch(`${server.origin}/api/v1/alertmanagers`);
      expect(await answer.json()).toMatchObject({
        data: { activeAlertmanagers: [{ url: `${notifier.origin}/api/v2/alerts` }] },
      });
    });

    test('both are well where their health checks look', async () => {
      const statuses = [
        `${server.origin}${healthOf('prometheus')}`,
        `${notifier.origin}${healthOf('alertmanager')}`,
      ];
      expect(await Promise.all(statuses.map(async (url) => (await fetch(url)).status))).toEqual([200, 200]);
    });
  },
);

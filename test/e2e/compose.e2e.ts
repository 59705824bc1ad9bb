import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { load, YAML11_SCHEMA } from 'js-yaml';
import { blocksOf } from './support/documents.ts';
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

/** The path that the health check of a service requests. */
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
      // As in the container: the rules beside the configuration.
      folder = mkdtempSync(join(tmpdir(), 'vcc-compose-'));
      config = join(folder, 'prometheus.yml');
      cpSync(join(root, 'alerts', 'prometheus'), join(folder, 'rules'), { recursive: true });
      cpSync(join(root, 'deploy', 'compose', 'prometheus.yml'), config);
      exporter = await startExporter({}, folder, process.execPath, ['--demo']);
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
        'SUCCESS: 34 rules found',
        'SUCCESS: 18 rules found',
      ]);
    });

    test('Prometheus scrapes the exporter and evaluates the rules', async () => {
      // Only the names of services and the length of an interval differ.
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
      expect(evaluated).toHaveLength(52);
      expect(evaluated.filter(({ health }) => health !== 'ok')).toEqual([]);
    });

    test('Prometheus has found Alertmanager', async () => {
      const answer = await fetch(`${server.origin}/api/v1/alertmanagers`);
      expect(await answer.json()).toMatchObject({
        data: { activeAlertmanagers: [{ url: `${notifier.origin}/api/v2/alerts` }] },
      });
    });

    test('both answer their health checks', async () => {
      const statuses = [
        `${server.origin}${healthOf('prometheus')}`,
        `${notifier.origin}${healthOf('alertmanager')}`,
      ];
      expect(await Promise.all(statuses.map(async (url) => (await fetch(url)).status))).toEqual([200, 200]);
    });
  },
);

describeWith(['compose'], 'Compose', ({ compose: { compose } }) => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'vcc-compose-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Compose's output for a file beside this `.env`, without a warning. */
  async function readByCompose(
    content: string,
    envFile?: string,
    env: Record<string, string> = {},
  ): Promise<Record<string, ReadService>> {
    const project = mkdtempSync(join(folder, 'project-'));
    writeFileSync(join(project, 'compose.yaml'), content);
    if (envFile !== undefined) writeFileSync(join(project, '.env'), envFile);
    const ended = await run(compose, ['config', '--format', 'json'], { folder: project, env });
    expect(ended).toMatchObject({ status: 0, stderr: '' });
    return JSON.parse(ended.stdout).services;
  }
  interface ReadService {
    command: string[] | null;
    restart: string;
    environment: Record<string, string>;
    ports: { host_ip: string; published: string; target: number }[];
  }
  /** As in the container: in Compose's own files a $ is written twice. */
  const environmentOf = ({ environment }: ReadService) =>
    Object.fromEntries(
      Object.entries(environment).map(([name, value]) => [name, value.replaceAll('$$', '$')]),
    );

  test('accepts compose.yaml without .env, with every port on this machine only', async () => {
    const found = await readByCompose(read('compose.yaml'));
    expect(environmentOf(found['vcc-exporter']!)).toEqual({ HOST: '0.0.0.0', PORT: '9754' });
    expect(found['vcc-exporter']).toMatchObject({ command: ['serve'], restart: 'on-failure:3' });
    expect(found.grafana!.environment.GF_SECURITY_ADMIN_PASSWORD).toBe('admin');
    const ports = Object.values(found).flatMap((service) => service.ports);
    expect(ports.map(({ host_ip, published }) => `${host_ip}:${published}`).sort()).toEqual(
      ['3000', '9090', '9093', '9754'].map((port) => `127.0.0.1:${port}`),
    );
  });

  test('shows simulated accounts with DEMO=1, by the environment or by .env', async () => {
    const content = read('compose.yaml');
    const command = ['serve', '--demo'];
    expect((await readByCompose(content, undefined, { DEMO: '1' }))['vcc-exporter']).toMatchObject({
      command,
    });
    expect((await readByCompose(content, 'DEMO=1\n'))['vcc-exporter']).toMatchObject({ command });
    expect((await readByCompose(content, 'DEMO=\n'))['vcc-exporter']).toMatchObject({ command: ['serve'] });
  });

  test("reads the README's .env, and awkward values, as npm start does", async () => {
    const ofReadme = blocksOf('README.md').find(({ language }) => language === 'ini')!.text;
    const envFile = `${ofReadme}VCC_SCRAPE_TOKENS='a$b#c"d' # single quotes\n`;
    const wanted = parseEnv(envFile);
    expect(wanted).toMatchObject({ VCC_REGION: 'emea', VCC_SCRAPE_TOKENS: 'a$b#c"d' });
    const found = await readByCompose(read('compose.yaml'), envFile);
    expect(environmentOf(found['vcc-exporter']!)).toEqual({ ...wanted, HOST: '0.0.0.0', PORT: '9754' });
  });

  test("lets .env set Grafana's password, but not where the exporter listens", async () => {
    const envFile = "PORT=9800\nHOST=127.0.0.1\nGRAFANA_ADMIN_PASSWORD='p$w'\n";
    const found = await readByCompose(read('compose.yaml'), envFile);
    expect(environmentOf(found['vcc-exporter']!)).toMatchObject({ HOST: '0.0.0.0', PORT: '9754' });
    expect(environmentOf(found.grafana!).GF_SECURITY_ADMIN_PASSWORD).toBe('p$w');
  });

  test("accepts the file for production's settings unchanged", async () => {
    const settings = join(folder, 'env');
    writeFileSync(settings, 'VCC_CLIENT_SECRET=a$b#c"d\\\n');
    const found = await readByCompose(
      read('deploy/docker/compose.yaml').replace('/etc/vcc-exporter/env', settings),
    );
    expect(environmentOf(found['vcc-exporter']!)).toEqual({ VCC_CLIENT_SECRET: 'a$b#c"d\\' });
  });

  test('does find errors', async () => {
    writeFileSync(join(folder, 'broken.yaml'), read('compose.yaml').replace('cap_drop:', 'cap_dorp:'));
    const { status, stderr } = await run(compose, ['--file', 'broken.yaml', 'config'], { folder });
    expect(status).not.toBe(0);
    expect(stderr).toContain("'cap_dorp' not allowed");
  });
});

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { load, YAML11_SCHEMA } from 'js-yaml';
import { settings } from '../../src/config/settings.ts';
import { readDashboards } from '../support/dashboards.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** With `<<`, which is part of YAML 1.1. */
const read = <File>(path: string) =>
  load(readFileSync(join(root, path), 'utf8'), { schema: YAML11_SCHEMA }) as File;

interface Service {
  image: string;
  build?: { context: string; dockerfile: string; args: Record<string, string> };
  command?: string[];
  restart: string;
  volumes?: string[];
  ports: string[];
  environment?: Record<string, string>;
  env_file?: { path: string; required: boolean }[];
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test: string[] };
  read_only: boolean;
  cap_drop: string[];
  security_opt: string[];
}

const compose = read<{ services: Record<string, Service>; volumes: Record<string, null> }>('compose.yaml');
const services = Object.entries(compose.services);
const prometheus = read<{
  global: { scrape_interval: string; evaluation_interval: string };
  rule_files: string[];
  alerting: { alertmanagers: { static_configs: { targets: string[] }[] }[] };
  scrape_configs: { job_name: string; static_configs: { targets: string[] }[] }[];
}>('deploy/compose/prometheus.yml');
const datasources = read<{
  apiVersion: number;
  datasources: {
    uid: string;
    type: string;
    url: string;
    isDefault?: boolean;
    jsonData: Record<string, unknown>;
  }[];
}>('deploy/compose/grafana/datasources.yml');
const providers = read<{
  apiVersion: number;
  providers: { type: string; folder: string; allowUiUpdates: boolean; options: { path: string } }[];
}>('deploy/compose/grafana/dashboards.yml');

/** What a service gets from outside: the host's path or the volume, and its path inside. */
const mountsOf = ({ volumes = [] }: Service) =>
  volumes.map((volume) => {
    const [from, to, mode] = volume.split(':') as [string, string, string?];
    return { from, to, mode };
  });

/** The file or folder of this checkout behind a path of a service. */
function inCheckout(service: string, path: string): string | undefined {
  const mount = mountsOf(compose.services[service]!).find(
    ({ to }) => path === to || path.startsWith(`${to}/`),
  );
  return mount && join(root, mount.from, path.slice(mount.to.length));
}

/** The ports that services listen on, by `host:port`. */
const listening = new Set(
  services.flatMap(([name, { ports }]) => ports.map((port) => `${name}:${port.split(':').at(-1)}`)),
);

describe.each(services)('%s', (name, service) => {
  test('has an image of a fixed version, or is built here', () => {
    if (service.build) {
      expect(existsSync(join(root, service.build.context, service.build.dockerfile))).toBe(true);
    } else expect(service.image).toMatch(/^[a-z]+\/[a-z]+:v?\d+\.\d+\.\d+$/);
  });

  test('is open to this machine only', () => {
    expect(service.ports).toEqual([expect.stringMatching(/^127\.0\.0\.1:(\d+):\1$/)]);
  });

  test('can change nothing but its volumes', () => {
    expect(service).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
    });
    for (const { from, mode } of mountsOf(service)) {
      expect([from, mode]).toEqual([from, from.startsWith('./') ? 'ro' : undefined]);
    }
  });

  test('mounts what is there', () => {
    for (const { from } of mountsOf(service)) {
      if (!from.startsWith('./')) expect(Object.keys(compose.volumes)).toContain(from);
      else expect([from, existsSync(join(root, from))]).toEqual([from, true]);
    }
  });

  test('mounts only files in git, so that every checkout has them', () => {
    for (const { from } of mountsOf(service).filter((mount) => mount.from.startsWith('./'))) {
      const { stdout, status } = spawnSync('git', ['ls-files', '--', from], { cwd: root, encoding: 'utf8' });
      // An unpacked archive has no history to check.
      if (status === 0) expect([from, stdout]).not.toEqual([from, '']);
    }
  });

  test('checks its health on its own port', () => {
    if (service.build) {
      const dockerfile = readFileSync(join(root, service.build.dockerfile), 'utf8');
      expect(dockerfile).toMatch(/^HEALTHCHECK /m);
      return;
    }
    const { test: check } = service.healthcheck!;
    expect(check.slice(0, -1)).toEqual(['CMD', 'wget', '-q', '-O', '/dev/null']);
    const { hostname, port } = new URL(check.at(-1)!);
    expect({ hostname, listens: listening.has(`${name}:${port}`) }).toEqual({
      hostname: '127.0.0.1',
      listens: true,
    });
  });
});

test('each is started when all services that it uses are healthy', () => {
  const waits = services.map(([name, { depends_on: needs = {} }]) => [name, needs]);
  const condition = 'service_healthy';
  expect(Object.fromEntries(waits)).toEqual({
    'vcc-exporter': {},
    prometheus: { 'vcc-exporter': { condition }, alertmanager: { condition } },
    alertmanager: {},
    grafana: { prometheus: { condition } },
  });
});

test('the exporter has the limits of production', () => {
  const path = 'deploy/docker/compose.yaml';
  const { services: inProduction } = read<{ services: Record<string, Service> }>(path);
  const { env_file: _, restart: __, build, ...limits } = inProduction['vcc-exporter']!;
  expect(compose.services['vcc-exporter']).toMatchObject({ ...limits, build: { ...build, context: '.' } });
});

test('links in messages lead to started services', () => {
  const published = (name: string) =>
    compose.services[name]!.ports[0]!.replace(/^127\.0\.0\.1:(\d+):.*/, 'http://localhost:$1');
  for (const name of ['prometheus', 'alertmanager']) {
    expect(compose.services[name]!.command).toContain(`--web.external-url=${published(name)}`);
  }
});

test('the exporter uses its port, and settings that exist', () => {
  const { environment, env_file: files, ports } = compose.services['vcc-exporter']!;
  expect(environment).toEqual({ HOST: '0.0.0.0', PORT: settings.PORT.fallback });
  expect(ports).toEqual([`127.0.0.1:${settings.PORT.fallback}:${settings.PORT.fallback}`]);
  expect(files).toEqual([{ path: '.env', required: false }]);
});

describe('Prometheus', () => {
  const { command } = compose.services.prometheus!;

  test('reads its configuration and all rules', () => {
    const file = command!.find((each) => each.startsWith('--config.file='))!.split('=')[1]!;
    expect(inCheckout('prometheus', file)).toBe(join(root, 'deploy/compose/prometheus.yml'));
    expect(prometheus.rule_files).toEqual(['rules/*.yml']);
    expect(inCheckout('prometheus', '/etc/prometheus/rules/vcc-alerts.yml')).toBe(
      join(root, 'alerts/prometheus/vcc-alerts.yml'),
    );
  });

  test('keeps samples for as long as rules and dashboards look back', () => {
    const folders = ['alerts/prometheus', 'dashboards/grafana'];
    const texts = folders.flatMap((folder) =>
      readdirSync(join(root, folder)).map((file) => readFileSync(join(root, folder, file), 'utf8')),
    );
    const ranges = texts.join('\n').matchAll(/\[(\d+)d[:\]]/g);
    const longest = Math.max(...[...ranges].map(([, days]) => Number(days)));
    // The check finds at least some.
    expect(longest).toBe(30);
    const kept = command!.find((each) => each.startsWith('--storage.tsdb.retention.time='))!;
    expect(Number(/=(\d+)d$/.exec(kept)![1])).toBeGreaterThan(longest);
  });

  test('reaches the exporter and Alertmanager', () => {
    const targets = [...prometheus.scrape_configs, ...prometheus.alerting.alertmanagers].flatMap(
      ({ static_configs: configs }) => configs.flatMap((each) => each.targets),
    );
    expect(targets.filter((target) => !listening.has(target))).toEqual([]);
    expect(targets).toHaveLength(2);
  });

  test('scrapes with the job of the alerts, as often as they are evaluated', () => {
    const { job, interval } = read<{ job: string; interval: string }>('alerts/thresholds.yml');
    expect(prometheus.scrape_configs[0]!.job_name).toMatch(new RegExp(`^(?:${job})$`));
    expect(prometheus.global).toEqual({ scrape_interval: interval, evaluation_interval: interval });
  });
});

test('Alertmanager reads the example', () => {
  const { command } = compose.services.alertmanager!;
  const file = command!.find((each) => each.startsWith('--config.file='))!.split('=')[1]!;
  expect(inCheckout('alertmanager', file)).toBe(join(root, 'alerts/alertmanager.yml'));
});

describe('Grafana', () => {
  test('has data sources that exist', () => {
    expect(datasources.apiVersion).toBe(1);
    for (const { url } of datasources.datasources) expect(listening).toContain(new URL(url).host);
    const [source] = datasources.datasources;
    expect(source!.jsonData.timeInterval).toBe(prometheus.global.scrape_interval);
    // The data source of Grafana's own alerts, if they are switched on.
    expect(readFileSync(join(root, 'alerts/grafana/vcc-alerts.yml'), 'utf8')).toContain(
      `datasourceUid: ${source!.uid}\n`,
    );
  });

  test('shows the data source that dashboards use at first', () => {
    for (const [uid, { templating }] of readDashboards()) {
      const variable = templating.list.find(({ type }) => type === 'datasource');
      expect([uid, variable]).toMatchObject([uid, { query: 'prometheus', current: { value: 'default' } }]);
    }
    expect(datasources.datasources.filter(({ isDefault }) => isDefault)).toEqual([
      expect.objectContaining({ type: 'prometheus' }),
    ]);
  });

  test('updates no plugin at its start, which would remove the data source', () => {
    // Needed while the file system is read-only and the data source is a plugin beside Grafana:
    // from 13.2 on.
    const { read_only: fixed, environment } = compose.services.grafana!;
    expect({ fixed, disabled: environment!.GF_PLUGINS_PREINSTALL_DISABLED }).toEqual({
      fixed: true,
      disabled: 'true',
    });
  });

  test('has no alerts of its own while Prometheus has them', () => {
    expect(prometheus.rule_files).not.toEqual([]);
    const places = mountsOf(compose.services.grafana!).map(({ to }) => to);
    expect(places.filter((place) => place.includes('/provisioning/alerting'))).toEqual([]);
    // The line that changes over names existing files.
    const [, hint] = /^ +# - (\.\/\S+):\/etc\/grafana\/provisioning\/alerting\/\S+:ro$/m.exec(
      readFileSync(join(root, 'compose.yaml'), 'utf8'),
    )!;
    expect(existsSync(join(root, hint!))).toBe(true);
  });

  test('has the dashboards, the Floor first', () => {
    expect(providers.apiVersion).toBe(1);
    const [{ type, folder, allowUiUpdates, options }] = providers.providers as [
      (typeof providers.providers)[0],
    ];
    expect({ type, folder, allowUiUpdates }).toEqual({
      type: 'file',
      folder: 'Contact Center',
      allowUiUpdates: false,
    });
    for (const [uid] of readDashboards()) {
      expect(statSync(inCheckout('grafana', `${options.path}/${uid}.json`)!).isFile()).toBe(true);
    }
    const { environment } = compose.services.grafana!;
    expect(environment!.GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH).toBe(`${options.path}/vcc-floor.json`);
  });

  test('reads its provisioning where Grafana looks for it', () => {
    const places = mountsOf(compose.services.grafana!).map(({ to }) => to);
    expect(places).toEqual(
      expect.arrayContaining([
        '/etc/grafana/provisioning/datasources/vcc.yml',
        '/etc/grafana/provisioning/dashboards/vcc.yml',
      ]),
    );
  });
});

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Exporter, startExporter } from './support/exporter.ts';
import { describeWith } from './support/parts.ts';
import { poll, run, type Serving, serveOnFreePort } from './support/process.ts';
import { queryAt } from './support/query.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

describeWith(['prometheus'], 'Prometheus of compose.yaml', ({ prometheus: { prometheus, promtool } }) => {
  let folder: string;
  let config: string;
  let exporter: Exporter;
  let server: Serving;

  beforeAll(async () => {
    // As the container has it: the rules beside the configuration.
    folder = mkdtempSync(join(tmpdir(), 'vcc-compose-'));
    config = join(folder, 'prometheus.yml');
    cpSync(join(root, 'alerts', 'prometheus'), join(folder, 'rules'), { recursive: true });
    cpSync(join(root, 'deploy', 'compose', 'prometheus.yml'), config);
    exporter = await startExporter({}, folder);
  });
  afterAll(async () => {
    await server?.stop();
    await exporter?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('promtool accepts its configuration, and finds the rules', async () => {
    const { status, stdout } = await run(promtool, ['check', 'config', config], { folder });
    expect(status).toBe(0);
    expect(stdout.match(/SUCCESS: .* rule.*found/g)).toEqual([
      'SUCCESS: 2 rule files found',
      'SUCCESS: 29 rules found',
      'SUCCESS: 10 rules found',
    ]);
  });

  test('it scrapes the exporter and evaluates the rules', async () => {
    // The names of services and the length of an interval are all that differs.
    const text = readFileSync(config, 'utf8')
      .replace('vcc-exporter:9754', new URL(exporter.origin).host)
      .replace('alertmanager:9093', '127.0.0.1:9')
      .replace('scrape_timeout: 15s', 'scrape_timeout: 1s')
      .replaceAll('30s', '1s');
    writeFileSync(config, text);
    for (const rules of ['vcc-alerts.yml', 'vcc-recordings.yml']) {
      const file = join(folder, 'rules', rules);
      writeFileSync(file, readFileSync(file, 'utf8').replaceAll('interval: 30s', 'interval: 1s'));
    }
    const args = [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      '--log.level=warn',
    ];
    server = await serveOnFreePort('Prometheus', prometheus, args, folder);
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
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Simulator } from '../../src/simulator/server.ts';
import { secrets, startFrozen } from './support/account.ts';
import { type Exporter, startExporter } from './support/exporter.ts';
import { describeWith } from './support/parts.ts';
import { freePort, poll } from './support/process.ts';
import { type Prometheus, startPrometheus, type Vector } from './support/prometheus.ts';

const timeoutSeconds = 4;
const delayMs = 1000;
const token = 'e2e-scrape-token-of-prometheus';
/** In the order of the file. Accounts whose names are in the file; `fourth` joins later. */
const names = ['healthy', 'dead', 'slow'];
const agents: Record<string, number> = { healthy: 90, dead: 30, slow: 60, fourth: 20 };

/** The accounts as they are written by hand. */
function toYaml(
  listed: readonly string[],
  { tokenUrl, apiUrl, accounts }: Simulator,
  closed: string,
): string {
  const entries = listed.flatMap((name) => {
    const { clientId } = accounts.find((account) => account.name === name)!;
    return [
      `  - name: ${name}`,
      `    region: ${name === 'slow' ? 'nam' : 'emea'}`,
      `    client_id: ${clientId}`,
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the file's own syntax
      '    client_secret: ${VCC_VAR_SECRET}',
      `    token_url: ${tokenUrl}`,
      `    api_url: ${name === 'dead' ? closed : apiUrl}`,
      '    page_size: 25',
    ];
  });
  return ['# One simulator has them all.', 'accounts:', ...entries, ''].join('\n');
}

describeWith(['prometheus'], 'several accounts and a real Prometheus', ({ prometheus: binaries }) => {
  let folder: string;
  let simulator: Simulator;
  let closed: string;
  let exporter: Exporter;
  let prometheus: Prometheus;
  const closers: (() => Promise<unknown>)[] = [];
  const output: string[] = [];

  const writeAccounts = (listed: readonly string[]) =>
    writeFile(join(folder, 'accounts.yml'), toYaml(listed, simulator, closed));
  const start = (PORT: string) =>
    startExporter(
      {
        VCC_CONFIG: 'accounts.yml',
        VCC_SCRAPE_TOKENS: token,
        VCC_VAR_SECRET: secrets.secret,
        PORT,
      },
      folder,
    );
  const ask = (path: string) =>
    fetch(`${exporter.origin}${path}`, { headers: { authorization: `Bearer ${token}` } });
  const itemsOf = (name: string) => simulator.accounts.find((account) => account.name === name)!.items();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vcc-e2e-'));
    closers.push(() => rm(folder, { recursive: true, force: true }));
    simulator = await startFrozen({
      accounts: Object.entries(agents).map(([name, count]) => ({
        name,
        agents: count,
        clientSecret: secrets.secret,
      })),
      faults: [{ kind: 'delay', value: delayMs, account: 'slow' }],
    });
    closers.push(simulator.close);
    closed = `http://127.0.0.1:${await freePort()}`;
    await writeAccounts(names);
    exporter = await start('0');
    closers.push(() => exporter.stop());
    const { origin } = exporter;
    const common = { origin, intervalSeconds: timeoutSeconds, timeoutSeconds, token };
    const jobs = [
      { name: 'probe', discovers: true, ...common },
      { name: 'all', ...common },
    ];
    prometheus = await startPrometheus(binaries.prometheus, jobs, folder);
    closers.push(prometheus.stop);
    for (const job of ['probe', 'all']) await upWith(job, { healthy: 1, dead: 0, slow: 1 });
  });

  afterAll(async () => {
    for (const close of closers.reverse()) await close();
  });

  /** Waits until a job has these values of vcc_up. */
  async function upWith(job: string, wanted: Vector): Promise<void> {
    let last: Vector = {};
    await poll(`vcc_up of the job ${job}`, async () => {
      last = await prometheus.queryBy('account', `vcc_up{job="${job}"}`);
      return (
        Object.keys(wanted).length === Object.keys(last).length &&
        Object.entries(wanted).every(([name, value]) => last[name] === value)
      );
    }).catch((error) => {
      throw new Error(`${error.message}; it is ${JSON.stringify(last)}`);
    });
  }

  describe('by /sd and /probe', () => {
    test('finds exactly the accounts of the file as its targets', async () => {
      const targets = await prometheus.targetsOf('probe');
      const { host } = new URL(exporter.origin);
      expect(
        targets.map(({ instance, url, health, lastError }) => ({ instance, url, health, lastError })),
      ).toEqual(
        names.toSorted().map((name) => ({
          instance: name,
          url: `http://${host}/probe?target=${name}`,
          health: 'up',
          lastError: '',
        })),
      );
      expect(
        targets.map(({ discovered: { __address__, __meta_vcc_account, __meta_vcc_region } }) => [
          __address__,
          __meta_vcc_account,
          __meta_vcc_region,
        ]),
      ).toEqual([
        ['dead', 'dead', 'emea'],
        ['healthy', 'healthy', 'emea'],
        ['slow', 'slow', 'nam'],
      ]);
    });

    test('has an up of 1 for each of them, the dead one too', async () => {
      expect(await prometheus.queryBy('instance', 'up{job="probe"}')).toEqual({
        healthy: 1,
        dead: 1,
        slow: 1,
      });
    });

    test('reads each account separately', async () => {
      expect(
        await prometheus.query(
          'count(vcc_up{job="probe"} unless on (account, instance) label_replace(vcc_up{job="probe"}, "account", "$1", "instance", "(.*)"))',
        ),
      ).toEqual({});
      expect(await prometheus.query('count(vcc_up{job="probe"})')).toEqual({ '': 3 });
    });

    test('gives each its own deadline', async () => {
      const took = await prometheus.queryBy('instance', 'scrape_duration_seconds{job="probe"}');
      expect(took.healthy).toBeLessThan(delayMs / 1000 / 2);
      expect(took.slow).toBeLessThan(timeoutSeconds);
    });
  });

  describe.each(['probe', 'all'])('the job %s', (job) => {
    test('has vcc_up 1 for the healthy and the slow one, 0 for the dead one, with the reason', async () => {
      expect(await prometheus.queryBy('account', `vcc_up{job="${job}"}`)).toEqual({
        healthy: 1,
        dead: 0,
        slow: 1,
      });
      const failed = `vcc_scrape_error{job="${job}"} == 1`;
      expect(await prometheus.queryBy('account', failed)).toEqual({ dead: 1 });
      expect(await prometheus.query(failed)).toEqual({ 'reason=network': 1 });
    });

    test('reads the healthy one as fast as if there were no other', async () => {
      const took = await prometheus.queryBy('account', `vcc_scrape_duration_seconds{job="${job}"}`);
      expect(took.healthy).toBeLessThan(delayMs / 1000 / 2);
      expect(took.slow).toBeLessThan(timeoutSeconds);
    });

    test.each(['healthy', 'slow'])('has the numbers of the account %s and of no other', async (name) => {
      const of = `{job="${job}",account="${name}"}`;
      const counts: Vector = { Ready: 0, Away: 0, ExtendedAway: 0, LoggedOut: 0 };
      for (const { presence } of itemsOf(name)) counts[presence.name]!++;
      expect(await prometheus.queryBy('presence', `vcc_agents${of}`)).toEqual(counts);
      expect(await prometheus.query(`vcc_snapshot_agents${of}`)).toEqual({ '': agents[name] });
      expect(await prometheus.query(`vcc_scrape_pages${of}`)).toEqual({ '': Math.ceil(agents[name]! / 25) });
      const legs = itemsOf(name).reduce((sum, item) => sum + item.interaction.length, 0);
      expect(legs).toBeGreaterThan(0);
      expect(await prometheus.query(`sum(vcc_interactions${of})`)).toEqual({ '': legs });
    });

    test("has nothing of the dead account's floor", async () => {
      expect(
        await prometheus.query(
          `{__name__=~"vcc_(agents|snapshot|interactions).*",job="${job}",account="dead"}`,
        ),
      ).toEqual({});
    });
  });

  test('sees how long a read of the slow one lasts', async () => {
    // Of two concurrent scrapes, the later one joins the reading of the earlier.
    const [slowest] = Object.values(
      await prometheus.query('max(vcc_scrape_duration_seconds{account="slow"})'),
    );
    expect(slowest).toBeGreaterThanOrEqual(delayMs / 1000);
  });

  test('lets nobody discover or probe without the token', async () => {
    for (const path of ['/sd', '/probe?target=healthy', '/probe?target=nobody']) {
      const answer = await fetch(`${exporter.origin}${path}`);
      expect([path, answer.status, await answer.text()]).toEqual([
        path,
        401,
        expect.stringMatching(/^Unauthorized\./),
      ]);
    }
  });

  test.each([
    ['another name', '?target=e2e-no-such-account', 'another name'],
    ['an address', '?target=http://169.254.169.254/latest', 'another name'],
    ['none', '', 'none'],
    ['two', '?target=healthy&target=slow', 'several'],
  ])('refuses a probe of %s, and says which there are', async (_, query, received) => {
    const answer = await ask(`/probe${query}`);
    expect(answer.status).toBe(400);
    expect(await answer.text()).toBe(
      `target: expected the name of one account; received ${received}. The accounts are: healthy, dead, slow\n`,
    );
  });

  test('answers a scrape of all while one hangs, with the numbers of the others', async () => {
    simulator.faults = [{ kind: 'hang', account: 'slow' }];
    for (const job of ['probe', 'all']) {
      await upWith(job, { healthy: 1, dead: 0, slow: 0 });
      expect(await prometheus.query(`vcc_scrape_error{job="${job}",account="slow"} == 1`)).toEqual({
        'reason=deadline': 1,
      });
      expect(await prometheus.query(`vcc_snapshot_agents{job="${job}",account="healthy"}`)).toEqual({
        '': agents.healthy,
      });
      const [took] = Object.values(
        await prometheus.query(`vcc_scrape_duration_seconds{job="${job}",account="healthy"}`),
      );
      expect(took).toBeLessThan(delayMs / 1000 / 2);
    }
    expect(await prometheus.query('min(min_over_time(up[10m]))')).toEqual({ '': 1 });
    simulator.faults = [];
    for (const job of ['probe', 'all']) await upWith(job, { healthy: 1, dead: 0, slow: 1 });
  });

  test('finds an account that was added to the file, after a restart', async () => {
    await writeAccounts([...names, 'fourth']);
    // The file is read once, at the start. Until then a scrape is as before.
    expect(((await (await ask('/sd')).json()) as unknown[]).length).toBe(names.length);
    const { port } = new URL(exporter.origin);
    const ended = await exporter.stop();
    expect(ended.status).toBe(0);
    output.push(ended.stdout, ended.stderr);
    exporter = await start(port);
    for (const job of ['probe', 'all']) await upWith(job, { healthy: 1, dead: 0, slow: 1, fourth: 1 });
    expect((await prometheus.targetsOf('probe')).map(({ instance }) => instance)).toEqual(
      [...names, 'fourth'].toSorted(),
    );
    expect(await prometheus.query('vcc_snapshot_agents{job="probe",account="fourth"}')).toEqual({
      '': agents.fourth,
    });
  });

  test('loses the account that is removed from the file', async () => {
    await writeAccounts(['healthy', 'fourth']);
    const { port } = new URL(exporter.origin);
    const ended = await exporter.stop();
    output.push(ended.stdout, ended.stderr);
    exporter = await start(port);
    await upWith('probe', { healthy: 1, fourth: 1 });
    // A series is stale one scrape before its target is gone.
    await poll('a probe of two targets', async () => {
      const targets = await prometheus.targetsOf('probe');
      return targets.map(({ instance }) => instance).join() === 'fourth,healthy';
    });
  });

  test('rejects a file with mistakes, and names the place of each', async () => {
    const file = join(folder, 'broken.yml');
    await writeFile(
      file,
      [
        'accounts:',
        '  - {name: a, region: mars, client_id: x, client_secret: e2e-wrong-secret}',
        '  - {name: a, secret_ids: y}',
        '',
      ].join('\n'),
    );
    const said = await startExporter({ VCC_CONFIG: 'broken.yml' }, folder).then(
      () => 'it started',
      (failure: Error) => failure.message,
    );
    for (const place of [
      'accounts[0].region: expected one of emea, nam, apac',
      'accounts[1].name: expected a name that no other account has',
      'accounts[1].secret_ids: unknown field',
    ]) {
      expect(said).toContain(place);
    }
    expect(said).not.toContain('e2e-wrong-secret');
  });

  test('leaves each failure in the log with its account, and no secret, token or agent', () => {
    const log = [...output, exporter.output()].join('\n');
    expect(log).toMatch(/"account":"dead".*"code":"network"/);
    expect(log).toMatch(/"account":"slow".*"code":"deadline"/);
    expect(log).not.toMatch(/"account":"healthy".*"code"/);
    expect(log).not.toContain(token);
    for (const secret of Object.values(secrets)) expect(log).not.toContain(secret);
    const ids = ['healthy', 'slow'].flatMap((name) => itemsOf(name).map(({ agentId }) => agentId));
    expect(ids.filter((id) => new RegExp(`\\b${id}\\b`).test(log))).toEqual([]);
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Simulator } from '../../src/simulator/server.ts';
import { secrets, startFrozen } from './support/account.ts';
import { type Exporter, runCli, startExporter } from './support/exporter.ts';
import { type Bucket, createBucket, type Moto, startMoto } from './support/moto.ts';
import { describeWith } from './support/parts.ts';
import { poll } from './support/process.ts';

const bucket = 'e2e-vcc-exporter';
const roster = `s3://${bucket}/rosters/uk team.csv`;

describeWith(['moto'], "accounts and rosters in moto's S3, read by the built exporter", ({ moto }) => {
  let server: Moto;
  let objects: Bucket;
  let folder: string;
  let simulator: Simulator;
  let exporter: Exporter | undefined;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'vcc-e2e-s3-'));
    server = await startMoto(moto, folder);
    objects = await createBucket(server, bucket);
  });
  afterAll(async () => {
    objects.close();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    simulator = await startFrozen({
      accounts: ['uk', 'us'].map((name) => ({ name, agents: 40, clientSecret: secrets.secret })),
    });
    await objects.put('accounts.yml', accountsYaml());
    await objects.put('rosters/uk team.csv', simulator.accounts[0]!.rosterCsv());
  });
  afterEach(async () => {
    await exporter?.stop();
    exporter = undefined;
    await simulator.close();
  });

  const accountsYaml = () => {
    const [uk, us] = simulator.accounts;
    return `
accounts:
  - &first
    name: uk
    client_id: ${uk!.clientId}
    client_secret: \${VCC_VAR_SECRET}
    token_url: ${simulator.tokenUrl}
    api_url: ${simulator.apiUrl}
    roster: ${roster}
    roster_ttl: 1s
  - {<<: *first, name: us, client_id: ${us!.clientId}, roster: users-api}
`;
  };
  const settings = (config = `s3://${bucket}/accounts.yml`) => ({
    ...server.env,
    VCC_CONFIG: config,
    VCC_VAR_SECRET: secrets.secret,
  });
  const scrape = async () => (await fetch(`${exporter!.origin}/metrics`)).text();

  test('check reports what it read from there', async () => {
    const { status, stdout, stderr } = await runCli(['check'], settings(), folder);
    expect([status, stderr]).toEqual([0, '']);
    const lines = stdout.split('\n');
    const agents = simulator.accounts[0]!.rosterCsv().trim().split('\n').length - 1;
    const [read] = lines.filter((line) => line.includes(roster));
    expect(lines[0]).toBe('ok      Settings: 2 accounts');
    expect(read).toMatch(new RegExp(`^ok {6}Roster: ${agents} agents, \\d teams, from ${roster}$`));
  });

  test('serves them; a changed roster is read again, a broken one is not used', async () => {
    exporter = await startExporter(settings(), folder);
    const text = await scrape();
    for (const account of ['uk', 'us']) expect(text).toContain(`vcc_up{account="${account}"} 1\n`);
    expect(text).toContain('vcc_roster_up{account="uk"} 1\n');
    for (const account of ['uk', 'us']) {
      expect(text).toMatch(new RegExp(`^vcc_team_agents_available\\{account="${account}",team="[A-Z]`, 'm'));
    }

    await objects.put(
      'rosters/uk team.csv',
      `agentId,team\n${simulator.accounts[0]!.items()[0]!.agentId},Night shift\n`,
    );
    await poll('the new roster', async () =>
      (await scrape()).includes('vcc_team_agents_available{account="uk",team="Night shift"} '),
    );
    await objects.put('rosters/uk team.csv', 'team\nNight shift\n');
    await poll('the failure', async () => (await scrape()).includes('vcc_roster_up{account="uk"} 0\n'));
    const last = await scrape();
    expect(last).toContain('vcc_team_agents_available{account="uk",team="Night shift"} ');
    expect(last).not.toContain('vcc_team_agents_available{account="us",team="Night shift"} ');
    expect(last).toContain('vcc_up{account="uk"} 1\n');
    expect(exporter.output()).toContain(`${roster}: expected a column agentId`);
  });

  test.each<[string, string, RegExp]>([
    ['that is not there', `s3://${bucket}/nothing.yml`, /nothing\.yml: the object does not exist/],
    ['in a bucket that is not there', 's3://e2e-vcc-nowhere/a.yml', /a\.yml: the bucket does not exist/],
  ])('a list of accounts %s is a clear failure', async (_, config, message) => {
    const { status, stdout, stderr } = await runCli(['scrape'], settings(config), folder);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });
});

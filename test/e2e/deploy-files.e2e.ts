import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { settings } from '../../src/config/settings.ts';
import { startServer } from '../support/server.ts';
import { describeWith } from './support/parts.ts';
import { type Ended, poll, type Running, run, start } from './support/process.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const paths = {
  dockerfile: 'deploy/docker/Dockerfile',
  dockerignore: 'deploy/docker/Dockerfile.dockerignore',
  compose: 'deploy/docker/compose.yaml',
  unit: 'deploy/systemd/vcc-exporter.service',
  docs: 'docs/run/docker-systemd.md',
};
const unit = read(paths.unit);

/**
 * An instruction of the Dockerfile. Continued lines are one instruction, and the stage is the one
 * around it.
 */
interface Instruction {
  stage: string;
  name: string;
  text: string;
}

function parseDockerfile(content: string): Instruction[] {
  let stage = '';
  return content
    .replace(/^\s*#.*\n/gm, '')
    .replace(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, name, text] = /^(\w+)\s+(.*)$/.exec(line)!;
      if (name === 'FROM') stage = / AS (\w+)$/.exec(text!)![1]!;
      return { stage, name: name!, text: text!.trim() };
    });
}

const dockerfile = parseDockerfile(read(paths.dockerfile));

/** The texts of an instruction, in one stage or in all. */
const all = (name: string, stage?: string) =>
  dockerfile
    .filter((each) => each.name === name && (stage === undefined || each.stage === stage))
    .map(({ text }) => text);

/** What a stage copies: from another stage or, without `from`, out of the checkout. */
const copies = (stage?: string) =>
  all('COPY', stage).map((text) => {
    const words = text.split(/\s+/);
    const from = words.find((word) => word.startsWith('--from='))?.slice('--from='.length);
    const files = words.filter((word) => !word.startsWith('--'));
    return { from, sources: files.slice(0, -1), target: files.at(-1)! };
  });

/** `NAME=value` pairs of an ENV. */
const pairs = (text: string) =>
  Object.fromEntries([...text.matchAll(/(\w+)=(\S*)/g)].map(([, k, v]) => [k, v]));

const imageEnv: Record<string, string> = pairs(all('ENV').join(' '));
const healthCheck: string[] = JSON.parse(/CMD (\[.*\])$/.exec(all('HEALTHCHECK')[0]!)![1]!);

/** A line of the unit, all its values. */
const unitValues = (name: string) =>
  [...unit.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value]) => value!);

describe('the files to run without AWS', () => {
  test('name no setting that does not exist', () => {
    const known = [...Object.keys(settings), 'NODE_ENV', 'BUILD_REVISION'];
    const given = {
      dockerfile: [...Object.keys(imageEnv), ...all('ARG').map((text) => text.split('=')[0]!)],
      compose: [...read(paths.compose).matchAll(/^\s+(?:- )?([A-Z][A-Z_]+)[:=]|\$\{(\w+)/gm)].map(
        ([, key, variable]) => key ?? variable!,
      ),
      unit: unitValues('Environment').map((value) => value.split('=')[0]!),
    };
    // The check finds at least some names.
    expect(given.dockerfile).toEqual(expect.arrayContaining(['NODE_ENV', 'HOST', 'PORT', 'BUILD_REVISION']));
    expect(given.compose).toContain('BUILD_REVISION');
    expect(given.unit).toEqual(['NODE_ENV']);
    for (const [name, path] of Object.entries(paths)) {
      // VCC_VAR_… are variables of the lists of accounts and destinations.
      const mentioned = read(path).match(/\bVCC_(?!VAR_)[A-Z_]+\b/g) ?? [];
      const names = [...mentioned, ...(given[name as keyof typeof given] ?? [])];
      expect({ path, unknown: names.filter((each) => !known.includes(each)) }).toEqual({ path, unknown: [] });
    }
  });

  test('agree on the port', () => {
    const port = settings.PORT.fallback;
    expect(imageEnv.PORT).toBe(port);
    expect(all('EXPOSE')).toEqual([port]);
    expect(healthCheck.join(' ')).toContain(`process.env.PORT || ${port},`);
    expect(read(paths.compose)).toContain(`127.0.0.1:${port}:${port}`);
    expect(read(paths.docs)).toContain(`:${port}`);
  });

  test('the Dockerfile copies existing files, and the builder gets only these', () => {
    const copied = new Set(copies().flatMap(({ from, sources }) => (from === undefined ? sources : [])));
    expect([...copied].filter((path) => !existsSync(join(root, path)))).toEqual([]);
    const rules = read(paths.dockerignore)
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(rules[0]).toBe('*');
    expect(rules.slice(1).sort()).toEqual([...copied].map((path) => `!${path}`).sort());
  });
});

describe('the image, put together by hand', () => {
  let folder: string;
  let image: string;
  const running: Running[] = [];

  /**
   * Does in a folder what the stages do, except for npm ci: the packages are those of this
   * checkout.
   */
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vcc-e2e-'));
    const stages = { build: join(folder, 'build'), packages: join(folder, 'packages') };
    image = join(folder, 'exporter');

    const copyAll = (stage: string, into: string) => {
      for (const { from, sources, target } of copies(stage)) {
        const origin = from === undefined ? root : stages[from as keyof typeof stages];
        for (const source of sources) {
          const isFolder = source.endsWith('/');
          const file = join(into, target, isFolder || !target.endsWith('/') ? '' : source.split('/').at(-1)!);
          mkdirSync(dirname(file), { recursive: true });
          cpSync(join(origin, source.replace('/app/', '')), file, { recursive: true });
        }
      }
    };
    copyAll('build', stages.build);
    symlinkSync(join(root, 'node_modules'), join(stages.build, 'node_modules'), 'junction');
    const [install, build, ...others] = all('RUN', 'build');
    expect({ install, others }).toMatchObject({ install: expect.stringMatching(/^npm ci /), others: [] });
    const [program, ...args] = build!.split(' ');
    expect(program).toBe('node');
    const built = await run(process.execPath, args, {
      folder: stages.build,
      env: { BUILD_REVISION: 'by-hand' },
    });
    expect(built).toMatchObject({ status: 0, stderr: '' });

    copyAll('packages', stages.packages);
    expect(all('RUN', 'packages')).toEqual([expect.stringMatching(/^npm ci --omit=dev --ignore-scripts /)]);
    const lock = JSON.parse(readFileSync(join(stages.packages, 'package-lock.json'), 'utf8'));
    for (const [path, { dev, optional }] of Object.entries<{ dev?: true; optional?: true }>(lock.packages)) {
      if (path === '' || dev || (optional && !existsSync(join(root, path)))) continue;
      // Packages inside a package are copied with it.
      const inner = (file: string) => file.slice(join(root, path).length + 1).startsWith('node_modules');
      cpSync(join(root, path), join(stages.packages, path), {
        recursive: true,
        filter: (file) => !inner(file),
      });
    }
    copyAll('exporter', image);
  });

  afterAll(async () => {
    await Promise.all(running.map((each) => each.stop()));
    await rm(folder, { recursive: true, force: true });
  });

  const entrypoint: string[] = JSON.parse(all('ENTRYPOINT')[0]!);
  const command: string[] = JSON.parse(all('CMD')[0]!);

  const runImage = (args: readonly string[], env: Record<string, string> = {}): Promise<Ended> =>
    run(process.execPath, [...entrypoint.slice(1), ...args], { folder: image, env: { ...imageEnv, ...env } });

  /**
   * Starts the program of the image with simulated accounts, on a free port of 127.0.0.1. Returns
   * that port too.
   */
  async function startImage(
    env: Record<string, string> = {},
    flags: string[] = [],
  ): Promise<Running & { port: string }> {
    const exporter = start(process.execPath, [...flags, ...entrypoint.slice(1), ...command, '--demo'], {
      folder: image,
      env: { ...imageEnv, HOST: '127.0.0.1', PORT: '0', ...env },
    });
    running.push(exporter);
    const port = await poll('the address of the exporter', () => {
      if (exporter.ended() !== undefined) throw new Error(`it ended:\n${exporter.stderr()}`);
      return /^Metrics: http:\/\/127\.0\.0\.1:(\d+)\/metrics /m.exec(exporter.stdout())?.[1];
    });
    return { ...exporter, port };
  }

  /** The health check of the image, except for the path of node. */
  const checkHealth = (port: string) =>
    run(process.execPath, healthCheck.slice(1), { folder: image, env: { ...imageEnv, PORT: port } });

  test('starts node itself, not a shell', () => {
    expect([entrypoint[0], command, healthCheck[0]]).toEqual(['node', ['serve'], 'node']);
    expect(all('USER')).toEqual([expect.stringMatching(/^[1-9]\d*:[1-9]\d*$/)]);
  });

  test('says which commit it was built of', async () => {
    const { status, stdout } = await runImage(['--version']);
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringContaining('(by-hand)') });
  });

  test('writes rules and dashboards', async () => {
    const { status, stdout } = await runImage(['rules', '--out', join(folder, 'rules')]);
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: expect.stringMatching(/ alerts, .* dashboards\.\n$/),
    });
    expect(readFileSync(join(folder, 'rules', 'prometheus', 'vcc-alerts.yml'), 'utf8')).toContain(
      'VccIdleAgents',
    );
  });

  test('without credentials it ends with what is missing, and shows nothing', async () => {
    const { status, stdout, stderr } = await runImage(command);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('VCC_CLIENT_ID, VCC_CLIENT_SECRET: expected API credentials');
    expect(stderr).toContain(`${join(image, '.env')}, which does not exist`);
  });

  test('the health check detects up and down, and SIGTERM ends the exporter', async () => {
    const exporter = await startImage();
    expect(await checkHealth(exporter.port)).toEqual({ status: 0, stdout: '', stderr: '' });
    expect((await exporter.stop()).status).toBe(0);
    const down = await checkHealth(exporter.port);
    // Docker reserves all but 0 and 1.
    expect({ status: down.status, stderr: down.stderr }).toEqual({
      status: 1,
      stderr: expect.stringContaining('ECONNREFUSED'),
    });
  });

  test('only the health check needs no scrape credentials', async () => {
    const token = 'a-token-for-this-test';
    const exporter = await startImage({ VCC_SCRAPE_TOKENS: token });
    expect((await checkHealth(exporter.port)).status).toBe(0);
    const status = async (path: string, headers = {}) =>
      (await fetch(`http://127.0.0.1:${exporter.port}${path}`, { headers })).status;
    expect(await status('/')).toBe(401);
    expect(await status('/metrics')).toBe(401);
    expect(await status('/metrics', { authorization: `Bearer ${token}` })).toBe(200);
  });

  test('the health check accepts no other answer', async () => {
    const server = await startServer((_, response) => response.writeHead(503).end());
    try {
      expect((await checkHealth(new URL(server.origin).port)).status).toBe(1);
    } finally {
      await server.close();
    }
  });

  test('has the AWS SDK, which the bundle lacks', async () => {
    // With no region the SDK ends before it sends a request.
    const env = { VCC_SECRET_ID: 'vcc-exporter', HOME: folder, USERPROFILE: folder };
    const { status, stdout } = await runImage(['check'], env);
    expect({ status, stdout }).toEqual({
      status: 1,
      stdout: expect.stringContaining('no AWS region is set'),
    });
  });

  test('writes no file and starts no process', async () => {
    // Node's permission model refuses both; the flag had a longer name at first.
    const flag = process.allowedNodeEnvironmentFlags.has('--permission')
      ? '--permission'
      : '--experimental-permission';
    // Newer versions guard the network too, and then require permission for it.
    const net = process.allowedNodeEnvironmentFlags.has('--allow-net') ? ['--allow-net'] : [];
    const flags = [flag, '--allow-fs-read=*', ...net, '--no-warnings'];
    const write = await run(process.execPath, [...flags, '-e', "require('fs').writeFileSync('x', '')"], {
      folder,
    });
    expect({ status: write.status, stderr: write.stderr }).toEqual({
      status: 1,
      stderr: expect.stringContaining('ERR_ACCESS_DENIED'),
    });

    const exporter = await startImage({}, flags);
    const body = await (await fetch(`http://127.0.0.1:${exporter.port}/metrics`)).text();
    expect(body).toMatch(/^vcc_up\{account="simulated-uk"\} 1$/m);
    expect(await exporter.stop()).toMatchObject({ status: 0, stderr: 'These are simulated accounts.\n' });
  });
});

describeWith(['hadolint'], 'hadolint', ({ hadolint: { hadolint } }) => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vcc-e2e-'));
    // Replaces a file of the user, which might ignore rules.
    writeFileSync(join(folder, 'hadolint.yaml'), 'ignored: []\n');
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** The broken rules, including those that a comment would ignore. */
  const lint = (content: string) => {
    const config = ['--config', join(folder, 'hadolint.yaml'), '--disable-ignore-pragma'];
    const { status, stdout, stderr } = spawnSync(hadolint, [...config, '--format', 'json', '-'], {
      encoding: 'utf8',
      input: content,
    });
    expect(stderr).toBe('');
    return { status, codes: (JSON.parse(stdout) as { code: string }[]).map(({ code }) => code) };
  };

  test('finds nothing in the Dockerfile, with no rule ignored', () => {
    expect(lint(read(paths.dockerfile))).toEqual({ status: 0, codes: [] });
  });

  test('does find errors', () => {
    const broken = read(paths.dockerfile)
      .replace(/^FROM node:\S+/m, 'FROM node')
      .replace(/^ENTRYPOINT .*$/m, 'ENTRYPOINT node dist/cli.mjs');
    const { status, codes } = lint(broken);
    expect(status).toBe(1);
    expect(codes.sort()).toEqual(['DL3006', 'DL3025']);
  });
});

describeWith(['systemdAnalyze'], 'systemd-analyze', ({ systemdAnalyze: { analyze, env } }) => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vcc-e2e-'));
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** Runs it on a unit of this content. */
  function onUnit(content: string, ...args: string[]): { status: number | null; output: string } {
    const file = join(folder, 'vcc-exporter.service');
    writeFileSync(file, content);
    const { status, stdout, stderr } = spawnSync(analyze, [...args, file], {
      encoding: 'utf8',
      env: { ...process.env, ...env, SYSTEMD_COLORS: '0', SYSTEMD_PAGER: '' },
    });
    return { status, output: stdout + stderr };
  }

  // The program that it starts must exist. Where these tests run, node may be elsewhere than in a
  // server's /usr/bin.
  const runnable = unit.replace('ExecStart=/usr/bin/node ', `ExecStart=${process.execPath} `);
  // Other units could only be those of the machine that runs the tests.
  const verify = (content: string) => onUnit(content, 'verify', '--man=no', '--recursive-errors=no');
  /** In tenths: 1.5 of 10. It is 1.1 with systemd 252; versions weigh differently. */
  const security = (content: string) => onUnit(content, 'security', '--offline=true', '--threshold=15');

  test('verify finds nothing in the unit', () => {
    expect(unit).toContain('\nExecStart=/usr/bin/node /opt/vcc-exporter/dist/cli.mjs serve\n');
    expect(verify(runnable)).toEqual({ status: 0, output: '' });
  });

  test.each([
    ['a line it does not know', (text: string) => text.replace('PrivateTmp=', 'PrivateTemp='), 'PrivateTemp'],
    [
      'a program that is not there',
      (text: string) => text.replace(/^ExecStart=\S+/m, 'ExecStart=/no/node'),
      '/no/node',
    ],
  ])('verify does find %s', (_, breakIt, named) => {
    const { output } = verify(breakIt(runnable));
    expect(output).toContain(named);
  });

  test('security rates the unit as little exposed', () => {
    const { status, output } = security(unit);
    expect({ status, output }).toEqual({ status: 0, output: expect.stringContaining('exposure level') });
  });

  test('security does rate a unit without its sandbox as exposed', () => {
    const bare = unit.replace(/^DynamicUser=[\s\S]*?(?=^\[Install\])/m, '');
    expect(security(bare).status).not.toBe(0);
  });
});

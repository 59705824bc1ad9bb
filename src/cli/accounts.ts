import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { type OpenAccounts, withVaults } from '../app/accounts.ts';
import { openNetwork } from '../app/network.ts';
import { createReadText } from '../app/places.ts';
import { type Config, loadConfig } from '../config/accounts.ts';
import { ConfigError, type Environment } from '../config/load.ts';
import type { SettingName, Settings } from '../config/settings.ts';
import { Secret } from '../credentials.ts';
import { DeadlineError, untilAborted } from '../deadline.ts';
import type { Network } from '../http/network.ts';
import { type Simulator, startSimulator } from '../simulator/server.ts';
import { readEnvFile } from './env-file.ts';
import type { Terminal } from './terminal.ts';

/** The accounts of this machine, and the simulator that was started for them, if any. */
export interface LocalAccounts extends OpenAccounts {
  simulator: Simulator | undefined;
  /** The source of the settings. */
  env: Environment;
  /** Cancels everything that is running, so that the process can end, and closes the simulator. */
  close(): Promise<void>;
}

/** The settings of the environment and the env file, and the path of that file. */
export interface LocalEnvironment {
  env: Environment;
  /** `values` is undefined when the file does not exist. */
  file: { path: string; values: Environment | undefined };
  /** How to connect to other hosts. */
  network: Network;
}

/** When to show simulated accounts: never, always, or if no VCC_* setting is set. */
export type Demo = 'never' | 'always' | 'if-unset';

/** The accounts of --demo. */
const simulated = [
  { name: 'simulated-uk', agents: 120, region: 'emea' },
  { name: 'simulated-us', agents: 80, region: 'nam' },
] as const;

/** Settings of a single account. Simulated accounts have their own. */
const identity = [
  'VCC_ACCOUNT',
  'VCC_CLIENT_ID',
  'VCC_CLIENT_SECRET',
  'VCC_SECRET_ID',
  'VCC_TOKEN_URL',
  'VCC_API_URL',
  'VCC_CONFIG',
  'VCC_REGION',
] as const satisfies SettingName[];

/**
 * Opens the accounts of the settings, or simulated accounts if `demo` selects them, for which it
 * starts a simulator. Without credentials it shows simulated numbers only if `demo` selects them.
 * @throws ConfigError, also without credentials
 */
export async function openLocalAccounts(terminal: Terminal, demo: Demo = 'never'): Promise<LocalAccounts> {
  const local = await readLocalEnvironment(terminal);
  const closing = new AbortController();
  const open = (config: Config, env: Environment, simulator: Simulator | undefined): LocalAccounts => ({
    ...withVaults(config, local.network, terminal.note, untilAborted(closing.signal)),
    simulator,
    env,
    async close() {
      closing.abort(new DeadlineError('it was stopped'));
      await simulator?.close();
    },
  });
  const isDemo = demo === 'always' || (demo === 'if-unset' && !namesSettings(local.env));
  if (!isDemo) {
    return open(await loadLocalConfig(local, ' To try the simulator, use --demo.'), local.env, undefined);
  }
  const leftOut = identity.filter((name) => local.env[name]?.trim());
  if (leftOut.length > 0) terminal.note(`--demo: ignoring ${leftOut.join(', ')}.`);
  const env = Object.fromEntries(
    Object.entries(local.env).filter(([name]) => !(identity as readonly string[]).includes(name)),
  );
  const { settings } = await loadConfig(withQueues(env), createReadText(local.network));
  const simulator = await startSimulator({ accounts: simulated, callers: true });
  terminal.note(demo === 'always' ? 'These are simulated accounts.' : unset(local.file.path));
  return open(simulatedConfig(settings, simulator), env, simulator);
}

/**
 * Loads the settings, which must contain credentials. `hint` starts with a space and is the last
 * sentence of the error.
 * @throws ConfigError; without credentials it names the places that were searched
 */
export async function loadLocalConfig(local: LocalEnvironment, hint = ''): Promise<Config> {
  const { env, file } = local;
  const missing = missingCredentials(env);
  const problems: string[] = [];
  // If only one is missing, loadConfig reports it.
  if (missing.length === 2) {
    problems.push(
      'VCC_CLIENT_ID, VCC_CLIENT_SECRET: expected API credentials, or VCC_SECRET_ID or VCC_CONFIG instead; received nothing',
    );
  }
  let config: Config | undefined;
  try {
    config = await loadConfig(env, createReadText(local.network));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    if (missing.length === 0) throw error;
    problems.unshift(...error.problems);
  }
  if (config && problems.length === 0) return config;
  const emptied = missing.filter((name) => file.values?.[name]?.trim());
  const inEnvironment =
    emptied.length > 0 ? `, where ${emptied.join(' and ')} ${emptied.length > 1 ? 'are' : 'is'} empty,` : '';
  const absent = missing.filter((name) => !emptied.includes(name));
  const lacks = absent.length > 0 ? `, which has no ${absent.join(' and no ')}` : '';
  const inFile = file.values === undefined ? nearMiss(file.path) : lacks;
  const where = `the environment${inEnvironment} and in ${file.path}${inFile}`;
  problems.push(`looked for settings in ${where}.${hint}`);
  throw new ConfigError(problems);
}

/** Windows hides the extension that its editor appends. */
const misnamed = (path: string) => existsSync(`${path}.txt`);

/** Says why simulated accounts are shown, and how to read the user's own. */
function unset(path: string): string {
  const file = basename(path);
  const hint = misnamed(path) ? ` ${file}.txt is not read: rename it to ${file}.` : '';
  return `No VCC_* setting is set, so these are simulated accounts. To read your account, set VCC_CLIENT_ID, VCC_CLIENT_SECRET and VCC_REGION (docs/reference/settings.md).${hint}`;
}

function nearMiss(path: string): string {
  return `, which does not exist${misnamed(path) ? `; there is a ${basename(path)}.txt` : ''}`;
}

function missingCredentials(env: Environment): SettingName[] {
  const lacks = (name: SettingName) => !env[name]?.trim();
  return lacks('VCC_SECRET_ID') && lacks('VCC_CONFIG')
    ? (['VCC_CLIENT_ID', 'VCC_CLIENT_SECRET'] as const).filter(lacks)
    : [];
}

/** An empty setting counts too: it shows that the user meant to set an account. */
function namesSettings(env: Environment): boolean {
  return Object.entries(env).some(([name, value]) => name.startsWith('VCC_') && value !== undefined);
}

/**
 * Reads the settings of the environment, and of .env or the file in --env-file. The environment
 * takes precedence.
 * @throws ConfigError
 */
export async function readLocalEnvironment({ env, folder, envFile }: Terminal): Promise<LocalEnvironment> {
  const path = resolve(folder, envFile ?? '.env');
  const values = await readEnvFile(path);
  if (envFile !== undefined && values === undefined) {
    throw new ConfigError([`--env-file: ${path}: does not exist`]);
  }
  if (values?.NODE_EXTRA_CA_CERTS !== undefined && env.NODE_EXTRA_CA_CERTS === undefined) {
    throw new ConfigError([
      `${path}: NODE_EXTRA_CA_CERTS: expected in the environment, since Node.js reads it before this file`,
    ]);
  }
  const all = { ...values, ...env };
  return { env: all, file: { path, values }, network: await openNetwork(all) };
}

/** The demo shows everything that the settings do not turn off. */
function withQueues(env: Environment): Environment {
  const queues = env.VCC_QUEUES?.trim() || 'on';
  const skills = env.VCC_SKILLS?.trim() || (queues.toLowerCase() === 'off' ? 'off' : 'users-api');
  return { ...env, VCC_QUEUES: queues, VCC_SKILLS: skills };
}

function simulatedConfig(settings: Settings, simulator: Simulator): Config {
  const accounts = simulator.accounts.map((account, index) => ({
    ...settings,
    VCC_ACCOUNT: account.name,
    VCC_REGION: simulated[index]!.region,
    VCC_CLIENT_ID: account.clientId,
    VCC_CLIENT_SECRET: new Secret(account.clientSecret),
    VCC_TOKEN_URL: simulator.tokenUrl,
    VCC_API_URL: simulator.apiUrl,
    VCC_ROSTER: settings.VCC_ROSTER ?? ('users-api' as const),
  }));
  return { settings, accounts };
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { type OpenAccounts, withVaults } from '../aws/open-accounts.ts';
import { openNetwork } from '../aws/open-network.ts';
import { createReadText } from '../aws/read-text.ts';
import { type Config, loadConfig } from '../config/accounts.ts';
import { ConfigError, type Environment } from '../config/load.ts';
import { Secret } from '../config/secret.ts';
import type { Settings } from '../config/settings.ts';
import { type Simulator, startSimulator } from '../simulator/server.ts';
import type { Terminal } from './terminal.ts';

/** The accounts to read on a laptop, and the stand-in that was started for them, if any. */
export interface LocalAccounts extends OpenAccounts {
  simulator: Simulator | undefined;
}

/** Shown when no credentials are given. */
const simulated = [
  { name: 'simulated-uk', agents: 120, region: 'emea' },
  { name: 'simulated-us', agents: 80, region: 'nam' },
] as const;

/**
 * Settings from the environment and, below it, a .env file; without any credentials, accounts of a stand-in
 * that is started for them. @throws ConfigError
 */
export async function openLocalAccounts(terminal: Terminal): Promise<LocalAccounts> {
  const env = await readLocalEnvironment(terminal);
  const network = await openNetwork(env);
  const config = await loadConfig(env, createReadText(network));
  const { settings } = config;
  const credentials = settings.VCC_CLIENT_ID !== undefined || settings.VCC_SECRET_ID !== undefined;
  if (credentials || settings.VCC_CONFIG !== undefined) {
    return { ...withVaults(config, network, terminal.note), simulator: undefined };
  }
  const meant = (['VCC_API_URL', 'VCC_TOKEN_URL'] as const).filter((name) => settings[name] !== undefined);
  if (meant.length > 0) {
    const problem = `expected API credentials, since ${meant.join(' and ')} is set; received nothing`;
    throw new ConfigError([`VCC_CLIENT_ID, VCC_CLIENT_SECRET: ${problem}`]);
  }
  const name = settings.VCC_ACCOUNT;
  const shown = name === undefined ? simulated : [{ name, agents: 200, region: settings.VCC_REGION }];
  const simulator = await startSimulator({ accounts: shown });
  return { ...withVaults(simulatedConfig(settings, shown, simulator), network, terminal.note), simulator };
}

/** Settings from the environment and, below it, a .env file. @throws ConfigError */
export async function readLocalEnvironment(terminal: Terminal): Promise<Environment> {
  return { ...(await readEnvFile(terminal.folder)), ...terminal.env };
}

function simulatedConfig(
  settings: Settings,
  shown: readonly { region: Settings['VCC_REGION'] }[],
  simulator: Simulator,
): Config {
  const accounts = simulator.accounts.map((account, index) => ({
    ...settings,
    VCC_ACCOUNT: account.name,
    VCC_REGION: shown[index]!.region,
    VCC_CLIENT_ID: account.clientId,
    VCC_CLIENT_SECRET: new Secret(account.clientSecret),
    VCC_TOKEN_URL: simulator.tokenUrl,
    VCC_API_URL: simulator.apiUrl,
    VCC_ROSTER: settings.VCC_ROSTER ?? ('users-api' as const),
  }));
  return { settings, accounts };
}

async function readEnvFile(folder: string): Promise<Environment> {
  let content: string;
  try {
    content = await readFile(join(folder, '.env'), 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return {};
    throw new ConfigError([`.env: cannot be read (${code ?? 'unknown error'})`]);
  }
  // parseEnv takes what it does not understand for part of the next name, and a line may hold a secret: check first,
  // quote nothing.
  const strays = content
    .split('\n')
    .flatMap((line, index) => (/^\s*(#.*|(export\s+)?\w+\s*=.*)?$/.test(line) ? [] : [index + 1]));
  if (strays.length > 0)
    throw new ConfigError(strays.map((line) => `.env, line ${line}: expected NAME=value`));
  return parseEnv(content) as Environment;
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { openVault } from '../aws/open-account.ts';
import { type Account, toAccount } from '../config/account.ts';
import { ConfigError, type Environment, loadSettings } from '../config/load.ts';
import { Secret } from '../config/secret.ts';
import type { Settings } from '../config/settings.ts';
import { type Simulator, startSimulator } from '../simulator/server.ts';
import type { Vault } from '../vault/vault.ts';
import type { Terminal } from './terminal.ts';

/** The account to read on a laptop, its vault, and the stand-in that was started for it, if any. */
export interface LocalAccount {
  settings: Settings;
  account: Account;
  vault: Vault | undefined;
  simulator: Simulator | undefined;
}

/**
 * Settings from the environment and, below it, a .env file; without any credentials, an account of a stand-in
 * that is started for it. @throws ConfigError
 */
export async function openLocalAccount(terminal: Terminal): Promise<LocalAccount> {
  const settings = loadSettings({ ...(await readEnvFile(terminal.folder)), ...terminal.env });
  const vault = openVault(settings, terminal.note);
  if (vault || settings.VCC_CLIENT_ID !== undefined) {
    return { settings, account: toAccount(settings, vault), vault, simulator: undefined };
  }
  const meant = (['VCC_API_URL', 'VCC_TOKEN_URL'] as const).filter((name) => settings[name] !== undefined);
  if (meant.length > 0) {
    const problem = `expected API credentials, since ${meant.join(' and ')} is set; received nothing`;
    throw new ConfigError([`VCC_CLIENT_ID, VCC_CLIENT_SECRET: ${problem}`]);
  }
  const simulator = await startSimulator();
  const simulated = {
    ...settings,
    VCC_ACCOUNT: settings.VCC_ACCOUNT ?? 'simulated',
    VCC_CLIENT_ID: simulator.clientId,
    VCC_CLIENT_SECRET: new Secret(simulator.clientSecret),
    VCC_TOKEN_URL: simulator.tokenUrl,
    VCC_API_URL: simulator.apiUrl,
  };
  return { settings: simulated, account: toAccount(simulated), vault, simulator };
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

import { type Account, toAccount } from '../config/account.ts';
import { type Environment, loadSettings } from '../config/load.ts';
import type { Settings } from '../config/settings.ts';
import { createVault, type Vault } from '../vault/vault.ts';
import { createReadSecret } from './secrets-manager.ts';

/** An account by its settings, with the vault that its credentials come from, if there is one. */
export interface OpenAccount {
  settings: Settings;
  vault: Vault | undefined;
  account: Account;
}

/** Opens the account that the environment describes; nothing is read or sent yet. @throws ConfigError */
export function openAccount(env: Environment, log: (line: string) => void): OpenAccount {
  const settings = loadSettings(env);
  const vault = openVault(settings, log);
  return { settings, vault, account: toAccount(settings, vault) };
}

/** The vault that the settings name, if they name one. */
export function openVault(settings: Settings, log: (line: string) => void): Vault | undefined {
  const { VCC_SECRET_ID: secretId, VCC_SECRET_TTL: ttlMs, VCC_SECRET_PENDING: pending } = settings;
  if (secretId === undefined) return undefined;
  return createVault(createReadSecret(secretId), {
    name: `secret ${secretId}`,
    ttlMs,
    pending: pending === 'when-rejected',
    now: Date.now,
    log,
  });
}

import type { Account } from '../account.ts';
import { createReadSecret } from '../aws/secrets-manager.ts';
import { type Config, loadConfig } from '../config/accounts.ts';
import type { Environment } from '../config/load.ts';
import type { Settings } from '../config/settings.ts';
import { DeadlineError, untilAborted } from '../deadline.ts';
import type { Network } from '../http/network.ts';
import { systemTiming } from '../timing.ts';
import { createVault, type Vault } from '../vault/vault.ts';
import { toAccount } from './account.ts';
import { openNetwork } from './network.ts';
import { createReadText } from './places.ts';

/** The settings and the accounts that they describe. */
export interface OpenAccounts {
  /** For all accounts. */
  settings: Settings;
  network: Network;
  /** The secret of these settings, which may hold scrape credentials. */
  vault: Vault | undefined;
  accounts: readonly { account: Account; settings: Settings; vault: Vault | undefined }[];
  /** Ends what is read in the background, which would keep the process alive. */
  close(): void;
}

/**
 * Opens the accounts that the environment describes, or the list that it names. But for that list nothing is read or sent
 * yet. @throws ConfigError
 */
export async function openAccounts(env: Environment, log: (line: string) => void): Promise<OpenAccounts> {
  const network = await openNetwork(env);
  return withVaults(await loadConfig(env, createReadText(network)), network, log);
}

/** The accounts of a configuration with their vaults; accounts that name the same secret share one. @throws ConfigError */
export function withVaults(
  { settings, accounts }: Config,
  network: Network,
  log: (line: string) => void,
): OpenAccounts {
  const vaults = new Map<string, Vault>();
  const closing = new AbortController();
  const until = untilAborted(closing.signal);
  const vaultOf = (its: Settings): Vault | undefined => {
    const id = its.VCC_SECRET_ID;
    if (id === undefined) return undefined;
    const open = vaults.get(id);
    if (open) return open;
    const vault = createVault(createReadSecret(id, network), {
      name: `secret ${id}`,
      ttlMs: settings.VCC_SECRET_TTL,
      pending: settings.VCC_SECRET_PENDING === 'when-rejected',
      clocks: systemTiming,
      until,
      log,
    });
    vaults.set(id, vault);
    return vault;
  };
  return {
    settings,
    network,
    vault: vaultOf(settings),
    accounts: accounts.map((its) => {
      const vault = vaultOf(its);
      return { account: toAccount(its, vault), settings: its, vault };
    }),
    close: () => closing.abort(new DeadlineError('the exporter is stopping')),
  };
}

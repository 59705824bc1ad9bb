import type { ScrapeCredentials } from '../config/credentials.ts';
import { ConfigError } from '../config/load.ts';
import type { Settings } from '../config/settings.ts';
import { logLine, toLogFields } from '../log.ts';
import type { Vault } from '../vault/vault.ts';

const advice =
  'put scrapeTokens or scrapeUsers into the secret, or say VCC_SCRAPE_AUTH=none to let in everybody who can reach the address';

/** Finds out who may scrape, within the time. */
export type LoadScrapeCredentials = (budgetMs: number) => Promise<ScrapeCredentials>;

/**
 * The scrape credentials of the settings and the vault together. While the vault cannot be read, those of the settings
 * are all there are, and the log says why; it also says so when there are none. @throws ConfigError when there is nothing that could hold any
 */
export function scrapeCredentialsOf(
  settings: Settings,
  vault: Vault | undefined,
  log: (line: string) => void,
): LoadScrapeCredentials {
  const fixed = { tokens: settings.VCC_SCRAPE_TOKENS ?? [], users: settings.VCC_SCRAPE_USERS ?? [] };
  if (!vault) {
    if (fixed.tokens.length + fixed.users.length > 0) return async () => fixed;
    throw new ConfigError([
      'VCC_SCRAPE_TOKENS, VCC_SCRAPE_USERS: expected scrape credentials there or in the secret, or VCC_SCRAPE_AUTH=none to let in everybody who can reach the address; received nothing',
    ]);
  }
  return async (budgetMs) => {
    try {
      const kept = await vault.scrapeCredentials(AbortSignal.timeout(budgetMs));
      const all = { tokens: [...fixed.tokens, ...kept.tokens], users: [...fixed.users, ...kept.users] };
      if (all.tokens.length + all.users.length === 0)
        log(logLine('error', 'no scrape credentials', { advice }));
      return all;
    } catch (error) {
      log(logLine('error', 'scrape credentials not read', toLogFields(error)));
      return fixed;
    }
  };
}

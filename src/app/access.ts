import { ConfigError } from '../config/load.ts';
import type { Settings } from '../config/settings.ts';
import { logLine, toLogFields } from '../log.ts';
import type { LoadScrapeCredentials } from '../serve/guard.ts';
import type { Vault } from '../vault/vault.ts';

const advice =
  'put scrapeTokens or scrapeUsers into the secret, or set VCC_SCRAPE_AUTH=none to let everyone who can reach the address scrape';

/**
 * Returns a function that loads the scrape credentials of the settings and of the vault. If the
 * vault cannot be read, the function returns only those of the settings and logs the reason. It
 * also logs when there are none.
 * @throws ConfigError without a vault and without credentials in the settings
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
      'VCC_SCRAPE_TOKENS, VCC_SCRAPE_USERS: expected scrape credentials here or in the secret, or VCC_SCRAPE_AUTH=none to let everyone who can reach the address scrape; received nothing',
    ]);
  }
  return async (deadline) => {
    try {
      const kept = await vault.scrapeCredentials(deadline);
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

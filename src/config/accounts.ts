import type { ReadText } from '../documents/errors.ts';
import { fieldsOf, type ListKind, loadList } from './list.ts';
import { accountContradictions, type Environment, loadSettings } from './load.ts';
import type { Settings } from './settings.ts';

/** All settings: the general ones, and those of each account. */
export interface Config {
  settings: Settings;
  /**
   * At least one, with different names. General settings apply where an account's entry has none.
   */
  accounts: readonly Settings[];
}

/** The accounts in VCC_CONFIG. */
export const accountList: ListKind = {
  key: 'accounts',
  one: 'account',
  fields: fieldsOf('field'),
  name: 'VCC_ACCOUNT',
  contradictions: accountContradictions,
  inherited(env, own) {
    // A general secret does not apply to an account that has its own credentials.
    const { VCC_CONFIG: _, VCC_SECRET_ID: secretId, ...rest } = env;
    const ownCredentials = own.VCC_CLIENT_ID !== undefined || own.VCC_CLIENT_SECRET !== undefined;
    return ownCredentials ? rest : { ...rest, VCC_SECRET_ID: secretId };
  },
  missing: (isNamed) =>
    isNamed('VCC_CLIENT_ID') || isNamed('VCC_CLIENT_SECRET') || isNamed('VCC_SECRET_ID')
      ? undefined
      : 'a secret_id, or client_id and client_secret',
};

/**
 * Reads the settings, and the accounts in VCC_CONFIG if it is set.
 * @throws ConfigError with all problems, and the setting or place in the list of each
 */
export async function loadConfig(env: Environment, readText: ReadText): Promise<Config> {
  const settings = loadSettings(env);
  const source = settings.VCC_CONFIG;
  if (source === undefined) return { settings, accounts: [settings] };
  return { settings, accounts: await loadList(accountList, 'VCC_CONFIG', source, env, readText) };
}
